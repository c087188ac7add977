// Copies and renames: objects made from what the store holds already.
//
//   archive.Copy({.bucket = "photos", .key = "cat.jpg"}, "2026/cat.jpg");
//   photos.Copy({.bucket = "photos", .key = "cat.jpg", .version_id = old}, "cat.jpg");  // restores
//
// No byte is moved: source and copy share what is stored, and either may be changed or deleted
// without the other noticing. So a copy costs the same whatever its size, and it has the source's
// ETag. (S3 reads and writes the bytes and gives the copy the ETag that a put would have had there:
// the same, except where the source's is no MD5 of its bytes or the buckets' policies differ.)
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
#ifndef CLOUDLET_API_COPY_H_
#define CLOUDLET_API_COPY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "cloudlet/acl.h"
#include "cloudlet/object.h"

namespace cloudlet {

// What is copied, and the conditions under which: S3's x-amz-copy-source and its four companions;
// for Bucket::UploadPartCopy, too. A condition that fails is PreconditionFailed, always. An
// if_match that holds makes if_unmodified_since moot, a present if_none_match makes
// if_modified_since moot.
struct CopySource {
  std::string bucket = {};  // empty: the bucket of the call
  std::string key = {};
  // Empty: the current one. None of this id: NoSuchVersion; of no id's form: InvalidArgument; a
  // delete marker: InvalidRequest.
  std::string version_id = {};
  std::string if_match = {};  // ETags or "*"
  std::string if_none_match = {};
  std::optional<absl::Time> if_modified_since = {};
  std::optional<absl::Time> if_unmodified_since = {};
};

enum class MetadataDirective {
  kCopy,     // headers and metadata are the source's; giving some: InvalidRequest
  kReplace,  // they are those of the options
};

enum class TaggingDirective {
  kCopy,     // the copy has the source's tags; giving some: InvalidRequest
  kReplace,  // it has those of the options, none where there are none
};

enum class AnnotationDirective {
  kCopy,     // those of the source come along, in the same change and without events of their own
  kExclude,  // the copy has none
};

struct CopyOptions {
  MetadataDirective metadata_directive = MetadataDirective::kCopy;
  // With kReplace, as in PutOptions.
  std::string content_type = {};
  std::string cache_control = {};
  std::string content_disposition = {};
  std::string content_encoding = {};
  std::string content_language = {};
  std::string expires = {};
  UserMetadata metadata = {};
  // Never copied from the source, as in S3: the copy has this one, whatever the directive.
  std::string website_redirect_location = {};

  // On the object that is replaced, as in PutOptions.
  std::string if_match = {};
  std::string if_none_match = {};

  Durability durability = Durability::kBuffered;

  // Other tags are no change that would let a copy be made onto its source.
  TaggingDirective tagging_directive = TaggingDirective::kCopy;
  TagSet tags = {};
  AnnotationDirective annotation_directive = AnnotationDirective::kCopy;

  // Of the copy; never copied from the source. As in PutOptions.
  CannedAcl acl = CannedAcl::kPrivate;
};

struct CopyResult {
  std::string etag = {};  // as in ObjectInfo; that of the source
  absl::Time last_modified = {};
  std::string version_id = {};              // of the copy, as in ObjectInfo
  std::string copy_source_version_id = {};  // of what was copied, likewise
  uint64_t sequence = 0;                    // number of this change
  std::string request_id = {};              // the same that its event carries
};

// Extension, after S3's directory buckets: the object moves to another key of the bucket, at one
// moment. Everything of it stays, its ETag, time, tags and annotations too. Where it replaces an
// object, that is gone. https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html
struct RenameOptions {
  // On the object that is replaced: as in PutOptions, and dates, which answer PreconditionFailed.
  // An if_modified_since asks for such an object, an if_unmodified_since does not.
  std::string if_match = {};
  std::string if_none_match = {};
  std::optional<absl::Time> if_modified_since = {};
  std::optional<absl::Time> if_unmodified_since = {};
  // On the object that is renamed, as in CopySource: S3's x-amz-rename-source-*.
  std::string source_if_match = {};
  std::string source_if_none_match = {};
  std::optional<absl::Time> source_if_modified_since = {};
  std::optional<absl::Time> source_if_unmodified_since = {};

  Durability durability = Durability::kBuffered;
};

struct RenameResult {
  uint64_t sequence = 0;        // of the change at the new key; that of the removal is one less
  std::string request_id = {};  // the same that both events carry
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_COPY_H_
