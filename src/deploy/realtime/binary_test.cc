// Tensors as bytes, packed bodies, classes, controls: what clients send that is not plain JSON.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "deploy/realtime/compression.h"
#include "deploy/realtime/server.h"
#include "deploy/realtime/tensor_bytes.h"
#include "deploy/realtime/test_model.h"
#include "net/test_client.h"

namespace slipway::deploy::realtime {
namespace {

template <typename T>
std::string bytes_of(std::vector<T> values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}
std::string elements(const std::vector<std::string>& texts) {
  std::string bytes;
  for (const std::string& text : texts)
    bytes += bytes_of(std::vector<std::uint32_t>{static_cast<std::uint32_t>(text.size())}) + text;
  return bytes;
}
std::string binary_input(const std::string& name, const std::string& shape, const std::string& type,
                         std::size_t size) {
  return fmt::format(
      R"({{"name":"{}","shape":{},"datatype":"{}","parameters":{{"binary_data_size":{}}}}})", name,
      shape, type, size);
}

class BinaryTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(catalogue_.add(load_test_model("delay", TestModel{}), 0));
    ASSERT_TRUE(catalogue_.add(
        load_test_model("kind", TestModel{.objective = "multiclass num_class:3", .classes = 3}),
        0));
    ASSERT_TRUE(catalogue_.add(load_test_model("mixed", mixed_model_text()), 0));
    server_ =
        Server::start({.net = {.port = 0, .reactors = 1, .limits = {.body_bytes_max = 1 << 20}}},
                      {catalogue_, {}, registry_, system_clock()})
            .value();
    client_ = std::make_unique<net::TestClient>(server_->port());
  }
  net::TestResponse infer(const std::string& model, const std::string& json,
                          const std::string& binary, const std::string& headers = "") {
    return client_->ask(net::test_request(
        "POST", "/v2/models/" + model + "/infer", json + binary,
        fmt::format("Inference-Header-Content-Length: {}\r\n{}", json.size(), headers)));
  }
  static std::string outputs(const net::TestResponse& response) {
    const std::size_t at = response.body.find("\"outputs\":");
    return at == std::string::npos ? response.body : response.body.substr(at + 10);
  }

  Catalogue catalogue_;
  MetricRegistry registry_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<net::TestClient> client_;
};

TEST_F(BinaryTest, EveryDatatypeIsReadAsItsBytesSay) {
  const std::string expected =
      R"([{"name":"predict","datatype":"FP64","shape":[2],"data":[0.8,-0.19999999999999998]}]})";
  const auto check = [&](const std::string& type, const std::string& bytes) {
    const std::string json =
        R"({"inputs":[)" + binary_input("x", "[2,2]", type, bytes.size()) + "]}";
    EXPECT_EQ(outputs(infer("delay", json, bytes)), expected) << type;
  };
  check("FP64", bytes_of<double>({1, 0, 0, 1}));
  check("FP32", bytes_of<float>({1, 0, 0, 1}));
  check("FP16", bytes_of<std::uint16_t>({0x3C00, 0, 0x8000, 0x3C00}));
  check("BF16", bytes_of<std::uint16_t>({0x3F80, 0, 0, 0x3F80}));
  check("INT8", bytes_of<std::int8_t>({1, 0, -1, 1}));
  check("INT16", bytes_of<std::int16_t>({1, 0, -1, 1}));
  check("INT32", bytes_of<std::int32_t>({1, 0, -1, 1}));
  check("INT64", bytes_of<std::int64_t>({1, 0, -1, 1}));
  check("UINT8", bytes_of<std::uint8_t>({255, 0, 0, 1}));
  check("UINT16", bytes_of<std::uint16_t>({65535, 0, 0, 1}));
  check("UINT32", bytes_of<std::uint32_t>({1, 0, 0, 1}));
  check("UINT64", bytes_of<std::uint64_t>({1, 0, 0, 1}));
  check("BOOL", bytes_of<std::uint8_t>({1, 0, 0, 1}));
}

TEST_F(BinaryTest, JsonAndBytesMayBeMixedAndTextsAreElements) {
  const std::string texts = elements({"B6", "UA"});
  const std::string distance = bytes_of<float>({101, 5});
  const std::string json = R"({"inputs":[)" +
                           binary_input("distance", "[2]", "FP32", distance.size()) + "," +
                           R"({"name":"month","shape":[2],"datatype":"INT64","data":[2,1]},)" +
                           binary_input("carrier", "[2]", "BYTES", texts.size()) + "," +
                           binary_input("weekend", "[2]", "BOOL", 2) + "]}";
  EXPECT_EQ(outputs(infer("mixed", json, distance + texts + std::string("\1\0", 2))),
            R"([{"name":"predict","datatype":"FP64","shape":[2],"data":[15.0,0.0]}]})");
}

