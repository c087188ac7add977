// Cloud::Checkpoint while everything goes on: what is opened from it is one moment of the store.
//
// Writers each do one thing after another, in steps whose traces tell how far they had come: the
// pair that one batch writes, the puts and deletes of a history, the object that is moved, bodies
// that are ingested, multipart uploads. Every copy is opened, verified and compared with them.
//
//   CLOUDLET_FULL=1   more checkpoints
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing/simulated_clock.h"
#include "gtest/gtest.h"
#include "tests/store_check.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

constexpr size_t kIngested = (4 << 20) + 1;
constexpr size_t kPartBytes = 70'000;

PutOptions Op(uint64_t op) {
  PutOptions options;
  options.metadata["op"] = std::to_string(op);
  return options;
}

// The op that wrote the object; 0: there is none.
uint64_t OpOf(const Bucket& bucket, std::string_view key) {
  const absl::StatusOr<HeadResult> head = bucket.Head(key);
  return head.ok() ? std::stoull(head->info.metadata.at("op")) : 0;
}

// What each writer does in its step `n`, from 1; and what a store may show after it.
class Traffic {
 public:
  static constexpr int kWriters = 5;

  explicit Traffic(const Bucket& bucket) : bucket_(bucket) {
    EXPECT_TRUE(bucket_.Put("here", BodyOf(1, 10), Op(1)).ok());
    for (int i = 0; i < kWriters; ++i) threads_.emplace_back([this, i] { Run(i); });
  }
  ~Traffic() {
    {
      base::MutexLock lock(&mutex_);
      stop_ = true;
      changed_.SignalAll();
    }
    for (std::thread& thread : threads_) thread.join();
  }

  using Steps = std::vector<uint64_t>;  // finished, by writer
  Steps done() const { return {done_, done_ + kWriters}; }
  // Each may do `more` steps beyond what it has done; bodies that are ingested a tenth of it.
  void Allow(uint64_t more) {
    base::MutexLock lock(&mutex_);
    for (int i = 0; i < kWriters; ++i) allowed_[i] = done_[i] + (i == kBulk ? more / 10 : more);
    changed_.SignalAll();
  }

  // Whether `copy` shows what was there after at least `before` and at most `after` steps.
  static void Check(const Bucket& copy, const Steps& before, const Steps& after);

 private:
  enum Writer { kPair, kHistory, kMover, kBulk, kMultipart };

  void Run(int writer);
  absl::Status Step(int writer, uint64_t n);
  absl::Status Pair(uint64_t n);
  absl::Status History(uint64_t n);
  absl::Status Upload(uint64_t n);
  static std::set<std::string> HistoryAfter(uint64_t n);

  const Bucket bucket_;
  std::atomic<uint64_t> done_[kWriters] = {};
  base::Mutex mutex_;
  base::CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t allowed_[kWriters] ABSL_GUARDED_BY(mutex_) = {};
  std::vector<std::thread> threads_;
};

void Traffic::Run(int writer) {
  for (uint64_t n = 1;; ++n) {
    {
      base::MutexLock lock(&mutex_);
      while (n > allowed_[writer] && !stop_) changed_.Wait(&mutex_);
      if (stop_) return;
    }
    const absl::Status status = Step(writer, n);
    ASSERT_TRUE(status.ok()) << "writer " << writer << ": " << status;
    done_[writer] = n;
  }
}

absl::Status Traffic::Step(int writer, uint64_t n) {
  switch (writer) {
    case kPair:
      return Pair(n);
    case kHistory:
      return History(n);
    case kMover:
      return n % 2 == 1 ? bucket_.Rename("here", "there").status()
                        : bucket_.Rename("there", "here").status();
    case kBulk:
      return bucket_.Put(absl::StrCat("big/", n % 2), BodyOf(n, kIngested), Op(n)).status();
    default:
      return Upload(n);
  }
}

// Two keys by one batch.
absl::Status Traffic::Pair(uint64_t n) {
  const std::string body = BodyOf(n, 100);
  const std::vector<PutItem> both = {{"pair/a", body, Op(n)}, {"pair/b", body, Op(n)}};
  for (const absl::StatusOr<PutResult>& put : bucket_.PutMany(both)) {
    if (!put.ok()) return put.status();
  }
  return absl::OkStatus();
}

