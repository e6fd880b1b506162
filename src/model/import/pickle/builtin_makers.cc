// Calls of Python's own types that pickles use for plain data.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "model/import/pickle/literals.h"
#include "model/import/pickle/makers_of.h"
#include "model/import/pickle/names.h"
#include "model/import/pickle/stream.h"

namespace slipway::model::pickle {
namespace {

Error bad_arguments(const Node& object) {
  return damaged("model.pickle.call", object.offset,
                 fmt::format("{} is given arguments that it does not take", object.text));
}

void become(Node* node, Kind kind, std::string_view text = {}) {
  node->kind = kind;
  node->text = text;
  node->items.clear();
}

bool is_sequence(const Value& value) {
  return value.kind == Kind::kList || value.kind == Kind::kTuple || value.kind == Kind::kSet;
}

// set([...]), list((...)), frozenset(): one sequence or nothing.
template <Kind kKind>
Result<void> make_sequence(Arena& arena, Node* object) {
  if (object->items.size() > 1) return bad_arguments(*object);
  if (object->items.empty()) {
    become(object, kKind);
    return {};
  }
  const Value& from = *object->items[0];
  if (!is_sequence(from)) return {};  // list(range(3)), list("abc"): whoever needs it, evaluates it
  RETURN_IF_ERROR(arena.charge(from.items.size() * sizeof(const Value*), object->offset));
  std::vector<const Value*> items = from.items;
  become(object, kKind);
  object->items = std::move(items);
  return {};
}

Result<void> fill_dict(Arena& arena, Node* object, const Value& from) {
  const std::size_t count = from.kind == Kind::kDict ? from.entries.size() : from.items.size();
  RETURN_IF_ERROR(arena.charge(count * sizeof(Entry), object->offset));
  std::vector<Entry> entries;
  if (from.kind == Kind::kDict) {
    entries = from.entries;
  } else if (is_sequence(from)) {
    for (const Value* pair : from.items) {
      if (!is_sequence(*pair) || pair->items.size() != 2) return bad_arguments(*object);
      entries.push_back({pair->items[0], pair->items[1]});
    }
  } else {
    return bad_arguments(*object);
  }
  become(object, Kind::kDict);
  object->entries = std::move(entries);
  return {};
}

// dict(), OrderedDict([[key, value], ...]), Counter({...}).
Result<void> make_dict(Arena& arena, Node* object) {
  if (object->items.size() > 1) return bad_arguments(*object);
  if (!object->items.empty()) return fill_dict(arena, object, *object->items[0]);
  become(object, Kind::kDict);
  return {};
}

// defaultdict(factory), its entries follow; the factory would only matter to whoever adds keys.
Result<void> make_defaultdict(Arena& arena, Node* object) {
  if (object->items.size() > 2) return bad_arguments(*object);
  if (object->items.size() == 2) return fill_dict(arena, object, *object->items[1]);
  become(object, Kind::kDict);
  return {};
}

Result<void> make_latin1(Arena& arena, Node* object, const Value& text) {
  // Even where nothing is copied, the text is looked through, and it may be given again and again.
  RETURN_IF_ERROR(arena.charge(text.text.size(), object->offset));
  if (is_ascii(text.text)) {
    become(object, Kind::kBytes, text.text);
    return {};
  }
  ASSIGN_OR_RETURN(std::string bytes, utf8_to_latin1(text.text, object->offset));
  become(object, Kind::kBytes, arena.keep(std::move(bytes)));
  return {};
}

bool is_latin1(const Value& encoding) {
  const std::string_view name = encoding.text;
  return name == "latin1" || name == "latin-1" || name == "iso-8859-1" || name == "ascii";
}

// How protocols 0 to 2 write bytes.
Result<void> make_encoded(Arena& arena, Node* object) {
  const Value* text = argument(*object, 0, Kind::kText);
  const Value* encoding = argument(*object, 1, Kind::kText);
  if (text == nullptr || encoding == nullptr || object->items.size() != 2)
    return bad_arguments(*object);
  if (!is_latin1(*encoding)) return forbidden("_codecs.encode with another code", object->offset);
  return make_latin1(arena, object, *text);
}

// bytes(), bytes(b"..."), bytearray("...", "latin-1").
Result<void> make_bytes(Arena& arena, Node* object) {
  if (object->items.empty()) {
    become(object, Kind::kBytes);
    return {};
  }
  if (const Value* bytes = argument(*object, 0, Kind::kBytes)) {
    become(object, Kind::kBytes, bytes->text);
    return {};
  }
  const Value* text = argument(*object, 0, Kind::kText);
  const Value* encoding = argument(*object, 1, Kind::kText);
  if (text == nullptr || encoding == nullptr || !is_latin1(*encoding))
    return bad_arguments(*object);
  return make_latin1(arena, object, *text);
}

// int(3), float(0.5), str("a"), bool(1) of what is that already; anything else stays a call.
template <Kind kKind>
Result<void> make_same(Arena&, Node* object) {
  const Value* given = object->items.size() == 1 ? argument(*object, 0, kKind) : nullptr;
  if (given == nullptr) return {};
  const auto [text, integer, number] = std::tuple(given->text, given->integer, given->number);
  become(object, kKind, text);
  object->integer = integer;
  object->number = number;
  return {};
}

// copyreg._reconstructor(class, base, state): how protocols 0 and 1 make any object.
Result<void> make_reconstructed(Arena& arena, Node* object) {
  const Value* made = argument(*object, 0, Kind::kName);
  const Value* base = argument(*object, 1, Kind::kName);
  if (made == nullptr || base == nullptr || object->items.size() != 3)
    return bad_arguments(*object);
  const Value& state = *object->items[2];
  const bool bare = base->text == "builtins.object";
  object->text = made->text;
  object->items.clear();
  if (bare) return {};
  if (state.kind == Kind::kDict) {
    RETURN_IF_ERROR(arena.charge(state.entries.size() * sizeof(Entry), object->offset));
    object->entries = state.entries;
  } else if (state.kind == Kind::kList) {
    RETURN_IF_ERROR(arena.charge(state.items.size() * sizeof(const Value*), object->offset));
    object->appended = state.items;
  } else {
    object->items = {&state};
  }
  return {};
}

// copyreg.__newobj__(class, *arguments), which may itself be a call that we know.
Result<void> make_new(Arena& arena, Node* object) {
  const Value* made = argument(*object, 0, Kind::kName);
  if (made == nullptr || made->text == "copyreg.__newobj__") return bad_arguments(*object);
  object->text = made->text;
  object->items.erase(object->items.begin());
  return apply_call(arena, object);
}

// copyreg.__newobj_ex__(class, arguments, keywords): as NEWOBJ_EX leaves it.
Result<void> make_new_with_keywords(Arena& arena, Node* object) {
  const Value* made = argument(*object, 0, Kind::kName);
  const Value* arguments = argument(*object, 1, Kind::kTuple);
  const Value* keywords = argument(*object, 2, Kind::kDict);
  if (made == nullptr || arguments == nullptr || keywords == nullptr) return bad_arguments(*object);
  RETURN_IF_ERROR(arena.charge(arguments->items.size() * sizeof(const Value*), object->offset));
  object->text = made->text;
  object->items = arguments->items;
  if (!keywords->entries.empty()) object->items.push_back(keywords);
  return {};
}

// May be named (a parameter that holds the function), never called.
Result<void> refuse_call(Arena&, Node* object) {
  return forbidden(fmt::format("{} and calls it", object->text), object->offset);
}

// HistGradientBoosting keeps a check of its own input that way; a partial call of anything but
// scikit-learn's own functions is somebody's code.
Result<void> make_partial(Arena& arena, Node* object) {
  const auto& items = object->items;
  const bool own =
      !items.empty() && items[0]->kind == Kind::kName && items[0]->text.starts_with("sklearn.");
  if (!own) return refuse_call(arena, object);
  return {};
}

constexpr auto kMakers = std::to_array<Maker>({
    {"_codecs.encode", make_encoded},
    {"builtins.abs", refuse_call},
    {"builtins.bool", make_same<Kind::kBool>},
    {"builtins.bytearray", make_bytes},
    {"builtins.bytes", make_bytes},
    {"builtins.dict", make_dict},
    {"builtins.divmod", refuse_call},
    {"builtins.float", make_same<Kind::kFloat>},
    {"builtins.frozenset", make_sequence<Kind::kSet>},
    {"builtins.int", make_same<Kind::kInt>},
    {"builtins.len", refuse_call},
    {"builtins.list", make_sequence<Kind::kList>},
    {"builtins.max", refuse_call},
    {"builtins.min", refuse_call},
    {"builtins.pow", refuse_call},
    {"builtins.property", refuse_call},
    {"builtins.set", make_sequence<Kind::kSet>},
    {"builtins.sorted", refuse_call},
    {"builtins.str", make_same<Kind::kText>},
    {"builtins.sum", refuse_call},
    {"builtins.tuple", make_sequence<Kind::kTuple>},
    {"collections.Counter", make_dict},
    {"collections.OrderedDict", make_dict},
    {"collections.defaultdict", make_defaultdict},
    {"copyreg.__newobj__", make_new},
    {"copyreg.__newobj_ex__", make_new_with_keywords},
    {"copyreg._reconstructor", make_reconstructed},
    {"functools.partial", make_partial},
    {"functools.reduce", refuse_call},
});

}  // namespace

std::span<const Maker> builtin_makers() { return kMakers; }

}  // namespace slipway::model::pickle
