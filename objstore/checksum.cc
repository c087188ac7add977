// Checksums of S3: see checksum.h.
//
// Codes and wording follow what S3 answers: "Value for x-amz-checksum-<x> header is invalid." and
// "The <X> checksum type cannot be used with the <x> checksum algorithm." (InvalidRequest), "The
// <X> you specified did not match the calculated checksum." (BadDigest), "Checksum Type mismatch
// occurred, expected checksum Type: <x>, actual checksum Type: <y>" (InvalidRequest); and, for a
// complete that names another type than the create, the BadDigest that botocore's service model
// documents (shape CompleteMultipartUploadRequest, ChecksumType).
#include "objstore/checksum.h"

#include <charconv>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/fatal.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::objstore {
namespace {

using base::CrcDigest;
using base::IsCrc;
using base::V;

uint64_t CombineCrc(ChecksumAlgorithm algorithm, uint64_t a, uint64_t b, uint64_t size_b) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
      return base::Crc32Combine(static_cast<uint32_t>(a), static_cast<uint32_t>(b), size_b);
    case ChecksumAlgorithm::kCrc32c:
      return base::Crc32cCombine(static_cast<uint32_t>(a), static_cast<uint32_t>(b), size_b);
    default:
      return base::Crc64NvmeCombine(a, b, size_b);
  }
}

uint64_t CrcOf(std::string_view digest) {
  uint64_t crc = 0;
  for (const char c : digest) crc = crc << 8 | static_cast<unsigned char>(c);
  return crc;
}

// As S3's messages name it: "crc32c".
std::string LowerName(ChecksumAlgorithm algorithm) {
  return absl::AsciiStrToLower(V(ChecksumAlgorithmName(algorithm)));
}

absl::Status UnknownAlgorithm() {
  return MakeError(ErrorCode::kInvalidRequest, "checksum algorithm provided is unsupported");
}

absl::Status InvalidValue(const Checksum& claimed, std::string_view why) {
  return MakeError(
      ErrorCode::kInvalidRequest,
      absl::StrCat("value for ", V(ChecksumHeader(claimed.algorithm)),
                   " header is invalid: ", V(base::Quoted(claimed.value)), " ", V(why)));
}

// The number behind "-": decimal, from 1, without sign or leading zero.
std::optional<uint32_t> ParseParts(std::string_view text) {
  uint32_t parts = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parts);
  if (error != std::errc() || end != text.data() + text.size() || text[0] == '0') {
    return std::nullopt;
  }
  return parts;
}

}  // namespace

std::optional<std::string_view> Digests::Find(ChecksumAlgorithm algorithm) const {
  for (const One& one : all_) {
    if (one.algorithm == algorithm) return one.digest;
  }
  return std::nullopt;
}

void Digests::Add(ChecksumAlgorithm algorithm, std::string digest) {
  all_.push_back({algorithm, std::move(digest)});
}

ChecksumStreams::ChecksumStreams(ChecksumAlgorithms algorithms) {
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    if (algorithms.Has(algorithm)) streams_.emplace_back(algorithm);
  }
}

void ChecksumStreams::Append(std::string_view bytes) {
  for (ChecksumStream& stream : streams_) stream.Append(bytes);
}

Digests ChecksumStreams::Finish() {
  Digests digests;
  for (ChecksumStream& stream : streams_) digests.Add(stream.algorithm(), stream.Finish());
  return digests;
}

// --- Claims ---

Checksum StoredChecksum::Shown() const {
  Checksum shown{algorithm, type, base::Base64Encode(digest)};
  if (type == ChecksumType::kComposite && parts != 0) absl::StrAppend(&shown.value, "-", parts);
  return shown;
}

StoredChecksum Crc64NvmeChecksum(uint64_t crc) {
  return {ChecksumAlgorithm::kCrc64nvme, ChecksumType::kFullObject, /*parts=*/0,
          CrcDigest(ChecksumAlgorithm::kCrc64nvme, crc)};
}

// Every put and read comes here: base64 of eight bytes, without a detour over these.
Checksum ShownCrc64Nvme(uint64_t crc) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Checksum shown;
  shown.value.assign(12, '=');
  for (size_t i = 0; i < 10; ++i) shown.value[i] = kDigits[crc >> (58 - 6 * i) & 63];
  shown.value[10] = kDigits[crc << 2 & 63];
  return shown;
}

std::optional<uint32_t> Crc32cOf(const StoredChecksum& checksum) {
  if (checksum.algorithm != ChecksumAlgorithm::kCrc32c ||
      checksum.type != ChecksumType::kFullObject) {
    return std::nullopt;
  }
  return static_cast<uint32_t>(CrcOf(checksum.digest));
}

