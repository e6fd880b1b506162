// SPDX-License-Identifier: Apache-2.0
#include "app/arguments.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace slipway::app {
namespace {

Error wrong(std::string_view where, std::string what) {
  return Error(Code::kInvalidArgument, "app.option", fmt::format("{}: {}", where, what));
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

Result<void> check_value(const Option& option, const std::string& value, std::string_view where) {
  switch (option.kind) {
    case Kind::kText:
    case Kind::kList:
      return {};
    case Kind::kFlag:
      if (parse_flag(value)) return {};
      return wrong(where, fmt::format("'{}' is neither true nor false", value));
    case Kind::kBytes:
      if (parse_bytes(value)) return {};
      return wrong(where, fmt::format("'{}' is no size such as 512K or '1 GiB'", value));
    case Kind::kInteger:
      break;
  }
  const auto number = parse_int64(value);
  const bool fits =
      number && *number >= option.at_least && (option.at_most == 0 || *number <= option.at_most);
  if (fits) return {};
  return wrong(where, option.at_most == 0
                          ? fmt::format("'{}' is no integer from {} up", value, option.at_least)
                          : fmt::format("'{}' is no integer from {} to {}", value, option.at_least,
                                        option.at_most));
}

std::vector<std::string> pieces(const std::vector<std::string>& values) {
  std::vector<std::string> out;
  for (const auto& value : values) {
    for (const auto piece : split(value, ',')) {
      if (!trim(piece).empty()) out.emplace_back(trim(piece));
    }
  }
  return out;
}

}  // namespace

Result<void> Arguments::set(const Option& option, std::vector<std::string> values,
                            std::string_view where) {
  for (const auto& value : values) RETURN_IF_ERROR(check_value(option, value, where));
  if (option.kind != Kind::kList && values.size() != 1) {
    return wrong(where, fmt::format("{} values, one expected", values.size()));
  }
  values_[std::string(option.name)] = std::move(values);
  return {};
}

Result<void> Arguments::complete(Env& env,
                                 const std::map<std::string, Configured, std::less<>>& config) {
  for (const auto& option : command_->options) {
    if (is_set(option.name)) continue;
    const std::string variable = variable_of(option);
    const auto value = option.positional() ? std::nullopt : env.variable(variable);
    const auto configured = config.find(option.name);
    if (value) {
      RETURN_IF_ERROR(set(option, {*value}, variable));
    } else if (configured != config.end()) {
      RETURN_IF_ERROR(set(option, configured->second.values, configured->second.where));
    } else if (option.required) {
      return wrong(
          option.positional() ? std::string(option.name) : fmt::format("--{}", option.name),
          fmt::format("missing: {}", option.help));
    } else if (!option.fallback.empty()) {
      RETURN_IF_ERROR(set(option, {std::string(option.fallback)}, option.name));
    }
  }
  return {};
}

std::string Arguments::text(std::string_view name) const {
  CHECK(find_option(*command_, name) != nullptr);
  const auto at = values_.find(name);
  return at == values_.end() ? std::string() : at->second.front();
}

std::vector<std::string> Arguments::list(std::string_view name) const {
  CHECK(find_option(*command_, name) != nullptr);
  const auto at = values_.find(name);
  return at == values_.end() ? std::vector<std::string>() : pieces(at->second);
}

bool Arguments::flag(std::string_view name) const { return parse_flag(text(name)).value_or(false); }
std::int64_t Arguments::integer(std::string_view name) const {
  return parse_int64(text(name)).value_or(0);
}
std::uint64_t Arguments::bytes(std::string_view name) const {
  return parse_bytes(text(name)).value_or(0);
}

}  // namespace slipway::app
