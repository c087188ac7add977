// Encoding and decoding of hot rows, as laid out in records.h.
#include "objstore/records.h"

#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace cloudlet::objstore {
namespace {

using base::V;

constexpr uint8_t kLayout = 1;
constexpr size_t kCrcAt = 4;
constexpr size_t kChecksumHeaderBytes = 6;  // what stands before the digest
constexpr std::string_view kCrc64EtagEnd = "-crc64";

enum class EventTag : uint8_t {
  kBucket = 1,
  kKey = 2,
  kVersionId = 3,
  kRequestId = 4,
  kPrincipal = 5,
  kSourceAddress = 6,
  kTargets = 7,  // pairs of length-prefixed (function, trigger id)
  kAnnotationName = 8,
  kAnnotation = 9,  // of one that was put: u64 size, the text of its ETag
  kPayload = 10,
  kAttributes = 11,  // pairs of length-prefixed (name, value), in the order of the names
  kDelay = 12,       // u64 milliseconds
  kBucketOwner = 13,
  kBucketRegion = 14,
};

template <typename T>
void StoreLe(std::string* row, size_t offset, T value) {
  base::bytes_internal::StoreLe(row->data() + offset, value);
}

template <typename T>
T LoadLe(std::string_view row, size_t offset) {
  return base::bytes_internal::LoadLe<T>(row.data() + offset);
}

void AppendSection(std::string* row, uint8_t tag, std::string_view bytes) {
  base::AppendU8(row, tag);
  base::AppendLengthPrefixed(row, bytes);
}

template <typename Tag>
void AppendText(std::string* row, Tag tag, std::string_view text) {
  if (!text.empty()) AppendSection(row, static_cast<uint8_t>(tag), text);
}

void StoreEtag(std::string* row, size_t kind_offset, size_t digest_offset, size_t parts_offset,
               const StoredEtag& etag) {
  (*row)[kind_offset] = static_cast<char>(etag.kind);
  std::memcpy(row->data() + digest_offset, etag.digest.data(), etag.digest.size());
  StoreLe<uint32_t>(row, parts_offset, etag.parts);
}

StoredEtag LoadEtag(std::string_view row, size_t kind_offset, size_t digest_offset,
                    size_t parts_offset) {
  StoredEtag etag;
  etag.kind = static_cast<EtagKind>(row[kind_offset]);
  std::memcpy(etag.digest.data(), row.data() + digest_offset, etag.digest.size());
  etag.parts = LoadLe<uint32_t>(row, parts_offset);
  return etag;
}

// -1 for what is no digit.
int LowerHexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Of everything but the checksum itself.
uint32_t RowCrc(std::string_view row) {
  return base::Crc32c(row.substr(kCrcAt + 4), base::Crc32c(row.substr(0, kCrcAt)));
}

// The header and sections of a head row, once they check.
absl::StatusOr<std::string_view> CheckedHead(std::string_view row) {
  if (row.size() < kRowHeaderBytes) {
    return BadRow(absl::StrCat("head of ", row.size(), " bytes"));
  }
  if (static_cast<uint8_t>(row[0]) != kLayout) {
    return BadRow(absl::StrCat("head layout ", static_cast<uint8_t>(row[0])));
  }
  const size_t sections = LoadLe<uint32_t>(row, 88);
  if (sections > row.size() - kRowHeaderBytes) return BadRow("head sections beyond the row");
  const std::string_view checked = row.substr(0, kRowHeaderBytes + sections);
  const uint32_t want = LoadLe<uint32_t>(row, kCrcAt);
  const uint32_t got = RowCrc(checked);
  if (want != got) {
    return BadRow(absl::StrCat("head CRC32C ", absl::Hex(got), ", expected ", absl::Hex(want)));
  }
  if (static_cast<uint8_t>(row[2]) > 2 || static_cast<uint8_t>(row[3]) > 2) {
    return BadRow("head location or ETag kind");
  }
  if (row[2] == 0 && row.size() - checked.size() != LoadLe<uint64_t>(row, 8)) {
    return BadRow(absl::StrCat("inline bytes ", row.size() - checked.size(), ", expected ",
                               LoadLe<uint64_t>(row, 8)));
  }
  return checked;
}

void SetFixedPart(std::string_view row, Head* head) {
  head->flags = static_cast<uint8_t>(row[1]);
  head->location = static_cast<Location>(row[2]);
  head->etag = LoadEtag(row, 3, 64, 80);
  head->size = LoadLe<uint64_t>(row, 8);
  head->modified_ms = static_cast<int64_t>(LoadLe<uint64_t>(row, 16));
  head->number = LoadLe<uint64_t>(row, 24);
  head->bucket_id = LoadLe<uint64_t>(row, 32);
  head->annotations_id = LoadLe<uint64_t>(row, 40);
  head->payload_id = LoadLe<uint64_t>(row, 48);
  head->crc64nvme = LoadLe<uint64_t>(row, 56);
  head->canned_acl = static_cast<uint8_t>(row[84]);
}

std::string EncodeMetadata(const UserMetadata& metadata) {
  std::string out;
  for (const auto& [name, value] : metadata) {
    base::AppendLengthPrefixed(&out, name);
    base::AppendLengthPrefixed(&out, value);
  }
  return out;
}

bool DecodeMetadata(std::string_view bytes, UserMetadata* metadata) {
  base::ByteReader reader(bytes);
  std::string_view name;
  std::string_view value;
  while (!reader.empty()) {
    if (!reader.ReadLengthPrefixed(&name) || !reader.ReadLengthPrefixed(&value)) return false;
    (*metadata)[std::string(name)] = value;
  }
  return true;
}

std::string EncodeTags(const TagSet& tags) {
  std::string out;
  for (const Tag& tag : tags) {
    base::AppendLengthPrefixed(&out, tag.key);
    base::AppendLengthPrefixed(&out, tag.value);
  }
  return out;
}

bool DecodeTags(std::string_view bytes, TagSet* tags) {
  base::ByteReader reader(bytes);
  std::string_view key;
  std::string_view value;
  while (!reader.empty()) {
    if (!reader.ReadLengthPrefixed(&key) || !reader.ReadLengthPrefixed(&value)) return false;
    tags->push_back({std::string(key), std::string(value)});
  }
  return true;
}

// A row has one checksum, in the one section or the other. The header has the CRC64NVME.
void AppendChecksum(std::string* row, const StoredChecksum& checksum) {
  const bool full = checksum.type == ChecksumType::kFullObject;
  if (full && checksum.algorithm == ChecksumAlgorithm::kCrc64nvme) return;
  std::string bytes;
  if (full && checksum.algorithm == ChecksumAlgorithm::kCrc32c) {
    bytes.assign(checksum.digest.rbegin(), checksum.digest.rend());
    AppendSection(row, static_cast<uint8_t>(HeadTag::kCrc32c), bytes);
    return;
  }
  base::AppendU8(&bytes, static_cast<uint8_t>(checksum.algorithm));
  base::AppendU8(&bytes, static_cast<uint8_t>(checksum.type));
  base::AppendU32(&bytes, checksum.parts);
  bytes += checksum.digest;
  AppendSection(row, static_cast<uint8_t>(HeadTag::kChecksum), bytes);
}

// A newer program's: kept as a section that this one does not know.
bool HasUnknownAlgorithm(std::string_view bytes) {
  return !bytes.empty() && ChecksumBytes(static_cast<ChecksumAlgorithm>(bytes[0])) == 0;
}

bool DecodeCrc32c(std::string_view bytes, Head* head) {
  if (head->checksum.has_value() || bytes.size() != 4) return false;
  head->checksum = {ChecksumAlgorithm::kCrc32c, ChecksumType::kFullObject, 0,
                    std::string(bytes.rbegin(), bytes.rend())};
  return true;
}

bool DecodeChecksum(std::string_view bytes, Head* head) {
  base::ByteReader reader(bytes);
  uint8_t algorithm = 0;
  uint8_t type = 0;
  StoredChecksum checksum;
  if (!reader.ReadU8(&algorithm) || !reader.ReadU8(&type) || !reader.ReadU32(&checksum.parts)) {
    return false;
  }
  checksum.algorithm = static_cast<ChecksumAlgorithm>(algorithm);
  checksum.type = static_cast<ChecksumType>(type);
  checksum.digest = bytes.substr(kChecksumHeaderBytes);
  const bool composite = checksum.type == ChecksumType::kComposite;
  if (head->checksum.has_value() || ChecksumTypeName(checksum.type).empty() ||
      composite != (checksum.parts != 0) ||
      checksum.digest.size() != ChecksumBytes(checksum.algorithm)) {
    return false;
  }
  head->checksum = std::move(checksum);
  return true;
}

bool DecodeHeadSection(uint8_t tag, std::string_view bytes, Head* head) {
  ObjectInfo& headers = head->headers;
  switch (static_cast<HeadTag>(tag)) {
    case HeadTag::kContentType:
      headers.content_type = bytes;
      return true;
    case HeadTag::kCacheControl:
      headers.cache_control = bytes;
      return true;
    case HeadTag::kContentDisposition:
      headers.content_disposition = bytes;
      return true;
    case HeadTag::kContentEncoding:
      headers.content_encoding = bytes;
      return true;
    case HeadTag::kContentLanguage:
      headers.content_language = bytes;
      return true;
    case HeadTag::kExpires:
      headers.expires = bytes;
      return true;
    case HeadTag::kWebsiteRedirect:
      headers.website_redirect_location = bytes;
      return true;
    case HeadTag::kUserMetadata:
      return DecodeMetadata(bytes, &headers.metadata);
    case HeadTag::kCrc32c:
      return DecodeCrc32c(bytes, head);
    case HeadTag::kChecksum:
      if (HasUnknownAlgorithm(bytes)) break;
      return DecodeChecksum(bytes, head);
    case HeadTag::kTags:
      return DecodeTags(bytes, &head->tags);
  }
  head->unknown.push_back({tag, std::string(bytes)});
  return true;
}

absl::Status DecodeWhole(std::string_view row, DecodedHead* decoded) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::string_view checked, CheckedHead(row));
  SetFixedPart(checked, &decoded->head);
  decoded->inline_bytes = row.substr(checked.size());
  base::ByteReader reader(checked.substr(kRowHeaderBytes));
  uint8_t tag = 0;
  std::string_view bytes;
  while (!reader.empty()) {
    if (!reader.ReadU8(&tag) || !reader.ReadLengthPrefixed(&bytes) ||
        !DecodeHeadSection(tag, bytes, &decoded->head)) {
      return BadRow("head section");
    }
  }
  return absl::OkStatus();
}

