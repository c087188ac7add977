// MD5, SHA-1, SHA-256 and SHA-512 over OpenSSL's EVP, which takes the processor's own instructions
// where there are some.
//
//   Digest digest(DigestKind::kSha256);
//   for (std::string_view piece : pieces) digest.Update(piece);
//   std::string bytes = digest.Finish();
#ifndef CLOUDLET_BASE_DIGEST_H_
#define CLOUDLET_BASE_DIGEST_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace cloudlet::base {

enum class DigestKind { kMd5, kSha1, kSha256, kSha512 };

constexpr size_t DigestBytes(DigestKind kind) {
  switch (kind) {
    case DigestKind::kMd5:
      return 16;
    case DigestKind::kSha1:
      return 20;
    case DigestKind::kSha256:
      return 32;
    case DigestKind::kSha512:
      return 64;
  }
  return 0;
}

// One running digest. Movable; a moved-from object may only be assigned or destroyed.
// Thread-compatible: one thread at a time.
class Digest {
 public:
  explicit Digest(DigestKind kind);
  Digest(Digest&&) noexcept = default;
  Digest& operator=(Digest&&) noexcept = default;
  ~Digest() = default;

  void Update(std::string_view bytes);

  // The digest of everything so far. REQUIRES: called once; nothing else may follow; `out` has
  // room for DigestBytes(kind).
  void Finish(uint8_t* out);
  std::string Finish();

 private:
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const;
  };
  DigestKind kind_;
  std::unique_ptr<evp_md_ctx_st, FreeContext> context_;
};

// The digest of `bytes` at once; `out` as above.
void DigestOf(DigestKind kind, std::string_view bytes, uint8_t* out);
std::string DigestOf(DigestKind kind, std::string_view bytes);

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_DIGEST_H_
