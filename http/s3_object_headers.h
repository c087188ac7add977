// Response headers of S3 from the API's results, and back.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_ResponseSyntax
#ifndef CLOUDLET_HTTP_S3_OBJECT_HEADERS_H_
#define CLOUDLET_HTTP_S3_OBJECT_HEADERS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "cloudlet/bucket.h"
#include "cloudlet/copy.h"
#include "cloudlet/multipart.h"
#include "cloudlet/object.h"
#include "http/http_range.h"
#include "http/message.h"

namespace cloudlet::http {

// What a get or head was asked, as far as it changes the answer.
struct ObjectHeadersOptions {
  // What of the object is sent; then Content-Range is there. Absent: all.
  std::optional<ContentRange> content_range = {};
  bool checksum = false;  // x-amz-checksum-mode: ENABLED, and the whole object is sent
  bool part = false;      // by part number: x-amz-mp-parts-count is there
};

// Of GetObject and HeadObject, with Content-Length left to the server. Overrides (response-*) are
// in `info` already, as a Get with them answers.
void EncodeObjectHeaders(const ObjectInfo& info, const ObjectHeadersOptions& options,
                         Headers* headers);
// `size` is the object's: from Content-Range, else Content-Length. The key, the sequence and the
// CRCs that no header tells are left as they are by default.
ObjectInfo DecodeObjectHeaders(const Headers& headers);

// Of 304 Not Modified: validators and what caches go by.
void EncodeNotModifiedHeaders(const ObjectInfo& info, Headers* headers);

// x-amz-version-id of what a put, copy or complete has made. Not of the null version that one makes
// where versioning is suspended: S3 tells of that in reads alone.
void EncodeNewVersion(std::string_view version_id, Headers* headers);

// Of PutObject: ETag, version, checksum. `request_id` and `sequence` are in no header here.
void EncodePutHeaders(const PutResult& result, Headers* headers);
PutResult DecodePutHeaders(const Headers& headers);
void EncodeUploadPartHeaders(const UploadPartResult& result, Headers* headers);
UploadPartResult DecodeUploadPartHeaders(const Headers& headers);
// Of DeleteObject.
void EncodeDeleteHeaders(const DeleteResult& result, Headers* headers);
DeleteResult DecodeDeleteHeaders(const Headers& headers);
// Of CopyObject; the rest is in its document.
void EncodeCopyHeaders(const CopyResult& result, Headers* headers);
void DecodeCopyHeaders(const Headers& headers, CopyResult* result);

// x-amz-checksum-crc32 and x-amz-checksum-type; nothing for an empty value.
void EncodeChecksumHeaders(const Checksum& checksum, Headers* headers);
std::optional<Checksum> DecodeChecksumHeaders(const Headers& headers);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_OBJECT_HEADERS_H_