void AppendTargets(std::string* row, const std::vector<EventTarget>& targets) {
  base::AppendU8(row, static_cast<uint8_t>(EventTag::kTargets));
  const size_t length_at = row->size();
  base::AppendU32(row, 0);
  for (const EventTarget& target : targets) {
    base::AppendLengthPrefixed(row, target.function);
    base::AppendLengthPrefixed(row, target.trigger_id);
  }
  StoreLe<uint32_t>(row, length_at, static_cast<uint32_t>(row->size() - length_at - 4));
}

void AppendAttributes(std::string* row, const EventRecord& record) {
  if (!record.attributes.empty()) {
    std::string section;
    for (const auto& [name, value] : record.attributes) {
      base::AppendLengthPrefixed(&section, name);
      base::AppendLengthPrefixed(&section, value);
    }
    AppendText(row, EventTag::kAttributes, section);
  }
  if (record.delay > absl::ZeroDuration()) {
    std::string section;
    base::AppendU64(&section, static_cast<uint64_t>(absl::ToInt64Milliseconds(record.delay)));
    AppendText(row, EventTag::kDelay, section);
  }
}

void AppendAnnotationOf(std::string* row, const Event& event) {
  if (event.annotation_etag.empty()) return;
  std::string section;
  base::AppendU64(&section, event.annotation_size);
  section += event.annotation_etag;
  AppendText(row, EventTag::kAnnotation, section);
}

