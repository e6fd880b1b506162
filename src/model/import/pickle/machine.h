// The stack machine of the pickle format. It builds values; it has no way to do anything else.
//
//   Machine machine(&arena, Stream(bytes), {.raw_arrays = true});
//   ASSIGN_OR_RETURN(Node * root, machine.run());       // to STOP
//
// Not thread-safe. Errors: see pickle.h. Source: Lib/pickletools.py of CPython 3.13.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/import/pickle/arena.h"
#include "model/import/pickle/memo.h"
#include "model/import/pickle/stream.h"

namespace slipway::model::pickle {

class Machine {
 public:
  struct Options {
    bool raw_arrays = false;  // joblib: the bytes of an array follow the BUILD of its wrapper
  };
  Machine(Arena* arena, Stream stream, Options options)
      : arena_(*arena), stream_(stream), options_(options) {}

  Result<Node*> run();
  // Behind STOP.
  std::size_t position() const { return stream_.position(); }

  using Handler = Result<void> (Machine::*)();
  struct Opcodes;  // which byte is whose handler

 private:
  friend struct Opcodes;

  Result<void> step(unsigned char opcode);
  Result<Node*> finish();

  // The stack. Nothing below the last mark can be taken.
  std::size_t fence() const { return marks_.empty() ? 0 : marks_.back(); }
  Node* push(Kind kind);
  Result<void> push_text(Kind kind, std::string_view text);
  Result<Node*> pop(Kind kind, const char* what);
  Result<Node*> pop();
  Result<Node*> top();
  Error underflow() const;
  Result<std::size_t> since_mark();  // where its values begin
  Result<void> collect(Node* into, std::size_t from);

  Result<void> mark();
  Result<void> pop_one();
  Result<void> pop_to_mark();
  Result<void> duplicate();

  // Scalars.
  Result<void> none();
  template <bool kValue>
  Result<void> boolean();
  template <int kBytes>
  Result<void> small_integer();
  Result<void> signed_integer();
  Result<void> decimal();
  Result<void> decimal_or_bool();
  template <int kWidth>
  Result<void> long_integer();
  Result<void> decimal_float();
  Result<void> binary_float();
  Result<void> push_integer(std::string_view decimal_line);

  // Texts and bytes. kWidth: bytes of the length before them.
  Result<void> quoted_string();
  Result<void> escaped_unicode();
  template <int kWidth>
  Result<void> python2_string();
  template <int kWidth>
  Result<void> unicode();
  template <int kWidth>
  Result<void> bytes();
  Result<void> push_python2_string(std::string_view raw);

  // Containers.
  template <Kind kKind>
  Result<void> empty();
  template <Kind kKind>
  Result<void> from_mark();
  template <int kCount>
  Result<void> tuple_of();
  Result<void> dict();
  Result<void> append();
  Result<void> appends();
  Result<void> append_from(std::size_t from);
  Result<void> set_item();
  Result<void> set_items();
  Result<void> set_from(std::size_t from);
  Result<void> add_items();

  // The memo.
  Result<void> put_line();
  template <int kBytes>
  Result<void> put();
  Result<void> memoize();
  Result<void> get_line();
  template <int kBytes>
  Result<void> get();
  Result<void> push_kept(std::uint64_t index);
  Result<void> keep_top(std::uint64_t index);

  // Names and calls.
  Result<void> global();
  Result<void> stack_global();
  Result<Node*> resolve(std::string_view module, std::string_view name);
  Result<void> reduce();
  Result<void> new_object();
  Result<void> new_object_with_keywords();
  Result<void> instance();
  Result<void> object();
  Result<Node*> make_object(Node* callable, std::string_view how);
  Result<void> push_object(Node* made);
  Result<void> take_arguments(Node* made, Node* arguments);
  Result<void> build();
  Result<void> check_code(const Node& made);

  // joblib: see machine_joblib.cc.
  Result<void> after_build(Node* object);
  Result<void> read_raw_array(Node* wrapper);
  Result<void> read_nested(Node* wrapper);
  Result<std::string_view> take_array_bytes(const Node& wrapper, std::uint64_t size);

  // The frame around it all.
  Result<void> protocol();
  Result<void> frame();
  Result<void> buffer();
  Result<void> persistent();
  Result<void> extension();

  Arena& arena_;
  Stream stream_;
  Options options_;
  std::size_t at_ = 0;  // of the opcode at work
  std::vector<Node*> stack_;
  std::vector<std::size_t> marks_;
  Memo memo_;
  std::optional<Error> code_;  // cloudpickle was named: refused when it is known what for
};

}  // namespace slipway::model::pickle
