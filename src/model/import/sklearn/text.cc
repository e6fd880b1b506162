// Vectorizers: CountVectorizer, TfidfVectorizer, TfidfTransformer, HashingVectorizer,
// DictVectorizer.
// SPDX-License-Identifier: Apache-2.0
#include "model/import/sklearn/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "model/import/sklearn/lookup.h"
#include "model/import/sklearn/registry.h"

namespace slipway::model::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

Error not_read(const Estimator& e, const char* reason, std::string_view what) {
  return Error(Code::kUnimplemented, reason,
               fmt::format("{} {}\n"
                           "  a) --start-at NEXT_STEP     callers send the columns that this step "
                           "produces\n"
                           "  b) export the model to ONNX",
                           e.where(), what));
}

// ---- how a text is taken apart ----

Result<void> refuse_code(const Estimator& e) {
  for (const std::string_view attribute : {"preprocessor", "tokenizer"}) {
    if (e.has(attribute))
      return not_read(
          e, "model.sklearn.callable",
          fmt::format("has a {} of its own, and slipway never runs code from a file:", attribute));
  }
  const std::string input = e.text("input", "content");
  if (input == "content") return {};
  return not_read(e, "model.sklearn.text_input",
                  fmt::format("reads texts from files (input='{}'), not from columns:", input));
}

Result<void> set_analyzer(const Estimator& e, TextCounts* op) {
  const std::string analyzer = e.text("analyzer", "");
  if (analyzer == "word") {
    op->analyzer = Analyzer::kWord;
  } else if (analyzer == "char") {
    op->analyzer = Analyzer::kChar;
  } else if (analyzer == "char_wb") {
    op->analyzer = Analyzer::kCharInWord;
  } else {
    return not_read(e, "model.sklearn.callable",
                    "has an analyzer of its own, and slipway never runs code from a file:");
  }
  ASSIGN_OR_RETURN(const auto range, e.vector("ngram_range", 2));
  if (!(range[0] >= 1 && range[1] >= range[0] && range[1] <= 1000))
    return e.error("model.sklearn.attribute", "ngram_range is no range of lengths");
  op->least = static_cast<std::uint32_t>(range[0]);
  op->most = static_cast<std::uint32_t>(range[1]);
  return {};
}

Result<void> set_accents(const Estimator& e, TextCounts* op) {
  op->lowercase = e.flag("lowercase", true);
  if (!e.has("strip_accents")) return {};
  const std::string accents = e.text("strip_accents", "");
  if (accents != "ascii" && accents != "unicode")
    return not_read(e, "model.sklearn.callable",
                    "strips accents by code of its own, and slipway never runs code from a file:");
  op->accents = accents == "ascii" ? StripAccents::kAscii : StripAccents::kUnicode;
  return {};
}

// How many \w a pattern asks for at least, where it is (?u)\b\w\w+\b or the like: then its matches
// are whole runs of word characters. 0 if it is anything else.
std::uint32_t shortest_word(std::string_view pattern) {
  const auto skip = [&](std::string_view start) {
    if (!pattern.starts_with(start)) return false;
    pattern.remove_prefix(start.size());
    return true;
  };
  skip("(?u)");
  skip("\\b");
  std::uint32_t count = 0;
  while (skip("\\w")) ++count;
  const bool more = skip("+");
  skip("\\b");
  return more && pattern.empty() ? count : 0;
}

Result<void> set_words(const Estimator& e, TextCounts* op) {
  if (op->analyzer != Analyzer::kWord) return {};
  const std::string pattern = e.text("token_pattern", "");
  op->shortest = shortest_word(pattern);
  if (op->shortest == 0)
    return not_read(
        e, "model.sklearn.token_pattern",
        fmt::format("finds words by token_pattern '{}', which slipway does not read: read are "
                    "(?u)\\b\\w\\w+\\b, \\b\\w+\\b, \\w+ and the like",
                    pattern));
  if (!e.has("stop_words")) return {};
  op->english = e.text("stop_words", "") == "english";
  if (op->english) return {};
  ASSIGN_OR_RETURN(const Value* words, e.require("stop_words"));
  if (words->kind != Kind::kList && words->kind != Kind::kTuple && words->kind != Kind::kSet &&
      words->kind != Kind::kArray)
    return e.error("model.sklearn.attribute", "stop_words is no list of words");
  for (const Value* word : words->kind == Kind::kArray ? words->array->objects : words->items) {
    if (word->kind == Kind::kText) op->stop_words.emplace_back(word->text);
  }
  std::sort(op->stop_words.begin(), op->stop_words.end());
  return {};
}

