// Tags through the public API: as their banner shows them, by every writer, with their events, and
// nothing changed and no event where they are refused.
#include "cloudlet/tags.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

using Texts = std::vector<std::string>;

class Tags : public ::testing::Test {
 protected:
  ~Tags() override {
    const absl::StatusOr<VerifyReport> report = cloud_.VerifyStore();
    EXPECT_TRUE(report.ok()) << report.status();
    if (report.ok()) {
      EXPECT_EQ(report->problems, Texts());
    }
  }

  // Of the bucket's events after the last call: "<type> <key>".
  Texts NewEvents() {
    Texts texts;
    const std::vector<Event> events = cloud_.Events(last_event_).value();
    for (const Event& event : events) {
      texts.push_back(absl::StrCat(std::string(EventTypeName(event.type)), " ", event.key));
      last_event_ = event.sequence;
    }
    return texts;
  }

  Cloud cloud_ = Cloud::InMemory();
  Bucket bucket_ = cloud_.CreateBucket("photos", {.retain_events = true}).value();
  uint64_t last_event_ = 0;
};

TagSet Numbered(size_t count) {
  TagSet tags;
  for (size_t i = 0; i < count; ++i) tags.push_back({absl::StrCat("k", i), "v"});
  return tags;
}

TEST_F(Tags, AreWrittenWithTheObjectAndReplaced) {
  bucket_.Put("cat.jpg", "bytes", {.tags = {{"project", "zoo"}, {"animal", "cat"}}}).value();
  EXPECT_EQ(bucket_.GetTags("cat.jpg")->tags, (TagSet{{"animal", "cat"}, {"project", "zoo"}}));
  EXPECT_EQ(bucket_.Get("cat.jpg")->info.tag_count, 2);
  bucket_.SetTags("cat.jpg", {{"animal", "cat"}}).value();
  EXPECT_EQ(bucket_.GetTags("cat.jpg")->tags, (TagSet{{"animal", "cat"}}));
  EXPECT_EQ(bucket_.Head("cat.jpg")->info.tag_count, 1);
  bucket_.DeleteTags("cat.jpg").value();
  EXPECT_EQ(bucket_.GetTags("cat.jpg")->tags, TagSet());
  EXPECT_EQ(bucket_.Head("cat.jpg")->info.tag_count, 0);
}

TEST_F(Tags, OfEveryWriter_AreKept) {
  const TagSet tags = {{"a", "1"}};
  const auto has_them = [&](std::string_view key) {
    const auto got = bucket_.GetTags(key);
    return got.ok() && got->tags == tags;
  };
  ObjectWriter writer = bucket_.OpenWriter("writer", {.tags = tags}).value();
  ASSERT_TRUE(writer.Write(std::string(100'000, 'x')).ok());
  writer.Commit().value();
  const PutItem items[] = {{"many", "x", {.tags = tags}}, {"plain", "y"}};
  for (const auto& put : bucket_.PutMany(items)) EXPECT_TRUE(put.ok()) << put.status();
  const std::string id = bucket_.CreateMultipartUpload("parts", {.tags = tags}).value();
  const auto part = bucket_.UploadPart("parts", id, 1, "one");
  bucket_.CompleteMultipartUpload("parts", id, std::vector<CompletedPart>{{1, part->etag}}).value();
  bucket_.Copy({.key = "many"}, "copy").value();
  bucket_
      .Copy({.key = "plain"}, "other",
            {.tagging_directive = TaggingDirective::kReplace, .tags = tags})
      .value();
  bucket_.Put("old", "x", {.tags = tags}).value();
  bucket_.Rename("old", "renamed").value();
  for (const char* key : {"writer", "many", "parts", "copy", "other", "renamed"}) {
    EXPECT_TRUE(has_them(key)) << key;
  }
  EXPECT_EQ(bucket_.GetTags("plain")->tags, TagSet());
}

TEST_F(Tags, EachChangeIsOneEvent) {
  const PutResult put = bucket_.Put("k", "12345", {.tags = {{"a", "1"}}}).value();
  EXPECT_EQ(NewEvents(), Texts{"ObjectCreated:Put k"}) << "and none of its tags";
  Caller caller;
  caller.principal = "cloudlet";
  caller.request_id = "REQUEST1";
  const ChangeTagsResult set = bucket_.As(caller).SetTags("k", {{"a", "1"}}).value();
  const ChangeTagsResult dropped = bucket_.DeleteTags("k").value();
  bucket_.DeleteTags("k").value();
  const std::vector<Event> events = cloud_.Events(put.sequence).value();
  EXPECT_EQ(NewEvents(),
            (Texts{"ObjectTagging:Put k", "ObjectTagging:Delete k", "ObjectTagging:Delete k"}));
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].sequence, set.sequence);
  EXPECT_EQ(events[0].size, 5u);
  EXPECT_EQ(events[0].etag, put.etag);
  EXPECT_EQ(events[0].version_id, "");
  EXPECT_EQ(events[0].request_id, "REQUEST1");
  EXPECT_EQ(set.request_id, "REQUEST1");
  EXPECT_EQ(events[0].principal, "cloudlet");
  EXPECT_EQ(events[1].sequence, dropped.sequence);
  EXPECT_EQ(events[1].request_id, dropped.request_id);
  EXPECT_EQ(bucket_.Head("k")->info.sequence, put.sequence) << "that of the object stays";
}

TEST_F(Tags, EventOfAVersion_NamesIt) {
  ASSERT_TRUE(bucket_.SetVersioning(Versioning::kEnabled).ok());
  const PutResult one = bucket_.Put("k", "1").value();
  const PutResult two = bucket_.Put("k", "22").value();
  const ChangeTagsResult set =
      bucket_.SetTags("k", {{"a", "1"}}, {.version_id = one.version_id}).value();
  EXPECT_EQ(set.version_id, one.version_id);
  const std::vector<Event> events = cloud_.Events(two.sequence).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, EventType::kObjectTaggingPut);
  EXPECT_EQ(events[0].version_id, one.version_id);
  EXPECT_EQ(events[0].etag, one.etag);
  EXPECT_EQ(events[0].size, 1u);
  EXPECT_EQ(bucket_.GetTags("k")->tags, TagSet());
  EXPECT_EQ(bucket_.GetTags("k")->version_id, two.version_id);
  const GetTagsResult of_one = bucket_.GetTags("k", {.version_id = one.version_id}).value();
  EXPECT_EQ(of_one.tags, (TagSet{{"a", "1"}}));
  EXPECT_EQ(of_one.version_id, one.version_id);
}

