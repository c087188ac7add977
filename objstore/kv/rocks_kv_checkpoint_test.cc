// Checkpoints of RocksKv: one moment of all families while writes go on, and nothing half done,
// deleted or latched when something is in the way or fails.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "objstore/kv/power_loss_fs.h"
#include "objstore/kv/rocks_kv_marks.h"
#include "objstore/kv/rocks_kv_testing.h"
#include "rocksdb/file_system.h"

namespace cloudlet::kv {
namespace {

namespace fs = std::filesystem;

bool Contains(const absl::Status& status, const std::string& part) {
  return std::string(status.message()).find(part) != std::string::npos;
}

// As a destination on another file system: nothing can be linked.
class NoLinkFs final : public rocksdb::FileSystemWrapper {
 public:
  NoLinkFs() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "NoLinkFs"; }
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string&, const rocksdb::IOOptions&,
                             rocksdb::IODebugContext*) override {
    return rocksdb::IOStatus::NotSupported("No cross FS links allowed", from);
  }
};

class RocksKvCheckpoint : public RocksKvTest {
 protected:
  void SetUp() override {
    RocksKvTest::SetUp();
    copy_ = root_ + "/copy";
  }

  absl::Status Ingest(Kv& kv, std::string_view key, std::string_view value) {
    auto writer = kv.NewBulkWriter(kPayload);
    if (!writer.ok()) return writer.status();
    absl::Status status = (*writer)->Add(key, {value});
    if (status.ok()) status = (*writer)->Finish();
    if (!status.ok()) return status;
    std::vector<std::unique_ptr<BulkWriter>> writers;
    writers.push_back(*std::move(writer));
    return kv.Ingest(std::move(writers));
  }

