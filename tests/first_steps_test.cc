// What somebody new to the library runs into: programs that are started twice, handles that were
// moved away, slips in options, and what messages and log lines then say.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "cloudlet/cloud.h"
#include "cloudlet/testing.h"
#include "gtest/gtest.h"
#include "tests/flag.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

namespace fs = std::filesystem;

absl::Status Fail(const Event&, FunctionContext&) { return absl::InternalError("on purpose"); }

std::string Text(const absl::Status& status) { return std::string(status.message()); }

bool Says(const absl::Status& status, std::string_view part) {
  return Text(status).find(part) != std::string::npos;
}

// Keeps the lines of the component "cloud" and "triggers".
class Lines {
 public:
  LogOptions Options() {
    LogOptions options;
    options.level = LogLevel::kInfo;
    options.sink = [this](const LogEntry& entry) {
      if (entry.component != "cloud" && entry.component != "triggers") return;
      base::MutexLock lock(&mutex_);
      lines_.push_back(LogLevelName(entry.level) + (": " + std::string(entry.message)));
    };
    return options;
  }
  std::vector<std::string> Take() {
    base::MutexLock lock(&mutex_);
    return std::exchange(lines_, {});
  }

 private:
  base::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

// --- Opening ---

TEST(FirstOpen, DirectoryThatIsNoStore_IsRefusedAndKeepsEveryFile) {
  TestFolder folder("first-open");
  const std::string path = folder / "mine";
  fs::create_directories(path + "/incoming");
  for (const char* name :
       {"notes.txt", "000009.sst", "000003.blob", "000011.dbtmp", "incoming/precious.txt"}) {
    WriteWholeFile(path + "/" + name, name);
  }
  const absl::Status refused = Cloud::Open(path).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_TRUE(Says(refused, "open " + path + ": not empty and not a cloudlet store")) << refused;
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) ++files;
  }
  EXPECT_EQ(files, 5u);
  EXPECT_EQ(ReadWholeFile(path + "/incoming/precious.txt"), "incoming/precious.txt");
}

TEST(FirstOpen, Error_NamesTheDirectoryOnceAndIsNotCalledReadOnly) {
  TestFolder folder("first-open");
  const std::string path = folder / "store";
  Cloud first = Cloud::Open(path).value();
  const absl::Status twice = Cloud::Open(path).status();
  EXPECT_EQ(twice,
            absl::FailedPreconditionError("open " + path + ": already open in this process"));
  ASSERT_TRUE(first.Close().ok());
  fs::create_directories(path + "/incoming/sub");
  const absl::Status unavailable = Cloud::Open(path).status();
  EXPECT_TRUE(absl::IsUnavailable(unavailable)) << unavailable;
  EXPECT_FALSE(IsReadOnly(unavailable)) << "there is no Cloud to reopen";
  EXPECT_EQ(Text(unavailable).rfind("open "), 0u) << unavailable;
}

TEST(SecondStart, EnsureBucketAndTriggerIdsLeaveThingsAsTheyAre) {
  TestFolder folder("second-start");
  for (int start = 0; start < 3; ++start) {
    Cloud cloud = Cloud::Open(folder / "store").value();
    const auto bucket = cloud.EnsureBucket("hello", {.retain_events = start == 0});
    ASSERT_TRUE(bucket.ok()) << bucket.status();
    EXPECT_TRUE(bucket->Info()->options.retain_events) << "the first start's options stay";
    ASSERT_TRUE(cloud.AddTrigger({.id = "shout", .bucket = "hello", .function = "f"}).ok());
    EXPECT_EQ(cloud.ListTriggers()->size(), 1u);
    EXPECT_TRUE(IsBucketAlreadyOwnedByYou(cloud.CreateBucket("hello").status()));
    EXPECT_EQ(ErrorCodeOf(cloud.EnsureBucket("Not_A_Name").status()),
              ErrorCode::kInvalidBucketName);
    ASSERT_TRUE(cloud.Close().ok());
  }
}

// --- Moved from ---

