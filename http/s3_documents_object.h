// S3's documents about single objects: copies, attributes, annotations, the answer to a form.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
#ifndef CLOUDLET_HTTP_S3_DOCUMENTS_OBJECT_H_
#define CLOUDLET_HTTP_S3_DOCUMENTS_OBJECT_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/annotation.h"
#include "cloudlet/attributes.h"
#include "cloudlet/checksum.h"

namespace cloudlet::http {

// CopyObjectResult and CopyPartResult.
struct CopiedDocument {
  std::string etag = {};  // without quotes
  absl::Time last_modified = {};
  std::optional<Checksum> checksum = {};
};
std::string EncodeCopyObjectResult(const CopiedDocument& copied);
std::string EncodeCopyPartResult(const CopiedDocument& copied);
// Either. A copy can fail after HTTP 200 was sent: an error document is that error's status.
absl::StatusOr<CopiedDocument> DecodeCopied(std::string_view xml);

// GetObjectAttributesResponse. The version and the date travel in headers.
std::string EncodeAttributes(const ObjectAttributes& attributes);
absl::StatusOr<ObjectAttributes> DecodeAttributes(std::string_view xml);

// Of PutObjectAnnotation.
struct AnnotationPutDocument {
  std::string key = {};
  std::string name = {};
};
std::string EncodeAnnotationPut(const AnnotationPutDocument& put);
absl::StatusOr<AnnotationPutDocument> DecodeAnnotationPut(std::string_view xml);

// Of ListObjectAnnotations. The version travels in a header; of an entry's checksum its algorithm
// is told, its number is not.
struct AnnotationListDocument {
  std::string bucket = {};
  std::string key = {};
  ListAnnotationsOptions options = {};
  AnnotationPage page = {};
};
std::string EncodeAnnotationList(const AnnotationListDocument& list);
absl::StatusOr<AnnotationListDocument> DecodeAnnotationList(std::string_view xml);

// PostResponse: of a form that asked for success_action_status 201.
struct PostedDocument {
  std::string location = {};
  std::string bucket = {};
  std::string key = {};
  std::string etag = {};  // without quotes
};
std::string EncodePosted(const PostedDocument& posted);
absl::StatusOr<PostedDocument> DecodePosted(std::string_view xml);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_DOCUMENTS_OBJECT_H_
