// SPDX-License-Identifier: Apache-2.0
#include "deploy/realtime/tabular.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "deploy/realtime/cell.h"
#include "deploy/realtime/instances.h"

namespace slipway::deploy::realtime {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

template <typename... Args>
Error invalid(const char* reason, fmt::format_string<Args...> text, Args&&... args) {
  return Error(Code::kInvalidArgument, reason, fmt::format(text, std::forward<Args>(args)...));
}

// Which of the model's columns each of the table's is; none missing, none twice.
Result<std::vector<std::size_t>> match_names(const std::vector<std::string>& names,
                                             const InputTable& inputs) {
  std::vector<std::size_t> columns(names.size(), kNone);
  std::vector<bool> seen(inputs.size(), false);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto column = inputs.find(names[i], i);
    if (!column) continue;
    if (seen[*column]) return invalid("realtime.request", "column '{}' is there twice", names[i]);
    seen[*column] = true;
    columns[i] = *column;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!seen[i]) return missing_column(inputs.columns()[i], names);
  }
  return columns;
}

Result<const frame::Frame*> decode_split(JsonView split, const InputTable& inputs,
                                         DecodeScratch* scratch) {
  const JsonView data = split.find("data");
  if (!data.is_array())
    return invalid("realtime.request",
                   "dataframe_split must be {{\"columns\": [...], \"data\": [[...]]}}, "
                   "found {} as its data",
                   data.describe());
  const JsonView columns = split.find("columns");
  if (columns.is_missing()) return decode_rows(data, inputs, scratch);
  std::vector<std::string> names;
  for (const JsonView name : columns.array()) names.emplace_back(name.as_string().value_or(""));
  ASSIGN_OR_RETURN(const auto matched, match_names(names, inputs));
  std::size_t count = 0;
  for (const JsonView line : data.array()) {
    if (!line.is_array() || line.size() != names.size())
      return invalid("realtime.instance",
                     "row {} of dataframe_split: an array of {} values expected, found {}", count,
                     names.size(),
                     line.is_array() ? fmt::format("{}", line.size()) : line.describe());
    ++count;
  }
  RowBuilder rows(inputs, count, &scratch->rows);
  std::size_t row = 0;
  for (const JsonView line : data.array()) {
    std::size_t i = 0;
    for (const JsonView value : line.array()) {
      const std::size_t column = matched[i++];
      if (column != kNone && !put_json(value, inputs, column, row, &rows))
        return bad_cell("row", row, inputs.columns()[column], value.describe());
    }
    ++row;
  }
  return &rows.finish();
}

// The fields of a CSV text, one record after the other.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  // False at the end. The views are valid until the next call.
  Result<bool> next(std::vector<std::string>* fields) {
    fields->clear();
    while (at_ < text_.size() &&
           (text_[at_] == '\n' || text_[at_] == '\r')) {  // an empty line is none
      line_ += text_[at_] == '\n';
      ++at_;
    }
    if (at_ >= text_.size()) return false;
    while (true) {
      RETURN_IF_ERROR(read_field(&fields->emplace_back()));
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ < text_.size() && text_[at_] == '\r') ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') {
        ++at_;
        ++line_;
      }
      return true;
    }
  }
  std::size_t line() const { return line_; }

 private:
  Result<void> read_field(std::string* out) {
    if (at_ < text_.size() && text_[at_] == '"') return read_quoted(out);
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    *out = text_.substr(at_, end - at_);
    at_ = end;
    return {};
  }
  Result<void> read_quoted(std::string* out) {
    const std::size_t began = line_;
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c != '"') {
        *out += c;
        continue;
      }
      if (at_ < text_.size() && text_[at_] == '"') {
        *out += text_[at_++];
        continue;
      }
      const bool ends =
          at_ == text_.size() || text_[at_] == ',' || text_[at_] == '\n' || text_[at_] == '\r';
      if (ends) return {};
      return invalid("realtime.request",
                     "CSV line {}: a comma or the end expected after a quote, found '{}'", line_,
                     text_[at_]);
    }
    return invalid("realtime.request", "CSV line {}: a quote is opened and never closed", began);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

