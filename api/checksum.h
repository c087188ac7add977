// Checksums of objects, named and written as S3 does.
//
// A value is the base64 of the digest, most significant byte first, the xxHash family with seed 0:
//   Checksum{ChecksumAlgorithm::kCrc32, ChecksumType::kFullObject, "i9aeUg=="}  // "Hello world"
// A multipart upload's COMPOSITE checksum is the digest of the digests of its parts, one after the
// other, and tells their number: "R/nORQ==-2".
//
// Names and headers: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Checksum.html
// What they mean:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
#ifndef CLOUDLET_API_CHECKSUM_H_
#define CLOUDLET_API_CHECKSUM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cloudlet {

// The values are stored: they keep their numbers.
enum class ChecksumAlgorithm : uint8_t {
  kCrc32 = 1,
  kCrc32c = 2,
  kCrc64nvme = 3,
  kSha1 = 4,
  kSha256 = 5,
  kSha512 = 6,
  kMd5 = 7,
  kXxhash64 = 8,
  kXxhash3 = 9,  // the 64-bit XXH3
  kXxhash128 = 10,
};

// All of them, to walk over.
inline constexpr ChecksumAlgorithm kChecksumAlgorithms[] = {
    ChecksumAlgorithm::kCrc32,     ChecksumAlgorithm::kCrc32c,   ChecksumAlgorithm::kCrc64nvme,
    ChecksumAlgorithm::kSha1,      ChecksumAlgorithm::kSha256,   ChecksumAlgorithm::kSha512,
    ChecksumAlgorithm::kMd5,       ChecksumAlgorithm::kXxhash64, ChecksumAlgorithm::kXxhash3,
    ChecksumAlgorithm::kXxhash128,
};

// What a checksum is taken over. The values are stored.
enum class ChecksumType : uint8_t {
  kFullObject = 1,  // all bytes of the object; the only one of an object put in one piece
  kComposite = 2,   // the digests of the parts of a multipart upload
};

// What is said, or known, of an object's bytes.
struct Checksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::kCrc64nvme;
  ChecksumType type = ChecksumType::kFullObject;
  // Base64; kComposite: and "-<number of parts>", which may be left out of what is claimed.
  std::string value = {};

  friend bool operator==(const Checksum& a, const Checksum& b) {
    return a.algorithm == b.algorithm && a.type == b.type && a.value == b.value;
  }
  friend bool operator!=(const Checksum& a, const Checksum& b) { return !(a == b); }
};

// "CRC64NVME", "SHA256". Empty for a number that is no algorithm.
std::string_view ChecksumAlgorithmName(ChecksumAlgorithm algorithm);
// The algorithm called `name`, in upper or lower case as S3 takes it; none when there is none.
std::optional<ChecksumAlgorithm> ChecksumAlgorithmNamed(std::string_view name);
// The header, or trailer, that carries it: "x-amz-checksum-crc64nvme". Empty as above.
std::string_view ChecksumHeader(ChecksumAlgorithm algorithm);
// Bytes of a digest, before base64: 4 to 64. 0 as above.
size_t ChecksumBytes(ChecksumAlgorithm algorithm);

// "FULL_OBJECT", "COMPOSITE". Empty for a number that is no type.
std::string_view ChecksumTypeName(ChecksumType type);
// The type called `name`, in upper or lower case; none when there is none.
std::optional<ChecksumType> ChecksumTypeNamed(std::string_view name);

}  // namespace cloudlet

#endif  // CLOUDLET_API_CHECKSUM_H_
