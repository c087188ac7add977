// Opening, closing, reopening: what a store keeps, what a Cloud promises of itself while it lives
// and when it ends.
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing/simulated_clock.h"
#include "gtest/gtest.h"
#include "tests/flag.h"
#include "tests/store_check.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

class Lifecycle : public ::testing::Test {
 protected:
  std::string store() const { return folder_ / "store"; }
  void Open(OpenOptions options = {}) {
    if (options.clock == nullptr) options.clock = clock_;
    absl::StatusOr<Cloud> cloud = Cloud::Open(store(), options);
    ASSERT_TRUE(cloud.ok()) << cloud.status();
    cloud_.emplace(*std::move(cloud));
  }
  void Close() {
    const absl::Status closed = cloud_->Close();
    ASSERT_TRUE(closed.ok()) << closed;
    cloud_.reset();
  }
  // Registers a function that notes what it is given.
  void Listen(const std::string& name, FunctionOptions options = {}) {
    ASSERT_TRUE(
        cloud_
            ->RegisterFunction(
                name,
                [this](const Event& event, FunctionContext& context) {
                  base::MutexLock lock(&mutex_);
                  heard_.push_back({event, std::string(context.request_id()), context.attempt()});
                  return absl::OkStatus();
                },
                options)
            .ok());
  }
  struct Heard {
    Event event;
    std::string request_id;
    int attempt = 0;
  };
  std::vector<Heard> heard() {
    base::MutexLock lock(&mutex_);
    return heard_;
  }
  void ExpectSound() {
    Problems problems;
    CheckVerify(*cloud_, &problems);
    EXPECT_EQ(problems, Problems{});
  }

  TestFolder folder_{"lifecycle"};
  std::shared_ptr<SimulatedClock> clock_ = std::make_shared<SimulatedClock>();
  base::Mutex mutex_;
  std::vector<Heard> heard_ ABSL_GUARDED_BY(mutex_);
  std::optional<Cloud> cloud_;
};

