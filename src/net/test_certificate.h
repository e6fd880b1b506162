// For tests: a key and a certificate that has signed itself, in folder/NAME.key and folder/NAME.pem.
//
//   make_certificate(folder.path(), "server");                                       // CN=server, for an hour yet
//   make_certificate(folder.path(), "old", {.hosts = {"localhost"}, .ends_in_s = -60});
//
// Safe from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace slipway::net {

struct TestCertificate {
  std::vector<std::string> hosts;  // names, and addresses of IPv4
  long begins_in_s = -3600, ends_in_s = 3600;
};

void make_certificate(const std::string& folder, const std::string& name,
                      const TestCertificate& what = {});

}  // namespace slipway::net
