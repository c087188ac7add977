// Column families and the grammar of their keys, encode and parse side by side: the authority on
// format 1.
//
//   be32, be64   big-endian integers, so that byte order is numeric order
//   ordered(x)   0x00 as 0x00 0xFF, ended by 0x00 0x01 (base/bytes.h): keeps order, and no
//                encoding is a prefix of another
//
// clang-format off
//   system       "format"                                     -> FormatRow
//                "lease"                                      -> LeaseRow
//                "watermark"                                  -> be64 number
//                "function/" name                             -> FunctionRow
//                "rule/" be64(bucket id) id                   -> RuleRow
//                "setting/" name                              -> the protos of triggers/
//   buckets      name                                         -> BucketRow
//   heads        be64(bucket id) key                          -> head row: the current version
//   versions     be64(bucket id) ordered(key) be64(~number)   -> head row: a noncurrent version or
//                                                                a delete marker, newest first
//                be64(bucket id) ordered(key) 0               -> be64 number of the one of these that
//                                                                is the null version
//   payload      be64(payload id) be32(chunk index)           -> bytes, le64 CRC64NVME of them
//                be64(manifest id) 0xFFFFFFFF                 -> ManifestRow, le64 CRC64NVME of it
//   owners       'r' be64(payload id) kind be64(owner id)     -> empty: a reference; kind 'v' a
//                                                                version by its commit number,
//                                                                'm' a manifest or upload, 'a' a
//                                                                set of annotations
//                'g' be64(payload id)                         -> le64 bytes, 0 if not known: may
//                                                                be garbage; then 'm' where it is a
//                                                                manifest, 'a' a set of annotations
//   uploads      be64(bucket id) ordered(key) be64(upload id) be32(part)
//                                                             -> part 0: UploadRow, else PartRow;
//                                                                the id is one of a manifest
//   events       't' be64(number)                             -> event row, deleted behind the
//                                                                watermark
//                'r' be64(number)                             -> event row, retained
//   deliveries   be64(number) function name                   -> DeliveryRow
//   ext1         be64(set id)                                 -> AnnotationSetRow, le64 CRC64NVME of
//                                                                it: the annotations of one version,
//                                                                whose head names the set; the id is
//                                                                one of a payload
//                be64(set id) name                            -> AnnotationRow, le64 CRC64NVME of it
//   ext2         not used; opened and kept
//
// Head rows and event rows: records.h. Other rows: records.proto. Which keys are written today and
// which are laid out for later work: docs/on-disk-format.md.
// clang-format on
#ifndef CLOUDLET_OBJSTORE_KEYS_H_
#define CLOUDLET_OBJSTORE_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "objstore/kv/kv.h"

