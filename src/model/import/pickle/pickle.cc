// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/pickle.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "model/import/pickle/machine.h"
#include "model/import/pickle/unpack.h"

namespace slipway::model::pickle {

namespace {

// What honest streams copy (argument tuples, converted texts) is a few times their size at most.
std::size_t most_copied_bytes(std::size_t stream_size) {
  constexpr std::size_t kTimes = 16;
  return (std::size_t{4} << 20) + kTimes * stream_size;
}

}  // namespace

struct Document::Store {
  std::shared_ptr<const void> owner;  // of the stream, unless it was unpacked
  Buffer unpacked;
  std::string_view stream;
  std::optional<Arena> arena;  // made when the size of the stream is known
  const Value* root = nullptr;
};

namespace {

bool is_old_zlib_file(std::string_view bytes) { return bytes.starts_with("ZF0x"); }

Error refuse_old_zlib_file() {
  return Error(Code::kUnimplemented, "model.pickle.old_joblib",
               "joblib before 0.10 compressed this file in a way of its own: load the model with "
               "the joblib that wrote it and save it again with joblib 1.2 or newer");
}

Result<void> read_stream(Document::Store* store, const Limits& limits) {
  if (store->stream.empty())
    return Error(Code::kDataLoss, "model.pickle.empty", "byte 0: there is nothing in it");
  store->arena.emplace(Arena::Limits{.max_values = limits.max_values,
                                     .max_depth = limits.max_depth,
                                     .max_copied_bytes = most_copied_bytes(store->stream.size())});
  Machine machine(&*store->arena, Stream(store->stream), {.raw_arrays = true});
  ASSIGN_OR_RETURN(store->root, machine.run());
  return {};
}

}  // namespace

Document::Document(std::shared_ptr<const Store> store) : store_(std::move(store)) {}
const Value& Document::root() const { return *store_->root; }
std::size_t Document::size() const { return store_->stream.size(); }

bool looks_like_pickle(std::string_view bytes) {
  if (bytes.size() >= 2 && bytes[0] == '\x80') return bytes[1] >= 1 && bytes[1] <= 5;
  // Protocols 0 and 1 have no mark; what an object begins with is one.
  for (const std::string_view start : {"ccopy_reg\n_reconstructor\n", "ccopyreg\n_reconstructor\n"})
    if (bytes.starts_with(start)) return true;
  return packing_of(bytes) != Packing::kNone || is_old_zlib_file(bytes);
}

Result<Document> read_pickle(std::string_view bytes, std::shared_ptr<const void> owner,
                             const Limits& limits) {
  if (is_old_zlib_file(bytes)) return refuse_old_zlib_file();
  auto store = std::make_shared<Document::Store>();
  const Packing packing = packing_of(bytes);
  if (packing == Packing::kNone) {
    store->owner = std::move(owner);
    store->stream = bytes;
  } else {
    ASSIGN_OR_RETURN(store->unpacked, unpack(packing, bytes,
                                             {.max_bytes = limits.max_unpacked_bytes,
                                              .max_expansion = limits.max_expansion}));
    store->stream = store->unpacked.text();
  }
  auto done = read_stream(store.get(), limits);
  if (!done && packing != Packing::kNone)
    return std::move(done).error().with_context(fmt::format("unpacked by {}", name_of(packing)));
  if (!done) return std::move(done).error();
  return Document(std::move(store));
}

}  // namespace slipway::model::pickle