  // Something in tables, something ingested, something in the log alone.
  void OpenWithSomething() {
    Open();
    ASSERT_TRUE(Put(kRows, "table", std::string(5000, 't'), Durability::kNone).ok());
    ASSERT_TRUE(Put(kLog, "table", "t", Durability::kNone).ok());
    ASSERT_TRUE(kv_->Sync().ok());
    ASSERT_TRUE(Ingest(*kv_, "ingested", std::string(100'000, 'i')).ok());
    ASSERT_TRUE(Put(kRows, "buffered", "b").ok());
    ASSERT_TRUE(Put(kLog, "buffered", "b").ok());
  }

  std::unique_ptr<Kv> OpenCopy(const std::string& directory) {
    RocksKvOptions options = options_;
    options.file_system = nullptr;
    options.create_if_missing = false;
    auto kv = OpenRocksKv(directory, options);
    EXPECT_TRUE(kv.ok()) << directory << ": " << kv.status();
    return kv.ok() ? *std::move(kv) : nullptr;
  }
  static std::string GetFrom(Kv& kv, Family family, std::string_view key) {
    auto value = kv.Get(family, key);
    if (!value.ok()) return value.status().ToString();
    return value->has_value() ? std::string((*value)->view()) : "<absent>";
  }
  void ExpectSomethingIn(const std::string& directory) {
    const std::unique_ptr<Kv> copy = OpenCopy(directory);
    ASSERT_NE(copy, nullptr);
    EXPECT_EQ(GetFrom(*copy, kRows, "table"), std::string(5000, 't'));
    EXPECT_EQ(GetFrom(*copy, kLog, "table"), "t");
    EXPECT_EQ(GetFrom(*copy, kPayload, "ingested"), std::string(100'000, 'i'));
    EXPECT_EQ(GetFrom(*copy, kRows, "buffered"), "b");
    EXPECT_EQ(GetFrom(*copy, kLog, "buffered"), "b");
  }
  bool Exists(const std::string& path) const { return fs::exists(path); }

  std::string copy_;
};

TEST_F(RocksKvCheckpoint, HasAllThatWasWrittenAndIsAStoreOfItsOwn) {
  OpenWithSomething();
  ASSERT_TRUE(kv_->Checkpoint(copy_).ok());
  EXPECT_TRUE(Exists(copy_ + "/STORE-LOCK"));
  EXPECT_FALSE(Exists(copy_ + ".partial"));
  ASSERT_TRUE(Put(kRows, "later", "l").ok());
  {
    const std::unique_ptr<Kv> copy = OpenCopy(copy_);
    ASSERT_NE(copy, nullptr);
    EXPECT_EQ(GetFrom(*copy, kRows, "later"), "<absent>");
    const auto batch = copy->NewBatch();
    batch->Put(kRows, "in the copy", "c");
    batch->Delete(kRows, "table");
    ASSERT_TRUE(copy->Write(*batch, Durability::kSync).ok());
    ASSERT_TRUE(Ingest(*copy, "more", "m").ok());
    ASSERT_TRUE(copy->Reclaim(kPayload, "ingested", "ingesteE").ok());
    // A checkpoint of a checkpoint.
    ASSERT_TRUE(copy->Checkpoint(root_ + "/copy of copy").ok());
    ASSERT_TRUE(copy->Close().ok());
  }
  EXPECT_EQ(Get(kRows, "in the copy"), "<absent>");
  EXPECT_EQ(Get(kRows, "table"), std::string(5000, 't'));
  EXPECT_EQ(Get(kPayload, "ingested"), std::string(100'000, 'i'));
  EXPECT_EQ(Get(kRows, "later"), "l");
  const std::unique_ptr<Kv> second = OpenCopy(root_ + "/copy of copy");
  EXPECT_EQ(GetFrom(*second, kRows, "in the copy"), "c");
  EXPECT_EQ(GetFrom(*second, kPayload, "more"), "m");
}

TEST_F(RocksKvCheckpoint, HasWhatWasWrittenWithoutLog) {
  Open();
  ASSERT_TRUE(Put(kRows, "k", "v", Durability::kNone).ok());
  ASSERT_TRUE(kv_->Checkpoint(copy_).ok());
  EXPECT_EQ(GetFrom(*OpenCopy(copy_), kRows, "k"), "v");
}

TEST_F(RocksKvCheckpoint, OfAnEmptyStoreAndOfOneJustReopened) {
  Open();
  ASSERT_TRUE(kv_->Checkpoint(copy_).ok());
  EXPECT_EQ(GetFrom(*OpenCopy(copy_), kRows, "buffered"), "<absent>");
  kv_.reset();
  OpenWithSomething();
  Close();
  Open();
  ASSERT_TRUE(kv_->Checkpoint(root_ + "/second").ok());
  ExpectSomethingIn(root_ + "/second");
}

TEST_F(RocksKvCheckpoint, AfterAnIngestUnderASnapshotOpens) {
  Open();
  ASSERT_TRUE(Put(kRows, "k", "v").ok());
  const auto snapshot = kv_->TakeSnapshot();
  ASSERT_TRUE(Ingest(*kv_, "ingested", "i").ok());
  ASSERT_TRUE(kv_->Checkpoint(copy_).ok());
  EXPECT_EQ(GetFrom(*OpenCopy(copy_), kPayload, "ingested"), "i");
}

TEST_F(RocksKvCheckpoint, CopiesWhereNothingCanBeLinked) {
  options_.file_system = std::make_shared<NoLinkFs>();
  Open();
  ASSERT_TRUE(Put(kRows, "table", std::string(3 << 20, 't'), Durability::kNone).ok());
  ASSERT_TRUE(kv_->Sync().ok());
  ASSERT_TRUE(Put(kRows, "buffered", "b").ok());
  ASSERT_TRUE(kv_->Checkpoint(copy_).ok());
  kv_.reset();
  fs::remove_all(directory_);
  const std::unique_ptr<Kv> copy = OpenCopy(copy_);
  EXPECT_EQ(GetFrom(*copy, kRows, "table"), std::string(3 << 20, 't'));
  EXPECT_EQ(GetFrom(*copy, kRows, "buffered"), "b");
}

// --- One moment ---

// Writers that each do one thing after another, numbered from 1; and what a copy must show of it.
class Writers {
 public:
  static constexpr int kThreads = 3;
  static constexpr int kKept = 5;

  explicit Writers(Kv& kv, std::function<absl::Status(std::string_view, std::string_view)> ingest)
      : kv_(kv), ingest_(std::move(ingest)) {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this, i] { Run(i); });
  }
  ~Writers() {
    stop_ = true;
    Allow(0);
    for (std::thread& thread : threads_) thread.join();
  }

  int done(int writer) const { return done_[writer]; }
  // Each may do `more` beyond what the one that is ahead has done.
  void Allow(int more) {
    base::MutexLock lock(&mutex_);
    for (const std::atomic<int>& done : done_) allowed_ = std::max(allowed_, done + more);
    changed_.SignalAll();
  }

  // The number in that row of the copy.
  static int NumberIn(Kv& copy, Family family, std::string_view key) {
    const auto row = copy.Get(family, key);
    return row.ok() && row->has_value() ? std::stoi(std::string((*row)->view())) : 0;
  }

 private:
  bool MayDo(int n) {
    base::MutexLock lock(&mutex_);
    while (n > allowed_ && !stop_) changed_.Wait(&mutex_);
    return !stop_;
  }
  void Run(int writer) {
    for (int n = 1; MayDo(n); ++n) {
      const std::string number = std::to_string(n);
      const std::string key = absl::StrCat("w", writer, "/", number);
      // As a put does it: the bytes first, by way of an ingest now and then, then the row.
      const bool bulk = writer != 0;
      if (bulk) {
        const absl::Status ingested = ingest_(key, std::string(3000, 'p'));
        EXPECT_TRUE(ingested.ok()) << key << ": " << ingested;
      }
      const std::unique_ptr<Batch> batch = kv_.NewBatch();
      batch->Put(kRows, absl::StrCat("w", writer), number);
      batch->Put(kRows, key, std::string(500, 'x'));
      batch->Put(kLog, absl::StrCat("w", writer), number);
      if (n > 1) batch->Delete(kLog, absl::StrCat("w", writer, "/", n - 1));
      batch->Put(kLog, key, number);
      if (!bulk) batch->Put(kPayload, key, std::string(3000, 'p'));
      EXPECT_TRUE(kv_.Write(*batch, n % 50 == 0 ? Durability::kSync : Durability::kBuffered).ok());
      done_[writer] = n;
      if (bulk && n > kKept) Free(writer, n - kKept);
    }
  }

  // As a sweep does it: the bytes first, then the row that knows of them.
  void Free(int writer, int n) {
    const std::string key = absl::StrCat("w", writer, "/", n);
    EXPECT_TRUE(kv_.Reclaim(kPayload, key, key + '\0').ok());
    const std::unique_ptr<Batch> batch = kv_.NewBatch();
    batch->Put(kLog, absl::StrCat("freed", writer), std::to_string(n));
    EXPECT_TRUE(kv_.Write(*batch, Durability::kBuffered).ok());
  }

  Kv& kv_;
  const std::function<absl::Status(std::string_view, std::string_view)> ingest_;
  std::atomic<bool> stop_{false};
  std::atomic<int> done_[kThreads] = {};
  base::Mutex mutex_;
  base::CondVar changed_;
  int allowed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> threads_;
};

TEST_F(RocksKvCheckpoint, IsOneMomentOfAllFamiliesWhileWritersAndIngestsGoOn) {
  // Its syncs take no time, which leaves more to meet in a checkpoint's moment.
  fs::create_directories(root_ + "/attic");
  options_.file_system =
      std::make_shared<PowerLossFs>(rocksdb::FileSystem::Default(), root_ + "/attic");
  Open();
  constexpr int kPerRound = 60;
  const bool full = std::getenv("CLOUDLET_FULL") != nullptr;
  Writers writers(*kv_, [this](std::string_view key, std::string_view value) {
    return Ingest(*kv_, key, value);
  });
  for (int round = 0; round < (full ? 300 : 12); ++round) {
    int before[Writers::kThreads];
    for (int w = 0; w < Writers::kThreads; ++w) before[w] = writers.done(w);
    const std::string at = absl::StrCat(copy_, round);
    writers.Allow(kPerRound);
    ASSERT_TRUE(kv_->Checkpoint(at).ok());
    int after[Writers::kThreads];
    for (int w = 0; w < Writers::kThreads; ++w) after[w] = writers.done(w) + 1;
    std::unique_ptr<Kv> copy = OpenCopy(at);
    ASSERT_NE(copy, nullptr);
    for (int w = 0; w < Writers::kThreads; ++w) {
      const std::string name = absl::StrCat("w", w);
      const int number = Writers::NumberIn(*copy, kRows, name);
      const int freed = Writers::NumberIn(*copy, kLog, absl::StrCat("freed", w));
      EXPECT_GE(number, before[w]) << "acknowledged before the call";
      EXPECT_LE(number, after[w]);
      EXPECT_EQ(GetFrom(*copy, kLog, name), number == 0 ? "<absent>" : std::to_string(number));
      for (int n = std::max(1, number - 2 * kPerRound); n <= number; ++n) {
        const std::string key = absl::StrCat(name, "/", n);
        ASSERT_EQ(GetFrom(*copy, kRows, key).size(), 500u) << key;
        const std::string payload = GetFrom(*copy, kPayload, key);
        ASSERT_TRUE(n > freed ? payload.size() == 3000 || n == freed + 1 : payload == "<absent>")
            << key << " of " << number << ", freed up to " << freed << ": " << payload.size();
        ASSERT_EQ(GetFrom(*copy, kLog, key), n == number ? std::to_string(n) : "<absent>") << key;
      }
      EXPECT_EQ(GetFrom(*copy, kRows, absl::StrCat(name, "/", number + 1)), "<absent>");
    }
    copy.reset();
    fs::remove_all(at);
  }
}

TEST_F(RocksKvCheckpoint, SeveralAtOnceAndTwoToOneDirectoryOfWhichOneWins) {
  OpenWithSomething();
  std::vector<std::thread> threads;
  std::atomic<int> same_ok{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      EXPECT_TRUE(kv_->Checkpoint(absl::StrCat(copy_, i)).ok());
      const absl::Status same = kv_->Checkpoint(copy_);
      same_ok += same.ok() ? 1 : 0;
      EXPECT_TRUE(same.ok() || absl::IsAlreadyExists(same) || absl::IsFailedPrecondition(same) ||
                  absl::IsNotFound(same))
          << same;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same_ok, 1);
  EXPECT_FALSE(Exists(copy_ + ".partial"));
  for (const std::string part : {"", "0", "1", "2", "3"}) ExpectSomethingIn(copy_ + part);
  // Files are let go of again.
  ASSERT_TRUE(Put(kRows, "big", std::string(1 << 20, 'x')).ok());
  EXPECT_TRUE(kv_->Sync().ok());
}

TEST_F(RocksKvCheckpoint, BesideACloseEitherIsWholeOrFailsCleanly) {
  for (int round = 0; round < 4; ++round) {
    OpenWithSomething();
    const std::string at = absl::StrCat(copy_, round);
    std::atomic<bool> began{false};
    absl::Status status;
    std::thread other([&] {
      began = true;
      status = kv_->Checkpoint(at);
    });
    while (!began) std::this_thread::yield();
    EXPECT_TRUE(kv_->Close().ok());
    other.join();
    EXPECT_FALSE(Exists(at + ".partial"));
    if (status.ok()) {
      ExpectSomethingIn(at);
    } else {
      EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
      EXPECT_FALSE(Exists(at));
    }
    kv_.reset();
    fs::remove_all(directory_);
  }
}

// --- What is in the way ---

TEST_F(RocksKvCheckpoint, TakesAnEmptyDirectoryAndMakesMissingParents) {
  OpenWithSomething();
  fs::create_directories(copy_);
  ASSERT_TRUE(kv_->Checkpoint(copy_ + "/").ok());
  ExpectSomethingIn(copy_);
  ASSERT_TRUE(kv_->Checkpoint(root_ + "/a/b/c").ok());
  ExpectSomethingIn(root_ + "/a/b/c");
}

TEST_F(RocksKvCheckpoint, ToSomethingThatIsThereIsAlreadyExistsAndTouchesNothing) {
  OpenWithSomething();
  ASSERT_TRUE(kv_->Checkpoint(copy_).ok());
  WriteFile(root_ + "/file", "precious");
  fs::create_directories(root_ + "/full/sub");
  for (const std::string& at : {copy_, root_ + "/file", root_ + "/full", root_}) {
    const absl::Status status = kv_->Checkpoint(at);
    EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
    EXPECT_TRUE(Contains(status, "checkpoint to " + at)) << status;
    EXPECT_FALSE(Exists(at + ".partial"));
  }
  EXPECT_EQ(ReadFile(root_ + "/file"), "precious");
  EXPECT_TRUE(Exists(root_ + "/full/sub"));
  ExpectSomethingIn(copy_);
}

TEST_F(RocksKvCheckpoint, ToNoPlaceOrIntoTheStoreItselfIsInvalidArgument) {
  OpenWithSomething();
  fs::create_directory_symlink(directory_, root_ + "/link");
  for (const std::string& at : {std::string(), std::string("a\0b", 3), directory_,
                                directory_ + "/copy", root_ + "/link/copy"}) {
    const absl::Status status = kv_->Checkpoint(at);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(kv_->Checkpoint(directory_ + "/CURRENT/copy")));
  WriteFile(root_ + "/file", "precious");
  const absl::Status status = kv_->Checkpoint(root_ + "/file/copy");
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(ReadFile(root_ + "/file"), "precious");
}

TEST_F(RocksKvCheckpoint, RemovesALeftoverThatIsItsOwnBeyondDoubtOnly) {
  OpenWithSomething();
  const std::string partial = copy_ + ".partial";
  const auto leave = [&partial](const std::vector<std::string>& files) {
    fs::remove_all(partial);
    fs::create_directories(partial);
    for (const std::string& file : files) {
      fs::create_directories(fs::path(partial + "/" + file).parent_path());
      WriteFile(partial + "/" + file, "precious");
    }
  };
  const std::vector<std::vector<std::string>> theirs = {
      {"notes.txt"},
      {"STORE-LOCK", "CURRENT"},
      {"store/CURRENT"},
      {"CHECKPOINT", "notes.txt"},
      {"CHECKPOINT", "STORE-LOCK"},
      {"CHECKPOINT", "store/STORE-LOCK", "store/CURRENT"},
      {"CHECKPOINT", "store/incoming/1.sst"},
  };
  for (const auto& files : theirs) {
    leave(files);
    for (int again = 0; again < 2; ++again) {
      const absl::Status status = kv_->Checkpoint(copy_);
      EXPECT_TRUE(absl::IsFailedPrecondition(status)) << files.back() << ": " << status;
      EXPECT_TRUE(Contains(status, partial)) << status;
      for (const std::string& file : files) EXPECT_EQ(ReadFile(partial + "/" + file), "precious");
      EXPECT_FALSE(Exists(copy_));
    }
  }
  fs::remove_all(partial);
  WriteFile(partial, "precious");
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->Checkpoint(copy_)));
  EXPECT_EQ(ReadFile(partial), "precious");
  fs::remove_all(partial);

  const std::vector<std::vector<std::string>> ours = {
      {}, {"CHECKPOINT"}, {"CHECKPOINT", "store/000001.sst", "store/DURABLE.tmp"}};
  for (const auto& files : ours) {
    leave(files);
    fs::remove_all(copy_);
    const absl::Status status = kv_->Checkpoint(copy_);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_FALSE(Exists(partial));
    ExpectSomethingIn(copy_);
  }
}

// Emptied, it would be somebody else's directory.
TEST_F(RocksKvCheckpoint, FollowsNoLinkWhereItIsBuilt) {
  OpenWithSomething();
  const std::string partial = copy_ + ".partial";
  const std::string theirs = copy_ + "-theirs";
  fs::create_directories(theirs);
  WriteFile(theirs + "/key", "precious");
  fs::create_directories(partial);
  WriteFile(partial + "/CHECKPOINT", "");
  fs::create_directory_symlink(theirs, partial + "/store");
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->Checkpoint(copy_)));
  EXPECT_EQ(ReadFile(theirs + "/key"), "precious");
  fs::remove_all(partial);
  WriteFile(theirs + "/CHECKPOINT", "");
  fs::create_directory_symlink(theirs, partial);
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->Checkpoint(copy_)));
  EXPECT_EQ(ReadFile(theirs + "/CHECKPOINT"), "");
  EXPECT_FALSE(Exists(copy_));
}

