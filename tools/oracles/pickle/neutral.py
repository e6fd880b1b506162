"""What Python sees in a value, as one JSON text that says nothing in Python's words: kinds, shapes, bits.

    text(value, protocol)      the same as tests/golden/pickle_test.cc makes of slipway's values

A list of a letter and what belongs to it: ["f", "3ff0000000000000"]. Text and bytes are hexadecimal, numbers of floating
point their bits. An object is what its reducer says: name, arguments, state, list items, dict items. Runs on Python 3.8 too.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import copyreg
import json
import pickle
import struct
import types

import numpy
import pandas


def hexadecimal(text):
    return text.encode().hex()


def name_of(thing):
    name = getattr(thing, "__qualname__", None) or thing.__name__
    return "%s.%s" % (pickle.whichmodule(thing, name), name)


def array(value, protocol):
    dtype = value.dtype
    order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
    unit = ""
    if dtype.kind in "mM":
        name, multiple = numpy.datetime_data(dtype)
        unit = name if multiple == 1 else "%d%s" % (multiple, name)
    fields = []
    for field in dtype.names or ():
        inner, offset = dtype.fields[field][:2]
        fields.append([hexadecimal(field), inner.kind, offset, inner.itemsize, int(inner.byteorder == ">")])
    if dtype.kind == "O":
        data = [neutral(item, protocol) for item in value.reshape(-1)]
        order = "C"
    elif dtype.names:  # the bytes between fields are anything
        flat = value.reshape(-1, order=order)
        data = "".join(flat[i:i + 1][name].tobytes().hex() for i in range(len(flat)) for name in dtype.names)
    else:
        data = value.tobytes(order).hex()
    return ["a", dtype.kind, dtype.itemsize, int(dtype.byteorder == ">"), int(order == "F"), list(value.shape), unit,
            fields, data]


def parts(value, protocol):
    """name, arguments, state, list items and dict items, as the pickle of that protocol holds them."""
    reducer = copyreg.dispatch_table.get(type(value))
    reduced = reducer(value) if reducer else value.__reduce_ex__(protocol)
    made, arguments, state, items, entries = (tuple(reduced) + (None,) * 5)[:5]
    items, entries = list(items or ()), list(entries or ())
    if made is copyreg.__newobj__:
        made, arguments = arguments[0], arguments[1:]
    elif made is copyreg._reconstructor:
        made, base, initial = arguments
        arguments = ()
        if base is dict:
            entries = list(initial.items())
        elif base is list:
            items = list(initial)
        elif base is not object:
            arguments = (initial,)
    return name_of(made), arguments, state, items, entries


def neutral(value, protocol):
    kind = type(value)
    if value is None:
        return ["n"]
    if kind is bool:
        return ["b", int(value)]
    if kind is int:
        return ["i", str(value)]
    if kind is float:
        return ["f", struct.pack(">d", value).hex()]
    if kind is str:
        return ["t", hexadecimal(value)]
    if kind in (bytes, bytearray):
        return ["y", bytes(value).hex()]
    if kind in (list, tuple):
        return ["l" if kind is list else "u", [neutral(item, protocol) for item in value]]
    if kind in (set, frozenset):
        return ["s", sorted((neutral(item, protocol) for item in value), key=compact)]
    if kind in (dict, collections.OrderedDict, collections.defaultdict, collections.Counter):
        return ["d", [[neutral(k, protocol), neutral(v, protocol)] for k, v in value.items()]]
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return array(numpy.asarray(value), protocol)
    if isinstance(value, (pandas.Index, pandas.Series)):  # the plain ones of make.py's columns()
        return array(numpy.asarray(value), protocol)
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, numpy.ufunc)):
        return ["c", hexadecimal(name_of(value))]
    name, arguments, state, items, entries = parts(value, protocol)
    return ["o", hexadecimal(name), [neutral(item, protocol) for item in arguments],
            None if state is None else neutral(state, protocol), [neutral(item, protocol) for item in items],
            [[neutral(k, protocol), neutral(v, protocol)] for k, v in entries]]


def compact(tree):
    return json.dumps(tree, separators=(",", ":"))


def text(value, protocol):
    return compact(neutral(value, protocol)) + "\n"