Result<TextCounts> counts_of(const Estimator& e) {
  TextCounts op;
  RETURN_IF_ERROR(refuse_code(e));
  RETURN_IF_ERROR(set_analyzer(e, &op));
  RETURN_IF_ERROR(set_accents(e, &op));
  RETURN_IF_ERROR(set_words(e, &op));
  op.binary = e.flag("binary", false);
  return op;
}

void bound_floats(const Estimator& e, Builder& b) {
  const Value* type = e.find("dtype");
  if (type == nullptr || !type->text.ends_with("float32")) return;
  b.bound_margin();
  b.bound(1e-5, 4, fmt::format("{} computes in float32", e.name()));
}

// ---- vocabularies ----

// The words by column.
Result<std::vector<std::string_view>> vocabulary_of(const Estimator& e) {
  ASSIGN_OR_RETURN(const Value* value, e.require("vocabulary_"));
  if (value->kind != Kind::kDict)
    return e.error("model.sklearn.attribute", "vocabulary_ is no dict");
  const std::size_t count = value->entries.size();
  std::vector<std::string_view> words(count);
  std::vector<bool> seen(count);
  for (const auto& [key, at] : value->entries) {
    ASSIGN_OR_RETURN(const Scalar column, scalar_of(*at));
    const bool fits = key->kind == Kind::kText && column.number >= 0 &&
                      column.number < static_cast<double>(count) &&
                      !seen[static_cast<std::size_t>(column.number)];
    if (!fits)
      return e.error("model.sklearn.attribute", "vocabulary_ does not give each word a column");
    seen[static_cast<std::size_t>(column.number)] = true;
    words[static_cast<std::size_t>(column.number)] = key->text;
  }
  return words;
}

Result<Table> counted(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(TextCounts op, counts_of(e));
  ASSIGN_OR_RETURN(op.input, b.read_text(in, e));
  ASSIGN_OR_RETURN(const auto words, vocabulary_of(e));
  std::vector<std::uint32_t> begin{0};
  std::vector<std::uint8_t> bytes;
  Table out;
  for (const std::string_view word : words) {
    bytes.insert(bytes.end(), word.begin(), word.end());
    begin.push_back(static_cast<std::uint32_t>(bytes.size()));
    out.columns.push_back({std::string(word)});
  }
  op.begin = std::move(begin);
  op.bytes = std::move(bytes);
  ASSIGN_OR_RETURN(out.value, b.add({0}, std::move(op)));
  return out;
}

Result<Table> count_vectorizer(const Estimator& e, const Table& in, Builder& b) {
  return counted(e, in, b);
}

// ---- weights ----

Result<RowNorm> norm_of(const Estimator& e) {
  if (!e.has("norm")) return RowNorm::kNone;
  const std::string norm = e.text("norm", "");
  if (norm == "l1") return RowNorm::kL1;
  if (norm == "l2") return RowNorm::kL2;
  return e.error("model.sklearn.attribute", fmt::format("norm is '{}'", norm));
}

Result<std::vector<double>> idf_of(const Estimator& e, std::size_t columns) {
  if (!e.flag("use_idf", true)) return std::vector<double>();
  if (e.has("idf_")) return e.vector("idf_", columns);
  // Before 1.5: the diagonal of a sparse matrix.
  ASSIGN_OR_RETURN(const Estimator diagonal, e.child("_idf_diag"));
  return diagonal.vector("data", columns);
}

Result<Table> weighed(const Estimator& e, Table counts, Builder& b) {
  TextWeights op;
  op.sublinear = e.flag("sublinear_tf", false);
  ASSIGN_OR_RETURN(auto idf, idf_of(e, counts.width()));
  op.weights = std::move(idf);
  ASSIGN_OR_RETURN(op.norm, norm_of(e));
  if (op.sublinear) b.bound(0, 4, "numpy's logarithm differs between CPUs");
  if (op.sublinear || e.has("_idf_diag")) {
    b.bound_margin();
    b.bound(1e-12, 4, "sums over a row have another order in scikit-learn before 1.5");
  }
  if (!op.sublinear && op.weights.empty() && op.norm == RowNorm::kNone) return counts;
  ASSIGN_OR_RETURN(counts.value, b.add({counts.value}, std::move(op)));
  return counts;
}