bool DecodeAnnotationOf(std::string_view bytes, Event* event) {
  if (bytes.size() < sizeof(uint64_t)) return false;
  event->annotation_size = LoadLe<uint64_t>(bytes, 0);
  event->annotation_etag = bytes.substr(sizeof(uint64_t));
  return true;
}

template <typename F>
bool ReadPairs(std::string_view bytes, const F& take) {
  base::ByteReader reader(bytes);
  std::string_view first;
  std::string_view second;
  while (!reader.empty()) {
    if (!reader.ReadLengthPrefixed(&first) || !reader.ReadLengthPrefixed(&second)) return false;
    take(first, second);
  }
  return true;
}

bool DecodeEventSection(uint8_t tag, std::string_view bytes, EventRecord* record) {
  Event& event = record->event;
  switch (static_cast<EventTag>(tag)) {
    case EventTag::kBucket:
      event.bucket = bytes;
      return true;
    case EventTag::kKey:
      event.key = bytes;
      return true;
    case EventTag::kVersionId:
      event.version_id = bytes;
      return true;
    case EventTag::kRequestId:
      event.request_id = bytes;
      return true;
    case EventTag::kPrincipal:
      event.principal = bytes;
      return true;
    case EventTag::kSourceAddress:
      event.source_address = bytes;
      return true;
    case EventTag::kAnnotationName:
      event.annotation_name = bytes;
      return true;
    case EventTag::kAnnotation:
      return DecodeAnnotationOf(bytes, &event);
    case EventTag::kBucketOwner:
      event.bucket_owner = bytes;
      return true;
    case EventTag::kBucketRegion:
      event.bucket_region = bytes;
      return true;
    case EventTag::kPayload:
      record->payload = bytes;
      return true;
    case EventTag::kAttributes:
      return ReadPairs(bytes, [record](std::string_view name, std::string_view value) {
        record->attributes.emplace(name, value);
      });
    case EventTag::kDelay:
      if (bytes.size() != sizeof(uint64_t)) return false;
      record->delay = absl::Milliseconds(LoadLe<uint64_t>(bytes, 0));
      return true;
    case EventTag::kTargets:
      return ReadPairs(bytes, [record](std::string_view function, std::string_view trigger) {
        record->targets.push_back({std::string(function), std::string(trigger)});
      });
  }
  return true;  // event rows are never rewritten: what is unknown may be passed over
}

}  // namespace

