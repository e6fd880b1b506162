// For tests: small models in LightGBM's own format, and a server that serves them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "deploy/core/catalogue.h"
#include "deploy/core/load.h"

namespace slipway::deploy::realtime {

struct TestModel {
  std::string objective = "regression";
  std::vector<std::string> features = {"a", "b"};
  std::size_t classes = 1;
  std::string pandas_categorical = "null";
};

// Stumps on every feature at 0.5, for each class with leaves of its own.
inline std::string lightgbm_text(const TestModel& model) {
  std::string text = fmt::format(
      "tree\nversion=v4\nnum_class={0}\nnum_tree_per_iteration={0}\nlabel_index=0\n"
      "max_feature_idx={1}\nobjective={2}\nfeature_names={3}\nfeature_infos=",
      model.classes, model.features.size() - 1, model.objective, join(model.features, " "));
  for (std::size_t i = 0; i < model.features.size(); ++i) text += i == 0 ? "[-9:9]" : " [-9:9]";
  text += "\ntree_sizes=1\n\n";
  std::size_t tree = 0;
  for (std::size_t feature = 0; feature < model.features.size(); ++feature) {
    for (std::size_t of = 0; of < model.classes; ++of, ++tree) {
      text += fmt::format(
          "Tree={}\nnum_leaves=2\nnum_cat=0\nsplit_feature={}\nthreshold=0.5\ndecision_type=10\n"
          "left_child=-1\nright_child=-2\nleaf_value={} {}\nshrinkage=1\n\n",
          tree, feature, 0.1 * static_cast<double>(of + 1) + static_cast<double>(feature),
          -0.3 * static_cast<double>(of + 1));
    }
  }
  return text + "end of trees\n\npandas_categorical:" + model.pandas_categorical + "\n";
}

// A number, a category of text, one of numbers and one of bools; each adds its own power of two.
inline std::string mixed_model_text() {
  std::string text =
      "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
      "max_feature_idx=3\nobjective=regression\nfeature_names=distance carrier month weekend\n"
      "feature_infos=[0:9] 0:1:2 0:1 0:1\ntree_sizes=1\n\n"
      "Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=100.5\ndecision_type=10\n"
      "left_child=-1\nright_child=-2\nleaf_value=0 1\nshrinkage=1\n\n";
  // Category sets as bits: the second carrier, the second month, weekend true.
  for (int tree = 1; tree < 4; ++tree) {
    text += fmt::format(
        "Tree={0}\nnum_leaves=2\nnum_cat=1\nsplit_feature={0}\nthreshold=0\ndecision_type=1\n"
        "left_child=-1\nright_child=-2\nleaf_value={1} 0\ncat_boundaries=0 1\n"
        "cat_threshold=2\nshrinkage=1\n\n",
        tree, 1 << tree);
  }
  return text +
         "end of trees\n\n"
         "pandas_categorical:[[\"AA\", \"B6\", \"UA\"], [1, 2], [false, true]]\n";
}

inline Loaded load_test_model(const std::string& name, const std::string& text) {
  const TemporaryFolder folder = TemporaryFolder::create().value();
  const std::string path = folder / (name + ".txt");
  (void)write_file_atomically(path, text).has_value();
  return load_model(path, {}).value();
}

inline Loaded load_test_model(const std::string& name, const TestModel& model) {
  return load_test_model(name, lightgbm_text(model));
}

}  // namespace slipway::deploy::realtime
