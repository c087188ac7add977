// Objects come before common prefixes, as S3 has them.
#include "http/s3_documents_list.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "http/http_date.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

constexpr uint64_t kAnyNumber = UINT64_MAX;

void WriteEncodingType(XmlWriter* xml, EncodingType encoding) {
  if (encoding == EncodingType::kUrl) xml->Text("EncodingType", "url");
}

void WriteObject(XmlWriter* xml, const ListEntry& entry, const Owner* owner) {
  xml->Open("Contents").Text("Key", entry.key);
  xml->Text("LastModified", FormatIsoTime(entry.last_modified));
  WriteEtag(xml, entry.etag);
  if (entry.checksum_algorithm.has_value()) {
    xml->Text("ChecksumAlgorithm", ChecksumAlgorithmName(*entry.checksum_algorithm));
  }
  if (entry.checksum_type.has_value()) {
    xml->Text("ChecksumType", ChecksumTypeName(*entry.checksum_type));
  }
  xml->Number("Size", entry.size).Text("StorageClass", "STANDARD");
  if (owner != nullptr) WriteOwner(xml, "Owner", *owner);
  xml->Close();
}

void WriteEntries(XmlWriter* xml, const ListPage& page, const Owner* owner) {
  for (const ListEntry& entry : page.entries) {
    if (!entry.is_prefix) WriteObject(xml, entry, owner);
  }
  for (const ListEntry& entry : page.entries) {
    if (entry.is_prefix) xml->Open("CommonPrefixes").Text("Prefix", entry.key).Close();
  }
}

absl::StatusOr<ListEntry> ReadObject(const XmlElement& element) {
  ListEntry entry;
  CLOUDLET_ASSIGN_OR_RETURN(entry.key, ReadText(element, "Key"));
  CLOUDLET_ASSIGN_OR_RETURN(entry.last_modified, ReadTime(element, "LastModified"));
  CLOUDLET_ASSIGN_OR_RETURN(entry.size, ReadNumber(element, "Size", kAnyNumber));
  entry.etag = UnquotedEtag(TextOr(element, "ETag"));
  entry.checksum_algorithm = ChecksumAlgorithmNamed(TextOr(element, "ChecksumAlgorithm"));
  entry.checksum_type = ChecksumTypeNamed(TextOr(element, "ChecksumType"));
  return entry;
}

absl::StatusOr<std::string> ReadListed(const XmlElement& root, std::string_view name,
                                       EncodingType encoding) {
  return DecodeListed(TextOr(root, name), encoding);
}

// Puts entries and common prefixes, each in order, into the order of their keys' bytes.
template <typename Entry>
absl::Status Merge(std::vector<Entry>* entries, EncodingType encoding) {
  std::vector<std::pair<std::string, Entry>> keyed;
  keyed.reserve(entries->size());
  for (Entry& entry : *entries) {
    CLOUDLET_ASSIGN_OR_RETURN(std::string key, DecodeListed(entry.key, encoding));
    keyed.emplace_back(std::move(key), std::move(entry));
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  entries->clear();
  for (auto& [key, entry] : keyed) entries->push_back(std::move(entry));
  return absl::OkStatus();
}

template <typename Entry>
absl::StatusOr<Entry> ReadPrefix(const XmlElement& element) {
  Entry entry;
  entry.is_prefix = true;
  CLOUDLET_ASSIGN_OR_RETURN(entry.key, ReadText(element, "Prefix"));
  return entry;
}

absl::StatusOr<VersionEntry> ReadVersion(const XmlElement& element) {
  VersionEntry entry;
  entry.is_delete_marker = element.name() == "DeleteMarker";
  CLOUDLET_ASSIGN_OR_RETURN(entry.key, ReadText(element, "Key"));
  entry.version_id = TextOr(element, "VersionId");
  CLOUDLET_ASSIGN_OR_RETURN(entry.is_latest, ReadBool(element, "IsLatest"));
  CLOUDLET_ASSIGN_OR_RETURN(entry.last_modified, ReadTime(element, "LastModified"));
  if (entry.is_delete_marker) return entry;
  CLOUDLET_ASSIGN_OR_RETURN(entry.size, ReadNumber(element, "Size", kAnyNumber));
  entry.etag = UnquotedEtag(TextOr(element, "ETag"));
  return entry;
}

void WriteVersion(XmlWriter* xml, const VersionEntry& entry, const Owner& owner) {
  xml->Open(entry.is_delete_marker ? "DeleteMarker" : "Version").Text("Key", entry.key);
  xml->Text("VersionId", entry.version_id).Bool("IsLatest", entry.is_latest);
  xml->Text("LastModified", FormatIsoTime(entry.last_modified));
  if (!entry.is_delete_marker) {
    WriteEtag(xml, entry.etag);
    xml->Number("Size", entry.size);
  }
  if (!owner.id.empty()) WriteOwner(xml, "Owner", owner);
  if (!entry.is_delete_marker) xml->Text("StorageClass", "STANDARD");
  xml->Close();
}

}  // namespace

