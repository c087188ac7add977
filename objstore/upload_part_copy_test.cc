// Parts that are copied, below the suite: what a copy that fails leaves behind, what a damaged
// source gives, and that there is no event and nothing shared.
#include "objstore/upload_part_copy.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/store_testing.h"
#include "objstore/uploads.h"
#include "objstore/verify.h"

namespace cloudlet::objstore {
namespace {

class UploadPartCopyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const PutOptions options;
    const auto id = store().CreateMultipartUpload({"bkt", "k", &options, {}, nullptr});
    ASSERT_TRUE(id.ok()) << id.status();
    id_ = *id;
  }
  LocalStore& store() { return *test_.store; }
  absl::StatusOr<UploadPartCopyResult> CopySourceTo(int number, std::string_view key = "s") {
    CopySource source;
    source.key = std::string(key);
    return store().UploadPartCopy({{"bkt", "k", id_, {}, revoked_}, number, &source, &options_});
  }
  std::string CopyCode(int number) { return CodeOf(CopySourceTo(number)); }
  size_t PartCount() {
    return store().ListParts({"bkt", "k", id_, {}, nullptr}, {}).value().parts.size();
  }
  VerifyReport Sound() {
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(test_.state().garbage->Sweep(100).ok());
    const auto report = Verify(test_.state());
    EXPECT_TRUE(report.ok()) << report.status();
    for (const std::string& problem : report->problems) ADD_FAILURE() << problem;
    return *report;
  }

  TestStore test_{BucketOptions{.retain_events = true}};
  std::string id_;
  UploadPartCopyOptions options_;
  const std::atomic<bool>* revoked_ = nullptr;
};

TEST_F(UploadPartCopyTest, APart_HasAPayloadOfItsOwn_AndIsNoEvent) {
  ASSERT_TRUE(Put(store(), "bkt", "s", Bytes(5 << 20)).ok());
  const size_t events = test_.Rows(kEvents).size();
  const CloudStats before = store().stats();
  ASSERT_EQ(CopyCode(1), "OK");
  ASSERT_EQ(CopyCode(2), "OK");
  EXPECT_EQ(test_.Rows(kEvents).size(), events);
  EXPECT_EQ(Sound().payloads, 3u);
  const CloudStats after = store().stats();
  EXPECT_EQ(after.bytes_read - before.bytes_read, 10u << 20);
  EXPECT_EQ(after.bytes_written - before.bytes_written, 10u << 20);
  EXPECT_EQ(after.puts + after.gets + after.copies, before.puts + before.gets + before.copies);
  ASSERT_EQ(CodeOf(store().AbortMultipartUpload({"bkt", "k", id_, {}, nullptr})), "OK");
  EXPECT_EQ(Sound().payloads, 1u);
  EXPECT_TRUE(BodyOf(store(), "bkt", "s") == Bytes(5 << 20));
}

TEST_F(UploadPartCopyTest, ADamagedSource_IsDataLoss_AndLeavesNothing) {
  for (const uint64_t size : {uint64_t{70'000}, uint64_t{5} << 20, uint64_t{20} << 20}) {
    ASSERT_TRUE(Put(store(), "bkt", "s", Bytes(size)).ok());
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(100).ok());
    auto [key, chunk] = test_.Rows(kPayload).back();
    const std::string good = chunk;
    chunk[100] = static_cast<char>(chunk[100] ^ 1);
    test_.PutRow(kPayload, key, chunk);
    const auto part = CopySourceTo(1);
    EXPECT_EQ(CodeOf(part), "DATA_LOSS");
    EXPECT_NE(part.status().message().find("copy to part of \"bkt/k\""), absl::string_view::npos);
    EXPECT_EQ(PartCount(), 0u);
    test_.PutRow(kPayload, key, good);
    const VerifyReport report = Sound();
    EXPECT_EQ(report.payloads - report.garbage_payloads, 1u);
  }
}

TEST_F(UploadPartCopyTest, ACopyWhoseWriteFails_ChangesNothing_AndLeavesNothing) {
  for (const uint64_t size : {uint64_t{10}, uint64_t{70'000}, uint64_t{20} << 20}) {
    ASSERT_TRUE(Put(store(), "bkt", "s", Bytes(size)).ok());
    test_.engine.controls->fail_writes = absl::UnavailableError("no");
    EXPECT_EQ(CopyCode(1), "ServiceUnavailable");
    test_.engine.controls->fail_writes = absl::OkStatus();
    EXPECT_EQ(PartCount(), 0u);
    const VerifyReport report = Sound();
    EXPECT_EQ(report.payloads - report.garbage_payloads, size > kInlineBytes ? 1u : 0u);
  }
  EXPECT_EQ(CopyCode(1), "OK");
}

TEST_F(UploadPartCopyTest, TheSource_IsPinned_WhileItIsCopied) {
  ASSERT_TRUE(Put(store(), "bkt", "s", Bytes(5 << 20)).ok());
  bool deleted = false;
  // The first write of the copy: its bytes are read by then, the part is not there yet.
  test_.engine.controls->before_write = [&] {
    if (deleted) return;
    deleted = true;
    ASSERT_TRUE(Delete(store(), "bkt", "s").ok());
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(100).ok());
    EXPECT_FALSE(test_.Rows(kPayload).empty());
  };
  const auto part = CopySourceTo(1);
  test_.engine.controls->before_write = nullptr;
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_TRUE(deleted);
  EXPECT_EQ(part->etag, Md5Hex(Bytes(5 << 20)));
  EXPECT_EQ(Sound().payloads, 1u);
}

TEST_F(UploadPartCopyTest, ARevokedCaller_CopiesNothing) {
  ASSERT_TRUE(Put(store(), "bkt", "s", Bytes(5 << 20)).ok());
  const std::atomic<bool> revoked{true};
  revoked_ = &revoked;
  EXPECT_EQ(CopyCode(1), "FAILED_PRECONDITION");
  EXPECT_EQ(PartCount(), 0u);
  EXPECT_EQ(Sound().payloads, 1u);
}

TEST_F(UploadPartCopyTest, Durability_IsThatOfTheOptions) {
  ASSERT_TRUE(Put(store(), "bkt", "s", "the source").ok());
  const int synced = test_.engine.controls->synced_writes;
  ASSERT_EQ(CopyCode(1), "OK");
  EXPECT_EQ(test_.engine.controls->synced_writes, synced);
  options_.durability = Durability::kSync;
  ASSERT_EQ(CopyCode(1), "OK");
  EXPECT_EQ(test_.engine.controls->synced_writes, synced + 1);
  options_.durability = Durability{77};
  EXPECT_EQ(CopyCode(1), "InvalidArgument");
}

}  // namespace
}  // namespace cloudlet::objstore
