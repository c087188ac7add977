// The documents of multipart uploads: create, complete, and the two listings.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
#ifndef CLOUDLET_HTTP_S3_DOCUMENTS_MULTIPART_H_
#define CLOUDLET_HTTP_S3_DOCUMENTS_MULTIPART_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cloudlet/checksum.h"
#include "cloudlet/multipart.h"
#include "http/s3_xml_fields.h"

namespace cloudlet::http {

inline constexpr size_t kMaxCompletedParts = 10'000;

// InitiateMultipartUploadResult.
struct CreatedUploadDocument {
  std::string bucket = {};
  std::string key = {};
  std::string upload_id = {};
};
std::string EncodeCreatedUpload(const CreatedUploadDocument& created);
absl::StatusOr<CreatedUploadDocument> DecodeCreatedUpload(std::string_view xml);

// CompleteMultipartUpload, the request. MalformedXML: no parts, or more than 10,000.
std::string EncodeComplete(const std::vector<CompletedPart>& parts);
absl::StatusOr<std::vector<CompletedPart>> DecodeComplete(std::string_view xml);

// CompleteMultipartUploadResult.
struct CompletedUploadDocument {
  std::string location = {};  // URL of the object
  std::string bucket = {};
  std::string key = {};
  std::string etag = {};  // without quotes
  Checksum checksum = {};
};
std::string EncodeCompletedUpload(const CompletedUploadDocument& completed);
absl::StatusOr<CompletedUploadDocument> DecodeCompletedUpload(std::string_view xml);

// ListPartsResult. The page's date of creation is in no document.
struct PartListDocument {
  std::string bucket = {};
  std::string key = {};
  std::string upload_id = {};
  PartPageOptions options = {};
  PartPage page = {};
  Owner owner = {};
};
std::string EncodePartList(const PartListDocument& list);
absl::StatusOr<PartListDocument> DecodePartList(std::string_view xml);

// ListMultipartUploadsResult. As in s3_documents_list.h, keys of the page are encoded already.
struct UploadListDocument {
  std::string bucket = {};
  UploadPageOptions options = {};
  UploadPage page = {};
  Owner owner = {};
};
std::string EncodeUploadList(const UploadListDocument& list);
// Uploads come before common prefixes, as in the document.
absl::StatusOr<UploadListDocument> DecodeUploadList(std::string_view xml);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_DOCUMENTS_MULTIPART_H_
