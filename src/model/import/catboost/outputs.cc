// SPDX-License-Identifier: Apache-2.0
#include "model/import/catboost/outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/math/elementary.h"

namespace slipway::model {
namespace {

// What predict_proba() or predict() makes of the raw score.
enum class Kind : std::uint8_t {
  kValues,       // as they are
  kExponent,     // exp(x)
  kUncertainty,  // two columns: x, exp(2x)
  kRanking,      // as they are
  kBinary,       // sigmoid
  kMulticlass,   // softmax
  kOneVsAll,     // sigmoid per class
  kMultilabel,   // sigmoid per label
  kUnknown
};

struct Loss {
  std::string_view name;
  Kind kind;
};

constexpr std::array kLosses{
    Loss{"Logloss", Kind::kBinary},
    Loss{"CrossEntropy", Kind::kBinary},
    Loss{"Focal", Kind::kBinary},
    Loss{"MultiClass", Kind::kMulticlass},
    Loss{"MultiClassOneVsAll", Kind::kOneVsAll},
    Loss{"MultiLogloss", Kind::kMultilabel},
    Loss{"MultiCrossEntropy", Kind::kMultilabel},
    Loss{"RMSE", Kind::kValues},
    Loss{"MAE", Kind::kValues},
    Loss{"Quantile", Kind::kValues},
    Loss{"MultiQuantile", Kind::kValues},
    Loss{"LogLinQuantile", Kind::kValues},
    Loss{"Expectile", Kind::kValues},
    Loss{"MAPE", Kind::kValues},
    Loss{"Lq", Kind::kValues},
    Loss{"Huber", Kind::kValues},
    Loss{"LogCosh", Kind::kValues},
    Loss{"SurvivalAft", Kind::kValues},
    Loss{"Cox", Kind::kValues},
    Loss{"MultiRMSE", Kind::kValues},
    Loss{"MultiRMSEWithMissingValues", Kind::kValues},
    Loss{"Poisson", Kind::kExponent},
    Loss{"Tweedie", Kind::kExponent},
    Loss{"RMSEWithUncertainty", Kind::kUncertainty},
    Loss{"PairLogit", Kind::kRanking},
    Loss{"PairLogitPairwise", Kind::kRanking},
    Loss{"YetiRank", Kind::kRanking},
    Loss{"YetiRankPairwise", Kind::kRanking},
    Loss{"QueryRMSE", Kind::kRanking},
    Loss{"GroupQuantile", Kind::kRanking},
    Loss{"QuerySoftMax", Kind::kRanking},
    Loss{"QueryCrossEntropy", Kind::kRanking},
    Loss{"StochasticFilter", Kind::kRanking},
    Loss{"LambdaMart", Kind::kRanking},
    Loss{"StochasticRank", Kind::kRanking},
};

Error bad_classes(std::string what) {
  return catboost_error("model.catboost.classes", std::move(what));
}

class Builder {
 public:
  Builder(const CatBoostParts& parts, Model* model)
      : parts_(parts), model_(*model), dimension_(parts.trees.dimension) {}

  Result<void> run() {
    RETURN_IF_ERROR(add_scale_and_bias());
    const Kind kind = kind_of_loss();
    const bool classifies = kind == Kind::kMulticlass || kind == Kind::kOneVsAll ||
                            (kind == Kind::kMultilabel && dimension_ > 1);
    if (classifies) RETURN_IF_ERROR(add_unseen_classes());
    model_.margin = last();
    add_prediction(kind);
    return add_task(kind);
  }

 private:
  ValueId last() const { return static_cast<ValueId>(model_.nodes.size()); }
  ValueId add(std::vector<ValueId> inputs, Operator op) {
    model_.nodes.push_back({.inputs = std::move(inputs), .op = std::move(op)});
    return last();
  }

  // scale * sum + bias, each step rounded.
  Result<void> add_scale_and_bias() {
    std::vector<double> bias = parts_.bias;
    if (!bias.empty() && bias.size() != dimension_) {
      return catboost_error("model.catboost.bias",
                            fmt::format("{} biases for {} sums", bias.size(), dimension_));
    }
    if (!std::isfinite(parts_.scale) ||
        !std::all_of(bias.begin(), bias.end(), [](double b) { return std::isfinite(b); }))
      return catboost_error("model.catboost.bias", "scale or bias is not finite");
    if (parts_.scale != 1)
      add({last()}, Arithmetic{Arith::kMul, std::vector<double>{parts_.scale}});
    if (std::any_of(bias.begin(), bias.end(), [](double b) { return b != 0; }))
      add({last()}, Arithmetic{Arith::kAdd, std::move(bias)});
    return {};
  }

  Kind kind_of_loss() {
    const auto known = std::find_if(kLosses.begin(), kLosses.end(),
                                    [&](const Loss& loss) { return loss.name == parts_.loss; });
    if (known != kLosses.end()) return known->kind;
    // What predict_proba() of a classifier takes a loss for that it does not know.
    const std::size_t classes =
        std::max(parts_.classes.names.size(), parts_.classes.to_label.size());
    const std::string loss = parts_.loss.empty()
                                 ? "no loss in the file"
                                 : fmt::format("loss '{}' is a custom one", parts_.loss);
    if (classes < 2) {
      model_.notes.push_back(loss + ": predictions are the margins");
      return Kind::kUnknown;
    }
    model_.notes.push_back(loss +
                           ": probabilities as CatBoostClassifier gives them, by sigmoid or "
                           "softmax of the margins");
    return dimension_ == 1 ? Kind::kBinary : Kind::kMulticlass;
  }

