// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/codecs.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>

namespace slipway::model::pickle {
namespace {

// zlib and bz2 count in 32 bits.
constexpr std::size_t kPiece = std::size_t{1} << 30;

char* unconst(std::string_view in) { return const_cast<char*>(in.data()); }

class Zlib : public Codec {
 public:
  explicit Zlib(bool gzip) : gzip_(gzip) {}
  ~Zlib() override { inflateEnd(&stream_); }
  bool start() { return inflateInit2(&stream_, gzip_ ? MAX_WBITS + 16 : MAX_WBITS) == Z_OK; }

  Step step(std::string_view in, std::span<char> out) override {
    const auto given_in = static_cast<uInt>(std::min(in.size(), kPiece));
    const auto given_out = static_cast<uInt>(std::min(out.size(), kPiece));
    stream_.next_in = reinterpret_cast<Bytef*>(unconst(in));
    stream_.avail_in = given_in;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = given_out;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    Step step{.read = given_in - stream_.avail_in, .written = given_out - stream_.avail_out};
    if (code == Z_STREAM_END) {
      const std::string_view rest = in.substr(step.read);
      // A gzip file may have several members, one behind the other.
      const bool more = gzip_ && rest.starts_with("\x1f\x8b");
      step.state = more && inflateReset(&stream_) == Z_OK ? State::kGoing : State::kEnd;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      step.state = State::kBroken;
    }
    return step;
  }

 private:
  z_stream stream_{};
  bool gzip_;
};

class Bz2 : public Codec {
 public:
  ~Bz2() override { BZ2_bzDecompressEnd(&stream_); }
  bool start() { return BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK; }

  Step step(std::string_view in, std::span<char> out) override {
    const auto given_in = static_cast<unsigned>(std::min(in.size(), kPiece));
    const auto given_out = static_cast<unsigned>(std::min(out.size(), kPiece));
    stream_.next_in = unconst(in);
    stream_.avail_in = given_in;
    stream_.next_out = out.data();
    stream_.avail_out = given_out;
    const int code = BZ2_bzDecompress(&stream_);
    Step step{.read = given_in - stream_.avail_in, .written = given_out - stream_.avail_out};
    if (code == BZ_STREAM_END) {
      step.state = State::kEnd;
    } else if (code != BZ_OK) {
      step.state = State::kBroken;
    }
    return step;
  }

 private:
  bz_stream stream_{};
};

class Lzma : public Codec {
 public:
  explicit Lzma(bool alone) : alone_(alone) {}
  ~Lzma() override { lzma_end(&stream_); }
  bool start() {
    constexpr std::uint64_t kMemory = std::uint64_t{256} << 20;  // xz -9 needs 65 MiB
    const auto code =
        alone_ ? lzma_alone_decoder(&stream_, kMemory) : lzma_stream_decoder(&stream_, kMemory, 0);
    return code == LZMA_OK;
  }

  Step step(std::string_view in, std::span<char> out) override {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const auto code = lzma_code(&stream_, LZMA_RUN);
    Step step{.read = in.size() - stream_.avail_in, .written = out.size() - stream_.avail_out};
    if (code == LZMA_STREAM_END) {
      step.state = State::kEnd;
    } else if (code != LZMA_OK && code != LZMA_BUF_ERROR) {
      step.state = State::kBroken;
    }
    return step;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool alone_;
};

class Lz4 : public Codec {
 public:
  ~Lz4() override { LZ4F_freeDecompressionContext(context_); }
  bool start() { return !LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)); }

  Step step(std::string_view in, std::span<char> out) override {
    std::size_t read = in.size();
    std::size_t written = out.size();
    const std::size_t hint =
        LZ4F_decompress(context_, out.data(), &written, in.data(), &read, nullptr);
    if (LZ4F_isError(hint)) return {.state = State::kBroken};
    return {read, written, hint == 0 ? State::kEnd : State::kGoing};
  }

 private:
  LZ4F_dctx* context_ = nullptr;
};

template <typename T, typename... Arguments>
std::unique_ptr<Codec> started(Arguments... arguments) {
  auto codec = std::make_unique<T>(arguments...);
  if (!codec->start()) return nullptr;
  return codec;
}

}  // namespace

std::unique_ptr<Codec> make_codec(Packing packing) {
  switch (packing) {
    case Packing::kNone:
      return nullptr;
    case Packing::kZlib:
      return started<Zlib>(false);
    case Packing::kGzip:
      return started<Zlib>(true);
    case Packing::kBz2:
      return started<Bz2>();
    case Packing::kXz:
      return started<Lzma>(false);
    case Packing::kLzma:
      return started<Lzma>(true);
    case Packing::kLz4:
      return started<Lz4>();
  }
  return nullptr;
}

}  // namespace slipway::model::pickle
