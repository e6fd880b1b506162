// Any bytes as a segment of a log: the reader ends, reports, and gives only frames whose CRC is
// right.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "store/log_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway::store;  // NOLINT(google-build-using-namespace): one function
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto header = read_segment_header(bytes);
  if (header) CHECK(segment_header(*header) == bytes.substr(0, kSegmentHeaderBytes));
  std::size_t offset = header ? kSegmentHeaderBytes : 0;
  while (true) {
    const FrameView frame = read_frame(bytes, offset);
    if (frame.state != FrameState::kWhole) return 0;
    CHECK(frame.next > offset && frame.next <= bytes.size());
    CHECK(frame.next - offset == kFrameHeaderBytes + frame.payload.size());
    offset = frame.next;
  }
}