  // Classes that the caller of the training named and the data did not have: their margin is minus
  // infinity.
  Result<void> add_unseen_classes() {
    const CatBoostClasses& classes = parts_.classes;
    const std::size_t count = class_count();
    std::vector<std::uint32_t> columns(count, dimension_);
    const bool mapped = !classes.to_label.empty();
    if (mapped && classes.to_label.size() != dimension_)
      return bad_classes(fmt::format("class_to_label has {} entries for {} sums",
                                     classes.to_label.size(), dimension_));
    bool in_order = count == dimension_;
    for (std::uint32_t d = 0; d < dimension_; ++d) {
      const std::int64_t label = mapped ? classes.to_label[d] : d;
      if (label < 0 || static_cast<std::uint64_t>(label) >= count)
        return bad_classes(fmt::format("sum {} is for class {} of {}", d, label, count));
      columns[static_cast<std::size_t>(label)] = d;
      in_order = in_order && label == d;
    }
    if (in_order) return {};
    const ValueId sums = last();
    const double never = -std::numeric_limits<double>::infinity();
    const ValueId nothing = add({sums}, Constant{std::vector<double>{never}});
    add({add({sums, nothing}, Concat{})}, Select{std::move(columns)});
    return {};
  }

  std::size_t class_count() const {
    const std::size_t named =
        std::max<std::size_t>(parts_.classes.names.size(), parts_.classes.count);
    return named > 0 ? named : dimension_;
  }

  void add_prediction(Kind kind) {
    const ValueId margin = model_.margin;
    model_.prediction = margin;
    switch (kind) {
      case Kind::kValues:
      case Kind::kRanking:
      case Kind::kUnknown:
        return;
      case Kind::kExponent:
        model_.prediction = add({margin}, Link{LinkKind::kExp});
        return promise(8);
      case Kind::kUncertainty:
        if (dimension_ != 2) return;
        add({add({margin}, Select{std::vector<std::uint32_t>{1}})},
            Arithmetic{Arith::kMul, std::vector<double>{2}});
        add({last()}, Link{LinkKind::kExp});
        model_.prediction =
            add({add({margin}, Select{std::vector<std::uint32_t>{0}}), last() - 1}, Concat{});
        return promise(8);
      case Kind::kBinary:
      case Kind::kOneVsAll:
      case Kind::kMultilabel:
        model_.prediction = add({margin}, Link{LinkKind::kSigmoid});
        return promise(8);
      case Kind::kMulticlass:
        model_.prediction = add({margin}, Link{LinkKind::kSoftmax});
        return promise(16);
    }
  }

  void promise(std::uint32_t ulp) {
    model_.exactness.prediction_ulp = ulp;
    model_.exactness.relative = 1e-15;
    model_.exactness.why =
        "the link uses exp; CatBoost's is its own, differs between CPUs, and never gives less than "
        "2e-308";
  }

  Result<void> add_task(Kind kind) {
    switch (kind) {
      case Kind::kRanking:
        model_.outputs.task = Task::kRanking;
        return {};
      case Kind::kBinary:
        return add_binary();
      case Kind::kMulticlass:
      case Kind::kOneVsAll:
        return add_multiclass();
      case Kind::kMultilabel:
        model_.notes.push_back("several labels: each prediction is the probability of one label");
        return {};
      case Kind::kUncertainty:
        model_.notes.push_back("predictions are the mean and the variance");
        return {};
      default:
        return {};
    }
  }

  // The class is told by the margin, as CatBoost does it: where the probability rounds to the
  // threshold the two would differ.
  Result<void> add_binary() {
    if (dimension_ != 1)
      return bad_classes(fmt::format("{} has {} sums, 1 expected", parts_.loss, dimension_));
    model_.outputs.task = Task::kBinary;
    model_.outputs.classes = parts_.classes.names;
    if (model_.outputs.classes.empty()) model_.outputs.classes = {"0", "1"};
    if (model_.outputs.classes.size() != 2)
      return bad_classes(
          fmt::format("{} classes for {}", model_.outputs.classes.size(), parts_.loss));
    ValueId above = model_.margin;
    const double threshold = parts_.probability_threshold;
    if (threshold != 0.5) {
      const double margin = -math::log(1 / threshold - 1);
      above = add({above}, Arithmetic{Arith::kSub, std::vector<double>{margin}});
    }
    model_.outputs.label = add({above}, Map{MapKind::kIsPositive});
    return {};
  }

  Result<void> add_multiclass() {
    model_.outputs.task = Task::kMulticlass;
    model_.outputs.classes = parts_.classes.names;
    for (std::size_t i = model_.outputs.classes.size(); i < class_count(); ++i)
      model_.outputs.classes.push_back(std::to_string(i));
    model_.outputs.label = add({model_.margin}, Reduce{ReduceKind::kArgMax});
    return {};
  }

  const CatBoostParts& parts_;
  Model& model_;
  const std::uint32_t dimension_;
};

}  // namespace

Result<void> add_catboost_outputs(const CatBoostParts& parts, Model* model) {
  return Builder(parts, model).run();
}

}  // namespace slipway::model
