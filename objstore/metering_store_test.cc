// MeteringStore: which class of requests a call is, what counts as an error, and the bytes. That it
// changes nothing: store_decorators_test.cc.
#include "objstore/metering_store.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "objstore/fault_store.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

class Metering : public ::testing::Test {
 protected:
  ObjectStore& store() { return *meter_; }
  BucketMeter Of(const std::string& bucket = "bkt") { return meter_->Counts()[bucket]; }

  TestStore test_;
  const std::shared_ptr<FaultStore> faults_ = std::make_shared<FaultStore>(test_.store);
  const std::shared_ptr<MeteringStore> meter_ = std::make_shared<MeteringStore>(faults_);
};

TEST_F(Metering, ClassesOfRequests) {
  ASSERT_TRUE(Put(store(), "bkt", "k", "12345").ok());
  ASSERT_TRUE(Append(store(), "bkt", "k", "678").ok());
  ASSERT_TRUE(Copy(store(), {.key = "k"}, "bkt", "l").ok());
  ASSERT_TRUE(SetTags(store(), "bkt", "k", {{"a", "b"}}).ok());
  ListAll(store(), "bkt");
  EXPECT_EQ(Of().put_requests, 5u);
  EXPECT_EQ(Of().bytes_uploaded, 8u);
  ASSERT_TRUE(Get(store(), "bkt", "k").ok());
  ASSERT_TRUE(HeadOf(store(), "bkt", "k").ok());
  EXPECT_EQ(TagsOf(store(), "bkt", "k"), "a=b");
  ASSERT_TRUE(store().HeadBucket({"bkt"}).ok());
  EXPECT_EQ(Of().get_requests, 4u);
  EXPECT_EQ(Of().bytes_downloaded, 8u);
  ASSERT_TRUE(DeleteTags(store(), "bkt", "k").ok());
  ASSERT_TRUE(Delete(store(), "bkt", "k").ok());
  EXPECT_EQ(Of().delete_requests, 2u);
  EXPECT_EQ(Of().errors_4xx + Of().errors_5xx, 0u);
}

TEST_F(Metering, ErrorsByTheirStatus) {
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "none")), "NoSuchKey");
  EXPECT_EQ(Of().get_requests, 1u);
  EXPECT_EQ(Of().errors_4xx, 1u);
  const auto slow = faults_->Inject(
      {.calls = {StoreCall::kPut}, .times = 1, .answer = MakeError(ErrorCode::kSlowDown)});
  EXPECT_EQ(CodeOf(Put(store(), "bkt", "k", "12345")), "SlowDown");
  EXPECT_EQ(Of().put_requests, 1u);
  EXPECT_EQ(Of().errors_5xx, 1u);
  EXPECT_EQ(Of().bytes_uploaded, 0u);  // it was not taken
}

TEST_F(Metering, BucketsThatAreNotThereAreNobodys) {
  EXPECT_EQ(CodeOf(Put(store(), "none", "k", "v")), "NoSuchBucket");
  EXPECT_EQ(CodeOf(Get(store(), "NO", "k")), "InvalidBucketName");
  EXPECT_TRUE(meter_->Counts().empty());
}

TEST_F(Metering, OfALargeBodyCountsWhatIsRead) {
  const std::string body = Bytes(3 << 20);
  ASSERT_TRUE(Put(store(), "bkt", "k", body).ok());
  const GetOptions options;
  auto answer = store().Read({"bkt", "k", &options, ReadPart::kBody, {}});
  ASSERT_TRUE(answer.ok());
  ASSERT_NE(answer->source, nullptr);
  EXPECT_EQ(Of().bytes_downloaded, 0u);
  const size_t first = answer->source->Next()->size();
  EXPECT_EQ(Of().bytes_downloaded, first);
  while (!answer->source->Next()->empty()) {
  }
  EXPECT_EQ(Of().bytes_downloaded, body.size());
  EXPECT_EQ(Of().get_requests, 1u);
  EXPECT_EQ(Of().bytes_uploaded, body.size());
}

TEST_F(Metering, ThreadsLoseNothing) {
  constexpr int kThreads = 8;
  constexpr int kPuts = 200;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kPuts; ++i) {
        EXPECT_TRUE(Put(store(), "bkt", "k" + std::to_string(t), "1234").ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Of().put_requests, uint64_t{kThreads} * kPuts);
  EXPECT_EQ(Of().bytes_uploaded, uint64_t{kThreads} * kPuts * 4);
}

}  // namespace
}  // namespace cloudlet::objstore
