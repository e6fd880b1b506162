// Opcodes that name classes and functions, and those that would call them: each leaves a
// description of the call.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "model/import/pickle/machine.h"
#include "model/import/pickle/makers.h"
#include "model/import/pickle/names.h"

namespace slipway::model::pickle {
namespace {

Error code_error(std::string_view whose, std::size_t offset) {
  return Error(Code::kPermissionDenied, "model.pickle.forbidden",
               fmt::format("holds Python code{} that cloudpickle saved by value (byte {}): slipway "
                           "never runs code from a file; leave that step out of what you save, or "
                           "declare what it computes as features",
                           whose, offset));
}

}  // namespace

Result<Node*> Machine::resolve(std::string_view module, std::string_view name) {
  const QualifiedName qualified = modern({module, name});
  if (holds_code(module)) {
    // What the code is called comes later in the stream: see check_code.
    if (!code_) code_ = code_error("", at_);
  } else {
    RETURN_IF_ERROR(check_name(qualified, at_));
  }
  RETURN_IF_ERROR(arena_.charge(module.size() + name.size(), at_));
  Node* const named = arena_.make(Kind::kName, at_);
  named->text = arena_.name(qualified.module, qualified.name);
  return named;
}

Result<void> Machine::global() {
  ASSIGN_OR_RETURN(const std::string_view module, stream_.line());
  ASSIGN_OR_RETURN(const std::string_view name, stream_.line());
  ASSIGN_OR_RETURN(Node* const named, resolve(module, name));
  stack_.push_back(named);
  return {};
}

Result<void> Machine::stack_global() {
  ASSIGN_OR_RETURN(const Node* const name, pop(Kind::kText, "the text of a name"));
  ASSIGN_OR_RETURN(const Node* const module, pop(Kind::kText, "the text of a module's name"));
  ASSIGN_OR_RETURN(Node* const named, resolve(module->text, name->text));
  stack_.push_back(named);
  return {};
}

// An object that `callable` would have made, without its arguments yet.
Result<Node*> Machine::make_object(Node* callable, std::string_view how) {
  // In cloudpickle's streams calls give what is called next: read on, to say whose code it is.
  const bool may_be_called =
      callable->kind == Kind::kName || (code_ && callable->kind == Kind::kObject);
  if (!may_be_called) {
    return Error(Code::kPermissionDenied, "model.pickle.forbidden",
                 fmt::format("byte {}: {} {}, which is not the name of a class or function: no "
                             "writer of models does that",
                             at_, how, describe(*callable)));
  }
  Node* const made = arena_.make(Kind::kObject, at_);
  made->text = callable->text;
  return made;
}

Result<void> Machine::take_arguments(Node* made, Node* arguments) {
  RETURN_IF_ERROR(arena_.charge(arguments->items.size() * sizeof(const Value*), at_));
  RETURN_IF_ERROR(arena_.hold(made, arguments, at_));
  made->items = arguments->items;
  return {};
}

Result<void> Machine::push_object(Node* made) {
  if (code_) RETURN_IF_ERROR(check_code(*made));
  RETURN_IF_ERROR(apply_call(arena_, made));
  stack_.push_back(made);
  return {};
}

Result<void> Machine::reduce() {
  ASSIGN_OR_RETURN(Node* const arguments, pop(Kind::kTuple, "a tuple of arguments"));
  ASSIGN_OR_RETURN(Node* const callable, pop());
  ASSIGN_OR_RETURN(Node* const made, make_object(callable, "calls"));
  RETURN_IF_ERROR(take_arguments(made, arguments));
  return push_object(made);
}

Result<void> Machine::new_object() {
  ASSIGN_OR_RETURN(Node* const arguments, pop(Kind::kTuple, "a tuple of arguments"));
  ASSIGN_OR_RETURN(Node* const type, pop());
  ASSIGN_OR_RETURN(Node* const made, make_object(type, "makes an instance of"));
  RETURN_IF_ERROR(take_arguments(made, arguments));
  return push_object(made);
}

Result<void> Machine::new_object_with_keywords() {
  ASSIGN_OR_RETURN(Node* const keywords, pop(Kind::kDict, "a dict of keyword arguments"));
  ASSIGN_OR_RETURN(Node* const arguments, pop(Kind::kTuple, "a tuple of arguments"));
  ASSIGN_OR_RETURN(Node* const type, pop());
  ASSIGN_OR_RETURN(Node* const made, make_object(type, "makes an instance of"));
  RETURN_IF_ERROR(take_arguments(made, arguments));
  if (!keywords->entries.empty()) {
    RETURN_IF_ERROR(arena_.hold(made, keywords, at_));
    made->items.push_back(keywords);
  }
  return push_object(made);
}

Result<void> Machine::instance() {
  ASSIGN_OR_RETURN(const std::string_view module, stream_.line());
  ASSIGN_OR_RETURN(const std::string_view name, stream_.line());
  ASSIGN_OR_RETURN(Node* const type, resolve(module, name));
  ASSIGN_OR_RETURN(const std::size_t from, since_mark());
  Node* const arguments = arena_.make(Kind::kTuple, at_);
  RETURN_IF_ERROR(collect(arguments, from));
  ASSIGN_OR_RETURN(Node* const made, make_object(type, "makes an instance of"));
  RETURN_IF_ERROR(take_arguments(made, arguments));
  return push_object(made);
}

Result<void> Machine::object() {
  ASSIGN_OR_RETURN(const std::size_t from, since_mark());
  if (stack_.size() <= from) return underflow();
  Node* const type = stack_[from];
  Node* const arguments = arena_.make(Kind::kTuple, at_);
  RETURN_IF_ERROR(collect(arguments, from + 1));
  stack_.resize(from);
  ASSIGN_OR_RETURN(Node* const made, make_object(type, "makes an instance of"));
  RETURN_IF_ERROR(take_arguments(made, arguments));
  return push_object(made);
}

Result<void> Machine::build() {
  ASSIGN_OR_RETURN(Node* const state, pop());
  ASSIGN_OR_RETURN(Node* const object, top());
  if (object->kind != Kind::kObject || object->state != nullptr) {
    return damaged("model.pickle.build", at_,
                   fmt::format("sets the state of {}, which {}", describe(*object),
                               object->kind == Kind::kObject ? "has one" : "can have none"));
  }
  RETURN_IF_ERROR(arena_.hold(object, state, at_));
  object->state = state;
  RETURN_IF_ERROR(apply_state(arena_, object));
  return after_build(object);
}

// What cloudpickle calls says whose code it is: _make_skeleton_class(type, name, ...), and
// _make_function(code, ...), where the code's texts are its file and its name.
Result<void> Machine::check_code(const Node& made) {
  const bool is_function = made.text.ends_with("._make_function");
  const bool is_class = made.text.ends_with("._make_skeleton_class");
  if (!is_function && !is_class) return {};
  const Value* name = is_class ? argument(made, 1, Kind::kText) : nullptr;
  const Value* code = is_function ? argument(made, 0, Kind::kObject) : nullptr;
  for (std::size_t i = 0, texts = 0; code != nullptr && i < code->items.size(); ++i) {
    const Value* text = argument(*code, i, Kind::kText);
    if (text != nullptr && ++texts == 2) name = text;
  }
  if (name != nullptr) {
    code_ = code_error(
        fmt::format(" of the {} '{}'", is_class ? "class" : "function", shown(name->text)),
        made.offset);
  }
  return *code_;
}

}  // namespace slipway::model::pickle