TEST_F(Lifecycle, Reopen_KeepsObjectsWithAllThatIsKnownOfThem) {
  Open();
  const Bucket bucket = cloud_->CreateBucket("bucket").value();
  const PutOptions options = {.content_type = "text/plain",
                              .cache_control = "no-cache",
                              .content_disposition = "inline",
                              .content_encoding = "br",
                              .content_language = "de",
                              .expires = "never",
                              .website_redirect_location = "/other",
                              .metadata = {{"Name", "value"}, {"empty", ""}}};
  const std::vector<size_t> sizes = {0,      1,       1024,          1025,         65'536,
                                     65'537, 1 << 20, (1 << 20) + 1, (4 << 20) + 1};
  for (const size_t size : sizes) {
    ASSERT_TRUE(bucket.Put(absl::StrCat("k", size), BodyOf(size, size), options).ok());
  }
  const std::string binary("\0\x01\xFF/\xC3", 5);
  ASSERT_TRUE(bucket.Put(binary, "odd").ok());
  std::vector<ObjectInfo> before;
  for (const size_t size : sizes) before.push_back(bucket.Head(absl::StrCat("k", size))->info);
  Close();
  for (int round = 0; round < 2; ++round) {
    Open();
    const Bucket again = cloud_->bucket("bucket");
    for (size_t i = 0; i < sizes.size(); ++i) {
      const absl::StatusOr<GetResult> got = again.Get(absl::StrCat("k", sizes[i]));
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_TRUE(got->body == absl::string_view(BodyOf(sizes[i], sizes[i]))) << sizes[i];
      const ObjectInfo& info = got->info;
      EXPECT_EQ(info.etag, before[i].etag);
      EXPECT_EQ(info.sequence, before[i].sequence);
      EXPECT_EQ(info.last_modified, before[i].last_modified);
      EXPECT_EQ(info.crc64nvme, before[i].crc64nvme);
      EXPECT_EQ(info.content_type, "text/plain");
      EXPECT_EQ(info.cache_control, "no-cache");
      EXPECT_EQ(info.content_disposition, "inline");
      EXPECT_EQ(info.content_encoding, "br");
      EXPECT_EQ(info.content_language, "de");
      EXPECT_EQ(info.expires, "never");
      EXPECT_EQ(info.website_redirect_location, "/other");
      EXPECT_EQ(info.metadata, (UserMetadata{{"name", "value"}, {"empty", ""}}));
    }
    EXPECT_EQ(again.Get(binary)->body, "odd");
    ExpectSound();
    Close();
  }
}

TEST_F(Lifecycle, Reopen_KeepsBucketsTriggersAndOptions) {
  Open();
  ASSERT_TRUE(cloud_->CreateBucket("zebra", {.etag_policy = EtagPolicy::kCrc64}).ok());
  ASSERT_TRUE(cloud_->CreateBucket("alpha", {.retain_events = true}).ok());
  ASSERT_TRUE(cloud_->CreateBucket("gone").ok());
  ASSERT_TRUE(cloud_->DeleteBucket("gone").ok());
  ASSERT_TRUE(cloud_
                  ->AddTrigger({.id = "t2",
                                .bucket = "zebra",
                                .function = "later",
                                .events = {EventType::kObjectRemoved},
                                .prefix = "a/",
                                .suffix = ".jpg"})
                  .ok());
  const std::string id = cloud_->AddTrigger({.bucket = "alpha", .function = "other"}).value();
  ASSERT_FALSE(id.empty());
  clock_->Advance(absl::Hours(1));
  Close();
  Open();
  const std::vector<BucketEntry> buckets = cloud_->ListBuckets().value();
  ASSERT_EQ(buckets.size(), 2u);
  EXPECT_EQ(buckets[0].name, "alpha");
  EXPECT_EQ(buckets[1].name, "zebra");
  EXPECT_EQ(buckets[0].created, clock_->Now() - absl::Hours(1));
  EXPECT_TRUE(cloud_->bucket("alpha").Info()->options.retain_events);
  EXPECT_EQ(cloud_->bucket("zebra").Info()->options.etag_policy, EtagPolicy::kCrc64);
  const std::vector<Trigger> triggers = cloud_->ListTriggers().value();
  ASSERT_EQ(triggers.size(), 2u);
  for (const Trigger& trigger : triggers) {
    if (trigger.bucket == "alpha") {
      EXPECT_EQ(trigger.id, id);
      EXPECT_EQ(trigger.function, "other");
      continue;
    }
    EXPECT_EQ(trigger.id, "t2");
    EXPECT_EQ(trigger.function, "later");
    EXPECT_EQ(trigger.events, std::vector<EventType>{EventType::kObjectRemoved});
    EXPECT_EQ(trigger.prefix, "a/");
    EXPECT_EQ(trigger.suffix, ".jpg");
  }
  Close();
}

TEST_F(Lifecycle, Reopen_NeverIssuesANumberTwice) {
  uint64_t highest = 0;
  for (int round = 0; round < 4; ++round) {
    Open();
    if (round == 0) {
      ASSERT_TRUE(cloud_->CreateBucket("bucket").ok());
    }
    for (int i = 0; i < 3; ++i) {
      const PutResult put = cloud_->bucket("bucket").Put("k", "v").value();
      EXPECT_GT(put.sequence, highest);
      highest = put.sequence;
    }
    if (round == 1) {
      ASSERT_TRUE(cloud_->Reopen().ok());
      EXPECT_GT(cloud_->bucket("bucket").Delete("k")->sequence, highest);
    }
    Close();
  }
}

TEST_F(Lifecycle, Reopen_DeliversWhatWaitedUnderTheSameRequestId) {
  Open();
  const Bucket bucket = cloud_->CreateBucket("bucket").value();
  ASSERT_TRUE(cloud_->AddTrigger({.bucket = "bucket", .function = "listener"}).ok());
  const PutResult put = bucket.Put("k", "v").value();
  Close();  // nobody has listened yet

  Open();
  EXPECT_EQ(cloud_->function_stats("listener")->pending, 1u);
  Listen("listener");
  ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
  ASSERT_EQ(heard().size(), 1u);
  EXPECT_EQ(heard()[0].event.sequence, put.sequence);
  EXPECT_EQ(heard()[0].event.request_id, put.request_id);
  EXPECT_EQ(heard()[0].event.etag, put.etag);
  EXPECT_EQ(heard()[0].attempt, 1);
  Close();

  Open();
  Listen("listener");
  ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
  EXPECT_EQ(heard().size(), 1u) << "settled before Close, so not again";
  EXPECT_EQ(cloud_->function_stats("listener")->pending, 0u);
  Close();
}

TEST_F(Lifecycle, Reopen_KeepsPendingRetriesAndTheirAttempts) {
  const auto fail = [this](const Event& event, FunctionContext& context) {
    base::MutexLock lock(&mutex_);
    heard_.push_back({event, std::string(context.request_id()), context.attempt()});
    return absl::InternalError("on purpose");
  };
  Open();
  const Bucket bucket = cloud_->CreateBucket("bucket").value();
  ASSERT_TRUE(cloud_->CreateBucket("letters").ok());
  FunctionOptions options;
  options.dead_letter = ToBucket("letters");
  ASSERT_TRUE(cloud_->RegisterFunction("failing", fail, options).ok());
  ASSERT_TRUE(cloud_->AddTrigger({.bucket = "bucket", .function = "failing"}).ok());
  ASSERT_TRUE(bucket.Put("k", "v").ok());
  ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
  ASSERT_EQ(heard().size(), 1u);
  for (const auto& [seconds, attempt] : {std::pair(60, 2), std::pair(120, 3)}) {
    Close();
    clock_->Advance(absl::Seconds(seconds - 1));
    Open();
    ASSERT_TRUE(cloud_->RegisterFunction("failing", fail, options).ok());
    ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
    ASSERT_EQ(heard().size(), static_cast<size_t>(attempt - 1)) << "a second too early";
    EXPECT_EQ(cloud_->function_stats("failing")->pending, 1u);
    clock_->Advance(absl::Seconds(1));
    ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
    ASSERT_EQ(heard().size(), static_cast<size_t>(attempt));
    EXPECT_EQ(heard().back().attempt, attempt);
    EXPECT_EQ(heard().back().request_id, heard().front().request_id);
  }
  EXPECT_EQ(cloud_->function_stats("failing")->dead_letters, 1u);
  Close();
  Open();
  ASSERT_TRUE(cloud_->RegisterFunction("failing", fail, options).ok());
  clock_->Advance(absl::Hours(1));
  ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
  EXPECT_EQ(heard().size(), 3u) << "given up is given up";
  EXPECT_TRUE(cloud_->bucket("letters").List().Next().has_value());
  Close();
}

TEST_F(Lifecycle, Close_InTheMiddleOfDeliveriesLosesNone) {
  std::set<uint64_t> put;
  std::set<uint64_t> delivered;
  Open();
  ASSERT_TRUE(cloud_->CreateBucket("bucket").ok());
  ASSERT_TRUE(cloud_->AddTrigger({.bucket = "bucket", .function = "listener"}).ok());
  for (int round = 0; round < 5; ++round) {
    if (round > 0) Open();
    Listen("listener", {.reserved_concurrency = 1, .when_throttled = WhenThrottled::kWaitInTurn});
    for (int i = 0; i < 200; ++i) {
      put.insert(cloud_->bucket("bucket").Put(absl::StrCat("k", i % 7), "v")->sequence);
    }
    Close();
  }
  Open();
  Listen("listener");
  ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
  for (const Heard& one : heard()) delivered.insert(one.event.sequence);
  EXPECT_EQ(delivered, put);
  ExpectSound();
  Close();
}

TEST_F(Lifecycle, Close_WhileWritersRun_AnswersThemAndKeepsWhatItAcknowledged) {
  Open();
  const Bucket bucket = cloud_->CreateBucket("bucket", {.retain_events = true}).value();
  std::vector<std::set<uint64_t>> acknowledged(4);
  std::vector<std::thread> writers;
  Flag started;
  for (size_t w = 0; w < acknowledged.size(); ++w) {
    writers.emplace_back([&, w] {
      for (uint64_t i = 0;; ++i) {
        if (i == 20) started.Raise();
        const size_t size = i % 10 == 0 ? 100'000 : 500;
        const absl::StatusOr<PutResult> put =
            bucket.Put(absl::StrCat(w, "/", i % 5), BodyOf(i, size));
        if (!put.ok()) {
          EXPECT_TRUE(absl::IsFailedPrecondition(put.status())) << put.status();
          return;
        }
        acknowledged[w].insert(put->sequence);
      }
    });
  }
  started.Wait();
  Close();
  for (std::thread& writer : writers) writer.join();
  Open();
  Problems problems;
  std::set<uint64_t> found;
  const std::vector<Event> events = AllEvents(*cloud_, &problems);
  for (const Event& event : events) found.insert(event.sequence);
  std::set<uint64_t> all;
  for (const auto& one : acknowledged) all.insert(one.begin(), one.end());
  EXPECT_EQ(found, all);
  CompareEventsWithObjects(*cloud_, "bucket", events, &problems);
  CheckVerify(*cloud_, &problems);
  EXPECT_EQ(problems, Problems{});
  Close();
}

// The same for Reopen: calls meanwhile are answered or refused, no event is lost, order is kept.
TEST_F(Lifecycle, ReopenInPlace_WhileWritersRunLosesNoEvent) {
  Open();
  const Bucket bucket = cloud_->CreateBucket("bucket", {.retain_events = true}).value();
  Listen("listener");
  ASSERT_TRUE(cloud_->AddTrigger({.bucket = "bucket", .function = "listener"}).ok());
  std::atomic<bool> stop{false};
  std::vector<std::set<uint64_t>> acknowledged(3);
  std::vector<std::thread> writers;
  for (size_t w = 0; w < acknowledged.size(); ++w) {
    writers.emplace_back([&, w] {
      for (uint64_t i = 0; !stop.load(); ++i) {
        const absl::StatusOr<PutResult> put = bucket.Put(absl::StrCat(w, "/", i % 5), "v");
        if (put.ok()) {
          acknowledged[w].insert(put->sequence);
        } else {
          EXPECT_TRUE(absl::IsFailedPrecondition(put.status())) << put.status();
          std::this_thread::yield();
        }
      }
    });
  }
  for (int round = 0; round < 8; ++round) {
    const absl::Status reopened = cloud_->Reopen();
    EXPECT_TRUE(reopened.ok()) << reopened;
    ASSERT_TRUE(bucket.Put("main", "v").ok());
  }
  stop.store(true);
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
  std::set<uint64_t> delivered;
  for (const Heard& one : heard()) delivered.insert(one.event.sequence);
  for (const auto& one : acknowledged) {
    for (const uint64_t number : one) {
      EXPECT_EQ(delivered.count(number), 1u) << number << " was put but not delivered";
    }
  }
  ExpectSound();
  Close();
}

TEST_F(Lifecycle, ReopenInPlace_KeepsHandlesFunctionsTriggersAndObservers) {
  Open();
  const Bucket bucket = cloud_->CreateBucket("bucket").value();
  Listen("listener");
  ASSERT_TRUE(cloud_->AddTrigger({.bucket = "bucket", .function = "listener"}).ok());
  std::atomic<int> changes{0};
  const ObserverToken token = cloud_->Observe("bucket", [&](const Change&) { ++changes; });
  ASSERT_TRUE(bucket.Put("k", std::string(3 << 20, 'x')).ok());
  ObjectReader reader = bucket.OpenReader("k").value();
  ASSERT_TRUE(reader.ReadPiece().ok());
  ObjectWriter writer = bucket.OpenWriter("w").value();
  ASSERT_TRUE(writer.Write("begun before").ok());
  ASSERT_TRUE(cloud_->Reopen().ok());
  EXPECT_EQ(bucket.Head("k")->info.size, size_t{3} << 20);
  ASSERT_TRUE(bucket.Put("after", "v").ok());
  ASSERT_TRUE(cloud_->WaitIdle(kPatience).ok());
  EXPECT_EQ(changes, 2);
  ASSERT_FALSE(heard().empty());
  EXPECT_EQ(heard().back().event.key, "after");
  // Streams end with the store that they were opened on.
  EXPECT_TRUE(absl::IsAborted(reader.ReadPiece().status()));
  EXPECT_TRUE(absl::IsAborted(writer.Commit().status()));
  EXPECT_TRUE(IsNoSuchKey(bucket.Head("w").status()));
  ExpectSound();
  Close();
}

// The path is relative, and means something else by then.
TEST_F(Lifecycle, ReopenInPlace_FindsTheStoreAfterAChangeOfTheWorkingDirectory) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::create_directories(folder_ / "elsewhere");
  std::filesystem::current_path(folder_.path());
  cloud_.emplace(Cloud::Open("store").value());
  const Bucket bucket = cloud_->CreateBucket("bucket").value();
  ASSERT_TRUE(bucket.Put("k", "v").ok());
  std::filesystem::current_path(folder_ / "elsewhere");
  const absl::Status reopened = cloud_->Reopen();
  std::filesystem::current_path(before);
  EXPECT_TRUE(reopened.ok()) << reopened;
  EXPECT_TRUE(bucket.Get("k").ok()) << bucket.Get("k").status();
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "elsewhere"));
  Close();
}

