// SPDX-License-Identifier: Apache-2.0
#include "deploy/core/inline_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/file.h"
#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kNamesMax = 3;

int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

Error wrong(Code code, std::string_view path, std::string_view what) {
  return Error(
      code, "deploy.inline_file",
      fmt::format("failed to poll from model repository: file '{}' {}", path.substr(0, 60), what));
}

Result<void> check_path(const std::string& path) {
  const auto names = split(path, '/');
  for (const std::string_view name : names) {
    if (name.size() > kNameBytesMax)
      return wrong(Code::kInternal, path,
                   fmt::format("has a name of more than {} bytes", kNameBytesMax));
    if (name.empty() || name == "." || name == ".." || name.find('\0') != name.npos)
      return wrong(Code::kInvalidArgument, path,
                   "is no path within the model's folder, such as 1/model.onnx");
  }
  if (names.empty() || names.size() > kNamesMax)
    return wrong(Code::kInvalidArgument, path,
                 "is no path within the model's folder, such as 1/model.onnx");
  return {};
}

}  // namespace

Result<std::string> decode_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0) {
      return Error(
          Code::kInvalidArgument, "deploy.inline_file",
          fmt::format("base64 expected, found the byte {:#04x}", static_cast<unsigned char>(c)));
    }
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>((bits >> held) & 0xFF);
  }
  if (text.size() % 4 == 1)
    return Error(Code::kInvalidArgument, "deploy.inline_file",
                 "base64 expected, found one that was cut");
  return bytes;
}

Result<void> write_inline_files(const std::vector<std::pair<std::string, std::string>>& files,
                                const std::string& folder) {
  for (const auto& [path, bytes] : files) {
    RETURN_IF_ERROR(check_path(path));
    std::string target = folder;
    target.append("/").append(path);
    const std::size_t slash = target.rfind('/');
    RETURN_IF_ERROR(posix_env().make_folders(target.substr(0, slash)));
    RETURN_IF_ERROR(write_file_atomically(target, bytes));
  }
  return {};
}

}  // namespace slipway::deploy
