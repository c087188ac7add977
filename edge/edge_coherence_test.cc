// Coherent distributions: who asks after a put or delete has returned never gets what was before.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/distribution_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

// An origin that does something between the inner origin's answer and giving it out.
class Delayed : public Origin {
 public:
  Delayed(std::shared_ptr<Origin> inner, std::function<void()> then)
      : inner_(std::move(inner)), then_(std::move(then)) {}
  OriginResult Fetch(const HttpRequest& request, absl::Time deadline,
                     const InterimSink& interim) override {
    OriginResult result = inner_->Fetch(request, deadline, interim);
    then_();
    return result;
  }
  std::vector<OriginBucket> buckets() const override { return inner_->buckets(); }

 private:
  const std::shared_ptr<Origin> inner_;
  const std::function<void()> then_;
};

class CoherenceTest : public ::testing::Test {
 protected:
  Distribution Make(std::shared_ptr<Origin> origin) {
    DistributionOptions options = Over(std::move(origin));
    options.coherent = true;
    auto made = Distribution::Create(fake_.cloud(), options);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }

  testing::FakeCloud fake_;
  Bucket bucket_ = fake_.cloud().CreateBucket("site").value();
};

TEST_F(CoherenceTest, PutAndDeleteAreSeenAtOnce) {
  const Distribution cdn = Make(MakeBucketOrigin(bucket_, {.path = "/public"}));
  EXPECT_EQ(cdn.Handle(Getting("/a b")).status, 400);
  EXPECT_EQ(cdn.Handle(Getting("/a%20b")).status, 404);
  bucket_.Put("public/a b", "1").value();
  // Any spelling of the key.
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a%20b"))), "1");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/%61%20b"))), "1");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a%20b"))), "Hit");
  bucket_.Put("public/a b", "2").value();
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a%20b"))), "2");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/%61%20b"))), "2");
  bucket_.Delete("public/a b").value();
  EXPECT_EQ(cdn.Handle(Getting("/a%20b")).status, 404);
  EXPECT_EQ(cdn.Handle(Getting("/%61%20b")).status, 404);
}

TEST_F(CoherenceTest, OthersStay) {
  const Distribution cdn = Make(MakeBucketOrigin(bucket_));
  bucket_.Put("a", "1").value();
  bucket_.Put("b", "1").value();
  cdn.Handle(Getting("/a"));
  bucket_.Put("b", "2").value();
  fake_.cloud().CreateBucket("elsewhere").value().Put("a", "x").value();
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a"))), "Hit");
}

TEST_F(CoherenceTest, FetchThatBeganBeforeIsNotStored) {
  bucket_.Put("a", "old").value();
  bool once = true;
  const Distribution cdn = Make(std::make_shared<Delayed>(MakeBucketOrigin(bucket_), [&] {
    if (std::exchange(once, false)) bucket_.Put("a", "new").value();
  }));
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "old");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "new");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a"))), "Hit");
}

TEST_F(CoherenceTest, NobodyWaitsForAFetchThatAPutHasOvertaken) {
  bucket_.Put("a", "old").value();
  std::atomic<int> fetches{0};
  std::atomic<bool> go{false};
  const Distribution cdn = Make(std::make_shared<Delayed>(MakeBucketOrigin(bucket_), [&] {
    if (fetches.fetch_add(1) > 0) return;
    while (!go) std::this_thread::yield();
  }));
  std::thread before([&] { EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "old"); });
  while (fetches == 0) std::this_thread::yield();
  bucket_.Put("a", "new").value();
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "new");
  go = true;
  before.join();
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "new");
}

TEST_F(CoherenceTest, GroupWatchesBothBuckets) {
  Bucket spare = fake_.cloud().CreateBucket("spare").value();
  spare.Put("a", "spare 1").value();
  const auto group = MakeOriginGroup({MakeBucketOrigin(bucket_), MakeBucketOrigin(spare), {404}});
  const Distribution cdn = Make(group);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "spare 1");
  spare.Put("a", "spare 2").value();
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "spare 2");
  bucket_.Put("a", "first").value();
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "first");
}

TEST_F(CoherenceTest, DistributionGoesWithoutTheCloud) {
  auto cdn = std::make_unique<Distribution>(Make(MakeBucketOrigin(bucket_)));
  bucket_.Put("a", "1").value();
  cdn->Handle(Getting("/a"));
  cdn.reset();
  bucket_.Put("a", "2").value();
}

// A writer counts up; readers must never see less than what had been written before they asked.
TEST_F(CoherenceTest, ReadersNeverGoBack) {
  constexpr int kRounds = 3'000;
  bucket_.Put("a", "0").value();
  const Distribution cdn = Make(MakeBucketOrigin(bucket_));
  std::atomic<int> written{0};
  std::atomic<int> wrong{0};
  std::atomic<int> reads{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      while (written < kRounds) {
        const int before = written;
        int got = -1;
        const HttpResponse response = cdn.Handle(Getting("/a"));
        if (!absl::SimpleAtoi(BodyOf(response), &got) || got < before) wrong.fetch_add(1);
        reads.fetch_add(1);
      }
    });
  }
  for (int i = 1; i <= kRounds; ++i) {
    while (reads < i) std::this_thread::yield();
    bucket_.Put("a", std::to_string(i)).value();
    written = i;
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace cloudlet::edge