// --- What fails ---

TEST_F(RocksKvCheckpoint, AnErrorAnywhereLeavesNoDirectoryAndTheStoreAsItWas) {
  for (Repeat repeat : {Repeat::kOnce, Repeat::kSticky}) {
    const IoFault fault = repeat == Repeat::kOnce ? IoFault::kInputOutput : IoFault::kNoSpace;
    fs::remove_all(directory_);
    fs::create_directories(root_ + "/attic");
    auto disk = std::make_shared<PowerLossFs>(rocksdb::FileSystem::Default(), root_ + "/attic",
                                              CountedIo::kChangesAndReads);
    options_.file_system = disk;
    OpenWithSomething();
    int failed = 0;
    // Every other one of each kind, unless all are asked for.
    const bool full = std::getenv("CLOUDLET_FULL") != nullptr;
    for (uint64_t index = repeat == Repeat::kOnce ? 1 : 2;; index += full ? 1 : 2) {
      ASSERT_LT(index, 200u);
      const std::string trace = absl::StrCat("I/O ", index, repeat == Repeat::kOnce ? "" : " on");
      SCOPED_TRACE(trace);
      const uint64_t begin = disk->io_count();
      disk->FailAt(begin + index, repeat, fault);
      const absl::Status status = kv_->Checkpoint(copy_);
      const bool to_the_end = disk->io_count() < begin + index;
      disk->StopFailing();
      EXPECT_TRUE(kv_->health().ok()) << kv_->health();
      if (!status.ok()) {
        ++failed;
        EXPECT_TRUE(Contains(status, "injected")) << status;
        EXPECT_EQ(absl::IsResourceExhausted(status), fault == IoFault::kNoSpace) << status;
        // Only a disk that takes no rename any more keeps it, whole.
        EXPECT_EQ(Exists(copy_), Contains(status, "is there but may not stay")) << status;
        EXPECT_TRUE(repeat == Repeat::kSticky || !Exists(copy_)) << status;
      }
      if (!Exists(copy_)) {
        // What could not be removed does not bar the next one.
        const absl::Status next = kv_->Checkpoint(copy_);
        ASSERT_TRUE(next.ok()) << next;
        EXPECT_FALSE(Exists(copy_ + ".partial"));
      }
      // What only takes away, or has another way (a copy for a link), may fail without an error.
      ExpectSomethingIn(copy_);
      fs::remove_all(copy_);
      if (to_the_end) break;
    }
    EXPECT_GT(failed, 8);
    EXPECT_TRUE(Put(kRows, "goes on", "1", Durability::kSync).ok());
    EXPECT_TRUE(Ingest(*kv_, "goes on", "1").ok());
    Close();
    Open();
    EXPECT_EQ(Get(kRows, "goes on"), "1");
    kv_.reset();
  }
}

