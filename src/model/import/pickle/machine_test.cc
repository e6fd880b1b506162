// Each opcode from bytes written by hand; whole files of real Pythons are in tests/golden.
// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/machine.h"

#include <gtest/gtest.h>

#include <string>

#include "model/import/pickle/python_text.h"

namespace slipway::model::pickle {
namespace {

TEST(Machine, ReadsScalarsOfEveryProtocol) {
  EXPECT_EQ(read_text("N."), "None");
  EXPECT_EQ(read_text("I01\n."), "True");
  EXPECT_EQ(read_text("I00\n."), "False");
  EXPECT_EQ(read_text("I1\n."), "1");
  EXPECT_EQ(read_text("\x88."), "True");
  EXPECT_EQ(read_text("\x89."), "False");
  EXPECT_EQ(read_text("K\xff."), "255");
  EXPECT_EQ(read_text(raw("M\x00\x01.")), "256");
  EXPECT_EQ(read_text("J\xfe\xff\xff\xff."), "-2");
  EXPECT_EQ(read_text("I-12\n."), "-12");
  EXPECT_EQ(read_text("L-12L\n."), "-12");
  EXPECT_EQ(read_text("L9223372036854775808L\n."), "9223372036854775808L");
  EXPECT_EQ(read_text(raw("\x8a\x00.")), "0");
  EXPECT_EQ(read_text("\x8a\x01\x80."), "-128");
  EXPECT_EQ(read_text(raw("\x8b\x02\x00\x00\x00\xff\x7f.")), "32767");
  EXPECT_EQ(read_text("F-0.5\n."), "-0.5");
  EXPECT_EQ(read_text(raw("G\x3f\xe0\x00\x00\x00\x00\x00\x00.")), "0.5");
}

TEST(Machine, ReadsTextsAndBytesOfEveryProtocol) {
  EXPECT_EQ(read_text("S'a\\n'\n."), "'a\n'");
  EXPECT_EQ(read_text("S'\\xff'\n."), "b'ff'");
  EXPECT_EQ(read_text("U\x01z."), "'z'");
  EXPECT_EQ(read_text(raw("T\x02\x00\x00\x00zz.")), "'zz'");
  EXPECT_EQ(read_text("Vab\\u20ac\xe9\n."), "'ab\xe2\x82\xac\xc3\xa9'");
  EXPECT_EQ(read_text(raw("X\x03\x00\x00\x00\xe2\x82\xac.")), "'\xe2\x82\xac'");
  EXPECT_EQ(read_text("\x8c\x01z."), "'z'");
  EXPECT_EQ(read_text(raw("\x8d\x01\x00\x00\x00\x00\x00\x00\x00z.")), "'z'");
  EXPECT_EQ(read_text(raw("B\x01\x00\x00\x00\xff.")), "b'ff'");
  EXPECT_EQ(read_text("C\x01\xfe."), "b'fe'");
  EXPECT_EQ(read_text(raw("\x8e\x01\x00\x00\x00\x00\x00\x00\x00\xfd.")), "b'fd'");
  EXPECT_EQ(read_text(raw("\x96\x01\x00\x00\x00\x00\x00\x00\x00\xfc.")), "b'fc'");
}

TEST(Machine, BuildsContainers) {
  EXPECT_EQ(read_text("(I1\nI2\nl."), "[1, 2]");
  EXPECT_EQ(read_text("]K\x01"
                      "a."),
            "[1]");
  EXPECT_EQ(read_text("](K\x01K\x02"
                      "e."),
            "[1, 2]");
  EXPECT_EQ(read_text("(K\x01t."), "(1)");
  EXPECT_EQ(read_text(")."), "()");
  EXPECT_EQ(read_text("K\x01\x85."), "(1)");
  EXPECT_EQ(read_text("K\x01K\x02\x86."), "(1, 2)");
  EXPECT_EQ(read_text("K\x01K\x02K\x03\x87."), "(1, 2, 3)");
  EXPECT_EQ(read_text("(K\x01K\x02"
                      "d."),
            "{1: 2}");
  EXPECT_EQ(read_text("}K\x01K\x02s."), "{1: 2}");
  EXPECT_EQ(read_text("}(K\x01K\x02K\x03K\x04u."), "{1: 2, 3: 4}");
  EXPECT_EQ(read_text("\x8f(K\x01K\x02\x90."), "{1, 2}");
  EXPECT_EQ(read_text("(K\x01\x91."), "{1}");
}

TEST(Machine, MovesValuesOnTheStack) {
  EXPECT_EQ(read_text("K\x01K\x02"
                      "0."),
            "1");
  EXPECT_EQ(read_text("K\x01(0."), "1") << "POP takes a bare mark away";
  EXPECT_EQ(read_text("K\x01(K\x02K\x03"
                      "1."),
            "1");
  EXPECT_EQ(read_text("]2\x86."), "([], [])");
}

TEST(Machine, TheMemoGivesTheSameValueAgain) {
  EXPECT_EQ(read_text("]p7\n0g7\n."), "[]");
  EXPECT_EQ(read_text("]q\x07"
                      "0h\x07."),
            "[]");
  EXPECT_EQ(read_text("]r\xff\xff\xff\xff"
                      "0j\xff\xff\xff\xff."),
            "[]")
      << "four billion cost one";
  EXPECT_EQ(read_text("K\x01\x94K\x02\x94"
                      "00h\x01."),
            "2");
  const auto document = read_pickle("]\x94h\x00\x86.", nullptr);
  EXPECT_FALSE(document.has_value()) << "the literal ends at its zero";
  const std::string twice = raw("]\x94h\x00\x86.");
  const auto shared = read_pickle(twice, nullptr);
  ASSERT_TRUE(shared.has_value());
  const Value& pair = shared.value().root();
  EXPECT_EQ(pair.items[0], pair.items[1]);
}

TEST(Machine, AListMayHoldItself) {
  const std::string cycle =
      raw("]\x94h\x00"
          "a.");
  const auto document = read_pickle(cycle, nullptr);
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document.value().root().items[0], &document.value().root());
  EXPECT_EQ(describe(document.value().root()), "a list of 1");
}

TEST(Machine, CallsBecomeDescriptions) {
  EXPECT_EQ(read_text("csklearn.base\nclone\n."), "<sklearn.base.clone>");
  EXPECT_EQ(read_text(short_text("m") + short_text("f") + "\x93K\x01\x85R."), "m.f(1)");
  EXPECT_EQ(read_text("cm\nC\nK\x01\x85\x81}b."), "m.C(1){{}}");
  EXPECT_EQ(read_text("cm\nC\nK\x01\x85}\x92."), "m.C(1)");
  EXPECT_EQ(read_text("cm\nC\nK\x01\x85}" + short_text("k") + "K\x02s\x92."), "m.C(1, {'k': 2})");
  EXPECT_EQ(read_text("(K\x01im\nC\n."), "m.C(1)");
  EXPECT_EQ(read_text("(cm\nC\nK\x01o."), "m.C(1)");
}

TEST(Machine, ItemsOfAnObjectAreKeptApartFromItsArguments) {
  EXPECT_EQ(read_text("cm\nC\n)\x81K\x01"
                      "a."),
            "m.C()+[1]");
  EXPECT_EQ(read_text("cm\nC\n)\x81K\x01K\x02s."), "m.C()[1: 2]");
  EXPECT_EQ(read_text("cm\nC\n)\x81(K\x01\x90."), "m.C()+[1]");
}

TEST(Machine, FramesAndProtocolsAreNoValues) {
  EXPECT_EQ(read_text(raw("\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00N.")), "None");
  EXPECT_EQ(read_text("N.behind STOP: what Python would not read either"), "None");
}

TEST(Machine, ErrorsNameTheByteAndTheWayOn) {
  EXPECT_EQ(message_of("K\x01"
                       "0\x85."),
            "byte 3: takes more values than there are: the file is damaged");
  EXPECT_NE(message_of("\x80\x06N.").find("protocol=5"), std::string::npos);
  EXPECT_NE(message_of("\x80\x05\x97.").find("joblib.dump"), std::string::npos);
  EXPECT_NE(message_of("Pstorage\n.").find("ONNX"), std::string::npos);
}

TEST(Machine, TheOffsetOfAValueIsThatOfItsOpcode) {
  const auto document = read_pickle("(K\x01N\x88l.", nullptr);
  ASSERT_TRUE(document.has_value());
  const Value& list = document.value().root();
  EXPECT_EQ(list.offset, 5u);
  EXPECT_EQ(list.items[0]->offset, 1u);
  EXPECT_EQ(list.items[2]->offset, 4u);
}

}  // namespace
}  // namespace slipway::model::pickle
