// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/cbm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/import/catboost/flatbuffer.h"
#include "model/import/catboost/settings.h"

namespace slipway::model {
namespace {

constexpr std::string_view kMagic = "CBM1";
constexpr std::string_view kFormat = "FlabuffersModel_v1";  // spelled so by CatBoost
constexpr std::string_view kCtrPart = "static_provider_v1";

// Field numbers of CatBoost's schemas (catboost/libs/model/flatbuffers/*.fbs).
namespace core {
enum : unsigned { kFormatVersion, kTrees, kInfo, kParts };
}
namespace info {
enum : unsigned { kKey, kValue };
}
namespace trees {
enum : unsigned {
  kDimension,
  kSplits,
  kSizes,
  kStarts,
  kCategories,
  kFloats,
  kOneHots,
  kCtrs,
  kLeafValues,
  kLeafWeights,
  kStepNodes,
  kNodeLeaf,
  kTexts,
  kEstimated,
  kScale,
  kBias,
  kMultiBias,
  kRepackedBins,
  kEmbeddings
};
}
namespace number {
enum : unsigned { kHasNans, kIndex, kFlatIndex, kBorders, kName, kNanTreatment };
constexpr std::int8_t kAsTrue = 2;
}  // namespace number
namespace category {
enum : unsigned { kIndex, kFlatIndex, kName };
}
namespace text {
enum : unsigned { kIndex, kFlatIndex, kName, kUsed, kEmbeddingUsed };
}
namespace one_hot {
enum : unsigned { kIndex, kValues };
}
namespace ctr {
enum : unsigned { kCtr, kBorders };
}
namespace model_ctr {
enum : unsigned { kBase, kTargetBorder, kPriorNumerator, kPriorDenominator, kShift, kScale };
}
namespace ctr_base {
enum : unsigned { kProjection, kType, kTarget };
}
namespace projection {
enum : unsigned { kCategories, kFloats, kOneHots };
}
namespace table {
enum : unsigned { kBase, kIndex, kCounts, kDenominator, kClasses };
}

// Lists may be shared within a message, and a small file could so describe a huge model. An honest
// one shares little.
class Budget {
 public:
  explicit Budget(std::size_t file_size) : left_(4 * file_size + 1024) {}
  Result<void> take(std::size_t bytes) {
    if (bytes > left_) {
      return catboost_error("model.catboost.too_large",
                            "its features are far larger than the file: lists are shared");
    }
    left_ -= bytes;
    return {};
  }

 private:
  std::size_t left_;
};

// A part of the file that starts with its own length.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes, std::size_t at) : bytes_(bytes), at_(at) {}

  // 4 bytes, or 8 more after 0xFFFFFFFF.
  Result<std::uint64_t> length(std::string_view what) {
    ASSIGN_OR_RETURN(const auto small, number<std::uint32_t>(what));
    if (small != 0xFFFFFFFF) return std::uint64_t{small};
    return number<std::uint64_t>(what);
  }

