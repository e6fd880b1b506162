// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "model/import/pickle/python_text.h"

namespace slipway::model::pickle {
namespace {

// ndarray of protocol 2 to 4: `state` is (version, shape, dtype, is_fortran, data) without its mark.
std::string ndarray(const std::string& state, std::string_view type = "ndarray") {
  return name_line("numpy.core.multiarray", "_reconstruct") + name_line("numpy", type) +
         raw("K\x00\x85"
             "C\x01"
             "b\x87R(K\x01") +
         state + "tb";
}

std::string from_buffer(const std::string& bytes, const std::string& code,
                        const std::string& rest) {
  return name_line("numpy._core.numeric", "_frombuffer") + "(C" +
         std::string(1, static_cast<char>(bytes.size())) + bytes + dtype_stream(code) + rest + "tR";
}

TEST(NumpyMakers, AnArrayIsItsBytes) {
  EXPECT_EQ(read_text(ndarray("K\x02\x85" + dtype_stream("i2") +
                              raw("\x89"
                                  "C\x04\x01\x00\x02\x00")) +
                      "."),
            "array(i2, (2), 01000200)");
  EXPECT_EQ(read_text(ndarray("K\x01K\x02\x86" + dtype_stream("i2", '>') +
                              raw("\x88"
                                  "C\x04"
                                  "abcd")) +
                      "."),
            "array(>i2F, (1,2), 61626364)");
  EXPECT_EQ(read_text(ndarray(raw("K\x00\x85") + dtype_stream("f8") +
                              raw("\x89"
                                  "C\x00")) +
                      "."),
            "array(f8, (0), )");
  EXPECT_EQ(read_text(ndarray(")" + dtype_stream("u1") +
                              raw("\x88"
                                  "C\x01\x07")) +
                      "."),
            "array(u1, (), 07)")
      << "no order without two dimensions";
}

TEST(NumpyMakers, WhoeverRefersToTheArraySeesTheData) {
  const std::string made = raw("]\x94(") + name_line("numpy.core.multiarray", "_reconstruct") +
                           name_line("numpy", "ndarray") +
                           raw("K\x00\x85"
                               "C\x01"
                               "b\x87R\x94h\x01(K\x01K\x01\x85") +
                           dtype_stream("u1") +
                           raw("\x89"
                               "C\x01\x09tbe.");
  EXPECT_EQ(read_text(made), "[array(u1, (1), 09), array(u1, (1), 09)]");
}

TEST(NumpyMakers, ObjectsAreListedInCOrder) {
  EXPECT_EQ(read_text(ndarray("K\x02\x85" + dtype_stream("O8", '|') + "\x89](K\x01Ne") + "."),
            "array(O8, (2), 1, None)");
  EXPECT_EQ(message_of(ndarray("K\x02\x85" + dtype_stream("O8", '|') + "\x89]") + ".")
                    .find("has 0, its shape says 2") != std::string::npos,
            true);
}

TEST(NumpyMakers, SubclassesThatAreMoreThanArraysStayObjects) {
  const std::string state = "K\x01\x85" + dtype_stream("u1") +
                            raw("\x89"
                                "C\x01\x07");
  EXPECT_EQ(read_text(ndarray(state, "matrix") + "."), "array(u1, (1), 07)");
  EXPECT_EQ(read_text(ndarray(state, "recarray") + ".").substr(0, 35),
            "numpy.core.multiarray._reconstruct(");
}

TEST(NumpyMakers, AScalarIsAnArrayWithoutDimensions) {
  EXPECT_EQ(read_text(name_line("numpy.core.multiarray", "scalar") + dtype_stream("i2") +
                      raw("C\x02\x05\x00\x86R.")),
            "array(i2, (), 0500)");
  EXPECT_EQ(read_text(name_line("numpy._core.multiarray", "scalar") + dtype_stream("i2") +
                      raw("C\x01\x05\x86R.")),
            "model.pickle.array");
}

TEST(NumpyMakers, ABufferIsReadInItsOrder) {
  EXPECT_EQ(read_text(from_buffer("abcdef", "u1", raw("K\x02K\x03\x86") + short_text("C")) + "."),
            "array(u1, (2,3), 616263646566)");
  EXPECT_EQ(read_text(from_buffer("abcdef", "u1", raw("K\x02K\x03\x86") + short_text("F")) + "."),
            "array(u1F, (2,3), 616263646566)");
}

TEST(NumpyMakers, ATransposedBufferIsMovedIntoCOrder) {
  const std::string shape = raw("K\x01K\x02K\x03\x87") + short_text("K");
  EXPECT_EQ(read_text(from_buffer("abcdef", "u1", shape + raw("K\x00K\x02K\x01\x87")) + "."),
            "array(u1, (1,3,2), 616462656366)");
  EXPECT_EQ(read_text(from_buffer("abcdef", "u1", shape + raw("K\x02K\x01K\x00\x87")) + "."),
            "array(u1F, (3,2,1), 616263646566)");
  EXPECT_EQ(read_text(from_buffer("abcdef", "u1", shape + raw("K\x00K\x00K\x01\x87")) + "."),
            "model.pickle.array");
}

TEST(NumpyMakers, DtypesThatAreNotReadLeaveACall) {
  const std::string state = "K\x01\x85" + name_line("numpy.dtypes", "StringDType") +
                            raw(")R\x89"
                                "C\x00");
  EXPECT_EQ(read_text(ndarray(state) + ".").substr(0, 35), "numpy.core.multiarray._reconstruct(");
}

TEST(NumpyMakers, SizesThatCannotBeAreRefused) {
  const auto array_of = [](const std::string& shape, const std::string& code) {
    return read_text(ndarray(shape + dtype_stream(code) +
                             raw("\x89"
                                 "C\x00")) +
                     ".");
  };
  EXPECT_EQ(array_of("J\xff\xff\xff\xff\x85", "u1"), "model.pickle.array");
  EXPECT_EQ(array_of("]", "u1"), "model.pickle.array");
  EXPECT_EQ(array_of("(" + std::string(20, 'N') + "t", "u1"), "model.pickle.array");
  EXPECT_EQ(array_of("J\xff\xff\xff\x7f"
                     "J\xff\xff\xff\x7f"
                     "J\xff\xff\xff\x7f\x87",
                     "u1"),
            "model.pickle.array");
  EXPECT_EQ(array_of(raw("K\x00\x85"), "f3"), "model.pickle.dtype");
  EXPECT_EQ(array_of(raw("K\x00\x85"), "V4294967295"), "model.pickle.dtype");
  EXPECT_EQ(array_of(raw("K\x00\x85"), "i8x"), "model.pickle.dtype");
}

}  // namespace
}  // namespace slipway::model::pickle
