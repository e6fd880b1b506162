// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/engines.h"
#include "app/interrupt.h"
#include "app/serve_log.h"
#include "app/serve_tls.h"
#include "app/serve_traces.h"
#include "app/ticker.h"
#include "app/version.h"
#include "base/clock.h"
#include "base/env.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/keys.h"
#include "deploy/core/load.h"
#include "deploy/core/model_control.h"
#include "deploy/core/routes.h"
#include "deploy/realtime/routes_api.h"
#include "deploy/realtime/server.h"

namespace slipway::app {
namespace {

namespace realtime = deploy::realtime;

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<void> configure_logging(const Arguments& arguments) {
  const auto level = parse_log_level(arguments.text("log-level"));
  if (!level) {
    return Error(Code::kInvalidArgument, "app.option",
                 fmt::format("--log-level: '{}' is not error, warn, info or debug",
                             arguments.text("log-level")));
  }
  configure_log({.level = *level});
  return {};
}

Result<deploy::ModelControl::Mode> control_mode(const Arguments& arguments) {
  using Mode = deploy::ModelControl::Mode;
  const std::string mode = arguments.text("model-control");
  if (mode == "none") return Mode::kNone;
  if (mode == "explicit") return Mode::kExplicit;
  if (mode == "watch") return Mode::kWatch;
  if (mode == "on-demand") return Mode::kOnDemand;
  return Error(
      Code::kInvalidArgument, "app.option",
      fmt::format("--model-control: '{}' is not none, explicit, watch or on-demand", mode));
}

Result<deploy::ModelControl::Options> control_options(const Arguments& arguments, ThreadPool* pool,
                                                      MetricRegistry& registry) {
  deploy::ModelControl::Options options;
  options.load = {.home = arguments.text("home"),
                  .categorical = arguments.list("categorical"),
                  .start_at = arguments.text("start-at"),
                  .columns = arguments.list("columns"),
                  .isa = arguments.text("isa"),
                  .engine = arguments.text("engine"),
                  .pool = pool,
                  .prepare = true};
  options.repository = arguments.text("repository");
  ASSIGN_OR_RETURN(options.mode, control_mode(arguments));
  options.state = arguments.text("state");
  options.has_response_cache = arguments.bytes("response-cache") > 0;
  if (!options.state.empty()) RETURN_IF_ERROR(posix_env().make_folders(options.state));
  options.poll_ms = arguments.integer("poll-seconds") * 1000;
  options.on_demand = {.models_max = static_cast<std::size_t>(arguments.integer("max-resident")),
                       .bytes_max = arguments.bytes("max-resident-bytes"),
                       .registry = &registry};
  if (options.repository.empty() && arguments.list("MODELS").empty()) {
    return Error(
        Code::kInvalidArgument, "app.option",
        "there is nothing to serve: give a model, or --repository with a folder of models");
  }
  return options;
}

// "name=M" or "M".
Result<void> load_models(const Arguments& arguments, deploy::ModelControl* control,
                         const deploy::Catalogue& catalogue) {
  for (const auto& each : arguments.list("MODELS")) {
    const auto equals = each.find('=');
    const std::string reference = equals == each.npos ? each : each.substr(equals + 1);
    const std::int64_t started_ns = system_clock().monotonic_ns();
    ASSIGN_OR_RETURN(const std::string name,
                     control->add(equals == each.npos ? "" : each.substr(0, equals), reference));
    const double ms = static_cast<double>(system_clock().monotonic_ns() - started_ns) * 1e-6;
    const auto served = catalogue.find(name);
    const deploy::Loaded& loaded = served->loaded;
    log_info("loaded {} version {} ({}) in {:.1f} ms; {}", loaded.name, loaded.version,
             bytes_text(loaded.bytes), ms,
             loaded.parity ? loaded.parity->sentence() : std::string(plan::kUnproven));
  }
  return control->start();
}

realtime::ServerOptions server_options(const Arguments& arguments) {
  realtime::ServerOptions options{.name = arguments.text("server-name"),
                                  .version = std::string(kVersion)};
  options.path_prefix = arguments.text("path-prefix");
  while (options.path_prefix.ends_with('/')) options.path_prefix.pop_back();
  options.triton_metrics = arguments.flag("metrics-compat");
  options.cache_bytes = arguments.bytes("response-cache");
  options.net.host = arguments.text("host");
  options.net.port = static_cast<std::uint16_t>(arguments.integer("port"));
  options.net.busy_poll = std::chrono::microseconds(arguments.integer("busy-poll"));
  options.net.reactors = static_cast<std::size_t>(arguments.integer("threads"));
  options.net.limits.body_bytes_max = arguments.bytes("max-body");
  options.net.limits.connections_max =
      static_cast<std::size_t>(arguments.integer("max-connections"));
  options.admission = {
      .in_flight_max = static_cast<std::size_t>(arguments.integer("max-in-flight")),
      .model_in_flight_max =
          static_cast<std::size_t>(arguments.integer("max-in-flight-per-model"))};
  return options;
}

Result<void> check_options(const realtime::ServerOptions& options, const Arguments& arguments) {
  if (!options.path_prefix.empty() && !options.path_prefix.starts_with('/')) {
    return Error(Code::kInvalidArgument, "app.option",
                 fmt::format("--path-prefix: '{}' must begin with a slash, as in /team-a",
                             options.path_prefix));
  }
  if (!is_loopback(options.net.host) && options.net.tls == nullptr &&
      !arguments.flag("insecure-listen")) {
    return Error(
        Code::kInvalidArgument, "app.option",
        fmt::format("--host: {} is reachable from other machines and there is no TLS: give "
                    "--tls-cert and --tls-key, or say --insecure-listen if that is meant",
                    options.net.host));
  }
  return {};
}

// Models whose engines were never timed on this kind of machine: timed now that they answer, and
// replaced by themselves with the quickest.
void choose_engines(const std::string& home, const std::atomic<bool>& stopping, ThreadPool* pool,
                    deploy::Catalogue* catalogue) {
  const auto loaded_at_start = catalogue->snapshot();
  for (const auto& [name, versions] : *loaded_at_start) {
    for (const auto& served : versions) {
      if (served->loaded.measured || stopping) continue;
      auto options = measure_engines(*served->loaded.plan, home);
      if (!options) {
        log_warn("engines for {} are those of its shape: {}", name, options.error().message());
        continue;
      }
      if (options.value().tables.empty()) continue;
      options.value().pool = pool;
      deploy::Loaded loaded = served->loaded;
      loaded.plan =
          plan::Plan::compile(loaded.plan->model(), loaded.plan->digest(), options.value());
      loaded.plan->prepare();
      loaded.measured = true;
      if (catalogue->replace(served, std::move(loaded)))
        log_info("engines for {} chosen by measurement", name);
    }
  }
}

Result<std::unique_ptr<deploy::Routes>> open_routes(const Arguments& arguments,
                                                    const deploy::Catalogue& catalogue,
                                                    const deploy::ModelControl& control) {
  const std::string state = arguments.text("state");
  ASSIGN_OR_RETURN(auto routes,
                   deploy::Routes::open({.file = state.empty() ? "" : state + "/routes.json"}));
  for (const std::string& text : arguments.list("route")) {
    auto route = deploy::Route::of_text(text);
    if (!route) return std::move(route).error().with_context("--route");
    if (auto done = realtime::check_targets(route.value(), catalogue, &control); !done)
      return std::move(done).error().with_context("--route");
    RETURN_IF_ERROR(routes->put(std::move(route).value()));
  }
  return routes;
}

// What is logged at the start; of thousands of models their number.
std::string served_text(const deploy::Catalogue& catalogue, const deploy::ModelControl& control) {
  const std::string loaded = join(catalogue.names(), ", ");
  if (control.on_demand() == nullptr) return loaded;
  return fmt::format("{}{}{} models on demand", loaded, loaded.empty() ? "" : ", ",
                     control.on_demand()->names().size());
}

void follow_keys(deploy::LiveKeys* keys) {
  static LogThrottle throttle(60);
  if (const auto read = keys->refresh(); !read)
    log_throttled(throttle, LogLevel::kError, "keys are those from before: {}",
                  read.error().message());
}

}  // namespace

Result<int> run_serve(const Arguments& arguments, const Console&) {
  Interrupt interrupt;  // before any thread is made
  RETURN_IF_ERROR(configure_logging(arguments));
  realtime::ServerOptions options = server_options(arguments);
  ASSIGN_OR_RETURN(const auto certificates, tls_certificates(arguments));
  options.net.tls = certificates;
  RETURN_IF_ERROR(check_options(options, arguments));
  ThreadPool pool("score", usable_cores() - 1);
  MetricRegistry registry;
  ASSIGN_OR_RETURN(const deploy::ModelControl::Options control_options_given,
                   control_options(arguments, &pool, registry));
  deploy::Catalogue catalogue;
  deploy::ModelControl control(control_options_given, &catalogue, system_clock());
  RETURN_IF_ERROR(load_models(arguments, &control, catalogue));
  ASSIGN_OR_RETURN(const auto log, open_log(arguments, catalogue, registry));
  deploy::LiveKeys keys{deploy::KeyFile(arguments.text("home"))};
  RETURN_IF_ERROR(keys.refresh());
  if (keys.required()) log_info("requests need a key of {}/keys.json", arguments.text("home"));
  std::vector<frame::PredictionSink*> sinks;
  if (log != nullptr) sinks.push_back(&log->sink());
  std::unique_ptr<realtime::AccessLog> access_log;
  if (const std::string path = arguments.text("access-log"); !path.empty()) {
    ASSIGN_OR_RETURN(access_log, realtime::AccessLog::open(path, registry));
  }
  ASSIGN_OR_RETURN(const auto spans, open_spans(arguments, registry));
  ASSIGN_OR_RETURN(const auto tracing, open_tracing(arguments, spans.get()));
  ASSIGN_OR_RETURN(const auto routes, open_routes(arguments, catalogue, control));
  ASSIGN_OR_RETURN(const auto server,
                   realtime::Server::start(options, {.catalogue = catalogue,
                                                     .sinks = sinks,
                                                     .registry = registry,
                                                     .clock = system_clock(),
                                                     .control = &control,
                                                     .keys = &keys,
                                                     .access_log = access_log.get(),
                                                     .routes = routes.get(),
                                                     .tracing = tracing.get()}));
  log_info("serving {} on {}://{}:{}", served_text(catalogue, control),
           certificates == nullptr ? "http" : "https", options.net.host, server->port());
  const auto following_certificates = follow_certificates(certificates);
  std::atomic<bool> stopping = false;
  Ticker following(1000, [&keys] { follow_keys(&keys); });
  OwnedThread measuring;
  if (arguments.text("engine").empty() && arguments.text("isa").empty()) {
    measuring = OwnedThread("engines", [&, home = arguments.text("home")] {
      take_turns(Turns::kBackground);
      choose_engines(home, stopping, &pool, &catalogue);
    });
  }
  interrupt.wait();
  stopping = true;
  log_info("stopping: answering what is in flight");
  const bool drained = server->drain(arguments.integer("drain-seconds") * 1000);
  if (log != nullptr) RETURN_IF_ERROR(log->close());
  if (!drained) {
    return Error(Code::kDeadlineExceeded, "app.drain",
                 "stopped before every request was answered: give --drain-seconds more");
  }
  log_info("stopped");
  return kDone;
}

}  // namespace slipway::app