TEST(MovedFrom, EveryStatusIsFailedPreconditionThatSaysSo) {
  Cloud cloud = Cloud::InMemory();
  Bucket bucket = cloud.CreateBucket("bucket").value();
  ASSERT_TRUE(bucket.Put("k", "v").ok());
  ObjectWriter writer = bucket.OpenWriter("w").value();
  ObjectReader reader = bucket.OpenReader("k").value();
  Cloud new_cloud = std::move(cloud);
  const Bucket new_bucket = std::move(bucket);
  const ObjectWriter new_writer = std::move(writer);
  const ObjectReader new_reader = std::move(reader);

  char buffer[8];
  // NOLINTBEGIN(bugprone-use-after-move): what this is about
  const std::vector<absl::Status> answers = {
      cloud.Close(),
      cloud.Reopen(),
      cloud.health(),
      cloud.Sync(),
      cloud.CreateBucket("b").status(),
      cloud.EnsureBucket("b").status(),
      cloud.DeleteBucket("b"),
      cloud.ListBuckets().status(),
      cloud.RegisterFunction("f", Fail),
      cloud.UnregisterFunction("f"),
      cloud.AddTrigger({.bucket = "b", .function = "f"}).status(),
      cloud.RemoveTrigger("b", "id"),
      cloud.ListTriggers().status(),
      cloud.function_stats("f").status(),
      cloud.Step().status(),
      cloud.RunUntilIdle().status(),
      cloud.WaitIdle(),
      cloud.Events().status(),
      cloud.VerifyStore().status(),
      cloud.bucket("bucket").Get("k").status(),
      bucket.Put("k", "v").status(),
      bucket.Put("k", absl::Cord("v")).status(),
      bucket.Get("k").status(),
      bucket.ReadInto("k", buffer, sizeof(buffer)).status(),
      bucket.Head("k").status(),
      bucket.Delete("k").status(),
      bucket.OpenReader("k").status(),
      bucket.OpenWriter("k").status(),
      bucket.ListOnePage().status(),
      bucket.List().Next().value().status(),
      bucket.Info().status(),
      writer.Write("x"),
      writer.Write(absl::Cord("x")),
      writer.Commit().status(),
      reader.Read(buffer, sizeof(buffer)).status(),
      reader.ReadPiece().status(),
  };
  EXPECT_EQ(cloud.stats().puts, 0u);
  EXPECT_EQ(cloud.Observe("bucket", [](const Change&) {}), nullptr);
  EXPECT_EQ(writer.bytes_written(), 0u);
  EXPECT_EQ(reader.position(), 0u);
  EXPECT_FALSE(reader.not_modified());
  // NOLINTEND(bugprone-use-after-move)
  for (size_t i = 0; i < answers.size(); ++i) {
    EXPECT_TRUE(absl::IsFailedPrecondition(answers[i])) << i << ": " << answers[i];
    EXPECT_TRUE(Says(answers[i], "moved from")) << i << ": " << answers[i];
  }
  EXPECT_EQ(new_bucket.Get("k")->body, "v");
  EXPECT_TRUE(new_cloud.Close().ok());
}

// --- Fatal ends ---

TEST(FatalEndsDeathTest, SayWhyOnStderrAlsoWithoutASink) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(Cloud::InMemory({.worker_threads = -1}), "cloudlet: .*worker_threads is -1");
  EXPECT_DEATH(
      {
        std::optional<Cloud> cloud(Cloud::InMemory());
        const Bucket bucket = cloud->CreateBucket("bucket").value();
        cloud
            ->RegisterFunction("ends",
                               [&](const Event&, FunctionContext&) {
                                 cloud.reset();
                                 return absl::OkStatus();
                               },
                               {.dispatch = Dispatch::kInline})
            .IgnoreError();
        cloud->AddTrigger({.bucket = "bucket", .function = "ends"}).value();
        bucket.Put("k", "v").value();
      },
      "cloudlet: .*destroyed from inside one of its handlers");
}

// --- Slips ---

TEST(Slips, NullObserverIsNoObserver) {
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = cloud.CreateBucket("bucket").value();
  EXPECT_EQ(cloud.Observe("bucket", nullptr), nullptr);
  EXPECT_TRUE(bucket.Put("k", "v").ok());
}

