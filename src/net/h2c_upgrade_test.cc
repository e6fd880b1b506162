// SPDX-License-Identifier: Apache-2.0
#include "net/h2c_upgrade.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace slipway::net {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::optional<std::string> settings_of(const Fields& given) {
  std::string bytes;
  std::vector<FieldPlace> places;
  const auto add = [&](const std::string& text) {
    bytes += text;
    return static_cast<std::uint32_t>(bytes.size() - text.size());
  };
  for (const auto& [name, value] : given) {
    const std::uint32_t name_at = add(name);
    places.push_back({name_at, static_cast<std::uint32_t>(name.size()), add(value),
                      static_cast<std::uint32_t>(value.size())});
  }
  HttpRequest request;
  request.headers = HttpHeaders(bytes.data(), places);
  return h2c_settings_of(request);
}

TEST(H2cUpgrade, IsTakenWhenItIsAskedForInFull) {
  const Fields whole{{"Connection", "keep-alive, Upgrade, HTTP2-Settings"},
                     {"Upgrade", "websocket, h2c"},
                     {"HTTP2-Settings", "AAMAAABkAAQCAAAA"}};
  EXPECT_EQ(settings_of(whole), std::string("\0\3\0\0\0\x64\0\4\2\0\0\0", 12));
  EXPECT_EQ(settings_of({whole[0], whole[1], {"HTTP2-Settings", ""}}), "");
  for (const Fields& part :
       {Fields{whole[1], whole[2]}, Fields{whole[0], whole[2]}, Fields{whole[0], whole[1]},
        Fields{whole[0], whole[1], whole[2], whole[2]},
        Fields{{"Connection", "Upgrade"}, whole[1], whole[2]},
        Fields{whole[0], {"Upgrade", "h2"}, whole[2]},
        Fields{whole[0], whole[1], whole[2], {"Via", "1.1 proxy"}},
        Fields{whole[0], whole[1], {"HTTP2-Settings", "AAMAAABk=="}},
        Fields{whole[0], whole[1], {"HTTP2-Settings", "AAMAAAB"}},
        Fields{whole[0], whole[1], {"HTTP2-Settings", "A"}},
        Fields{whole[0], whole[1], {"HTTP2-Settings", std::string(512, 'A')}}})
    EXPECT_EQ(settings_of(part), std::nullopt);
}

}  // namespace
}  // namespace slipway::net