std::string EncodeObjectListV1(const ObjectListDocument& list) {
  const ListPageOptions& options = list.options;
  const EncodingType encoding = options.encoding_type;
  XmlWriter xml("ListBucketResult");
  xml.Text("Name", list.bucket).Text("Prefix", EncodeListed(options.prefix, encoding));
  xml.Text("Marker", EncodeListed(options.marker, encoding));
  if (list.page.is_truncated && !options.delimiter.empty()) {
    xml.TextIfAny("NextMarker", list.page.next_marker);
  }
  xml.Number("MaxKeys", options.max_keys);
  xml.TextIfAny("Delimiter", EncodeListed(options.delimiter, encoding));
  WriteEncodingType(&xml, encoding);
  xml.Bool("IsTruncated", list.page.is_truncated);
  WriteEntries(&xml, list.page, list.owner.id.empty() ? nullptr : &list.owner);
  return std::move(xml).Finish();
}

std::string EncodeObjectListV2(const ObjectListDocument& list) {
  const ListPageOptions& options = list.options;
  const EncodingType encoding = options.encoding_type;
  XmlWriter xml("ListBucketResult");
  xml.Text("Name", list.bucket).Text("Prefix", EncodeListed(options.prefix, encoding));
  xml.TextIfAny("StartAfter", EncodeListed(options.start_after, encoding));
  xml.TextIfAny("ContinuationToken", options.continuation_token);
  xml.TextIfAny("NextContinuationToken", list.page.next_continuation_token);
  xml.Number("KeyCount", list.page.entries.size()).Number("MaxKeys", options.max_keys);
  xml.TextIfAny("Delimiter", EncodeListed(options.delimiter, encoding));
  WriteEncodingType(&xml, encoding);
  xml.Bool("IsTruncated", list.page.is_truncated);
  const bool tell_owner = options.fetch_owner && !list.owner.id.empty();
  WriteEntries(&xml, list.page, tell_owner ? &list.owner : nullptr);
  return std::move(xml).Finish();
}

absl::StatusOr<ObjectListDocument> DecodeObjectList(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "ListBucketResult", kLargeXmlBytes));
  const XmlElement root = document.root();
  const EncodingType encoding = ReadEncodingType(root);
  ObjectListDocument list;
  list.bucket = TextOr(root, "Name");
  list.options.encoding_type = encoding;
  CLOUDLET_ASSIGN_OR_RETURN(list.options.prefix, ReadListed(root, "Prefix", encoding));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.marker, ReadListed(root, "Marker", encoding));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.start_after, ReadListed(root, "StartAfter", encoding));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.delimiter, ReadListed(root, "Delimiter", encoding));
  list.options.continuation_token = TextOr(root, "ContinuationToken");
  CLOUDLET_ASSIGN_OR_RETURN(list.options.max_keys, ReadNumberOr(root, "MaxKeys", kAnyNumber, 1000));
  CLOUDLET_ASSIGN_OR_RETURN(list.page.is_truncated, ReadBool(root, "IsTruncated"));
  list.page.next_marker = TextOr(root, "NextMarker");
  list.page.next_continuation_token = TextOr(root, "NextContinuationToken");
  for (const XmlElement child : root.children()) {
    if (child.name() == "Contents") {
      CLOUDLET_ASSIGN_OR_RETURN(ListEntry entry, ReadObject(child));
      list.page.entries.push_back(std::move(entry));
      if (list.owner.id.empty()) list.owner = ReadOwner(child, "Owner");
    } else if (child.name() == "CommonPrefixes") {
      CLOUDLET_ASSIGN_OR_RETURN(ListEntry entry, ReadPrefix<ListEntry>(child));
      list.page.entries.push_back(std::move(entry));
    }
  }
  list.options.fetch_owner = !list.owner.id.empty();
  list.page.owner = list.owner.id;
  CLOUDLET_RETURN_IF_ERROR(Merge(&list.page.entries, encoding));
  return list;
}

