// Pickle (protocols 0 to 5) and joblib files, read as data: a stack machine that builds a tree of
// values and never calls, imports or evaluates anything.
//
//   if (looks_like_pickle(bytes)) ...
//   ASSIGN_OR_RETURN(const Document document, read_pickle(file->text(), file));
//   visit(document.root());
//
// joblib: raw arrays behind the pickle (used in place, in the mapped file, where they are aligned),
// zlib, gzip, bz2, xz/lzma and lz4 frames. What numpy's reducers, scipy.sparse and pandas build is
// understood as far as estimators hold it; every other class stays a kObject with its name. A name
// that no estimator needs is refused with kPermissionDenied "model.pickle.forbidden" and its byte
// offset; damaged or hostile streams with kDataLoss / kResourceExhausted "model.pickle.*" and the
// offset. Pure function; safe from any thread. Source: CPython's Lib/pickletools.py describes the
// opcodes; NEP 1 and joblib's NumpyPickler the arrays.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "model/import/pickle/value.h"

namespace slipway::model::pickle {

struct Limits {
  std::size_t max_values = std::size_t{50} * 1000 * 1000;  // of about 160 bytes
  std::size_t max_depth = 1000;                            // containers inside containers, as built
  std::size_t max_unpacked_bytes = std::size_t{16} << 30;  // of a compressed joblib file
  std::size_t max_expansion = 2000;                        // unpacked / packed
};

class Document {
 public:
  const Value& root() const;
  // Bytes of the (unpacked) stream, for reports.
  std::size_t size() const;

  struct Store;
  explicit Document(std::shared_ptr<const Store> store);

 private:
  std::shared_ptr<const Store> store_;
};

// By the first bytes: a protocol mark, or a compression that joblib uses.
bool looks_like_pickle(std::string_view bytes);

// `owner` keeps `bytes` alive as long as the document lives; null: the caller does.
Result<Document> read_pickle(std::string_view bytes, std::shared_ptr<const void> owner,
                             const Limits& limits = {});

}  // namespace slipway::model::pickle
