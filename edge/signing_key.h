// RSASSA-PKCS1-v1_5 or ECDSA over P-256 (as DER), with SHA-1 or SHA-256, by OpenSSL.
//
// Threads: const, any.
#ifndef CLOUDLET_EDGE_SIGNING_KEY_H_
#define CLOUDLET_EDGE_SIGNING_KEY_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cloudlet/signed_url.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace cloudlet::internal {

struct FreeKey {
  void operator()(evp_pkey_st* key) const;
};

class SigningKey {
 public:
  // null: neither an RSA nor a P-256 key in PEM without a passphrase.
  static std::shared_ptr<const SigningKey> Parse(std::string_view pem);
  // nullopt: the key is too short for the digest.
  std::optional<std::string> Sign(std::string_view text, UrlHashAlgorithm hash) const;

 private:
  std::unique_ptr<evp_pkey_st, FreeKey> key_;
};

class VerifyingKey {
 public:
  // null: neither an RSA nor a P-256 key in PEM.
  static std::shared_ptr<const VerifyingKey> Parse(std::string_view pem);
  bool Verify(std::string_view text, std::string_view signature, UrlHashAlgorithm hash) const;

 private:
  std::unique_ptr<evp_pkey_st, FreeKey> key_;
};

}  // namespace cloudlet::internal

#endif  // CLOUDLET_EDGE_SIGNING_KEY_H_