absl::Status BadRow(std::string_view what) {
  return absl::DataLossError(absl::StrCat("stored row does not check: ", V(what)));
}

std::string StoredEtag::Text() const {
  const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
  switch (kind) {
    case EtagKind::kNone:
      return "";
    case EtagKind::kMd5: {
      std::string text = base::HexLower(bytes);
      if (parts > 0) absl::StrAppend(&text, "-", parts);
      return text;
    }
    case EtagKind::kCrc64: {
      const std::string value(bytes.rend() - 8, bytes.rend());  // the first eight, last to first
      std::string text(kCrc64EtagEnd.size() + 16, '\0');
      base::WriteHexLower(value, text.data());
      kCrc64EtagEnd.copy(text.data() + 16, kCrc64EtagEnd.size());
      if (parts > 0) absl::StrAppend(&text, "-", parts);
      return text;
    }
  }
  return "";
}

StoredEtag StoredEtag::Parse(std::string_view text) {
  StoredEtag etag;
  if (text.size() >= 16 && text.substr(16, kCrc64EtagEnd.size()) == kCrc64EtagEnd) {
    uint64_t value = 0;
    if (!absl::SimpleHexAtoi(V(text.substr(0, 16)), &value)) return {};
    etag.kind = EtagKind::kCrc64;
    for (size_t i = 0; i < 8; ++i) etag.digest[i] = static_cast<uint8_t>(value >> (8 * i));
    const std::string_view rest = text.substr(16 + kCrc64EtagEnd.size());
    if (!rest.empty() && !absl::SimpleAtoi(V(rest.substr(1)), &etag.parts)) return {};
    return etag.Text() == text ? etag : StoredEtag{};
  }
  if (text.size() < 32) return {};
  etag.kind = EtagKind::kMd5;
  for (size_t i = 0; i < 16; ++i) {
    const int high = LowerHexValue(text[2 * i]);
    const int low = LowerHexValue(text[2 * i + 1]);
    if (high < 0 || low < 0) return {};
    etag.digest[i] = static_cast<uint8_t>(high << 4 | low);
  }
  if (text.size() == 32) return etag;
  if (text[32] != '-' || !absl::SimpleAtoi(V(text.substr(33)), &etag.parts)) return {};
  return etag.Text() == text ? etag : StoredEtag{};
}

