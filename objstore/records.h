// Hot rows: heads (the state of one version of an object) and events, in a fixed layout that costs
// nanoseconds. Little-endian throughout.
//
// clang-format off
// Row = header, sections, inline bytes.
//   section      u8 tag, u32 length, bytes. In any order, each tag at most once. Unknown tags are
//                kept when a row is rewritten, so an older program does not lose what a newer one
//                wrote.
//
// Head header, 96 bytes:
//    0 u8  layout (1)                     40 u64 id of the set of annotations, 0: none
//    1 u8  flags (HeadFlags)              48 u64 payload or manifest id (location 1, 2)
//    2 u8  location (Location)            56 u64 CRC64NVME of the object's bytes
//    3 u8  ETag kind (EtagKind)           64 16B ETag digest (MD5, or CRC64NVME and zeros)
//    4 u32 CRC32C of the rest of the      80 u32 parts, 0: not a multipart object
//          header and of the sections     84 u8  canned ACL, 0: private
//    8 u64 size of the object             85 3B  0
//   16 i64 last modified, ms              88 u32 bytes of all sections
//   24 u64 commit number                  92 u32 0
//   32 u64 bucket id
//   then the sections (HeadTag), then the object's bytes when the location is inline.
//
// Event header, 96 bytes:
//    0 u8  layout (1)                     32 u64 size of the object
//    1 u8  event type                     40 i64 time, ms
//    2 u8  flags (EventFlags)             48 u64 causation root
//    3 u8  ETag kind                      56 u64 causation parent
//    4 u32 CRC32C of the rest of the row  64 16B ETag digest
//    8 u64 commit number                  80 u32 hops
//   16 u64 bucket id                      84 u32 parts
//   24 u64 0                              88 u64 0
//   then the sections (EventTag).
// clang-format on
//
// Decoding trusts nothing: a row that does not parse or does not check is DATA_LOSS. Pure
// functions, any thread.
#ifndef CLOUDLET_OBJSTORE_RECORDS_H_
#define CLOUDLET_OBJSTORE_RECORDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/listing.h"
#include "cloudlet/object.h"
#include "objstore/checksum.h"
#include "objstore/ledger.h"

namespace cloudlet::objstore {

inline constexpr size_t kRowHeaderBytes = 96;

enum class Location : uint8_t { kInline = 0, kInPayload = 1, kInManifest = 2 };
enum class EtagKind : uint8_t { kNone = 0, kMd5 = 1, kCrc64 = 2 };
enum HeadFlags : uint8_t {
  kDeleteMarker = 1,
  // Written with versioning enabled. Without it a version is the null version of its key, as are
  // all of a bucket that has never had versioning.
  kOwnVersionId = 2,
};

// An ETag as it is stored: 16 bytes and a kind, 4 bytes of part count.
struct StoredEtag {
  EtagKind kind = EtagKind::kNone;
  std::array<uint8_t, 16> digest = {};
  uint32_t parts = 0;
  // As users see it: hex of the MD5, or 16 hex digits and "-crc64"; then "-<parts>" for a multipart
  // object. Empty for kNone.
  std::string Text() const;
  // The inverse of Text; kind kNone for a text that Text does not give.
  static StoredEtag Parse(std::string_view text);
  friend bool operator==(const StoredEtag&, const StoredEtag&) = default;
};

enum class HeadTag : uint8_t {
  kContentType = 1,
  kCacheControl = 2,
  kContentDisposition = 3,
  kContentEncoding = 4,
  kContentLanguage = 5,
  kExpires = 6,
  kWebsiteRedirect = 7,
  kUserMetadata = 8,  // pairs of (u32 length, bytes)
  kCrc32c = 9,        // u32: the checksum where it is the CRC32C of all bytes
  kChecksum = 10,     // any other: u8 algorithm, u8 type, u32 parts, digest
  kTags = 11,         // pairs of (u32 length, bytes), in the order of the keys
};

enum EventFlags : uint8_t {
  kRetainedEvent = 1,
  kCopyHasAnnotations = 2,  // Event::has_annotations
};

// A section that this program does not know, kept as it is.
struct UnknownSection {
  uint8_t tag = 0;
  std::string bytes;
};

// A head row as a value.
struct Head {
  uint8_t flags = 0;
  Location location = Location::kInline;
  StoredEtag etag;
  uint64_t size = 0;
  int64_t modified_ms = 0;
  uint64_t number = 0;  // of the commit that wrote it
  uint64_t bucket_id = 0;
  uint64_t annotations_id = 0;  // of the set of its annotations; 0: it has had none
  uint64_t payload_id = 0;      // where the location is not inline
  uint64_t crc64nvme = 0;
  uint8_t canned_acl = 0;
  std::optional<StoredChecksum> checksum;  // none: only the CRC64NVME
  ObjectInfo headers;                      // only system headers and metadata are used
  TagSet tags;                             // in the order of the keys
  std::vector<UnknownSection> unknown;
};

// The row without inline bytes: these are to follow it (Batch::PutParts).
std::string EncodeHead(const Head& head);
struct DecodedHead {
  Head head;
  std::string_view inline_bytes;  // into the row
};
absl::StatusOr<DecodedHead> DecodeHead(std::string_view row);
// Only the fixed part, checked; what conditions and deletes need, without an allocation: headers
// stays empty.
absl::StatusOr<Head> DecodeHeadFixed(std::string_view row);
// What a listing shows, from the fixed header, checked; sets all but the key.
absl::Status DecodeListing(std::string_view row, ListEntry* entry);
// The same of a version or delete marker; sets all but the key and whether it is the latest.
absl::Status DecodeVersionListing(std::string_view row, VersionEntry* entry);
// "null", or 16 hexadecimal digits: opaque to users. A newer version's is the smaller.
std::string VersionIdOf(uint8_t flags, uint64_t number);
// The checksum that users see: the one of its own, else the CRC64NVME.
Checksum ShownChecksum(const Head& head);
// The whole value that users see; takes the headers out of `head`.
void TakeInfo(Head* head, std::string_view key, ObjectInfo* info);

std::string EncodeEvent(const EventRecord& record);
// The same where the ETag is at hand as it is stored; the event's text of it is not looked at.
std::string EncodeEvent(const EventRecord& record, const StoredEtag& etag);
absl::StatusOr<EventRecord> DecodeEvent(std::string_view row);

// DATA_LOSS: a stored row, or that part of it, does not check or parse.
absl::Status BadRow(std::string_view what);

// Times are stored in milliseconds.
inline int64_t ToMillis(absl::Time time) { return absl::ToUnixMillis(time); }
inline absl::Time FromMillis(int64_t ms) { return absl::FromUnixMillis(ms); }

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_RECORDS_H_