absl::StatusOr<StoredChecksum> ParseChecksum(const Checksum& claimed) {
  const size_t bytes = ChecksumBytes(claimed.algorithm);
  if (bytes == 0) return UnknownAlgorithm();
  StoredChecksum parsed{claimed.algorithm, claimed.type};
  std::string_view value = claimed.value;
  if (claimed.type == ChecksumType::kComposite) {
    if (const size_t dash = value.find('-'); dash != value.npos) {
      const std::optional<uint32_t> parts = ParseParts(value.substr(dash + 1));
      if (!parts.has_value()) return InvalidValue(claimed, "does not end in a number of parts");
      parsed.parts = *parts;
      value = value.substr(0, dash);
    }
  } else if (claimed.type != ChecksumType::kFullObject) {
    return MakeError(ErrorCode::kInvalidRequest, "value for x-amz-checksum-type header is invalid");
  }
  std::optional<std::string> digest = base::Base64Decode(value);
  if (!digest.has_value() || digest->size() != bytes) {
    return InvalidValue(claimed, absl::StrCat("is not the base64 of ", bytes, " bytes"));
  }
  parsed.digest = *std::move(digest);
  return parsed;
}

absl::Status CheckChecksum(const StoredChecksum& claimed, const StoredChecksum& computed) {
  if (claimed.algorithm != computed.algorithm) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("checksum type mismatch occurred, expected checksum type: ",
                                  LowerName(computed.algorithm),
                                  ", actual checksum type: ", LowerName(claimed.algorithm)));
  }
  if (claimed.type != computed.type) {
    return MakeError(ErrorCode::kBadDigest,
                     absl::StrCat("the checksum is ", V(ChecksumTypeName(computed.type)),
                                  ", the one you specified ", V(ChecksumTypeName(claimed.type))));
  }
  const bool other_parts = claimed.parts != 0 && claimed.parts != computed.parts;
  if (claimed.digest == computed.digest && !other_parts) return absl::OkStatus();
  return MakeError(
      ErrorCode::kBadDigest,
      absl::StrCat("the ", V(ChecksumAlgorithmName(claimed.algorithm)),
                   " you specified did not match the calculated checksum (specified ",
                   claimed.Shown().value, ", calculated ", computed.Shown().value, ")"));
}

// --- Multipart ---

absl::Status CheckChecksumType(ChecksumAlgorithm algorithm, ChecksumType type) {
  if (ChecksumBytes(algorithm) == 0) return UnknownAlgorithm();
  const bool full = type == ChecksumType::kFullObject && IsCrc(algorithm);
  const bool composite =
      type == ChecksumType::kComposite && algorithm != ChecksumAlgorithm::kCrc64nvme;
  if (full || composite) return absl::OkStatus();
  const std::string_view name = ChecksumTypeName(type);
  if (name.empty()) {
    return MakeError(ErrorCode::kInvalidRequest, "value for x-amz-checksum-type header is invalid");
  }
  return MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat("the ", V(name), " checksum type cannot be used with the ",
                                LowerName(algorithm), " checksum algorithm"));
}

ChecksumType DefaultChecksumType(ChecksumAlgorithm algorithm) {
  return algorithm == ChecksumAlgorithm::kCrc64nvme ? ChecksumType::kFullObject
                                                    : ChecksumType::kComposite;
}

absl::StatusOr<StoredChecksum> ChecksumOfParts(ChecksumAlgorithm algorithm, ChecksumType type,
                                               absl::Span<const DigestedPart> parts) {
  CLOUDLET_RETURN_IF_ERROR(CheckChecksumType(algorithm, type));
  StoredChecksum whole{algorithm, type};
  ChecksumStream of_digests(algorithm);
  uint64_t crc = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].digest.size() != ChecksumBytes(algorithm)) {
      return absl::DataLossError(absl::StrCat(
          "the ", V(ChecksumAlgorithmName(algorithm)), " of part ", i + 1, " of ", parts.size(),
          " has ", parts[i].digest.size(), " bytes, expected ", ChecksumBytes(algorithm)));
    }
    if (type == ChecksumType::kComposite) {
      of_digests.Append(parts[i].digest);
    } else {
      crc = CombineCrc(algorithm, crc, CrcOf(parts[i].digest), parts[i].size);
    }
  }
  if (type == ChecksumType::kComposite) {
    whole.parts = static_cast<uint32_t>(parts.size());
    whole.digest = of_digests.Finish();
  } else {
    whole.digest = CrcDigest(algorithm, crc);
  }
  return whole;
}

}  // namespace cloudlet::objstore
