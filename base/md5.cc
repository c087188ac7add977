// MD5 over OpenSSL's EVP. Looking the algorithm up costs more than digesting a short string, so
// it is done once. A host that runs OpenSSL in FIPS mode has no MD5 in its default library
// context; then it comes from a context of our own, which touches nothing of the host's.
#include "base/md5.h"

#include <openssl/evp.h>
#include <openssl/provider.h>

#include <memory>

#include "base/fatal.h"

namespace cloudlet::base {
namespace {

const EVP_MD* FetchMd5() {
  EVP_MD* md = EVP_MD_fetch(nullptr, "MD5", "-fips");
  if (md == nullptr) {
    OSSL_LIB_CTX* own = OSSL_LIB_CTX_new();
    if (own != nullptr && OSSL_PROVIDER_load(own, "default") != nullptr) {
      md = EVP_MD_fetch(own, "MD5", nullptr);
    }
  }
  return md;
}

const EVP_MD* Algorithm() {
  static const EVP_MD* const md = FetchMd5();
  return md;
}

// An OpenSSL without MD5, or no memory for a context: no input leads here.
void Check(int ok) {
  if (ok != 1) Fatal("cloudlet: OpenSSL cannot compute MD5 (no such algorithm, or no memory)");
}

}  // namespace

void Md5::FreeContext::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Md5::Md5() : context_(EVP_MD_CTX_new()) {
  Check(EVP_DigestInit_ex2(context_.get(), Algorithm(), nullptr));
}

void Md5::Update(std::string_view bytes) {
  Check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

Md5Digest Md5::Finish() {
  Md5Digest digest;
  Check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
  return digest;
}

Md5Digest Md5Of(std::string_view bytes) {
  // A context costs a quarter of what digesting 1 KiB does; each thread keeps one.
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Md5Digest digest;
  Check(EVP_DigestInit_ex2(context.get(), Algorithm(), nullptr));
  Check(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()));
  Check(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
  return digest;
}

}  // namespace cloudlet::base
