// Stores that cannot be opened, or must not be: in the way, locked, open already, of a newer
// format; full disks; and everything that is used after Close or in a forked child. Each answer
// names the path and leaves the store as it was.
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/kv/power_loss_fs.h"
#include "tests/child_process.h"
#include "tests/rigged_cloud.h"
#include "tests/store_check.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

namespace fs = std::filesystem;

void ExpectError(const absl::Status& status, absl::StatusCode code,
                 const std::vector<std::string>& parts) {
  EXPECT_EQ(status.code(), code) << status;
  for (const std::string& part : parts) {
    EXPECT_NE(std::string(status.message()).find(part), std::string::npos)
        << "no " << part << " in: " << status;
  }
}

class BadStore : public ::testing::Test {
 protected:
  std::string store() const { return folder_ / "store"; }
  // A closed store with one object.
  void MakeStore() {
    Cloud cloud = Cloud::Open(store()).value();
    ASSERT_TRUE(cloud.CreateBucket("bucket")->Put("k", "kept").ok());
    ASSERT_TRUE(cloud.Close().ok());
  }
  void ExpectIntact() {
    absl::StatusOr<Cloud> cloud = Cloud::Open(store());
    ASSERT_TRUE(cloud.ok()) << cloud.status();
    EXPECT_EQ(cloud->bucket("bucket").Get("k")->body, "kept");
    ASSERT_TRUE(cloud->Close().ok());
  }

  TestFolder folder_{"bad-store"};
};

// --- Paths ---

TEST_F(BadStore, Path_WithAFileInTheWayIsRefused) {
  WriteWholeFile(folder_ / "file", "precious");
  ExpectError(Cloud::Open(folder_ / "file").status(), absl::StatusCode::kInvalidArgument,
              {"open ", folder_ / "file"});
  ExpectError(Cloud::Open(folder_ / "file/below").status(), absl::StatusCode::kInvalidArgument,
              {"open ", folder_ / "file/below"});
  ExpectError(Cloud::Open(folder_ / "file/below/deep").status(), absl::StatusCode::kInvalidArgument,
              {"open ", folder_ / "file/below/deep"});
  EXPECT_EQ(ReadWholeFile(folder_ / "file"), "precious");
  fs::create_symlink(folder_ / "nowhere/at/all", folder_ / "dangling");
  EXPECT_FALSE(Cloud::Open(folder_ / "dangling/x", {.create_if_missing = false}).ok());
}

TEST_F(BadStore, Path_EmptyIsRefused) {
  ExpectError(Cloud::Open("").status(), absl::StatusCode::kInvalidArgument, {"open"});
  ExpectError(Cloud::Open(std::string("a\0b", 3)).status(), absl::StatusCode::kInvalidArgument,
              {"open"});
}

TEST_F(BadStore, Path_WithoutAStoreIsNotFoundWhenNoneIsToBeMade) {
  ExpectError(Cloud::Open(store(), {.create_if_missing = false}).status(),
              absl::StatusCode::kNotFound, {store()});
  EXPECT_FALSE(fs::exists(store())) << "nothing was made";
}

TEST_F(BadStore, Path_UnwritableNamesThePath) {
  // Not even root can write in /proc.
  const absl::Status status = Cloud::Open("/proc/cloudlet-store").status();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(std::string(status.message()).find("/proc/cloudlet-store"), std::string::npos)
      << status;
}

TEST_F(BadStore, Options_OutOfRangeAreRefusedBeforeAnythingIsMade) {
  std::vector<OpenOptions> bad(11);
  bad[0].limits.max_key_bytes = 1025;
  bad[1].limits.max_key_bytes = 0;
  bad[2].worker_threads = -1;
  bad[3].limits.max_list_page = 0;
  bad[4].limits.max_object_bytes = 0;
  bad[5].limits.max_buckets = 0;
  bad[6].key_policy = static_cast<KeyPolicy>(42);
  bad[7].on_data_loss = static_cast<OnDataLoss>(9);
  bad[8].limits.max_part_bytes = 0;
  bad[9].limits.max_part_number = 0;
  bad[10].limits.max_part_number = 100'001;
  for (const OpenOptions& options : bad) {
    ExpectError(Cloud::Open(store(), options).status(), absl::StatusCode::kInvalidArgument,
                {"open", store()});
  }
  EXPECT_FALSE(fs::exists(store()));
}

// --- Locks ---