TEST_F(RocksKvCheckpoint, SurvivesAPowerCutRightBehindIt) {
  for (LossMode mode : {LossMode::kCut, LossMode::kTorn, LossMode::kJunk}) {
    fs::remove_all(directory_);
    fs::remove_all(copy_);
    fs::remove_all(copy_ + ".partial");
    fs::create_directories(root_ + "/attic");
    auto disk = std::make_shared<PowerLossFs>(rocksdb::FileSystem::Default(), root_ + "/attic");
    options_.file_system = disk;
    OpenWithSomething();
    ASSERT_TRUE(kv_->Checkpoint(copy_).ok());
    // PowerLossFs cannot bring back a directory, and would need it to undo the rename.
    fs::create_directories(copy_ + ".partial");
    disk->LoseUnsynced(mode, 7);
    ExpectSomethingIn(copy_);
    kv_.reset();
  }
}

TEST_F(RocksKvCheckpoint, OfALatchedStoreIsUnavailableAndMakesNothing) {
  fs::create_directories(root_ + "/attic");
  auto disk = std::make_shared<PowerLossFs>(rocksdb::FileSystem::Default(), root_ + "/attic");
  options_.file_system = disk;
  OpenWithSomething();
  disk->FailAt(disk->io_count() + 1, Repeat::kOnce, IoFault::kInputOutput);
  ASSERT_FALSE(Put(kRows, "failed", "1").ok());
  const absl::Status status = kv_->Checkpoint(copy_);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_FALSE(Exists(copy_));
  EXPECT_FALSE(Exists(copy_ + ".partial"));
  kv_.reset();
  Open();
  ASSERT_TRUE(kv_->Checkpoint(copy_).ok());
  ExpectSomethingIn(copy_);
}

TEST_F(RocksKvCheckpoint, AfterCloseIsFailedPrecondition) {
  OpenWithSomething();
  ASSERT_TRUE(kv_->Close().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(kv_->Checkpoint(copy_)));
  EXPECT_FALSE(Exists(copy_));
}

TEST_F(RocksKvCheckpoint, DamageToItIsDataLossWhenItIsOpened) {
  OpenWithSomething();
  options_.create_if_missing = false;
  const std::string store = directory_;
  for (const char* part : {".log", "MANIFEST-", "DURABLE"}) {
    directory_ = absl::StrCat(copy_, part);
    ASSERT_TRUE(kv_->Checkpoint(directory_).ok());
    const std::vector<std::string> files = Files(part);
    ASSERT_FALSE(files.empty()) << part;
    FlipBit(files[0], ReadFile(files[0]).size() / 2);
    EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << part << ": " << TryOpen().status();
  }
  directory_ = store;
}

}  // namespace
}  // namespace cloudlet::kv
