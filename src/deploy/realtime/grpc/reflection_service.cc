// grpc.reflection.v1 and v1alpha: see services.h.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <reflection_v1.pb.h>
#include <reflection_v1alpha.pb.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "deploy/realtime/grpc/method.h"
#include "deploy/realtime/grpc/services.h"

namespace slipway::deploy::realtime::grpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

// A file and all that it builds on, so that no second question is needed.
template <typename Files>
void add_files(const FileDescriptor& file, std::set<const FileDescriptor*>* done, Files* files) {
  if (!done->insert(&file).second) return;
  google::protobuf::FileDescriptorProto text;
  file.CopyTo(&text);
  files->add_file_descriptor_proto(text.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) add_files(*file.dependency(i), done, files);
}

template <typename Request, typename Reply>
class Reflection final : public net::GrpcCall {
 public:
  explicit Reflection(const net::GrpcRouter& router) : router_(router) {}

  Result<void> received(std::string_view message, net::GrpcWriter& out) override {
    ASSIGN_OR_RETURN(const Request request, parse_message<Request>(message));
    Reply reply;
    reply.set_valid_host(request.host());
    *reply.mutable_original_request() = request;
    answer(request, &reply);
    out.write(reply.SerializeAsString());
    return {};
  }

 private:
  void answer(const Request& request, Reply* reply) const {
    const DescriptorPool& pool = *DescriptorPool::generated_pool();
    switch (request.message_request_case()) {
      case Request::kFileByFilename:
        return add_file(pool.FindFileByName(request.file_by_filename()), request.file_by_filename(),
                        reply);
      case Request::kFileContainingSymbol:
        return add_file(pool.FindFileContainingSymbol(request.file_containing_symbol()),
                        request.file_containing_symbol(), reply);
      case Request::kListServices:
        for (const std::string& name : router_.services())
          reply->mutable_list_services_response()->add_service()->set_name(name);
        return;
      default:
        return refuse(Code::kUnimplemented, "proto3 has no extensions to ask for", reply);
    }
  }

  static void add_file(const FileDescriptor* file, const std::string& name, Reply* reply) {
    if (file == nullptr)
      return refuse(Code::kNotFound, fmt::format("'{}' is not known here", name), reply);
    std::set<const FileDescriptor*> done;
    add_files(*file, &done, reply->mutable_file_descriptor_response());
  }

  static void refuse(Code code, std::string text, Reply* reply) {
    reply->mutable_error_response()->set_error_code(static_cast<int>(code));
    reply->mutable_error_response()->set_error_message(std::move(text));
  }

  const net::GrpcRouter& router_;
};

}  // namespace

void add_reflection(net::GrpcRouter* router) {
  namespace v1 = ::grpc::reflection::v1;
  namespace v1alpha = ::grpc::reflection::v1alpha;
  router->add_stream(
      "grpc.reflection.v1.ServerReflection", "ServerReflectionInfo",
      [router](const net::HttpRequest&) -> std::unique_ptr<net::GrpcCall> {
        return std::make_unique<
            Reflection<v1::ServerReflectionRequest, v1::ServerReflectionResponse>>(*router);
      });
  router->add_stream(
      "grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo",
      [router](const net::HttpRequest&) -> std::unique_ptr<net::GrpcCall> {
        return std::make_unique<
            Reflection<v1alpha::ServerReflectionRequest, v1alpha::ServerReflectionResponse>>(
            *router);
      });
}

}  // namespace slipway::deploy::realtime::grpc