Result<Table> tfidf_transformer(const Estimator& e, const Table& in, Builder& b) {
  Table counts = same_columns(in.value, in);
  ASSIGN_OR_RETURN(counts.value, b.numbers(in, Requirement::kFinite, e));
  return weighed(e, std::move(counts), b);
}

Result<Table> tfidf_vectorizer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(Table counts, counted(e, in, b));
  ASSIGN_OR_RETURN(const Estimator inner, e.child("_tfidf"));
  bound_floats(e, b);
  return weighed(inner, std::move(counts), b);
}

Result<Table> hashing_vectorizer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(TextCounts op, counts_of(e));
  ASSIGN_OR_RETURN(op.input, b.read_text(in, e));
  ASSIGN_OR_RETURN(const std::int64_t columns, e.integer("n_features"));
  if (columns < 1 || columns > 1 << 26)
    return not_read(e, "model.sklearn.too_large",
                    fmt::format("hashes into {} columns, and slipway takes up to 2^26:", columns));
  op.hashed = static_cast<std::uint32_t>(columns);
  op.signs = e.flag("alternate_sign", true);
  TextWeights weights;
  ASSIGN_OR_RETURN(weights.norm, norm_of(e));
  bound_floats(e, b);
  ASSIGN_OR_RETURN(ValueId value, b.add({0}, std::move(op)));
  if (weights.norm != RowNorm::kNone) {
    ASSIGN_OR_RETURN(value, b.add({value}, std::move(weights)));
  }
  return made_columns(value, b.width(value), "hash");
}

// Its columns are those that the caller named (--columns): it keeps no names itself.
Result<Table> feature_hasher(const Estimator& e, const Table& in, Builder& b) {
  if (!b.columns_are_told())
    return not_read(e, "model.sklearn.feature_hasher",
                    "hashes dicts or lists of any names, and keeps none of them: say what callers "
                    "send with --columns age,city:text (a column of text has :text behind its "
                    "name), or");
  ASSIGN_OR_RETURN(const std::int64_t columns, e.integer("n_features"));
  if (columns < 1 || columns > 1 << 26)
    return not_read(e, "model.sklearn.too_large",
                    fmt::format("hashes into {} columns, and slipway takes up to 2^26:", columns));
  HashColumns op;
  op.columns = static_cast<std::uint32_t>(columns);
  op.signs = e.flag("alternate_sign", true);
  const bool texts = e.text("input_type", "dict") == "string";
  std::vector<std::uint32_t> inputs;
  std::vector<HashedAs> as;
  for (std::uint32_t i = 0; i < in.width(); ++i) {
    ASSIGN_OR_RETURN(const Table one, b.select(in, {i}));
    const bool text = texts || b.is_told_text(in.columns[i]);
    as.push_back(texts ? HashedAs::kText : text ? HashedAs::kNameAndText : HashedAs::kNumber);
    op.names.push_back(in.columns[i].name);
    if (text) {
      ASSIGN_OR_RETURN(inputs.emplace_back(), b.read_text(one, e));
    } else {
      RETURN_IF_ERROR(b.use_as_numbers(one, e));
      inputs.push_back(static_cast<std::uint32_t>(in.columns[i].input));
    }
  }
  op.inputs = std::move(inputs);
  op.as = std::move(as);
  bound_floats(e, b);
  ASSIGN_OR_RETURN(const ValueId value, b.add({0}, std::move(op)));
  return made_columns(value, b.width(value), "hash");
}

// ---- dicts ----

// Features by the key they come from: the key's own column of numbers, or one column per text.
struct DictColumn {
  bool is_text = false;
  std::vector<std::pair<std::string, std::size_t>> features;  // the text, its column
};

std::string key_of_feature(const std::string& feature, const std::string& separator) {
  return feature.substr(0, feature.find(separator));
}