// A put or, each third time, a delete of what came two before; bodies of all the other sizes.
absl::Status Traffic::History(uint64_t n) {
  static constexpr size_t kSizes[] = {10, 3'000, 90'000, 1'200'000};
  if (n % 3 == 0) return bucket_.Delete(absl::StrCat("history/", n - 2)).status();
  PutOptions options = Op(n);
  if (n % 7 == 0) options.durability = Durability::kSync;
  return bucket_.Put(absl::StrCat("history/", n), BodyOf(n, kSizes[n % 4]), options).status();
}

std::set<std::string> Traffic::HistoryAfter(uint64_t n) {
  std::set<std::string> keys;
  for (uint64_t i = 1; i <= n; ++i) {
    if (i % 3 == 0) {
      keys.erase(absl::StrCat("history/", i - 2));
    } else {
      keys.insert(absl::StrCat("history/", i));
    }
  }
  return keys;
}

// Of two parts; each fourth is aborted.
absl::Status Traffic::Upload(uint64_t n) {
  const std::string key = absl::StrCat("multipart/", n % 3);
  const absl::StatusOr<std::string> id = bucket_.CreateMultipartUpload(key, Op(n));
  if (!id.ok()) return id.status();
  const std::string body = BodyOf(n, 2 * kPartBytes);
  std::vector<CompletedPart> parts;
  for (int number : {1, 2}) {
    const std::string piece = body.substr((number - 1) * kPartBytes, kPartBytes);
    const absl::StatusOr<UploadPartResult> part = bucket_.UploadPart(key, *id, number, piece);
    if (!part.ok()) return part.status();
    parts.push_back({number, part->etag});
  }
  if (n % 4 == 0) return bucket_.AbortMultipartUpload(key, *id);
  return bucket_.CompleteMultipartUpload(key, *id, parts).status();
}

void Traffic::Check(const Bucket& copy, const Steps& before, const Steps& after) {
  const uint64_t pair = OpOf(copy, "pair/a");
  EXPECT_EQ(OpOf(copy, "pair/b"), pair) << "written by one batch";
  EXPECT_GE(pair, before[kPair]);
  EXPECT_LE(pair, after[kPair]);

  std::set<std::string> history;
  for (const absl::StatusOr<ListEntry>& entry : copy.List({.prefix = "history/"})) {
    ASSERT_TRUE(entry.ok()) << entry.status();
    history.insert(entry->key);
  }
  bool is_prefix = false;
  for (uint64_t n = before[kHistory]; n <= after[kHistory] && !is_prefix; ++n) {
    is_prefix = history == HistoryAfter(n);
  }
  EXPECT_TRUE(is_prefix) << history.size() << " keys, steps " << before[kHistory] << " to "
                         << after[kHistory];

  EXPECT_EQ((OpOf(copy, "here") != 0) + (OpOf(copy, "there") != 0), 1) << "moved in one step";

  const uint64_t bulk[] = {OpOf(copy, "big/0"), OpOf(copy, "big/1")};
  const uint64_t newest = std::max(bulk[0], bulk[1]);
  EXPECT_EQ(newest, std::min(bulk[0], bulk[1]) + (newest > 0 ? 1 : 0));
  EXPECT_GE(newest, before[kBulk]);
  EXPECT_LE(newest, after[kBulk]);

  uint64_t uploaded = 0;
  for (uint64_t i = 0; i < 3; ++i) {
    uploaded = std::max(uploaded, OpOf(copy, absl::StrCat("multipart/", i)));
  }
  EXPECT_GE(uploaded + (before[kMultipart] % 4 == 0 ? 1 : 0), before[kMultipart]);
  EXPECT_LE(uploaded, after[kMultipart]);
}

