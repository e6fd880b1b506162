"""pyarrow's tables through slipway's Arrow interfaces and back: equal values, nulls and (nearest) types.

    .cache/venv/bin/python tests/e2e/arrow/pyarrow_test.py build/release/lib/libslipway_arrow_roundtrip.so
SPDX-License-Identifier: Apache-2.0
"""

import ctypes
import datetime
import decimal
import sys
import unittest

import pyarrow as pa
from pyarrow.cffi import ffi

LIBRARY = None


def roundtrip(table, batch_rows=None):
    source, target = ffi.new("struct ArrowArrayStream*"), ffi.new("struct ArrowArrayStream*")
    address = lambda pointer: int(ffi.cast("uintptr_t", pointer))
    batches = table.to_batches(max_chunksize=batch_rows) if batch_rows else table.to_batches()
    pa.RecordBatchReader.from_batches(table.schema, batches)._export_to_c(address(source))
    message = ctypes.create_string_buffer(1000)
    if LIBRARY.slipway_arrow_roundtrip(ctypes.c_void_p(address(source)), ctypes.c_void_p(address(target)), message, 1000):
        raise ValueError(message.value.decode())
    return pa.RecordBatchReader._import_from_c(address(target)).read_all()


class Arrow(unittest.TestCase):
    def same(self, array, expected_type=None, expected=None):
        table = pa.table({"c": array})
        for rows in (None, 2, 1):
            back = roundtrip(table, rows)
            self.assertEqual(back.schema.field("c").type, expected_type or table.schema.field("c").type)
            self.assertEqual(back.column("c").to_pylist(), expected if expected is not None else table.column("c").to_pylist())
            back.validate(full=True)

    def test_numbers_of_every_width(self):
        for kind in (pa.int8, pa.int16, pa.int32, pa.int64, pa.uint8, pa.uint16, pa.uint32, pa.uint64, pa.float32, pa.float64):
            self.same(pa.array([1, None, 3, 100, None], kind()))

    def test_bools_and_texts(self):
        self.same(pa.array([True, None, False, True, True, False, True, False, True]))
        self.same(pa.array(["a", None, "", "Zürich", "x" * 1000]))
        self.same(pa.array([b"a", None, b"", b"\x00\xff"]))

    def test_times_dates_and_decimals(self):
        moment = datetime.datetime(2013, 7, 1, 5, 15, 0, 1, tzinfo=datetime.timezone.utc)
        self.same(pa.array([moment, None], pa.timestamp("us", tz="UTC")))
        utc = pa.timestamp("us", tz="UTC")
        self.same(pa.array([moment.replace(microsecond=0), None], pa.timestamp("s", tz="Europe/Zurich")), utc,
                  [moment.replace(microsecond=0), None])
        self.same(pa.array([1_000, None, -5_000], pa.timestamp("ns")), utc,
                  [datetime.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=datetime.timezone.utc), None,
                   datetime.datetime(1969, 12, 31, 23, 59, 59, 999995, tzinfo=datetime.timezone.utc)])
        self.same(pa.array([datetime.date(2013, 7, 1), None, datetime.date(1969, 12, 31)]))
        self.same(pa.array([datetime.date(2013, 7, 1), None], pa.date64()), pa.date32(), [datetime.date(2013, 7, 1), None])
        self.same(pa.array([decimal.Decimal("12.345"), None, decimal.Decimal("-0.001")], pa.decimal128(12, 3)))

    def test_nearest_types(self):
        self.same(pa.array(["a", None, "b"], pa.large_string()), pa.string())
        self.same(pa.array([1.5, None, -2], pa.float16()), pa.float32())
        self.same(pa.nulls(3), pa.float64(), [None] * 3)
        self.same(pa.array([10, 20, None, 10]).dictionary_encode(), pa.int64(), [10, 20, None, 10])

    def test_dictionaries_of_texts(self):
        for index in (pa.int8(), pa.int32(), pa.int64()):
            array = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0], index), ["EWR", "JFK"])
            self.same(array)

    def test_slices_share_memory_and_keep_their_offset(self):
        whole = pa.table({"n": pa.array(range(100)), "t": pa.array([str(i) if i % 3 else None for i in range(100)])})
        part = whole.slice(37, 41)
        back = roundtrip(part)
        self.assertEqual(back.to_pylist(), part.to_pylist())
        self.assertEqual(back.column("n").chunk(0).buffers()[1].address, part.column("n").chunk(0).buffers()[1].address)

    def test_no_rows(self):
        table = pa.table({"a": pa.array([], pa.string()), "b": pa.array([], pa.int64())})
        self.assertEqual(roundtrip(table).schema, table.schema)

    def test_what_is_not_read_is_refused_by_name(self):
        for array in (pa.array([[1]]), pa.array([{"a": 1}]), pa.array([datetime.timedelta(seconds=1)])):
            with self.assertRaisesRegex(ValueError, "column 'c' has Arrow type"):
                roundtrip(pa.table({"c": array}))
        with self.assertRaisesRegex(Exception, "not a whole number of microseconds"):
            roundtrip(pa.table({"c": pa.array([1001], pa.timestamp("ns"))}))


if __name__ == "__main__":
    LIBRARY = ctypes.CDLL(sys.argv.pop())
    unittest.main()
