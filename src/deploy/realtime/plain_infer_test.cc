// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/plain_infer.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace slipway::deploy::realtime {
namespace {

std::vector<double> numbers_of(const Tensor& tensor) {
  EXPECT_TRUE(check_size(tensor));
  std::vector<double> numbers(tensor.rows * tensor.width);
  EXPECT_TRUE(read_numbers(tensor, numbers));
  return numbers;
}

void expect_same(const Tensor& plain, const Tensor& parsed) {
  EXPECT_EQ(plain.name, parsed.name);
  EXPECT_EQ(plain.type, parsed.type);
  EXPECT_EQ(plain.rank, parsed.rank);
  EXPECT_EQ(plain.rows, parsed.rows);
  EXPECT_EQ(plain.width, parsed.width);
  const std::vector<double> found = numbers_of(plain), expected = numbers_of(parsed);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(found[i]), std::bit_cast<std::uint64_t>(expected[i]));
}

TEST(PlainInfer, IsWhatADocumentOfItSays) {
  DecodeScratch scratch;
  for (const std::string text :
       {R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP64","data":[1,-2.5,0.1]}]})",
        R"({"id":"7","inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[0.1,null]}]})",
        R"({"inputs":[{"data":[1],"datatype":"FP32","shape":[1,1],"name":"a"},
                      {"name":"b","shape":[1],"datatype":"FP64","data":[1e-9]}],"id":"x y"})",
        " { \"inputs\" : [ { \"name\" : \"x\" ,\r\n\t\"shape\" : [ 1 , 2 ] , \"datatype\" : "
        "\"FP64\" , "
        "\"data\" : [ 0.30000001192092896 , 1 ] } ] } \n",
        R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[3.4028235e38]}]})"}) {
    SCOPED_TRACE(text);
    const auto document = JsonDocument::parse(text);
    ASSERT_TRUE(document);
    const JsonView root = document.value().root();
    const auto plain = read_plain_infer(text, &scratch);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->id, root.find("id").as_string().value_or(""));
    ASSERT_EQ(scratch.tensors.size(), root.find("inputs").size());
    std::size_t i = 0;
    std::string_view binary;
    for (const JsonView item : root.find("inputs").array()) {
      const auto parsed = parse_tensor(item, &binary);
      ASSERT_TRUE(parsed);
      expect_same(scratch.tensors[i++], parsed.value());
    }
  }
}

TEST(PlainInfer, WhateverElseMayBeMeantIsLeftToTheDocument) {
  DecodeScratch scratch;
  const std::string input = R"({"name":"x","shape":[1],"datatype":"FP64","data":[1]})";
  const std::string body = "{\"inputs\":[" + input + "]}";
  ASSERT_TRUE(read_plain_infer(body, &scratch));
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(read_plain_infer(body.substr(0, size), &scratch)) << size;
  for (const std::string& text : std::vector<std::string>{
           body + "x", body + "{}", "[" + body + "]", std::string("{}"),
           std::string("{\"id\":\"1\"}"), "{\"inputs\":" + input + "}", "{\"inputs\":[]}",
           "{\"inputs\":[" + input + ",]}", "{\"inputs\":[" + input + "],}",
           "{\"inputs\":[" + input + "],\"outputs\":[]}",
           "{\"inputs\":[" + input + "],\"inputs\":[" + input + "]}",
           "{\"inputs\":[" + input + "],\"id\":7}",
           "{\"id\":\"a\",\"id\":\"b\",\"inputs\":[" + input + "]}",
           "{\"id\":\"" + std::string(257, 'x') + "\",\"inputs\":[" + input + "]}"})
    EXPECT_FALSE(read_plain_infer(text, &scratch)) << text;
}

TEST(PlainInfer, SoAreInputsOfAnotherForm) {
  DecodeScratch scratch;
  for (const char* const input :
       {R"({"name":"","shape":[1],"datatype":"FP64","data":[1]})",
        R"({"name":"x\u0041","shape":[1],"datatype":"FP64","data":[1]})",
        "{\"name\":\"\xc3\xa9\",\"shape\":[1],\"datatype\":\"FP64\",\"data\":[1]}",
        R"({"name":"x","shape":[1],"datatype":"INT64","data":[1]})",
        R"({"name":"x","shape":[2],"datatype":"FP64","data":[1]})",
        R"({"name":"x","shape":[1,1,1],"datatype":"FP64","data":[1]})",
        R"({"name":"x","shape":[01],"datatype":"FP64","data":[1]})",
        R"({"name":"x","shape":[1.0],"datatype":"FP64","data":[1]})",
        R"({"name":"x","shape":[-1],"datatype":"FP64","data":[1]})",
        R"({"name":"x","shape":[],"datatype":"FP64","data":[1]})",
        R"({"name":"x","shape":[1000000000,1000000000],"datatype":"FP64","data":[1]})",
        R"({"name":"x","shape":[0],"datatype":"FP64","data":[]})",
        R"({"name":"x","shape":[1,1],"datatype":"FP64","data":[[1]]})",
        R"({"name":"x","shape":[1],"datatype":"FP32","data":[1e39]})",
        R"({"name":"x","shape":[1],"datatype":"FP64","data":[NaN]})",
        R"({"name":"x","shape":[1],"datatype":"FP64"})",
        R"({"name":"x","name":"x","shape":[1],"datatype":"FP64","data":[1]})",
        R"({"name":"x","shape":[1],"datatype":"FP64","data":[1],"data":[1]})",
        R"({"name":"x","shape":[1],"datatype":"FP64","data":[1],"parameters":{}})"})
    EXPECT_FALSE(read_plain_infer(std::string("{\"inputs\":[") + input + "]}", &scratch)) << input;
}

}  // namespace
}  // namespace slipway::deploy::realtime
