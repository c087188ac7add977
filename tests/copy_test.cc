// Copies and renames through the public API: which bucket is meant, what errors say, what triggers
// get, and that on disk the bytes are there once.
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/testing/fake_cloud.h"
#include "gtest/gtest.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

TEST(Copy, TakesTheSourceFromItsOwnBucketUnlessOneIsNamed) {
  FakeCloud fake;
  const Bucket photos = fake.cloud().CreateBucket("photos").value();
  const Bucket archive = fake.cloud().CreateBucket("archive").value();
  photos.Put("cat", "a photo").value();
  archive.Put("cat", "an old photo").value();
  const CopyResult within = archive.Copy({.key = "cat"}, "within").value();
  const CopyResult across = archive.Copy({.bucket = "photos", .key = "cat"}, "across").value();
  EXPECT_EQ(archive.Get("within").value().body, "an old photo");
  EXPECT_EQ(archive.Get("across").value().body, "a photo");
  EXPECT_EQ(across.etag, photos.Head("cat").value().info.etag);
  EXPECT_GT(across.sequence, within.sequence);
  EXPECT_EQ(fake.cloud().stats().copies, 2u);
}

TEST(Copy, ErrorsNameTheCopyAndKeepTheirCodes) {
  FakeCloud fake;
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  const absl::Status absent = bucket.Copy({.key = "absent"}, "copy").status();
  EXPECT_EQ(absent.message(), "copy to \"bucket/copy\": NoSuchKey: the source does not exist");
  EXPECT_TRUE(IsNoSuchKey(absent));
  EXPECT_TRUE(IsNoSuchKey(bucket.Rename("absent", "new").status()));
  bucket.Put("k", "v").value();
  EXPECT_TRUE(IsPreconditionFailed(bucket.Copy({.key = "k", .if_match = "x"}, "copy").status()));
  Caller alice;
  alice.principal = "alice";
  EXPECT_TRUE(IsAccessDenied(bucket.As(alice).Copy({.key = "k"}, "copy").status()));
  EXPECT_TRUE(IsAccessDenied(bucket.As(alice).Rename("k", "new").status()));
  Bucket from = bucket;
  const Bucket moved = std::move(from);
  // NOLINTNEXTLINE(bugprone-use-after-move): that it refuses is the test
  EXPECT_TRUE(absl::IsFailedPrecondition(from.Copy({.key = "k"}, "copy").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(from.Rename("k", "new").status()));
}

TEST(Copy, TriggersGetOneEventForACopy_AndTwoForARename) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  const Bucket bucket = cloud.CreateBucket("bucket").value();
  std::vector<std::string> seen;
  ASSERT_TRUE(cloud
                  .RegisterFunction("f",
                                    [&seen](const Event& event, FunctionContext&) {
                                      seen.push_back(absl::StrCat(
                                          std::string(EventTypeName(event.type)), " ", event.key));
                                      return absl::OkStatus();
                                    })
                  .ok());
  bucket.Put("k", "v").value();
  cloud.AddTrigger({.bucket = "bucket", .function = "f"}).value();
  bucket.Copy({.key = "k"}, "copy").value();
  EXPECT_FALSE(bucket.Copy({.key = "k"}, "k").ok());
  bucket.Rename("copy", "new").value();
  fake.Settle().value();
  EXPECT_EQ(seen, (std::vector<std::string>{"ObjectCreated:Copy copy", "ObjectRemoved:Delete copy",
                                            "ObjectCreated:Copy new"}));
}

TEST(Copy, AHandlerCopiesWhatItIsTold) {
  FakeCloud fake;
  Cloud& cloud = fake.cloud();
  const Bucket inbox = cloud.CreateBucket("inbox").value();
  cloud.CreateBucket("done").value();
  ASSERT_TRUE(cloud
                  .RegisterFunction("file",
                                    [](const Event& event, FunctionContext& context) {
                                      return context.bucket("done")
                                          .Copy({.bucket = event.bucket, .key = event.key},
                                                event.key)
                                          .status();
                                    })
                  .ok());
  cloud.AddTrigger({.bucket = "inbox", .function = "file"}).value();
  inbox.Put("letter", "text").value();
  fake.Settle().value();
  EXPECT_EQ(cloud.bucket("done").Get("letter").value().body, "text");
}

TEST(Copy, OnDisk_TheBytesAreThereOnce_AndStayAfterTheSourceIsGone) {
  const TestFolder folder("copy");
  const std::string directory = folder / "store";
  const std::string body(20 << 20, 'b');
  {
    Cloud cloud = Cloud::Open(directory).value();
    const Bucket bucket = cloud.CreateBucket("bucket").value();
    bucket.Put("source", body).value();
    const uint64_t before = cloud.stats().store_bytes;
    for (int i = 0; i < 20; ++i) bucket.Copy({.key = "source"}, absl::StrCat("copy", i)).value();
    EXPECT_LT(cloud.stats().store_bytes, before + (1 << 20));
    bucket.Delete("source").value();
    for (int i = 1; i < 20; ++i) bucket.Delete(absl::StrCat("copy", i)).value();
    ASSERT_TRUE(cloud.Close().ok());
  }
  Cloud cloud = Cloud::Open(directory).value();
  const Bucket bucket = cloud.bucket("bucket");
  EXPECT_TRUE(bucket.Get("copy0").value().body == body);
  EXPECT_TRUE(cloud.VerifyStore().value().problems.empty());
  bucket.Delete("copy0").value();
  ASSERT_TRUE(cloud.Close().ok());  // sweeps
  Cloud again = Cloud::Open(directory).value();
  EXPECT_EQ(again.VerifyStore().value().payloads, 0u);
  EXPECT_LT(again.stats().store_bytes, uint64_t{1} << 20);
}

}  // namespace
}  // namespace cloudlet::testing
