// Written by hand, in the order of the fields that S3 has, so that equal events give equal bytes.
#include "triggers/event_json.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/bytes.h"
#include "base/json_text.h"
#include "base/random.h"
#include "base/strings.h"
#include "cloudlet/event.h"
#include "cloudlet/event_json.h"
#include "cloudlet/tags.h"

namespace cloudlet {
namespace {

using base::JsonTime;
using base::JsonWriter;

constexpr std::string_view kEtagOfNoBytes = "d41d8cd98f00b204e9800998ecf8427e";

bool IsCreated(EventType type) { return EventTypeCovers(EventType::kObjectCreated, type); }
bool IsTagging(EventType type) { return EventTypeCovers(EventType::kObjectTagging, type); }
bool IsAcl(EventType type) { return type == EventType::kObjectAclPut; }
bool IsAnnotation(EventType type) { return EventTypeCovers(EventType::kObjectAnnotation, type); }

// A change that this store makes: implemented, and no wildcard.
bool IsChange(EventType type) {
  return EventTypeImplemented(type) && EventTypeName(type).back() != '*';
}

uint64_t HashOf(std::string_view text) {
  uint64_t hash = text.size();
  for (const char c : text) hash = base::Mix64(hash ^ static_cast<unsigned char>(c));
  return hash;
}

// S3's second id of a request says nothing in here; it is a fixed hash of the first, 32 characters
// long.
std::string ExtendedRequestId(std::string_view request_id) {
  const uint64_t hash = HashOf(request_id);
  std::string bytes;
  for (uint64_t i = 1; i <= 3; ++i) base::AppendU64(&bytes, base::Mix64(hash + i));
  return base::Base64Encode(bytes);
}

std::string_view RegionOf(const Event& event, const EventJsonOptions& options) {
  return event.bucket_region.empty() ? options.region : event.bucket_region;
}

std::string_view EventVersion(EventType type, EventSchema schema) {
  switch (schema) {
    case EventSchema::kBefore2_4:
      if (IsAnnotation(type)) return "2.4";
      return IsTagging(type) || IsAcl(type) ? "2.3" : "2.1";
    case EventSchema::k2_4:
      return "2.4";
    case EventSchema::k2_5:
      break;
    case EventSchema::k2_6:
      return "2.6";
  }
  return "2.5";
}

// That of EventBridge's form; empty: it has none.
std::string_view DetailVersion(EventType type, EventSchema schema) {
  switch (schema) {
    case EventSchema::kBefore2_4:
      return IsAnnotation(type) ? "1.0" : "";
    case EventSchema::k2_4:
      return "1.0";
    case EventSchema::k2_5:
      break;
    case EventSchema::k2_6:
      return "1.2";
  }
  return "1.1";
}

// What the two forms call the same things.
struct FieldNames {
  std::string_view etag;
  std::string_view version_id;
  std::string_view has_annotation;
  std::string_view annotation;
  std::string_view generated_tags;
};
constexpr FieldNames kRecordNames = {"eTag", "versionId", "hasObjectAnnotation", "objectAnnotation",
                                     "awsGeneratedTags"};
constexpr FieldNames kDetailNames = {"etag", "version-id", "has-object-annotation",
                                     "object-annotation", "aws-generated-tags"};

void WriteObject(const Event& event, EventSchema schema, const FieldNames& names,
                 std::string_view key, base::JsonWriter* out) {
  out->Open("object");
  out->Text("key", key);
  if (IsCreated(event.type)) out->Number("size", event.size);
  if (event.type == EventType::kObjectRemovedDeleteMarkerCreated) {
    out->Text(names.etag, kEtagOfNoBytes);
  } else if (event.type != EventType::kObjectRemovedDelete) {
    out->Text(names.etag, event.etag);
  }
  if (!event.version_id.empty() && event.version_id != "null") {
    out->Text(names.version_id, event.version_id);
  }
  // S3 gives tags and ACLs none.
  if (!IsTagging(event.type) && !IsAcl(event.type)) out->Text("sequencer", event.sequencer());
  if (event.type == EventType::kObjectCreatedCopy && schema >= EventSchema::k2_4) {
    out->Flag(names.has_annotation, event.has_annotations);
  }
  out->Close();
}

// The fields of the annotation itself, which is gone after a delete.
void WriteAnnotation(const Event& event, const FieldNames& names, base::JsonWriter* out) {
  out->Text("name", event.annotation_name);
  if (event.type == EventType::kObjectAnnotationPut) {
    out->Number("size", event.annotation_size);
    out->Text(names.etag, event.annotation_etag);
  }
}

void WriteGeneratedTags(const EventJsonOptions& options, std::string_view name,
                        base::JsonWriter* out) {
  if (options.aws_generated_tags.empty() || options.schema < EventSchema::k2_5) return;
  out->Open(name);
  for (const Tag& tag : options.aws_generated_tags) out->Text(tag.key, tag.value);
  out->Close();
}

void WriteS3(const Event& event, const EventJsonOptions& options, base::JsonWriter* out) {
  out->Open("s3");
  out->Text("s3SchemaVersion", "1.0");
  out->Text("configurationId",
            options.configuration_id.empty() ? event.trigger_id : options.configuration_id);
  out->Open("bucket");
  out->Text("name", event.bucket);
  out->Open("ownerIdentity");
  out->Text("principalId", event.bucket_owner.empty() ? options.owner : event.bucket_owner);
  out->Close();
  out->Text("arn", absl::StrCat("arn:aws:s3:::", event.bucket));
  WriteGeneratedTags(options, kRecordNames.generated_tags, out);
  out->Close();
  WriteObject(event, options.schema, kRecordNames, triggers::EncodeEventKey(event.key), out);
  if (IsAnnotation(event.type)) {
    out->Open(kRecordNames.annotation, '[');
    out->Open();
    WriteAnnotation(event, kRecordNames, out);
    out->Close();
    out->Close(']');
  }
  out->Close();
}

std::string_view DetailType(EventType type) {
  switch (type) {
    case EventType::kObjectRemovedDelete:
    case EventType::kObjectRemovedDeleteMarkerCreated:
      return "Object Deleted";
    case EventType::kObjectTaggingPut:
      return "Object Tags Added";
    case EventType::kObjectTaggingDelete:
      return "Object Tags Deleted";
    case EventType::kObjectAclPut:
      return "Object ACL Updated";
    case EventType::kObjectAnnotationPut:
      return "Object Annotation Created";
    case EventType::kObjectAnnotationDelete:
      return "Object Annotation Removed";
    default:
      return "Object Created";
  }
}

// The call that made the change; changes of tags and ACLs have none.
std::string_view Reason(EventType type) {
  switch (type) {
    case EventType::kObjectCreatedPut:
      return "PutObject";
    case EventType::kObjectCreatedPost:
      return "POST Object";
    case EventType::kObjectCreatedCopy:
      return "CopyObject";
    case EventType::kObjectCreatedCompleteMultipartUpload:
      return "CompleteMultipartUpload";
    case EventType::kObjectRemovedDelete:
    case EventType::kObjectRemovedDeleteMarkerCreated:
      return "DeleteObject";
    case EventType::kObjectAnnotationPut:
      return "PutObjectAnnotation";
    case EventType::kObjectAnnotationDelete:
      return "DeleteObjectAnnotation";
    default:
      return "";
  }
}

void WriteDetail(const Event& event, const EventJsonOptions& options, base::JsonWriter* out) {
  out->Open("detail");
  out->Text("version", "0");
  const std::string_view version = DetailVersion(event.type, options.schema);
  if (!version.empty()) out->Text("event-version", version);
  out->Open("bucket");
  out->Text("name", event.bucket);
  WriteGeneratedTags(options, kDetailNames.generated_tags, out);
  out->Close();
  WriteObject(event, options.schema, kDetailNames, event.key, out);
  out->Text("request-id", event.request_id);
  const std::string& owner = event.bucket_owner.empty() ? options.owner : event.bucket_owner;
  const bool by_owner = event.principal.empty() || event.principal == owner;
  out->Text("requester", by_owner ? options.account : event.principal);
  if (!event.source_address.empty()) out->Text("source-ip-address", event.source_address);
  const std::string_view reason = Reason(event.type);
  if (!reason.empty()) out->Text("reason", reason);
  if (event.type == EventType::kObjectRemovedDelete) {
    out->Text("deletion-type", "Permanently Deleted");
  } else if (event.type == EventType::kObjectRemovedDeleteMarkerCreated) {
    out->Text("deletion-type", "Delete Marker Created");
  }
  if (IsAnnotation(event.type)) {
    out->Open(kDetailNames.annotation);
    WriteAnnotation(event, kDetailNames, out);
    out->Close();
  }
  out->Close();
}

// The same for the same event, whoever asks.
std::string EventUuid(const Event& event) {
  const uint64_t place = HashOf(absl::StrCat(event.bucket, "/", event.key));
  const uint64_t change = base::Mix64(HashOf(event.request_id) ^ event.sequence);
  return base::IdSource(place ^ change ^ static_cast<uint64_t>(event.type)).NextUuid();
}

}  // namespace

std::string EventJson(const Event& event, const EventJsonOptions& options) {
  if (!IsChange(event.type)) return {};
  base::JsonWriter out;
  out.Open();
  out.Open("Records", '[');
  out.Open();
  out.Text("eventVersion", EventVersion(event.type, options.schema));
  out.Text("eventSource", "aws:s3");
  out.Text("awsRegion", RegionOf(event, options));
  out.Text("eventTime", base::JsonTime(event.time));
  out.Text("eventName", EventTypeName(event.type));
  out.Open("userIdentity");
  out.Text("principalId", event.principal.empty() ? options.owner : event.principal);
  out.Close();
  out.Open("requestParameters");
  out.Text("sourceIPAddress", event.source_address);
  out.Close();
  out.Open("responseElements");
  out.Text("x-amz-request-id", event.request_id);
  out.Text("x-amz-id-2", ExtendedRequestId(event.request_id));
  out.Close();
  WriteS3(event, options, &out);
  out.Close();
  out.Close(']');
  out.Close();
  return out.Take();
}

std::string EventBridgeJson(const Event& event, const EventJsonOptions& options) {
  if (!IsChange(event.type)) return {};
  base::JsonWriter out;
  out.Open();
  out.Text("version", "0");
  out.Text("id", EventUuid(event));
  out.Text("detail-type", DetailType(event.type));
  out.Text("source", "aws.s3");
  out.Text("account", options.account);
  out.Text("time", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", event.time, absl::UTCTimeZone()));
  out.Text("region", RegionOf(event, options));
  out.Open("resources", '[');
  out.Element(absl::StrCat("arn:aws:s3:::", event.bucket));
  out.Close(']');
  WriteDetail(event, options, &out);
  out.Close();
  return out.Take();
}

std::string TestEventJson(std::string_view bucket, absl::Time time, std::string_view request_id) {
  base::JsonWriter out;
  out.Open();
  out.Text("Service", "Amazon S3");
  out.Text("Event", "s3:TestEvent");
  out.Text("Time", base::JsonTime(time));
  out.Text("Bucket", bucket);
  out.Text("RequestId", request_id);
  out.Text("HostId", ExtendedRequestId(request_id));
  out.Close();
  return out.Take();
}

}  // namespace cloudlet

namespace cloudlet::triggers {

std::string EventJson(const Event& event, std::string_view region, std::string_view owner) {
  EventJsonOptions options;
  options.region = region;
  options.owner = owner;
  return cloudlet::EventJson(event, options);
}

std::string EncodeEventKey(std::string_view key) {
  constexpr std::string_view kKept = "-_.*/";
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(key.size());
  for (const char c : key) {
    const bool alphanumeric =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (alphanumeric || kKept.find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace cloudlet::triggers