TEST_F(BinaryTest, OutputsComeAsBytesWhereThatIsAskedFor) {
  const std::string rows =
      R"("inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[0,0]}])";
  const auto all =
      infer("kind", R"({"id":"7","parameters":{"binary_data_output":true},)" + rows + "}", "");
  ASSERT_EQ(all.status, 200) << all.body;
  EXPECT_EQ(all.headers.at("content-type"), "application/octet-stream");
  const auto json_size = std::stoul(all.headers.at("inference-header-content-length"));
  const std::string json = all.body.substr(0, json_size);
  EXPECT_NE(json.find(R"({"name":"predict","datatype":"BYTES","shape":[1],)"
                      R"("parameters":{"binary_data_size":5}},)"
                      R"({"name":"predict_proba","datatype":"FP64","shape":[1,3],)"
                      R"("parameters":{"binary_data_size":24}}]})"),
            std::string::npos)
      << json;
  const std::string binary = all.body.substr(json_size);
  ASSERT_EQ(binary.size(), 29u);
  EXPECT_EQ(binary.substr(0, 5), elements({"2"}));
  const auto plain = infer("kind", "{" + rows + R"(,"outputs":[{"name":"predict_proba"}]})", "");
  double last = 0;
  std::memcpy(&last, binary.data() + 21, 8);
  EXPECT_NE(plain.body.find(fmt::format("{}]", last)), std::string::npos) << plain.body;
  EXPECT_EQ(plain.headers.count("inference-header-content-length"), 0u);
  const auto mixed = infer("kind",
                           "{" + rows +
                               R"(,"outputs":[{"name":"margin"},)"
                               R"({"name":"predict","parameters":{"binary_data":true}}]})",
                           "");
  EXPECT_NE(mixed.body.find(R"("data":[)"), std::string::npos) << mixed.body;
  EXPECT_TRUE(mixed.body.ends_with(elements({"2"})));
}

TEST_F(BinaryTest, ClassesAreTheHighestWithTheirLabels) {
  const auto ask = [&](const std::string& parameters) {
    return infer("kind",
                 R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[0,0]}],)"
                 R"("outputs":[{"name":"predict_proba","parameters":)" +
                     parameters + "}]}",
                 "");
  };
  const std::string two = outputs(ask(R"({"classification":2})"));
  EXPECT_TRUE(
      two.starts_with(R"([{"name":"predict_proba","datatype":"BYTES","shape":[1,2],"data":["0.)"))
      << two;
  EXPECT_NE(two.find(R"(:2:2","0.)"), std::string::npos) << two;
  const auto bytes = ask(R"({"classification":9,"binary_data":true})");
  EXPECT_NE(bytes.body.find(R"("shape":[1,3])"), std::string::npos) << bytes.body;
  EXPECT_EQ(ask(R"({"classification":0})").status, 400);
  const auto text =
      infer("kind",
            R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP64","data":[0,0]}],)"
            R"("outputs":[{"name":"predict","parameters":{"classification":1}}]})",
            "");
  EXPECT_EQ(text.status, 400);
  EXPECT_NE(text.body.find("classification is for outputs of numbers"), std::string::npos);
}

TEST_F(BinaryTest, ARawRequestIsOneRow) {
  const auto response = infer("delay", "", bytes_of<double>({1, 0}));
  ASSERT_EQ(response.status, 200) << response.body;
  double value = 0;
  std::memcpy(&value, response.body.data() + response.body.size() - 8, 8);
  EXPECT_EQ(value, 0.8);
  EXPECT_EQ(infer("delay", "", "123").status, 400);
  EXPECT_EQ(infer("mixed", "", "123").status, 400);
}

TEST_F(BinaryTest, WrongLengthsAreRefused) {
  const auto refused = [&](const std::string& json, const std::string& binary,
                           const std::string& headers, const std::string& message) {
    const auto response =
        client_->ask(net::test_request("POST", "/v2/models/mixed/infer", json + binary, headers));
    EXPECT_EQ(response.status, 400) << response.body;
    EXPECT_NE(response.body.find(message), std::string::npos) << response.body;
  };
  for (const char* length : {"-1", "x", "99999", "18446744073709551616", "1 2", ""})
    refused("{}", "", fmt::format("Inference-Header-Content-Length: {}\r\n", length),
            "Inference-Header-Content-Length");
  const auto header = [](const std::string& json) {
    return fmt::format("Inference-Header-Content-Length: {}\r\n", json.size());
  };
  const auto with_carrier = [&](const std::string& size, const std::string& binary,
                                const std::string& message) {
    const std::string json =
        R"({"inputs":[{"name":"distance","shape":[1],"datatype":"FP64","data":[1]},)"
        R"({"name":"month","shape":[1],"datatype":"FP64","data":[1]},)"
        R"({"name":"weekend","shape":[1],"datatype":"BOOL","data":[true]},)"
        R"({"name":"carrier","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":)" +
        size + "}}]}";
    refused(json, binary, header(json), message);
  };
  with_carrier("6", elements({"B"}), "bytes behind the JSON, of which 5 are left");
  with_carrier("-1", elements({"B"}), "bytes behind the JSON");
  with_carrier("3", "abc", "end within element 0");
  with_carrier("5", std::string("\xFF\xFF\xFF\xFF!", 5), "end within element 0");
  with_carrier("10", elements({"B"}) + elements({"B"}), "hold more");
  with_carrier("0", "", "hold 0");
  with_carrier("5", elements({"\xFF"}), "text in UTF-8 expected");
  with_carrier("5", elements({"B"}) + "more", "unexpected additional input data: 4 bytes");
}

