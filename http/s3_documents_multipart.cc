// Shapes as in S3's service model; order of the elements as in its answers.
#include "http/s3_documents_multipart.h"

#include <climits>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "http/http_date.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

absl::StatusOr<int> ReadInt(const XmlElement& parent, std::string_view name) {
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t number, ReadNumber(parent, name, INT_MAX));
  return static_cast<int>(number);
}

absl::StatusOr<int> ReadIntOrZero(const XmlElement& parent, std::string_view name) {
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t number, ReadNumberOr(parent, name, INT_MAX, 0));
  return static_cast<int>(number);
}

absl::Status CheckPartElements(const XmlElement& part) {
  for (const XmlElement child : part.children()) {
    const std::string_view name = child.name();
    if (name == "PartNumber" || name == "ETag" || IsChecksumElement(name)) continue;
    return MakeError(ErrorCode::kMalformedXml, "a Part has an element that it cannot have");
  }
  return absl::OkStatus();
}

absl::StatusOr<CompletedPart> ReadCompletedPart(const XmlElement& element) {
  CLOUDLET_RETURN_IF_ERROR(CheckPartElements(element));
  CompletedPart part;
  CLOUDLET_ASSIGN_OR_RETURN(part.part_number, ReadInt(element, "PartNumber"));
  CLOUDLET_ASSIGN_OR_RETURN(part.etag, ReadText(element, "ETag"));
  CLOUDLET_ASSIGN_OR_RETURN(part.checksum, ReadChecksum(element));
  return part;
}

void WriteAlgorithmAndType(XmlWriter* xml, const std::optional<ChecksumAlgorithm>& algorithm,
                           const std::optional<ChecksumType>& type) {
  if (algorithm.has_value()) xml->Text("ChecksumAlgorithm", ChecksumAlgorithmName(*algorithm));
  if (type.has_value()) xml->Text("ChecksumType", ChecksumTypeName(*type));
}

void WritePart(XmlWriter* xml, const PartEntry& part) {
  xml->Open("Part").Number("PartNumber", static_cast<uint64_t>(part.part_number));
  xml->Text("LastModified", FormatIsoTime(part.last_modified));
  WriteEtag(xml, part.etag);
  xml->Number("Size", part.size);
  WriteChecksum(xml, part.checksum);
  xml->Close();
}

absl::StatusOr<PartEntry> ReadPart(const XmlElement& element) {
  PartEntry part;
  CLOUDLET_ASSIGN_OR_RETURN(part.part_number, ReadInt(element, "PartNumber"));
  CLOUDLET_ASSIGN_OR_RETURN(part.last_modified, ReadTime(element, "LastModified"));
  part.etag = UnquotedEtag(TextOr(element, "ETag"));
  CLOUDLET_ASSIGN_OR_RETURN(part.size, ReadNumber(element, "Size", UINT64_MAX));
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<Checksum> checksum, ReadChecksum(element));
  part.checksum = std::move(checksum).value_or(Checksum());
  return part;
}

void WriteUpload(XmlWriter* xml, const UploadEntry& upload, const Owner& owner) {
  xml->Open("Upload").Text("Key", upload.key).Text("UploadId", upload.upload_id);
  WriteOwner(xml, "Initiator", {upload.initiator, {}});
  WriteOwner(xml, "Owner", owner);
  xml->Text("StorageClass", "STANDARD").Text("Initiated", FormatIsoTime(upload.initiated));
  WriteAlgorithmAndType(xml, upload.checksum_algorithm, upload.checksum_type);
  xml->Close();
}

absl::StatusOr<UploadEntry> ReadUpload(const XmlElement& element) {
  UploadEntry upload;
  CLOUDLET_ASSIGN_OR_RETURN(upload.key, ReadText(element, "Key"));
  CLOUDLET_ASSIGN_OR_RETURN(upload.upload_id, ReadText(element, "UploadId"));
  upload.initiator = ReadOwner(element, "Initiator").id;
  CLOUDLET_ASSIGN_OR_RETURN(upload.initiated, ReadTime(element, "Initiated"));
  upload.checksum_algorithm = ChecksumAlgorithmNamed(TextOr(element, "ChecksumAlgorithm"));
  upload.checksum_type = ChecksumTypeNamed(TextOr(element, "ChecksumType"));
  return upload;
}

}  // namespace