std::string EncodeHead(const Head& head) {
  const ObjectInfo& headers = head.headers;
  std::string row;
  row.reserve(kRowHeaderBytes + headers.content_type.size() + 128);
  row.resize(kRowHeaderBytes);
  AppendText(&row, HeadTag::kContentType, headers.content_type);
  AppendText(&row, HeadTag::kCacheControl, headers.cache_control);
  AppendText(&row, HeadTag::kContentDisposition, headers.content_disposition);
  AppendText(&row, HeadTag::kContentEncoding, headers.content_encoding);
  AppendText(&row, HeadTag::kContentLanguage, headers.content_language);
  AppendText(&row, HeadTag::kExpires, headers.expires);
  AppendText(&row, HeadTag::kWebsiteRedirect, headers.website_redirect_location);
  if (!headers.metadata.empty()) {
    AppendText(&row, HeadTag::kUserMetadata, EncodeMetadata(headers.metadata));
  }
  if (head.checksum.has_value()) AppendChecksum(&row, *head.checksum);
  if (!head.tags.empty()) AppendText(&row, HeadTag::kTags, EncodeTags(head.tags));
  for (const UnknownSection& section : head.unknown) {
    AppendSection(&row, section.tag, section.bytes);
  }

  row[0] = static_cast<char>(kLayout);
  row[1] = static_cast<char>(head.flags);
  row[2] = static_cast<char>(head.location);
  StoreEtag(&row, 3, 64, 80, head.etag);
  StoreLe<uint64_t>(&row, 8, head.size);
  StoreLe<uint64_t>(&row, 16, static_cast<uint64_t>(head.modified_ms));
  StoreLe<uint64_t>(&row, 24, head.number);
  StoreLe<uint64_t>(&row, 32, head.bucket_id);
  StoreLe<uint64_t>(&row, 40, head.annotations_id);
  StoreLe<uint64_t>(&row, 48, head.payload_id);
  StoreLe<uint64_t>(&row, 56, head.crc64nvme);
  row[84] = static_cast<char>(head.canned_acl);
  StoreLe<uint32_t>(&row, 88, static_cast<uint32_t>(row.size() - kRowHeaderBytes));
  StoreLe<uint32_t>(&row, kCrcAt, RowCrc(row));
  return row;
}

absl::StatusOr<Head> DecodeHeadFixed(std::string_view row) {
  absl::StatusOr<Head> head(absl::in_place);  // the only return, so it is not moved
  const absl::StatusOr<std::string_view> checked = CheckedHead(row);
  if (checked.ok()) {
    SetFixedPart(*checked, &*head);
  } else {
    head = checked.status();
  }
  return head;
}

absl::StatusOr<DecodedHead> DecodeHead(std::string_view row) {
  absl::StatusOr<DecodedHead> decoded(absl::in_place);  // as above
  if (absl::Status status = DecodeWhole(row, &*decoded); !status.ok()) decoded = std::move(status);
  return decoded;
}

absl::Status DecodeListing(std::string_view row, ListEntry* entry) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::string_view checked, CheckedHead(row));
  entry->size = LoadLe<uint64_t>(checked, 8);
  entry->etag = LoadEtag(checked, 3, 64, 80).Text();
  entry->last_modified = FromMillis(static_cast<int64_t>(LoadLe<uint64_t>(checked, 16)));
  return absl::OkStatus();
}

std::string VersionIdOf(uint8_t flags, uint64_t number) {
  if ((flags & kOwnVersionId) == 0) return "null";
  std::string bytes;
  base::AppendBe64(&bytes, ~number);
  return base::HexLower(bytes);
}

absl::Status DecodeVersionListing(std::string_view row, VersionEntry* entry) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::string_view checked, CheckedHead(row));
  const auto flags = static_cast<uint8_t>(checked[1]);
  entry->is_delete_marker = (flags & kDeleteMarker) != 0;
  entry->version_id = VersionIdOf(flags, LoadLe<uint64_t>(checked, 24));
  entry->size = LoadLe<uint64_t>(checked, 8);
  entry->etag = LoadEtag(checked, 3, 64, 80).Text();
  entry->last_modified = FromMillis(static_cast<int64_t>(LoadLe<uint64_t>(checked, 16)));
  return absl::OkStatus();
}

Checksum ShownChecksum(const Head& head) {
  if (head.checksum.has_value()) return head.checksum->Shown();
  return ShownCrc64Nvme(head.crc64nvme);
}

void TakeInfo(Head* head, std::string_view key, ObjectInfo* info) {
  *info = std::move(head->headers);
  info->key = key;
  info->size = head->size;
  info->etag = head->etag.Text();
  info->last_modified = FromMillis(head->modified_ms);
  info->sequence = head->number;
  info->crc64nvme = head->crc64nvme;
  info->parts_count = static_cast<int>(head->etag.parts);
  info->tag_count = static_cast<int>(head->tags.size());
  info->checksum = ShownChecksum(*head);
  if (head->checksum.has_value()) info->crc32c = Crc32cOf(*head->checksum);
  if (info->content_type.empty()) info->content_type = "binary/octet-stream";
}

