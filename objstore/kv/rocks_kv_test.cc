// RocksKv's own promises, beyond the conformance suite: opening and its errors, closing, marks,
// families, side files. The program also plays the other process that wants the store: `--try-open
// DIRECTORY` exits with 0 when it could not.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "objstore/kv/rocks_kv_marks.h"
#include "objstore/kv/rocks_kv_options.h"
#include "objstore/kv/rocks_kv_testing.h"

extern char** environ;  // NOLINT: POSIX has no header for it

namespace cloudlet::kv {

bool Contains(const absl::Status& status, const std::string& part) {
  return std::string(status.message()).find(part) != std::string::npos;
}

int TryOpenAsOtherProcess(const std::string& directory) {
  const auto kv = OpenRocksKv(directory, SmallOptions());
  return absl::IsFailedPrecondition(kv.status()) &&
                 Contains(kv.status(), directory + ": already open in another process")
             ? 0
             : 1;
}

namespace {

// The sequence number of a mark.
std::optional<uint64_t> MarkIn(const std::string& directory, std::string_view name) {
  const std::optional<Mark> mark = DecodeMark(ReadFile(directory + "/" + std::string(name)));
  return mark.has_value() ? std::optional<uint64_t>(mark->sequence) : std::nullopt;
}

TEST_F(RocksKvTest, Open_MissingStoreIsNotFoundAndNothingIsMade) {
  options_.create_if_missing = false;
  const auto kv = TryOpen();
  EXPECT_TRUE(absl::IsNotFound(kv.status())) << kv.status();
  EXPECT_TRUE(Contains(kv.status(), directory_)) << kv.status();
  EXPECT_FALSE(std::filesystem::exists(directory_));
}

TEST_F(RocksKvTest, Open_MakesMissingParents) {
  directory_ = root_ + "/a/b/c";
  Open();
  EXPECT_TRUE(Has("CURRENT"));
}

TEST_F(RocksKvTest, Open_PathThatIsAFileIsInvalidArgumentThatNamesIt) {
  WriteFile(root_ + "/file", "x");
  directory_ = root_ + "/file";
  const auto file = TryOpen();
  EXPECT_TRUE(absl::IsInvalidArgument(file.status())) << file.status();
  EXPECT_TRUE(Contains(file.status(), directory_)) << file.status();
  directory_ = root_ + "/file/store";
  EXPECT_TRUE(absl::IsInvalidArgument(TryOpen().status())) << TryOpen().status();
}

TEST_F(RocksKvTest, Open_PathThatCannotBeMadeNamesIt) {
  directory_ = "/proc/no-such-thing/store";
  const auto kv = TryOpen();
  EXPECT_TRUE(absl::IsNotFound(kv.status()) || absl::IsPermissionDenied(kv.status()))
      << kv.status();
  EXPECT_TRUE(Contains(kv.status(), directory_)) << kv.status();
}

TEST_F(RocksKvTest, Open_TwiceInOneProcessIsFailedPreconditionInAnySpelling) {
  Open();
  ASSERT_TRUE(Put(kRows, "k", "v").ok());
  std::filesystem::create_directory_symlink(directory_, root_ + "/link");
  const std::string real = directory_;
  for (const std::string& spelling :
       {real, real + "/", root_ + "/./store", root_ + "/store/../store", root_ + "/link"}) {
    directory_ = spelling;
    const auto kv = TryOpen();
    EXPECT_TRUE(absl::IsFailedPrecondition(kv.status())) << spelling << ": " << kv.status();
    EXPECT_TRUE(Contains(kv.status(), real + ": already open in this process")) << kv.status();
  }
  // The refused openers have touched nothing.
  EXPECT_EQ(Get(kRows, "k"), "v");
  EXPECT_TRUE(Put(kRows, "k", "w").ok());
}

TEST_F(RocksKvTest, Open_InAnotherProcessIsFailedPrecondition) {
  Open();
  std::string self = "/proc/self/exe", mode = "--try-open";
  char* const args[] = {self.data(), mode.data(), directory_.data(), nullptr};
  pid_t child = 0;
  ASSERT_EQ(::posix_spawn(&child, self.c_str(), nullptr, nullptr, args, environ), 0);
  int result = -1;
  ASSERT_EQ(::waitpid(child, &result, 0), child);
  EXPECT_TRUE(WIFEXITED(result) && WEXITSTATUS(result) == 0) << result;
}

// Every file under `directory`, with its bytes.
std::map<std::string, std::string> Tree(const std::string& directory) {
  std::map<std::string, std::string> tree;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    tree[entry.path().string()] = entry.is_regular_file() ? ReadFile(entry.path().string()) : "/";
  }
  return tree;
}

TEST_F(RocksKvTest, Open_OfADirectoryThatIsNoStoreIsRefusedAndChangesNothing) {
  for (const std::string name :
       {"notes.txt", "000009.sst", "000007.log", "000011.dbtmp", "CURRENT", "MANIFEST-000001",
        "LOCK", "CLEAN", "incoming/precious.txt", "incoming/sub/file"}) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(
        std::filesystem::path(directory_ + "/" + name).parent_path());
    WriteFile(directory_ + "/" + name, "MANIFEST-000001\n");
    const auto before = Tree(directory_);
    for (int again = 0; again < 2; ++again) {
      const auto kv = TryOpen();
      EXPECT_TRUE(absl::IsFailedPrecondition(kv.status())) << name << ": " << kv.status();
      EXPECT_TRUE(Contains(kv.status(), directory_ + ": not empty and not a cloudlet store"))
          << kv.status();
      EXPECT_EQ(Tree(directory_), before) << name;
    }
  }
}

