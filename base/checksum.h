// The checksums of S3, computed as bytes pass or at once.
//
// A digest is its raw bytes, most significant first, ChecksumBytes(algorithm) of them. Pure; a
// stream belongs to one thread at a time.
#ifndef CLOUDLET_BASE_CHECKSUM_H_
#define CLOUDLET_BASE_CHECKSUM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/digest.h"
#include "cloudlet/checksum.h"

struct XXH64_state_s;  // of libxxhash
struct XXH3_state_s;

namespace cloudlet::base {

// One checksum over the bytes appended. Movable; a moved-from stream may only be assigned or
// destroyed.
class ChecksumStream {
 public:
  // REQUIRES: one of kChecksumAlgorithms.
  explicit ChecksumStream(ChecksumAlgorithm algorithm);

  void Append(std::string_view bytes);
  // The digest of everything appended. REQUIRES: called once; nothing else may follow.
  std::string Finish();

  ChecksumAlgorithm algorithm() const { return algorithm_; }

 private:
  struct FreeState {
    void operator()(XXH64_state_s* state) const;
    void operator()(XXH3_state_s* state) const;
  };
  using Xxh64State = std::unique_ptr<XXH64_state_s, FreeState>;
  using Xxh3State = std::unique_ptr<XXH3_state_s, FreeState>;
  using State = std::variant<uint64_t, Digest, Xxh64State, Xxh3State>;  // uint64_t: a CRC

  static State Begin(ChecksumAlgorithm algorithm);

  ChecksumAlgorithm algorithm_;
  State state_;
};

// The digest of `bytes` at once. REQUIRES: as ChecksumStream.
std::string DigestOf(ChecksumAlgorithm algorithm, std::string_view bytes);

// The digest of a CRC's value. REQUIRES: one of the CRCs.
std::string CrcDigest(ChecksumAlgorithm algorithm, uint64_t crc);
bool IsCrc(ChecksumAlgorithm algorithm);

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_CHECKSUM_H_
