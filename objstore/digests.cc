// Digests of a body: see digests.h. Wording follows S3, as checksum.cc says.
#include "objstore/digests.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::objstore {
namespace {

using base::V;

absl::Status Mismatch(std::string_view name, std::string_view given, std::string_view computed) {
  return MakeError(ErrorCode::kBadDigest,
                   absl::StrCat(V(name), " given ", V(given), ", computed ", V(computed)));
}

absl::Status NotComputed() {
  return MakeError(ErrorCode::kInvalidRequest,
                   "a digest is given that was not asked for when the body was staged");
}

bool NamesChecksum(const PutOptions& options) {
  return options.checksum.has_value() || options.checksum_algorithm.has_value() ||
         options.crc32c.has_value();
}

// REQUIRES: NamesChecksum, and CheckDigestForm is OK.
ChecksumAlgorithm NamedChecksum(const PutOptions& options) {
  if (options.checksum.has_value()) return options.checksum->algorithm;
  return options.checksum_algorithm.value_or(ChecksumAlgorithm::kCrc32c);
}

StoredChecksum WholeBody(ChecksumAlgorithm algorithm, std::string_view digest) {
  return {algorithm, ChecksumType::kFullObject, /*parts=*/0, std::string(digest)};
}

absl::StatusOr<std::string> ContentMd5(const PutOptions& options) {
  std::optional<std::string> given = base::Base64Decode(options.content_md5);
  if (given.has_value() && given->size() == 16) return *std::move(given);
  return MakeError(ErrorCode::kInvalidDigest, "Content-MD5 is not the base64 of 16 bytes");
}

absl::Status CheckChecksumForm(const PutOptions& options) {
  if (options.checksum.has_value()) {
    if (options.crc32c.has_value() || options.crc64nvme.has_value()) {
      return MakeError(ErrorCode::kInvalidRequest,
                       "expecting a single x-amz-checksum- header, multiple checksum types are "
                       "not allowed");
    }
    CLOUDLET_RETURN_IF_ERROR(ParseChecksum(*options.checksum).status());
    if (options.checksum->type != ChecksumType::kFullObject) {
      return MakeError(ErrorCode::kInvalidRequest,
                       "an object put in one piece has no COMPOSITE checksum");
    }
  }
  if (!options.checksum_algorithm.has_value()) return absl::OkStatus();
  const ChecksumAlgorithm algorithm = *options.checksum_algorithm;
  const bool contradicted =
      (options.checksum.has_value() && options.checksum->algorithm != algorithm) ||
      (options.crc32c.has_value() && algorithm != ChecksumAlgorithm::kCrc32c) ||
      (options.crc64nvme.has_value() && algorithm != ChecksumAlgorithm::kCrc64nvme);
  if (!contradicted && ChecksumBytes(algorithm) != 0) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidRequest,
                   "value for x-amz-sdk-checksum-algorithm header is invalid");
}

absl::Status CheckChecksumClaim(const PutOptions& options, const BodyDigests& digests) {
  const ChecksumAlgorithm named = NamedChecksum(options);
  if (named == ChecksumAlgorithm::kCrc64nvme) {
    if (!options.checksum.has_value()) return absl::OkStatus();
    CLOUDLET_ASSIGN_OR_RETURN(const StoredChecksum claimed, ParseChecksum(*options.checksum));
    return CheckChecksum(claimed, Crc64NvmeChecksum(digests.crc64nvme));
  }
  if (!digests.checksum.has_value() || digests.checksum->algorithm != named) return NotComputed();
  if (options.checksum.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(const StoredChecksum claimed, ParseChecksum(*options.checksum));
    return CheckChecksum(claimed, *digests.checksum);
  }
  if (options.crc32c.has_value()) {
    const std::string given = base::Hex16(*options.crc32c).substr(8);
    const std::string computed = base::HexUpper(digests.checksum->digest);
    if (given != computed) return Mismatch("CRC32C", given, computed);
  }
  return absl::OkStatus();
}

}  // namespace