TEST_F(RocksKvTest, Open_OfAnotherProgramsDatabaseIsRefusedAndChangesNothing) {
  Open();
  ASSERT_TRUE(Put(kRows, "k", "v").ok());
  Close();
  // What RocksDB itself would have left.
  for (const char* ours : {"/STORE-LOCK", "/CLEAN", "/DURABLE", "/incoming"}) {
    std::filesystem::remove_all(directory_ + ours);
  }
  const auto before = Tree(directory_);
  EXPECT_TRUE(absl::IsFailedPrecondition(TryOpen().status())) << TryOpen().status();
  EXPECT_EQ(Tree(directory_), before);
}

TEST_F(RocksKvTest, Open_OfAnEmptyDirectoryOrAFreshFileSystemMakesAStore) {
  std::filesystem::create_directories(directory_ + "/lost+found");
  Open();
  Close();
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/lost+found"));
  std::filesystem::remove_all(directory_);
  std::filesystem::create_directories(directory_);
  Open();
}

TEST_F(RocksKvTest, Open_StoreWithoutItsLockFileIsKnownByItsMarks) {
  Open();
  ASSERT_TRUE(Put(kRows, "k", "v", Durability::kSync).ok());
  CrashIntoCopy();
  std::filesystem::remove(directory_ + "/STORE-LOCK");
  Open();  // by DURABLE
  Close();
  std::filesystem::remove(directory_ + "/STORE-LOCK");
  std::filesystem::remove(directory_ + "/DURABLE");
  Open();  // by CLEAN
  EXPECT_EQ(Get(kRows, "k"), "v");
}

TEST_F(RocksKvTest, Open_GoesOnWithACreationThatWasInterrupted) {
  std::filesystem::create_directories(directory_ + "/incoming");
  WriteFile(directory_ + "/STORE-LOCK", "");
  WriteFile(directory_ + "/LOCK", "");
  WriteFile(directory_ + "/IDENTITY", "half");
  WriteFile(directory_ + "/MANIFEST-000001", "half");
  WriteFile(directory_ + "/000001.dbtmp", "MANI");
  Open();
  ASSERT_TRUE(Put(kRows, "k", "v").ok());
  Close();
  Open();
  EXPECT_EQ(Get(kRows, "k"), "v");
}

TEST_F(RocksKvTest, Open_FamilyNamesMustBeThereDistinctAndNotReserved) {
  for (const std::vector<FamilySpec>& families : std::vector<std::vector<FamilySpec>>{
           {}, {{"a"}, {"a"}}, {{"a"}, {""}}, {{"a"}, {"default"}}}) {
    options_.families = families;
    EXPECT_TRUE(absl::IsInvalidArgument(TryOpen().status())) << TryOpen().status();
  }
}

TEST_F(RocksKvTest, Open_UnknownFamiliesAreKeptAndMissingOnesMade) {
  Open();
  ASSERT_TRUE(Put(kLog, "k", "of log").ok());
  Close();
  options_.families = {{"rows"}, {"payload", FamilyKind::kPayload}, {"new"}};
  Open();
  EXPECT_EQ(Get(2, "k"), "<absent>");
  ASSERT_TRUE(Put(2, "k", "of new").ok());
  Close();
  options_.families = {{"rows"}, {"new"}, {"log", FamilyKind::kLog}};
  Open();
  EXPECT_EQ(Get(1, "k"), "of new");
  EXPECT_EQ(Get(2, "k"), "of log");
}

