// SPDX-License-Identifier: Apache-2.0
#include "model/import/xgboost/xgboost.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "model/import/json_root.h"
#include "model/import/xgboost/inputs.h"
#include "model/import/xgboost/linear.h"
#include "model/import/xgboost/objective.h"
#include "model/import/xgboost/trees.h"
#include "model/import/xgboost/value.h"

namespace slipway::model {
namespace xgboost {
namespace {

constexpr std::int64_t kMaxFeatures = 1 << 22;
constexpr std::int64_t kMaxOutputs = 1 << 16;
constexpr Version kNewest{3, 5};

// What stands at the top of the file.
struct Head {
  Value learner;
  Value booster;  // of DART: what lies within, a gbtree
  Value dart;     // the outer booster of DART; missing for others
  std::string_view booster_name;
  Version version;
  std::uint32_t width = 0;
  std::uint32_t outputs = 1;
};

Result<Version> version_of(Value root) {
  const Value array = root.find("version");
  if (array.is_missing()) return kNewest;
  std::vector<std::int32_t> parts(array.size());
  if (parts.size() != 3 || !read_integers(array, parts))
    return error("model.xgboost.version", "'version' must be a list of three integers");
  return Version{parts[0], parts[1], parts[2]};
}

// An integer of learner_model_param that old files may lack.
Result<std::int64_t> parameter(Value parameters, std::string_view key, std::int64_t otherwise,
                               std::int64_t most) {
  if (parameters.find(key).is_missing()) return otherwise;
  ASSIGN_OR_RETURN(const std::int64_t value, require_integer(parameters, key));
  if (value >= 0 && value <= most) return value;
  return error("model.xgboost.parameter",
               fmt::format("{} is {}, 0 to {} expected", key, value, most));
}

Result<Head> read_head(Value root) {
  // A pickled Booster holds its configuration and its model side by side.
  if (root.find("learner").is_missing() && root.find("Model").is_object())
    root = root.find("Model");
  Head head;
  ASSIGN_OR_RETURN(head.version, version_of(root));
  ASSIGN_OR_RETURN(head.learner, require_object(root, "learner"));
  ASSIGN_OR_RETURN(head.booster, require_object(head.learner, "gradient_booster"));
  ASSIGN_OR_RETURN(head.booster_name, require_string(head.booster, "name"));
  if (head.booster_name != "gbtree" && head.booster_name != "dart" &&
      head.booster_name != "gblinear") {
    return error(
        "model.xgboost.booster",
        fmt::format("booster '{}': gbtree, dart and gblinear are read", head.booster_name));
  }
  if (head.booster_name == "dart") {
    head.dart = head.booster;
    ASSIGN_OR_RETURN(head.booster, require_object(head.dart, "gbtree"));
  }
  ASSIGN_OR_RETURN(const Value parameters, require_object(head.learner, "learner_model_param"));
  ASSIGN_OR_RETURN(const std::int64_t width, parameter(parameters, "num_feature", 0, kMaxFeatures));
  ASSIGN_OR_RETURN(const std::int64_t classes, parameter(parameters, "num_class", 0, kMaxOutputs));
  ASSIGN_OR_RETURN(const std::int64_t targets, parameter(parameters, "num_target", 1, kMaxOutputs));
  if (width == 0) {
    return error("model.xgboost.unfitted",
                 "num_feature is 0: the model was saved before it was trained");
  }
  head.width = static_cast<std::uint32_t>(width);
  head.outputs = static_cast<std::uint32_t>(std::max({classes, targets, std::int64_t{1}}));
  return head;
}

// ---- which trees ----

// Trees of the rounds up to the best one. Before 2.0 files do not say where rounds begin; then each
// has num_parallel_tree for every output, or, where that is not said either (before 1.6),
// best_ntree_limit counts the trees of an output.
Result<std::size_t> trees_until_best(const Head& head, Value model, std::int64_t best,
                                     std::size_t trees) {
  const auto refuse = [&](std::string_view what) {
    return error(
        "model.xgboost.best_iteration",
        fmt::format("best_iteration is {}, but {}; the file has {} trees", best, what, trees));
  };
  if (best < 0 || best >= static_cast<std::int64_t>(trees)) return refuse("there is no such round");
  const Value begins = model.find("iteration_indptr");
  if (begins.size() > 0) {
    std::vector<std::int32_t> begin(begins.size());
    if (!read_integers(begins, begin) || best + 1 >= static_cast<std::int64_t>(begin.size()))
      return refuse("iteration_indptr does not say where it ends");
    const std::int32_t end = begin[static_cast<std::size_t>(best) + 1];
    if (end < 0 || static_cast<std::size_t>(end) > trees)
      return refuse(fmt::format("iteration_indptr ends it at tree {}", end));
    return static_cast<std::size_t>(end);
  }
  const auto parallel = model.find("gbtree_model_param").find("num_parallel_tree").as_integer();
  const auto limit = head.learner.find("attributes").find("best_ntree_limit").as_integer();
  const std::int64_t per_output = parallel && *parallel > 0 && *parallel <= kMaxFeatures
                                      ? (best + 1) * *parallel
                                      : limit.value_or(best + 1);
  if (per_output <= 0 || per_output > static_cast<std::int64_t>(trees))
    return refuse(fmt::format("that round would end after {} trees", per_output));
  return std::min(trees, static_cast<std::size_t>(per_output) * head.outputs);
}

Result<std::vector<float>> dart_weights(const Head& head, Value model, std::size_t trees) {
  std::vector<float> weights;
  // Since 3.3 the weights lie beside the trees, in a gbtree; before, in the outer booster.
  const Value array =
      head.dart.is_missing() ? model.find("weight_drop") : head.dart.find("weight_drop");
  if (array.is_missing()) return weights;
  weights.resize(array.size());
  if (weights.size() > trees || !read_floats(array, weights)) {
    return error("model.xgboost.weight_drop",
                 fmt::format("weight_drop has {} values, one number for each of the {} trees "
                             "expected",
                             array.size(), trees));
  }
  weights.resize(trees, 1);
  return weights;
}

Result<Forest> choose_trees(const Head& head, Value model, const XgboostOptions& options,
                            std::vector<std::string>* notes) {
  Forest forest;
  ASSIGN_OR_RETURN(const Value trees, require_array(model, "trees"));
  forest.trees = trees.items();
  ASSIGN_OR_RETURN(const Value info, require_array(model, "tree_info"));
  forest.output.resize(info.size());
  if (info.size() != forest.trees.size() || !read_integers(info, forest.output)) {
    return error("model.xgboost.tree_info",
                 fmt::format("tree_info has {} entries, the file has {} trees", info.size(),
                             forest.trees.size()));
  }
  ASSIGN_OR_RETURN(forest.weight, dart_weights(head, model, forest.trees.size()));
  const Value best = head.learner.find("attributes").find("best_iteration");
  if (best.is_missing()) return forest;
  ASSIGN_OR_RETURN(const std::int64_t round,
                   require_integer(head.learner.find("attributes"), "best_iteration"));
  ASSIGN_OR_RETURN(const std::size_t count,
                   trees_until_best(head, model, round, forest.trees.size()));
  if (!options.stop_at_best_iteration) {
    if (count < forest.trees.size()) {
      notes->push_back(fmt::format(
          "best_iteration is {}: Booster.predict uses all {} trees, and so does this; the "
          "wrappers of scikit-learn stop after {}",
          round, forest.trees.size(), count));
    }
    return forest;
  }
  forest.trees.resize(count);
  forest.output.resize(count);
  if (!forest.weight.empty()) forest.weight.resize(count);
  return forest;
}

// ---- the graph ----

// Before 1.4, DART added a row's trees first and the base score last.
void add_base_last(std::span<const float> base, TreeEnsemble* e) {
  std::vector<std::int32_t> roots(e->roots.begin(), e->roots.end());
  std::vector<std::uint32_t> output(e->tree_output.begin(), e->tree_output.end());
  std::vector<double> leaves(e->leaf_value.begin(), e->leaf_value.end());
  std::vector<float> cover(e->cover.begin(), e->cover.end());
  for (std::size_t j = 0; j < base.size(); ++j) {
    roots.push_back(~static_cast<std::int32_t>(leaves.size()));
    output.push_back(static_cast<std::uint32_t>(j));
    leaves.push_back(base[j]);
    if (!cover.empty()) cover.push_back(1);
  }
  e->roots = std::move(roots);
  e->tree_output = std::move(output);
  e->leaf_value = std::move(leaves);
  e->cover = std::move(cover);
}

Result<TreeEnsemble> read_booster(const Head& head, std::span<const float> base,
                                  const XgboostOptions& options, std::vector<std::string>* notes) {
  if (head.booster_name == "gblinear") return read_linear(head.booster, base, head.width);
  ASSIGN_OR_RETURN(const Value model, require_object(head.booster, "model"));
  ASSIGN_OR_RETURN(Forest forest, choose_trees(head, model, options, notes));
  // Each tree by itself started at the base score, which was then taken away again.
  const bool dart = !head.dart.is_missing();
  if (options.in_place && dart && head.version >= Version{1, 4} && head.version < Version{3, 3})
    forest.detour.assign(base.begin(), base.end());
  ASSIGN_OR_RETURN(TreeEnsemble trees, read_trees(forest, head.width, head.outputs));
  const bool base_last = dart && head.version < Version{1, 4};
  if (base_last && trees.leaf_width == 1) {
    add_base_last(base, &trees);
  } else {
    trees.base = std::vector<double>(base.begin(), base.end());
  }
  return trees;
}

ValueId last(const Model& model) { return static_cast<ValueId>(model.nodes.size()); }

// `missing` is compared with what is left of a value in float.
void add_missing(double missing, std::uint32_t width, Model* model) {
  model->nodes.push_back({.inputs = {last(*model)}, .op = Map{MapKind::kToFloat32}});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  model->nodes.push_back({.inputs = {last(*model)},
                          .op = Replace{std::vector<double>(width, static_cast<float>(missing)),
                                        std::vector<double>(width, nan)}});
  model->notes.push_back(fmt::format("{} reads as missing", missing));
}

void add_predictions(const Objective& objective, Model* model) {
  model->margin = last(*model);
  if (objective.step)
    model->nodes.push_back({.inputs = {model->margin}, .op = Map{MapKind::kIsPositive}});
  if (objective.link.kind != LinkKind::kIdentity)
    model->nodes.push_back({.inputs = {model->margin}, .op = objective.link});
  model->prediction = last(*model);
  if (!objective.label_by_margin) return;
  model->nodes.push_back({.inputs = {model->margin}, .op = Reduce{ReduceKind::kArgMax}});
  model->outputs.label = last(*model);
}

// Bounds in float32 ulp between this link and the same formula with any expf within 1 ulp of the
// true value. Sigmoid and exp: all floats tried; softmax: by adding up, 2 were seen.
void set_exactness(LinkKind link, Model* model) {
  std::uint32_t& ulp = model->exactness.prediction_ulp;
  if (link == LinkKind::kExpFloat) ulp = 1;
  if (link == LinkKind::kSigmoidFloat) ulp = 4;
  if (link == LinkKind::kSoftmaxFloat) ulp = 8;
  if (ulp > 0) {
    model->exactness.why =
        "the link uses expf; XGBoost takes the C library's, which is not correctly rounded";
  }
}

void set_outputs(const Objective& objective, std::uint32_t columns, Model* model) {
  model->outputs.float32 = true;
  model->outputs.task = objective.task;
  if (objective.task == Task::kBinary) model->outputs.classes = {"0", "1"};
  if (objective.task == Task::kMulticlass) {
    for (std::uint32_t j = 0; j < columns; ++j) model->outputs.classes.push_back(std::to_string(j));
  }
  if (!objective.note.empty()) model->notes.push_back(objective.note);
}

Result<Model> read(const File& file, const XgboostOptions& options) {
  ASSIGN_OR_RETURN(const Head head, read_head(file.root()));
  ASSIGN_OR_RETURN(const Value objective_value, require_object(head.learner, "objective"));
  ASSIGN_OR_RETURN(const std::string_view name, require_string(objective_value, "name"));
  ASSIGN_OR_RETURN(const Objective objective, objective_of(name, head.version, head.outputs));
  ASSIGN_OR_RETURN(const std::string_view score,
                   require_string(head.learner.find("learner_model_param"), "base_score"));
  ASSIGN_OR_RETURN(const auto base, base_margins(objective, score, head.outputs));
  Model model;
  const Version& v = head.version;
  model.source = {"XGBoost", fmt::format("{}.{}.{}", v.major, v.minor, v.patch),
                  file.is_ubjson() ? "UBJSON" : "JSON"};
  ASSIGN_OR_RETURN(auto inputs, read_inputs(head.learner, head.booster.find("model").find("cats"),
                                            head.version, head.width));
  model.inputs = std::move(inputs.inputs);
  model.notes = std::move(inputs.notes);
  if (options.missing && !std::isnan(*options.missing))
    add_missing(*options.missing, head.width, &model);
  ASSIGN_OR_RETURN(auto booster, read_booster(head, base, options, &model.notes));
  model.nodes.push_back({.inputs = {last(model)}, .op = std::move(booster)});
  add_predictions(objective, &model);
  set_outputs(objective, head.outputs, &model);
  set_exactness(objective.link.kind, &model);
  RETURN_IF_ERROR(check(model));
  return model;
}

}  // namespace
}  // namespace xgboost

bool is_xgboost(std::string_view bytes) {
  return xgboost::looks_like_ubjson(bytes) || has_root_key(bytes, "learner") ||
         (has_root_key(bytes, "Config") && has_root_key(bytes, "Model"));
}

Result<Model> read_xgboost(std::string_view bytes, const XgboostOptions& options) {
  ASSIGN_OR_RETURN(const xgboost::File file, xgboost::File::parse(bytes));
  return xgboost::read(file, options);
}

// The legacy header is 136 bytes: base score, features, classes, ...; then come the names of
// objective and booster, each with its length in 8 bytes.
bool is_xgboost_binary(std::string_view bytes) {
  constexpr std::size_t kHeader = 136;
  if (bytes.starts_with("binf")) return true;
  std::uint64_t length = 0;
  if (bytes.size() < kHeader + sizeof(length)) return false;
  std::memcpy(&length, bytes.data() + kHeader, sizeof(length));
  if (length == 0 || length > 64 || bytes.size() - kHeader - sizeof(length) < length) return false;
  const std::string_view objective = bytes.substr(kHeader + sizeof(length), length);
  return objective.find(':') != objective.npos && objective.find('\0') == objective.npos;
}

Error refuse_xgboost_binary() {
  return Error(
      Code::kUnimplemented, "model.import.format",
      "this is a model in XGBoost's old binary format, which XGBoost itself no longer reads "
      "since 3.1: convert it once: pip install 'xgboost<3.1' && python -c \"import xgboost; "
      "xgboost.Booster(model_file='FILE').save_model('FILE.ubj')\"");
}

}  // namespace slipway::model