std::string EncodeCreatedUpload(const CreatedUploadDocument& created) {
  XmlWriter xml("InitiateMultipartUploadResult");
  xml.Text("Bucket", created.bucket).Text("Key", created.key).Text("UploadId", created.upload_id);
  return std::move(xml).Finish();
}

absl::StatusOr<CreatedUploadDocument> DecodeCreatedUpload(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "InitiateMultipartUploadResult"));
  const XmlElement root = document.root();
  CreatedUploadDocument created;
  created.bucket = TextOr(root, "Bucket");
  created.key = TextOr(root, "Key");
  CLOUDLET_ASSIGN_OR_RETURN(created.upload_id, ReadText(root, "UploadId"));
  return created;
}

std::string EncodeComplete(const std::vector<CompletedPart>& parts) {
  XmlWriter xml("CompleteMultipartUpload");
  for (const CompletedPart& part : parts) {
    xml.Open("Part").Number("PartNumber", static_cast<uint64_t>(part.part_number));
    xml.Text("ETag", part.etag);
    if (part.checksum.has_value()) WriteChecksum(&xml, *part.checksum);
    xml.Close();
  }
  return std::move(xml).Finish();
}

absl::StatusOr<std::vector<CompletedPart>> DecodeComplete(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "CompleteMultipartUpload", kLargeXmlBytes));
  const XmlElement root = document.root();
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(root, {}, {"Part"}));
  std::vector<CompletedPart> parts;
  for (const XmlElement child : root.children()) {
    if (parts.size() == kMaxCompletedParts) {
      return MakeError(ErrorCode::kMalformedXml, "there are more than 10,000 parts");
    }
    CLOUDLET_ASSIGN_OR_RETURN(CompletedPart part, ReadCompletedPart(child));
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return MakeError(ErrorCode::kMalformedXml, "there are no parts");
  return parts;
}

std::string EncodeCompletedUpload(const CompletedUploadDocument& completed) {
  XmlWriter xml("CompleteMultipartUploadResult");
  xml.Text("Location", completed.location);
  xml.Text("Bucket", completed.bucket).Text("Key", completed.key);
  WriteEtag(&xml, completed.etag);
  WriteChecksumAndType(&xml, completed.checksum);
  return std::move(xml).Finish();
}

absl::StatusOr<CompletedUploadDocument> DecodeCompletedUpload(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "CompleteMultipartUploadResult"));
  const XmlElement root = document.root();
  CompletedUploadDocument completed;
  completed.location = TextOr(root, "Location");
  completed.bucket = TextOr(root, "Bucket");
  completed.key = TextOr(root, "Key");
  CLOUDLET_ASSIGN_OR_RETURN(const std::string etag, ReadText(root, "ETag"));
  completed.etag = UnquotedEtag(etag);
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<Checksum> checksum, ReadChecksum(root));
  completed.checksum = std::move(checksum).value_or(Checksum());
  return completed;
}

std::string EncodePartList(const PartListDocument& list) {
  const PartPage& page = list.page;
  XmlWriter xml("ListPartsResult");
  xml.Text("Bucket", list.bucket).Text("Key", list.key).Text("UploadId", list.upload_id);
  WriteOwner(&xml, "Initiator", {page.initiator, {}});
  WriteOwner(&xml, "Owner", list.owner);
  xml.Text("StorageClass", "STANDARD");
  xml.Number("PartNumberMarker", static_cast<uint64_t>(list.options.part_number_marker));
  if (page.is_truncated) {
    xml.Number("NextPartNumberMarker", static_cast<uint64_t>(page.next_part_number_marker));
  }
  xml.Number("MaxParts", list.options.max_parts).Bool("IsTruncated", page.is_truncated);
  WriteAlgorithmAndType(&xml, page.checksum_algorithm, page.checksum_type);
  for (const PartEntry& part : page.parts) WritePart(&xml, part);
  return std::move(xml).Finish();
}