// Which key of MLflow's the body has: exactly one of them.
Result<JsonView> only_form(JsonView root, std::string_view* form) {
  static constexpr std::array<std::string_view, 4> kForms{"dataframe_split", "dataframe_records",
                                                          "instances", "inputs"};
  JsonView found;
  std::size_t count = 0;
  std::vector<std::string> keys;
  for (const JsonMember member : root.object()) {
    keys.emplace_back(member.key);
    for (const std::string_view each : kForms) {
      if (member.key != each) continue;
      ++count;
      found = member.value;
      *form = each;
    }
  }
  if (count == 1) return found;
  return invalid("realtime.request", "the body must be an object with exactly one of {}; found {}",
                 fmt::join(kForms, ", "),
                 !root.is_object() ? std::string(root.describe())
                 : keys.empty()    ? std::string("none of them")
                                   : join(keys, ", "));
}

}  // namespace

Result<const frame::Frame*> decode_columns(JsonView columns, const InputTable& inputs,
                                           DecodeScratch* scratch) {
  if (columns.is_array()) return decode_rows(columns, inputs, scratch);
  if (!columns.is_object())
    return invalid("realtime.request",
                   "'inputs' must be an object of columns or an array of rows, found {}",
                   columns.describe());
  std::vector<std::string> names;
  for (const JsonMember member : columns.object()) names.emplace_back(member.key);
  ASSIGN_OR_RETURN(const auto matched, match_names(names, inputs));
  std::size_t count = kNone, i = 0;
  for (const JsonMember member : columns.object()) {
    if (matched[i++] == kNone) continue;
    if (!member.value.is_array())
      return invalid("realtime.request", "column '{}': an array of values expected, found {}",
                     member.key, member.value.describe());
    if (count == kNone) count = member.value.size();
    if (member.value.size() != count)
      return invalid("realtime.request", "column '{}' has {} values, the ones before have {}",
                     member.key, member.value.size(), count);
  }
  RowBuilder rows(inputs, count == kNone ? 0 : count, &scratch->rows);
  i = 0;
  for (const JsonMember member : columns.object()) {
    const std::size_t column = matched[i++];
    if (column == kNone) continue;
    std::size_t row = 0;
    for (const JsonView item : member.value.array()) {
      // [[1], [2]]: as a tensor of one column is written.
      const bool is_nested = item.is_array() && item.size() == 1;
      const JsonView value = is_nested ? *item.array().begin() : item;
      if (!put_json(value, inputs, column, row, &rows))
        return bad_cell("row", row, inputs.columns()[column], value.describe());
      ++row;
    }
  }
  return &rows.finish();
}

Result<const frame::Frame*> decode_csv(std::string_view text, const InputTable& inputs,
                                       DecodeScratch* scratch) {
  if (text.starts_with("\xEF\xBB\xBF"))
    text.remove_prefix(3);  // a byte order mark, as Excel writes it
  CsvReader counting(text);
  std::vector<std::string> names, fields;
  ASSIGN_OR_RETURN(const bool any, counting.next(&names));
  if (!any)
    return invalid("realtime.request",
                   "a CSV header line with the names of columns expected, found nothing");
  ASSIGN_OR_RETURN(const auto matched, match_names(names, inputs));
  std::size_t count = 0;
  while (true) {
    const std::size_t line = counting.line();
    ASSIGN_OR_RETURN(const bool more, counting.next(&fields));
    if (!more) break;
    if (fields.size() != names.size())
      return invalid("realtime.instance", "CSV line {}: {} values expected, found {}", line,
                     names.size(), fields.size());
    ++count;
  }
  RowBuilder rows(inputs, count, &scratch->rows);
  CsvReader reader(text);
  ASSIGN_OR_RETURN(bool more, reader.next(&fields));
  for (std::size_t row = 0; more && row < count; ++row) {
    ASSIGN_OR_RETURN(more, reader.next(&fields));
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::size_t column = matched[i];
      if (column != kNone && !put_csv(fields[i], inputs, column, row, &rows))
        return bad_cell("CSV row", row, inputs.columns()[column], fmt::format("'{}'", fields[i]));
    }
  }
  return &rows.finish();
}

Result<const frame::Frame*> decode_table(JsonView root, const InputTable& inputs,
                                         DecodeScratch* scratch) {
  std::string_view form;
  ASSIGN_OR_RETURN(const JsonView value, only_form(root, &form));
  if (form == "dataframe_split") return decode_split(value, inputs, scratch);
  if (form == "inputs") return decode_columns(value, inputs, scratch);
  if (!value.is_array())
    return invalid("realtime.request", "'{}' must be an array of rows, found {}", form,
                   value.describe());
  return decode_rows(value, inputs, scratch);
}

}  // namespace slipway::deploy::realtime
