// Frames in and out through the Arrow C Data Interface and C Stream Interface, without copying.
//
//   ArrowSchema schema; ArrowArray array;
//   export_frame(frame, &schema, &array);              // the consumer calls release() on both
//   ASSIGN_OR_RETURN(Frame frame, import_frame(&schema, &array));   // takes both over, also on
//   error
//
// Imported types that slipway does not have become the nearest one that loses nothing: float16 ->
// float32, large_string
// -> string, timestamps of other units -> microseconds (nanoseconds must be whole microseconds),
// time zones -> UTC (the instant stays), date64 -> date, null -> float64 of nulls, dictionaries of
// other than strings -> their values. Others (lists, structs, intervals, ...) are refused by name:
// kUnimplemented "frame.arrow_type". The functions are safe from any thread; a stream belongs to
// one thread at a time. Source: "The Arrow C data interface" and "The Arrow C stream interface",
// arrow.apache.org/docs/format.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "frame/frame.h"

// The ABI that the specification fixes, under its own guards.
extern "C" {
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};
#endif
}

namespace slipway::frame {

// A record batch: a struct array with one child per column.
void export_schema(const Schema& schema, ArrowSchema* out);
void export_frame(const Frame& frame, ArrowSchema* schema, ArrowArray* array);
void export_stream(std::unique_ptr<FrameStream> stream, ArrowArrayStream* out);

// Take ownership of what they are given, whatever the outcome; the structs are marked released.
Result<Schema> import_schema(ArrowSchema* schema);
Result<Frame> import_frame(ArrowSchema* schema, ArrowArray* array);
Result<std::unique_ptr<FrameStream>> import_stream(ArrowArrayStream* stream);

}  // namespace slipway::frame