TEST_F(Lifecycle, ReopenInPlace_MakesNoStoreAndTakesNoOther) {
  Open();
  const Bucket bucket = cloud_->CreateBucket("bucket").value();
  ASSERT_TRUE(bucket.Put("k", "v").ok());
  std::filesystem::rename(store(), folder_ / "moved");
  const absl::Status gone = cloud_->Reopen();
  EXPECT_TRUE(absl::IsNotFound(gone)) << gone;
  EXPECT_FALSE(std::filesystem::exists(store()));
  ASSERT_TRUE(Cloud::Open(store()).ok());
  const absl::Status other = cloud_->Reopen();
  EXPECT_TRUE(absl::IsFailedPrecondition(other)) << other;
  EXPECT_NE(std::string(other.message()).find("another store"), std::string::npos) << other;
  EXPECT_TRUE(absl::IsFailedPrecondition(bucket.Get("k").status()));
  std::filesystem::remove_all(store());
  std::filesystem::rename(folder_ / "moved", store());
  const absl::Status back = cloud_->Reopen();
  EXPECT_TRUE(back.ok()) << back;
  EXPECT_EQ(bucket.Get("k")->body, "v");
  Close();
}

TEST_F(Lifecycle, InMemory_CannotReopen) {
  Cloud cloud = Cloud::InMemory();
  EXPECT_TRUE(absl::IsFailedPrecondition(cloud.Reopen()));
  EXPECT_TRUE(cloud.CreateBucket("still-works").ok());
}