  Result<std::string_view> part(std::string_view what) {
    ASSIGN_OR_RETURN(const std::uint64_t size, length(what));
    if (size > bytes_.size() - at_) {
      return catboost_error("model.catboost.truncated",
                            fmt::format("byte {}: {} takes {} bytes, but {} follow: the file was "
                                        "cut off",
                                        at_, what, size, bytes_.size() - at_));
    }
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

 private:
  template <typename T>
  Result<T> number(std::string_view what) {
    if (bytes_.size() - at_ < sizeof(T)) {
      return catboost_error(
          "model.catboost.truncated",
          fmt::format("byte {}: the file ends before {}: it was cut off", at_, what));
    }
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  std::string_view bytes_;
  std::size_t at_;
};

Result<CtrBase> read_base(const std::optional<FlatTable>& from, Budget* budget) {
  CtrBase base;
  if (!from) return catboost_error("model.catboost.ctr", "a CTR says not what it counts");
  ASSIGN_OR_RETURN(const auto type, from->number<std::int8_t>(ctr_base::kType, 0));
  if (type < 0 || type > static_cast<int>(CtrType::kFeatureFreq))
    return catboost_error("model.catboost.ctr", fmt::format("CTR type {} is not known", type));
  base.type = static_cast<CtrType>(type);
  ASSIGN_OR_RETURN(base.target, from->number<std::int32_t>(ctr_base::kTarget, 0));
  ASSIGN_OR_RETURN(const auto columns, from->table(ctr_base::kProjection));
  if (!columns) return base;
  ASSIGN_OR_RETURN(base.projection.categories,
                   columns->numbers<std::int32_t>(projection::kCategories));
  ASSIGN_OR_RETURN(base.projection.floats, columns->numbers<CtrFloatSplit>(projection::kFloats));
  ASSIGN_OR_RETURN(base.projection.one_hots,
                   columns->numbers<CtrOneHotSplit>(projection::kOneHots));
  RETURN_IF_ERROR(budget->take(4 * base.projection.categories.size() +
                               8 * base.projection.floats.size() +
                               8 * base.projection.one_hots.size()));
  return base;
}

Result<CatBoostFloat> read_float(const FlatTable& from, Budget* budget) {
  CatBoostFloat feature;
  ASSIGN_OR_RETURN(const std::string_view name, from.text(number::kName));
  feature.name = name;
  ASSIGN_OR_RETURN(feature.index, from.number<std::int32_t>(number::kIndex, -1));
  ASSIGN_OR_RETURN(feature.flat_index, from.number<std::int32_t>(number::kFlatIndex, -1));
  ASSIGN_OR_RETURN(feature.borders, from.numbers<float>(number::kBorders));
  ASSIGN_OR_RETURN(const auto nans, from.number<std::uint8_t>(number::kHasNans, 0));
  ASSIGN_OR_RETURN(const auto treatment, from.number<std::int8_t>(number::kNanTreatment, 0));
  // Where training saw no NaN, NaN compares as it is: above nothing.
  feature.nan_above = nans != 0 && treatment == number::kAsTrue;
  RETURN_IF_ERROR(budget->take(name.size() + 4 * feature.borders.size()));
  return feature;
}

Result<CatBoostCategory> read_category(const FlatTable& from, Budget* budget) {
  CatBoostCategory feature;
  ASSIGN_OR_RETURN(const std::string_view name, from.text(category::kName));
  feature.name = name;
  ASSIGN_OR_RETURN(feature.index, from.number<std::int32_t>(category::kIndex, -1));
  ASSIGN_OR_RETURN(feature.flat_index, from.number<std::int32_t>(category::kFlatIndex, -1));
  RETURN_IF_ERROR(budget->take(name.size()));
  return feature;
}

Result<CatBoostOneHot> read_one_hot(const FlatTable& from, Budget* budget) {
  CatBoostOneHot feature;
  ASSIGN_OR_RETURN(feature.category, from.number<std::int32_t>(one_hot::kIndex, -1));
  ASSIGN_OR_RETURN(feature.values, from.numbers<std::int32_t>(one_hot::kValues));
  RETURN_IF_ERROR(budget->take(4 * feature.values.size()));
  return feature;
}

Result<CatBoostCtr> read_ctr(const FlatTable& from, Budget* budget) {
  CatBoostCtr feature;
  ASSIGN_OR_RETURN(feature.borders, from.numbers<float>(ctr::kBorders));
  RETURN_IF_ERROR(budget->take(4 * feature.borders.size()));
  ASSIGN_OR_RETURN(const auto inner, from.table(ctr::kCtr));
  if (!inner) return catboost_error("model.catboost.ctr", "a CTR feature without its CTR");
  ASSIGN_OR_RETURN(const auto base, inner->table(model_ctr::kBase));
  ASSIGN_OR_RETURN(feature.base, read_base(base, budget));
  ASSIGN_OR_RETURN(feature.target_border, inner->number<std::int32_t>(model_ctr::kTargetBorder, 0));
  ASSIGN_OR_RETURN(feature.prior_numerator, inner->number<float>(model_ctr::kPriorNumerator, 0));
  ASSIGN_OR_RETURN(feature.prior_denominator,
                   inner->number<float>(model_ctr::kPriorDenominator, 1));
  ASSIGN_OR_RETURN(feature.shift, inner->number<float>(model_ctr::kShift, 0));
  ASSIGN_OR_RETURN(feature.scale, inner->number<float>(model_ctr::kScale, 1));
  return feature;
}

template <typename Feature>
Result<void> read_features(const FlatTable& from, unsigned field, const char* what, Budget* budget,
                           Result<Feature> (*read)(const FlatTable&, Budget*),
                           std::vector<Feature>* features) {
  ASSIGN_OR_RETURN(const auto tables, from.tables(field));
  RETURN_IF_ERROR(budget->take(sizeof(std::uint32_t) * tables.size()));
  for (const FlatTable& each : tables) {
    auto feature = read(each, budget);
    if (!feature)
      return std::move(feature).error().with_context(fmt::format("{} {}", what, features->size()));
    features->push_back(std::move(feature).value());
  }
  return {};
}

// Names of the features of a list that the trees use.
Result<void> used_names(const FlatTable& from, unsigned list, unsigned used_field,
                        std::vector<std::string>* names) {
  ASSIGN_OR_RETURN(const auto features, from.tables(list));
  for (const FlatTable& feature : features) {
    ASSIGN_OR_RETURN(const auto used, feature.number<std::uint8_t>(used_field, 1));
    if (used == 0) continue;
    ASSIGN_OR_RETURN(const std::string_view name, feature.text(text::kName));
    names->push_back(fmt::format("'{}'", name));
  }
  return {};
}

// Trees ask text and embeddings through estimated features only.
Result<void> refuse_text(const FlatTable& from) {
  std::vector<std::string> names;
  RETURN_IF_ERROR(used_names(from, trees::kTexts, text::kUsed, &names));
  RETURN_IF_ERROR(used_names(from, trees::kEmbeddings, text::kEmbeddingUsed, &names));
  ASSIGN_OR_RETURN(const auto estimated, from.tables(trees::kEstimated));
  if (estimated.empty()) return {};
  return Error(Code::kUnimplemented, "model.catboost.text",
               fmt::format("the trees use text or embedding features ({}), which slipway does not "
                           "compute: train without text_features and embedding_features, on "
                           "numbers made of them before",
                           join(names, ", ")));
}

struct StepNode {  // as the schema has it
  std::uint16_t left;
  std::uint16_t right;
};

Result<void> read_trees(const FlatTable& from, CatBoostTrees* out) {
  ASSIGN_OR_RETURN(const auto dimension, from.number<std::int32_t>(trees::kDimension, 0));
  if (dimension < 1) {
    return catboost_error("model.catboost.dimension", fmt::format("{} values per leaf", dimension));
  }
  out->dimension = static_cast<std::uint32_t>(dimension);
  ASSIGN_OR_RETURN(out->splits, from.numbers<std::int32_t>(trees::kSplits));
  ASSIGN_OR_RETURN(out->sizes, from.numbers<std::int32_t>(trees::kSizes));
  ASSIGN_OR_RETURN(out->leaf_values, from.numbers<double>(trees::kLeafValues));
  ASSIGN_OR_RETURN(out->node_leaf, from.numbers<std::uint32_t>(trees::kNodeLeaf));
  ASSIGN_OR_RETURN(const auto nodes, from.numbers<StepNode>(trees::kStepNodes));
  for (const StepNode& node : nodes) out->nodes.push_back({node.left, node.right});
  return {};
}

Result<void> read_bias(const FlatTable& from, CatBoostParts* parts) {
  ASSIGN_OR_RETURN(parts->scale, from.number<double>(trees::kScale, 1));
  ASSIGN_OR_RETURN(parts->bias, from.numbers<double>(trees::kMultiBias));
  if (!parts->bias.empty()) return {};
  ASSIGN_OR_RETURN(const double bias, from.number<double>(trees::kBias, 0));  // before 0.25
  if (bias != 0) parts->bias.assign(1, bias);
  return {};
}

Result<void> read_info(const FlatTable& from, CatBoostParts* parts) {
  ASSIGN_OR_RETURN(const auto entries, from.tables(core::kInfo));
  for (const FlatTable& entry : entries) {
    ASSIGN_OR_RETURN(const std::string_view key, entry.text(info::kKey));
    ASSIGN_OR_RETURN(const std::string_view value, entry.text(info::kValue));
    RETURN_IF_ERROR(read_setting(key, value, parts));
  }
  return {};
}

// CatBoost's hash index as it lies in the file: 12 bytes a bucket.
struct Bucket {
  std::uint64_t key;
  std::uint32_t index;
};
constexpr std::size_t kBucketSize = 12;
constexpr std::uint64_t kNoKey = ~std::uint64_t{0};

std::vector<Bucket> read_buckets(std::string_view bytes) {
  std::vector<Bucket> buckets;
  for (std::size_t at = 0; at + kBucketSize <= bytes.size(); at += kBucketSize) {
    Bucket bucket{};
    std::memcpy(&bucket.key, bytes.data() + at, sizeof bucket.key);
    std::memcpy(&bucket.index, bytes.data() + at + sizeof bucket.key, sizeof bucket.index);
    if (bucket.key != kNoKey) buckets.push_back(bucket);
  }
  return buckets;
}

// One value of a table, in the file: `width` numbers of 4 bytes.
Result<void> read_counts(std::string_view blob, CtrTable* table,
                         const std::vector<Bucket>& buckets) {
  const bool mean = is_mean(table->base.type);
  const bool counter = is_counter(table->base.type);
  if (!mean && !counter && (table->classes < 1 || table->classes > 1 << 20)) {
    return catboost_error("model.catboost.ctr_table",
                          fmt::format("counts of {} target classes", table->classes));
  }
  const std::size_t width = mean ? 2 : counter ? 1 : static_cast<std::size_t>(table->classes);
  const std::size_t size = width * sizeof(std::int32_t);
  for (const Bucket& bucket : buckets) {
    if (bucket.index >= blob.size() / size) {
      return catboost_error("model.catboost.ctr_table",
                            fmt::format("a key's value is number {}, but there are {}",
                                        bucket.index, blob.size() / size));
    }
    const char* at = blob.data() + bucket.index * size;
    table->keys.push_back(bucket.key);
    if (mean) {
      std::memcpy(&table->sums.emplace_back(), at, sizeof(float));
      at += sizeof(float);
    }
    for (std::size_t i = mean ? 1 : 0; i < width; ++i, at += sizeof(std::int32_t))
      std::memcpy(&table->counts.emplace_back(), at, sizeof(std::int32_t));
  }
  return {};
}

Result<CtrTable> read_table(std::string_view bytes, Budget* budget) {
  CtrTable out;
  ASSIGN_OR_RETURN(const FlatTable root, FlatTable::root(bytes));
  ASSIGN_OR_RETURN(const auto base, root.table(table::kBase));
  ASSIGN_OR_RETURN(out.base, read_base(base, budget));
  ASSIGN_OR_RETURN(out.denominator, root.number<std::int32_t>(table::kDenominator, 0));
  ASSIGN_OR_RETURN(out.classes, root.number<std::int32_t>(table::kClasses, 0));
  ASSIGN_OR_RETURN(const std::string_view index, root.bytes(table::kIndex));
  ASSIGN_OR_RETURN(const std::string_view blob, root.bytes(table::kCounts));
  const auto buckets = read_buckets(index);
  const std::size_t width = is_mean(out.base.type) || is_counter(out.base.type)
                                ? 2
                                : static_cast<std::size_t>(std::max(out.classes, 0));
  RETURN_IF_ERROR(
      budget->take(buckets.size() * (kBucketSize + std::min<std::size_t>(width, blob.size()) *
                                                       sizeof(std::int32_t))));
  RETURN_IF_ERROR(read_counts(blob, &out, buckets));
  return out;
}

Result<void> read_tables(Cursor* cursor, Budget* budget, std::vector<CtrTable>* tables) {
  ASSIGN_OR_RETURN(const std::uint64_t count, cursor->length("the number of CTR tables"));
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const std::string_view bytes, cursor->part(fmt::format("CTR table {}", i)));
    auto table = read_table(bytes, budget);
    if (!table) return std::move(table).error().with_context(fmt::format("CTR table {}", i));
    tables->push_back(std::move(table).value());
  }
  return {};
}

}  // namespace

