// Multipart uploads: an object made of parts that arrive in any order, from any number of threads,
// over any time.
//
//   absl::StatusOr<std::string> id = bucket.CreateMultipartUpload("film.mp4");
//   std::vector<CompletedPart> parts;
//   for (int number = 1; number <= count; ++number) {
//     absl::StatusOr<UploadPartResult> part = bucket.UploadPart("film.mp4", *id, number, piece);
//     parts.push_back({number, part->etag});  // and part->checksum, where it is composite
//   }
//   absl::StatusOr<PutResult> film = bucket.CompleteMultipartUpload("film.mp4", *id, parts);
//
// Nothing is visible, and there is no event, before the complete; it moves no bytes. An upload
// stays open, over restarts too, until it is completed or aborted, and keeps its bucket from being
// deleted. The parts remain as such: an object can be read by part number.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
#ifndef CLOUDLET_API_MULTIPART_H_
#define CLOUDLET_API_MULTIPART_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/checksum.h"
#include "cloudlet/copy.h"
#include "cloudlet/listing.h"
#include "cloudlet/object.h"

namespace cloudlet {

namespace internal {
class PartWriterImpl;
}  // namespace internal

struct UploadPartOptions {
  // What the caller believes of the part's bytes, as in PutOptions; BadDigest, InvalidDigest.
  std::string content_md5 = {};
  std::optional<uint64_t> crc64nvme = {};
  Durability durability = Durability::kBuffered;
  // The part's checksum by the algorithm of the upload, by any where it named none: verified, and
  // kept in the former case. InvalidRequest for one by another, or together with crc64nvme.
  // Extension: an upload's checksum is computed of parts that give none; S3 refuses these.
  std::optional<Checksum> checksum = {};
  // By which algorithm a checksum is that only PartWriter::Commit gives.
  std::optional<ChecksumAlgorithm> checksum_algorithm = {};
};

struct UploadPartResult {
  std::string etag = {};  // of the part, as that of an object of these bytes; the complete wants it
  uint64_t crc64nvme = 0;
  Checksum checksum = {};  // of the part, by the upload's algorithm, else its CRC64NVME
};

struct UploadPartCopyOptions {
  // The bytes of the source that become the part. InvalidArgument unless both ends are given, in
  // this order, and lie within the source. Absent: all of it. Extension: any range of a source of
  // any size; S3 has them only of sources above 5 MB.
  std::optional<ByteRange> range = {};
  Durability durability = Durability::kBuffered;
};

struct UploadPartCopyResult {
  std::string etag = {};                    // as in UploadPartResult
  absl::Time last_modified = {};            // when the part was stored
  std::string copy_source_version_id = {};  // as in CopyResult
  Checksum checksum = {};                   // as in UploadPartResult
  uint64_t crc64nvme = 0;
};

// A part as the complete names it.
struct CompletedPart {
  int part_number = 0;
  std::string etag = {};  // quoted or not
  // As UploadPart answered it; InvalidPart when the part has another. Must be there for an upload
  // with a kComposite checksum (InvalidRequest).
  std::optional<Checksum> checksum = {};
};

struct CompleteOptions {
  // As in PutOptions; they look at the key's object at the moment of the complete.
  std::string if_match = {};
  std::string if_none_match = {};
  // Bytes that the caller believes the object to have; InvalidRequest when the parts have others.
  std::optional<uint64_t> mp_object_size = {};
  std::optional<uint64_t> crc64nvme = {};  // of all bytes; BadDigest when it is not so
  // kSync covers the parts too.
  Durability durability = Durability::kBuffered;
  // Of the object, by the upload's algorithm and of its type. BadDigest when it is not so or of the
  // other type, InvalidRequest by another algorithm.
  std::optional<Checksum> checksum = {};
};

struct PartPageOptions {
  int part_number_marker = 0;  // only parts with a higher number
  size_t max_parts = 1000;     // cut to Limits::max_list_page; 0: an empty page
};

struct PartEntry {
  int part_number = 0;
  uint64_t size = 0;
  std::string etag = {};
  uint64_t crc64nvme = 0;
  absl::Time last_modified = {};
  Checksum checksum = {};  // as in UploadPartResult
};

struct PartPage {
  std::vector<PartEntry> parts = {};  // by ascending number
  bool is_truncated = false;
  int next_part_number_marker = 0;  // set when truncated
  absl::Time initiated = {};        // when the upload was created
  std::string initiator = {};       // who created it
  // As given at the create, the type also by default.
  std::optional<ChecksumAlgorithm> checksum_algorithm = {};
  std::optional<ChecksumType> checksum_type = {};
};

struct UploadPageOptions {
  std::string prefix = {};
  std::string delimiter = {};
  // Only what comes after: after all uploads of this key or, with an upload id marker, after that
  // upload of it. As next_* of the page before. One that is a common prefix, or lies in one: after
  // all of that.
  std::string key_marker = {};
  std::string upload_id_marker = {};  // not looked at without a key marker
  size_t max_uploads = 1000;          // entries, common prefixes included; as max_parts
  // Of keys, common prefixes and the next_key_marker.
  EncodingType encoding_type = EncodingType::kNone;
};

// An open upload, or a common prefix.
struct UploadEntry {
  std::string key = {};    // the key, or the common prefix with its delimiter
  bool is_prefix = false;  // a common prefix: nothing below is set
  std::string upload_id = {};
  absl::Time initiated = {};
  std::string initiator = {};
  std::optional<ChecksumAlgorithm> checksum_algorithm = {};  // as in PartPage
  std::optional<ChecksumType> checksum_type = {};
};

struct UploadPage {
  std::vector<UploadEntry> entries = {};  // keys in byte order, of one key the oldest upload first
  bool is_truncated = false;
  std::string next_key_marker = {};        // set when truncated
  std::string next_upload_id_marker = {};  // set when truncated, unless a common prefix was last
  std::string owner = {};                  // canonical user id of the objects' owner to be
};

// Takes the bytes of one part in bounded memory. Destroyed without Commit, it leaves the upload as
// it was. Threads: one thread at a time; movable; several writers of one upload at once.
class PartWriter {
 public:
  explicit PartWriter(std::unique_ptr<internal::PartWriterImpl> impl);
  PartWriter(PartWriter&&) noexcept;
  PartWriter& operator=(PartWriter&&) noexcept;
  ~PartWriter();

  // Appends. After an error every further call answers the same error.
  absl::Status Write(std::string_view bytes);
  absl::Status Write(const absl::Cord& bytes);
  // As UploadPart. May be called once.
  absl::StatusOr<UploadPartResult> Commit();
  // The same, and verifies a checksum that is known only now, as S3's trailers bring it. By the
  // algorithm of the upload; InvalidRequest where the options gave one already.
  absl::StatusOr<UploadPartResult> Commit(const Checksum& checksum);

 private:
  std::unique_ptr<internal::PartWriterImpl> impl_;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_MULTIPART_H_
