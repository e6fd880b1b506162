// slipway key create, list, revoke.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <utility>

#include "app/commands.h"
#include "app/table.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "deploy/core/keys.h"

namespace slipway::app {
namespace {

void write_record(const deploy::KeyRecord& key, JsonWriter* json) {
  json->member("id", key.id).member("name", key.name).member("role", deploy::name_of(key.role));
  json->member("per_second", key.per_second).member("created", format_utc(key.created_us));
}

}  // namespace

Result<int> run_key_create(const Arguments& arguments, const Console& console) {
  const auto role = deploy::role_named(arguments.text("role"));
  if (!role) {
    return Error(
        Code::kInvalidArgument, "app.option",
        fmt::format("--role: '{}' is not predict, operate or admin", arguments.text("role")));
  }
  const deploy::KeyFile file(arguments.text("home"));
  ASSIGN_OR_RETURN(const deploy::NewKey made, file.create({.name = arguments.text("NAME"),
                                                           .role = *role,
                                                           .per_second = arguments.integer("rate")},
                                                          system_clock().now_us()));
  if (!console.json()) {
    console.print(made.key);
    console.note("keep it now: only its SHA-256 is kept, in " + file.path());
    return kDone;
  }
  std::string text;
  JsonWriter json(&text);
  json.begin_object().member("key", made.key);
  write_record(made.record, &json);
  json.end_object();
  console.print(text);
  return kDone;
}

Result<int> run_key_list(const Arguments& arguments, const Console& console) {
  ASSIGN_OR_RETURN(const auto keys, deploy::KeyFile(arguments.text("home")).read());
  if (console.json()) {
    std::string text;
    JsonWriter json(&text);
    json.begin_array();
    for (const auto& key : keys) {
      json.begin_object();
      write_record(key, &json);
      json.end_object();
    }
    json.end_array();
    console.print(text);
    return kDone;
  }
  if (keys.empty()) console.print("no keys");
  for (const auto& key : keys) {
    console.print(
        fmt::format("{}  {:<8} {:<20} {}{}", key.id, deploy::name_of(key.role), key.name,
                    format_utc(key.created_us).substr(0, 10),
                    key.per_second > 0 ? fmt::format("  {} a second", key.per_second) : ""));
  }
  return kDone;
}

Result<int> run_key_revoke(const Arguments& arguments, const Console& console) {
  ASSIGN_OR_RETURN(const auto revoked,
                   deploy::KeyFile(arguments.text("home")).revoke(arguments.text("KEY")));
  if (!console.json()) {
    console.print(
        fmt::format("revoked {} ({}); servers follow within a second", revoked.id, revoked.name));
    return kDone;
  }
  std::string text;
  JsonWriter json(&text);
  json.begin_object();
  write_record(revoked, &json);
  json.end_object();
  console.print(text);
  return kDone;
}

}  // namespace slipway::app
