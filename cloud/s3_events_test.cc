// Events as a user of S3 knows them: which calls make which, in S3's JSON, and S3's rule of
// triggers that overlap.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "cloudlet/cloud.h"
#include "cloudlet/event_json.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

// --- Names ---

void FinishUpload(const Bucket& bucket, std::string_view key) {
  const std::string id = bucket.CreateMultipartUpload(key).value();
  CompletedPart part;
  part.part_number = 1;
  part.etag = bucket.UploadPart(key, id, 1, "part").value().etag;
  ASSERT_TRUE(bucket.CompleteMultipartUpload(key, id, {part}).ok());
}

TEST(S3Events, EachCallMakesItsOwn_AndEachHasS3sForm) {
  Cloud cloud = Cloud::InMemory({.owner = "me", .region = "eu-central-1"});
  BucketOptions audited;
  audited.retain_events = true;
  Bucket bucket = cloud.CreateBucket("photos", audited).value();
  ASSERT_TRUE(bucket.SetVersioning(Versioning::kEnabled).ok());
  const PutResult put = bucket.Put("a b", "body").value();
  ASSERT_TRUE(bucket.SetTags("a b", {{"k", "v"}}).ok());
  ASSERT_TRUE(bucket.DeleteTags("a b").ok());
  ASSERT_TRUE(bucket.PutAnnotation("a b", "labels", "{}").ok());
  ASSERT_TRUE(bucket.Copy({.key = "a b"}, "copy").ok());
  ASSERT_TRUE(bucket.DeleteAnnotation("a b", "labels").ok());
  FinishUpload(bucket, "parts");
  ASSERT_TRUE(bucket.Delete("a b").ok());
  ASSERT_TRUE(bucket.Delete("a b", {.version_id = put.version_id}).ok());

  const std::vector<Event> events = cloud.Events().value();
  std::vector<std::string> names;
  names.reserve(events.size());
  for (const Event& event : events) names.emplace_back(EventTypeName(event.type));
  EXPECT_EQ(names, (std::vector<std::string>{
                       "ObjectCreated:Put", "ObjectTagging:Put", "ObjectTagging:Delete",
                       "ObjectAnnotation:Put", "ObjectCreated:Copy", "ObjectAnnotation:Delete",
                       "ObjectCreated:CompleteMultipartUpload", "ObjectRemoved:DeleteMarkerCreated",
                       "ObjectRemoved:Delete"}));
  ASSERT_EQ(events.size(), 9u);
  const std::string json =
      EventJson(events[0], {.region = "eu-central-1", .owner = "me", .configuration_id = "mine"});
  EXPECT_NE(json.find(R"("eventName":"ObjectCreated:Put","userIdentity":{"principalId":"me"})"),
            std::string::npos)
      << json;
  // The ids that the caller got.
  EXPECT_NE(json.find(R"("x-amz-request-id":")" + put.request_id + "\""), std::string::npos);
  EXPECT_NE(
      json.find(R"("object":{"key":"a+b","size":4,"eTag":")" + put.etag + R"(","versionId":")" +
                put.version_id + R"(","sequencer":")" + events[0].sequencer() + "\"}"),
      std::string::npos)
      << json;
  EXPECT_NE(EventJson(events[3]).find(R"("objectAnnotation":[{"name":"labels","size":2,"eTag":")" +
                                      events[3].annotation_etag + "\"}]"),
            std::string::npos);
  EXPECT_NE(EventJson(events[4]).find(R"("hasObjectAnnotation":true)"), std::string::npos);
  EXPECT_EQ(EventJson(events[8]).find("eTag"), std::string::npos);
  for (const Event& event : events) {
    EXPECT_FALSE(EventBridgeJson(event).empty()) << EventTypeName(event.type);
  }
}

TEST(S3Events, ATriggerForWhatNothingCausesIsRefused) {
  Cloud cloud = Cloud::InMemory();
  ASSERT_TRUE(cloud.CreateBucket("photos").ok());
  const absl::Status status =
      cloud
          .AddTrigger({.id = "old",
                       .bucket = "photos",
                       .function = "f",
                       .events = {EventTypeNamed("s3:LifecycleExpiration:*")}})
          .status();
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("s3:LifecycleExpiration:* is not implemented"),
            std::string::npos)
      << status;
  EXPECT_TRUE(cloud.ListTriggers().value().empty());
}

// --- Overlaps ---

