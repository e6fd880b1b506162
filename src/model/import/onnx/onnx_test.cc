// SPDX-License-Identifier: Apache-2.0
#include "model/import/onnx/onnx.h"

#include <gtest/gtest.h>

#include <string>

#include "base/env.h"
#include "model/import/onnx/proto.h"
#include "model/import/onnx/wire.h"
#include "model/import/onnx/zipmap.h"

namespace slipway::model {
namespace {

std::string golden(const std::string& name) {
  return posix_env().read_file("tests/golden/onnx/" + name + ".onnx").value();
}

// A message by hand: fields of bytes, and of numbers.
void put(std::uint32_t field, const std::string& bytes, std::string* to) {
  to->push_back(static_cast<char>(field << 3 | 2));
  to->push_back(static_cast<char>(bytes.size()));
  *to += bytes;
}
void put(std::uint32_t field, std::uint8_t number, std::string* to) {
  to->push_back(static_cast<char>(field << 3));
  to->push_back(static_cast<char>(number));
}

// A model of one node from "x" [N, 2] to "y" [N, 2], floats.
std::string model_of(const std::string& domain, const std::string& type,
                     const std::string& initializer = "") {
  const auto value = [](const std::string& name) {
    std::string rows, columns, shape, tensor, kind, told;
    put(2, "N", &rows);
    put(1, std::uint8_t{2}, &columns);
    put(1, rows, &shape);
    put(1, columns, &shape);
    put(1, std::uint8_t{1}, &tensor);
    put(2, shape, &tensor);
    put(1, tensor, &kind);
    put(1, name, &told);
    put(2, kind, &told);
    return told;
  };
  std::string node, graph, model;
  put(1, "x", &node);
  put(2, "y", &node);
  put(4, type, &node);
  put(7, domain, &node);
  put(1, node, &graph);
  if (!initializer.empty()) put(5, initializer, &graph);
  put(11, value("x"), &graph);
  put(12, value("y"), &graph);
  put(1, std::uint8_t{10}, &model);
  put(7, graph, &model);
  return model;
}

TEST(Onnx, IsToldByItsFieldsAndNothingElseIs) {
  EXPECT_TRUE(is_onnx(golden("forest3")));
  EXPECT_TRUE(is_onnx(model_of("", "Relu")));
  EXPECT_FALSE(is_onnx("{\"learner\": 1}"));
  EXPECT_FALSE(is_onnx("tree\nversion=v4\n"));
  EXPECT_FALSE(is_onnx(std::string("\x80\x04\x95", 3)));
  EXPECT_FALSE(is_onnx(""));
}

TEST(Onnx, OperatorsOfOtherDomainsAreRefusedByName) {
  const auto model = read_onnx(model_of("my.company", "Magic"));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().reason(), "model.onnx.domain");
  EXPECT_NE(model.error().message().find("'Magic' is of the domain 'my.company'"),
            std::string::npos)
      << model.error().message();
}

TEST(Onnx, TensorsOutsideTheFileAreRefusedByName) {
  std::string tensor;
  put(1, std::uint8_t{2}, &tensor);
  put(2, std::uint8_t{1}, &tensor);
  put(8, "w", &tensor);
  put(14, std::uint8_t{1}, &tensor);
  const auto model = read_onnx(model_of("", "Relu", tensor));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().reason(), "model.onnx.external");
  EXPECT_NE(model.error().message().find("'w'"), std::string::npos);
}

TEST(Onnx, WhatHasAnOperatorIsLiftedAndWhatHasNoneRunsWhole) {
  const auto lifted = read_onnx(model_of("", "Relu"));
  ASSERT_TRUE(lifted) << lifted.error().message();
  EXPECT_TRUE(lifted.value().exactness.margin_bits);
  const auto whole = read_onnx(model_of("", "Erf"));
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_NE(whole.value().notes.back().find("no operator of its own for Erf"), std::string::npos)
      << whole.value().notes.back();
}

TEST(Onnx, ACutFileNamesTheByte) {
  const std::string bytes = golden("forest3");
  for (const std::size_t size : {bytes.size() / 3, bytes.size() / 2, bytes.size() - 1}) {
    const auto model = read_onnx(bytes.substr(0, size));
    ASSERT_FALSE(model) << size;
    EXPECT_EQ(model.error().reason(), "model.onnx.wire");
    EXPECT_NE(model.error().message().find("byte "), std::string::npos);
  }
}

TEST(Onnx, ZipMapsAreTakenOutAndNothingElseChanges) {
  const std::string bytes = golden("tree");
  const auto file = read_onnx_file(bytes);
  ASSERT_TRUE(file);
  ASSERT_TRUE(has_zipmap(file.value().graph));
  const auto plain = without_zipmaps(file.value(), bytes);
  ASSERT_TRUE(plain);
  const auto again = read_onnx_file(plain.value());
  ASSERT_TRUE(again);
  EXPECT_FALSE(has_zipmap(again.value().graph));
  EXPECT_EQ(again.value().graph.nodes.size(), file.value().graph.nodes.size());
  EXPECT_TRUE(again.value().graph.outputs.back().is_tensor);
  EXPECT_EQ(again.value().opsets, file.value().opsets);
}

TEST(OnnxWire, LengthsThatReachBeyondTheEndAreRefused) {
  WireReader reader(
      std::string_view("\x0A\x7F"
                       "ab",
                       4));
  const auto field = reader.next();
  ASSERT_FALSE(field);
  EXPECT_EQ(field.error().reason(), "model.onnx.wire");
}

}  // namespace
}  // namespace slipway::model
