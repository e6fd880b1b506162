// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/cbm.h"

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/import/catboost/cbm_ctr.h"
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

Result<CatBoostFloat> read_float(const FlatTable& from, CbmBudget* budget) {
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

Result<CatBoostCategory> read_category(const FlatTable& from, CbmBudget* budget) {
  CatBoostCategory feature;
  ASSIGN_OR_RETURN(const std::string_view name, from.text(category::kName));
  feature.name = name;
  ASSIGN_OR_RETURN(feature.index, from.number<std::int32_t>(category::kIndex, -1));
  ASSIGN_OR_RETURN(feature.flat_index, from.number<std::int32_t>(category::kFlatIndex, -1));
  RETURN_IF_ERROR(budget->take(name.size()));
  return feature;
}

Result<CatBoostOneHot> read_one_hot(const FlatTable& from, CbmBudget* budget) {
  CatBoostOneHot feature;
  ASSIGN_OR_RETURN(feature.category, from.number<std::int32_t>(one_hot::kIndex, -1));
  ASSIGN_OR_RETURN(feature.values, from.numbers<std::int32_t>(one_hot::kValues));
  RETURN_IF_ERROR(budget->take(4 * feature.values.size()));
  return feature;
}

Result<CatBoostCtr> read_ctr(const FlatTable& from, CbmBudget* budget) {
  CatBoostCtr feature;
  ASSIGN_OR_RETURN(feature.borders, from.numbers<float>(ctr::kBorders));
  RETURN_IF_ERROR(budget->take(4 * feature.borders.size()));
  ASSIGN_OR_RETURN(const auto inner, from.table(ctr::kCtr));
  if (!inner) return catboost_error("model.catboost.ctr", "a CTR feature without its CTR");
  ASSIGN_OR_RETURN(const auto base, inner->table(model_ctr::kBase));
  ASSIGN_OR_RETURN(feature.base, read_ctr_base(base, budget));
  ASSIGN_OR_RETURN(feature.target_border, inner->number<std::int32_t>(model_ctr::kTargetBorder, 0));
  ASSIGN_OR_RETURN(feature.prior_numerator, inner->number<float>(model_ctr::kPriorNumerator, 0));
  ASSIGN_OR_RETURN(feature.prior_denominator,
                   inner->number<float>(model_ctr::kPriorDenominator, 1));
  ASSIGN_OR_RETURN(feature.shift, inner->number<float>(model_ctr::kShift, 0));
  ASSIGN_OR_RETURN(feature.scale, inner->number<float>(model_ctr::kScale, 1));
  return feature;
}

template <typename Feature>
Result<void> read_features(const FlatTable& from, unsigned field, const char* what,
                           CbmBudget* budget, Result<Feature> (*read)(const FlatTable&, CbmBudget*),
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

Result<void> read_tables(Cursor* cursor, CbmBudget* budget, std::vector<CtrTable>* tables) {
  ASSIGN_OR_RETURN(const std::uint64_t count, cursor->length("the number of CTR tables"));
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const std::string_view bytes, cursor->part(fmt::format("CTR table {}", i)));
    auto table = read_ctr_table(bytes, budget);
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
  CbmBudget budget(bytes.size());
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
