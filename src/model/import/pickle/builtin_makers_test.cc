// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "model/import/pickle/python_text.h"

namespace slipway::model::pickle {
namespace {

std::string called(std::string_view module, std::string_view name, const std::string& arguments) {
  return read_text(name_line(module, name) + arguments + "R.");
}

TEST(BuiltinMakers, ContainersAreData) {
  EXPECT_EQ(called("builtins", "set",
                   "](K\x01K\x02"
                   "e\x85"),
            "{1, 2}");
  EXPECT_EQ(called("__builtin__", "frozenset", "]\x85"), "{}");
  EXPECT_EQ(called("builtins", "list", ")"), "[]");
  EXPECT_EQ(called("builtins", "tuple",
                   "]K\x01"
                   "a\x85"),
            "(1)");
  EXPECT_EQ(called("builtins", "dict", "}K\x01K\x02s\x85"), "{1: 2}");
  EXPECT_EQ(called("collections", "OrderedDict",
                   "]K\x01K\x02\x86"
                   "a\x85"),
            "{1: 2}");
  EXPECT_EQ(called("collections", "defaultdict", "cbuiltins\nlist\n\x85"), "{}");
  EXPECT_EQ(called("collections", "Counter", "}K\x01K\x02s\x85"), "{1: 2}");
  EXPECT_EQ(read_text("ccollections\nOrderedDict\n)RK\x01K\x02s."), "{1: 2}");
}

TEST(BuiltinMakers, BytesOfOldProtocolsAreBytes) {
  EXPECT_EQ(called("_codecs", "encode", short_text("a\xc3\xbf") + short_text("latin1") + "\x86"),
            "b'61ff'");
  EXPECT_EQ(called("__builtin__", "bytes", ")"), "b''");
  EXPECT_EQ(called("builtins", "bytearray", raw("C\x01\x00\x85")), "b'00'");
  EXPECT_EQ(called("builtins", "bytearray", short_text("z") + short_text("latin-1") + "\x86"),
            "b'7a'");
}

TEST(BuiltinMakers, ScalarsStayWhatTheyAre) {
  EXPECT_EQ(called("builtins", "int", "K\x05\x85"), "5");
  EXPECT_EQ(called("__builtin__", "long", "K\x05\x85"), "5");
  EXPECT_EQ(called("builtins", "bool", "\x88\x85"), "True");
  EXPECT_EQ(called("builtins", "str", short_text("s") + "\x85"), "'s'");
  EXPECT_EQ(called("builtins", "int", short_text("5") + "\x85"), "builtins.int('5')")
      << "to convert is to evaluate";
}

TEST(BuiltinMakers, WhatHasNoKindOfItsOwnStaysACall) {
  EXPECT_EQ(called("builtins", "slice", "NNN\x87"), "builtins.slice(None, None, None)");
  EXPECT_EQ(called("__builtin__", "xrange", "K\x03\x85"), "builtins.range(3)");
  EXPECT_EQ(called("builtins", "object", ")"), "builtins.object()");
}

TEST(BuiltinMakers, ReconstructorsGiveTheirClass) {
  EXPECT_EQ(called("copy_reg", "_reconstructor", "cm\nC\nc__builtin__\nobject\nN\x87"), "m.C()");
  EXPECT_EQ(called("copyreg", "_reconstructor", "cm\nC\ncbuiltins\ndict\n}K\x01Ns\x87"),
            "m.C()[1: None]");
  EXPECT_EQ(called("copyreg", "_reconstructor", "cm\nC\ncbuiltins\nlist\n]Na\x87"), "m.C()+[None]");
  EXPECT_EQ(called("copyreg", "_reconstructor", "cm\nC\ncbuiltins\nint\nK\x04\x87"), "m.C(4)");
  EXPECT_EQ(called("copyreg", "__newobj__", "cm\nC\nK\x01\x86"), "m.C(1)");
  EXPECT_EQ(called("copyreg", "__newobj_ex__", "cm\nC\nK\x01\x85}\x87"), "m.C(1)");
}

TEST(BuiltinMakers, ArgumentsThatCannotBeAreRefused) {
  EXPECT_EQ(called("builtins", "dict", "K\x01\x85"), "model.pickle.call");
  EXPECT_EQ(called("builtins", "bytes", "]\x85"), "model.pickle.call");
  EXPECT_EQ(called("collections", "OrderedDict", "]Na\x85"), "model.pickle.call");
  EXPECT_EQ(called("copyreg", "_reconstructor", ")"), "model.pickle.call");
  EXPECT_EQ(called("copyreg", "__newobj__", ")"), "model.pickle.call");
  EXPECT_EQ(called("copyreg", "__newobj_ex__", ")"), "model.pickle.call");
  EXPECT_EQ(called("_codecs", "encode", "NN\x86"), "model.pickle.call");
  EXPECT_EQ(called("_codecs", "encode", short_text("\xe2\x82\xac") + short_text("latin1") + "\x86"),
            "model.pickle.text");
}

TEST(BuiltinMakers, FunctionsMayBeNamedAndNotCalled) {
  EXPECT_EQ(read_text("cbuiltins\nlen\n."), "<builtins.len>");
  EXPECT_EQ(called("builtins", "len", "]\x85"), "model.pickle.forbidden");
  EXPECT_EQ(called("functools", "partial", ")"), "model.pickle.forbidden");
}

TEST(BuiltinMakers, CopiesAreLimitedWhereSharingIsNot) {
  const std::string list = "](" + std::string(100'000, 'N') + raw("e\x94");
  std::string shares = list;
  std::string copies = list + "(";
  for (int i = 0; i < 1000; ++i) {
    shares += raw("h\x00\x86");
    copies += raw("cbuiltins\nlist\nh\x00\x85R");
  }
  EXPECT_EQ(read_text(shares + ".", {.max_depth = 2000}).substr(0, 3), "(((");
  EXPECT_EQ(read_text(copies + "t."), "model.pickle.copies");
}

// 10,000 times a look through 100 kB would be seconds, from 150 kB.
TEST(BuiltinMakers, TimeIsLimitedWhereNothingIsCopied) {
  std::string encodes = raw("X\xa0\x86\x01\x00") + std::string(100'000, 'x') + raw("\x94") +
                        short_text("latin1") +
                        raw("\x94"
                            "00") +
                        name_line("_codecs", "encode") +
                        raw("\x94"
                            "0(");
  for (int i = 0; i < 10'000; ++i) encodes += raw("h\x02h\x00h\x01\x86R");
  EXPECT_EQ(read_text(encodes + "t."), "model.pickle.copies");
}

}  // namespace
}  // namespace slipway::model::pickle
