// EventBridge's form of events. Goldens: event_json_test.cc.
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/event.h"
#include "cloudlet/event_json.h"
#include "gtest/gtest.h"
#include "triggers/event_json_testing.h"

namespace cloudlet::triggers {
namespace {

using google::protobuf::Value;

std::string TextAt(const Event& event, const std::vector<std::string>& path,
                   const EventJsonOptions& options = SampleOptions()) {
  return JsonAt(ParsedJson(EventBridgeJson(event, options)), path).string_value();
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html and ev-events.html; for
// tags, what S3 was seen to send.
TEST(EventBridgeJsonTest, DetailTypeReasonAndKindOfDeletion) {
  const struct {
    EventType type;
    const char* detail_type;
    const char* reason;
    const char* deletion;
  } rows[] = {
      {EventType::kObjectCreatedPut, "Object Created", "PutObject", ""},
      {EventType::kObjectCreatedPost, "Object Created", "POST Object", ""},
      {EventType::kObjectCreatedCopy, "Object Created", "CopyObject", ""},
      {EventType::kObjectCreatedCompleteMultipartUpload, "Object Created",
       "CompleteMultipartUpload", ""},
      {EventType::kObjectRemovedDelete, "Object Deleted", "DeleteObject", "Permanently Deleted"},
      {EventType::kObjectRemovedDeleteMarkerCreated, "Object Deleted", "DeleteObject",
       "Delete Marker Created"},
      {EventType::kObjectTaggingPut, "Object Tags Added", "", ""},
      {EventType::kObjectTaggingDelete, "Object Tags Deleted", "", ""},
      {EventType::kObjectAclPut, "Object ACL Updated", "", ""},
      {EventType::kObjectAnnotationPut, "Object Annotation Created", "PutObjectAnnotation", ""},
      {EventType::kObjectAnnotationDelete, "Object Annotation Removed", "DeleteObjectAnnotation",
       ""},
  };
  EXPECT_EQ(std::size(rows), AllChanges().size());
  for (const auto& row : rows) {
    SCOPED_TRACE(EventTypeName(row.type));
    const Event event = SampleEvent(row.type);
    EXPECT_EQ(TextAt(event, {"detail-type"}), row.detail_type);
    EXPECT_EQ(TextAt(event, {"detail", "reason"}), row.reason);
    EXPECT_EQ(TextAt(event, {"detail", "deletion-type"}), row.deletion);
  }
}

TEST(EventBridgeJsonTest, AnnotationsAreDescribed_AsLongAsTheyAreThere) {
  const auto put = ParsedJson(EventBridgeJson(SampleEvent(EventType::kObjectAnnotationPut)));
  EXPECT_EQ(JsonAt(put, {"detail", "object-annotation", "name"}).string_value(), "labels");
  EXPECT_EQ(JsonAt(put, {"detail", "object-annotation", "size"}).number_value(), 24);
  EXPECT_EQ(JsonAt(put, {"detail", "object-annotation", "etag"}).string_value(),
            "05df351ea190dffc26f55c74425b9d7a");
  const auto gone = ParsedJson(EventBridgeJson(SampleEvent(EventType::kObjectAnnotationDelete)));
  EXPECT_EQ(JsonAt(gone, {"detail", "object-annotation"}).struct_value().fields().size(), 1u);
  EXPECT_EQ(JsonAt(gone, {"detail", "object-annotation", "name"}).string_value(), "labels");
}

TEST(EventBridgeJsonTest, VersionOfTheDetail) {
  const Event event = SampleEvent(EventType::kObjectCreatedPut);
  const std::vector<std::string> path = {"detail", "event-version"};
  EXPECT_EQ(TextAt(event, path, SampleOptions(EventSchema::kBefore2_4)), "");
  EXPECT_EQ(TextAt(event, path, SampleOptions(EventSchema::k2_4)), "1.0");
  EXPECT_EQ(TextAt(event, path, SampleOptions(EventSchema::k2_5)), "1.1");
  EXPECT_EQ(TextAt(event, path, SampleOptions(EventSchema::k2_6)), "1.2");
  EXPECT_EQ(TextAt(SampleEvent(EventType::kObjectAnnotationPut), path,
                   SampleOptions(EventSchema::kBefore2_4)),
            "1.0");
}

TEST(EventBridgeJsonTest, KeyIsNotEncoded) {
  Event event = SampleEvent(EventType::kObjectCreatedPut);
  event.key = "a b+c%/\xC3\xA9";
  EXPECT_EQ(TextAt(event, {"detail", "object", "key"}), event.key);
  event.key = "\xFF";
  EXPECT_EQ(TextAt(event, {"detail", "object", "key"}), "\xEF\xBF\xBD");
}

TEST(EventBridgeJsonTest, RequesterIsTheAccountOfTheOwner_OrThePrincipal) {
  Event event = SampleEvent(EventType::kObjectCreatedPut);
  EXPECT_EQ(TextAt(event, {"detail", "requester"}), "alice");
  for (const char* owner : {"", "owner"}) {
    event.principal = owner;
    EXPECT_EQ(TextAt(event, {"detail", "requester"}), "111122223333");
  }
}

TEST(EventBridgeJsonTest, AddressOfTheRequest_IfThereWasOne) {
  Event event = SampleEvent(EventType::kObjectCreatedPut);
  EXPECT_EQ(TextAt(event, {"detail", "source-ip-address"}), "127.0.0.1");
  event.source_address.clear();
  EXPECT_EQ(EventBridgeJson(event).find("source-ip-address"), std::string::npos);
}

TEST(EventBridgeJsonTest, IdIsTheEventsOwn) {
  const Event event = SampleEvent(EventType::kObjectCreatedPut);
  std::vector<Event> others(5, event);
  others[0].sequence++;
  others[1].key = "other";
  others[2].bucket = "other";
  others[3].request_id = "C3D13FE58DE4C811";
  others[4].type = EventType::kObjectCreatedCopy;
  std::set<std::string> ids = {TextAt(event, {"id"})};
  for (const Event& other : others) {
    EXPECT_TRUE(ids.insert(TextAt(other, {"id"})).second) << &other - others.data();
  }
  Event elsewhere = event;
  elsewhere.trigger_id = "another trigger";
  EXPECT_FALSE(ids.insert(TextAt(elsewhere, {"id"}, {})).second);
  EXPECT_EQ(ids.begin()->size(), 36u);
}

}  // namespace
}  // namespace cloudlet::triggers
