// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/names.h"

#include <gtest/gtest.h>

#include <string>

namespace slipway::model::pickle {
namespace {

std::string standing(std::string_view module, std::string_view name) {
  const auto checked = check_name({module, name}, 34);
  return checked ? "kept" : std::string(checked.error().reason());
}

TEST(Names, WhatEstimatorsHoldIsKept) {
  for (const auto& [module, name] : {QualifiedName{"sklearn.pipeline", "Pipeline"},
                                     {"sklearn.tree._tree", "Tree"},
                                     {"sklearn._loss._loss", "__pyx_unpickle_CyHalfSquaredError"},
                                     {"numpy", "log1p"},
                                     {"numpy", "float64"},
                                     {"numpy.core.multiarray", "_reconstruct"},
                                     {"numpy.random._pickle", "__randomstate_ctor"},
                                     {"numpy.random.mtrand", "RandomState"},
                                     {"scipy.stats._distn_infrastructure", "rv_frozen"},
                                     {"scipy.sparse._csr", "csr_matrix"},
                                     {"xgboost.sklearn", "XGBClassifier"},
                                     {"lightgbm.basic", "Booster"},
                                     {"catboost.core", "CatBoost"},
                                     {"_catboost", "_CatBoost"},
                                     {"joblib.numpy_pickle", "NumpyArrayWrapper"},
                                     {"collections", "OrderedDict"},
                                     {"copyreg", "_reconstructor"},
                                     {"_codecs", "encode"},
                                     {"builtins", "slice"},
                                     {"datetime", "date"},
                                     {"decimal", "Decimal"},
                                     {"uuid", "UUID"},
                                     {"re", "_compile"},
                                     {"functools", "partial"},
                                     {"pathlib", "PosixPath"},
                                     {"logging", "getLogger"},
                                     {"pandas.core.indexes.base", "_new_Index"},
                                     {"types", "SimpleNamespace"},
                                     {"math", "log"},
                                     {"operator", "add"}}) {
    EXPECT_EQ(standing(module, name), "kept") << module << " " << name;
  }
}

TEST(Names, NamesOfThePeopleWhoTrainedItAreKept) {
  EXPECT_EQ(standing("__main__", "add_ratios"), "kept");
  EXPECT_EQ(standing("mypkg.code.test", "Outer.Inner"), "kept");
  EXPECT_EQ(standing("caf\xc3\xa9", "Mod\xc3\xa8le"), "kept");
  EXPECT_EQ(standing("__main__", "<lambda>"), "kept");
}

TEST(Names, WhatLoadsOrRunsThingsIsForbidden) {
  for (const auto& [module, name] : {QualifiedName{"os", "system"},
                                     {"posix", "system"},
                                     {"subprocess", "run"},
                                     {"builtins", "eval"},
                                     {"builtins", "getattr"},
                                     {"builtins", "__import__"},
                                     {"_codecs", "decode"},
                                     {"copyreg", "add_extension"},
                                     {"types", "CodeType"},
                                     {"io", "BytesIO"},
                                     {"_io", "open"},
                                     {"numpy.f2py.diagnose", "run"},
                                     {"numpy", "load"},
                                     {"pandas.io.pickle", "read_pickle"},
                                     {"joblib.externals.loky", "x"},
                                     {"torch", "load"},
                                     {"torch._utils", "_rebuild_tensor_v2"},
                                     {"logging.config", "dictConfig"},
                                     {"multiprocessing.pool", "Pool"},
                                     {"_operator", "attrgetter"}}) {
    EXPECT_EQ(standing(module, name), "model.pickle.forbidden") << module << " " << name;
  }
}

TEST(Names, AttributesThatLeadOutOfTheirModuleAreForbidden) {
  EXPECT_EQ(standing("sklearn.utils", "os.system"), "model.pickle.forbidden");
  EXPECT_EQ(standing("sklearn.utils", "os"), "model.pickle.forbidden");
  EXPECT_EQ(standing("sklearn.base", "clone.__globals__"), "model.pickle.forbidden");
  EXPECT_EQ(standing("sklearn", "__builtins__"), "model.pickle.forbidden");
  EXPECT_EQ(standing("numpy.random._pickle", "__generator_ctor"), "kept") << "begins as one only";
}

TEST(Names, TheMessageSaysWhatWhereAndWhy) {
  const auto checked = check_name({"os", "system"}, 34);
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().code(), Code::kPermissionDenied);
  EXPECT_NE(checked.error().message().find("names os.system (byte 34): slipway never runs code"),
            std::string::npos);
}

TEST(Names, WhatPythonCannotHaveWrittenIsNoName) {
  EXPECT_EQ(standing("", "x"), "model.pickle.name");
  EXPECT_EQ(standing("a b", "x"), "model.pickle.name");
  EXPECT_EQ(standing("a", "x\n"), "model.pickle.name");
  EXPECT_EQ(standing("a.", "x"), "model.pickle.name");
  EXPECT_EQ(standing("a", "\xff"), "model.pickle.name");
  EXPECT_EQ(standing("a", std::string(1001, 'x')), "model.pickle.name");
}

TEST(Names, Python2sNamesAreReadAsPython3s) {
  EXPECT_EQ(modern({"__builtin__", "xrange"}).name, "range");
  EXPECT_EQ(modern({"__builtin__", "eval"}).module, "builtins");
  EXPECT_EQ(modern({"copy_reg", "_reconstructor"}).module, "copyreg");
  EXPECT_EQ(modern({"exceptions", "ValueError"}).module, "builtins");
  EXPECT_EQ(modern({"sklearn.base", "long"}).name, "long");
}

}  // namespace
}  // namespace slipway::model::pickle
