// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/text_proto.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kFieldsMax = 100'000;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-' || c == '+';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<TextMessage> read() {
    TextMessage message;
    RETURN_IF_ERROR(read_fields('\0', 0, &message));
    return message;
  }

 private:
  Error wrong(std::string_view expected) const {
    const auto before = text_.substr(0, std::min(at_, text_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::string found = at_ < text_.size() ? fmt::format("'{}'", text_[at_]) : "the end";
    return Error(Code::kInvalidArgument, "deploy.config",
                 fmt::format("line {}: {} expected, found {}", line, expected, found));
  }

  // Spaces and comments.
  char peek() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else {
        return c;
      }
    }
    return '\0';
  }
  bool take(char wanted) {
    if (peek() != wanted || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  std::string_view word() {
    peek();
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  Result<void> read_fields(char close, std::size_t depth, TextMessage* out) {
    if (depth > kDepthMax)
      return wrong(fmt::format("at most {} messages in each other", kDepthMax));
    while (true) {
      const char next = peek();
      if (at_ >= text_.size() && close == '\0') return {};
      if (close != '\0' && next == close) return ++at_, Result<void>();
      const std::string name(word());
      if (name.empty()) return wrong("a field's name");
      const bool colon = take(':');
      if (peek() == '[') {
        ++at_;
        RETURN_IF_ERROR(read_list(name, depth, out));
      } else if (colon || peek() == '{' || peek() == '<') {
        RETURN_IF_ERROR(read_value(name, depth, out));
      } else {
        return wrong(fmt::format("':' or '{{' after '{}'", name));
      }
      if (!take(',')) take(';');
    }
  }

  Result<void> read_list(const std::string& name, std::size_t depth, TextMessage* out) {
    if (take(']')) return {};
    do {
      RETURN_IF_ERROR(read_value(name, depth, out));
    } while (take(','));
    return take(']') ? Result<void>() : wrong("',' or ']'");
  }

  Result<void> read_value(const std::string& name, std::size_t depth, TextMessage* out) {
    if (++fields_ > kFieldsMax) return wrong(fmt::format("at most {} fields", kFieldsMax));
    TextField field{.name = name};
    const char next = peek();
    if (next == '{' || next == '<') {
      ++at_;
      auto message = std::make_shared<TextMessage>();
      RETURN_IF_ERROR(read_fields(next == '{' ? '}' : '>', depth + 1, message.get()));
      field.message = std::move(message);
    } else if (next == '"' || next == '\'') {
      field.is_string = true;
      // Adjacent strings are one.
      while (peek() == '"' || peek() == '\'') RETURN_IF_ERROR(read_string(&field.scalar));
    } else {
      field.scalar = word();
      if (field.scalar.empty()) return wrong(fmt::format("a value of '{}'", name));
    }
    out->fields.push_back(std::move(field));
    return {};
  }

  Result<void> read_string(std::string* out) {
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      if (text_[at_] != '\\') {
        *out += text_[at_++];
        continue;
      }
      ++at_;
      if (at_ >= text_.size()) break;
      static constexpr std::string_view kFrom = "ntr\\'\"";
      static constexpr std::string_view kTo = "\n\t\r\\'\"";
      const std::size_t known = kFrom.find(text_[at_]);
      if (known == kFrom.npos) return wrong("one of \\n \\t \\r \\\\ \\' \\\"");
      *out += kTo[known];
      ++at_;
    }
    if (at_ >= text_.size() || text_[at_] != quote) return wrong("the end of a string");
    ++at_;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t fields_ = 0;
};

std::string scalar_text(JsonView value) {
  if (const auto text = value.as_string()) return std::string(*text);
  if (const auto bit = value.as_bool()) return *bit ? "true" : "false";
  if (const auto integer = value.as_int64()) return std::to_string(*integer);
  if (const auto integer = value.as_uint64()) return std::to_string(*integer);
  return number_text(value.as_double().value_or(0));
}

Result<void> add_json(std::string_view name, JsonView value,
                      const std::vector<std::string_view>& maps, TextMessage* out) {
  if (value.is_null()) return {};
  TextField field{.name = std::string(name)};
  if (value.is_object()) {
    ASSIGN_OR_RETURN(auto message, read_json_fields(value, maps));
    field.message = std::make_shared<const TextMessage>(std::move(message));
  } else if (value.is_array()) {
    return Error(Code::kInvalidArgument, "deploy.config",
                 fmt::format("'{}' has an array inside an array", name));
  } else {
    field.is_string = value.is_string();
    field.scalar = scalar_text(value);
  }
  out->fields.push_back(std::move(field));
  return {};
}

Result<void> add_map(std::string_view name, JsonView object,
                     const std::vector<std::string_view>& maps, TextMessage* out) {
  for (const JsonMember member : object.object()) {
    auto entry = std::make_shared<TextMessage>();
    entry->fields.push_back(
        {.name = "key", .scalar = std::string(member.key), .is_string = true, .message = nullptr});
    RETURN_IF_ERROR(add_json("value", member.value, maps, entry.get()));
    out->fields.push_back(
        {.name = std::string(name), .scalar = {}, .is_string = false, .message = std::move(entry)});
  }
  return {};
}

}  // namespace

const std::string* TextMessage::scalar(std::string_view name) const {
  for (auto at = fields.rbegin(); at != fields.rend(); ++at) {
    if (at->name == name) return at->message == nullptr ? &at->scalar : nullptr;
  }
  return nullptr;
}

const TextMessage* TextMessage::message(std::string_view name) const {
  const auto all = messages(name);
  return all.empty() ? nullptr : all.back();
}

std::vector<const TextMessage*> TextMessage::messages(std::string_view name) const {
  std::vector<const TextMessage*> found;
  for (const TextField& field : fields) {
    if (field.name == name && field.message != nullptr) found.push_back(field.message.get());
  }
  return found;
}

std::vector<std::string> TextMessage::scalars(std::string_view name) const {
  std::vector<std::string> found;
  for (const TextField& field : fields) {
    if (field.name == name && field.message == nullptr) found.push_back(field.scalar);
  }
  return found;
}

bool TextMessage::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const TextField& field) { return field.name == name; });
}

Result<TextMessage> parse_text_proto(std::string_view text) { return Reader(text).read(); }

Result<TextMessage> read_json_fields(JsonView object, const std::vector<std::string_view>& maps) {
  if (!object.is_object()) {
    return Error(Code::kInvalidArgument, "deploy.config",
                 fmt::format("an object expected, found {}", object.describe()));
  }
  TextMessage message;
  for (const JsonMember member : object.object()) {
    const bool is_map = std::find(maps.begin(), maps.end(), member.key) != maps.end();
    if (is_map && member.value.is_object()) {
      RETURN_IF_ERROR(add_map(member.key, member.value, maps, &message));
    } else if (member.value.is_array()) {
      for (const JsonView item : member.value.array())
        RETURN_IF_ERROR(add_json(member.key, item, maps, &message));
    } else {
      RETURN_IF_ERROR(add_json(member.key, member.value, maps, &message));
    }
  }
  return message;
}

}  // namespace slipway::deploy
