// S3's rules about values: see differential_rules.h.
#include "tests/differential_rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/crc.h"
#include "base/md5.h"
#include "base/strings.h"
#include "objstore/checksum.h"

namespace cloudlet::differential {
namespace {

constexpr size_t kMetadataBytes = 2048;

std::string LowerHex(uint64_t number) {
  std::string hex = base::Hex16(number);
  std::transform(hex.begin(), hex.end(), hex.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c; });
  return hex;
}

bool IsCrc32(ChecksumAlgorithm algorithm) {
  return algorithm == ChecksumAlgorithm::kCrc32 || algorithm == ChecksumAlgorithm::kCrc32c;
}

}  // namespace

// --- Names and headers ---

// The test's bucket names are legal or plainly not: capitals, too short, or an address.
bool IsBucketName(const std::string& name) {
  return name.size() >= 3 && name.find_first_of("ABC") == std::string::npos && name != "1.2.3.4";
}

std::string KeyCode(const std::string& key) {
  if (key.empty()) return "InvalidArgument";
  return key.size() > 1024 ? "KeyTooLongError" : "OK";
}

// Opaque, but for those that the test makes up.
std::string VersionIdCode(const std::string& id) {
  const bool good = id == "null" || (id.size() == 16 && id != std::string(16, '0') &&
                                     id.find_first_not_of("0123456789abcdef") == id.npos);
  return good ? "OK" : "InvalidArgument";
}

std::string MetadataCode(const UserMetadata& metadata) {
  size_t bytes = 0;
  for (const auto& [name, value] : metadata) {
    if (name.find(' ') != std::string::npos) return "InvalidArgument";
    bytes += name.size() + value.size();
  }
  return bytes > kMetadataBytes ? "MetadataTooLarge" : "OK";
}

UserMetadata Lowered(const UserMetadata& metadata) {
  UserMetadata lowered;
  for (const auto& [name, value] : metadata) lowered[absl::AsciiStrToLower(name)] = value;
  return lowered;
}

namespace {

// As UTF-16 has it, of what is UTF-8.
size_t CharactersIn(const std::string& text) {
  size_t characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) characters += byte >= 0xF0 ? 2 : 1;
  }
  return characters;
}

}  // namespace

std::string TagsCode(const TagSet& tags, size_t most) {
  std::set<std::string> keys;
  for (const Tag& tag : tags) {
    const size_t characters = CharactersIn(tag.key);
    if (characters < 1 || characters > 128 || CharactersIn(tag.value) > 256) return "InvalidTag";
    if ((tag.key + tag.value).find('!') != std::string::npos) return "InvalidTag";
    if (absl::AsciiStrToLower(tag.key).compare(0, 4, "aws:") == 0) return "InvalidTag";
    if (!keys.insert(tag.key).second) return "InvalidTag";
  }
  return tags.size() > most ? "InvalidTag" : "OK";
}

TagSet Sorted(TagSet tags) {
  std::sort(tags.begin(), tags.end(), [](const Tag& a, const Tag& b) { return a.key < b.key; });
  return tags;
}

// The test's names have letters, digits and "-"; or a blank, which none has.
std::string AnnotationNameCode(const std::string& name) {
  if (name.size() > 512) return "AnnotationNameTooLong";
  const std::string lower = absl::AsciiStrToLower(name);
  const bool is_reserved = lower.compare(0, 3, "aws") == 0 || lower.compare(0, 2, "s3") == 0;
  const bool good = !name.empty() && name.find(' ') == std::string::npos && !is_reserved;
  return good ? "OK" : "InvalidAnnotationName";
}

// --- Conditions ---

bool Names(const std::string& condition, const std::string& etag) {
  if (condition == "*") return true;
  for (const absl::string_view one : absl::StrSplit(condition, ", ")) {
    if (one == etag || one == "\"" + etag + "\"") return true;
  }
  return false;
}

// Dates have seconds.
Verdict Judge(const Conditions& conditions, const std::string& etag, absl::Time modified) {
  const int64_t seconds = absl::ToUnixSeconds(modified);
  if (!conditions.if_match.empty()) {
    if (!Names(conditions.if_match, etag)) return Verdict::kFail;
  } else if (conditions.if_unmodified_since.has_value()) {
    if (seconds > absl::ToUnixSeconds(*conditions.if_unmodified_since)) return Verdict::kFail;
  }
  if (!conditions.if_none_match.empty()) {
    return Names(conditions.if_none_match, etag) ? Verdict::kNotModified : Verdict::kHold;
  }
  if (!conditions.if_modified_since.has_value()) return Verdict::kHold;
  return seconds <= absl::ToUnixSeconds(*conditions.if_modified_since) ? Verdict::kNotModified
                                                                       : Verdict::kHold;
}

std::string WriteCode(const std::string& if_match, const std::string& if_none_match,
                      const std::optional<std::string>& etag) {
  if (!if_match.empty() && !etag.has_value()) return "NoSuchKey";
  if (!if_match.empty() && !Names(if_match, *etag)) return "PreconditionFailed";
  if (!if_none_match.empty() && etag.has_value() && Names(if_none_match, *etag)) {
    return "PreconditionFailed";
  }
  return "OK";
}

// --- Digests ---

std::string Md5(const std::string& bytes) {
  const base::Md5Digest digest = base::Md5Of(bytes);
  return std::string(base::Md5Bytes(digest));
}