TEST_F(Tags, ReachTheFunctionsWhoseTriggersAskForThem) {
  Bucket quiet = cloud_.CreateBucket("quiet").value();
  Texts seen;
  const auto on = [&](const std::string& name, EventType type, const std::string& suffix) {
    FunctionOptions inline_run;
    inline_run.dispatch = Dispatch::kInline;
    const auto note = [&seen, name](const Event& event, FunctionContext&) {
      seen.push_back(
          absl::StrCat(name, " ", std::string(EventTypeName(event.type)), " ", event.key));
      return absl::OkStatus();
    };
    ASSERT_TRUE(cloud_.RegisterFunction(name, note, inline_run).ok());
    ASSERT_TRUE(
        cloud_.AddTrigger({.bucket = "quiet", .function = name, .events = {type}, .suffix = suffix})
            .ok());
  };
  on("all", EventType::kObjectTagging, ".jpg");
  on("puts", EventType::kObjectTaggingPut, "");
  on("created", EventType::kObjectCreated, "");
  quiet.Put("a.jpg", "x", {.tags = {{"a", "1"}}}).value();
  EXPECT_EQ(std::exchange(seen, {}), Texts{"created ObjectCreated:Put a.jpg"});
  quiet.SetTags("a.jpg", {{"a", "2"}}).value();
  EXPECT_EQ(std::exchange(seen, {}),
            (Texts{"all ObjectTagging:Put a.jpg", "puts ObjectTagging:Put a.jpg"}));
  quiet.DeleteTags("a.jpg").value();
  EXPECT_EQ(std::exchange(seen, {}), Texts{"all ObjectTagging:Delete a.jpg"});
  quiet.Put("b.txt", "x").value();
  seen.clear();
  const uint64_t events = cloud_.stats().events;
  quiet.DeleteTags("b.txt").value();
  EXPECT_EQ(seen, Texts());
  EXPECT_EQ(cloud_.stats().events, events) << "no rule takes it";
}

TEST_F(Tags, ObserversAreToldWhereTheCurrentObjectChanges) {
  ASSERT_TRUE(bucket_.SetVersioning(Versioning::kEnabled).ok());
  const PutResult one = bucket_.Put("k", "1").value();
  bucket_.Put("k", "2").value();
  std::vector<uint64_t> told;
  const ObserverToken token = cloud_.Observe("photos", [&](const Change& change) {
    EXPECT_EQ(change.kind, ChangeKind::kWritten);
    told.push_back(change.sequence);
  });
  const ChangeTagsResult set = bucket_.SetTags("k", {{"a", "1"}}).value();
  bucket_.SetTags("k", {{"a", "1"}}, {.version_id = one.version_id}).value();
  EXPECT_EQ(told, std::vector<uint64_t>{set.sequence});
}

