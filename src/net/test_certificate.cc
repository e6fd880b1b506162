// SPDX-License-Identifier: Apache-2.0
#include "net/test_certificate.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>

namespace slipway::net {
namespace {

void add_hosts(X509* certificate, const std::vector<std::string>& hosts) {
  std::string text;
  for (const std::string& host : hosts) {
    const bool is_address = host.find_first_not_of("0123456789.") == host.npos;
    text.append(text.empty() ? "" : ",").append(is_address ? "IP:" : "DNS:").append(host);
  }
  if (text.empty()) return;
  X509_EXTENSION* const made =
      X509V3_EXT_nconf_nid(nullptr, nullptr, NID_subject_alt_name, text.c_str());
  X509_add_ext(certificate, made, -1);
  X509_EXTENSION_free(made);
}

}  // namespace

void make_certificate(const std::string& folder, const std::string& name,
                      const TestCertificate& what) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), what.begins_in_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), what.ends_in_s);
  X509_set_pubkey(certificate, key);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  add_hosts(certificate, what.hosts);
  X509_sign(certificate, key, EVP_sha256());
  FILE* file = std::fopen((folder + "/" + name + ".pem").c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  file = std::fopen((folder + "/" + name + ".key").c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace slipway::net
