// A CatBoost model as its files state it, before it is turned into a graph: the common ground of
// the binary and the JSON form.
//
// Trees ask conditions by number: first every border of every float feature, in order, then every
// value of the one-hot features, then every border of the CTR features.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace slipway::model {

struct CatBoostFloat {
  std::string name;
  std::int32_t index = -1;       // among the float features
  std::int32_t flat_index = -1;  // among all features: the column of the training table
  std::vector<float> borders;    // rising
  bool nan_above = false;        // NaN is above every border; else below
};

struct CatBoostCategory {
  std::string name;
  std::int32_t index = -1;  // among the categorical features
  std::int32_t flat_index = -1;
};

struct CatBoostOneHot {
  std::int32_t category = -1;        // index of its categorical feature
  std::vector<std::int32_t> values;  // hashes
};

// The numbers stand in files.
enum class CtrType : std::uint8_t {
  kBorders = 0,
  kBuckets = 1,
  kBinarizedTargetMeanValue = 2,
  kFloatTargetMeanValue = 3,
  kCounter = 4,
  kFeatureFreq = 5,
};

struct CtrFloatSplit {
  std::int32_t feature = -1;
  float border = 0;
  friend auto operator<=>(const CtrFloatSplit&, const CtrFloatSplit&) = default;
};
struct CtrOneHotSplit {
  std::int32_t category = -1;
  std::int32_t value = 0;
  friend auto operator<=>(const CtrOneHotSplit&, const CtrOneHotSplit&) = default;
};

// What is hashed into one key.
struct CtrProjection {
  std::vector<std::int32_t> categories;
  std::vector<CtrFloatSplit> floats;
  std::vector<CtrOneHotSplit> one_hots;
  friend auto operator<=>(const CtrProjection&, const CtrProjection&) = default;
};

// What a table of counts is known by.
struct CtrBase {
  CtrProjection projection;
  CtrType type = CtrType::kBorders;
  std::int32_t target = 0;  // which binarization of the target
  friend auto operator<=>(const CtrBase&, const CtrBase&) = default;
};

struct CatBoostCtr {
  CtrBase base;
  std::int32_t target_border = 0;
  float prior_numerator = 0;
  float prior_denominator = 1;
  float shift = 0;
  float scale = 1;
  std::vector<float> borders;
};

struct CtrTable {
  CtrBase base;
  std::vector<std::uint64_t> keys;
  // Per key: `classes` counts; of a mean one count and a sum; of a counter one count.
  std::vector<std::int32_t> counts;
  std::vector<float> sums;
  std::int32_t classes = 0;
  std::int32_t denominator = 0;  // of counters
};

inline bool is_mean(CtrType type) {
  return type == CtrType::kBinarizedTargetMeanValue || type == CtrType::kFloatTargetMeanValue;
}
inline bool is_counter(CtrType type) {
  return type == CtrType::kCounter || type == CtrType::kFeatureFreq;
}

// A node of a tree that is not oblivious. Steps lead forward; a step of 0 ends at the node's leaf.
struct CatBoostNode {
  std::uint32_t left = 0;
  std::uint32_t right = 0;
};

struct CatBoostTrees {
  std::uint32_t dimension = 1;           // values of a leaf
  std::vector<std::int32_t> sizes;       // per tree: its depth if oblivious, else its nodes
  std::vector<std::int32_t> splits;      // conditions: per level of a tree, or per node
  std::vector<CatBoostNode> nodes;       // per node; empty: all trees are oblivious
  std::vector<std::uint32_t> node_leaf;  // per node: where in leaf_values its leaf begins
  std::vector<double> leaf_values;       // leaf by leaf
};

// How the training labels relate to the columns of the raw score.
struct CatBoostClasses {
  std::vector<std::string> names;      // as Python prints them
  std::vector<std::int32_t> to_label;  // per column of the trees: which class it speaks for
  std::uint32_t count = 0;             // said by the caller of the training; 0: as in the data
};

struct CatBoostParts {
  std::string format;  // "cbm", "JSON"
  std::vector<CatBoostFloat> floats;
  std::vector<CatBoostCategory> categories;
  std::vector<CatBoostOneHot> one_hots;
  std::vector<CatBoostCtr> ctrs;
  std::vector<CtrTable> tables;
  CatBoostTrees trees;
  double scale = 1;
  std::vector<double> bias;  // per dimension; empty: zeros
  std::string loss;          // "Logloss"; empty if the file does not say
  CatBoostClasses classes;   // all empty if the file does not say
  double probability_threshold = 0.5;
  std::string version;  // of CatBoost: "1.2.10"; empty if the file does not say
};

inline Error catboost_error(const char* reason, std::string message) {
  return Error(Code::kInvalidArgument, reason, std::move(message));
}

}  // namespace slipway::model