TEST_F(BinaryTest, BodiesMayBePackedBothWays) {
  std::string many = R"({"inputs":[{"name":"x","shape":[200,2],"datatype":"FP64","data":[0)";
  for (int i = 1; i < 400; ++i) many += fmt::format(",{}", i % 7);
  many += "]}]}";
  const std::string plain = outputs(infer("delay", many, ""));
  for (const Encoding encoding : {Encoding::kGzip, Encoding::kDeflate}) {
    const std::string name(name_of(encoding));
    std::string packed;
    ASSERT_TRUE(compress(encoding, many, &packed));
    EXPECT_LT(packed.size(), many.size() / 2);
    const auto response = client_->ask(
        net::test_request("POST", "/v2/models/delay/infer", packed,
                          fmt::format("Content-Encoding: {}\r\nAccept-Encoding: br, {}\r\n"
                                      "Inference-Header-Content-Length: {}\r\n",
                                      name, name, many.size())));
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.headers.at("content-encoding"), name);
    std::string unpacked;
    ASSERT_TRUE(decompress(encoding, response.body, 1 << 20, &unpacked));
    EXPECT_NE(unpacked.find(plain), std::string::npos);
    packed.pop_back();
    EXPECT_EQ(client_
                  ->ask(net::test_request("POST", "/v2/models/delay/infer", packed,
                                          fmt::format("Content-Encoding: {}\r\n", name)))
                  .status,
              400);
  }
}

TEST_F(BinaryTest, WhatIsUnpackedHasALimit) {
  std::string packed, unpacked;
  ASSERT_TRUE(compress(Encoding::kGzip, std::string(8 << 20, ' '), &packed));
  ASSERT_LT(packed.size(), 64u << 10);
  EXPECT_EQ(decompress(Encoding::kGzip, packed, 1 << 20, &unpacked).error().reason(),
            "realtime.too_large");
  const auto response = client_->ask(
      net::test_request("POST", "/v2/models/delay/infer", packed, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(response.status, 413) << response.body;
  std::string exact;
  ASSERT_TRUE(compress(Encoding::kGzip, std::string(1 << 20, ' '), &exact));
  EXPECT_TRUE(decompress(Encoding::kGzip, exact, 1 << 20, &unpacked));
}

TEST(Compression, TheClientsWeightsAreKept) {
  EXPECT_EQ(chosen_encoding("gzip"), Encoding::kGzip);
  EXPECT_EQ(chosen_encoding("deflate, gzip;q=0.5"), Encoding::kDeflate);
  EXPECT_EQ(chosen_encoding("gzip;q=0, br"), std::nullopt);
  EXPECT_EQ(chosen_encoding("*"), Encoding::kGzip);
  EXPECT_EQ(chosen_encoding("identity"), std::nullopt);
  EXPECT_EQ(chosen_encoding(""), std::nullopt);
}

TEST(TensorBytes, HalvesAreExact) {
  EXPECT_EQ(float_of_half(0x3C00), 1.0F);
  EXPECT_EQ(float_of_half(0xC000), -2.0F);
  EXPECT_EQ(float_of_half(0x7BFF), 65504.0F);
  EXPECT_EQ(float_of_half(0x0001), 0x1p-24F);
  EXPECT_EQ(float_of_half(0x03FF), 1023 * 0x1p-24F);
  EXPECT_EQ(float_of_half(0x0400), 0x1p-14F);
  EXPECT_TRUE(std::isinf(float_of_half(0x7C00)));
  EXPECT_TRUE(std::isnan(float_of_half(0x7E00)));
  EXPECT_TRUE(std::signbit(float_of_half(0x8000)));
  EXPECT_EQ(float_of_bfloat16(0x3FC0), 1.5F);
}

}  // namespace
}  // namespace slipway::deploy::realtime