Trigger Of(std::string id, std::string function, std::string suffix = "") {
  Trigger trigger;
  trigger.id = std::move(id);
  trigger.bucket = "photos";
  trigger.function = std::move(function);
  trigger.events = {EventType::kObjectCreated};
  trigger.suffix = std::move(suffix);
  return trigger;
}

// Registers functions that note their names.
void Register(Cloud* cloud, std::vector<std::string>* told) {
  for (const std::string& name : {std::string("f"), std::string("g")}) {
    ASSERT_TRUE(cloud
                    ->RegisterFunction(name,
                                       [told, name](const Event&, FunctionContext&) {
                                         told->push_back(name);
                                         return absl::OkStatus();
                                       },
                                       {.dispatch = Dispatch::kInline})
                    .ok());
  }
}

TEST(TriggerOverlaps, FanOut_UnlessRefused) {
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = cloud.CreateBucket("photos").value();
  std::vector<std::string> told;
  Register(&cloud, &told);
  ASSERT_TRUE(cloud.AddTrigger(Of("1", "f")).ok());
  ASSERT_TRUE(cloud.AddTrigger(Of("2", "g", ".jpg")).ok());
  ASSERT_TRUE(bucket.Put("a.jpg", "").ok());
  EXPECT_EQ(told.size(), 2u);
}

TEST(TriggerOverlaps, Refused_NothingIsHalfConfigured) {
  Cloud cloud = Cloud::InMemory({.trigger_overlap = TriggerOverlap::kRefuse});
  const Bucket bucket = cloud.CreateBucket("photos").value();
  std::vector<std::string> told;
  Register(&cloud, &told);
  ASSERT_TRUE(cloud.AddTrigger(Of("1", "f")).ok());
  for (const char* suffix : {"", ".jpg"}) {
    const absl::Status status = cloud.AddTrigger(Of("2", "g", suffix)).status();
    EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(status.message()).find("add trigger to \"photos\""), std::string::npos)
        << status;
  }
  EXPECT_EQ(cloud.ListTriggers().value().size(), 1u);
  ASSERT_TRUE(bucket.Put("a.jpg", "").ok());
  EXPECT_EQ(told, std::vector<std::string>{"f"});
  ASSERT_TRUE(cloud.RemoveTrigger("photos", "1").ok());
  ASSERT_TRUE(cloud.AddTrigger(Of("2", "g", ".jpg")).ok());
  ASSERT_TRUE(cloud.AddTrigger(Of("1", "f", ".png")).ok());
  ASSERT_TRUE(bucket.Put("a.jpg", "").ok());
  EXPECT_EQ(told, (std::vector<std::string>{"f", "g"}));
}

TEST(TriggerOverlaps, ThoseThatAreThereStay_WhenTheStoreIsOpenedToRefuse) {
  const std::string directory = ::testing::TempDir() + "/trigger_overlaps";
  {
    Cloud cloud = Cloud::Open(directory).value();
    ASSERT_TRUE(cloud.CreateBucket("photos").ok());
    ASSERT_TRUE(cloud.AddTrigger(Of("1", "f")).ok());
    ASSERT_TRUE(cloud.AddTrigger(Of("2", "g")).ok());
  }
  OpenOptions strict;
  strict.trigger_overlap = TriggerOverlap::kRefuse;
  Cloud cloud = Cloud::Open(directory, strict).value();
  std::vector<std::string> told;
  Register(&cloud, &told);
  ASSERT_TRUE(cloud.bucket("photos").Put("k", "").ok());
  EXPECT_EQ(told.size(), 2u);
  EXPECT_FALSE(cloud.AddTrigger(Of("3", "f")).ok());
  EXPECT_FALSE(cloud.AddTrigger(Of("1", "f")).ok());  // with "2"
  Trigger tags = Of("4", "f");
  tags.events = {EventType::kObjectTagging};
  EXPECT_TRUE(cloud.AddTrigger(tags).ok());
}

TEST(TriggerOverlaps, UnknownValueOfTheOptionIsRefused) {
  OpenOptions wrong;
  wrong.trigger_overlap = static_cast<TriggerOverlap>(7);
  const absl::Status status =
      Cloud::Open(::testing::TempDir() + "/trigger_overlap_wrong", wrong).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("trigger_overlap has no value 7"), std::string::npos)
      << status;
}

}  // namespace
}  // namespace cloudlet
