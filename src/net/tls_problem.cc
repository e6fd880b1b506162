// SPDX-License-Identifier: Apache-2.0
#include "net/tls_problem.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace slipway::net {
namespace {

constexpr int kNamesMax = 8;
constexpr std::size_t kTextMax = 200;

std::string shown(std::string text) {
  if (text.size() > kTextMax) text.replace(kTextMax, text.npos, "...");
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::string time_text(const ASN1_TIME* time) {
  BIO* const memory = BIO_new(BIO_s_mem());
  if (memory == nullptr) return "";
  ASN1_TIME_print(memory, time);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  std::string copy(text, static_cast<std::size_t>(std::max(size, 0L)));
  BIO_free(memory);
  return copy;
}

std::string name_text(const X509_NAME* name) {
  std::array<char, 256> text{};
  X509_NAME_oneline(name, text.data(), text.size());
  return shown(text.data());
}

std::string alternative_name(const GENERAL_NAME& name) {
  const bool is_address = name.type == GEN_IPADD;
  if (!is_address && name.type != GEN_DNS) return "";
  const ASN1_STRING* const value = is_address ? name.d.iPAddress : name.d.dNSName;
  const unsigned char* const bytes = ASN1_STRING_get0_data(value);
  const int size = ASN1_STRING_length(value);
  if (!is_address)
    return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(std::max(size, 0))};
  if (size != 4 && size != 16) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text.data(), text.size());
  return text.data();
}

// "a.example, 10.0.0.1"; of a certificate without such names its subject.
std::string names_of(const X509* certificate) {
  auto* const all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string text;
  for (int i = 0; all != nullptr && i < std::min(sk_GENERAL_NAME_num(all), kNamesMax); ++i) {
    const std::string name = alternative_name(*sk_GENERAL_NAME_value(all, i));
    if (!name.empty()) text.append(text.empty() ? "" : ", ").append(name);
  }
  GENERAL_NAMES_free(all);
  return text.empty() ? name_text(X509_get_subject_name(certificate)) : shown(text);
}

}  // namespace

std::string tls_reason() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* const words = ERR_reason_error_string(code);
  return words == nullptr ? "it cannot be used" : words;
}

std::string certificate_problem(void* store_context, const CertificateAsked& asked) {
  auto* const context = static_cast<X509_STORE_CTX*>(store_context);
  const int error = X509_STORE_CTX_get_error(context);
  const std::string_view words = X509_verify_cert_error_string(error);
  const X509* const certificate = X509_STORE_CTX_get_current_cert(context);
  if (certificate == nullptr) return fmt::format("its certificate is refused ({})", words);
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format(
          "its certificate has expired ({}, of {}): it must be renewed there, unless this "
          "machine's "
          "clock is wrong",
          time_text(X509_get0_notAfter(certificate)),
          name_text(X509_get_subject_name(certificate)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("its certificate is not valid before {}: is this machine's clock right?",
                         time_text(X509_get0_notBefore(certificate)));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format(
          "its certificate is for {}, not for {}: ask it by a name that its certificate has, or "
          "have "
          "one made for this name",
          names_of(certificate), asked.host);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return fmt::format(
          "its certificate is not trusted ({}; issued by {}): give the certificate of who signed "
          "it{}{}",
          words, name_text(X509_get_issuer_name(certificate)),
          asked.ca_option.empty() ? "" : " by ", asked.ca_option);
    default:
      return fmt::format("its certificate is refused ({})", words);
  }
}

}  // namespace slipway::net