DigestPlan PlanDigests(EtagPolicy policy, const PutOptions& options) {
  DigestPlan plan;
  plan.md5 = policy == EtagPolicy::kMd5 || !options.content_md5.empty();
  if (!NamesChecksum(options)) return plan;
  const ChecksumAlgorithm named = NamedChecksum(options);
  if (named != ChecksumAlgorithm::kCrc64nvme) plan.checksum = named;
  plan.md5 = plan.md5 || named == ChecksumAlgorithm::kMd5;
  return plan;
}

Digester::Digester(DigestPlan plan) : md5_is_checksum_(plan.checksum == ChecksumAlgorithm::kMd5) {
  if (plan.md5) md5_.emplace();
  if (plan.checksum.has_value() && !md5_is_checksum_) checksum_.emplace(*plan.checksum);
}

void Digester::Update(std::string_view bytes) {
  if (md5_.has_value()) md5_->Update(bytes);
  if (checksum_.has_value()) checksum_->Append(bytes);
}

BodyDigests Digester::Finish() {
  BodyDigests digests;
  if (md5_.has_value()) digests.md5 = md5_->Finish();
  if (md5_is_checksum_) {
    digests.checksum = WholeBody(ChecksumAlgorithm::kMd5, base::Md5Bytes(*digests.md5));
  } else if (checksum_.has_value()) {
    digests.checksum = WholeBody(checksum_->algorithm(), checksum_->Finish());
  }
  return digests;
}

BodyDigests DigestsOf(std::string_view body, DigestPlan plan) {
  BodyDigests digests;
  digests.size = body.size();
  digests.crc64nvme = base::Crc64Nvme(body);
  if (plan.md5) digests.md5 = base::Md5Of(body);
  if (!plan.checksum.has_value()) return digests;
  digests.checksum = *plan.checksum == ChecksumAlgorithm::kMd5
                         ? WholeBody(ChecksumAlgorithm::kMd5, base::Md5Bytes(*digests.md5))
                         : WholeBody(*plan.checksum, DigestOf(*plan.checksum, body));
  return digests;
}

absl::Status CheckDigestForm(const PutOptions& options) {
  if (!options.content_md5.empty()) CLOUDLET_RETURN_IF_ERROR(ContentMd5(options).status());
  if (options.checksum_type.has_value() && *options.checksum_type != ChecksumType::kFullObject) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "an object put in one piece has no checksum but a FULL_OBJECT one");
  }
  return NamesChecksum(options) ? CheckChecksumForm(options) : absl::OkStatus();
}

absl::Status CheckDigests(const PutOptions& options, const BodyDigests& digests) {
  if (!options.content_md5.empty()) {
    if (!digests.md5.has_value()) return NotComputed();
    CLOUDLET_ASSIGN_OR_RETURN(const std::string given, ContentMd5(options));
    const std::string_view computed = base::Md5Bytes(*digests.md5);
    if (given != computed) {
      return Mismatch("MD5", base::HexLower(given), base::HexLower(computed));
    }
  }
  if (NamesChecksum(options)) CLOUDLET_RETURN_IF_ERROR(CheckChecksumClaim(options, digests));
  if (options.crc64nvme.has_value() && *options.crc64nvme != digests.crc64nvme) {
    return Mismatch("CRC64NVME", base::Hex16(*options.crc64nvme), base::Hex16(digests.crc64nvme));
  }
  return absl::OkStatus();
}

StoredEtag EtagOf(EtagPolicy policy, const BodyDigests& digests) {
  StoredEtag etag;
  if (policy == EtagPolicy::kMd5) {
    etag.kind = EtagKind::kMd5;
    etag.digest = *digests.md5;
    return etag;
  }
  etag.kind = EtagKind::kCrc64;
  for (size_t i = 0; i < 8; ++i) {
    etag.digest[i] = static_cast<uint8_t>(digests.crc64nvme >> (8 * i));
  }
  return etag;
}

}  // namespace cloudlet::objstore
