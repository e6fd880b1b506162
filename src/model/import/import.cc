// SPDX-License-Identifier: Apache-2.0
#include "model/import/import.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/file.h"
#include "model/blob.h"
#include "model/import/catboost/catboost.h"
#include "model/import/lightgbm/lightgbm.h"

namespace slipway::model {
namespace {

// Formats that slipway knows by sight and does not read, with what to do instead.
struct Known {
  std::string_view prefix;
  std::string_view what;
  std::string_view way_on;
};

constexpr std::array kKnown{
    Known{"\x80\x02", "a Python pickle", "for a LightGBM model: booster.save_model('model.txt')"},
    Known{"\x80\x03", "a Python pickle", "for a LightGBM model: booster.save_model('model.txt')"},
    Known{"\x80\x04", "a Python pickle", "for a LightGBM model: booster.save_model('model.txt')"},
    Known{"\x80\x05", "a Python pickle", "for a LightGBM model: booster.save_model('model.txt')"},
    Known{"PK\x03\x04", "a zip archive (PyTorch, Keras or skops)",
          "export the model to LightGBM text"},
    Known{"binf", "an old XGBoost binary", "retrain with LightGBM, or wait for the XGBoost reader"},
    Known{"GGUF", "a GGUF language model", "slipway serves tabular models so far"},
    Known{"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras)", "slipway serves tree models so far"},
    Known{"PAR1", "a Parquet table, not a model", "pass the model first, then the rows"},
    Known{"\x1f\x8b", "a gzip file", "unpack it first: gunzip FILE"},
    Known{"{", "JSON (an XGBoost model, perhaps)",
          "for LightGBM: booster.save_model('model.txt'), not dump_model()"},
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
  for (const auto& known : kKnown) {
    if (!bytes.starts_with(known.prefix)) continue;
    return Error(
        Code::kUnimplemented, "model.import.format",
        fmt::format("this is {}, which this version does not read: {}", known.what, known.way_on));
  }
  if (bytes.empty())
    return Error(Code::kInvalidArgument, "model.import.empty", "the file is empty");
  return Error(Code::kInvalidArgument, "model.import.unknown",
               fmt::format("not a model file that slipway knows: it starts with '{}'; read are "
                           "LightGBM text files and "
                           "slipway's own model.slip",
                           sight_of(bytes)));
}

Result<Model> read(std::string_view bytes, const ImportOptions& options) {
  if (is_lightgbm_text(bytes)) return read_lightgbm_text(bytes, options.categorical);
  if (is_blob(bytes)) return read_blob(bytes, nullptr);
  if (is_catboost(bytes)) return read_catboost(bytes);
  return refuse(bytes);
}

}  // namespace

Result<Model> import_bytes(std::string_view bytes, const std::string& name,
                           const ImportOptions& options) {
  auto model = read(bytes, options);
  if (!model) return std::move(model).error().with_context(name);
  return model;
}

Result<Model> import_file(const std::string& path, const ImportOptions& options) {
  ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  // A blob stays mapped: its arrays point into the file.
  auto model = is_blob(file->text()) ? read_blob(file->text(), file) : read(file->text(), options);
  if (!model) return std::move(model).error().with_context(path);
  return model;
}

}  // namespace slipway::model
