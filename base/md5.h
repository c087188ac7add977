// MD5, which S3 uses for ETags and Content-MD5. It guards against accidents, not attackers.
//
//   Md5 md5;
//   for (std::string_view piece : pieces) md5.Update(piece);
//   std::array<uint8_t, 16> digest = md5.Finish();
#ifndef CLOUDLET_BASE_MD5_H_
#define CLOUDLET_BASE_MD5_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "base/digest.h"

namespace cloudlet::base {

using Md5Digest = std::array<uint8_t, 16>;

// One running digest. Movable; a moved-from object may only be assigned or destroyed.
// Thread-compatible: one thread at a time.
class Md5 {
 public:
  Md5() : digest_(DigestKind::kMd5) {}

  void Update(std::string_view bytes) { digest_.Update(bytes); }

  // The digest of everything so far. REQUIRES: called once; nothing else may follow.
  Md5Digest Finish();

 private:
  Digest digest_;
};

// The digest of `bytes` at once.
Md5Digest Md5Of(std::string_view bytes);

// The 16 bytes as a string view, to print (HexLower) or encode them. Points into `digest`.
inline std::string_view Md5Bytes(const Md5Digest& digest) {
  return std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size());
}

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_MD5_H_
