// Predictions of protocols whose answers are values alone: V1, ranking (and MLflow: mlflow_api.cc).
// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "deploy/realtime/api_parts.h"
#include "deploy/realtime/instances.h"
#include "deploy/realtime/ranking.h"
#include "deploy/realtime/reply.h"
#include "deploy/realtime/tabular.h"

namespace slipway::deploy::realtime {
namespace {

constexpr const char* kJson = "application/json";

}  // namespace

Result<void> Api::answer_rows(const Endpoint& endpoint, const net::HttpRequest& request,
                              const Rows& rows, net::HttpResponse& response) {
  Scratch& scratch = scratch_of(request);
  const std::int64_t decoded_ns = parts_.clock.monotonic_ns();
  const std::int64_t waited_ns = decoded_ns - scratch.arrived_ns;
  if (endpoint.is_late(0, waited_ns)) return too_late(waited_ns);
  ASSIGN_OR_RETURN(const frame::Frame scores, score(endpoint, *rows.frame, false, scratch));
  const std::int64_t scored_ns = parts_.clock.monotonic_ns();
  // These bodies have no place for an id: it travels in a header, both ways.
  const auto given = request.headers.find("X-Request-Id");
  const bool is_usable = given && !given->empty() && given->size() <= kIdBytesMax;
  RequestId made;
  if (!is_usable) made = ids_.next();
  const std::string_view id = is_usable ? *given : view_of(made);
  response.content_type = kJson;
  response.add_header("X-Request-Id", id);
  if (rows.key.empty()) {
    write_ranking(endpoint, scores, rows.top, &response.body);
  } else {
    write_predictions(endpoint, scores, rows.key, &response.body);
  }
  hand_over({endpoint, id, *rows.frame, scores, decoded_ns, scored_ns}, scratch);
  return {};
}

Result<void> Api::rank(const Endpoint& endpoint, const net::HttpRequest& request, Scratch& scratch,
                       net::HttpResponse& response) {
  ASSIGN_OR_RETURN(const RequestBody body,
                   read_body(request, parts_.body_bytes_max, &scratch.unpacked));
  ASSIGN_OR_RETURN(const JsonView root, parse_json(body, &scratch.parser));
  ASSIGN_OR_RETURN(const RankingRequest ranking, decode_ranking(root, endpoint, &scratch.decode));
  return answer_rows(endpoint, request, {ranking.rows, "", ranking.top}, response);
}

Result<void> Api::predict_v1(const Endpoint& endpoint, const net::HttpRequest& request,
                             Scratch& scratch, net::HttpResponse& response) {
  ASSIGN_OR_RETURN(const RequestBody body,
                   read_body(request, parts_.body_bytes_max, &scratch.unpacked));
  ASSIGN_OR_RETURN(const JsonView root, parse_json(body, &scratch.parser));
  // TensorFlow Serving's column form has another name for what comes out, too.
  const JsonView columns = root.find("inputs");
  if (!columns.is_missing() && root.find("instances").is_missing()) {
    ASSIGN_OR_RETURN(const frame::Frame* const rows,
                     decode_columns(columns, endpoint.inputs, &scratch.decode));
    return answer_rows(endpoint, request, {rows, "outputs"}, response);
  }
  ASSIGN_OR_RETURN(const frame::Frame* const rows,
                   decode_instances(root, endpoint.inputs, &scratch.decode));
  return answer_rows(endpoint, request, {rows, "predictions"}, response);
}

}  // namespace slipway::deploy::realtime
