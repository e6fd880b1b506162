// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/pickle.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "model/import/pickle/python_text.h"

namespace slipway::model::pickle {
namespace {

// joblib's wrapper of an array; `data` follow.
std::string wrapped(const std::string& code, const std::string& shape, const std::string& order,
                    const std::string& data) {
  return name_line("joblib.numpy_pickle", "NumpyArrayWrapper") + ")\x81}(" + short_text("dtype") +
         dtype_stream(code) + short_text("shape") + shape + short_text("order") +
         short_text(order) + short_text("numpy_array_alignment_bytes") + "K\x10ub" + data;
}

TEST(ReadPickle, JoblibsArraysLieBehindTheirWrapper) {
  EXPECT_EQ(read_text(wrapped("u1", "K\x02\x85", "C",
                              raw("\x02\xff\xff"
                                  "ab")) +
                      "."),
            "array(u1, (2), 6162)");
  EXPECT_EQ(read_text("](" +
                      wrapped("u1", "K\x01K\x02\x86", "F",
                              raw("\x00"
                                  "ab")) +
                      wrapped("u1", raw("K\x00\x85"), "C", raw("\x00")) +
                      "K\x05"
                      "e."),
            "[array(u1F, (1,2), 6162), array(u1, (0), ), 5]");
}

TEST(ReadPickle, AnArrayOfOldJoblibHasNoPadding) {
  std::string old = wrapped("u1", "K\x02\x85", "C", "ab.");
  const std::string padding = short_text("numpy_array_alignment_bytes") + "K\x10";
  old.erase(old.find(padding), padding.size());
  EXPECT_EQ(read_text(old), "array(u1, (2), 6162)");
}

TEST(ReadPickle, ArraysAreUsedInPlace) {
  const std::string bytes = wrapped("u1", "K\x02\x85", "C",
                                    raw("\x00"
                                        "ab")) +
                            ".";
  const auto document = read_pickle(bytes, nullptr);
  ASSERT_TRUE(document.has_value());
  const char* data = document.value().root().array->bytes.data();
  EXPECT_EQ(data, bytes.data() + bytes.size() - 3);
}

TEST(ReadPickle, AWrapperThatJoblibCannotHaveWrittenIsRefused) {
  const std::string wrapper = name_line("joblib.numpy_pickle", "NumpyArrayWrapper") + ")\x81";
  EXPECT_EQ(read_text(wrapper + "}b."), "model.pickle.array");
  EXPECT_EQ(read_text(wrapper + "Nb."), "model.pickle.array");
  EXPECT_EQ(read_text(wrapper + "."), "joblib.numpy_pickle.NumpyArrayWrapper()");
  EXPECT_EQ(read_text(wrapped("T16", "K\x01\x85", "C", "") + "."), "model.pickle.dtype");
  EXPECT_NE(message_of(wrapped("T16", "K\x01\x85", "C", "") + ".").find(".astype()"),
            std::string::npos);
}

TEST(ReadPickle, ObjectsOfJoblibAreAPickleInThePickle) {
  const std::string nested = raw("\x80\x04") + name_line("numpy.core.multiarray", "_reconstruct") +
                             name_line("numpy", "ndarray") +
                             raw("K\x00\x85"
                                 "C\x01"
                                 "b\x87R(K\x01K\x01\x85") +
                             dtype_stream("O8", '|') + "\x89]Natb.";
  EXPECT_EQ(read_text("](" + wrapped("O8", "K\x01\x85", "C", nested) +
                      "K\x07"
                      "e."),
            "[array(O8, (1), None), 7]");
}

TEST(ReadPickle, TheDocumentKeepsItsBytesAlive) {
  auto owner =
      std::make_shared<const std::string>(raw("\x80\x04\x8c\x05"
                                              "hello."));
  std::weak_ptr<const std::string> watch = owner;
  auto document = read_pickle(*owner, owner);
  owner.reset();
  ASSERT_TRUE(document.has_value());
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(document.value().root().text, "hello");
  EXPECT_EQ(document.value().size(), 10u);
}

TEST(ReadPickle, LimitsAreKept) {
  EXPECT_EQ(read_text("(" + std::string(200, 'N') + "t.", {.max_values = 100}),
            "model.pickle.values");
  EXPECT_EQ(read_text("N" + std::string(50, '\x85') + ".", {.max_depth = 50}),
            "model.pickle.depth");
  EXPECT_NE(read_text("N" + std::string(50, '\x85') + ".", {.max_depth = 51}),
            "model.pickle.depth");
}

// A list that is put into another before it is filled: no step sees a deep value.
TEST(ReadPickle, DepthCountsHoweverItWasBuilt) {
  std::string lists = "]\x94";
  for (int i = 1; i < 60; ++i) {
    const std::string inner =
        "]\x94"
        "a"
        "h" +
        std::string(1, static_cast<char>(i));
    lists += inner;
  }
  EXPECT_EQ(read_text(lists + "0h" + raw("\x00") + ".", {.max_depth = 50}), "model.pickle.depth");
  EXPECT_EQ(read_text(lists + "0h" + raw("\x00") + ".", {.max_depth = 70}).substr(0, 4), "[[[[");
}

TEST(ReadPickle, DeepValuesAreReadAndDestroyedWithoutRecursion) {
  const std::string deep = "N" + std::string(200'000, '\x85') + ".";
  const auto document = read_pickle(deep, nullptr, {.max_depth = 1'000'000});
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(describe(document.value().root()), "a tuple of 1");
}

TEST(ReadPickle, FilesOfOldJoblibAreRefusedWithTheWayOn) {
  EXPECT_EQ(read_text("ZF0x10               x"), "model.pickle.old_joblib");
  EXPECT_NE(message_of("ZF0x10               x").find("joblib 1.2"), std::string::npos);
  EXPECT_EQ(read_text("cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}b."), "model.pickle.old_joblib");
}

TEST(LooksLikePickle, GoesByTheFirstBytes) {
  EXPECT_TRUE(looks_like_pickle(raw("\x80\x02")));
  EXPECT_TRUE(looks_like_pickle(raw("\x80\x05\x95")));
  EXPECT_TRUE(looks_like_pickle("ccopy_reg\n_reconstructor\np0\n"));
  EXPECT_TRUE(looks_like_pickle("\x78\x9c\x4b\x04"));
  EXPECT_TRUE(looks_like_pickle("BZh91AY"));
  EXPECT_FALSE(looks_like_pickle(""));
  EXPECT_FALSE(looks_like_pickle("\x80"));
  EXPECT_FALSE(looks_like_pickle("\x80\x09"));
  EXPECT_FALSE(looks_like_pickle("tree\nversion=v4\n"));
  EXPECT_FALSE(looks_like_pickle("{\"learner\": 1}"));
}

}  // namespace
}  // namespace slipway::model::pickle