std::string EncodeVersionList(const VersionListDocument& list) {
  const VersionPageOptions& options = list.options;
  const EncodingType encoding = options.encoding_type;
  XmlWriter xml("ListVersionsResult");
  xml.Text("Name", list.bucket).Text("Prefix", EncodeListed(options.prefix, encoding));
  xml.Text("KeyMarker", EncodeListed(options.key_marker, encoding));
  xml.Text("VersionIdMarker", options.version_id_marker);
  xml.TextIfAny("NextKeyMarker", list.page.next_key_marker);
  xml.TextIfAny("NextVersionIdMarker", list.page.next_version_id_marker);
  xml.Number("MaxKeys", options.max_keys);
  xml.TextIfAny("Delimiter", EncodeListed(options.delimiter, encoding));
  WriteEncodingType(&xml, encoding);
  xml.Bool("IsTruncated", list.page.is_truncated);
  for (const VersionEntry& entry : list.page.entries) {
    if (!entry.is_prefix) WriteVersion(&xml, entry, list.owner);
  }
  for (const VersionEntry& entry : list.page.entries) {
    if (entry.is_prefix) xml.Open("CommonPrefixes").Text("Prefix", entry.key).Close();
  }
  return std::move(xml).Finish();
}

absl::StatusOr<VersionListDocument> DecodeVersionList(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "ListVersionsResult", kLargeXmlBytes));
  const XmlElement root = document.root();
  const EncodingType encoding = ReadEncodingType(root);
  VersionListDocument list;
  list.bucket = TextOr(root, "Name");
  list.options.encoding_type = encoding;
  CLOUDLET_ASSIGN_OR_RETURN(list.options.prefix, ReadListed(root, "Prefix", encoding));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.key_marker, ReadListed(root, "KeyMarker", encoding));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.delimiter, ReadListed(root, "Delimiter", encoding));
  list.options.version_id_marker = TextOr(root, "VersionIdMarker");
  CLOUDLET_ASSIGN_OR_RETURN(list.options.max_keys, ReadNumberOr(root, "MaxKeys", kAnyNumber, 1000));
  CLOUDLET_ASSIGN_OR_RETURN(list.page.is_truncated, ReadBool(root, "IsTruncated"));
  list.page.next_key_marker = TextOr(root, "NextKeyMarker");
  list.page.next_version_id_marker = TextOr(root, "NextVersionIdMarker");
  for (const XmlElement child : root.children()) {
    if (child.name() == "Version" || child.name() == "DeleteMarker") {
      CLOUDLET_ASSIGN_OR_RETURN(VersionEntry entry, ReadVersion(child));
      list.page.entries.push_back(std::move(entry));
      if (list.owner.id.empty()) list.owner = ReadOwner(child, "Owner");
    } else if (child.name() == "CommonPrefixes") {
      CLOUDLET_ASSIGN_OR_RETURN(VersionEntry entry, ReadPrefix<VersionEntry>(child));
      list.page.entries.push_back(std::move(entry));
    }
  }
  list.page.owner = list.owner.id;
  CLOUDLET_RETURN_IF_ERROR(Merge(&list.page.entries, encoding));
  return list;
}

}  // namespace cloudlet::http
