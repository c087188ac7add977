// The checksums of S3: computing them as bytes pass, reading what a caller claims, and making that
// of a multipart object from those of its parts. Pure; a stream belongs to one thread at a time.
//
// A digest here is its raw bytes, most significant first, ChecksumBytes(algorithm) of them.
//
// What a multipart upload may ask for ("Checking object integrity for data uploads", section "Full
// object and composite checksum types" of the S3 User Guide):
//
//                                                    FULL_OBJECT  COMPOSITE
//   CRC64NVME                                        default      no
//   CRC32, CRC32C                                    yes          default
//   SHA1, SHA256, SHA512, MD5, XXHASH64/3/128        no           default
//
// since only the CRCs of parts can be joined to that of the whole. An object put in one piece
// always has FULL_OBJECT.
#ifndef CLOUDLET_OBJSTORE_CHECKSUM_H_
#define CLOUDLET_OBJSTORE_CHECKSUM_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/checksum.h"
#include "cloudlet/checksum.h"

namespace cloudlet::objstore {

using base::ChecksumStream;
using base::DigestOf;

// A set of algorithms.
class ChecksumAlgorithms {
 public:
  ChecksumAlgorithms() = default;
  ChecksumAlgorithms(std::initializer_list<ChecksumAlgorithm> all) {
    for (const ChecksumAlgorithm one : all) Add(one);
  }
  void Add(ChecksumAlgorithm one) { bits_ |= Bit(one); }
  bool Has(ChecksumAlgorithm one) const { return (bits_ & Bit(one)) != 0; }
  bool empty() const { return bits_ == 0; }

 private:
  static uint32_t Bit(ChecksumAlgorithm one) { return 1u << (static_cast<uint32_t>(one) & 31); }
  uint32_t bits_ = 0;
};

// The digests of one body by several algorithms.
class Digests {
 public:
  // None when `algorithm` was not computed.
  std::optional<std::string_view> Find(ChecksumAlgorithm algorithm) const;
  void Add(ChecksumAlgorithm algorithm, std::string digest);

 private:
  struct One {
    ChecksumAlgorithm algorithm;
    std::string digest;
  };
  std::vector<One> all_;
};

// Several checksums in one pass over the bytes.
class ChecksumStreams {
 public:
  explicit ChecksumStreams(ChecksumAlgorithms algorithms);
  void Append(std::string_view bytes);
  // REQUIRES: called once; nothing else may follow.
  Digests Finish();

 private:
  std::vector<ChecksumStream> streams_;
};

// A checksum as it is stored and compared; Checksum is how users see it.
struct StoredChecksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::kCrc64nvme;
  ChecksumType type = ChecksumType::kFullObject;
  uint32_t parts = 0;  // of a composite; 0: a claim that does not tell
  std::string digest = {};

  Checksum Shown() const;
  friend bool operator==(const StoredChecksum&, const StoredChecksum&) = default;
};

// Of a whole object, from the number and to it.
StoredChecksum Crc64NvmeChecksum(uint64_t crc);
Checksum ShownCrc64Nvme(uint64_t crc);
std::optional<uint32_t> Crc32cOf(const StoredChecksum& checksum);  // none: it is another checksum

// What a caller claims. InvalidRequest unless the value is the base64 of as many bytes as the
// algorithm has, for a composite with or without "-<parts>", and for a full object without.
absl::StatusOr<StoredChecksum> ParseChecksum(const Checksum& claimed);

// Whether the claim holds of what was computed.
//   other digest or number of parts   BadDigest, both values in the message
//   other type                        BadDigest (what S3's model says of CompleteMultipartUpload)
//   other algorithm                   InvalidRequest
absl::Status CheckChecksum(const StoredChecksum& claimed, const StoredChecksum& computed);

// InvalidRequest when a multipart upload cannot have a checksum of `type` by `algorithm`, or either
// is none.
absl::Status CheckChecksumType(ChecksumAlgorithm algorithm, ChecksumType type);
// What CreateMultipartUpload takes when only the algorithm is given. CRC64NVME: FULL_OBJECT, else
// COMPOSITE.
ChecksumType DefaultChecksumType(ChecksumAlgorithm algorithm);

// A part, or any other piece of an object.
struct DigestedPart {
  std::string_view digest;
  uint64_t size = 0;  // bytes; only a full-object checksum needs it
};

// The checksum of an object from those of its parts, in their order: under a microsecond per part,
// whatever its size. InvalidRequest as CheckChecksumType; DATA_LOSS when a digest is not
// as long as the algorithm's, as these come from stored rows. REQUIRES: at least one part.
absl::StatusOr<StoredChecksum> ChecksumOfParts(ChecksumAlgorithm algorithm, ChecksumType type,
                                               absl::Span<const DigestedPart> parts);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_CHECKSUM_H_