namespace cloudlet::objstore {

// Index into FamilyNames(); stored nowhere.
inline constexpr kv::Family kSystem = 0;
inline constexpr kv::Family kBuckets = 1;
inline constexpr kv::Family kHeads = 2;
inline constexpr kv::Family kVersions = 3;
inline constexpr kv::Family kPayload = 4;
inline constexpr kv::Family kOwners = 5;
inline constexpr kv::Family kUploads = 6;
inline constexpr kv::Family kEvents = 7;
inline constexpr kv::Family kDeliveries = 8;
inline constexpr kv::Family kAnnotations = 9;  // "ext1"

inline std::vector<std::string> FamilyNames() {
  return {"system",  "buckets", "heads",      "versions", "payload", "owners",
          "uploads", "events",  "deliveries", "ext1",     "ext2"};
}

// --- system ---
inline constexpr char kFormatKey[] = "format";
inline constexpr char kLeaseKey[] = "lease";
inline constexpr char kWatermarkKey[] = "watermark";
inline constexpr char kFunctionPrefix[] = "function/";
inline constexpr char kRulePrefix[] = "rule/";
inline constexpr char kSettingPrefix[] = "setting/";

inline std::string FunctionKey(std::string_view name) {
  return std::string(kFunctionPrefix).append(name);
}
inline std::string SettingKey(std::string_view name) {
  return std::string(kSettingPrefix).append(name);
}
inline std::string RulePrefixOf(uint64_t bucket_id) {
  std::string key = kRulePrefix;
  base::AppendBe64(&key, bucket_id);
  return key;
}
inline std::string RuleKey(uint64_t bucket_id, std::string_view id) {
  return RulePrefixOf(bucket_id).append(id);
}

// --- heads ---
inline std::string HeadKey(uint64_t bucket_id, std::string_view key) {
  std::string out;
  out.reserve(8 + key.size());
  base::AppendBe64(&out, bucket_id);
  out.append(key);
  return out;
}
// The object key within a head key; the bucket's part is 8 bytes.
inline std::string_view KeyOfHead(std::string_view head_key) {
  return head_key.size() < 8 ? std::string_view() : head_key.substr(8);
}

// --- versions ---
inline std::string VersionPrefix(uint64_t bucket_id) {
  std::string out;
  base::AppendBe64(&out, bucket_id);
  return out;
}
// All of one key.
inline std::string VersionPrefix(uint64_t bucket_id, std::string_view key) {
  std::string out = VersionPrefix(bucket_id);
  base::AppendOrdered(&out, key);
  return out;
}
inline std::string VersionKey(uint64_t bucket_id, std::string_view key, uint64_t number) {
  std::string out = VersionPrefix(bucket_id, key);
  base::AppendBe64(&out, ~number);
  return out;
}
inline std::string NullPointerKey(uint64_t bucket_id, std::string_view key) {
  return VersionKey(bucket_id, key, ~uint64_t{0});
}
struct VersionName {
  std::string key;
  uint64_t number = 0;  // of all ones: the row that points to the null version
};
// REQUIRES: `row` begins with a bucket id.
inline std::optional<VersionName> ParseVersionKey(std::string_view row) {
  VersionName name;
  uint64_t inverted = 0;
  if (row.size() < 8) return std::nullopt;
  row.remove_prefix(8);
  if (!base::ConsumeOrdered(&row, &name.key) || !base::ReadBe64(&row, &inverted) || !row.empty()) {
    return std::nullopt;
  }
  name.number = ~inverted;
  return name;
}

// --- payload ---
inline constexpr uint32_t kManifestChunk = 0xFFFFFFFF;

inline std::string ChunkKey(uint64_t payload_id, uint32_t chunk) {
  std::string out;
  base::AppendBe64(&out, payload_id);
  base::AppendBe32(&out, chunk);
  return out;
}
struct ChunkName {
  uint64_t payload_id = 0;
  uint32_t chunk = 0;
};
inline std::optional<ChunkName> ParseChunkKey(std::string_view key) {
  ChunkName name;
  if (!base::ReadBe64(&key, &name.payload_id) || !base::ReadBe32(&key, &name.chunk) ||
      !key.empty()) {
    return std::nullopt;
  }
  return name;
}

// --- owners ---
inline constexpr char kReferenceTag = 'r';
inline constexpr char kGarbageTag = 'g';
inline constexpr char kVersionOwner = 'v';
inline constexpr char kManifestOwner = 'm';
inline constexpr char kAnnotationsOwner = 'a';

inline std::string ReferencePrefix(uint64_t payload_id) {
  std::string out(1, kReferenceTag);
  base::AppendBe64(&out, payload_id);
  return out;
}
inline std::string ReferenceKey(uint64_t payload_id, char kind, uint64_t owner_id) {
  std::string out = ReferencePrefix(payload_id);
  out.push_back(kind);
  base::AppendBe64(&out, owner_id);
  return out;
}
struct Reference {
  uint64_t payload_id = 0;
  char kind = 0;
  uint64_t owner_id = 0;
};
inline std::optional<Reference> ParseReferenceKey(std::string_view key) {
  Reference reference;
  if (key.empty() || key[0] != kReferenceTag) return std::nullopt;
  key.remove_prefix(1);
  if (!base::ReadBe64(&key, &reference.payload_id) || key.empty()) return std::nullopt;
  reference.kind = key[0];
  key.remove_prefix(1);
  if (!base::ReadBe64(&key, &reference.owner_id) || !key.empty()) return std::nullopt;
  return reference;
}
inline std::string GarbageKey(uint64_t payload_id) {
  std::string out(1, kGarbageTag);
  base::AppendBe64(&out, payload_id);
  return out;
}
inline std::optional<uint64_t> ParseGarbageKey(std::string_view key) {
  uint64_t payload_id = 0;
  if (key.empty() || key[0] != kGarbageTag) return std::nullopt;
  key.remove_prefix(1);
  if (!base::ReadBe64(&key, &payload_id) || !key.empty()) return std::nullopt;
  return payload_id;
}

// --- uploads ---
inline constexpr uint32_t kUploadItself = 0;  // in place of a part number

inline std::string UploadKey(uint64_t bucket_id, std::string_view key, uint64_t upload_id,
                             uint32_t part) {
  std::string out = VersionPrefix(bucket_id, key);
  base::AppendBe64(&out, upload_id);
  base::AppendBe32(&out, part);
  return out;
}
struct UploadName {
  uint64_t bucket_id = 0;
  std::string key;
  uint64_t upload_id = 0;
  uint32_t part = 0;
};
inline std::optional<UploadName> ParseUploadKey(std::string_view row) {
  UploadName name;
  if (!base::ReadBe64(&row, &name.bucket_id) || !base::ConsumeOrdered(&row, &name.key) ||
      !base::ReadBe64(&row, &name.upload_id) || !base::ReadBe32(&row, &name.part) || !row.empty()) {
    return std::nullopt;
  }
  return name;
}

// --- events ---
inline constexpr char kTransientTag = 't';
inline constexpr char kRetainedTag = 'r';

inline std::string EventKey(char tag, uint64_t number) {
  std::string out(1, tag);
  base::AppendBe64(&out, number);
  return out;
}
inline std::optional<uint64_t> ParseEventKey(std::string_view key) {
  uint64_t number = 0;
  if (key.empty()) return std::nullopt;
  key.remove_prefix(1);
  if (!base::ReadBe64(&key, &number) || !key.empty()) return std::nullopt;
  return number;
}

// --- deliveries ---
inline std::string DeliveryKeyOf(uint64_t number, std::string_view function) {
  std::string out;
  base::AppendBe64(&out, number);
  out.append(function);
  return out;
}

// --- ext1: annotations ---
inline std::string AnnotationSetKey(uint64_t set_id) {
  std::string out;
  base::AppendBe64(&out, set_id);
  return out;
}
inline std::string AnnotationKey(uint64_t set_id, std::string_view name) {
  return AnnotationSetKey(set_id).append(name);
}
struct AnnotationName {
  uint64_t set_id = 0;
  std::string_view name;  // into the key; empty: the row of the set
};
inline std::optional<AnnotationName> ParseAnnotationKey(std::string_view key) {
  AnnotationName parsed;
  if (!base::ReadBe64(&key, &parsed.set_id)) return std::nullopt;
  parsed.name = key;
  return parsed;
}

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_KEYS_H_