TEST_F(RocksKvTest, Open_LeavesNoOptionsAndNoLogFiles) {
  Open();
  ASSERT_TRUE(Put(kRows, "k", "v").ok());
  Close();
  Open();
  EXPECT_EQ(Files("OPTIONS"), std::vector<std::string>());
  EXPECT_FALSE(Has("LOG"));
}

TEST_F(RocksKvTest, Log_GoesToTheSinkAsComponentRocksdb) {
  int rocks_lines = 0, other_lines = 0, options_lines = 0;
  options_.log.level = LogLevel::kInfo;
  options_.log.sink = [&](const LogEntry& entry) {
    (entry.component == "rocksdb" ? rocks_lines : other_lines)++;
    if (entry.message.find("persist options") != std::string_view::npos) ++options_lines;
    EXPECT_TRUE(entry.message.empty() || entry.message.back() != '\n');
  };
  Open();
  Close();
  EXPECT_GT(rocks_lines, 0);
  EXPECT_EQ(other_lines, 0);
  EXPECT_EQ(options_lines, 0);
  rocks_lines = 0;
  options_.log.level = LogLevel::kWarning;
  Open();
  Close();
  EXPECT_EQ(rocks_lines, 0);
}

TEST_F(RocksKvTest, Close_MarksACleanEndAndOpenTurnsItIntoTheDurableMark) {
  Open();
  ASSERT_TRUE(Put(kRows, "a", "1").ok());
  ASSERT_TRUE(Put(kRows, "b", "2").ok());
  EXPECT_FALSE(Has("CLEAN"));
  Close();
  EXPECT_EQ(MarkIn(directory_, kCleanMark), 2u);
  Open();
  EXPECT_FALSE(Has("CLEAN"));
  EXPECT_EQ(MarkIn(directory_, kDurableMark), 2u);
  EXPECT_EQ(Get(kRows, "a") + Get(kRows, "b"), "12");
}

TEST_F(RocksKvTest, Open_KeepsSmallLogsOfACleanStoreButNotManyOfThem) {
  Open();
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(Put(kRows, std::to_string(i), "v").ok());
    Close();
    Open();
    EXPECT_LE(Files(".log").size(), 6u);
    for (int j = 0; j <= i; ++j) ASSERT_EQ(Get(kRows, std::to_string(j)), "v") << i;
  }
  EXPECT_GT(Files(".log").size(), 0u);
}

TEST_F(RocksKvTest, Close_KeepsWritesWithoutLogAndTheMarkHolds) {
  Open();
  ASSERT_TRUE(Put(kRows, "a", "1", Durability::kNone).ok());
  Close();
  Open();
  EXPECT_EQ(Get(kRows, "a"), "1");
}

TEST_F(RocksKvTest, Close_IsIdempotentAndLaterCallsAreFailedPrecondition) {
  Open();
  const std::unique_ptr<Batch> batch = kv_->NewBatch();
  batch->Put(kRows, "k", "v");
  ASSERT_TRUE(kv_->Close().ok());
  EXPECT_TRUE(kv_->Close().ok());
  batch->Put(kRows, "l", "v");
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->Write(*batch, Durability::kBuffered)));
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->Sync()));
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->Get(kRows, "k").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->MultiGet(kRows, {"k"}).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->NewIterator(kRows, {})->status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->NewBulkWriter(kRows).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->Ingest({})));
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->Reclaim(kRows, "a", "b")));
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->health()));
  EXPECT_NE(kv_->TakeSnapshot(), nullptr);
  EXPECT_EQ(kv_->stats().live_bytes, 0u);
}

TEST_F(RocksKvTest, Close_LastIteratorOrSnapshotEndsTheStore) {
  Open();
  ASSERT_TRUE(Put(kRows, "k", "v").ok());
  std::unique_ptr<Iterator> iterator = kv_->NewIterator(kRows, {});
  std::shared_ptr<const Snapshot> snapshot = kv_->TakeSnapshot();
  EXPECT_TRUE(kv_->Close().ok());
  kv_.reset();
  iterator->SeekToFirst();
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(iterator->value(), "v");
  iterator.reset();
  EXPECT_TRUE(absl::IsFailedPrecondition(TryOpen().status()));
  snapshot.reset();
  EXPECT_TRUE(Has("CLEAN"));
  Open();
  EXPECT_EQ(Get(kRows, "k"), "v");
}

