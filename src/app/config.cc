// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#define TOML_EXCEPTIONS 0
// toml++ 3.3 asserts that a key begins with a letter where the text "[\n" reaches it; without the assertion it reports an error.
#define TOML_ASSERT(expr) static_assert(true)
#include <toml++/toml.h>

#include "app/options.h"
#include "base/text.h"

namespace slipway::app {
namespace {

std::string place(const std::string& file, const toml::source_region& source) {
  return fmt::format("{} line {} column {}", file, source.begin.line, source.begin.column);
}

Error wrong(const std::string& where, const std::string& what) {
  return Error(Code::kInvalidArgument, "app.config", fmt::format("{}: {}", where, what));
}

std::string near_text(std::string_view name, const std::vector<std::string>& known) {
  const auto near = nearest(name, known);
  return near ? fmt::format(" (did you mean '{}'?)", *near)
              : fmt::format("; known are: {}", join(known, ", "));
}

std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

Result<std::vector<std::string>> values_of(const toml::node& node, const std::string& where) {
  std::vector<std::string> values;
  if (const auto* list = node.as_array()) {
    for (const auto& item : *list) {
      const auto text = scalar_text(item);
      if (!text) return wrong(where, "a list of texts is expected");
      values.push_back(*text);
    }
    return values;
  }
  const auto text = scalar_text(node);
  if (!text) return wrong(where, "a text, an integer, true, false or a list of texts is expected");
  values.push_back(*text);
  return values;
}

// A table under `path`: options of the command of that name, or tables of its second words.
Result<void> read_table(const toml::table& table, const std::string& path, const std::string& file,
                        Config* config);

Result<void> read_entry(std::string_view key, const toml::node& node, const std::string& path,
                        const std::string& file, Config* config) {
  const std::string where = place(file, node.source());
  const std::string inner = path.empty() ? std::string(key) : fmt::format("{} {}", path, key);
  if (const auto* table = node.as_table()) return read_table(*table, inner, file, config);
  const Command* command = find_command(path);
  if (command == nullptr)
    return wrong(where, fmt::format("'{}' stands in no command's table, such as [serve]", key));
  const Option* option = find_option(*command, key);
  if (option == nullptr || option->positional()) {
    std::vector<std::string> known;
    for (const auto& each : command->options) {
      if (!each.positional()) known.emplace_back(each.name);
    }
    return wrong(where, fmt::format("[{}] has no option '{}'{}", path, key, near_text(key, known)));
  }
  ASSIGN_OR_RETURN(auto values, values_of(node, where));
  Arguments probe(*command);
  RETURN_IF_ERROR(probe.set(*option, values, where));
  (*config)[path][std::string(key)] = {std::move(values), where};
  return {};
}

Result<void> read_table(const toml::table& table, const std::string& path, const std::string& file,
                        Config* config) {
  bool known = path.empty();
  std::vector<std::string> names;
  for (const auto& command : commands()) {
    names.emplace_back(command.name);
    known = known || command.name == path || command.name.starts_with(path + " ");
  }
  if (!known) {
    return wrong(place(file, table.source()),
                 fmt::format("there is no command '{}'{}", path, near_text(path, names)));
  }
  for (const auto& [key, node] : table)
    RETURN_IF_ERROR(read_entry(key.str(), node, path, file, config));
  return {};
}

// Where in a TOML text a character stands, as far as quotes and comments go.
class Lexer {
 public:
  bool in_text() const { return quote_ != 0 || comment_; }
  void take(char c) {
    if (comment_) {
      comment_ = c != '\n';
    } else if (quote_ == 0) {
      comment_ = c == '#';
      if (c == '"' || c == '\'') quote_ = c;
    } else if (escaped_) {
      escaped_ = false;
    } else if (quote_ == '"' && c == '\\') {
      escaped_ = true;
    } else if (c == quote_ || c == '\n') {
      quote_ =
          0;  // a text over several lines is read as several: stricter than TOML, and enough here
    }
  }

 private:
  char quote_ = 0;
  bool comment_ = false;
  bool escaped_ = false;
};

// TOML has no control characters, and letters beyond ASCII only in quotes and comments. toml++ 3.3 trips over both elsewhere.
Result<void> check_characters(std::string_view text, const std::string& file) {
  Lexer lexer;
  int line = 1;
  int column = 1;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
    if (control || (byte >= 0x80 && !lexer.in_text())) {
      return wrong(fmt::format("{} line {} column {}", file, line, column),
                   fmt::format("byte {:#04x} may not stand here: control characters nowhere, "
                               "letters beyond ASCII only in "
                               "quotes",
                               byte));
    }
    lexer.take(c);
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n' ? 1 : 0;
  }
  return {};
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& file) {
  RETURN_IF_ERROR(check_characters(text, file));
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed)
    return wrong(place(file, parsed.error().source()), std::string(parsed.error().description()));
  Config config;
  RETURN_IF_ERROR(read_table(parsed.table(), "", file, &config));
  return config;
}

}  // namespace slipway::app
