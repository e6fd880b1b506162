// The HTTP front end that Triton has: libevhtp and libevent, JSON by RapidJSON; here on one event
// loop that scores where it stands, the model by slipway's C interface. Answers
// POST /v2/models/bench/infer of one FP32 tensor [rows, columns].
//
//   evhtp_peer MODEL PORT
//
// No metrics, no admission, no other routes, no check of anything but shape, no hand-over to other
// threads as Triton makes: less work than `slipway serve` does, and than Triton.
// SPDX-License-Identifier: Apache-2.0
#include <event2/buffer.h>
#include <event2/event.h>
#include <evhtp/evhtp.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "peer_model.h"

namespace {

using Json = rapidjson::Document;

class Front {
 public:
  explicit Front(const char* model) : model_(model) {}

  void answer(evhtp_request_t* request) {
    const std::size_t size = evbuffer_get_length(request->buffer_in);
    const auto* body = reinterpret_cast<const char*>(evbuffer_pullup(request->buffer_in, -1));
    text_.Clear();
    const bool scored = evhtp_request_get_method(request) == htp_method_POST && body != nullptr &&
                        infer({body, size});
    if (!scored) {
      text_.Clear();
      rapidjson::Writer(text_).String(R"(one FP32 tensor of the model's columns is expected)");
    }
    evbuffer_add(request->buffer_out, text_.GetString(), text_.GetSize());
    evhtp_headers_add_header(request->headers_out,
                             evhtp_header_new("Content-Type", "application/json", 0, 0));
    evhtp_send_reply(request, scored ? EVHTP_RES_OK : EVHTP_RES_BADREQ);
  }

 private:
  bool infer(std::string_view body) {
    Json::AllocatorType memory(pool_.data(), pool_.size());  // no malloc for a request of few rows
    Json json(&memory);
    json.Parse<rapidjson::kParseNanAndInfFlag>(body.data(), body.size());
    std::size_t count = 0;
    if (json.HasParseError() || !json.IsObject() || !read(json, &count)) return false;
    if (!model_.score(rows_.data(), count, &scored_)) return false;
    write(static_cast<std::uint64_t>(count));
    return true;
  }

  static const Json::ValueType* member(const Json::ValueType& of, const char* name) {
    const auto found = of.FindMember(name);
    return found == of.MemberEnd() ? nullptr : &found->value;
  }

  bool read(const Json& json, std::size_t* count) {
    const auto* inputs = member(json, "inputs");
    if (inputs == nullptr || !inputs->IsArray() || inputs->Size() != 1 || !(*inputs)[0].IsObject())
      return false;
    const auto& input = (*inputs)[0];
    const auto* type = member(input, "datatype");
    const auto* shape = member(input, "shape");
    const auto* data = member(input, "data");
    if (type == nullptr || shape == nullptr || data == nullptr || !type->IsString() ||
        !shape->IsArray() || !data->IsArray() || shape->Size() != 2)
      return false;
    if (std::string_view(type->GetString(), type->GetStringLength()) != "FP32" ||
        !(*shape)[0].IsUint() || !(*shape)[1].IsUint() || (*shape)[1].GetUint() != model_.columns())
      return false;
    *count = (*shape)[0].GetUint();
    if (data->Size() != *count * model_.columns()) return false;
    rows_.clear();
    for (const auto& value : data->GetArray()) {
      if (!value.IsNumber()) return false;
      rows_.push_back(static_cast<float>(value.GetDouble()));
    }
    return true;
  }

  void write(std::uint64_t count) {
    rapidjson::Writer out(text_);
    const auto text = [&](std::string_view words) {
      out.String(words.data(), static_cast<rapidjson::SizeType>(words.size()));
    };
    const auto open = [&](std::string_view name, std::string_view type) {
      out.StartObject();
      out.Key("name");
      text(name);
      out.Key("datatype");
      text(type);
      out.Key("shape");
      out.StartArray();
      out.Uint64(count);
    };
    out.StartObject();
    out.Key("model_name");
    text("bench");
    out.Key("model_version");
    text("1");
    out.Key("outputs");
    out.StartArray();
    open("predict", "BYTES");
    out.EndArray();
    out.Key("data");
    out.StartArray();
    for (const std::string_view name : scored_.classes) text(name);
    out.EndArray();
    out.EndObject();
    open("predict_proba", "FP32");
    out.Uint64(2);
    out.EndArray();
    out.Key("data");
    out.StartArray();
    for (const float p : scored_.probabilities) out.Double(static_cast<double>(p));
    out.EndArray();
    out.EndObject();
    out.EndArray();
    out.EndObject();
  }

  PeerModel model_;
  PeerModel::Answer scored_;
  std::vector<float> rows_;
  rapidjson::StringBuffer text_;
  std::array<char, 65536> pool_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: evhtp_peer MODEL PORT\n");
    return 2;
  }
  Front front(argv[1]);
  event_base* base = event_base_new();
  evhtp_t* server = evhtp_new(base, nullptr);
  evhtp_enable_flag(server, EVHTP_FLAG_ENABLE_NODELAY);
  evhtp_set_cb(
      server, "/v2/models/bench/infer",
      [](evhtp_request_t* request, void* to) { static_cast<Front*>(to)->answer(request); }, &front);
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  if (evhtp_bind_socket(server, "127.0.0.1", port, 1024) != 0) {
    std::perror("evhtp_bind_socket");
    return 1;
  }
  event_base_loop(base, 0);
  return 0;
}