std::string EncodeEvent(const EventRecord& record) {
  return EncodeEvent(record, StoredEtag::Parse(record.event.etag));
}

std::string EncodeEvent(const EventRecord& record, const StoredEtag& etag) {
  const Event& event = record.event;
  std::string row;
  row.reserve(kRowHeaderBytes + event.bucket.size() + event.key.size() + event.request_id.size() +
              event.principal.size() + event.source_address.size() + record.payload.size() + 128);
  row.resize(kRowHeaderBytes);
  AppendText(&row, EventTag::kBucket, event.bucket);
  AppendText(&row, EventTag::kKey, event.key);
  AppendText(&row, EventTag::kVersionId, event.version_id);
  AppendText(&row, EventTag::kRequestId, event.request_id);
  AppendText(&row, EventTag::kPrincipal, event.principal);
  AppendText(&row, EventTag::kSourceAddress, event.source_address);
  AppendText(&row, EventTag::kAnnotationName, event.annotation_name);
  AppendAnnotationOf(&row, event);
  AppendText(&row, EventTag::kPayload, record.payload);
  AppendAttributes(&row, record);
  if (!record.targets.empty()) AppendTargets(&row, record.targets);
  AppendText(&row, EventTag::kBucketOwner, event.bucket_owner);
  AppendText(&row, EventTag::kBucketRegion, event.bucket_region);

  row[0] = static_cast<char>(kLayout);
  row[1] = static_cast<char>(event.type);
  row[2] = static_cast<char>((record.retained ? kRetainedEvent : 0) |
                             (event.has_annotations ? kCopyHasAnnotations : 0));
  StoreEtag(&row, 3, 64, 84, etag);
  StoreLe<uint64_t>(&row, 8, event.sequence);
  StoreLe<uint64_t>(&row, 16, record.bucket_id);
  StoreLe<uint64_t>(&row, 32, event.size);
  StoreLe<uint64_t>(&row, 40, static_cast<uint64_t>(ToMillis(event.time)));
  StoreLe<uint64_t>(&row, 48, event.causation.root);
  StoreLe<uint64_t>(&row, 56, event.causation.parent);
  StoreLe<uint32_t>(&row, 80, static_cast<uint32_t>(event.causation.hops));
  StoreLe<uint32_t>(&row, kCrcAt, RowCrc(row));
  return row;
}

absl::StatusOr<EventRecord> DecodeEvent(std::string_view row) {
  if (row.size() < kRowHeaderBytes) {
    return BadRow(absl::StrCat("event of ", row.size(), " bytes"));
  }
  if (static_cast<uint8_t>(row[0]) != kLayout) {
    return BadRow(absl::StrCat("event layout ", static_cast<uint8_t>(row[0])));
  }
  const uint32_t want = LoadLe<uint32_t>(row, kCrcAt);
  const uint32_t got = RowCrc(row);
  if (want != got) {
    return BadRow(absl::StrCat("event CRC32C ", absl::Hex(got), ", expected ", absl::Hex(want)));
  }
  EventRecord record;
  Event& event = record.event;
  event.type = static_cast<EventType>(row[1]);
  if (EventTypeName(event.type).empty()) return BadRow("event type");
  record.retained = (row[2] & kRetainedEvent) != 0;
  event.has_annotations = (row[2] & kCopyHasAnnotations) != 0;
  event.etag = LoadEtag(row, 3, 64, 84).Text();
  event.sequence = LoadLe<uint64_t>(row, 8);
  record.bucket_id = LoadLe<uint64_t>(row, 16);
  event.size = LoadLe<uint64_t>(row, 32);
  event.time = FromMillis(static_cast<int64_t>(LoadLe<uint64_t>(row, 40)));
  event.causation.root = LoadLe<uint64_t>(row, 48);
  event.causation.parent = LoadLe<uint64_t>(row, 56);
  event.causation.hops = static_cast<int>(LoadLe<uint32_t>(row, 80));
  base::ByteReader reader(row.substr(kRowHeaderBytes));
  uint8_t tag = 0;
  std::string_view bytes;
  while (!reader.empty()) {
    if (!reader.ReadU8(&tag) || !reader.ReadLengthPrefixed(&bytes) ||
        !DecodeEventSection(tag, bytes, &record)) {
      return BadRow("event section");
    }
  }
  return record;
}

}  // namespace cloudlet::objstore
