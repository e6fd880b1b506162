// SPDX-License-Identifier: Apache-2.0
#include "model/import/import.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

#include "base/file.h"
#include "model/blob.h"
#include "model/import/catboost/catboost.h"
#include "model/import/lightgbm/dump.h"
#include "model/import/lightgbm/lightgbm.h"
#include "model/import/onnx/onnx.h"
#include "model/import/pickle/pickle.h"
#include "model/import/sklearn/sklearn.h"
#include "model/import/tokenizer/tokenizer.h"
#include "model/import/xgboost/xgboost.h"

namespace slipway::model {
namespace {

// Formats that slipway knows by sight and does not read, with what to do instead.
struct Known {
  std::string_view prefix;
  std::string_view what;
  std::string_view way_on;
};

constexpr std::array kKnown{
    Known{"PK\x03\x04", "a zip archive (PyTorch, Keras or skops)",
          "export the model to LightGBM text"},
    Known{"GGUF", "a GGUF language model", "slipway serves tabular models so far"},
    Known{"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras)", "slipway serves tree models so far"},
    Known{"PAR1", "a Parquet table, not a model", "pass the model first, then the rows"},
    Known{
        "{", "JSON, but no model of XGBoost, LightGBM or CatBoost",
        "XGBoost's have 'learner' at the top, LightGBM's 'tree_info', CatBoost's 'features_info'"},
};

std::string sight_of(std::string_view bytes) {
  std::string seen;
  for (const char c : bytes.substr(0, 12)) {
    const auto byte = static_cast<unsigned char>(c);
    seen += byte >= 0x20 && byte < 0x7F ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return seen;
}

Error refuse(std::string_view bytes) {
  if (is_tokenizer_json(bytes))
    return Error(Code::kUnimplemented, "model.import.format",
                 "this is a tokenizer, half of a model: name the folder that holds it beside its "
                 "model.onnx");
  for (const auto& known : kKnown) {
    if (!bytes.starts_with(known.prefix)) continue;
    return Error(
        Code::kUnimplemented, "model.import.format",
        fmt::format("this is {}, which this version does not read: {}", known.what, known.way_on));
  }
  if (bytes.empty())
    return Error(Code::kInvalidArgument, "model.import.empty", "the file is empty");
  return Error(
      Code::kInvalidArgument, "model.import.unknown",
      fmt::format("not a model file that slipway knows: it starts with '{}'; read are "
                  "scikit-learn pickles and joblib files, LightGBM text files and dumps, XGBoost "
                  "JSON and UBJSON, CatBoost models, ONNX files, and slipway's own model.slip",
                  sight_of(bytes)));
}

// What a pickle holds is told by the class of its root.
Result<Model> read_pickled(std::string_view bytes, std::shared_ptr<const void> owner,
                           const ImportOptions& options) {
  ASSIGN_OR_RETURN(const auto document, pickle::read_pickle(bytes, std::move(owner)));
  if (is_sklearn(document)) return read_sklearn(document, options.start_at, options.columns);
  return Error(Code::kUnimplemented, "model.import.pickle",
               fmt::format("this is a pickle of {}, which slipway does not read: it reads fitted "
                           "estimators of scikit-learn, XGBoost, LightGBM and CatBoost",
                           describe(document.root())));
}

Result<Model> read(std::string_view bytes, std::shared_ptr<const void> owner,
                   const ImportOptions& options) {
  if (is_lightgbm_text(bytes)) return read_lightgbm_text(bytes, options.categorical);
  if (is_blob(bytes)) return read_blob(bytes, std::move(owner));
  if (is_xgboost(bytes)) return read_xgboost(bytes);
  if (is_catboost(bytes)) return read_catboost(bytes);
  if (is_lightgbm_dump(bytes)) return read_lightgbm_dump(bytes, options.categorical);
  if (pickle::looks_like_pickle(bytes)) return read_pickled(bytes, std::move(owner), options);
  if (is_onnx(bytes)) return read_onnx(bytes);
  if (is_xgboost_binary(bytes)) return refuse_xgboost_binary();
  return refuse(bytes);
}

}  // namespace

Result<Model> import_bytes(std::string_view bytes, const std::string& name,
                           const ImportOptions& options) {
  auto model = read(bytes, nullptr, options);
  if (!model) return std::move(model).error().with_context(name);
  return model;
}

Result<Model> import_file(const std::string& path, const ImportOptions& options) {
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  // The file stays mapped as long as arrays point into it.
  auto model = read(file->text(), file, options);
  if (!model) return std::move(model).error().with_context(path);
  return model;
}

}  // namespace slipway::model
