// What s3_headers.h says of the checksums of bodies.
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/s3_headers.h"

namespace cloudlet::http {
namespace {

using base::V;

absl::Status InvalidRequest(std::string_view why) {
  return MakeError(ErrorCode::kInvalidRequest, why);
}

absl::Status CheckSdkAlgorithm(const Headers& headers, const BodyChecksums& found) {
  const std::string* const value = headers.Find("x-amz-sdk-checksum-algorithm");
  if (value == nullptr) return absl::OkStatus();
  const std::optional<ChecksumAlgorithm> named = ChecksumAlgorithmNamed(*value);
  if (!named.has_value()) {
    return InvalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  }
  const std::optional<ChecksumAlgorithm> given =
      found.checksum.has_value() ? std::optional(found.checksum->algorithm) : found.trailer;
  if (!given.has_value() && found.content_md5.empty()) {
    return InvalidRequest(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
        "x-amz-trailer headers were found.");
  }
  if (given.has_value() && *given != *named) {
    return InvalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ChecksumAlgorithm>> TrailerOf(const Headers& headers) {
  const std::string* const value = headers.Find("x-amz-trailer");
  if (value == nullptr) return std::optional<ChecksumAlgorithm>();
  for (ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    if (SameName(*value, ChecksumHeader(algorithm))) return std::optional(algorithm);
  }
  return InvalidRequest("The value specified in the x-amz-trailer header is not supported");
}

}  // namespace

absl::StatusOr<BodyChecksums> DecodeBodyChecksums(const Headers& headers) {
  BodyChecksums found;
  if (const std::string* const md5 = headers.Find("Content-MD5"); md5 != nullptr) {
    if (md5->empty()) return MakeError(ErrorCode::kInvalidDigest);
    found.content_md5 = *md5;
  }
  for (ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    const std::string* const value = headers.Find(ChecksumHeader(algorithm));
    if (value == nullptr) continue;
    if (found.checksum.has_value()) {
      return InvalidRequest(
          "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    }
    found.checksum = Checksum{algorithm, ChecksumType::kFullObject, *value};
  }
  CLOUDLET_ASSIGN_OR_RETURN(found.trailer, TrailerOf(headers));
  if (found.trailer.has_value() && found.checksum.has_value()) {
    return InvalidRequest("Expecting a single x-amz-checksum- header");
  }
  CLOUDLET_RETURN_IF_ERROR(CheckSdkAlgorithm(headers, found));
  return found;
}

void EncodeBodyChecksums(const BodyChecksums& checksums, Headers* headers) {
  if (!checksums.content_md5.empty()) headers->Add("Content-MD5", checksums.content_md5);
  if (checksums.checksum.has_value()) {
    headers->Add(ChecksumHeader(checksums.checksum->algorithm), checksums.checksum->value);
  }
  if (checksums.trailer.has_value()) {
    headers->Add("x-amz-trailer", ChecksumHeader(*checksums.trailer));
  }
}

absl::StatusOr<Checksum> DecodeTrailer(ChecksumAlgorithm algorithm, const Headers& trailers) {
  const std::string* const value = trailers.Find(ChecksumHeader(algorithm));
  if (value == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("the trailer ", V(ChecksumHeader(algorithm)), " is missing"));
  }
  return Checksum{algorithm, ChecksumType::kFullObject, *value};
}

}  // namespace cloudlet::http