TEST_F(BadStore, OpenTwice_InThisProcessIsRefusedUnderAnySpelling) {
  MakeStore();
  Cloud first = Cloud::Open(store()).value();
  fs::create_directory_symlink(store(), folder_ / "alias");
  for (const std::string& spelling : {store(), store() + "/", folder_.path() + "/./store",
                                      folder_ / "alias", folder_.path() + "/none/../store"}) {
    ExpectError(Cloud::Open(spelling).status(), absl::StatusCode::kFailedPrecondition,
                {"open", "already open"});
  }
  EXPECT_TRUE(first.bucket("bucket").Put("more", "x").ok()) << "the first goes on";
  ASSERT_TRUE(first.Close().ok());
  ExpectIntact();
}

TEST_F(BadStore, OpenElsewhere_IsRefusedUntilThatProcessIsGone) {
  MakeStore();
  ChildProcess holder({"--hold", store()}, folder_ / "stderr");
  ASSERT_EQ(holder.Read(1), 1u);
  ExpectError(Cloud::Open(store()).status(), absl::StatusCode::kFailedPrecondition,
              {"open", store(), "already open"});
  holder.Kill();
  EXPECT_TRUE(holder.Wait().killed());
  ExpectIntact();
}

// --- Formats ---

TEST_F(BadStore, Format_NewerIsRefusedAndNothingIsTouched) {
  MakeStore();
  std::string format;
  {
    auto kv = OpenEngine(store()).value();
    format = std::string((*kv->Get(objstore::kSystem, objstore::kFormatKey))->view());
    const auto batch = kv->NewBatch();
    batch->Put(objstore::kSystem, objstore::kFormatKey, "\x08\x02");  // FormatRow{major: 2}
    ASSERT_TRUE(kv->Write(*batch, kv::Durability::kSync).ok());
    ASSERT_TRUE(kv->Close().ok());
  }
  ExpectError(Cloud::Open(store()).status(), absl::StatusCode::kFailedPrecondition,
              {"open", store(), "format 2", "newer version"});
  {
    auto kv = OpenEngine(store()).value();
    const auto batch = kv->NewBatch();
    batch->Put(objstore::kSystem, objstore::kFormatKey, format);
    ASSERT_TRUE(kv->Write(*batch, kv::Durability::kSync).ok());
    ASSERT_TRUE(kv->Close().ok());
  }
  ExpectIntact();
}

TEST_F(BadStore, Format_ThatDoesNotParseIsDataLoss) {
  MakeStore();
  {
    auto kv = OpenEngine(store()).value();
    const auto batch = kv->NewBatch();
    batch->Put(objstore::kSystem, objstore::kFormatKey, "\xFF\xFF\xFF");
    ASSERT_TRUE(kv->Write(*batch, kv::Durability::kSync).ok());
    ASSERT_TRUE(kv->Close().ok());
  }
  ExpectError(Cloud::Open(store()).status(), absl::StatusCode::kDataLoss,
              {"open", store(), "format"});
}

// --- Full disks ---