TEST(Slips, RangeOfNoBytesIsInvalidRangeWhereverItBegins) {
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = cloud.CreateBucket("bucket").value();
  ASSERT_TRUE(bucket.Put("k", "0123456789").ok());
  for (const uint64_t offset : {uint64_t{0}, uint64_t{3}, uint64_t{10}, UINT64_MAX}) {
    EXPECT_TRUE(IsInvalidRange(bucket.Get("k", {.range = ByteRange::Of(offset, 0)}).status()))
        << offset;
  }
  EXPECT_EQ(bucket.Get("k", {.range = ByteRange::Of(5, UINT64_MAX)})->body, "56789");
  EXPECT_EQ(bucket.Get("k", {.range = ByteRange::Of(0, UINT64_MAX)})->body, "0123456789");
}

TEST(Slips, DeadLetterBucketThatCannotBeIsRefusedAtRegistration) {
  Cloud cloud = Cloud::InMemory();
  const absl::Status refused =
      cloud.RegisterFunction("f", Fail, {.dead_letter = ToBucket("Not_A_Name")});
  EXPECT_EQ(ErrorCodeOf(refused), ErrorCode::kInvalidParameterValue) << refused;
  EXPECT_TRUE(Says(refused, "dead_letter")) << refused;
  EXPECT_TRUE(cloud.RegisterFunction("f", Fail, {.dead_letter = ToBucket("made-later")}).ok());
}

