// MD5 as an array of its own length: see digest.cc for how it is computed.
#include "base/md5.h"

namespace cloudlet::base {

Md5Digest Md5::Finish() {
  Md5Digest digest;
  digest_.Finish(digest.data());
  return digest;
}

Md5Digest Md5Of(std::string_view bytes) {
  Md5Digest digest;
  DigestOf(DigestKind::kMd5, bytes, digest.data());
  return digest;
}

}  // namespace cloudlet::base
