// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/routes.h"

#include <fmt/format.h>

#include <utility>

#include "base/env.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_writer.h"

namespace slipway::deploy {

Routes::Routes() : snapshot_(std::make_shared<const Snapshot>()) {}

Result<std::unique_ptr<Routes>> Routes::open(Options options) {
  auto routes = std::make_unique<Routes>();
  routes->options_ = std::move(options);
  if (!routes->options_.file.empty() && posix_env().exists(routes->options_.file)) {
    if (auto done = routes->read(); !done)
      return std::move(done).error().with_context(routes->options_.file);
  }
  return routes;
}

Result<void> Routes::read() {
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(options_.file));
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(file->text()));
  auto next = std::make_shared<Snapshot>();
  for (const JsonView each : document.root().find("routes").array()) {
    const auto name = each.find("name").as_string();
    ASSIGN_OR_RETURN(Route route, Route::of_json(name.value_or(""), each));
    std::string key = route.name;
    next->routes.emplace(std::move(key), std::move(route));
  }
  snapshot_.set(std::move(next));
  generation_.fetch_add(1, std::memory_order_release);
  return {};
}

// On disk first: what was promised must be there after a crash.
Result<void> Routes::publish(std::shared_ptr<const Snapshot> next) {
  if (!options_.file.empty()) {
    std::string text;
    JsonWriter json(&text);
    json.begin_object().key("routes").begin_array();
    for (const auto& [name, route] : next->routes) route.write(&json);
    json.end_array().end_object();
    RETURN_IF_ERROR(write_file_atomically(options_.file, text + "\n"));
  }
  snapshot_.set(std::move(next));
  generation_.fetch_add(1, std::memory_order_release);
  return {};
}

Result<void> Routes::put(Route route) {
  MutexLock lock(writing_);
  auto next = std::make_shared<Snapshot>(*snapshot_.get());
  std::string name = route.name;
  next->routes.insert_or_assign(std::move(name), std::move(route));
  if (next->routes.size() > kRoutesMax) {
    return Error(Code::kResourceExhausted, "deploy.route",
                 fmt::format("there are {} routes already: remove one", kRoutesMax));
  }
  return publish(std::move(next));
}

Result<void> Routes::remove(std::string_view name) {
  MutexLock lock(writing_);
  auto next = std::make_shared<Snapshot>(*snapshot_.get());
  const auto at = next->routes.find(name);
  if (at == next->routes.end()) {
    return Error(Code::kNotFound, "deploy.no_route", fmt::format("there is no route '{}'", name));
  }
  next->routes.erase(at);
  return publish(std::move(next));
}

}  // namespace slipway::deploy