class CheckpointTest : public ::testing::Test {
 protected:
  static OpenOptions Options() {
    OpenOptions options;
    options.limits.min_part_bytes = 1;
    options.clock = std::make_shared<SimulatedClock>();
    return options;
  }
  void Open() {
    absl::StatusOr<Cloud> cloud = Cloud::Open(folder_ / "store", Options());
    ASSERT_TRUE(cloud.ok()) << cloud.status();
    cloud_.emplace(*std::move(cloud));
    BucketOptions retained;
    retained.retain_events = true;
    ASSERT_TRUE(cloud_->EnsureBucket("bucket", retained).ok());
  }
  Cloud OpenCopy(const std::string& directory) {
    OpenOptions options = Options();
    options.create_if_missing = false;
    absl::StatusOr<Cloud> copy = Cloud::Open(directory, options);
    EXPECT_TRUE(copy.ok()) << copy.status();
    return copy.ok() ? *std::move(copy) : Cloud::InMemory();
  }
  Bucket bucket() { return cloud_->bucket("bucket"); }
  static void ExpectSound(Cloud& cloud) {
    Problems problems;
    CheckVerify(cloud, &problems);
    CompareEventsWithObjects(cloud, "bucket", AllEvents(cloud, &problems), &problems);
    CheckBodies(cloud.bucket("bucket"), kIngested, &problems);
    EXPECT_EQ(problems, Problems{});
  }

  TestFolder folder_{"checkpoint"};
  std::optional<Cloud> cloud_;
};

TEST_F(CheckpointTest, WhileWritingGoesOnIsOneMoment) {
  Open();
  const int rounds = NumberFromEnvironment("CLOUDLET_FULL", 0) != 0 ? 60 : 6;
  Traffic traffic(bucket());
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE(round);
    traffic.Allow(25);
    const std::string at = folder_ / absl::StrCat("copy", round);
    const Traffic::Steps before = traffic.done();
    const absl::Status made = cloud_->Checkpoint(at);
    ASSERT_TRUE(made.ok()) << made;
    Traffic::Steps after = traffic.done();
    for (uint64_t& steps : after) ++steps;  // one may be done and not yet counted
    {
      Cloud copy = OpenCopy(at);
      ExpectSound(copy);
      Traffic::Check(copy.bucket("bucket"), before, after);
      // It is a store like any other.
      EXPECT_TRUE(copy.bucket("bucket").Put("in the copy", "x").ok());
      EXPECT_TRUE(copy.Close().ok());
    }
    std::filesystem::remove_all(at);
  }
  EXPECT_FALSE(bucket().Head("in the copy").ok());
}

TEST_F(CheckpointTest, OutlivesTheStoreItWasMadeOf) {
  Open();
  ASSERT_TRUE(bucket().Put("large", BodyOf(1, kIngested), Op(1)).ok());
  ASSERT_TRUE(bucket().Put("small", BodyOf(2, 10), Op(2)).ok());
  ASSERT_TRUE(cloud_->Checkpoint(folder_ / "copy").ok());
  ASSERT_TRUE(bucket().Delete("large").ok());
  cloud_.reset();
  std::filesystem::remove_all(folder_ / "store");
  Cloud copy = OpenCopy(folder_ / "copy");
  ExpectSound(copy);
  EXPECT_EQ(OpOf(copy.bucket("bucket"), "large"), 1u);
  EXPECT_EQ(OpOf(copy.bucket("bucket"), "small"), 2u);
}

TEST_F(CheckpointTest, PendingDeliveriesAreMadeByBothUnderTheSameRequestIds) {
  Open();
  using Heard = std::map<uint64_t, std::string>;  // request id by number of the event
  const auto listen = [](Cloud& cloud, Heard* heard) {
    FunctionOptions manual;
    manual.dispatch = Dispatch::kManual;
    return cloud.RegisterFunction(
        "f",
        [heard](const Event& event, FunctionContext& context) {
          (*heard)[event.sequence] = std::string(context.request_id());
          return absl::OkStatus();
        },
        manual);
  };
  Heard here, there;
  ASSERT_TRUE(listen(*cloud_, &here).ok());
  ASSERT_TRUE(cloud_->AddTrigger({.id = "t", .bucket = "bucket", .function = "f"}).ok());
  std::set<uint64_t> all;
  for (int i = 0; i < 5; ++i) {
    all.insert(bucket().Put(absl::StrCat("k", i), "v")->sequence);
    if (i < 2) {
      ASSERT_EQ(cloud_->Step()->runs, 1u);
    }
  }
  ASSERT_TRUE(cloud_->Checkpoint(folder_ / "copy").ok());
  ASSERT_TRUE(cloud_->RunUntilIdle().ok());
  Cloud copy = OpenCopy(folder_ / "copy");
  ASSERT_TRUE(listen(copy, &there).ok());
  ASSERT_TRUE(copy.RunUntilIdle().ok());
  EXPECT_EQ(here.size(), all.size());
  // Those that had succeeded, too, where that was not yet written down.
  for (const auto& [number, request] : there) EXPECT_EQ(here.at(number), request);
  for (auto number = std::next(all.begin(), 2); number != all.end(); ++number) {
    EXPECT_EQ(there.count(*number), 1u) << *number;
  }
}