TEST_F(Tags, Refused_ChangeNothingAndAreNoEvent) {
  bucket_.Put("k", "1", {.tags = {{"a", "1"}}}).value();
  NewEvents();
  const absl::Status many = bucket_.SetTags("k", Numbered(11)).status();
  EXPECT_EQ(ErrorCodeOf(many), ErrorCode::kInvalidTag);
  EXPECT_EQ(std::string(many.message()),
            "set tags of \"photos/k\": InvalidTag: 11 tags, the limit is 10");
  EXPECT_EQ(ErrorCodeOf(bucket_.Put("k", "2", {.tags = Numbered(11)}).status()),
            ErrorCode::kInvalidTag);
  EXPECT_EQ(ErrorCodeOf(bucket_.OpenWriter("k", {.tags = Numbered(11)}).status()),
            ErrorCode::kInvalidTag);
  EXPECT_EQ(ErrorCodeOf(bucket_.CreateMultipartUpload("k", {.tags = Numbered(11)}).status()),
            ErrorCode::kInvalidTag);
  EXPECT_EQ(ErrorCodeOf(bucket_.Copy({.key = "k"}, "c", {.tags = {{"a", "1"}}}).status()),
            ErrorCode::kInvalidRequest);
  EXPECT_EQ(ErrorCodeOf(bucket_.SetTags("absent", {{"a", "1"}}).status()), ErrorCode::kNoSuchKey);
  const absl::Status absent = bucket_.DeleteTags("absent").status();
  EXPECT_EQ(std::string(absent.message()),
            "delete tags of \"photos/absent\": NoSuchKey: the object does not exist");
  EXPECT_EQ(ErrorCodeOf(bucket_.GetTags("absent").status()), ErrorCode::kNoSuchKey);
  EXPECT_EQ(ErrorCodeOf(bucket_.GetTags("k", {.version_id = "0123456789abcdef"}).status()),
            ErrorCode::kNoSuchVersion);
  EXPECT_EQ(NewEvents(), Texts());
  EXPECT_EQ(bucket_.GetTags("k")->tags, (TagSet{{"a", "1"}}));
  EXPECT_EQ(bucket_.Get("k")->body, "1");
  EXPECT_EQ(bucket_.ListOnePage()->entries.size(), 1u);
}

TEST_F(Tags, OfTheBucket_AreItsOwn) {
  EXPECT_EQ(ErrorCodeOf(bucket_.GetBucketTags().status()), ErrorCode::kNoSuchTagSet);
  EXPECT_EQ(InfoOf(ErrorCode::kNoSuchTagSet).http_status, 404);
  ASSERT_TRUE(bucket_.SetBucketTags({{"team", "zoo"}, {"cost", "low"}}).ok());
  EXPECT_EQ(*bucket_.GetBucketTags(), (TagSet{{"cost", "low"}, {"team", "zoo"}}));
  ASSERT_TRUE(bucket_.SetBucketTags(Numbered(50)).ok());
  const absl::Status many = bucket_.SetBucketTags(Numbered(51));
  EXPECT_EQ(std::string(many.message()),
            "set tags of \"photos\": InvalidTag: 51 tags, the limit is 50");
  EXPECT_EQ(bucket_.GetBucketTags()->size(), 50u);
  ASSERT_TRUE(bucket_.DeleteBucketTags().ok());
  EXPECT_EQ(ErrorCodeOf(bucket_.GetBucketTags().status()), ErrorCode::kNoSuchTagSet);
  ASSERT_TRUE(bucket_.DeleteBucketTags().ok());
  EXPECT_EQ(ErrorCodeOf(cloud_.bucket("absent").GetBucketTags().status()),
            ErrorCode::kNoSuchBucket);
  EXPECT_EQ(NewEvents(), Texts());
}

TEST_F(Tags, HandlesThatAreNoGood_SaySo) {
  const Bucket moved = std::move(bucket_);
  const auto code = absl::StatusCode::kFailedPrecondition;
  // NOLINTNEXTLINE(bugprone-use-after-move): that it refuses is the test
  EXPECT_EQ(bucket_.GetTags("k").status().code(), code);
  EXPECT_EQ(bucket_.SetTags("k", {}).status().code(), code);
  EXPECT_EQ(bucket_.DeleteTags("k").status().code(), code);
  EXPECT_EQ(bucket_.GetBucketTags().status().code(), code);
  EXPECT_EQ(bucket_.SetBucketTags({}).code(), code);
  EXPECT_EQ(bucket_.DeleteBucketTags().code(), code);
}

}  // namespace
}  // namespace cloudlet