std::vector<std::string> dict_keys(const Estimator& e) {
  const auto features = e.scalars("feature_names_");
  std::vector<std::string> keys;
  if (!features) return keys;
  for (const Scalar& feature : features.value()) {
    std::string key = key_of_feature(feature.text, e.text("separator", "="));
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
  return keys;
}

Result<std::map<std::string, DictColumn>> dict_columns(const Estimator& e) {
  ASSIGN_OR_RETURN(const auto features, e.scalars("feature_names_"));
  const std::string separator = e.text("separator", "=");
  std::map<std::string, DictColumn> columns;
  for (std::size_t i = 0; i < features.size(); ++i) {
    const std::string& name = features[i].text;
    const std::string key = key_of_feature(name, separator);
    const bool is_text = key.size() != name.size();
    const auto [at, is_new] = columns.try_emplace(key);
    if (!is_new && at->second.is_text != is_text)
      return not_read(
          e, "model.sklearn.column",
          fmt::format("has seen '{}' as number and as text, and a column is one of them:", key));
    at->second.is_text = is_text;
    at->second.features.emplace_back(is_text ? name.substr(key.size() + separator.size()) : "", i);
  }
  return columns;
}

// A key that is missing counts 0, and so does a text that is not listed.
Result<Table> dict_column(const Estimator& e, const Table& one, const DictColumn& column,
                          Builder& b) {
  Table out;
  for (const auto& feature : column.features) {
    const std::string& text = feature.first;
    out.columns.push_back(
        {column.is_text ? one.columns[0].name + "=" + text : one.columns[0].name});
  }
  if (!column.is_text) {
    RETURN_IF_ERROR(b.use_as_numbers(one, e));
    ASSIGN_OR_RETURN(out.value, b.add({one.value}, Replace{std::vector<double>{std::nan("")},
                                                           std::vector<double>{0}}));
    return out;
  }
  LookupBuilder lookup;
  lookup.begin_column(one.columns[0].name, -1, -1, 0);
  for (std::size_t i = 0; i < column.features.size(); ++i) {
    const Scalar text{Scalar::Kind::kText, 0, column.features[i].first};
    ASSIGN_OR_RETURN(const double key, b.key_of(one.columns[0], text, e));
    lookup.add(key, static_cast<double>(i));
  }
  ASSIGN_OR_RETURN(const ValueId codes, b.add({one.value}, std::move(lookup).finish()));
  const auto width = static_cast<std::uint32_t>(column.features.size());
  ASSIGN_OR_RETURN(out.value, b.add({codes}, Indicator{std::vector<std::uint32_t>{width}}));
  return out;
}

Result<Table> dict_vectorizer(const Estimator& e, const Table& in, Builder& b) {
  ASSIGN_OR_RETURN(const auto columns, dict_columns(e));
  std::vector<Table> parts;
  std::vector<std::pair<std::size_t, std::uint32_t>> places;  // feature, where it stands now
  for (const auto& [key, column] : columns) {
    std::uint32_t at = 0;
    while (at < in.width() && in.columns[at].name != key) ++at;
    if (at == in.width())
      return e.error("model.sklearn.column", fmt::format("it takes '{}', which is not there", key));
    ASSIGN_OR_RETURN(const Table one, b.select(in, {at}));
    ASSIGN_OR_RETURN(parts.emplace_back(), dict_column(e, one, column, b));
    for (const auto& feature : column.features)
      places.emplace_back(feature.second, static_cast<std::uint32_t>(places.size()));
  }
  if (parts.empty()) return e.error("model.sklearn.attribute", "it has seen no features");
  ASSIGN_OR_RETURN(const Table all, b.concat(parts));
  std::sort(places.begin(), places.end());
  std::vector<std::uint32_t> order;
  for (const auto& [feature, place] : places) order.push_back(place);
  return b.select(all, order);
}

constexpr std::array kKnown{
    Known{"CountVectorizer", count_vectorizer},   Known{"TfidfVectorizer", tfidf_vectorizer},
    Known{"TfidfTransformer", tfidf_transformer}, Known{"HashingVectorizer", hashing_vectorizer},
    Known{"FeatureHasher", feature_hasher},       Known{"DictVectorizer", dict_vectorizer},
};

}  // namespace

std::optional<std::vector<std::string>> text_columns(const Estimator& e) {
  if (e.name() == "CountVectorizer" || e.name() == "TfidfVectorizer" ||
      e.name() == "HashingVectorizer")
    return std::vector<std::string>{"text"};
  if (e.name() == "DictVectorizer") return dict_keys(e);
  return std::nullopt;
}

std::span<const Known> text_estimators() { return kKnown; }

}  // namespace slipway::model::sklearn