TEST_F(RocksKvTest, Close_AmidWritersKeepsEveryAcknowledgedWrite) {
  Open();
  constexpr int kThreads = 4;
  std::atomic<int> acked_in_all{0};
  std::vector<int> acked(kThreads, 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      absl::Status status;
      while (status.ok()) {
        const Durability durability = t == 0 ? Durability::kSync : Durability::kBuffered;
        status = Put(kRows, std::to_string(t) + "." + std::to_string(acked[t]), "v", durability);
        if (status.ok() && t == 1) status = kv_->Sync();
        if (status.ok() && t == 2) status = kv_->NewIterator(kRows, {})->status();
        if (status.ok()) ++acked[t], ++acked_in_all;
      }
      EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    });
  }
  while (acked_in_all.load() < 500) std::this_thread::yield();
  EXPECT_TRUE(kv_->Close().ok());
  for (std::thread& thread : threads) thread.join();
  kv_.reset();
  Open();
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < acked[t]; ++i) {
      ASSERT_EQ(Get(kRows, std::to_string(t) + "." + std::to_string(i)), "v");
    }
  }
}

TEST_F(RocksKvTest, PinnedBytes_OutliveTheStore) {
  Open();
  const std::string value(100 << 10, 'x');
  ASSERT_TRUE(Put(kPayload, "k", value, Durability::kNone).ok());
  ASSERT_TRUE(kv_->Sync().ok());  // into a table, and so into the block cache
  auto pinned = kv_->Get(kPayload, "k");
  ASSERT_TRUE(pinned.ok() && pinned->has_value());
  Close();
  EXPECT_TRUE((*pinned)->view() == value);
}

TEST_F(RocksKvTest, DurableMark_IsWrittenAtEachSyncAndAtMostOncePerSecondOtherwise) {
  absl::Time now = absl::UnixEpoch();
  options_.now = [&now] { return now; };
  Open();
  const auto mark = [&] { return MarkIn(directory_, kDurableMark).value_or(0); };
  ASSERT_TRUE(Put(kRows, "a", "1").ok());
  EXPECT_EQ(mark(), 0u) << "nothing has been synced";
  ASSERT_TRUE(Put(kRows, "b", "2", Durability::kSync).ok());
  EXPECT_EQ(mark(), 2u) << "the first sync writes it, and covers earlier writes";
  ASSERT_TRUE(Put(kRows, "c", "3", Durability::kSync).ok());
  EXPECT_EQ(mark(), 2u) << "within the same second";
  now += DurableMark::kInterval;
  ASSERT_TRUE(Put(kRows, "d", "4").ok());
  EXPECT_EQ(mark(), 2u) << "not synced";
  ASSERT_TRUE(Put(kRows, "e", "5", Durability::kSync).ok());
  EXPECT_EQ(mark(), 5u);
  ASSERT_TRUE(Put(kRows, "f", "6").ok());
  ASSERT_TRUE(kv_->Sync().ok());
  EXPECT_EQ(mark(), 6u) << "Sync always writes it";
  ASSERT_TRUE(Put(kPayload, "g", std::string(DurableMark::kLogBytes, 'x')).ok());
  ASSERT_TRUE(Put(kRows, "h", "8", Durability::kSync).ok());
  EXPECT_EQ(mark(), 8u) << "8 MiB of log";
}

