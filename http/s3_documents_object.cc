// Shapes as in S3's service model. The roots of the annotations' answers are this project's: the
// model names none, and clients do not look at them.
#include "http/s3_documents_object.h"

#include <climits>
#include <cstdint>
#include <utility>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "http/http_date.h"
#include "http/s3_errors.h"
#include "http/s3_xml_fields.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

std::string EncodeCopied(std::string_view root, const CopiedDocument& copied) {
  XmlWriter xml(root);
  WriteEtag(&xml, copied.etag);
  xml.Text("LastModified", FormatIsoTime(copied.last_modified));
  if (copied.checksum.has_value()) WriteChecksumAndType(&xml, *copied.checksum);
  return std::move(xml).Finish();
}

void WriteParts(XmlWriter* xml, const ObjectParts& parts) {
  xml->Open("ObjectParts").Number("PartsCount", static_cast<uint64_t>(parts.total_parts_count));
  if (parts.listed) {
    xml->Number("PartNumberMarker", static_cast<uint64_t>(parts.part_number_marker));
    if (parts.is_truncated) {
      xml->Number("NextPartNumberMarker", static_cast<uint64_t>(parts.next_part_number_marker));
    }
    xml->Number("MaxParts", parts.max_parts).Bool("IsTruncated", parts.is_truncated);
    for (const ObjectPart& part : parts.parts) {
      xml->Open("Part").Number("PartNumber", static_cast<uint64_t>(part.part_number));
      xml->Number("Size", part.size);
      WriteChecksum(xml, part.checksum);
      xml->Close();
    }
  }
  xml->Close();
}

absl::StatusOr<int> ReadIntOrZero(const XmlElement& parent, std::string_view name) {
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t number, ReadNumberOr(parent, name, INT_MAX, 0));
  return static_cast<int>(number);
}

absl::StatusOr<ObjectParts> ReadParts(const XmlElement& element) {
  ObjectParts parts;
  CLOUDLET_ASSIGN_OR_RETURN(parts.total_parts_count, ReadIntOrZero(element, "PartsCount"));
  parts.listed = element.Child("MaxParts").exists();
  CLOUDLET_ASSIGN_OR_RETURN(parts.part_number_marker, ReadIntOrZero(element, "PartNumberMarker"));
  CLOUDLET_ASSIGN_OR_RETURN(parts.next_part_number_marker,
                            ReadIntOrZero(element, "NextPartNumberMarker"));
  CLOUDLET_ASSIGN_OR_RETURN(parts.max_parts, ReadNumberOr(element, "MaxParts", UINT64_MAX, 0));
  CLOUDLET_ASSIGN_OR_RETURN(parts.is_truncated, ReadBool(element, "IsTruncated"));
  for (const XmlElement child : element.children()) {
    if (child.name() != "Part") continue;
    ObjectPart part;
    CLOUDLET_ASSIGN_OR_RETURN(part.part_number, ReadIntOrZero(child, "PartNumber"));
    CLOUDLET_ASSIGN_OR_RETURN(part.size, ReadNumber(child, "Size", UINT64_MAX));
    CLOUDLET_ASSIGN_OR_RETURN(std::optional<Checksum> checksum, ReadChecksum(child));
    part.checksum = std::move(checksum).value_or(Checksum());
    parts.parts.push_back(std::move(part));
  }
  return parts;
}

absl::StatusOr<AnnotationInfo> ReadAnnotation(const XmlElement& element) {
  AnnotationInfo info;
  CLOUDLET_ASSIGN_OR_RETURN(info.name, ReadText(element, "AnnotationName"));
  CLOUDLET_ASSIGN_OR_RETURN(info.last_modified, ReadTime(element, "LastModified"));
  info.etag = UnquotedEtag(TextOr(element, "ETag"));
  CLOUDLET_ASSIGN_OR_RETURN(info.size, ReadNumber(element, "Size", UINT64_MAX));
  info.checksum.algorithm = ChecksumAlgorithmNamed(TextOr(element, "ChecksumAlgorithm"))
                                .value_or(ChecksumAlgorithm::kCrc64nvme);
  return info;
}

}  // namespace

std::string EncodeCopyObjectResult(const CopiedDocument& copied) {
  return EncodeCopied("CopyObjectResult", copied);
}

std::string EncodeCopyPartResult(const CopiedDocument& copied) {
  return EncodeCopied("CopyPartResult", copied);
}

absl::StatusOr<CopiedDocument> DecodeCopied(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document, XmlDocument::Parse(text, ""));
  const XmlElement root = document.root();
  if (root.name() == "Error") {
    CLOUDLET_ASSIGN_OR_RETURN(const S3Error error, DecodeError(text, 500));
    return StatusOf(error);
  }
  if (root.name() != "CopyObjectResult" && root.name() != "CopyPartResult") {
    return MakeError(ErrorCode::kMalformedXml, "it is no result of a copy");
  }
  CopiedDocument copied;
  CLOUDLET_ASSIGN_OR_RETURN(const std::string etag, ReadText(root, "ETag"));
  copied.etag = UnquotedEtag(etag);
  CLOUDLET_ASSIGN_OR_RETURN(copied.last_modified, ReadTime(root, "LastModified"));
  CLOUDLET_ASSIGN_OR_RETURN(copied.checksum, ReadChecksum(root));
  return copied;
}