TEST(Slips, WriterRefusesAMalformedMd5BeforeTheFirstByte) {
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = cloud.CreateBucket("bucket").value();
  for (const char* malformed : {"nonsense", "c2hvcnQ="}) {
    EXPECT_EQ(ErrorCodeOf(bucket.OpenWriter("k", {.content_md5 = malformed}).status()),
              ErrorCode::kInvalidDigest);
  }
  EXPECT_TRUE(bucket.OpenWriter("k", {.content_md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="})->Commit().ok());
}

// --- What messages say ---

TEST(Messages, NameTheOperation) {
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = cloud.CreateBucket("bucket").value();
  ASSERT_TRUE(cloud.RegisterFunction("there", Fail).ok());
  const std::vector<std::pair<absl::Status, std::string>> cases = {
      {cloud.RegisterFunction("bad name", Fail),
       "register function \"bad name\": InvalidParameterValueException: "},
      {cloud.RegisterFunction("there", Fail),
       "register function \"there\": ResourceConflictException: "},
      {cloud.UnregisterFunction("f"), "unregister function \"f\": ResourceNotFoundException: "},
      {cloud.function_stats("f").status(), "function stats \"f\": ResourceNotFoundException: "},
      {cloud.AddTrigger({.bucket = "bucket", .function = "f", .events = {}}).status(),
       "add trigger to \"bucket\": InvalidArgument: it names no event type"},
      {cloud.AddTrigger({.id = "t", .bucket = "bucket", .function = "f", .events = {}}).status(),
       "add trigger to \"bucket\": InvalidArgument: trigger \"t\": it names no event type"},
      {cloud.AddTrigger({.bucket = "none", .function = "f"}).status(),
       "add trigger to \"none\": NoSuchBucket: "},
      {cloud.RemoveTrigger("none", "t"), "remove trigger from \"none\": NoSuchBucket: "},
      {cloud.DeleteBucket("none"),
       "delete bucket \"none\": NoSuchBucket: the bucket does not exist"},
  };
  for (const auto& [status, text] : cases) EXPECT_EQ(Text(status).rfind(text, 0), 0u) << status;
  EXPECT_FALSE(Says(cloud.DeleteBucket("none"), "create"));

  ObjectWriter writer = bucket.OpenWriter("k").value();
  ASSERT_TRUE(writer.Commit().ok());
  EXPECT_TRUE(Says(writer.Commit().status(), "commit \"bucket/k\": ")) << writer.Commit().status();
}

TEST(Messages, FailedConditionOfAReadIsNamed) {
  FakeCloud fake;
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  const PutResult put = bucket.Put("k", "v").value();
  const absl::Time before = fake.clock().Now() - absl::Hours(1);
  EXPECT_EQ(Text(bucket.Get("k", {.if_unmodified_since = before}).status()),
            "get \"bucket/k\": PreconditionFailed: If-Unmodified-Since: the current ETag is " +
                put.etag +
                ", modified at 2030-01-01T00:00:00+00:00, after 2029-12-31T23:00:00+00:00");
  EXPECT_EQ(Text(bucket.OpenReader("k", {.if_match = "other"}).status()),
            "open reader of \"bucket/k\": PreconditionFailed: If-Match: the current ETag is " +
                put.etag + ", not \"other\"");
}

TEST(Messages, CloseThatAbandonsHandlersNamesStoreAndCount) {
  Lines lines;
  Flag running;
  Flag go_on;
  Flag gone;
  {
    Cloud cloud = Cloud::InMemory({.log = lines.Options(), .worker_threads = 1});
    const Bucket bucket = cloud.CreateBucket("bucket").value();
    const auto held = std::shared_ptr<void>(nullptr, [&](void*) { gone.Raise(); });
    ASSERT_TRUE(cloud
                    .RegisterFunction("stuck",
                                      [&running, &go_on, held](const Event&, FunctionContext&) {
                                        running.Raise();
                                        go_on.Wait();
                                        return absl::OkStatus();
                                      },
                                      {.timeout = absl::Minutes(15)})
                    .ok());
    ASSERT_TRUE(cloud.AddTrigger({.bucket = "bucket", .function = "stuck"}).ok());
    ASSERT_TRUE(bucket.Put("k", "v").ok());
    running.Wait();
    const absl::Status closed = cloud.Close({.handler_deadline = absl::ZeroDuration()});
    EXPECT_TRUE(absl::IsDeadlineExceeded(closed)) << closed;
    EXPECT_EQ(Text(closed).rfind("close \"in memory\": 1 handler was still running", 0), 0u)
        << closed;
    EXPECT_EQ(lines.Take(),
              (std::vector<std::string>{"info: opened: in memory", "warning: " + Text(closed),
                                        "info: closed: in memory"}));
  }
  go_on.Raise();
  gone.Wait();
}

TEST(Log, OpeningAndClosingAreInfoAndAGivenUpEventIsAWarning) {
  Lines lines;
  FakeCloud fake({.log = lines.Options()});
  EXPECT_EQ(lines.Take(), std::vector<std::string>{"info: opened: in memory"});
  const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
  ASSERT_TRUE(fake.cloud().CreateBucket("letters").ok());
  for (const char* letters : {"", "letters"}) {
    ASSERT_TRUE(
        fake.cloud()
            .RegisterFunction("f", Fail,
                              {.max_retry_attempts = 0,
                               .dead_letter = *letters == '\0' ? Destination{} : ToBucket(letters)})
            .ok());
    ASSERT_TRUE(fake.cloud().AddTrigger({.id = "t", .bucket = "bucket", .function = "f"}).ok());
    ASSERT_TRUE(bucket.Put("k", "v").ok());
    ASSERT_TRUE(fake.Settle().ok());
    ASSERT_TRUE(fake.cloud().UnregisterFunction("f").ok());
    const std::vector<std::string> said = lines.Take();
    ASSERT_EQ(said.size(), 2u);
    EXPECT_EQ(said[1].rfind("warning: function \"f\", event ", 0), 0u) << said[1];
    EXPECT_NE(said[1].find("after 1 run: "), std::string::npos) << said[1];
  }
  // Given up without a run: there is no reason to tell.
  ASSERT_TRUE(fake.cloud().RegisterFunction("f", Fail, {.reserved_concurrency = 0}).ok());
  ASSERT_TRUE(bucket.Put("k", "v").ok());
  ASSERT_TRUE(fake.Settle().ok());
  const std::vector<std::string> said = lines.Take();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find(" after 0 runs (no dead letter)"), std::string::npos) << said[0];
  ASSERT_TRUE(fake.cloud().Close().ok());
  EXPECT_EQ(lines.Take(), std::vector<std::string>{"info: closed: in memory"});
}

}  // namespace
}  // namespace cloudlet::testing
