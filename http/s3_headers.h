// Request headers of S3 as the API's options, and back.
//
//   CLOUDLET_RETURN_IF_ERROR(CheckSupportedHeaders(head.headers));
//   CLOUDLET_ASSIGN_OR_RETURN(const PutOptions options, DecodePutOptions(head.headers));
//
// Decode*: what the server makes of a request. Encode*: what a client sends for the same options.
// What cannot be honoured is an error: InvalidArgument or InvalidRequest for values, NotImplemented
// for features. Dates that are none are left out, as RFC 9110 has it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonRequestHeaders.html
#ifndef CLOUDLET_HTTP_S3_HEADERS_H_
#define CLOUDLET_HTTP_S3_HEADERS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/append.h"
#include "cloudlet/attributes.h"
#include "cloudlet/checksum.h"
#include "cloudlet/copy.h"
#include "cloudlet/multipart.h"
#include "cloudlet/object.h"
#include "cloudlet/tags.h"
#include "http/message.h"
#include "http/uri.h"

namespace cloudlet::http {

// NotImplemented, naming the header, for those whose feature is not there: encryption (also
// AES256, as nothing is encrypted), object lock, grants, MFA, conditions of directory buckets.
absl::Status CheckSupportedHeaders(const Headers& headers);

// What a request says of the checksums of its body.
struct BodyChecksums {
  std::string content_md5 = {};
  std::optional<Checksum> checksum = {};
  // The value comes behind the body, in a trailer of this algorithm (ChecksumHeader).
  std::optional<ChecksumAlgorithm> trailer = {};
};
// InvalidRequest: several checksums; a trailer or x-amz-sdk-checksum-algorithm that is none, says
// otherwise, or stands alone; InvalidDigest: an empty Content-MD5.
absl::StatusOr<BodyChecksums> DecodeBodyChecksums(const Headers& headers);
void EncodeBodyChecksums(const BodyChecksums& checksums, Headers* headers);
// The checksum that a trailer, by its header's name, gives. InvalidRequest: it is not there.
absl::StatusOr<Checksum> DecodeTrailer(ChecksumAlgorithm algorithm, const Headers& trailers);

// Of PutObject. With a trailer, `checksum_algorithm` is the trailer's, whose value goes to Commit.
absl::StatusOr<PutOptions> DecodePutOptions(const Headers& headers);
void EncodePutOptions(const PutOptions& options, Headers* headers);
// Of CreateMultipartUpload: x-amz-checksum-algorithm and -type.
absl::StatusOr<PutOptions> DecodeCreateUploadOptions(const Headers& headers);
// Of PutObject with x-amz-write-offset-bytes; DecodeWriteOffset tells whether it is there.
absl::StatusOr<std::optional<uint64_t>> DecodeWriteOffset(const Headers& headers);
absl::StatusOr<AppendOptions> DecodeAppendOptions(const Headers& headers);
absl::StatusOr<UploadPartOptions> DecodeUploadPartOptions(const Headers& headers);
absl::StatusOr<CompleteOptions> DecodeCompleteOptions(const Headers& headers);

// Of GetObject and HeadObject: conditions, range, and the query's versionId, partNumber and
// response-*.
absl::StatusOr<GetOptions> DecodeGetOptions(const Headers& headers,
                                            const std::vector<QueryParam>& query);
// The headers, and the query without its "?", percent-encoded; empty: none.
std::string EncodeGetOptions(const GetOptions& options, Headers* headers);
// x-amz-checksum-mode: ENABLED.
bool WantsChecksum(const Headers& headers);

absl::StatusOr<DeleteOptions> DecodeDeleteOptions(const Headers& headers,
                                                  const std::vector<QueryParam>& query);
// x-amz-object-attributes, x-amz-max-parts, x-amz-part-number-marker. InvalidArgument: an attribute
// that there is not.
absl::StatusOr<AttributesOptions> DecodeAttributesOptions(const Headers& headers,
                                                          const std::vector<QueryParam>& query);

// x-amz-tagging: a query string. InvalidArgument: escapes that are none, a key twice.
absl::StatusOr<TagSet> DecodeTaggingHeader(std::string_view text);
std::string EncodeTaggingHeader(const TagSet& tags);

// "10" of a parameter or header; InvalidArgument, naming it, for what is no number up to `max`.
absl::StatusOr<uint64_t> DecodeNumber(std::string_view name, std::string_view text, uint64_t max);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_HEADERS_H_