std::string EncodeAttributes(const ObjectAttributes& attributes) {
  XmlWriter xml("GetObjectAttributesResponse");
  if (attributes.etag.has_value()) xml.Text("ETag", *attributes.etag);
  if (attributes.checksum.has_value()) {
    xml.Open("Checksum");
    WriteChecksumAndType(&xml, *attributes.checksum);
    xml.Close();
  }
  if (attributes.object_parts.has_value()) WriteParts(&xml, *attributes.object_parts);
  if (attributes.storage_class.has_value()) xml.Text("StorageClass", *attributes.storage_class);
  if (attributes.object_size.has_value()) xml.Number("ObjectSize", *attributes.object_size);
  return std::move(xml).Finish();
}

absl::StatusOr<ObjectAttributes> DecodeAttributes(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(
      const XmlDocument document,
      XmlDocument::Parse(text, "GetObjectAttributesResponse", kLargeXmlBytes));
  const XmlElement root = document.root();
  ObjectAttributes attributes;
  attributes.etag = root.ChildText("ETag");
  if (attributes.etag.has_value()) attributes.etag = UnquotedEtag(*attributes.etag);
  CLOUDLET_ASSIGN_OR_RETURN(attributes.checksum, ReadChecksum(root.Child("Checksum")));
  if (root.Child("ObjectParts").exists()) {
    CLOUDLET_ASSIGN_OR_RETURN(attributes.object_parts, ReadParts(root.Child("ObjectParts")));
  }
  attributes.storage_class = root.ChildText("StorageClass");
  if (root.Child("ObjectSize").exists()) {
    CLOUDLET_ASSIGN_OR_RETURN(attributes.object_size, ReadNumber(root, "ObjectSize", UINT64_MAX));
  }
  return attributes;
}

std::string EncodeAnnotationPut(const AnnotationPutDocument& put) {
  XmlWriter xml("PutObjectAnnotationResult");
  xml.Text("Key", put.key).Text("AnnotationName", put.name);
  return std::move(xml).Finish();
}

absl::StatusOr<AnnotationPutDocument> DecodeAnnotationPut(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document, XmlDocument::Parse(text, ""));
  AnnotationPutDocument put;
  CLOUDLET_ASSIGN_OR_RETURN(put.key, ReadText(document.root(), "Key"));
  CLOUDLET_ASSIGN_OR_RETURN(put.name, ReadText(document.root(), "AnnotationName"));
  return put;
}

std::string EncodeAnnotationList(const AnnotationListDocument& list) {
  XmlWriter xml("ListObjectAnnotationsResult");
  xml.Text("Bucket", list.bucket).Text("Key", list.key);
  xml.TextIfAny("AnnotationPrefix", list.options.prefix);
  xml.Number("MaxAnnotationResults", list.options.max_results);
  xml.Number("AnnotationCount", list.page.entries.size());
  xml.TextIfAny("ContinuationToken", list.options.continuation_token);
  xml.TextIfAny("NextContinuationToken", list.page.next_continuation_token);
  xml.Open("Annotations");
  for (const AnnotationInfo& info : list.page.entries) {
    xml.Open("AnnotationEntry").Text("AnnotationName", info.name);
    xml.Text("LastModified", FormatIsoTime(info.last_modified));
    WriteEtag(&xml, info.etag);
    xml.Text("ChecksumAlgorithm", ChecksumAlgorithmName(info.checksum.algorithm));
    xml.Number("Size", info.size).Close();
  }
  return std::move(xml).Finish();
}

absl::StatusOr<AnnotationListDocument> DecodeAnnotationList(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "", kLargeXmlBytes));
  const XmlElement root = document.root();
  AnnotationListDocument list;
  list.bucket = TextOr(root, "Bucket");
  list.key = TextOr(root, "Key");
  list.options.prefix = TextOr(root, "AnnotationPrefix");
  list.options.continuation_token = TextOr(root, "ContinuationToken");
  CLOUDLET_ASSIGN_OR_RETURN(list.options.max_results,
                            ReadNumberOr(root, "MaxAnnotationResults", UINT64_MAX, 1000));
  list.page.next_continuation_token = TextOr(root, "NextContinuationToken");
  list.page.is_truncated = !list.page.next_continuation_token.empty();
  for (const XmlElement child : root.Child("Annotations").children()) {
    CLOUDLET_ASSIGN_OR_RETURN(AnnotationInfo info, ReadAnnotation(child));
    list.page.entries.push_back(std::move(info));
  }
  return list;
}

std::string EncodePosted(const PostedDocument& posted) {
  XmlWriter xml("PostResponse", "");
  xml.Text("Location", posted.location).Text("Bucket", posted.bucket).Text("Key", posted.key);
  WriteEtag(&xml, posted.etag);
  return std::move(xml).Finish();
}

absl::StatusOr<PostedDocument> DecodePosted(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document, XmlDocument::Parse(text, "PostResponse"));
  const XmlElement root = document.root();
  PostedDocument posted;
  posted.location = TextOr(root, "Location");
  posted.bucket = TextOr(root, "Bucket");
  posted.key = TextOr(root, "Key");
  posted.etag = UnquotedEtag(TextOr(root, "ETag"));
  return posted;
}

}  // namespace cloudlet::http