TEST_F(CheckpointTest, HasOpenUploadsWithTheirParts) {
  Open();
  const std::string id = bucket().CreateMultipartUpload("film", Op(7)).value();
  const std::string body = BodyOf(7, kPartBytes);
  const std::string etag = bucket().UploadPart("film", id, 1, body).value().etag;
  ASSERT_TRUE(cloud_->Checkpoint(folder_ / "copy").ok());
  ASSERT_TRUE(bucket().AbortMultipartUpload("film", id).ok());
  Cloud copy = OpenCopy(folder_ / "copy");
  ASSERT_TRUE(copy.bucket("bucket").CompleteMultipartUpload("film", id, {{1, etag}}).ok());
  ExpectSound(copy);
  EXPECT_EQ(OpOf(copy.bucket("bucket"), "film"), 7u);
}

TEST_F(CheckpointTest, BesideReopenAndCloseIsWholeOrFailsCleanly) {
  Open();
  ASSERT_TRUE(bucket().Put("k", BodyOf(1, 10), Op(1)).ok());
  std::vector<std::string> made;
  for (int round = 0; round < 4; ++round) {
    const std::string at = folder_ / absl::StrCat("copy", round);
    std::atomic<bool> began{false};
    absl::Status status;
    std::thread other([&] {
      began = true;
      status = cloud_->Checkpoint(at);
    });
    while (!began) std::this_thread::yield();
    const bool last = round == 3;
    EXPECT_TRUE(last ? cloud_->Close().ok() : cloud_->Reopen().ok());
    other.join();
    EXPECT_EQ(std::filesystem::exists(at), status.ok()) << status;
    EXPECT_FALSE(std::filesystem::exists(at + ".partial"));
    EXPECT_TRUE(status.ok() || absl::IsFailedPrecondition(status)) << status;
    if (status.ok()) made.push_back(at);
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(cloud_->Checkpoint(folder_ / "late")));
  for (const std::string& at : made) {
    Cloud copy = OpenCopy(at);
    ExpectSound(copy);
    EXPECT_EQ(OpOf(copy.bucket("bucket"), "k"), 1u);
  }
}

TEST_F(CheckpointTest, RefusalsNameThePlaceAndAreNoReasonToReopen) {
  Open();
  WriteWholeFile(folder_ / "file", "precious");
  for (const std::string& at : {folder_ / "file", folder_ / "file/copy", folder_ / "store/copy"}) {
    const absl::Status status = cloud_->Checkpoint(at);
    EXPECT_TRUE(absl::IsAlreadyExists(status) || absl::IsInvalidArgument(status)) << status;
    EXPECT_NE(std::string(status.message()).find("checkpoint to " + at), std::string::npos)
        << status;
    EXPECT_FALSE(IsReadOnly(status));
  }
  EXPECT_EQ(ReadWholeFile(folder_ / "file"), "precious");
  EXPECT_TRUE(cloud_->health().ok());
}

TEST(CheckpointInMemory, IsNotImplemented) {
  Cloud cloud = Cloud::InMemory();
  const absl::Status status = cloud.Checkpoint("/nowhere");
  EXPECT_TRUE(IsNotImplemented(status)) << status;
  ASSERT_TRUE(cloud.Close().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(cloud.Checkpoint("/nowhere")));
}

}  // namespace
}  // namespace cloudlet::testing
