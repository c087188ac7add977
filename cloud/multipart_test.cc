// Multipart uploads through the public API: as its banner shows them, from several threads, by
// writers, with their event, and from handles that are no good.
#include "cloudlet/multipart.h"

#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

constexpr size_t kPartBytes = 5 << 20;

std::string Body(size_t size, int seed) {
  std::string body(size, '\0');
  for (size_t i = 0; i < size; ++i) {
    body[i] = static_cast<char>((i * 31 + (i >> 9) + static_cast<size_t>(seed) * 7) & 0xFF);
  }
  return body;
}

class Multipart : public ::testing::Test {
 protected:
  Cloud cloud_ = Cloud::InMemory();
  Bucket bucket_ = cloud_.CreateBucket("films").value();
};

TEST_F(Multipart, PartsFromSeveralThreads_MakeOneObject) {
  const std::string id = bucket_.CreateMultipartUpload("k", {.content_type = "a/b"}).value();
  std::vector<CompletedPart> parts(4);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string body = Body(t < 3 ? kPartBytes : 100, t);
      const auto part = bucket_.UploadPart("k", id, t + 1, body);
      ASSERT_TRUE(part.ok()) << part.status();
      parts[static_cast<size_t>(t)] = {t + 1, part->etag};
    });
  }
  for (std::thread& thread : threads) thread.join();
  const uint64_t size = 3 * kPartBytes + 100;
  const auto put = bucket_.CompleteMultipartUpload("k", id, parts, {.mp_object_size = size});
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_FALSE(put->request_id.empty());
  const HeadResult head = bucket_.Head("k", {.part_number = 4}).value();
  EXPECT_EQ(head.offset, 3 * kPartBytes);
  EXPECT_EQ(head.length, 100u);
  EXPECT_EQ(head.info.size, size);
  EXPECT_EQ(head.info.parts_count, 4);
  EXPECT_EQ(head.info.etag, put->etag);
  EXPECT_EQ(head.info.content_type, "a/b");
  const GetResult got = bucket_.Get("k").value();
  EXPECT_TRUE(got.body == absl::string_view(Body(kPartBytes, 0) + Body(kPartBytes, 1) +
                                            Body(kPartBytes, 2) + Body(100, 3)));
  std::string buffer(100, '\0');
  ASSERT_TRUE(bucket_.ReadInto("k", buffer.data(), buffer.size(), {.part_number = 4}).ok());
  EXPECT_EQ(buffer, Body(100, 3));
  EXPECT_TRUE(cloud_.VerifyStore()->problems.empty());
}

