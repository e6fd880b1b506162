// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/cbm_ctr.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace slipway::model {
namespace {

// Field numbers of CatBoost's schemas (catboost/libs/model/flatbuffers/*.fbs).
namespace ctr_base {
enum : unsigned { kProjection, kType, kTarget };
}
namespace projection {
enum : unsigned { kCategories, kFloats, kOneHots };
}
namespace table {
enum : unsigned { kBase, kIndex, kCounts, kDenominator, kClasses };
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

}  // namespace

Result<CtrBase> read_ctr_base(const std::optional<FlatTable>& from, CbmBudget* budget) {
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

Result<CtrTable> read_ctr_table(std::string_view bytes, CbmBudget* budget) {
  CtrTable out;
  ASSIGN_OR_RETURN(const FlatTable root, FlatTable::root(bytes));
  ASSIGN_OR_RETURN(const auto base, root.table(table::kBase));
  ASSIGN_OR_RETURN(out.base, read_ctr_base(base, budget));
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

}  // namespace slipway::model
