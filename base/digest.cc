// Digests over OpenSSL's EVP. Looking an algorithm up costs more than digesting a short string, so
// each is looked up once. A host that runs OpenSSL in FIPS mode has no MD5 in its default library
// context; then it comes from a context of our own, which touches nothing of the host's.
#include "base/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <array>
#include <memory>

#include "base/fatal.h"

namespace cloudlet::base {
namespace {

// An OpenSSL without the algorithm, or no memory for a context: no input leads here.
void Check(bool ok) {
  if (!ok) Fatal("cloudlet: OpenSSL cannot compute a digest (no such algorithm, or no memory)");
}

const EVP_MD* Fetch(const char* name) {
  // A look-up that fails leaves an error on the thread's queue, where the host would find it.
  ERR_set_mark();
  EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  if (md == nullptr) md = EVP_MD_fetch(nullptr, name, "-fips");
  if (md == nullptr) {
    OSSL_LIB_CTX* own = OSSL_LIB_CTX_new();
    if (own != nullptr && OSSL_PROVIDER_load(own, "default") != nullptr) {
      md = EVP_MD_fetch(own, name, nullptr);
    }
  }
  ERR_pop_to_mark();
  Check(md != nullptr);
  return md;
}

const EVP_MD* Algorithm(DigestKind kind) {
  switch (kind) {
    case DigestKind::kMd5: {
      static const EVP_MD* const md = Fetch("MD5");
      return md;
    }
    case DigestKind::kSha1: {
      static const EVP_MD* const md = Fetch("SHA1");
      return md;
    }
    case DigestKind::kSha256: {
      static const EVP_MD* const md = Fetch("SHA2-256");
      return md;
    }
    case DigestKind::kSha512: {
      static const EVP_MD* const md = Fetch("SHA2-512");
      return md;
    }
  }
  Fatal("cloudlet: no such kind of digest");
}

}  // namespace

void Digest::FreeContext::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Digest::Digest(DigestKind kind) : kind_(kind), context_(EVP_MD_CTX_new()) {
  Check(context_ != nullptr);
  Check(EVP_DigestInit_ex2(context_.get(), Algorithm(kind), nullptr) == 1);
}

void Digest::Update(std::string_view bytes) {
  Check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

void Digest::Finish(uint8_t* out) { Check(EVP_DigestFinal_ex(context_.get(), out, nullptr) == 1); }

std::string Digest::Finish() {
  std::string digest(DigestBytes(kind_), '\0');
  Finish(reinterpret_cast<uint8_t*>(digest.data()));
  return digest;
}

void DigestOf(DigestKind kind, std::string_view bytes, uint8_t* out) {
  // A context costs a quarter of what digesting 1 KiB does; each thread keeps one of each kind.
  using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
  thread_local std::array<Context, 4> contexts = {
      Context(nullptr, &EVP_MD_CTX_free), Context(nullptr, &EVP_MD_CTX_free),
      Context(nullptr, &EVP_MD_CTX_free), Context(nullptr, &EVP_MD_CTX_free)};
  Context& context = contexts[static_cast<size_t>(kind)];
  if (context == nullptr) context.reset(EVP_MD_CTX_new());
  Check(context != nullptr);
  Check(EVP_DigestInit_ex2(context.get(), Algorithm(kind), nullptr) == 1);
  Check(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
  Check(EVP_DigestFinal_ex(context.get(), out, nullptr) == 1);
}

std::string DigestOf(DigestKind kind, std::string_view bytes) {
  std::string digest(DigestBytes(kind), '\0');
  DigestOf(kind, bytes, reinterpret_cast<uint8_t*>(digest.data()));
  return digest;
}

}  // namespace cloudlet::base
