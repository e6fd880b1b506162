// numpy's reducers: arrays, scalars, and the one that protocol 5 uses.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "model/import/pickle/dtype.h"
#include "model/import/pickle/literals.h"
#include "model/import/pickle/makers_of.h"
#include "model/import/pickle/stream.h"

namespace slipway::model::pickle {
namespace {

Error bad_array(const Node& object, std::string_view what) {
  return damaged("model.pickle.array", object.offset, what);
}

// A dtype that is not read is not the file's fault: the call that needs it stays a kObject.
bool is_unread(const Error& error) { return error.code() == Code::kUnimplemented; }

// Subclasses that are arrays and nothing else.
bool is_plain_array(std::string_view name) {
  return name == "numpy.ndarray" || name == "numpy.memmap" || name == "numpy.matrix" ||
         name == "numpy.core.memmap.memmap" || name == "numpy._core.memmap.memmap" ||
         name == "numpy.matrixlib.defmatrix.matrix";
}

Result<std::string_view> raw_bytes(Arena& arena, const Value& value, std::size_t offset) {
  if (value.kind == Kind::kText) RETURN_IF_ERROR(arena.charge(value.text.size(), offset));
  if (value.kind == Kind::kText && !is_ascii(value.text)) {  // a Latin-1 text of Python 2
    ASSIGN_OR_RETURN(std::string bytes, utf8_to_latin1(value.text, offset));
    return arena.keep(std::move(bytes));
  }
  if (value.kind == Kind::kBytes || value.kind == Kind::kText) return value.text;
  return damaged("model.pickle.array", offset, "an array whose data are not bytes");
}

// _reconstruct(ndarray, (0,), b'b') and the state ([version, ]shape, dtype, is_fortran, data).
Result<void> set_array_state(Arena& arena, Node* object) {
  const Value* type = argument(*object, 0, Kind::kName);
  if (type == nullptr) return bad_array(*object, "an array without a class");
  if (!is_plain_array(type->text)) return {};
  const auto& state = *object->state;
  const std::size_t first = state.items.size() == 5 ? 1 : 0;
  if (state.kind != Kind::kTuple || state.items.size() - first != 4)
    return bad_array(*object, "an array whose state is not (shape, dtype, order, data)");
  auto dtype = read_dtype(*state.items[first + 1], object->offset);
  if (!dtype && is_unread(dtype.error())) return {};
  if (!dtype) return std::move(dtype).error();
  ASSIGN_OR_RETURN(Shape shape, read_shape(*state.items[first], object->offset));
  const Value& data = *state.items[first + 3];
  if (dtype.value().kind == 'O') {
    if (data.kind != Kind::kList) return bad_array(*object, "an array of objects without a list");
    return make_object_array(arena, object, std::move(shape), data.items);
  }
  if (dtype.value().has_objects) return {};  // records of objects come as a list of tuples
  ASSIGN_OR_RETURN(const std::string_view bytes, raw_bytes(arena, data, object->offset));
  const Value& order = *state.items[first + 2];
  const bool fortran =
      order.kind == Kind::kBool || order.kind == Kind::kInt ? order.integer : false;
  return make_array(arena, object, std::move(dtype).value(), std::move(shape), fortran, bytes);
}

// scalar(dtype, b'...'); of objects, or of a dtype that is not read, it stays a call.
Result<void> make_scalar(Arena& arena, Node* object) {
  if (object->items.size() != 2) return {};
  auto dtype = read_dtype(*object->items[0], object->offset);
  if (!dtype && is_unread(dtype.error())) return {};
  if (!dtype) return std::move(dtype).error();
  if (dtype.value().has_objects) return {};
  ASSIGN_OR_RETURN(const std::string_view bytes,
                   raw_bytes(arena, *object->items[1], object->offset));
  return make_array(arena, object, std::move(dtype).value(), {}, false, bytes);
}

// The axes of an array in memory, as its transposition names them: each once.
Result<std::vector<std::size_t>> read_axes(const Node& object, const Value& value,
                                           std::size_t dimensions) {
  std::vector<std::size_t> axes;
  std::vector<bool> seen(dimensions, false);
  for (const Value* item : value.items) {
    const bool sound = item->kind == Kind::kInt && item->integer >= 0 &&
                       static_cast<std::uint64_t>(item->integer) < dimensions &&
                       !seen[static_cast<std::size_t>(item->integer)];
    if (!sound) return bad_array(object, "an array whose axes are not a permutation");
    axes.push_back(static_cast<std::size_t>(item->integer));
    seen[axes.back()] = true;
  }
  if (axes.size() != dimensions)
    return bad_array(object, "an array whose axes are not a permutation");
  return axes;
}

struct Transposition {
  const Shape& stored;
  const std::vector<std::size_t>& axes;  // of the array -> of what is stored
  std::size_t item_size;
};

// The items in C order of the transposed array.
std::string transpose(const Transposition& t, std::string_view bytes) {
  const std::size_t dimensions = t.axes.size();
  std::vector<std::size_t> stored_stride(dimensions, t.item_size);
  for (std::size_t i = dimensions - 1; i-- > 0;)
    stored_stride[i] = stored_stride[i + 1] * t.stored[i + 1];
  std::vector<std::uint64_t> at(dimensions, 0);
  std::size_t source = 0;
  std::string out(bytes.size(), '\0');
  for (std::size_t to = 0; to < out.size(); to += t.item_size) {
    std::memcpy(out.data() + to, bytes.data() + source, t.item_size);
    for (std::size_t i = dimensions; i-- > 0;) {
      const std::size_t axis = t.axes[i];
      source += stored_stride[axis];
      if (++at[i] < t.stored[axis]) break;
      source -= stored_stride[axis] * t.stored[axis];
      at[i] = 0;
    }
  }
  return out;
}

// order 'K': what is stored is C-contiguous, the array is its transposition.
Result<void> make_transposed(Arena& arena, Node* object, Dtype dtype, const Shape& stored,
                             std::string_view bytes) {
  ASSIGN_OR_RETURN(const auto axes, read_axes(*object, *object->items[4], stored.size()));
  ASSIGN_OR_RETURN(const std::uint64_t size, bytes_of(dtype, stored, object->offset));
  if (size != bytes.size()) return bad_array(*object, "an array whose data have another size");
  Shape shape;
  for (const std::size_t axis : axes) shape.push_back(stored[axis]);
  if (std::is_sorted(axes.begin(), axes.end()) || bytes.empty())
    return make_array(arena, object, std::move(dtype), std::move(shape), false, bytes);
  if (std::is_sorted(axes.rbegin(), axes.rend()))
    return make_array(arena, object, std::move(dtype), std::move(shape), true, bytes);
  RETURN_IF_ERROR(arena.charge(bytes.size(), object->offset));
  const std::string_view moved = arena.keep(transpose({stored, axes, dtype.item_size}, bytes));
  return make_array(arena, object, std::move(dtype), std::move(shape), false, moved);
}

// _frombuffer(buffer, dtype, shape, order[, axes])
Result<void> make_from_buffer(Arena& arena, Node* object) {
  const Value* buffer = argument(*object, 0, Kind::kBytes);
  const Value* order = argument(*object, 3, Kind::kText);
  if (buffer == nullptr || order == nullptr)
    return bad_array(*object, "an array from a buffer without its bytes or its order");
  auto dtype = read_dtype(*object->items[1], object->offset);
  if (!dtype && is_unread(dtype.error())) return {};
  if (!dtype) return std::move(dtype).error();
  if (dtype.value().has_objects) return bad_array(*object, "an array of objects from a buffer");
  ASSIGN_OR_RETURN(Shape shape, read_shape(*object->items[2], object->offset));
  if (order->text == "K" && argument(*object, 4, Kind::kTuple) != nullptr)
    return make_transposed(arena, object, std::move(dtype).value(), shape, buffer->text);
  return make_array(arena, object, std::move(dtype).value(), std::move(shape), order->text == "F",
                    buffer->text);
}

constexpr auto kMakers = std::to_array<Maker>({
    {"numpy.core.multiarray._reconstruct", nullptr, set_array_state},
    {"numpy._core.multiarray._reconstruct", nullptr, set_array_state},
    {"numpy.core.multiarray.scalar", make_scalar},
    {"numpy._core.multiarray.scalar", make_scalar},
    {"numpy.core.numeric._frombuffer", make_from_buffer},
    {"numpy._core.numeric._frombuffer", make_from_buffer},
});

}  // namespace

std::span<const Maker> numpy_makers() { return kMakers; }

}  // namespace slipway::model::pickle
