// Over EVP; what OpenSSL says of its errors is dropped, so that it is not found by others later.
#include "edge/signing_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>

#include <array>

namespace cloudlet::internal {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;
using Key = std::unique_ptr<evp_pkey_st, FreeKey>;

const EVP_MD* DigestOf(UrlHashAlgorithm hash) {
  return hash == UrlHashAlgorithm::kSha256 ? EVP_sha256() : EVP_sha1();
}

// Those that CloudFront takes: RSA, and ECDSA over P-256.
bool IsKnown(const EVP_PKEY* key) {
  if (EVP_PKEY_base_id(key) == EVP_PKEY_RSA) return true;
  if (EVP_PKEY_base_id(key) != EVP_PKEY_EC) return false;
  std::array<char, 64> curve = {};
  return EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) == 1 &&
         std::string_view(curve.data()) == SN_X9_62_prime256v1;
}

// An encrypted key is not asked for at the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

template <typename Read>
Key ParsePem(std::string_view pem, const Read& read) {
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(bio == nullptr ? nullptr : read(bio.get()));
  if (key != nullptr && !IsKnown(key.get())) key = nullptr;
  ERR_clear_error();
  return key;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

void FreeKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

std::shared_ptr<const SigningKey> SigningKey::Parse(std::string_view pem) {
  auto out = std::make_shared<SigningKey>();
  out->key_ = ParsePem(
      pem, [](BIO* bio) { return PEM_read_bio_PrivateKey(bio, nullptr, NoPassphrase, nullptr); });
  return out->key_ == nullptr ? nullptr : out;
}

std::optional<std::string> SigningKey::Sign(std::string_view text, UrlHashAlgorithm hash) const {
  const Context context(EVP_MD_CTX_new());
  std::string signature(static_cast<size_t>(EVP_PKEY_size(key_.get())), '\0');
  size_t length = signature.size();
  const bool done =
      EVP_DigestSignInit(context.get(), nullptr, DigestOf(hash), nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     Bytes(text), text.size()) == 1;
  ERR_clear_error();
  if (!done) return std::nullopt;
  signature.resize(length);
  return signature;
}

std::shared_ptr<const VerifyingKey> VerifyingKey::Parse(std::string_view pem) {
  auto out = std::make_shared<VerifyingKey>();
  out->key_ = ParsePem(
      pem, [](BIO* bio) { return PEM_read_bio_PUBKEY(bio, nullptr, NoPassphrase, nullptr); });
  return out->key_ == nullptr ? nullptr : out;
}

bool VerifyingKey::Verify(std::string_view text, std::string_view signature,
                          UrlHashAlgorithm hash) const {
  const Context context(EVP_MD_CTX_new());
  const bool good =
      EVP_DigestVerifyInit(context.get(), nullptr, DigestOf(hash), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                       text.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace cloudlet::internal
