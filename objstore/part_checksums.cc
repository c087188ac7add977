// Checksums of uploads: see part_checksums.h. Wording follows S3, as checksum.cc says.
#include "objstore/part_checksums.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/digests.h"

namespace cloudlet::objstore {
namespace {

// Without a wish S3 keeps the CRC64NVME, too.
UploadChecksum ChecksumOrDefault(const std::optional<UploadChecksum>& checksum) {
  return checksum.value_or(UploadChecksum());
}

StoredChecksum StoredOf(const Part& part) {
  return part.checksum.has_value() ? *part.checksum : Crc64NvmeChecksum(part.crc64nvme);
}

absl::Status CheckPartClaims(const UploadChecksum& checksum, absl::Span<const CompletedPart> wanted,
                             absl::Span<const Part> parts) {
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto expected = static_cast<uint32_t>(i + 1);
    if (parts[i].number != expected) {
      return MakeError(ErrorCode::kInvalidPartOrder,
                       absl::StrCat("part ", parts[i].number, " stands where part ", expected,
                                    " is expected: with a checksum, part numbers are consecutive "
                                    "and begin with 1"));
    }
    if (checksum.type == ChecksumType::kComposite && !wanted[i].checksum.has_value()) {
      return MakeError(
          ErrorCode::kInvalidRequest,
          absl::StrCat("The upload was created using a ",
                       absl::AsciiStrToLower(base::V(ChecksumAlgorithmName(checksum.algorithm))),
                       " checksum. The complete request must include the checksum for each part. "
                       "It was missing for part ",
                       parts[i].number, " in the request."));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<UploadChecksum>> ChecksumWished(const PutOptions& options) {
  if (!options.checksum_algorithm.has_value()) {
    if (!options.checksum_type.has_value()) return std::optional<UploadChecksum>();
    return MakeError(ErrorCode::kInvalidRequest,
                     "The x-amz-checksum-type header can only be used with the "
                     "x-amz-checksum-algorithm header.");
  }
  const ChecksumAlgorithm algorithm = *options.checksum_algorithm;
  const ChecksumType type = options.checksum_type.value_or(DefaultChecksumType(algorithm));
  CLOUDLET_RETURN_IF_ERROR(CheckChecksumType(algorithm, type));
  return std::optional<UploadChecksum>(UploadChecksum{algorithm, type});
}

PutOptions DigestsGiven(const UploadPartOptions& options,
                        const std::optional<UploadChecksum>& checksum) {
  PutOptions given = DigestsGiven(options);
  given.checksum_algorithm = ChecksumOrDefault(checksum).algorithm;
  if (!checksum.has_value()) {  // any will do
    if (options.checksum.has_value()) {
      given.checksum_algorithm = options.checksum->algorithm;
    } else if (options.checksum_algorithm.has_value() && !options.crc64nvme.has_value()) {
      given.checksum_algorithm = options.checksum_algorithm;
    }
  }
  return given;
}

Checksum ShownChecksum(const Part& part) {
  return part.checksum.has_value() ? part.checksum->Shown() : ShownCrc64Nvme(part.crc64nvme);
}

absl::Status CheckPartClaim(const CompletedPart& wanted, const Part& part) {
  if (!wanted.checksum.has_value()) return absl::OkStatus();
  CLOUDLET_ASSIGN_OR_RETURN(const StoredChecksum claimed, ParseChecksum(*wanted.checksum));
  const absl::Status holds = CheckChecksum(claimed, StoredOf(part));
  if (ErrorCodeOf(holds) != ErrorCode::kBadDigest) return holds;
  return MakeError(ErrorCode::kInvalidPart,
                   absl::StrCat("part ", part.number, ": ", holds.message()));
}

absl::StatusOr<StoredChecksum> ChecksumOfParts(absl::Span<const Part> parts,
                                               const UploadChecksum& checksum) {
  std::vector<StoredChecksum> stored;
  stored.reserve(parts.size());  // so that the views stay
  std::vector<DigestedPart> digested;
  for (const Part& part : parts) {
    stored.push_back(checksum.algorithm == ChecksumAlgorithm::kCrc64nvme
                         ? Crc64NvmeChecksum(part.crc64nvme)
                         : StoredOf(part));
    if (stored.back().algorithm != checksum.algorithm) {
      return absl::DataLossError(absl::StrCat("part ", part.number, " has no ",
                                              base::V(ChecksumAlgorithmName(checksum.algorithm))));
    }
    digested.push_back({stored.back().digest, part.size});
  }
  return ChecksumOfParts(checksum.algorithm, checksum.type, digested);
}

absl::StatusOr<std::optional<StoredChecksum>> ChecksumOfUpload(
    const std::optional<UploadChecksum>& checksum, absl::Span<const CompletedPart> wanted,
    absl::Span<const Part> parts, const CompleteOptions& options) {
  for (size_t i = 0; i < parts.size(); ++i) {
    CLOUDLET_RETURN_IF_ERROR(CheckPartClaim(wanted[i], parts[i]));
  }
  if (checksum.has_value()) {
    CLOUDLET_RETURN_IF_ERROR(CheckPartClaims(*checksum, wanted, parts));
  }
  CLOUDLET_ASSIGN_OR_RETURN(StoredChecksum whole,
                            ChecksumOfParts(parts, ChecksumOrDefault(checksum)));
  if (options.checksum.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(const StoredChecksum claimed, ParseChecksum(*options.checksum));
    CLOUDLET_RETURN_IF_ERROR(CheckChecksum(claimed, whole));
  }
  if (whole.algorithm == ChecksumAlgorithm::kCrc64nvme) return std::optional<StoredChecksum>();
  return std::optional<StoredChecksum>(std::move(whole));
}

}  // namespace cloudlet::objstore