TEST_F(RocksKvTest, Bulk_WhatIsLeftBehindIsGone) {
  Open();
  const std::string_view value = "v";
  {
    auto writer = kv_->NewBulkWriter(kPayload);
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE((*writer)->Add("k", {value}).ok());
    EXPECT_FALSE(std::filesystem::is_empty(directory_ + "/incoming"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_ + "/incoming"));
  Close();
  WriteFile(directory_ + "/incoming/1.sst", "left by a dead process");
  Open();
  EXPECT_TRUE(std::filesystem::is_empty(directory_ + "/incoming"));
  EXPECT_EQ(Get(kPayload, "k"), "<absent>");
}

TEST_F(RocksKvTest, Bulk_DestroyedInAForkedChildIsStillTheParents) {
  Open();
  const std::string value(100'000, 'v');
  const std::string_view parts[] = {value};
  auto writer = kv_->NewBulkWriter(kPayload);
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*writer)->Add("a", parts).ok());
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    writer->reset();
    ::_exit(0);
  }
  int result = -1;
  ASSERT_EQ(::waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
  ASSERT_TRUE((*writer)->Add("b", parts).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  std::vector<std::unique_ptr<BulkWriter>> writers;
  writers.push_back(*std::move(writer));
  const absl::Status ingested = kv_->Ingest(std::move(writers));
  ASSERT_TRUE(ingested.ok()) << ingested;
  EXPECT_EQ(Get(kPayload, "a"), value);
  EXPECT_EQ(Get(kPayload, "b"), value);
}

TEST_F(RocksKvTest, Bulk_IngestUnderASnapshotIsUnseenByItAndLeavesNoFile) {
  Open();
  ASSERT_TRUE(Put(kPayload, "a", "1").ok());
  std::shared_ptr<const Snapshot> snapshot = kv_->TakeSnapshot();
  auto writer = kv_->NewBulkWriter(kPayload);
  ASSERT_TRUE(writer.ok());
  const std::string_view value = "2";
  ASSERT_TRUE((*writer)->Add("b", {value}).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  std::vector<std::unique_ptr<BulkWriter>> writers;
  writers.push_back(*std::move(writer));
  ASSERT_TRUE(kv_->Ingest(std::move(writers)).ok());
  EXPECT_EQ(Get(kPayload, "b"), "2");
  GetOptions then;
  then.snapshot = snapshot.get();
  const auto before = kv_->Get(kPayload, "b", then);
  EXPECT_TRUE(before.ok() && !before->has_value());
  EXPECT_TRUE(std::filesystem::is_empty(directory_ + "/incoming"));
  snapshot.reset();
  CrashIntoCopy();
  Open();
  EXPECT_EQ(Get(kPayload, "b"), "2");
}

TEST_F(RocksKvTest, Reclaim_DropsWholeFilesAndDeletesTheRest) {
  Open();
  const std::string value(4 << 10, 'x');
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(Put(kPayload, std::to_string(1000 + i), value).ok());
  }
  ASSERT_TRUE(Put(kPayload, "2000", "stays").ok());
  ASSERT_TRUE(kv_->Reclaim(kPayload, "1000", "1599").ok());
  for (int i = 0; i < 599; ++i) {
    ASSERT_EQ(Get(kPayload, std::to_string(1000 + i)), "<absent>") << i;
  }
  EXPECT_EQ(Get(kPayload, "1599"), value);
  EXPECT_EQ(Get(kPayload, "2000"), "stays");
}

TEST_F(RocksKvTest, Stats_TellWhatIsThere) {
  Open();
  ASSERT_TRUE(Put(kPayload, "k", std::string(100 << 10, 'x')).ok());
  EXPECT_GE(kv_->stats().log_bytes, 100u << 10);
  EXPECT_GE(kv_->stats().memory_table_bytes, 100u << 10);
  ASSERT_TRUE(Put(kPayload, "l", "x", Durability::kNone).ok());
  ASSERT_TRUE(kv_->Sync().ok());
  EXPECT_GE(kv_->stats().live_bytes, 100u << 10);
}

TEST(RocksKvOptions, AreTunedAsTheDesignSays) {
  const RocksKvOptions options = SmallOptions();
  for (FamilyKind kind : {FamilyKind::kRows, FamilyKind::kPayload, FamilyKind::kLog}) {
    const rocksdb::Options tuned = TunedOptions(kind, options);
    EXPECT_TRUE(tuned.atomic_flush);
    EXPECT_TRUE(tuned.avoid_flush_during_shutdown);
    EXPECT_EQ(tuned.max_file_opening_threads, 1);
    EXPECT_EQ(tuned.max_bgerror_resume_count, 0);
    EXPECT_EQ(tuned.max_write_buffer_number, 2);
    // Only the sum over all families is ever reached.
    EXPECT_EQ(tuned.db_write_buffer_size, 2 * options.write_buffer_bytes);
    EXPECT_GT(tuned.write_buffer_size, tuned.db_write_buffer_size);
    EXPECT_EQ(tuned.max_total_wal_size, std::numeric_limits<uint64_t>::max());
  }
  EXPECT_EQ(TunedOptions(FamilyKind::kPayload, options).compression, rocksdb::kNoCompression);
  EXPECT_NE(DescribeOptions(options).find("atomic_flush"), std::string::npos);
}

}  // namespace
}  // namespace cloudlet::kv

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--try-open") {
    return cloudlet::kv::TryOpenAsOtherProcess(argv[2]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
