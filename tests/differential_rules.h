// S3's rules about values, written down a second time for the model of differential_model.h: names,
// headers, conditions, digests, ranges. Each answers a code: "OK", or the S3 code or canonical name
// that the cloud must answer.
#ifndef CLOUDLET_TESTS_DIFFERENTIAL_RULES_H_
#define CLOUDLET_TESTS_DIFFERENTIAL_RULES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/cloud.h"

namespace cloudlet::differential {

// --- Names and headers ---

bool IsBucketName(const std::string& name);
std::string KeyCode(const std::string& key);
// Of a version id that is not empty.
std::string VersionIdCode(const std::string& id);
std::string MetadataCode(const UserMetadata& metadata);
UserMetadata Lowered(const UserMetadata& metadata);
inline constexpr size_t kMaxObjectTags = 10;
inline constexpr size_t kMaxBucketTags = 50;
// At most `most` tags, none twice; those of the test have letters, and "!", which is not allowed.
std::string TagsCode(const TagSet& tags, size_t most);
TagSet Sorted(TagSet tags);
std::string AnnotationNameCode(const std::string& name);

// --- Conditions: "*", or ETags, quoted or not, with a comma and a space between them ---

struct Conditions {
  std::string if_match;
  std::string if_none_match;
  std::optional<absl::Time> if_modified_since;
  std::optional<absl::Time> if_unmodified_since;
};
template <typename Options>  // GetOptions, CopySource, RenameOptions
Conditions ConditionsOf(const Options& options) {
  return {options.if_match, options.if_none_match, options.if_modified_since,
          options.if_unmodified_since};
}

bool Names(const std::string& condition, const std::string& etag);
enum class Verdict { kHold, kFail, kNotModified };
Verdict Judge(const Conditions& conditions, const std::string& etag, absl::Time modified);
// On what is replaced; no ETag: there is nothing.
std::string WriteCode(const std::string& if_match, const std::string& if_none_match,
                      const std::optional<std::string>& etag);

// --- Digests ---

std::string Md5(const std::string& bytes);
std::string EtagOf(EtagPolicy policy, const std::string& body);
Checksum ChecksumOf(ChecksumAlgorithm algorithm, const std::string& body);
// A put says at most one thing about checksums; this is what is kept.
ChecksumAlgorithm AlgorithmOf(const PutOptions& options);
// Of one that is claimed: the base64 of as many bytes as there must be, of a composite with or
// without the number of its parts.
bool IsWellFormed(const Checksum& claimed);
bool Claims(const Checksum& claimed, const Checksum& computed);
std::string DigestFormCode(const PutOptions& options);
std::string DigestCode(const PutOptions& options, const std::string& body);

// --- Parts ---

struct ModelPart {
  int number = 0;
  std::string body;
  std::string etag;
  Checksum checksum;
  absl::Time modified;
};

struct UploadChecksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::kCrc64nvme;
  ChecksumType type = ChecksumType::kFullObject;
};

// What a create must answer to these wishes; where it is "OK", `wish` is what they come to.
std::string ChecksumWishCode(const PutOptions& options, std::optional<UploadChecksum>* wish);
std::string EtagOfParts(EtagPolicy policy, const std::vector<const ModelPart*>& parts);
Checksum ChecksumOfParts(const UploadChecksum& checksum,
                         const std::vector<const ModelPart*>& parts);

// --- Ranges ---

struct Extent {
  uint64_t offset = 0;
  uint64_t length = 0;
};
std::string RangeCode(const ByteRange& range, uint64_t size, Extent* extent);

}  // namespace cloudlet::differential

#endif  // CLOUDLET_TESTS_DIFFERENTIAL_RULES_H_