absl::StatusOr<PartListDocument> DecodePartList(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "ListPartsResult", kLargeXmlBytes));
  const XmlElement root = document.root();
  PartListDocument list;
  list.bucket = TextOr(root, "Bucket");
  list.key = TextOr(root, "Key");
  list.upload_id = TextOr(root, "UploadId");
  list.owner = ReadOwner(root, "Owner");
  list.page.initiator = ReadOwner(root, "Initiator").id;
  CLOUDLET_ASSIGN_OR_RETURN(list.options.part_number_marker,
                            ReadIntOrZero(root, "PartNumberMarker"));
  CLOUDLET_ASSIGN_OR_RETURN(list.page.next_part_number_marker,
                            ReadIntOrZero(root, "NextPartNumberMarker"));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.max_parts,
                            ReadNumberOr(root, "MaxParts", UINT64_MAX, 1000));
  CLOUDLET_ASSIGN_OR_RETURN(list.page.is_truncated, ReadBool(root, "IsTruncated"));
  list.page.checksum_algorithm = ChecksumAlgorithmNamed(TextOr(root, "ChecksumAlgorithm"));
  list.page.checksum_type = ChecksumTypeNamed(TextOr(root, "ChecksumType"));
  for (const XmlElement child : root.children()) {
    if (child.name() != "Part") continue;
    CLOUDLET_ASSIGN_OR_RETURN(PartEntry part, ReadPart(child));
    list.page.parts.push_back(std::move(part));
  }
  return list;
}

std::string EncodeUploadList(const UploadListDocument& list) {
  const UploadPageOptions& options = list.options;
  const EncodingType encoding = options.encoding_type;
  XmlWriter xml("ListMultipartUploadsResult");
  xml.Text("Bucket", list.bucket).Text("KeyMarker", EncodeListed(options.key_marker, encoding));
  xml.Text("UploadIdMarker", options.upload_id_marker);
  xml.TextIfAny("NextKeyMarker", list.page.next_key_marker);
  xml.TextIfAny("NextUploadIdMarker", list.page.next_upload_id_marker);
  xml.TextIfAny("Prefix", EncodeListed(options.prefix, encoding));
  xml.TextIfAny("Delimiter", EncodeListed(options.delimiter, encoding));
  if (encoding == EncodingType::kUrl) xml.Text("EncodingType", "url");
  xml.Number("MaxUploads", options.max_uploads).Bool("IsTruncated", list.page.is_truncated);
  for (const UploadEntry& entry : list.page.entries) {
    if (!entry.is_prefix) WriteUpload(&xml, entry, list.owner);
  }
  for (const UploadEntry& entry : list.page.entries) {
    if (entry.is_prefix) xml.Open("CommonPrefixes").Text("Prefix", entry.key).Close();
  }
  return std::move(xml).Finish();
}

absl::StatusOr<UploadListDocument> DecodeUploadList(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "ListMultipartUploadsResult", kLargeXmlBytes));
  const XmlElement root = document.root();
  const EncodingType encoding = ReadEncodingType(root);
  UploadListDocument list;
  list.bucket = TextOr(root, "Bucket");
  list.options.encoding_type = encoding;
  CLOUDLET_ASSIGN_OR_RETURN(list.options.key_marker,
                            DecodeListed(TextOr(root, "KeyMarker"), encoding));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.prefix, DecodeListed(TextOr(root, "Prefix"), encoding));
  CLOUDLET_ASSIGN_OR_RETURN(list.options.delimiter,
                            DecodeListed(TextOr(root, "Delimiter"), encoding));
  list.options.upload_id_marker = TextOr(root, "UploadIdMarker");
  CLOUDLET_ASSIGN_OR_RETURN(list.options.max_uploads,
                            ReadNumberOr(root, "MaxUploads", UINT64_MAX, 1000));
  CLOUDLET_ASSIGN_OR_RETURN(list.page.is_truncated, ReadBool(root, "IsTruncated"));
  list.page.next_key_marker = TextOr(root, "NextKeyMarker");
  list.page.next_upload_id_marker = TextOr(root, "NextUploadIdMarker");
  for (const XmlElement child : root.children()) {
    if (child.name() == "Upload") {
      CLOUDLET_ASSIGN_OR_RETURN(UploadEntry upload, ReadUpload(child));
      list.page.entries.push_back(std::move(upload));
      if (list.owner.id.empty()) list.owner = ReadOwner(child, "Owner");
    } else if (child.name() == "CommonPrefixes") {
      UploadEntry prefix;
      prefix.is_prefix = true;
      CLOUDLET_ASSIGN_OR_RETURN(prefix.key, ReadText(child, "Prefix"));
      list.page.entries.push_back(std::move(prefix));
    }
  }
  list.page.owner = list.owner.id;
  return list;
}

}  // namespace cloudlet::http
