// Objects as values: what is known of one, and the options and results of the calls on one.
//
// Options are aggregates to be filled by name, every field has a default:
//   bucket.Put("cat.jpg", bytes, {.content_type = "image/jpeg", .if_none_match = "*"});
// Fields are only ever added at the end. Dates have S3's resolution where they leave the library
// (one second) and milliseconds inside.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and API_GetObject.html
#ifndef CLOUDLET_API_OBJECT_H_
#define CLOUDLET_API_OBJECT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/acl.h"
#include "cloudlet/checksum.h"
#include "cloudlet/tags.h"

namespace cloudlet {

// User metadata: names without "x-amz-meta-", kept in lower case as S3 does; values are bytes
// without CR, LF or NUL.
using UserMetadata = std::map<std::string, std::string>;

// What a returned write has survived.
enum class Durability {
  kBuffered,  // the death of the process (written to the log, not yet forced to the disk)
  kSync,      // the death of the machine; also covers every earlier write to the same Cloud
};

// What S3 keeps about an object.
struct ObjectInfo {
  std::string key = {};
  uint64_t size = 0;  // bytes
  // Without quotes. MD5 of the bytes in lower-case hex, or, in a bucket with EtagPolicy::kCrc64, 16
  // hex digits of the CRC64NVME and "-crc64": as opaque as S3's own multipart and KMS ETags. Of N
  // parts: the MD5 of the parts' MD5s, or the same CRC64NVME, with "-N" behind it.
  std::string etag = {};
  // Of an object that a multipart upload made: when the upload was created, as in S3.
  absl::Time last_modified = {};
  // Opaque; "null" for what was written without versioning; empty while the bucket has never had
  // it.
  std::string version_id = {};
  // Number of the change that wrote it; larger is later, over the whole store.
  uint64_t sequence = 0;

  // System headers, empty when the writer gave none.
  std::string content_type = {};  // "binary/octet-stream" when the writer gave none
  std::string cache_control = {};
  std::string content_disposition = {};
  std::string content_encoding = {};
  std::string content_language = {};
  std::string expires = {};
  std::string website_redirect_location = {};
  UserMetadata metadata = {};

  uint64_t crc64nvme = 0;               // of all bytes; always kept
  std::optional<uint32_t> crc32c = {};  // of all bytes; set when `checksum` is that
  // The one that the writer gave or named, else the CRC64NVME; of the whole object, also where a
  // range of it was read. Where a part was read by its number and the object's is COMPOSITE: the
  // part's.
  Checksum checksum = {};
  // Of an object that a multipart upload or appends made; else 0.
  int parts_count = 0;
  int tag_count = 0;  // the tags themselves: Bucket::GetTags
};

struct PutOptions {
  std::string content_type = {};
  std::string cache_control = {};
  std::string content_disposition = {};
  std::string content_encoding = {};
  std::string content_language = {};
  std::string expires = {};
  std::string website_redirect_location = {};
  UserMetadata metadata = {};

  // An ETag, quoted or not, or "*": write only if the current object has it (no object: NoSuchKey;
  // other: 412).
  std::string if_match = {};
  // "*": write only if there is no object. A list of ETags: only if the current object has none of
  // them (Extension: S3 takes only "*" here).
  std::string if_none_match = {};

  // What the caller believes the digests of the body to be; verified before anything becomes
  // visible (BadDigest).
  // Base64 of the 16 bytes, as the Content-MD5 header; InvalidDigest if malformed.
  std::string content_md5 = {};
  std::optional<uint32_t> crc32c = {};  // kept, as a `checksum` by CRC32C
  std::optional<uint64_t> crc64nvme = {};

  Durability durability = Durability::kBuffered;

  // A checksum of the whole body: verified (BadDigest), kept with the object, and given with it.
  // InvalidRequest if malformed, kComposite, or together with crc32c or crc64nvme, as S3 takes one.
  // The time it takes comes to that of the ETag; CRC64NVME, and MD5 under EtagPolicy::kMd5, are
  // computed anyway.
  std::optional<Checksum> checksum = {};
  // The same without a value to verify: computed and kept. For a writer whose body's checksum is
  // known only at its end, see ObjectWriter::Commit. InvalidRequest where another option says
  // otherwise.
  std::optional<ChecksumAlgorithm> checksum_algorithm = {};
  // For CreateMultipartUpload, with a checksum_algorithm: see there. An object put in one piece has
  // kFullObject (InvalidRequest for another).
  std::optional<ChecksumType> checksum_type = {};

  TagSet tags = {};  // of the object; cloudlet/tags.h

  // Who else may read the object. InvalidArgument: kLogDeliveryWrite, or no value of the enum.
  CannedAcl acl = CannedAcl::kPrivate;
};

// One object of Bucket::PutMany. Key and body must stay as they are until the call returns.
struct PutItem {
  std::string_view key;
  std::string_view body;
  PutOptions options = {};
};

struct PutResult {
  std::string etag = {};        // as in ObjectInfo
  std::string version_id = {};  // as in ObjectInfo
  uint64_t crc64nvme = 0;
  uint64_t sequence = 0;        // number of this change
  std::string request_id = {};  // the same that its event carries
  Checksum checksum = {};       // as in ObjectInfo
};

// One range of bytes, as in the Range header of RFC 9110 section 14.
struct ByteRange {
  // Offset of the first byte; absent: the last `last` bytes of the object.
  std::optional<uint64_t> first = {};
  // Offset of the last byte, inclusive (beyond the end: the end); absent: to the end.
  std::optional<uint64_t> last = {};

