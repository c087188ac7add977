// The snippets of docs/testing.md, compiled and run; and that they are the same there and here.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"     // failures of the kit are failures of the test
#include "cloudlet/testing/matchers.h"  // HasErrorCode, ObjectIs, EventIs, ...

namespace cloudlet::testing {
namespace {

// --- What a host would have ---

absl::Status Archive(const Bucket& bucket, const std::string& key, const std::string& body) {
  return bucket.Put(key, body, {.metadata = {{"kind", key}}, .if_none_match = "*"}).status();
}

absl::Status UploadWithRetries(const Bucket& bucket, const std::string& key,
                               const std::string& body) {
  absl::Status status;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    status = bucket.Put(key, body).status();
    if (!absl::IsUnavailable(status)) break;
  }
  return status;
}

void InstallThumbnails(Cloud& cloud) {
  cloud
      .RegisterFunction("thumbnail",
                        [](const Event& event, FunctionContext& context) {
                          const auto photo = context.bucket(event.bucket).Get(event.key);
                          if (!photo.ok()) return photo.status();
                          return context.bucket("thumbnails")
                              .Put(event.key, "small " + std::string(photo->body))
                              .status();
                        })
      .IgnoreError();
  cloud.AddTrigger({.bucket = "photos", .function = "thumbnail", .suffix = ".jpg"}).value();
}

// Adds 1 to what "count" says, if that is still so when it is put; again until it was.
absl::Status CountOne(const Event&, FunctionContext& context) {
  const Bucket out = context.bucket("out");
  for (;;) {
    const auto count = out.Get("count");
    PutOptions only_if_unchanged;
    if (count.ok()) {
      only_if_unchanged.if_match = count->info.etag;
    } else {
      only_if_unchanged.if_none_match = "*";
    }
    const int so_far = count.ok() ? std::stoi(std::string(count->body)) : 0;
    const absl::Status put =
        out.Put("count", std::to_string(so_far + 1), only_if_unchanged).status();
    if (!IsPreconditionFailed(put)) return put;
  }
}

void InstallCounters(Cloud& cloud) {
  for (const char* name : {"first", "second"}) {
    cloud.RegisterFunction(name, CountOne).IgnoreError();
    cloud.AddTrigger({.bucket = "inbox", .function = name}).value();
  }
}

// --- The snippets ---

TEST(Archive, KeepsTheFirstUploadOnly) {
  FakeCloud fake;
  Bucket bucket = fake.cloud().CreateBucket("archive").value();
  EXPECT_THAT(Archive(bucket, "report", "first"), IsOk());
  EXPECT_THAT(Archive(bucket, "report", "second"), HasErrorCode(ErrorCode::kPreconditionFailed));
  EXPECT_THAT(bucket.Get("report"), ObjectIs("first", HasMetadata("kind", "report")));
}

TEST(Uploader, TriesAgainWhenTheAcknowledgementIsLost) {
  FakeCloud fake;
  Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  const Fault lost = fake.Inject({.ops = {FaultOp::kPut},
                                  .point = FaultPoint::kAfterCommit,
                                  .error = ErrorCode::kServiceUnavailable});
  EXPECT_THAT(UploadWithRetries(bucket, "key", "value"), IsOk());
  EXPECT_THAT(bucket.Get("key"), ObjectIs("value"));
  EXPECT_EQ(lost.matched(), 2u);  // the put was sent twice
}

TEST(Thumbnails, AreMadeAtTheSecondAttempt) {
  FakeCloud fake;
  Bucket photos = fake.cloud().CreateBucket("photos").value();
  Bucket thumbnails = fake.cloud().CreateBucket("thumbnails").value();
  InstallThumbnails(fake.cloud());
  const Fault slow_down =
      fake.Inject({.ops = {FaultOp::kPut}, .bucket = "thumbnails", .error = ErrorCode::kSlowDown});
  EXPECT_THAT(photos.Put("cat.jpg", "pixels"), IsOk());
  EXPECT_THAT(fake.RunUntilIdle(), IsOk());  // the first attempt, which fails
  EXPECT_THAT(thumbnails.Head("cat.jpg"), HasErrorCode(ErrorCode::kNoSuchKey));
  EXPECT_THAT(fake.AdvanceBy(absl::Seconds(60)), IsOk());  // Lambda's first retry
  EXPECT_THAT(thumbnails.Get("cat.jpg"), ObjectIs("small pixels"));
}

TEST(Thumbnails, SkipsWhatIsNoPhoto) {
  FakeCloud fake;
  Bucket photos = fake.cloud().CreateBucket("photos").value();
  EXPECT_THAT(fake.cloud().CreateBucket("thumbnails"), IsOk());
  InstallThumbnails(fake.cloud());
  EXPECT_THAT(photos.Put("cat.jpg", "pixels"), IsOk());
  EXPECT_THAT(photos.Put("cat.JPG", "pixels"), IsOk());  // where is its thumbnail?
  EXPECT_THAT(fake.Settle(), IsOk());
  EXPECT_EQ(fake.log().ToText(),
            "+0       written photos/cat.jpg #3\n"
            "+0       written photos/cat.JPG #4\n"
            "+0       run thumbnail attempt 1: ObjectCreated:Put photos/cat.jpg #3\n"
            "+0       written thumbnails/cat.jpg #5\n"
            "+0       ended thumbnail attempt 1: OK\n");
}

TEST(Counter, CountsEveryUpload) {
  const ExploreResult explored = ExploreSchedules(100, [](const FakeCloudOptions& options) {
    FakeCloud fake(options);
    Bucket in = fake.cloud().CreateBucket("inbox").value();
    Bucket out = fake.cloud().CreateBucket("out").value();
    InstallCounters(fake.cloud());  // two functions; each reads "count" and puts one more
    for (const char* key : {"a", "b", "c"}) EXPECT_THAT(in.Put(key, ""), IsOk());
    EXPECT_THAT(fake.Settle(), IsOk());
    EXPECT_THAT(out.Get("count"), ObjectIs("6"));  // two functions, three objects
  });
  EXPECT_EQ(explored.runs, 100u);
}

TEST(Counter, CountsEveryUpload_InTheScheduleThatOnceFailed) {
  FakeCloud fake({.schedule = "s:2=1"});
  Bucket in = fake.cloud().CreateBucket("inbox").value();
  Bucket out = fake.cloud().CreateBucket("out").value();
  InstallCounters(fake.cloud());
  EXPECT_THAT(in.Put("a", ""), IsOk());
  EXPECT_THAT(fake.Settle(), IsOk());
  EXPECT_THAT(out.Get("count"), ObjectIs("2"));
}

TEST(Thumbnails, SurviveACrashAndASecondDelivery) {
  FakeCloud fake;
  Bucket photos = fake.cloud().CreateBucket("photos").value();
  EXPECT_THAT(fake.cloud().CreateBucket("thumbnails"), IsOk());
  InstallThumbnails(fake.cloud());
  EXPECT_THAT(photos.Put("cat.jpg", "pixels"), IsOk());
  EXPECT_EQ(fake.Step().value().runs, 1u);  // made, but not yet written down as done
  EXPECT_THAT(fake.Crash(), IsOk());
  EXPECT_THAT(fake.Reopen(), IsOk());
  const Fault twice = fake.InjectDelivery({.kind = DeliveryFaultKind::kDuplicate});
  EXPECT_EQ(fake.Settle().value().runs, 2u);  // the same event again, and a duplicate of that
  EXPECT_THAT(fake.cloud().bucket("thumbnails").Get("cat.jpg"), ObjectIs("small pixels"));
}

// --- The guide ---

std::string Content(const std::string& path) {
  std::ifstream stream(
      std::string(std::getenv("TEST_SRCDIR")) + "/" + std::getenv("TEST_WORKSPACE") + "/" + path,
      std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TEST(Guide, EverySnippetIsInThisFile) {
  const std::string source = Content("tests/testing_guide_test.cc");
  std::istringstream guide(Content("docs/testing.md"));
  int snippets = 0;
  std::string snippet;
  bool inside = false;
  for (std::string line; std::getline(guide, line);) {
    if (line == "```cpp") {
      inside = true;
      snippet.clear();
    } else if (line == "```") {
      if (inside) ++snippets;
      inside = false;
      EXPECT_NE(source.find(snippet), std::string::npos) << "only in the guide:\n" << snippet;
    } else if (inside) {
      snippet += line + "\n";
    }
  }
  EXPECT_EQ(snippets, 8);
}

}  // namespace
}  // namespace cloudlet::testing
