// SPDX-License-Identifier: Apache-2.0
#include "app/cli.h"

#include <CLI/CLI.hpp>

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/arguments.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/console.h"
#include "app/options.h"
#include "app/version.h"
#include "base/text.h"

namespace slipway::app {
namespace {

using RunCommand = std::function<Result<int>(const Arguments&, const Console&)>;

const std::map<std::string_view, RunCommand>& runners() {
  static const std::map<std::string_view, RunCommand> kRunners{
      {"inspect", run_inspect},       {"package", run_package},   {"score", run_score},
      {"serve", run_serve},           {"monitor", run_monitor},   {"log export", run_log_export},
      {"doctor", run_doctor},         {"data sql", run_data_sql}, {"bench", run_bench},
      {"key create", run_key_create}, {"key list", run_key_list}, {"key revoke", run_key_revoke}};
  return kRunners;
}

// One command of the table on CLI11's side: the values as they were typed.
struct Typed {
  const Command* command;
  CLI::App* app;
  std::map<std::string_view, std::vector<std::string>> values;
  std::map<std::string_view, bool> flags;
};

std::string flag_names(const Option& option) {
  if (option.positional()) return std::string(option.name);
  const std::string letter = option.letter.empty() ? "" : "-" + std::string(option.letter) + ",";
  return letter + "--" + std::string(option.name);
}

void add_option(const Option& option, Typed* typed) {
  const std::string help(option.help);
  if (option.kind == Kind::kFlag) {
    typed->app->add_flag(flag_names(option), typed->flags[option.name], help);
    return;
  }
  CLI::Option* added = typed->app->add_option(flag_names(option), typed->values[option.name], help);
  const bool many = option.kind == Kind::kList && option.positional();
  added->type_name(option.required           ? ""
                   : option.fallback.empty() ? "TEXT"
                                             : "[" + std::string(option.fallback) + "]");
  many ? added->expected(-1) : added->expected(1);
  added->allow_extra_args(
      many);  // a list takes one value each time it is named, so a positional may follow
  if (option.kind == Kind::kList && !option.positional()) added->take_all();
}

// "log export" hangs under an app "log".
CLI::App* place_of(const Command& command, CLI::App* root) {
  CLI::App* at = root;
  const auto words = split(command.name, ' ');
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word(words[i]);
    const auto known = at->get_subcommands([&](CLI::App* sub) { return sub->get_name() == word; });
    CLI::App* next = known.empty() ? nullptr : known.front();
    if (next == nullptr)
      next = at->add_subcommand(word, i + 1 == words.size() ? std::string(command.help) : "");
    if (i + 1 < words.size()) next->require_subcommand(1);
    at = next;
  }
  at->footer("Example:\n  " + std::string(command.example));
  return at;
}

std::vector<std::unique_ptr<Typed>> add_commands(CLI::App* root) {
  std::vector<std::unique_ptr<Typed>> all;
  for (const auto& command : commands()) {
    auto typed = std::make_unique<Typed>();
    typed->command = &command;
    typed->app = place_of(command, root);
    for (const auto& option : command.options) add_option(option, typed.get());
    all.push_back(std::move(typed));
  }
  return all;
}

Result<Config> read_config() {
  constexpr const char* kFile = "slipway.toml";
  if (!posix_env().exists(kFile)) return Config{};
  ASSIGN_OR_RETURN(const std::string text, posix_env().read_file(kFile));
  return parse_config(text, kFile);
}

Result<Arguments> resolve(const Typed& typed) {
  Arguments arguments(*typed.command);
  for (const auto& option : typed.command->options) {
    const std::string where =
        option.positional() ? std::string(option.name) : "--" + std::string(option.name);
    if (typed.app->count(option.positional() ? std::string(option.name) : where) == 0) continue;
    std::vector<std::string> values = option.kind == Kind::kFlag ? std::vector<std::string>{"true"}
                                                                 : typed.values.at(option.name);
    RETURN_IF_ERROR(arguments.set(option, std::move(values), where));
  }
  ASSIGN_OR_RETURN(const Config config, read_config());
  const auto section = config.find(typed.command->name);
  const bool configured = section != config.end();
  RETURN_IF_ERROR(
      arguments.complete(posix_env(), configured ? section->second : decltype(section->second){}));
  return arguments;
}

int execute(const Typed& typed) {
  auto arguments = resolve(typed);
  if (!arguments) return Console(false).fail(arguments.error());
  const bool json =
      find_option(*typed.command, "json") != nullptr && arguments.value().flag("json");
  const Console console(json);
  auto code = runners().at(typed.command->name)(arguments.value(), console);
  return code ? code.value() : console.fail(code.error());
}

int parse_and_execute(int argc, char** argv) {
  CLI::App root("slipway " + std::string(kVersion) +
                    ": from a trained model's file to production, and honest there",
                "slipway");
  root.set_version_flag("--version", "slipway " + std::string(kVersion));
  root.require_subcommand(1);
  bool page = false;
  root.add_flag("--options-page", page, "Print docs/reference/options.md")->group("");
  const auto typed = add_commands(&root);
  root.parse_complete_callback([&] {
    if (page) throw CLI::Success();
  });
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (page) return Console(false).print(options_page()), kDone;
    return root.exit(error) == 0 ? kDone : kUsage;
  }
  for (const auto& command : typed) {
    if (command->app->parsed()) return execute(*command);
  }
  return kUsage;
}

}  // namespace

int run(int argc, char** argv) {
  try {
    return parse_and_execute(argc, argv);
  } catch (const std::exception& error) {
    return Console(false).fail(Error(Code::kInternal, "app.exception", error.what()));
  }
}

}  // namespace slipway::app
