// RSASSA-PKCS1-v1_5 with SHA-1 or SHA-256, by OpenSSL.
//
// Threads: const, any.
#ifndef CLOUDLET_EDGE_RSA_KEY_H_
#define CLOUDLET_EDGE_RSA_KEY_H_

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

class RsaPrivateKey {
 public:
  // null: not an RSA key in PEM without a passphrase.
  static std::shared_ptr<const RsaPrivateKey> Parse(std::string_view pem);
  // nullopt: the key is too short for the digest.
  std::optional<std::string> Sign(std::string_view text, UrlHashAlgorithm hash) const;

 private:
  std::unique_ptr<evp_pkey_st, FreeKey> key_;
};

class RsaPublicKey {
 public:
  // null: not an RSA key in PEM.
  static std::shared_ptr<const RsaPublicKey> Parse(std::string_view pem);
  bool Verify(std::string_view text, std::string_view signature, UrlHashAlgorithm hash) const;

 private:
  std::unique_ptr<evp_pkey_st, FreeKey> key_;
};

}  // namespace cloudlet::internal

#endif  // CLOUDLET_EDGE_RSA_KEY_H_