TEST_F(Multipart, PartWriters_GiveWhatOneCallGives) {
  const std::string id = bucket_.CreateMultipartUpload("k").value();
  const std::string body = Body(kPartBytes, 1);
  const UploadPartResult whole = bucket_.UploadPart("k", id, 1, absl::Cord(body)).value();
  {
    PartWriter dropped = bucket_.OpenPartWriter("k", id, 1).value();
    ASSERT_TRUE(dropped.Write("never committed").ok());
  }
  PartWriter writer = bucket_.OpenPartWriter("k", id, 2).value();
  for (size_t at = 0; at < body.size(); at += 60'000) {
    ASSERT_TRUE(writer.Write(std::string_view(body).substr(at, 60'000)).ok());
  }
  EXPECT_EQ(writer.Commit().value().etag, whole.etag);
  EXPECT_EQ(writer.Commit().status().code(), absl::StatusCode::kFailedPrecondition);
  PartWriter moved = std::move(writer);
  // NOLINTNEXTLINE(bugprone-use-after-move): that it refuses is the test
  EXPECT_EQ(writer.Write("x").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(writer.Commit().status().code(), absl::StatusCode::kFailedPrecondition);
  const PartPage page = bucket_.ListParts("k", id).value();
  ASSERT_EQ(page.parts.size(), 2u);
  EXPECT_EQ(page.parts[0].etag, page.parts[1].etag);
  EXPECT_TRUE(IsNoSuchUpload(bucket_.OpenPartWriter("other", id, 1).status()));
}

TEST_F(Multipart, ACompletedUpload_IsOneEvent_AndAnAbortedOneNone) {
  std::vector<Event> events;
  FunctionOptions inline_function;
  inline_function.dispatch = Dispatch::kInline;
  ASSERT_TRUE(cloud_
                  .RegisterFunction(
                      "note",
                      [&](const Event& event, FunctionContext&) {
                        events.push_back(event);
                        return absl::OkStatus();
                      },
                      inline_function)
                  .ok());
  Trigger trigger;
  trigger.bucket = "films";
  trigger.function = "note";
  trigger.events = {EventType::kObjectCreated};
  ASSERT_TRUE(cloud_.AddTrigger(trigger).ok());
  const std::string aborted = bucket_.CreateMultipartUpload("k").value();
  ASSERT_TRUE(bucket_.UploadPart("k", aborted, 1, "x").ok());
  ASSERT_TRUE(bucket_.AbortMultipartUpload("k", aborted).ok());
  const std::string id = bucket_.CreateMultipartUpload("k").value();
  const std::string etag = bucket_.UploadPart("k", id, 1, "one").value().etag;
  EXPECT_EQ(bucket_.ListMultipartUploads().value().entries.size(), 1u);
  EXPECT_TRUE(events.empty());
  const PutResult put = bucket_.CompleteMultipartUpload("k", id, {{1, etag}}).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, EventType::kObjectCreatedCompleteMultipartUpload);
  EXPECT_EQ(events[0].etag, put.etag);
  EXPECT_EQ(events[0].size, 3u);
  EXPECT_EQ(events[0].sequence, put.sequence);
  EXPECT_EQ(events[0].request_id, put.request_id);
}

TEST_F(Multipart, AReaderOfAPart_ReadsThatPart) {
  const std::string id = bucket_.CreateMultipartUpload("k").value();
  const std::string one = bucket_.UploadPart("k", id, 1, Body(kPartBytes, 1)).value().etag;
  const std::string two = bucket_.UploadPart("k", id, 2, Body(kPartBytes, 2)).value().etag;
  ASSERT_TRUE(bucket_.CompleteMultipartUpload("k", id, {{1, one}, {2, two}}).ok());
  ObjectReader reader = bucket_.OpenReader("k", {.part_number = 2}).value();
  EXPECT_EQ(reader.position(), kPartBytes);
  std::string body(kPartBytes + 1, '\0');
  EXPECT_EQ(reader.Read(body.data(), body.size()).value(), kPartBytes);
  body.resize(kPartBytes);
  EXPECT_TRUE(body == Body(kPartBytes, 2));
}

TEST_F(Multipart, PartCopies_MakeAnObjectOfOthers_AndSourcesMayGo) {
  const Bucket archive = cloud_.CreateBucket("archive").value();
  const std::string reel = Body(kPartBytes + 1000, 1);
  ASSERT_TRUE(archive.Put("reel", reel).ok());
  ASSERT_TRUE(bucket_.Put("credits", "the end").ok());
  const std::string id = bucket_.CreateMultipartUpload("film").value();
  UploadPartCopyOptions options;
  options.range = ByteRange::Of(500, kPartBytes);
  const CopySource source = {.bucket = "archive", .key = "reel"};
  const UploadPartCopyResult one = bucket_.UploadPartCopy("film", id, 1, source, options).value();
  const UploadPartCopyResult two =
      bucket_.UploadPartCopy("film", id, 2, {.key = "credits"}).value();
  EXPECT_EQ(two.etag, bucket_.Head("credits").value().info.etag);
  EXPECT_EQ(two.checksum, bucket_.Head("credits").value().info.checksum);
  ASSERT_TRUE(archive.Delete("reel").ok());
  ASSERT_TRUE(bucket_.Delete("credits").ok());
  ASSERT_TRUE(bucket_.CompleteMultipartUpload("film", id, {{1, one.etag}, {2, two.etag}}).ok());
  EXPECT_TRUE(bucket_.Get("film").value().body ==
              absl::string_view(reel.substr(500, kPartBytes) + "the end"));
  EXPECT_TRUE(cloud_.VerifyStore()->problems.empty());
  const absl::Status ended = bucket_.UploadPartCopy("film", id, 1, source).status();
  EXPECT_TRUE(IsNoSuchUpload(ended));
  EXPECT_EQ(ended.message().substr(0, 31), "copy to part of \"films/film\": N");
  const std::string next = bucket_.CreateMultipartUpload("film").value();
  EXPECT_TRUE(IsNoSuchKey(bucket_.UploadPartCopy("film", next, 1, source).status()));
}

TEST_F(Multipart, AMovedHandle_IsFailedPrecondition) {
  Bucket moved = std::move(bucket_);
  const auto code = absl::StatusCode::kFailedPrecondition;
  EXPECT_EQ(bucket_.CreateMultipartUpload("k").status().code(), code);
  EXPECT_EQ(bucket_.UploadPart("k", "id", 1, "x").status().code(), code);
  EXPECT_EQ(bucket_.OpenPartWriter("k", "id", 1).status().code(), code);
  EXPECT_EQ(bucket_.UploadPartCopy("k", "id", 1, {.key = "s"}).status().code(), code);
  EXPECT_EQ(bucket_.CompleteMultipartUpload("k", "id", {}).status().code(), code);
  EXPECT_EQ(bucket_.AbortMultipartUpload("k", "id").code(), code);
  EXPECT_EQ(bucket_.ListParts("k", "id").status().code(), code);
  EXPECT_EQ(bucket_.ListMultipartUploads().status().code(), code);
}

}  // namespace
}  // namespace cloudlet