TEST_F(Lifecycle, Clouds_InOneProcessNeverMeet) {
  Cloud one = Cloud::InMemory();
  Cloud two = Cloud::InMemory();
  Open();
  for (Cloud* cloud : {&one, &two, &*cloud_}) ASSERT_TRUE(cloud->CreateBucket("bucket").ok());
  ASSERT_TRUE(one.bucket("bucket").Put("k", "1").ok());
  EXPECT_TRUE(IsNoSuchKey(two.bucket("bucket").Get("k").status()));
  EXPECT_TRUE(IsNoSuchKey(cloud_->bucket("bucket").Get("k").status()));
  // Moved into, the old one is closed.
  const Bucket old = two.bucket("bucket");
  two = std::move(one);
  EXPECT_TRUE(absl::IsFailedPrecondition(old.Get("k").status()));
  EXPECT_EQ(two.bucket("bucket").Get("k")->body, "1");
  Close();
}

TEST_F(Lifecycle, BodiesAndStreams_OutliveTheCloud) {
  Open();
  const Bucket bucket = cloud_->CreateBucket("bucket").value();
  std::vector<std::pair<size_t, absl::Cord>> kept;
  std::vector<ObjectReader> readers;
  for (const size_t size : {100, 5000, 65'000, 1'000'000, 4'000'000, (4 << 20) + 9}) {
    const std::string key = absl::StrCat(size);
    ASSERT_TRUE(bucket.Put(key, BodyOf(size, size)).ok());
    kept.emplace_back(size, bucket.Get(key)->body);
    readers.push_back(bucket.OpenReader(key).value());
    kept.emplace_back(0, readers.back().ReadPiece().value());
  }
  ObjectWriter writer = bucket.OpenWriter("w").value();
  ASSERT_TRUE(writer.Write(std::string(100'000, 'w')).ok());
  ObjectListing listing = bucket.List();
  ASSERT_TRUE(listing.Next().has_value());
  const ObserverToken token = cloud_->Observe("bucket", [](const Change&) {});
  Close();
  for (const auto& [size, body] : kept) {
    if (size > 0) {
      EXPECT_TRUE(body == absl::string_view(BodyOf(size, size))) << size;
    }
    EXPECT_FALSE(std::string(body).empty());
  }
  for (ObjectReader& reader : readers) {
    char buffer[100];
    const absl::StatusOr<size_t> read = reader.Read(buffer, sizeof(buffer));
    EXPECT_TRUE(read.ok() || absl::IsFailedPrecondition(read.status())) << read.status();
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(writer.Write("x")));
}

TEST_F(Lifecycle, Log_IsSilentByDefaultAndCarriesRocksDbsLines) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Open();
  ASSERT_TRUE(cloud_->CreateBucket("bucket")->Put("k", "v").ok());
  Close();
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");

  base::Mutex mutex;
  std::set<std::string> components;
  size_t below = 0;
  OpenOptions options;
  options.log.level = LogLevel::kInfo;
  options.log.sink = [&](const LogEntry& entry) {
    base::MutexLock lock(&mutex);
    components.insert(std::string(entry.component));
    below += entry.level < LogLevel::kInfo ? 1 : 0;
    EXPECT_FALSE(entry.message.empty());
    EXPECT_NE(entry.message.back(), '\n');
  };
  Open(options);
  ASSERT_TRUE(cloud_
                  ->RegisterFunction("talker",
                                     [](const Event&, FunctionContext& context) {
                                       context.Log("a line");
                                       return absl::OkStatus();
                                     },
                                     {.dispatch = Dispatch::kInline})
                  .ok());
  ASSERT_TRUE(cloud_->AddTrigger({.bucket = "bucket", .function = "talker"}).ok());
  ASSERT_TRUE(cloud_->bucket("bucket").Put("k", "v").ok());
  Close();
  base::MutexLock lock(&mutex);
  EXPECT_EQ(components.count("rocksdb"), 1u);
  EXPECT_EQ(components.count("function"), 1u);
  EXPECT_EQ(below, 0u);
}

TEST_F(Lifecycle, Stats_CountSinceOpen) {
  Open();
  const Bucket bucket = cloud_->CreateBucket("bucket", {.retain_events = true}).value();
  ASSERT_TRUE(bucket.Put("a", std::string(100, 'a')).ok());
  ASSERT_TRUE(bucket.Put("b", std::string(70'000, 'b')).ok());
  ASSERT_TRUE(bucket.Get("b").ok());
  ASSERT_TRUE(bucket.Head("b").ok());
  ASSERT_TRUE(bucket.Delete("a").ok());
  ASSERT_TRUE(bucket.Delete("absent").ok());
  EXPECT_FALSE(bucket.Put("c", "x", {.if_match = "*"}).ok());
  const CloudStats stats = cloud_->stats();
  EXPECT_EQ(stats.puts, 2u);
  EXPECT_EQ(stats.deletes, 1u);
  EXPECT_EQ(stats.gets, 1u);
  EXPECT_EQ(stats.bytes_written, 70'100u);
  EXPECT_EQ(stats.bytes_read, 70'000u);
  EXPECT_EQ(stats.events, 3u);
  EXPECT_GT(stats.store_bytes, 0u);
  Close();
  Open();
  EXPECT_EQ(cloud_->stats().puts, 0u);
  Close();
}

}  // namespace
}  // namespace cloudlet::testing
