"""Writes hostile pickles: known attacks, and streams that no writer makes. None of them is ever loaded by Python here.

    .cache/venv-pickle/bin/python tools/oracles/pickle/hostile.py --files tests/fuzz/pickle --list tests/golden/pickle/hostile.json

The list says for each file which refusal it must meet: reason id, a part of the message, and the byte that the message names.
tests/golden/pickle_hostile_test.cc asserts them, tests/e2e/pickle watches the system calls, the fuzzer starts from them.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import bz2
import gzip
import json
import lzma
import pathlib
import struct
import zlib

import cloudpickle
import lz4.frame

HERE = object()  # in a stream: the next byte is the one that the message must name
COMMAND = "echo hacked > /tmp/slipway-hacked"


def text(value):
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def short(value):
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def name(module, attribute):
    return b"c" + ("%s\n%s\n" % (module, attribute)).encode()


def stacked(module, attribute):
    return [short(module), short(attribute), HERE, b"\x93"]


def call(module, attribute, *arguments):
    return [HERE, name(module, attribute), b"(", b"".join(text(a) for a in arguments), b"tR."]


def flat(parts):
    for part in parts:
        if isinstance(part, list):
            yield from flat(part)
        else:
            yield part


def stream(*parts):
    """(bytes, offset of HERE or None)"""
    out, offset = b"", None
    for part in flat(parts):
        if part is HERE:
            offset = len(out)
        else:
            out += part
    return out, offset


FORBIDDEN, PROTO = "model.pickle.forbidden", b"\x80\x04"


def attacks():
    """name, stream, part of the message; each refused as forbidden."""
    by_call = [("os", "system", COMMAND), ("posix", "system", COMMAND), ("nt", "system", COMMAND),
               ("subprocess", "Popen", COMMAND), ("subprocess", "check_output", COMMAND), ("commands", "getoutput", COMMAND),
               ("builtins", "eval", "1+1"), ("builtins", "exec", "import os"), ("__builtin__", "eval", "1+1"),
               ("builtins", "compile", "1", "f", "eval"), ("builtins", "open", "/tmp/slipway-hacked", "w"),
               ("builtins", "__import__", "os"), ("builtins", "input", "?"), ("builtins", "breakpoint"),
               ("builtins", "globals"), ("builtins", "getattr", "a", "b"), ("importlib", "import_module", "os"),
               ("runpy", "run_path", "/tmp/x.py"), ("pty", "spawn", "/bin/sh"), ("socket", "create_connection", "x"),
               ("shutil", "rmtree", "/tmp/slipway-hacked"), ("ctypes", "CDLL", "libc.so.6"), ("pickle", "loads", "x"),
               ("_pickle", "loads", "x"), ("marshal", "loads", "x"), ("operator", "attrgetter", "system"),
               ("_operator", "methodcaller", "system"), ("webbrowser", "open", "http://x"),
               ("urllib.request", "urlopen", "http://x"), ("http.client", "HTTPConnection", "x"), ("pip", "main", "install"),
               ("timeit", "timeit", "import os"), ("pdb", "run", "import os"), ("code", "interact"), ("bdb", "run", "x"),
               ("cProfile", "run", "import os"), ("profile", "run", "import os"), ("doctest", "debug_script", "x"),
               ("numpy.testing._private.utils", "runstring", "import os", "x"), ("numpy", "load", "x.npy"),
               ("numpy.f2py.capi_maps", "getinit", "x"), ("torch", "load", "x.pt"), ("torch.hub", "load", "x"),
               ("dill", "loads", "x"), ("tempfile", "mktemp"), ("asyncio", "run", "x"), ("multiprocessing", "Process", "x"),
               ("threading", "Thread", "x"), ("signal", "raise_signal", "9"), ("logging.config", "listen", "9000"),
               ("zipimport", "zipimporter", "x"), ("xmlrpc.client", "ServerProxy", "x"), ("smtplib", "SMTP", "x"),
               ("requests", "get", "http://x"), ("aiohttp.client", "request", "x"), ("joblib", "load", "x"),
               ("joblib._utils", "eval_expr", "1+1"), ("pandas", "read_pickle", "x"), ("pandas", "eval", "1"),
               ("types", "CodeType", "x"), ("types", "FunctionType", "x"), ("sys", "exit"), ("gc", "get_objects"),
               ("inspect", "stack"), ("codecs", "open", "x"), ("io", "open", "x"), ("_io", "FileIO", "x"),
               ("sqlite3", "connect", "x"), ("site", "main"), ("ensurepip", "bootstrap"), ("venv", "create", "x")]
    for module, attribute, *arguments in by_call:
        stem = "call-%s.%s" % (module, attribute)
        yield stem, stream(call(module, attribute, *arguments)), "%s.%s" % (module.replace("__builtin__", "builtins"), attribute)
    yield "stack_global", stream(PROTO, stacked("os", "system"), short(COMMAND), b"\x85R."), "os.system"
    yield "inst", stream(b"(", text(COMMAND), HERE, b"ios\nsystem\n."), "os.system"
    yield "obj", stream(b"(", HERE, name("os", "system"), text(COMMAND), b"o."), "os.system"
    yield "newobj", stream(PROTO, HERE, name("subprocess", "Popen"), short(COMMAND), b"\x85\x81."), "subprocess.Popen"
    yield "newobj_ex", stream(PROTO, HERE, name("subprocess", "Popen"), b")}\x92."), "subprocess.Popen"
    yield "named_only", stream(PROTO, HERE, name("os", "system"), b"."), "os.system"
    yield "popped_unseen", stream(PROTO, HERE, name("os", "system"), b"0N."), "os.system"
    yield "name_from_memo", stream(PROTO, short("os"), b"\x94", short("system"), b"\x9400h\x00h\x01", HERE, b"\x93."), "os.system"
    yield "dotted_way_out", stream(PROTO, stacked("sklearn.utils", "os.system"), b"."), "sklearn.utils.os.system"
    yield "dotted_globals", stream(PROTO, stacked("sklearn.base", "clone.__globals__"), b"."), "__globals__"
    yield "dunder", stream(PROTO, stacked("sklearn", "__loader__"), b"."), "__loader__"
    yield "subclasses", stream(PROTO, stacked("builtins", "object.__subclasses__"), b"."), "__subclasses__"
    yield "dict_of_builtins", stream(PROTO, HERE, name("builtins", "__dict__"), short("eval"), short("x"), b"s."), "__dict__"
    yield "call_of_call", stream(PROTO, name("numpy", "log1p"), b")R)", HERE, b"R."), "numpy.log1p"
    yield "call_of_text", stream(PROTO, short("os.system"), short(COMMAND), b"\x85", HERE, b"R."), "not the name of a class"
    yield "call_of_list", stream(PROTO, b"])", HERE, b"\x81."), "not the name of a class"
    yield "obj_of_none", stream(b"(N", HERE, b"o."), "not the name of a class"
    yield "partial", stream(PROTO, name("functools", "partial"), name("numpy", "add"), b"K\x01\x86", HERE, b"R."), "functools.partial and calls it"
    yield "inside_state", stream(PROTO, name("sklearn.base", "BaseEstimator"), b")\x81}", short("x"), HERE,
                                 name("os", "system"), b"sb."), "os.system"
    yield "inside_reconstructor", stream(name("copy_reg", "_reconstructor"), b"(", HERE, name("os", "_wrap_close"),
                                         name("__builtin__", "object"), b"NtR."), "os._wrap_close"
    yield "codecs_rot13", stream(PROTO, name("_codecs", "encode"), short("b"), short("rot13"), b"\x86", HERE, b"R."), "_codecs.encode"
    yield "after_array", stream(PROTO, array_wrapper(shape=b"K\x01", data=b"\x01" + b"\xff" + b"\0" * 8), b"0", HERE,
                                name("os", "system"), b"."), "os.system"
    yield "nested_in_array", stream(PROTO, array_wrapper(code="O8", shape=b"K\x01"), PROTO, HERE, name("os", "system"), b".."), "os.system"
    yield "cloudpickle_function", (cloudpickled_function(), None), "the function 'double'"
    yield "cloudpickle_class", (cloudpickled_class(), None), "the class 'Model'"
    yield "cloudpickle_cell", stream(PROTO, HERE, name("cloudpickle.cloudpickle", "_make_empty_cell"), b")R."), "cloudpickle"


def cloudpickled_function():
    space = {}
    exec("def double(x):\n    return 2 * x\n", space)
    space["double"].__module__ = "__main__"
    return cloudpickle.dumps(space["double"])


def cloudpickled_class():
    return cloudpickle.dumps(type("Model", (), {"__module__": "__main__", "predict": lambda self, x: x}))


def dtype(code="f8", size=b"J\xff\xff\xff\xff", order="<"):
    return [name("numpy", "dtype"), short(code), b"\x89\x88\x87R(K\x03", short(order), b"NNN", size, b"J\xff\xff\xff\xffK\x00tb"]


def array_wrapper(code="f8", shape=b"K\x02", data=b"", size=b"J\xff\xff\xff\xff"):
    """A joblib wrapper; its data follow BUILD."""
    return [name("joblib.numpy_pickle", "NumpyArrayWrapper"), b")\x81}(", short("dtype"), dtype(code, size), short("shape"),
            shape, b"\x85", short("order"), short("C"), short("numpy_array_alignment_bytes"), b"K\x10ub", data]


def ndarray(shape, data, described=None, order=b"\x89"):
    return [name("numpy.core.multiarray", "_reconstruct"), name("numpy", "ndarray"), b"K\x00\x85C\x01b\x87", HERE, b"R(K\x01",
            shape, described or dtype(), order, data, b"tb."]


def malformed():
    """name, reason, stream, part of the message."""
    def bad(reason, stem, *parts, says=""):
        return stem, "model.pickle." + reason, stream(*parts), says
    nines = b"9" * 5000
    yield bad("truncated", "no_stop", PROTO, b"N", HERE)
    yield bad("truncated", "cut_text", PROTO, b"X\xff\xff\xff\x7f", HERE, b"abc", says="2147483647 bytes")
    yield bad("truncated", "huge_bytes8", PROTO, b"\x8e" + b"\xff" * 8, HERE, says="18446744073709551615")
    yield bad("truncated", "huge_text8", PROTO, b"\x8d" + struct.pack("<Q", 2**62), HERE)
    yield bad("truncated", "huge_bytearray", b"\x80\x05\x96" + struct.pack("<Q", 2**40), HERE)
    yield bad("truncated", "huge_frame", PROTO, HERE, b"\x95" + struct.pack("<Q", 2**50))
    yield bad("truncated", "endless_line", b"c", HERE, b"sklearn.base")
    yield bad("opcode", "unknown_opcode", PROTO, HERE, b"\xfe.", says="0xfe")
    yield bad("opcode", "html", HERE, b"<html><body>404 Not Found</body></html>")
    yield bad("protocol", "protocol_6", HERE, b"\x80\x06N.", says="protocol 6")
    yield bad("stack", "pop_of_nothing", PROTO, HERE, b"0.")
    yield bad("stack", "stop_of_nothing", PROTO, HERE, b".")
    yield bad("stack", "tuple3_of_two", PROTO, b"NN", HERE, b"\x87.")
    yield bad("stack", "missing_mark", PROTO, b"N", HERE, b"t.", says="mark")
    yield bad("stack", "below_the_mark", PROTO, b"N(", HERE, b"\x85.")
    yield bad("stack", "append_below_mark", PROTO, b"](N", HERE, b"a.")
    yield bad("stack", "appends_to_nothing", PROTO, b"(N", HERE, b"e.")
    yield bad("stack", "obj_without_class", b"(", HERE, b"o.")
    yield bad("stack", "reduce_of_nothing", PROTO, b")", HERE, b"R.")
    yield bad("memo", "get_of_nothing", PROTO, HERE, b"h\x05.", says="value 5")
    yield bad("memo", "get_huge", PROTO, HERE, b"j\xff\xff\xff\xff.", says="4294967295")
    yield bad("memo", "negative_put", b"N", HERE, b"p-1\n.")
    yield bad("memo", "text_get", HERE, b"gx\n.")
    yield bad("number", "negative_long4", PROTO, HERE, b"\x8b\xff\xff\xff\xff.", says="negative length")
    yield bad("number", "huge_long", PROTO, HERE, b"\x8b" + struct.pack("<I", 4000) + b"\x7f" * 4000 + b".")
    yield bad("number", "many_digits", HERE, b"L" + nines + b"L\n.")
    yield bad("number", "no_digits", HERE, b"I\n.")
    yield bad("number", "bad_float", HERE, b"F1.5x\n.")
    yield bad("text", "bad_utf8", PROTO, HERE, b"X\x02\0\0\0\xc0\x80.")
    yield bad("text", "surrogate", PROTO, HERE, b"X\x03\0\0\0\xed\xa0\x80.")
    yield bad("text", "bad_escape", HERE, b"V\\uD800\n.")
    yield bad("text", "unquoted", HERE, b"Sabc\n.")
    yield bad("name", "name_with_spaces", HERE, b"csklearn base\nx y\n.")
    yield bad("name", "empty_name", HERE, b"c\n\n.")
    yield bad("name", "endless_name", HERE, b"csklearn\n" + b"a" * 2000 + b"\n.")
    yield bad("call", "stack_global_of_numbers", PROTO, b"K\x01K\x02", HERE, b"\x93.", says="the text of a name")
    yield bad("call", "arguments_in_a_list", PROTO, name("sklearn.base", "clone"), b"]", HERE, b"R.", says="tuple of arguments")
    yield bad("call", "set_of_two", PROTO, name("builtins", "set"), b"]]\x86", HERE, b"R.")
    yield bad("build", "state_of_a_number", PROTO, b"K\x01}", HERE, b"b.", says="the integer 1")
    yield bad("build", "state_of_a_class", PROTO, name("sklearn.base", "X"), b"}", HERE, b"b.")
    yield bad("build", "state_twice", PROTO, name("sklearn.base", "X"), b")\x81}b}", HERE, b"b.", says="has one")
    yield bad("container", "item_of_a_number", PROTO, b"K\x01K\x02K\x03", HERE, b"s.")
    yield bad("container", "append_to_a_tuple", PROTO, b")N", HERE, b"a.")
    yield bad("container", "add_to_a_list", PROTO, b"](N", HERE, b"\x90.")
    yield bad("container", "odd_items", PROTO, b"}(N", HERE, b"u.")
    yield bad("persistent_id", "persid", HERE, b"Pmodel.storage\n.")
    yield bad("persistent_id", "binpersid", PROTO, b"N", HERE, b"Q.")
    yield bad("extension", "ext1", PROTO, HERE, b"\x82\x01.")
    yield bad("extension", "ext2", PROTO, HERE, b"\x83\x01\x00.")
    yield bad("extension", "ext4", PROTO, HERE, b"\x84\x01\x00\x00\x00.")
    yield bad("buffer", "next_buffer", b"\x80\x05", HERE, b"\x97.")
    yield bad("buffer", "readonly_buffer", b"\x80\x05", HERE, b"\x98.")
    yield bad("depth", "deep_lists", PROTO, b"]" * 2000 + b"a" * 1000)
    yield bad("depth", "deep_tuples", PROTO, b"N" + b"\x85" * 1000, says="1000 deep")
    yield bad("depth", "deep_from_outside_in", PROTO, outside_in(1500))
    yield bad("array", "array_overflow", PROTO, ndarray(b"J\xff\xff\xff\x7f\x8a\x08" + b"\xff" * 7 + b"\x0f\x86", b"C\x00"), says="overflows")
    yield bad("array", "array_too_short", PROTO, ndarray(b"K\x02\x85", b"C\x08" + b"\0" * 8), says="has 8 bytes, its shape and dtype say 16")
    yield bad("array", "array_negative", PROTO, ndarray(b"J\xff\xff\xff\xff\x85", b"C\x00"))
    yield bad("array", "array_of_many_dimensions", PROTO, ndarray(b"(" + b"K\x01" * 100 + b"t", b"C\x00"))
    yield bad("array", "objects_missing", PROTO, ndarray(b"K\x02\x85", b"]", dtype("O8")), says="has 0, its shape says 2")
    yield bad("dtype", "dtype_absurd", PROTO, ndarray(b"K\x00\x85", b"C\x00", dtype("V99999999999")))
    yield bad("dtype", "dtype_of_three_bytes", PROTO, ndarray(b"K\x00\x85", b"C\x00", dtype("f3")))
    yield bad("truncated", "joblib_cut", PROTO, array_wrapper(shape=b"J\xff\xff\xff\x7f", data=b"\x00"), HERE, b"123")
    yield bad("array", "joblib_overflow", PROTO, array_wrapper(shape=b"\x8a\x08" + b"\xff" * 7 + b"\x7f"))
    yield bad("old_joblib", "old_wrapper", PROTO, name("joblib.numpy_pickle", "NDArrayWrapper"), b")", HERE, b"\x81}b.")
    yield bad("old_joblib", "old_zlib", b"ZF0x12                 x\x9c")
    yield bad("copies", "list_bomb", PROTO, sharing_bomb())
    yield bad("empty", "nothing", HERE)


def outside_in(count):
    """Lists, each put into the one before it while that is still empty: no list is deep when it is filled."""
    return b"".join(b"]\x94" for _ in range(count)) + b"0" * count + b"".join(
        b"j" + struct.pack("<I", i) + b"j" + struct.pack("<I", i + 1) + b"a0" for i in range(count - 1)) + b"h\x00."


def sharing_bomb():
    """A list of 10,000 copied by list() 2,000 times: 160 MB of references from 20 kB."""
    one = name("builtins", "list") + b"\x94" + b"](" + b"N" * 10000 + b"e\x85\x940"
    return one + b"(" + b"h\x00h\x01R" * 2000 + b"t."


def packed(attack):
    for stem, pack in {"zlib": zlib.compress, "gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress,
                       "lzma": lambda raw: lzma.compress(raw, format=lzma.FORMAT_ALONE), "lz4": lz4.frame.compress}.items():
        yield "packed-" + stem, FORBIDDEN, (pack(attack[0]), attack[1]), "unpacked by %s: names os.system" % stem
        cut = pack(b"\x80\x04" + bytes(i * i % 251 for i in range(3000)) + b".")
        yield "packed-cut-" + stem, "model.pickle.packed", (cut[: len(cut) // 2], None), stem
    zeros = b"\0" * (200 << 20)
    yield "bomb-bz2", "model.pickle.unpacked_size", (bz2.compress(zeros), None), "unpack to more than"
    yield "bomb-xz", "model.pickle.unpacked_size", (lzma.compress(zeros), None), "unpack to more than"


def everything():
    for stem, attack, says in attacks():
        yield stem, FORBIDDEN, attack, says
    yield from malformed()
    yield from packed(stream(call("os", "system", COMMAND)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=pathlib.Path, required=True)
    parser.add_argument("--list", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.files.mkdir(parents=True, exist_ok=True)
    lines = []
    for stem, reason, (raw, offset), says in everything():
        (options.files / ("hostile-" + stem)).write_bytes(raw)
        case = {"file": "hostile-" + stem, "reason": reason, "says": says}
        if offset is not None:
            case["byte"] = offset
        lines.append("  " + json.dumps(case))
    options.list.write_text('{"cases": [\n%s\n]}\n' % ",\n".join(lines))
    print("%d hostile files" % len(lines))


if __name__ == "__main__":
    main()
