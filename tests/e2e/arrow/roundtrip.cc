// A shared library for tests/e2e/arrow/pyarrow_test.py: takes a stream over the C Stream Interface, copies nothing, and hands it
// back, so that pyarrow sees what slipway made of it.
// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <string>
#include <utility>

#include "frame/arrow.h"

// Returns 0, or 1 with the error's text in `message`.
extern "C" __attribute__((visibility("default"))) int slipway_arrow_roundtrip(ArrowArrayStream* in,
                                                                              ArrowArrayStream* out,
                                                                              char* message,
                                                                              std::size_t size) {
  auto stream = slipway::frame::import_stream(in);
  if (!stream) {
    std::strncpy(message, stream.error().message().c_str(), size - 1);
    return 1;
  }
  slipway::frame::export_stream(std::move(stream).value(), out);
  return 0;
}
