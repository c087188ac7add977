// Headers of CopyObject, UploadPartCopy and RenameObject.
//
//   x-amz-copy-source: /photos/a%20b.jpg?versionId=3
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
#ifndef CLOUDLET_HTTP_S3_COPY_HEADERS_H_
#define CLOUDLET_HTTP_S3_COPY_HEADERS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cloudlet/copy.h"
#include "cloudlet/multipart.h"
#include "http/message.h"

namespace cloudlet::http {

// Bucket, key and version of "[/]bucket/key[?versionId=id]", percent-encoded or not. A '?' of a key
// must be encoded; a '+' is itself. InvalidArgument: escapes that are none, no bucket or key, an
// empty version, another parameter.
absl::StatusOr<CopySource> ParseCopySource(std::string_view header);
std::string FormatCopySource(const CopySource& source);

// With the conditions: x-amz-copy-source-if-*.
absl::StatusOr<CopySource> DecodeCopySource(const Headers& headers);
void EncodeCopySource(const CopySource& source, Headers* headers);

// InvalidArgument: a directive that is none. NotImplemented: x-amz-checksum-algorithm, as a copy
// keeps its source's checksum; a storage class.
absl::StatusOr<CopyOptions> DecodeCopyOptions(const Headers& headers);
void EncodeCopyOptions(const CopyOptions& options, Headers* headers);

absl::StatusOr<UploadPartCopyOptions> DecodeUploadPartCopyOptions(const Headers& headers);

// x-amz-rename-source: "[/]bucket/key" or a key of the bucket that is addressed, `bucket`; the key.
absl::StatusOr<std::string> DecodeRenameSource(const Headers& headers, std::string_view bucket);
RenameOptions DecodeRenameOptions(const Headers& headers);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_COPY_HEADERS_H_