// Fills a store until it says no; what it had acknowledged is there, during and after.
void FillDisk(const std::string& store, const std::function<absl::StatusOr<Cloud>()>& open,
              const std::function<void()>& make_room) {
  absl::StatusOr<Cloud> cloud = open();
  ASSERT_TRUE(cloud.ok()) << cloud.status();
  const Bucket bucket = cloud->CreateBucket("bucket", {.retain_events = true}).value();
  static constexpr size_t kSizes[] = {500, 20'000, 300'000, 900'000};
  uint64_t acknowledged = 0;
  absl::Status failed;
  for (uint64_t op = 0; op < 400 && failed.ok(); ++op) {
    PutOptions options;
    options.metadata["op"] = std::to_string(op);
    const absl::StatusOr<PutResult> put =
        bucket.Put(absl::StrCat("k", op), BodyOf(op, kSizes[op % std::size(kSizes)]), options);
    failed = put.status();
    if (put.ok()) acknowledged = op + 1;
  }
  ASSERT_FALSE(failed.ok()) << "the disk was never full";
  ASSERT_GT(acknowledged, 3u);
  ExpectError(failed, failed.code(), {"put \"bucket/k", "No space left"});
  EXPECT_TRUE(absl::IsUnavailable(failed) || absl::IsResourceExhausted(failed)) << failed;
  const auto check = [&](const char* when) {
    Problems problems;
    for (uint64_t op = 0; op < acknowledged; ++op) {
      const auto head = bucket.Head(absl::StrCat("k", op));
      if (!head.ok()) problems.push_back(head.status().ToString());
    }
    CheckBodies(bucket, UINT64_MAX, &problems);
    CompareEventsWithObjects(*cloud, "bucket", AllEvents(*cloud, &problems), &problems);
    CheckVerify(*cloud, &problems);
    EXPECT_EQ(problems, Problems{}) << when;
  };
  check("full");
  // Reopening may need room itself: then it fails, and may be tried again.
  const absl::Status too_early = cloud->Reopen();
  if (!too_early.ok()) {
    ExpectError(too_early, too_early.code(), {"reopen", store});
  }
  make_room();
  const absl::Status reopened = cloud->Reopen();
  ASSERT_TRUE(reopened.ok()) << reopened;
  check("reopened");
  EXPECT_TRUE(
      bucket.Put("after", std::string(50'000, 'a'), {.durability = Durability::kSync}).ok());
  ASSERT_TRUE(cloud->Close().ok());
  cloud = Cloud::Open(store);
  ASSERT_TRUE(cloud.ok()) << cloud.status();
  EXPECT_EQ(cloud->bucket("bucket").Get("after")->info.size, 50'000u);
}

TEST_F(BadStore, FullDisk_KeepsWhatWasAcknowledgedAndReopenMendsIt) {
  fs::create_directories(folder_ / "attic");
  const auto disk =
      std::make_shared<kv::PowerLossFs>(rocksdb::FileSystem::Default(), folder_ / "attic");
  for (const uint64_t after : {120, 121, 150, 233}) {
    SCOPED_TRACE(after);
    fs::remove_all(store());
    FillDisk(
        store(),
        [&] {
          disk->FailAt(disk->io_count() + after, kv::Repeat::kSticky, kv::IoFault::kNoSpace);
          return OpenRigged(store(), {}, {.file_system = disk});
        },
        [&] { disk->StopFailing(); });
  }
}

TEST_F(BadStore, FullDisk_RealOneOfAFewMegabytes) {
  const std::string disk = folder_ / "disk";
  fs::create_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64m") != 0) {
    std::cout << "  no right to mount: only the simulated full disk was tested\n";
    return;
  }
  WriteWholeFile(disk + "/ballast", std::string(40 << 20, 'b'));
  FillDisk(
      disk + "/store", [&] { return Cloud::Open(disk + "/store"); },
      [&] { fs::remove(disk + "/ballast"); });
  EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

// --- After Close ---

TEST_F(BadStore, AfterClose_EveryHandleSaysSoAndNamesTheStore) {
  std::optional<Cloud> cloud(Cloud::Open(store()).value());
  const Bucket bucket = cloud->CreateBucket("bucket").value();
  ASSERT_TRUE(bucket.Put("k", std::string(3 << 20, 'k')).ok());
  ASSERT_TRUE(bucket.Put("small", "s").ok());
  ObjectReader reader = bucket.OpenReader("k").value();
  ObjectReader small = bucket.OpenReader("small").value();
  ObjectWriter writer = bucket.OpenWriter("w").value();
  ObjectWriter filled = bucket.OpenWriter("filled").value();
  ASSERT_TRUE(filled.Write(std::string(20 << 20, 'f')).ok());
  ObjectListing listing = bucket.List();
  ObjectListing begun = bucket.List();
  ASSERT_TRUE(begun.Next().has_value());
  int changes = 0;
  const ObserverToken token = cloud->Observe("bucket", [&](const Change&) { ++changes; });
  ASSERT_TRUE(cloud->Close().ok());
  EXPECT_TRUE(cloud->Close().ok()) << "a second one is OK";

  char buffer[64];
  const auto check = [&](const absl::Status& status) {
    ExpectError(status, absl::StatusCode::kFailedPrecondition, {store(), "closed"});
  };
  const auto check_handles = [&] {
    check(bucket.Put("x", "x").status());
    check(bucket.Get("k").status());
    check(bucket.Head("k").status());
    check(bucket.Delete("k").status());
    check(bucket.ReadInto("k", buffer, sizeof(buffer)).status());
    check(bucket.OpenReader("k").status());
    check(bucket.OpenWriter("k").status());
    check(bucket.ListOnePage().status());
    check(bucket.Info().status());
    check(bucket.As(Caller::Anonymous()).Get("k").status());
    check(reader.Read(buffer, sizeof(buffer)).status());
    check(reader.ReadPiece().status());
    check(writer.Write("x"));
    check(writer.Commit().status());
    check(filled.Commit().status());
  };
  check_handles();
  check(listing.Next().value().status());
  EXPECT_EQ(small.Read(buffer, sizeof(buffer)).value_or(0), 1u) << "it has its bytes already";
  EXPECT_TRUE((*begun.Next())->key == "small") << "its page was read before";
  check(cloud->CreateBucket("more").status());
  check(cloud->DeleteBucket("bucket"));
  check(cloud->ListBuckets().status());
  check(cloud->Events().status());
  check(cloud->VerifyStore().status());
  check(cloud->health());
  check(cloud->Sync());
  const auto closed = [](const absl::Status& status) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  };
  closed(cloud->Reopen());
  closed(cloud->RegisterFunction("f",
                                 [](const Event&, FunctionContext&) { return absl::OkStatus(); }));
  closed(cloud->AddTrigger({.bucket = "bucket", .function = "f"}).status());
  closed(cloud->RemoveTrigger("bucket", "id"));
  closed(cloud->ListTriggers().status());
  closed(cloud->RunUntilIdle().status());
  closed(cloud->Step().status());
  closed(cloud->WaitIdle(absl::Seconds(1)));
  EXPECT_EQ(cloud->stats().puts, 2u) << "counts stay";
  cloud.reset();
  check_handles();
  EXPECT_EQ(changes, 0);
  ExpectError(Cloud::Open(store())->bucket("bucket").Head("filled").status(),
              absl::StatusCode::kNotFound, {});
}

TEST_F(BadStore, AfterClose_InMemoryToo) {
  std::optional<Cloud> cloud(Cloud::InMemory());
  const Bucket bucket = cloud->CreateBucket("bucket").value();
  ASSERT_TRUE(bucket.Put("k", std::string(3 << 20, 'k')).ok());
  const GetResult kept = bucket.Get("k").value();
  ObjectReader reader = bucket.OpenReader("k").value();
  const absl::Cord piece = reader.ReadPiece().value();
  ASSERT_TRUE(cloud->Close().ok());
  cloud.reset();
  EXPECT_TRUE(absl::IsFailedPrecondition(bucket.Get("k").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(reader.ReadPiece().status()));
  EXPECT_EQ(kept.body, std::string(3 << 20, 'k'));
  EXPECT_EQ(piece, std::string(piece.size(), 'k'));
}

// --- Forks ---

// Runs `body` in a forked child: the codes of what it answers, or how the child ended.
std::string InForkedChild(const std::function<std::vector<absl::Status>()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text;
    for (const absl::Status& status : body()) {
      absl::StrAppend(&text, static_cast<int>(status.code()), " ");
    }
    const ssize_t written = ::write(ends[1], text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  char buffer[256] = {};
  const ssize_t got = ::read(ends[0], buffer, sizeof(buffer) - 1);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return absl::StrCat("ended with ", status);
  return std::string(buffer, static_cast<size_t>(std::max<ssize_t>(got, 0)));
}

TEST_F(BadStore, ForkedChild_IsToldSoAndDoesTheParentNoHarm) {
  for (const bool on_disk : {true, false}) {
    std::optional<Cloud> cloud(on_disk ? Cloud::Open(store()).value() : Cloud::InMemory());
    const Bucket bucket = cloud->CreateBucket("bucket").value();
    ASSERT_TRUE(bucket.Put("k", "kept").ok());
    const std::string codes = InForkedChild([&] {
      std::vector<absl::Status> answers = {
          bucket.Put("k", "child").status(),
          bucket.Get("k").status(),
          bucket.Delete("k").status(),
          bucket.ListOnePage().status(),
          cloud->CreateBucket("more").status(),
          cloud->Events().status(),
          cloud->Sync(),
          cloud->health(),
          cloud->RunUntilIdle().status(),
          cloud->WaitIdle(absl::Seconds(1)),
          cloud->Step().status(),
          cloud->Reopen(),
          cloud->Close(),
      };
      cloud.reset();  // neither waits for threads that are not there, nor closes the parent's store
      return answers;
    });
    EXPECT_EQ(codes, "9 9 9 9 9 9 9 9 9 9 9 9 9 ") << "9 is FAILED_PRECONDITION";
    EXPECT_EQ(bucket.Get("k")->body, "kept");
    EXPECT_TRUE(bucket.Put("more", "x").ok());
    ASSERT_TRUE(cloud->Close().ok());
  }
  ExpectIntact();
}

}  // namespace

// Opens a store, says so, and waits to be killed.
int Hold(const std::string& store) {
  absl::StatusOr<Cloud> cloud = Cloud::Open(store);
  if (!cloud.ok() || ::write(STDOUT_FILENO, "o", 1) != 1) return 1;
  while (true) ::pause();
}

}  // namespace cloudlet::testing

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--hold") return cloudlet::testing::Hold(argv[2]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