  static ByteRange From(uint64_t offset) { return {offset, std::nullopt}; }
  // `length` bytes from `offset`, or what there is of them. No byte at all: InvalidRange, as S3 has
  // no empty range.
  static ByteRange Of(uint64_t offset, uint64_t length) {
    if (length == 0) return Suffix(0);
    const uint64_t rest = UINT64_MAX - offset;
    return {offset, length - 1 > rest ? UINT64_MAX : offset + (length - 1)};
  }
  static ByteRange Suffix(uint64_t length) { return {std::nullopt, length}; }
};

// What the answer says in place of the object's own headers: S3's response-* parameters. Empty:
// what is stored. A value with CR, LF or NUL: InvalidArgument; any from an anonymous caller:
// InvalidRequest.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
struct ResponseHeaders {
  std::string content_type = {};
  std::string cache_control = {};
  std::string content_disposition = {};
  std::string content_encoding = {};
  std::string content_language = {};
  std::string expires = {};
};

// Get, Head and OpenReader. Conditions in S3's precedence: an If-Match that holds makes
// If-Unmodified-Since moot, a present If-None-Match makes If-Modified-Since moot.
struct GetOptions {
  std::optional<ByteRange> range = {};  // none of it within the object: InvalidRange
  // ETags (comma-separated, quoted or not) or "*"; no match: PreconditionFailed.
  std::string if_match = {};
  std::string if_none_match = {};  // ETags or "*"; a match: a result with not_modified, no error
  // Not modified since: a result with not_modified.
  std::optional<absl::Time> if_modified_since = {};
  std::optional<absl::Time> if_unmodified_since = {};  // modified since: PreconditionFailed
  // A version of the object; empty: the current one. None of this id: NoSuchVersion; of no id's
  // form: InvalidArgument; a delete marker: MethodNotAllowed.
  std::string version_id = {};
  // Only the bytes of this part, by the number that it was uploaded under; part 1 of an object
  // without parts is all of it. No such part: InvalidPartNumber; with a range too: InvalidRequest.
  std::optional<int> part_number = {};
  std::optional<ResponseHeaders> response = {};
};

struct GetResult {
  ObjectInfo info;            // of the whole object, also for a range
  absl::Cord body;            // the range asked for, or all; empty when not_modified
  uint64_t offset = 0;        // of body within the object
  bool not_modified = false;  // HTTP 304
};

struct HeadResult {
  ObjectInfo info;
  bool not_modified = false;  // HTTP 304
  // Where the range or part that was asked for lies within the object; by default all of it.
  uint64_t offset = 0;
  uint64_t length = 0;
};

// Result of reading into the caller's memory.
struct ReadIntoResult {
  ObjectInfo info;
  uint64_t offset = 0;        // of the first byte read within the object
  uint64_t bytes = 0;         // written to the caller's buffer
  bool not_modified = false;  // nothing was written
};

struct DeleteOptions {
  // An ETag or "*": delete only if the current object has it (no object: NoSuchKey, other:
  // PreconditionFailed).
  std::string if_match = {};
  Durability durability = Durability::kBuffered;
  // Deletes this version, or delete marker, for good. If-Match then speaks of its ETag. Empty: as
  // the bucket's versioning says.
  std::string version_id = {};
};

struct DeleteResult {
  // False: nothing changed, which is no error, and no event. A delete marker is a change even where
  // there was no object.
  bool existed = false;
  std::string version_id = {};  // of the version that was deleted, or of the marker that was made
  uint64_t sequence = 0;        // number of the change; 0: nothing changed
  std::string request_id = {};
  bool delete_marker = false;  // a delete marker was made or, by its version id, deleted
};

struct GetTagsOptions {
  std::string version_id = {};  // as in GetOptions
};

struct GetTagsResult {
  TagSet tags = {};             // empty where the object has none
  std::string version_id = {};  // whose they are; as in ObjectInfo
};

// Of SetTags and DeleteTags.
struct ChangeTagsOptions {
  std::string version_id = {};  // as in GetOptions
  Durability durability = Durability::kBuffered;
};

struct ChangeTagsResult {
  std::string version_id = {};  // of the version that was changed; as in ObjectInfo
  uint64_t sequence = 0;        // number of this change; that of the object stays
  std::string request_id = {};  // the same that its event carries
};

struct GetObjectAclOptions {
  std::string version_id = {};  // as in GetOptions
};

struct SetObjectAclOptions {
  std::string version_id = {};  // as in GetOptions
  Durability durability = Durability::kBuffered;
};

struct SetObjectAclResult {
  std::string version_id = {};  // of the version that has it; as in ObjectInfo
  // Number of this change, that of the object stays; 0: it had this ACL already, and there is no
  // event.
  uint64_t sequence = 0;
  std::string request_id = {};  // the same that its event carries
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_OBJECT_H_
