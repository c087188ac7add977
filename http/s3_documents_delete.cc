// Keys in these documents are raw texts: there is no encoding-type for them.
#include "http/s3_documents_delete.h"

#include <utility>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "http/s3_errors.h"
#include "http/s3_xml_fields.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

absl::StatusOr<ObjectToDelete> ReadObject(const XmlElement& element) {
  for (std::string_view condition : {"LastModifiedTime", "Size"}) {
    if (element.Child(condition).exists()) {
      return MakeError(ErrorCode::kNotImplemented,
                       std::string(condition) + " is a condition of directory buckets");
    }
  }
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(element, {"Key", "VersionId", "ETag"}));
  ObjectToDelete object;
  CLOUDLET_ASSIGN_OR_RETURN(object.key, ReadText(element, "Key"));
  object.version_id = TextOr(element, "VersionId");
  object.if_match = TextOr(element, "ETag");
  return object;
}

void WriteDeleted(XmlWriter* xml, const DeletedObject& deleted) {
  xml->Open("Deleted").Text("Key", deleted.key).TextIfAny("VersionId", deleted.version_id);
  if (deleted.result.delete_marker) {
    xml->Bool("DeleteMarker", true);
    xml->TextIfAny("DeleteMarkerVersionId", deleted.result.version_id);
  }
  xml->Close();
}

absl::StatusOr<DeletedObject> ReadDeleted(const XmlElement& element) {
  DeletedObject deleted;
  CLOUDLET_ASSIGN_OR_RETURN(deleted.key, ReadText(element, "Key"));
  deleted.version_id = TextOr(element, "VersionId");
  CLOUDLET_ASSIGN_OR_RETURN(deleted.result.delete_marker, ReadBool(element, "DeleteMarker"));
  deleted.result.version_id =
      deleted.result.delete_marker ? TextOr(element, "DeleteMarkerVersionId") : deleted.version_id;
  return deleted;
}

}  // namespace

std::string EncodeDelete(const DeleteDocument& request) {
  XmlWriter xml("Delete");
  for (const ObjectToDelete& object : request.objects) {
    xml.Open("Object").Text("Key", object.key).TextIfAny("VersionId", object.version_id);
    xml.TextIfAny("ETag", object.if_match).Close();
  }
  if (request.quiet) xml.Bool("Quiet", true);
  return std::move(xml).Finish();
}

absl::StatusOr<DeleteDocument> DecodeDelete(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "Delete", kLargeXmlBytes));
  const XmlElement root = document.root();
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(root, {"Quiet"}, {"Object"}));
  DeleteDocument request;
  CLOUDLET_ASSIGN_OR_RETURN(request.quiet, ReadBool(root, "Quiet"));
  for (const XmlElement child : root.children()) {
    if (child.name() != "Object") continue;
    if (request.objects.size() == kMaxDeletes) {
      return MakeError(ErrorCode::kMalformedXml, "there are more than 1,000 objects to delete");
    }
    CLOUDLET_ASSIGN_OR_RETURN(ObjectToDelete object, ReadObject(child));
    request.objects.push_back(std::move(object));
  }
  if (request.objects.empty()) {
    return MakeError(ErrorCode::kMalformedXml, "there is no object to delete");
  }
  return request;
}

std::vector<DeleteItem> ItemsOf(const DeleteDocument& request) {
  std::vector<DeleteItem> items;
  items.reserve(request.objects.size());
  for (const ObjectToDelete& object : request.objects) {
    items.push_back({object.key, object.version_id, object.if_match});
  }
  return items;
}

std::string EncodeDeleteResult(const DeleteManyResult& result) {
  XmlWriter xml("DeleteResult");
  for (const DeletedObject& deleted : result.deleted) WriteDeleted(&xml, deleted);
  for (const DeleteFailure& failure : result.failures) {
    const S3Error error = S3ErrorOf(failure.status, {});
    xml.Open("Error").Text("Key", failure.key).TextIfAny("VersionId", failure.version_id);
    xml.Text("Code", error.code).Text("Message", error.message).Close();
  }
  return std::move(xml).Finish();
}

absl::StatusOr<DeleteManyResult> DecodeDeleteResult(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "DeleteResult", kLargeXmlBytes));
  DeleteManyResult result;
  for (const XmlElement child : document.root().children()) {
    if (child.name() == "Deleted") {
      CLOUDLET_ASSIGN_OR_RETURN(DeletedObject deleted, ReadDeleted(child));
      result.deleted.push_back(std::move(deleted));
    } else if (child.name() == "Error") {
      S3Error error;
      DeleteFailure failure;
      CLOUDLET_ASSIGN_OR_RETURN(failure.key, ReadText(child, "Key"));
      failure.version_id = TextOr(child, "VersionId");
      CLOUDLET_ASSIGN_OR_RETURN(error.code, ReadText(child, "Code"));
      error.message = TextOr(child, "Message");
      failure.status = StatusOf(error);
      result.failures.push_back(std::move(failure));
    }
  }
  return result;
}

}  // namespace cloudlet::http