std::string EtagOf(EtagPolicy policy, const std::string& body) {
  if (policy == EtagPolicy::kMd5) return base::HexLower(Md5(body));
  return LowerHex(base::Crc64Nvme(body)) + "-crc64";
}

Checksum ChecksumOf(ChecksumAlgorithm algorithm, const std::string& body) {
  return {algorithm, ChecksumType::kFullObject,
          base::Base64Encode(objstore::DigestOf(algorithm, body))};
}

ChecksumAlgorithm AlgorithmOf(const PutOptions& options) {
  if (options.checksum.has_value()) return options.checksum->algorithm;
  if (options.checksum_algorithm.has_value()) return *options.checksum_algorithm;
  return options.crc32c.has_value() ? ChecksumAlgorithm::kCrc32c : ChecksumAlgorithm::kCrc64nvme;
}

bool IsWellFormed(const Checksum& claimed) {
  std::string value = claimed.value;
  if (claimed.type == ChecksumType::kComposite) {
    if (!value.empty() && value.back() == '-') return false;
    value = value.substr(0, value.find('-'));
  }
  const auto digest = base::Base64Decode(value);
  return digest.has_value() && digest->size() == ChecksumBytes(claimed.algorithm);
}

bool Claims(const Checksum& claimed, const Checksum& computed) {
  if (claimed.algorithm != computed.algorithm || claimed.type != computed.type) return false;
  return claimed.value == computed.value ||
         claimed.value == computed.value.substr(0, computed.value.find('-'));
}

std::string DigestFormCode(const PutOptions& options) {
  if (!options.content_md5.empty()) {
    const auto given = base::Base64Decode(options.content_md5);
    if (!given.has_value() || given->size() != 16) return "InvalidDigest";
  }
  if (options.checksum_type == ChecksumType::kComposite) return "InvalidRequest";
  std::set<ChecksumAlgorithm> named;
  if (options.checksum.has_value()) {
    if (!IsWellFormed(*options.checksum) || options.crc32c.has_value() ||
        options.crc64nvme.has_value() || options.checksum->type != ChecksumType::kFullObject) {
      return "InvalidRequest";
    }
    named.insert(options.checksum->algorithm);
  }
  if (!options.checksum_algorithm.has_value()) return "OK";
  if (options.crc32c.has_value()) named.insert(ChecksumAlgorithm::kCrc32c);
  if (options.crc64nvme.has_value()) named.insert(ChecksumAlgorithm::kCrc64nvme);
  named.insert(*options.checksum_algorithm);
  return named.size() == 1 ? "OK" : "InvalidRequest";
}

std::string DigestCode(const PutOptions& options, const std::string& body) {
  const bool holds =
      (options.content_md5.empty() || base::Base64Decode(options.content_md5) == Md5(body)) &&
      options.crc32c.value_or(base::Crc32c(body)) == base::Crc32c(body) &&
      options.crc64nvme.value_or(base::Crc64Nvme(body)) == base::Crc64Nvme(body) &&
      (!options.checksum.has_value() ||
       *options.checksum == ChecksumOf(options.checksum->algorithm, body));
  return holds ? "OK" : "BadDigest";
}

// --- Parts ---

std::string ChecksumWishCode(const PutOptions& options, std::optional<UploadChecksum>* wish) {
  wish->reset();
  if (!options.checksum_algorithm.has_value()) {
    return options.checksum_type.has_value() ? "InvalidRequest" : "OK";
  }
  const ChecksumAlgorithm algorithm = *options.checksum_algorithm;
  const bool can_be_full = IsCrc32(algorithm) || algorithm == ChecksumAlgorithm::kCrc64nvme;
  const bool can_be_composite = algorithm != ChecksumAlgorithm::kCrc64nvme;
  const ChecksumType type = options.checksum_type.value_or(
      can_be_composite ? ChecksumType::kComposite : ChecksumType::kFullObject);
  if (!(type == ChecksumType::kComposite ? can_be_composite : can_be_full)) {
    return "InvalidRequest";
  }
  *wish = UploadChecksum{algorithm, type};
  return "OK";
}

std::string EtagOfParts(EtagPolicy policy, const std::vector<const ModelPart*>& parts) {
  std::string bodies;
  std::string md5s;
  for (const ModelPart* part : parts) {
    bodies += part->body;
    md5s += Md5(part->body);
  }
  return EtagOf(policy, policy == EtagPolicy::kMd5 ? md5s : bodies) + "-" +
         std::to_string(parts.size());
}

Checksum ChecksumOfParts(const UploadChecksum& checksum,
                         const std::vector<const ModelPart*>& parts) {
  std::string bytes;
  for (const ModelPart* part : parts) {
    bytes += checksum.type == ChecksumType::kFullObject
                 ? part->body
                 : objstore::DigestOf(checksum.algorithm, part->body);
  }
  Checksum whole = ChecksumOf(checksum.algorithm, bytes);
  whole.type = checksum.type;
  if (whole.type == ChecksumType::kComposite) whole.value += "-" + std::to_string(parts.size());
  return whole;
}

// --- Ranges ---

std::string RangeCode(const ByteRange& range, uint64_t size, Extent* extent) {
  uint64_t begin = 0;
  uint64_t end = size;  // exclusive
  if (range.first.has_value()) {
    begin = *range.first;
    if (range.last.has_value() && *range.last < size) end = *range.last + 1;
  } else {
    begin = size - std::min(size, range.last.value_or(0));
  }
  if (begin >= end) return "InvalidRange";
  *extent = {begin, end - begin};
  return "OK";
}

}  // namespace cloudlet::differential
