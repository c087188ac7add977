// Annotations through the public API: the calls, their events, and what a restart keeps.
#include <string>
#include <vector>

#include "cloudlet/annotation.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

class Annotations : public ::testing::Test {
 protected:
  Annotations() {
    EXPECT_TRUE(bucket_.Put("cat.jpg", "body").ok());
    FunctionOptions inline_function;
    inline_function.dispatch = Dispatch::kInline;
    const auto note = [this](const Event& event, FunctionContext&) {
      events_.push_back(event);
      return absl::OkStatus();
    };
    EXPECT_TRUE(cloud_.RegisterFunction("note", note, inline_function).ok());
  }

  void AddTrigger(EventType type) {
    Trigger trigger;
    trigger.bucket = "photos";
    trigger.function = "note";
    trigger.events = {type};
    ASSERT_TRUE(cloud_.AddTrigger(trigger).ok());
  }

  std::vector<Event> events_;
  Cloud cloud_ = Cloud::InMemory();
  Bucket bucket_ = cloud_.CreateBucket("photos").value();
};

TEST_F(Annotations, PutGetListAndDelete) {
  const auto put = bucket_.PutAnnotation("cat.jpg", "labels", R"({"cat": 0.98})");
  ASSERT_TRUE(put.ok()) << put.status();
  const auto labels = bucket_.GetAnnotation("cat.jpg", "labels");
  ASSERT_TRUE(labels.ok()) << labels.status();
  EXPECT_EQ(std::string(labels->payload), R"({"cat": 0.98})");
  EXPECT_EQ(labels->info.etag, put->etag);
  ASSERT_TRUE(bucket_.PutAnnotation("cat.jpg", "notes", "n").ok());
  const auto page = bucket_.ListAnnotations("cat.jpg", {.max_results = 1});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(page->entries[0].name, "labels");
  EXPECT_TRUE(page->is_truncated);
  EXPECT_TRUE(bucket_.DeleteAnnotation("cat.jpg", "labels").value().existed);
  EXPECT_FALSE(bucket_.DeleteAnnotation("cat.jpg", "labels").value().existed);
  const absl::Status gone = bucket_.GetAnnotation("cat.jpg", "labels").status();
  EXPECT_EQ(ErrorCodeOf(gone), ErrorCode::kNoSuchAnnotation);
  EXPECT_NE(gone.message().find("get annotation of \"photos/cat.jpg\""), std::string::npos) << gone;
  EXPECT_TRUE(cloud_.VerifyStore().value().problems.empty());
  EXPECT_EQ(cloud_.VerifyStore().value().annotations, 1u);
}

TEST_F(Annotations, EachChangeIsOneEvent_AndWhatChangesNothingIsNone) {
  AddTrigger(EventType::kObjectAnnotation);
  const std::string etag = bucket_.Head("cat.jpg").value().info.etag;
  const PutAnnotationResult put = bucket_.PutAnnotation("cat.jpg", "labels", "v").value();
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].type, EventType::kObjectAnnotationPut);
  EXPECT_EQ(events_[0].key, "cat.jpg");
  EXPECT_EQ(events_[0].annotation_name, "labels");
  EXPECT_EQ(events_[0].annotation_size, 1u);
  EXPECT_EQ(events_[0].annotation_etag, put.etag);
  EXPECT_EQ(events_[0].size, 4u);
  EXPECT_EQ(events_[0].etag, etag);
  EXPECT_EQ(events_[0].version_id, "");
  EXPECT_EQ(events_[0].sequence, put.sequence);
  EXPECT_EQ(events_[0].request_id, put.request_id);
  ASSERT_TRUE(bucket_.PutAnnotation("cat.jpg", "labels", "w").ok());
  EXPECT_EQ(events_.size(), 2u);

  EXPECT_FALSE(bucket_.PutAnnotation("cat.jpg", "labels", "w", {.if_none_match = "*"}).ok());
  EXPECT_FALSE(bucket_.PutAnnotation("cat.jpg", "labels", "w", {.object_if_match = "other"}).ok());
  EXPECT_FALSE(bucket_.PutAnnotation("cat.jpg", "aws", "w").ok());
  EXPECT_FALSE(bucket_.PutAnnotation("none", "labels", "w").ok());
  EXPECT_FALSE(bucket_.DeleteAnnotation("cat.jpg", "other").value().existed);
  EXPECT_EQ(events_.size(), 2u);

  const DeleteAnnotationResult gone = bucket_.DeleteAnnotation("cat.jpg", "labels").value();
  ASSERT_EQ(events_.size(), 3u);
  EXPECT_EQ(events_[2].type, EventType::kObjectAnnotationDelete);
  EXPECT_EQ(events_[2].annotation_name, "labels");
  EXPECT_EQ(events_[2].annotation_size, 0u);
  EXPECT_EQ(events_[2].annotation_etag, "");
  EXPECT_EQ(events_[2].etag, etag);
  EXPECT_EQ(events_[2].sequence, gone.sequence);
}

TEST_F(Annotations, EventNamesTheVersion) {
  ASSERT_TRUE(bucket_.SetVersioning(Versioning::kEnabled).ok());
  const std::string old = bucket_.Put("k", "1").value().version_id;
  ASSERT_TRUE(bucket_.Put("k", "22").ok());
  AddTrigger(EventType::kObjectAnnotationPut);
  ASSERT_TRUE(bucket_.PutAnnotation("k", "a", "v", {.version_id = old}).ok());
  ASSERT_TRUE(bucket_.DeleteAnnotation("k", "a", {.version_id = old}).ok());
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].version_id, old);
  EXPECT_EQ(events_[0].size, 1u);
}

