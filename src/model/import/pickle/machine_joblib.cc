// joblib's arrays: the wrapper of an array is pickled, and its bytes follow in the same file.
// Source: joblib.numpy_pickle, versions 0.10 to 1.6.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "model/import/pickle/dtype.h"
#include "model/import/pickle/machine.h"

namespace slipway::model::pickle {
namespace {

// sklearn.externals.joblib was a copy of joblib until scikit-learn 0.21.
bool is_wrapper(std::string_view name) {
  return name == "joblib.numpy_pickle.NumpyArrayWrapper" ||
         name == "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper";
}

bool is_old_wrapper(std::string_view name) {
  return name.find("joblib.numpy_pickle") != std::string_view::npos &&
         name.ends_with("NDArrayWrapper");
}

const Value* attribute_of(const Node& wrapper, std::string_view name, Kind kind) {
  const Value* found = wrapper.attribute(name);
  return found != nullptr && found->kind == kind ? found : nullptr;
}

Error bad_wrapper(const Node& wrapper, std::string_view what) {
  return damaged("model.pickle.array", wrapper.offset,
                 fmt::format("an array that joblib wrote has {}", what));
}

}  // namespace

Result<void> Machine::after_build(Node* object) {
  if (is_old_wrapper(object->text)) {
    return Error(Code::kUnimplemented, "model.pickle.old_joblib",
                 fmt::format("byte {}: joblib before 0.10 saved this array in a file of its own: "
                             "load the model with the joblib that wrote it and save it again with "
                             "joblib 1.2 or newer",
                             object->offset));
  }
  if (options_.raw_arrays && is_wrapper(object->text)) return read_raw_array(object);
  return {};
}

Result<void> Machine::read_raw_array(Node* wrapper) {
  // Six in joblib's; any number of wrappers may share a larger dict, and each looks through it.
  constexpr std::size_t kMostAttributes = 32;
  if (wrapper->state->kind != Kind::kDict || wrapper->state->entries.size() > kMostAttributes)
    return bad_wrapper(*wrapper, "another state than joblib gives it");
  const Value* described = wrapper->attribute("dtype");
  const Value* extents = wrapper->attribute("shape");
  const Value* order = attribute_of(*wrapper, "order", Kind::kText);
  if (described == nullptr || extents == nullptr || order == nullptr)
    return bad_wrapper(*wrapper, "no dtype, shape or order");
  ASSIGN_OR_RETURN(Dtype dtype, read_dtype(*described, wrapper->offset));
  if (dtype.has_objects) return read_nested(wrapper);
  ASSIGN_OR_RETURN(Shape shape, read_shape(*extents, wrapper->offset));
  ASSIGN_OR_RETURN(const std::uint64_t size, bytes_of(dtype, shape, wrapper->offset));
  ASSIGN_OR_RETURN(const std::string_view raw, take_array_bytes(*wrapper, size));
  return make_array(arena_, wrapper, std::move(dtype), std::move(shape), order->text == "F", raw);
}

// Since joblib 1.2 a byte says how much padding aligns the array in the file.
Result<std::string_view> Machine::take_array_bytes(const Node& wrapper, std::uint64_t size) {
  if (attribute_of(wrapper, "numpy_array_alignment_bytes", Kind::kInt) != nullptr) {
    ASSIGN_OR_RETURN(const std::uint64_t padding, stream_.number<1>());
    const auto skipped = stream_.take(padding);
    if (!skipped) return skipped.error();
  }
  return stream_.take(size);
}

// Objects follow as a pickle of their own, which holds no raw arrays: this goes one deep.
Result<void> Machine::read_nested(Node* wrapper) {
  Machine nested(&arena_, stream_, {.raw_arrays = false});
  ASSIGN_OR_RETURN(Node* const array, nested.run());
  stream_ = nested.stream_;
  RETURN_IF_ERROR(arena_.hold(wrapper, array, wrapper->offset));
  RETURN_IF_ERROR(arena_.charge(sizeof(Value), wrapper->offset));
  const std::size_t offset = wrapper->offset;
  static_cast<Value&>(*wrapper) = *array;
  wrapper->offset = offset;
  return {};
}

}  // namespace slipway::model::pickle
