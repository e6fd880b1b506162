// The loop, the stack and the memo; opcodes that push scalars and build containers are in
// machine_data.cc, names and calls in machine_objects.cc.
// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/machine.h"

#include <fmt/format.h>

#include "model/import/pickle/opcodes.h"

namespace slipway::model::pickle {

Result<Node*> Machine::run() {
  for (;;) {
    at_ = stream_.position();
    ASSIGN_OR_RETURN(const std::uint64_t opcode, stream_.number<1>());
    if (opcode == kStop) return finish();
    if (auto done = step(static_cast<unsigned char>(opcode)); !done)
      return code_ ? *code_ : std::move(done).error();
    if (arena_.full()) return arena_.too_many_values(at_);
  }
}

Result<void> Machine::step(unsigned char opcode) {
  const Handler handler = handler_of(opcode);
  if (handler != nullptr) return (this->*handler)();
  return damaged("model.pickle.opcode", at_,
                 fmt::format("0x{:02x} is no opcode of a pickle: this is not a pickle, or it is "
                             "damaged",
                             opcode));
}

Result<Node*> Machine::finish() {
  if (code_) return *code_;
  ASSIGN_OR_RETURN(Node* const root, pop());
  RETURN_IF_ERROR(arena_.check_depth(root));
  return root;
}

Node* Machine::push(Kind kind) { return stack_.emplace_back(arena_.make(kind, at_)); }

Error Machine::underflow() const {
  return damaged("model.pickle.stack", at_,
                 "takes more values than there are: the file is damaged");
}

Result<Node*> Machine::pop() {
  if (stack_.size() <= fence()) return underflow();
  Node* const node = stack_.back();
  stack_.pop_back();
  return node;
}

Result<Node*> Machine::pop(Kind kind, const char* what) {
  ASSIGN_OR_RETURN(Node* const node, pop());
  if (node->kind == kind) return node;
  return damaged("model.pickle.call", at_,
                 fmt::format("{} is expected, not {}", what, describe(*node)));
}

Result<Node*> Machine::top() {
  if (stack_.size() <= fence()) return underflow();
  return stack_.back();
}

Result<std::size_t> Machine::since_mark() {
  if (marks_.empty())
    return damaged("model.pickle.stack", at_, "takes values up to a mark, which is missing");
  const std::size_t from = marks_.back();
  marks_.pop_back();
  return from;
}

Result<void> Machine::mark() {
  marks_.push_back(stack_.size());
  return {};
}

Result<void> Machine::pop_one() {
  if (!marks_.empty() && marks_.back() == stack_.size()) {  // POP takes a bare mark away too
    marks_.pop_back();
    return {};
  }
  const auto popped = pop();
  if (!popped) return popped.error();
  return {};
}

Result<void> Machine::pop_to_mark() {
  ASSIGN_OR_RETURN(const std::size_t from, since_mark());
  stack_.resize(from);
  return {};
}

Result<void> Machine::duplicate() {
  ASSIGN_OR_RETURN(Node* const node, top());
  stack_.push_back(node);
  return {};
}

Result<void> Machine::keep_top(std::uint64_t index) {
  ASSIGN_OR_RETURN(Node* const node, top());
  memo_.put(index, node);
  return {};
}

Result<void> Machine::push_kept(std::uint64_t index) {
  Node* const node = memo_.get(index);
  if (node == nullptr) {
    return damaged("model.pickle.memo", at_,
                   fmt::format("refers to value {}, which was never kept", index));
  }
  stack_.push_back(node);
  return {};
}

Result<void> Machine::memoize() { return keep_top(memo_.size()); }

Result<void> Machine::protocol() {
  ASSIGN_OR_RETURN(const std::uint64_t version, stream_.number<1>());
  if (version <= 5) return {};
  return Error(
      Code::kUnimplemented, "model.pickle.protocol",
      fmt::format("byte {}: pickle protocol {}; slipway reads 0 to 5: save the model again "
                  "with protocol=5",
                  at_, version));
}

// Frames tell a reader how much to fetch at once; all of it is here already.
Result<void> Machine::frame() {
  ASSIGN_OR_RETURN(const std::uint64_t size, stream_.number<8>());
  if (size <= stream_.left()) return {};
  return damaged("model.pickle.truncated", at_,
                 fmt::format("{} bytes should follow, {} are left: the file is cut off or damaged; "
                             "copy or save it again",
                             size, stream_.left()));
}

Result<void> Machine::buffer() {
  return Error(Code::kUnimplemented, "model.pickle.buffer",
               fmt::format("byte {}: its arrays were saved apart from it (buffer_callback=): save "
                           "the model again without that, for example with joblib.dump",
                           at_));
}

Result<void> Machine::persistent() {
  return Error(Code::kUnimplemented, "model.pickle.persistent_id",
               fmt::format("byte {}: refers to something outside the file (a persistent id), as "
                           "PyTorch's files do: export a network to ONNX, save an estimator with "
                           "joblib.dump",
                           at_));
}

Result<void> Machine::extension() {
  return Error(
      Code::kPermissionDenied, "model.pickle.extension",
      fmt::format("byte {}: names a class by its number in copyreg's registry of one "
                  "process, which says nothing anywhere else: save the model again without "
                  "copyreg.add_extension",
                  at_));
}

}  // namespace slipway::model::pickle
