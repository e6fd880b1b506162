// SPDX-License-Identifier: Apache-2.0
#include "app/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace slipway::app {
namespace {

constexpr Option kHome{.name = "home",
                       .fallback = ".slipway",
                       .help = "Folder for packages, logs and what else is kept"};
constexpr Option kCategorical{
    .name = "categorical",
    .kind = Kind::kList,
    .help = "Columns that hold categories, in training order, where the file does not say it"};
constexpr Option kStartAt{
    .name = "start-at",
    .help =
        "Step of a scikit-learn pipeline to start from: rows hold what the steps before it made"};
constexpr Option kColumns{.name = "columns",
                          .kind = Kind::kList,
                          .help =
                              "What rows hold, for a FeatureHasher, which keeps no names: "
                              "age,city:text"};
constexpr Option kJson{.name = "json", .kind = Kind::kFlag, .help = "Print JSON"};
constexpr Option kModel{
    .name = "M", .help = "Model file, package name, name:version or digest", .required = true};
constexpr Option kThreads{.name = "threads",
                          .kind = Kind::kInteger,
                          .fallback = "0",
                          .help = "Threads; 0 for all cores",
                          .at_most = 1024};
constexpr Option kRows{.name = "rows", .help = "Sample rows that go with --expect"};
constexpr Option kExpect{
    .name = "expect",
    .help = "The training library's own outputs for --rows, in the same order: a table or .npy"};
constexpr Option kVerify{
    .name = "verify-with-python",
    .kind = Kind::kFlag,
    .help = "Let Python load the file (which executes what is in it) and compare its answers"};
constexpr Option kPython{
    .name = "python",
    .fallback = "python3",
    .help = "Python for --verify-with-python and --against, with the libraries"};
constexpr Option kPythonTimeout{.name = "python-timeout",
                                .kind = Kind::kInteger,
                                .fallback = "300",
                                .help = "Seconds that it may take",
                                .at_least = 1,
                                .at_most = 86400};
constexpr Option kLogLevel{
    .name = "log-level", .fallback = "info", .help = "error, warn, info or debug"};

constexpr Option kIsa{
    .name = "isa",
    .help = "Instruction set: scalar, avx2, avx512, avx512vbmi or neon; default: the best here"};
constexpr Option kEngine{
    .name = "engine", .help = "Engine for trees, whatever is quickest; slipway bench lists them"};

constexpr std::array kInspect{kModel,       kRows,    kExpect,  kVerify, kPython, kPythonTimeout,
                              kCategorical, kStartAt, kColumns, kHome,   kJson};

constexpr std::array kPackage{
    Option{.name = "FILE", .help = "Model file", .required = true},
    Option{.name = "name", .help = "Name to seal it under", .required = true},
    kRows,
    kExpect,
    kVerify,
    kPython,
    kPythonTimeout,
    kCategorical,
    kStartAt,
    kColumns,
    Option{.name = "code-commit",
           .help = "Commit of the code that trained the model; sealed with it"},
    Option{.name = "train-command", .help = "Command that trained it; sealed with it"},
    Option{.name = "data-digest", .help = "Digest of the training data; sealed with it"},
    Option{.name = "libraries",
           .help = "Versions of the libraries that trained it; sealed with it"},
    kHome,
    kJson};

constexpr std::array kScore{
    kModel,
    Option{.name = "ROWS",
           .help = "CSV, JSON lines or Parquet: a file, a glob or a folder",
           .required = true},
    Option{.name = "out",
           .letter = "o",
           .help = "File to write: .parquet, .csv or .jsonl; - for CSV on the terminal",
           .required = true},
    Option{.name = "keep",
           .kind = Kind::kList,
           .help = "Input columns to copy in front of the outputs"},
    Option{.name = "raw", .kind = Kind::kFlag, .help = "Add the library's raw score"},
    Option{.name = "with-id", .kind = Kind::kFlag, .help = "Add prediction_id"},
    Option{.name = "filter", .help = "SQL condition on the rows, such as \"month = 7\""},
    Option{.name = "log", .kind = Kind::kFlag, .help = "Write the predictions to the log too"},
    Option{.name = "log-redact", .kind = Kind::kList, .help = "Columns that are not logged"},
    kIsa,
    kEngine,
    kThreads,
    kCategorical,
    kStartAt,
    kColumns,
    kHome,
    kJson};

constexpr std::array kBench{
    kModel,
    Option{.name = "rows",
           .help = "Rows to score; without it, rows drawn from the model's own thresholds"},
    Option{.name = "batches",
           .fallback = "1,8,32,128,1024,4096",
           .help = "Numbers of rows to score at once"},
    Option{.name = "engine", .help = "This engine alone; auto for what would be chosen"},
    kIsa,
    Option{.name = "threads",
           .kind = Kind::kInteger,
           .fallback = "1",
           .help = "Threads; with more than one, figures are time on the clock",
           .at_least = 1,
           .at_most = 1024},
    Option{.name = "raw", .kind = Kind::kFlag, .help = "Raw scores alone"},
    Option{.name = "loads",
           .kind = Kind::kInteger,
           .help = "Measure instead how long loading takes, so many times, up to the first answer",
           .at_least = 1,
           .at_most = 100000},
    Option{.name = "against",
           .kind = Kind::kList,
           .help =
               "Libraries to measure in the same run, turn by turn (--python has them): xgboost, "
               "lightgbm, catboost, sklearn, onnxruntime, onnxruntime-iobinding, lignum, "
               "lignum-compiled, lleaves, treelite, daal4py, ydf"},
    kPython,
    kPythonTimeout,
    Option{.name = "milliseconds",
           .kind = Kind::kInteger,
           .fallback = "100",
           .help = "CPU time per figure",
           .at_least = 1,
           .at_most = 60000},
    kCategorical,
    kStartAt,
    kHome,
    kJson};

constexpr std::array kServe{
    Option{.name = "MODELS",
           .kind = Kind::kList,
           .help = "Models to serve; name=M gives one another name"},
    Option{.name = "repository",
           .help = "Folder of models to serve: Triton's layout, MLServer's, MLflow's, plain files"},
    Option{.name = "model-control",
           .fallback = "none",
           .help = "Models of the repository: none (all at the start), explicit (as asked for over "
                   "HTTP), watch (followed), on-demand (each when a request needs it)"},
    Option{.name = "max-resident",
           .kind = Kind::kInteger,
           .fallback = "0",
           .help = "Models in memory at a time with --model-control on-demand; 0 for any number",
           .at_most = 1000000},
    Option{.name = "max-resident-bytes",
           .kind = Kind::kBytes,
           .fallback = "0",
           .help = "Memory that these may take together; 0 for any"},
    Option{.name = "poll-seconds",
           .kind = Kind::kInteger,
           .fallback = "5",
           .help = "Between two looks at the repository with --model-control watch or on-demand",
           .at_least = 1,
           .at_most = 86400},
    Option{.name = "state",
           .help = "Folder in which loaded models and routes are remembered over a restart"},
    Option{.name = "route",
           .kind = Kind::kList,
           .help = "Names that divide requests among versions: live=delay:1*90 delay:2*10 "
                   "shadow=delay:3 sticky=header:x-user-id"},
    Option{.name = "access-log", .help = "File to append a line of JSON to for each request"},
    Option{.name = "otlp-endpoint",
           .help = "Collector to send traces to (OTLP over HTTP), such as http://127.0.0.1:4318 or "
                   "https://HOST:4318; "
                   "default: OTEL_EXPORTER_OTLP_ENDPOINT"},
    Option{.name = "otlp-ca",
           .help = "PEM file of whom to trust to be an https:// collector; default: "
                   "OTEL_EXPORTER_OTLP_CERTIFICATE, or whom the system trusts"},
    Option{.name = "trace-sample",
           .fallback = "0.01",
           .help = "Share of requests to trace, 0 to 1, where the caller does not say"},
    Option{.name = "metrics-compat",
           .kind = Kind::kFlag,
           .help = "Give /metrics by Triton's names (nv_inference_...) too"},
    Option{.name = "server-name",
           .fallback = "slipway",
           .help = "Name that clients are told; some insist on triton"},
    Option{.name = "host", .fallback = "127.0.0.1", .help = "Address to listen on"},
    Option{.name = "port",
           .kind = Kind::kInteger,
           .fallback = "8080",
           .help = "Port to listen on; 0 for any free one",
           .at_most = 65535},
    Option{.name = "path-prefix",
           .help = "What a proxy in front leaves on paths, such as /team-a: taken off"},
    Option{.name = "insecure-listen",
           .kind = Kind::kFlag,
           .help = "Listen beyond loopback without TLS"},
    Option{.name = "tls-cert",
           .help = "PEM file of the server's certificate, with those that signed it: HTTPS alone"},
    Option{.name = "tls-key", .help = "PEM file of its key"},
    Option{.name = "tls-client-ca",
           .help = "PEM file: clients must show a certificate that one of these has signed"},
    Option{.name = "log", .fallback = "1 GiB", .help = "Size of the prediction log, or off"},
    Option{.name = "log-days",
           .kind = Kind::kInteger,
           .fallback = "7",
           .help = "Days that predictions are kept",
           .at_least = 1,
           .at_most = 36500},
    Option{.name = "log-sample",
           .fallback = "1",
           .help = "Share of the requests that are logged, 0 to 1"},
    Option{.name = "log-redact",
           .kind = Kind::kList,
           .help = "Columns that are not logged; MODEL:COLUMN for one model's"},
    Option{.name = "max-body",
           .kind = Kind::kBytes,
           .fallback = "64 MiB",
           .help = "Largest request body"},
    Option{.name = "max-connections",
           .kind = Kind::kInteger,
           .fallback = "10000",
           .help = "Open connections",
           .at_least = 1,
           .at_most = 1000000},
    Option{.name = "max-in-flight",
           .kind = Kind::kInteger,
           .fallback = "1024",
           .help = "Predictions in flight; what comes then is told 503; 0 for any number",
           .at_most = 1000000},
    Option{.name = "max-in-flight-per-model",
           .kind = Kind::kInteger,
           .fallback = "0",
           .help = "The same for each model (429) whose config.pbtxt has no max_queue_size",
           .at_most = 1000000},
    Option{.name = "response-cache",
           .kind = Kind::kBytes,
           .fallback = "0",
           .help =
               "Memory for answers to requests that come again, of models whose config.pbtxt has "
               "response_cache { enable: true }; 0 for none"},
    Option{.name = "busy-poll",
           .kind = Kind::kInteger,
           .fallback = "0",
           .help = "Microseconds that a thread looks for requests before it sleeps: quicker "
                   "answers for more CPU",
           .at_most = 1000000},
    Option{.name = "drain-seconds",
           .kind = Kind::kInteger,
           .fallback = "30",
           .help = "Time for requests in flight after SIGTERM",
           .at_most = 3600},
    kIsa,
    kEngine,
    kThreads,
    kCategorical,
    kStartAt,
    kColumns,
    kHome,
    kLogLevel};

constexpr std::array kMonitor{
    kModel,
    Option{.name = "reference",
           .help = "Rows to compare with, usually the training rows",
           .required = true},
    Option{.name = "current", .help = "Rows to look at", .required = true},
    Option{.name = "target", .help = "Column with what really happened"},
    Option{.name = "positive", .help = "Class that counts as positive; default: the second"},
    Option{.name = "time", .help = "Column with the event time, for --by"},
    Option{.name = "by", .help = "Split the current rows by day, week or month"},
    Option{.name = "html", .help = "Write the report as one self-contained HTML page"},
    Option{.name = "out", .letter = "o", .help = "Write the report as JSON"},
    Option{
        .name = "compat", .kind = Kind::kFlag, .help = "Bin as Evidently does, outliers and all"},
    Option{.name = "fail-on-drift",
           .kind = Kind::kFlag,
           .help = "Exit with 1 if a feature or the prediction drifted"},
    kThreads,
    kCategorical,
    kStartAt,
    kColumns,
    kHome,
    kJson};

constexpr std::array kLogExport{
    Option{.name = "MODEL", .help = "Name that the model was served under", .required = true},
    Option{.name = "out",
           .letter = "o",
           .help = "File to write: .parquet, .csv or .jsonl",
           .required = true},
    kHome, kJson};

constexpr std::array kKeyCreate{
    Option{.name = "NAME", .help = "What the key is called", .required = true},
    Option{.name = "role",
           .fallback = "predict",
           .help = "predict, operate (metrics; load and unload models) or admin"},
    Option{.name = "rate",
           .kind = Kind::kInteger,
           .fallback = "0",
           .help = "Requests a second; 0 for any number",
           .at_most = 1000000},
    kHome, kJson};

constexpr std::array kKeyList{kHome, kJson};

constexpr std::array kKeyRevoke{
    Option{.name = "KEY", .help = "Its id or its name", .required = true}, kHome, kJson};

constexpr std::array kDoctor{
    Option{.name = "URL",
           .fallback = "http://127.0.0.1:8080",
           .help = "Server to ask; a key for it comes from SLIPWAY_API_KEY"},
    Option{.name = "ca", .help = "PEM file: whom to trust of those who sign servers' certificates"},
    kHome, kJson};

constexpr std::array kDataSql{
    Option{.name = "FILE", .help = "SQL script for DuckDB", .required = true},
    Option{
        .name = "set", .kind = Kind::kList, .help = "name=value: replaces ${name} in the script"},
    kJson};

constexpr std::array kCommands{
    Command{"inspect", "Say what a model is and how exact",
            "slipway inspect model.txt --rows rows.parquet --expect expect.csv", kInspect},
    Command{"package", "Import, check and seal a model",
            "slipway package model.txt --name delay --rows r.parquet --expect e.csv", kPackage},
    Command{"score", "Score a table once",
            "slipway score model.txt rows.parquet -o scores.parquet --keep id", kScore},
    Command{"bench", "Time every engine that can score a model",
            "slipway bench model.txt --rows rows.parquet --batches 1,1024", kBench},
    Command{"serve", "Answer requests over HTTP", "slipway serve model.txt --port 8080", kServe},
    Command{"monitor", "Report quality, drift and performance",
            "slipway monitor model.txt --reference train.parquet --current june.parquet --target "
            "late --html report.html",
            kMonitor},
    Command{"log export", "Write logged predictions to a file",
            "slipway log export delay -o predictions.parquet", kLogExport},
    Command{"key create", "Make an API key; slipway serve then asks for one",
            "slipway key create ci --role predict --rate 100", kKeyCreate},
    Command{"key list", "Show the API keys", "slipway key list", kKeyList},
    Command{"key revoke", "Take an API key back", "slipway key revoke ci", kKeyRevoke},
    Command{"doctor", "Say what is wrong here, and the exact curl and grpcurl for what is served",
            "slipway doctor 127.0.0.1:8080", kDoctor},
    Command{"data sql", "Run a SQL script over files",
            "slipway data sql prepare.sql --set data=in --set out=out", kDataSql},
};

std::string kind_text(const Option& option) {
  switch (option.kind) {
    case Kind::kText:
      return "text";
    case Kind::kList:
      return "list";
    case Kind::kFlag:
      return "flag";
    case Kind::kInteger:
      return option.at_most > 0 ? fmt::format("{} to {}", option.at_least, option.at_most)
                                : "integer";
    case Kind::kBytes:
      return "size";
  }
  return {};
}

std::string option_row(const Option& option) {
  const std::string name = option.positional() ? fmt::format("`{}`", option.name)
                           : option.letter.empty()
                               ? fmt::format("`--{}`", option.name)
                               : fmt::format("`-{}`, `--{}`", option.letter, option.name);
  const std::string fallback = option.required           ? "required"
                               : option.fallback.empty() ? ""
                                                         : fmt::format("`{}`", option.fallback);
  return fmt::format("| {} | {} | {} | {} |\n", name, kind_text(option), fallback, option.help);
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  const auto at = std::find_if(kCommands.begin(), kCommands.end(),
                               [&](const Command& c) { return c.name == name; });
  return at == kCommands.end() ? nullptr : &*at;
}

const Option* find_option(const Command& command, std::string_view name) {
  const auto at = std::find_if(command.options.begin(), command.options.end(),
                               [&](const Option& o) { return o.name == name; });
  return at == command.options.end() ? nullptr : &*at;
}

std::string variable_of(const Option& option) {
  std::string name = "SLIPWAY_";
  for (const char c : option.name)
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

std::string options_page() {
  std::string page =
      "# Commands and options\n\n"
      "Made from the table in `src/app/options.cc` by `slipway --options-page`; a test "
      "compares.\n\n"
      "An option may stand on the command line (`--max-body 1MiB`), in the environment "
      "(`SLIPWAY_MAX_BODY=1MiB`) or in\n"
      "`slipway.toml` in the working directory, under its command (`[serve]`, `max-body = "
      "\"1MiB\"`); the first of these wins.\n"
      "Sizes take K, M, G (powers of 1024). Every command has `--help`.\n\n"
      "Exit codes: 0 done, 1 refused by a check, 2 wrong usage, 3 failed.\n";
  for (const auto& command : kCommands) {
    page += fmt::format(
        "\n## slipway {}\n\n{}.\n\n    {}\n\n| option | value | default | what "
        "|\n|---|---|---|---|\n",
        command.name, command.help, command.example);
    for (const auto& option : command.options) page += option_row(option);
  }
  return page;
}

}  // namespace slipway::app