bool is_cbm(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<CatBoostParts> read_cbm(std::string_view bytes) {
  CatBoostParts parts;
  parts.format = "cbm";
  Budget budget(bytes.size());
  Cursor cursor(bytes, kMagic.size());
  ASSIGN_OR_RETURN(const std::string_view message, cursor.part("the model"));
  ASSIGN_OR_RETURN(const FlatTable root, FlatTable::root(message));
  ASSIGN_OR_RETURN(const std::string_view version, root.text(core::kFormatVersion));
  if (version != kFormat) {
    return catboost_error("model.catboost.version",
                          fmt::format("the format is '{}', '{}' is read", version, kFormat));
  }
  ASSIGN_OR_RETURN(const auto model, root.table(core::kTrees));
  if (!model) return catboost_error("model.catboost.trees", "the file holds no trees");
  RETURN_IF_ERROR(refuse_text(*model));
  RETURN_IF_ERROR(read_info(root, &parts));
  RETURN_IF_ERROR(
      read_features(*model, trees::kFloats, "float feature", &budget, read_float, &parts.floats));
  RETURN_IF_ERROR(read_features(*model, trees::kCategories, "categorical feature", &budget,
                                read_category, &parts.categories));
  RETURN_IF_ERROR(read_features(*model, trees::kOneHots, "one-hot feature", &budget, read_one_hot,
                                &parts.one_hots));
  RETURN_IF_ERROR(
      read_features(*model, trees::kCtrs, "CTR feature", &budget, read_ctr, &parts.ctrs));
  RETURN_IF_ERROR(read_trees(*model, &parts.trees));
  RETURN_IF_ERROR(read_bias(*model, &parts));
  ASSIGN_OR_RETURN(const auto part_ids, root.texts(core::kParts));
  for (const std::string_view id : part_ids) {
    if (id != kCtrPart) break;  // of text features that no tree uses; they come last
    RETURN_IF_ERROR(read_tables(&cursor, &budget, &parts.tables));
  }
  return parts;
}

}  // namespace slipway::model