TEST_F(Annotations, ACopyThatTakesThemAlong_AndAnOverwriteThatEndsThem_AreOneEventEach) {
  ASSERT_TRUE(bucket_.PutAnnotation("cat.jpg", "labels", "v").ok());
  AddTrigger(EventType::kObjectAnnotation);
  AddTrigger(EventType::kObjectCreated);
  ASSERT_TRUE(bucket_.Copy({.key = "cat.jpg"}, "copy").ok());
  ASSERT_TRUE(bucket_.Put("cat.jpg", "new").ok());
  ASSERT_EQ(events_.size(), 2u);
  EXPECT_EQ(events_[0].type, EventType::kObjectCreatedCopy);
  EXPECT_EQ(events_[1].type, EventType::kObjectCreatedPut);
  EXPECT_EQ(std::string(bucket_.GetAnnotation("copy", "labels").value().payload), "v");
}

TEST_F(Annotations, EventsOfCopiesAndRenamesTellWhetherTheyHaveSome) {
  ASSERT_TRUE(bucket_.PutAnnotation("cat.jpg", "labels", "v").ok());
  AddTrigger(EventType::kObjectCreatedCopy);
  ASSERT_TRUE(bucket_.Copy({.key = "cat.jpg"}, "with").ok());
  CopyOptions without;
  without.annotation_directive = AnnotationDirective::kExclude;
  ASSERT_TRUE(bucket_.Copy({.key = "cat.jpg"}, "without", without).ok());
  ASSERT_TRUE(bucket_.Rename("with", "with again").ok());
  ASSERT_TRUE(bucket_.Rename("without", "without again").ok());
  ASSERT_TRUE(bucket_.DeleteAnnotation("with again", "labels").ok());
  ASSERT_TRUE(bucket_.Copy({.key = "with again"}, "no more").ok());
  ASSERT_TRUE(bucket_.Rename("with again", "no longer").ok());
  std::vector<bool> told;
  told.reserve(events_.size());
  for (const Event& event : events_) told.push_back(event.has_annotations);
  EXPECT_EQ(told, (std::vector<bool>{true, false, true, false, false, false}));
}

TEST(AnnotationsOnDisk, AreThereAfterAReopen_WithTheirEvents) {
  const std::string directory = ::testing::TempDir() + "/annotations_on_disk";
  BucketOptions audited;
  audited.retain_events = true;
  {
    Cloud cloud = Cloud::Open(directory).value();
    const Bucket bucket = cloud.CreateBucket("photos", audited).value();
    ASSERT_TRUE(bucket.Put("k", "body").ok());
    ASSERT_TRUE(bucket.PutAnnotation("k", "small", "v", {.durability = Durability::kSync}).ok());
    ASSERT_TRUE(bucket.PutAnnotation("k", "large", std::string(300'000, 'x')).ok());
    ASSERT_TRUE(bucket.DeleteAnnotation("k", "small").ok());
    ASSERT_TRUE(cloud.Close().ok());
  }
  Cloud cloud = Cloud::Open(directory).value();
  const Bucket bucket = cloud.bucket("photos");
  EXPECT_EQ(bucket.ListAnnotations("k").value().entries.size(), 1u);
  EXPECT_EQ(bucket.GetAnnotation("k", "large").value().payload.size(), 300'000u);
  std::vector<std::string> told;
  const auto events = cloud.Events();
  ASSERT_TRUE(events.ok()) << events.status();
  for (const Event& event : *events) {
    told.push_back(std::string(EventTypeName(event.type)) + " " + event.annotation_name);
    if (event.annotation_size != 0) told.back() += " " + std::to_string(event.annotation_size);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"ObjectCreated:Put ", "ObjectAnnotation:Put small 1",
                                            "ObjectAnnotation:Put large 300000",
                                            "ObjectAnnotation:Delete small"}));
  EXPECT_TRUE(cloud.VerifyStore().value().problems.empty());
}

TEST_F(Annotations, LimitsThatCannotBe_AreRefusedAtOpen) {
  for (const uint32_t most : {0u, 1'001u}) {
    OpenOptions options;
    options.limits.max_annotations = most;
    EXPECT_EQ(Cloud::Open(::testing::TempDir() + "/never", options).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  OpenOptions options;
  options.limits.max_annotation_bytes = (1 << 20) + 1;
  EXPECT_EQ(Cloud::Open(::testing::TempDir() + "/never", options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Annotations, AMovedHandle_IsFailedPrecondition) {
  Bucket moved = std::move(bucket_);
  const auto code = absl::StatusCode::kFailedPrecondition;
  EXPECT_EQ(bucket_.PutAnnotation("k", "a", "v").status().code(), code);
  EXPECT_EQ(bucket_.GetAnnotation("k", "a").status().code(), code);
  EXPECT_EQ(bucket_.DeleteAnnotation("k", "a").status().code(), code);
  EXPECT_EQ(bucket_.ListAnnotations("k").status().code(), code);
}

}  // namespace
}  // namespace cloudlet
