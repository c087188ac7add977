// Annotations: named payloads that hang on one version of an object, apart from its bytes.
//
//   photos.PutAnnotation("cat.jpg", "labels", R"({"cat": 0.98})");
//   absl::StatusOr<cloudlet::Annotation> labels = photos.GetAnnotation("cat.jpg", "labels");
//
// They change neither the bytes nor the ETag nor the time of the object. Who overwrites an object
// without versioning, or deletes a version, deletes its annotations; a new version has none; a copy
// has those of its source (CopyOptions::annotation_directive), a renamed object its own. There is
// no history of them.
//
// A name has 1 to 512 bytes of UTF-8: letters, digits, "_", "." and "-"; it does not begin with
// "aws" or "s3" in upper or lower case. A payload has 1 byte to 1 MiB of UTF-8
// (Limits::max_annotation_bytes), a version at most 1,000 annotations (Limits::max_annotations).
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html
#ifndef CLOUDLET_API_ANNOTATION_H_
#define CLOUDLET_API_ANNOTATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/checksum.h"
#include "cloudlet/object.h"

namespace cloudlet {

// What is known of an annotation beside its payload.
struct AnnotationInfo {
  std::string name = {};
  uint64_t size = 0;              // bytes of the payload
  std::string etag = {};          // of the payload, made as that of an object
  absl::Time last_modified = {};  // of a copy's: when the copy was made
  Checksum checksum = {};         // the one that its writer named, else the CRC64NVME
  uint64_t sequence = 0;          // number of the change that wrote it
};

struct PutAnnotationOptions {
  // The version that it is for; empty: the current one. None of this id: NoSuchVersion; of no id's
  // form: InvalidArgument; a delete marker: MethodNotAllowed.
  std::string version_id = {};
  // Only if the object, or that version of it, has this ETag (else PreconditionFailed): S3's
  // x-amz-object-if-match. As in PutOptions.
  std::string object_if_match = {};
  // Extension: conditions on the annotation's own ETag, as in PutOptions; an if_match without such
  // an annotation is NoSuchAnnotation. S3 has none.
  std::string if_match = {};
  std::string if_none_match = {};

  // Of the payload, as in PutOptions.
  std::string content_md5 = {};
  std::optional<Checksum> checksum = {};
  std::optional<ChecksumAlgorithm> checksum_algorithm = {};

  Durability durability = Durability::kBuffered;
};

struct PutAnnotationResult {
  std::string etag = {};        // of the annotation
  std::string version_id = {};  // of the object's version, as in ObjectInfo
  Checksum checksum = {};       // as in AnnotationInfo
  uint64_t sequence = 0;        // number of this change
  std::string request_id = {};  // the same that its event carries
};

struct GetAnnotationOptions {
  std::string version_id = {};  // as in PutAnnotationOptions
};

struct Annotation {
  AnnotationInfo info;
  std::string version_id = {};  // of the object's version, as in ObjectInfo
  absl::Cord payload;
};

struct DeleteAnnotationOptions {
  // As in PutAnnotationOptions.
  std::string version_id = {};
  std::string object_if_match = {};
  std::string if_match = {};  // Extension

  Durability durability = Durability::kBuffered;
};

struct DeleteAnnotationResult {
  bool existed = false;         // false: nothing changed, which is no error, and no event
  std::string version_id = {};  // of the object's version, as in ObjectInfo
  uint64_t sequence = 0;        // number of the change; 0: nothing changed
  std::string request_id = {};
};

struct ListAnnotationsOptions {
  std::string version_id = {};  // as in PutAnnotationOptions
  // Only names that begin so. InvalidPrefix where no name can.
  std::string prefix = {};
  // What the page before gave; of no such form: InvalidArgument.
  std::string continuation_token = {};
  // Entries wanted, 1 to 1,000 (else InvalidArgument); Limits::max_list_page cuts it.
  size_t max_results = 1000;
};

struct AnnotationPage {
  std::vector<AnnotationInfo> entries = {};  // names in byte order
  std::string version_id = {};               // of the object's version, as in ObjectInfo
  bool is_truncated = false;
  std::string next_continuation_token = {};  // empty unless is_truncated
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_ANNOTATION_H_
