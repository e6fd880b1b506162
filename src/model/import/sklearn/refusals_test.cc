// What is not read is refused by name, with what is read or the ways on.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/import/pickle/pickle.h"
#include "model/import/sklearn/sklearn.h"

namespace slipway::model {
namespace {

// Pieces of a pickle, protocol 2.
std::string text(std::string_view value) {
  const auto size = static_cast<unsigned char>(value.size());
  return std::string("X") + static_cast<char>(size) + std::string(3, '\0') + std::string(value);
}
std::string number(int value) { return "I" + std::to_string(value) + "\n"; }
std::string real(double value) { return "F" + std::to_string(value) + "\n"; }
std::string name(std::string_view module, std::string_view what) {
  return "c" + std::string(module) + "\n" + std::string(what) + "\n";
}
std::string list(const std::vector<std::string>& items) {
  std::string out = "](";
  for (const auto& item : items) out += item;
  return out + "e";
}

using Attributes = std::vector<std::pair<std::string, std::string>>;

std::string dict(const Attributes& entries) {
  std::string out = "}(";
  for (const auto& [key, value] : entries) out += text(key) + value;
  return out + "u";
}
std::string object(std::string_view module, std::string_view what, const Attributes& state) {
  return name(module, what) + ")\x81" + dict(state) + "b";
}

Error refused(const std::string& value) {
  const std::string bytes = "\x80\x02" + value + ".";
  const auto document = pickle::read_pickle(bytes, nullptr);
  EXPECT_TRUE(document) << document.error().message();
  if (!document) return document.error();
  const auto model = read_sklearn(document.value());
  EXPECT_FALSE(model);
  return model ? Error(Code::kInternal, "test.read", "it was read") : model.error();
}

void expect_refused(const std::string& value, std::string_view reason, std::string_view part) {
  const Error error = refused(value);
  EXPECT_EQ(error.code(), Code::kUnimplemented) << error.message();
  EXPECT_EQ(error.reason(), reason) << error.message();
  EXPECT_NE(error.message().find(part), std::string::npos) << error.message();
}

std::string machine(const std::string& kernel) {
  const std::string one = list({real(1)});
  return object("sklearn.svm._classes", "SVR",
                {{"kernel", kernel},
                 {"n_features_in_", number(1)},
                 {"support_vectors_", one},
                 {"_dual_coef_", one},
                 {"_intercept_", one},
                 {"_gamma", real(1)}});
}

TEST(SklearnRefusals, KernelsOfVectorMachines) {
  expect_refused(machine(text("precomputed")), "model.sklearn.kernel", "'precomputed'");
  expect_refused(machine(name("mine", "kernel")), "model.sklearn.kernel", "mine.kernel");
}

std::string vectorizer(const Attributes& own) {
  Attributes all{{"input", text("content")},      {"analyzer", text("word")},
                 {"lowercase", number(1)},        {"ngram_range", list({number(1), number(1)})},
                 {"token_pattern", text("\\w+")}, {"vocabulary_", dict({{"cat", number(0)}})}};
  for (const auto& one : own) all.push_back(one);  // the last one counts
  return object("sklearn.feature_extraction.text", "CountVectorizer", all);
}

TEST(SklearnRefusals, VectorizersThatRunCode) {
  const std::string code = name("mine", "split");
  expect_refused(vectorizer({{"tokenizer", code}}), "model.sklearn.callable", "tokenizer");
  expect_refused(vectorizer({{"preprocessor", code}}), "model.sklearn.callable", "preprocessor");
  expect_refused(vectorizer({{"analyzer", code}}), "model.sklearn.callable", "--start-at");
  expect_refused(vectorizer({{"strip_accents", code}}), "model.sklearn.callable", "accents");
}

TEST(SklearnRefusals, PatternsAndFiles) {
  expect_refused(vectorizer({{"token_pattern", text("[a-z]+")}}), "model.sklearn.token_pattern",
                 "'[a-z]+'");
  expect_refused(vectorizer({{"input", text("filename")}}), "model.sklearn.text_input",
                 "input='filename'");
}

TEST(SklearnRefusals, FeatureHasherKeepsNoNames) {
  expect_refused(object("sklearn.feature_extraction._hash", "FeatureHasher", {}),
                 "model.sklearn.feature_hasher", "--columns age,city:text");
}

TEST(SklearnRefusals, DictVectorizerWithAKeyOfTwoKinds) {
  expect_refused(
      object("sklearn.feature_extraction._dict_vectorizer", "DictVectorizer",
             {{"separator", text("=")}, {"feature_names_", list({text("a"), text("a=b")})}}),
      "model.sklearn.column", "'a' as number and as text");
}

TEST(SklearnRefusals, MoreHashedColumnsThanThereMayBe) {
  expect_refused(object("sklearn.feature_extraction.text", "HashingVectorizer",
                        {{"analyzer", text("word")},
                         {"ngram_range", list({number(1), number(1)})},
                         {"token_pattern", text("(?u)\\b\\w\\w+\\b")},
                         {"n_features", number(1 << 30)}}),
                 "model.sklearn.too_large", "2^26");
}

std::string neighbors(std::string_view what, const Attributes& own) {
  const std::string one = list({real(1)});
  Attributes all{{"n_features_in_", number(1)},
                 {"_fit_X", one},
                 {"_y", one},
                 {"n_neighbors", number(1)},
                 {"effective_metric_", text("euclidean")},
                 {"radius", real(1)},
                 {"weights", text("uniform")},
                 {"classes_", list({number(0), number(1)})}};
  for (const auto& each : own) all.push_back(each);
  return object("sklearn.neighbors", what, all);
}

TEST(SklearnRefusals, Neighbors) {
  expect_refused(neighbors("KNeighborsRegressor", {{"effective_metric_", text("haversine")}}),
                 "model.sklearn.metric", "'haversine'");
  expect_refused(neighbors("KNeighborsRegressor", {{"weights", name("mine", "weigh")}}),
                 "model.sklearn.weights", "mine.weigh");
  expect_refused(
      neighbors("KNeighborsRegressor", {{"effective_metric_params_", dict({{"w", real(1)}})}}),
      "model.sklearn.metric", "'w'");
  expect_refused(neighbors("RadiusNeighborsClassifier", {{"outputs_2d_", number(1)}}),
                 "model.sklearn.targets", "several targets");
  expect_refused(neighbors("RadiusNeighborsClassifier", {{"outlier_label_", list({number(7)})}}),
                 "model.sklearn.outlier_label", "'most_frequent'");
  expect_refused(neighbors("LocalOutlierFactor", {}), "model.sklearn.novelty", "novelty=True");
}

std::string process(const std::string& kernel) {
  const std::string one = list({real(1)});
  return object("sklearn.gaussian_process._gpr", "GaussianProcessRegressor",
                {{"n_features_in_", number(1)},
                 {"X_train_", one},
                 {"alpha_", one},
                 {"_y_train_std", real(1)},
                 {"_y_train_mean", real(0)},
                 {"kernel_", kernel}});
}

TEST(SklearnRefusals, KernelsOfProcesses) {
  constexpr std::string_view kKernels = "sklearn.gaussian_process.kernels";
  expect_refused(process(object(kKernels, "ExpSineSquared", {})), "model.sklearn.kernel",
                 "ExpSineSquared");
  expect_refused(process(object(kKernels, "Matern", {{"nu", real(0.7)}})), "model.sklearn.kernel",
                 "nu 0.7");
}

TEST(SklearnRefusals, ClassifiersOfProcessesBetweenEachTwoClasses) {
  expect_refused(
      object("sklearn.gaussian_process._gpc", "GaussianProcessClassifier",
             {{"n_features_in_", number(1)},
              {"classes_", list({number(0), number(1), number(2)})},
              {"base_estimator_", object("sklearn.multiclass", "OneVsOneClassifier", {})}}),
      "model.sklearn.multi_class", "one_vs_rest");
}

TEST(SklearnRefusals, ImputersThatRunCode) {
  const std::string one = list({real(1)});
  expect_refused(object("sklearn.impute._knn", "KNNImputer",
                        {{"n_features_in_", number(1)}, {"weights", name("mine", "weigh")}}),
                 "model.sklearn.weights", "KNNImputer");
  expect_refused(object("sklearn.impute._knn", "KNNImputer",
                        {{"n_features_in_", number(1)},
                         {"weights", text("uniform")},
                         {"metric", name("mine", "far")}}),
                 "model.sklearn.metric", "KNNImputer");
}

TEST(SklearnRefusals, SparseMatricesThatWouldNotFit) {
  const std::string huge = object("scipy.sparse._csr", "csr_matrix",
                                  {{"_shape", list({number(100000), number(100000)})},
                                   {"indptr", list({number(0)})},
                                   {"indices", list({number(0)})},
                                   {"data", list({real(1)})}});
  expect_refused(neighbors("KNeighborsRegressor", {{"_fit_X", huge}}), "model.sklearn.too_large",
                 "TruncatedSVD");
}

TEST(SklearnColumns, OfTreesBefore024) {
  const std::string dummy = object("sklearn.dummy", "DummyRegressor",
                                   {{"strategy", text("mean")},
                                    {"constant_", list({real(1)})},
                                    {"n_outputs_", number(1)},
                                    {"n_features_", number(3)}});
  const std::string bytes = "\x80\x02" + dummy + ".";
  const auto document = pickle::read_pickle(bytes, nullptr);
  ASSERT_TRUE(document) << document.error().message();
  const auto model = read_sklearn(document.value());
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(model.value().inputs.size(), 3U);
}

}  // namespace
}  // namespace slipway::model
