// Damaged files and failing disks: what RocksKv finds, refuses, and keeps working through.
#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "objstore/kv/power_loss_fs.h"
#include "objstore/kv/rocks_kv_marks.h"
#include "objstore/kv/rocks_kv_testing.h"
#include "rocksdb/file_system.h"

namespace cloudlet::kv {
namespace {

bool Contains(const absl::Status& status, const std::string& part) {
  return std::string(status.message()).find(part) != std::string::npos;
}

// Fails to make files that `hits` picks.
class RefusingFs final : public rocksdb::FileSystemWrapper {
 public:
  explicit RefusingFs(std::function<bool(const std::string&)> hits)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), hits_(std::move(hits)) {}
  const char* Name() const override { return "RefusingFs"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    if (hits_(path)) return rocksdb::IOStatus::NoSpace("No space left on device", path);
    return FileSystemWrapper::NewWritableFile(path, options, file, debug);
  }

 private:
  const std::function<bool(const std::string&)> hits_;
};

class RocksKvDamage : public RocksKvTest {
 protected:
  static constexpr int kSynced = 30;
  static constexpr int kUnsynced = 10;

  // kSynced rows, a durable mark over them, kUnsynced rows; and the process dies. `synced_bytes_`
  // is the part of the log that the mark covers.
  void CrashWithLog() {
    Open();
    for (int i = 0; i < kSynced; ++i) {
      ASSERT_TRUE(Put(kRows, "s" + std::to_string(i), std::string(100, 's')).ok());
    }
    ASSERT_TRUE(kv_->Sync().ok());
    synced_bytes_ = ReadFile(LogPath()).size();
    for (int i = 0; i < kUnsynced; ++i) {
      ASSERT_TRUE(Put(kRows, "u" + std::to_string(i), std::string(100, 'u')).ok());
    }
    CrashIntoCopy();
    pristine_ = root_ + "/pristine";
    std::filesystem::copy(directory_, pristine_, std::filesystem::copy_options::recursive);
  }
  void CloseWithIngested();
  absl::Status Ingest(std::string_view key, size_t size) {
    const std::string value(size, 'i');
    const std::string_view parts[] = {value};
    std::vector<std::unique_ptr<BulkWriter>> writers;
    auto writer = kv_->NewBulkWriter(kPayload);
    if (!writer.ok()) return writer.status();
    writers.push_back(*std::move(writer));
    if (absl::Status added = writers[0]->Add(key, parts); !added.ok()) return added;
    if (absl::Status finished = writers[0]->Finish(); !finished.ok()) return finished;
    return kv_->Ingest(std::move(writers));
  }
  void Restore() {
    kv_.reset();
    std::filesystem::remove_all(directory_);
    std::filesystem::copy(pristine_, directory_, std::filesystem::copy_options::recursive);
  }
  // The log that has bytes; there is one.
  std::string LogPath() const {
    for (const std::string& path : Files(".log")) {
      if (std::filesystem::file_size(path) > 0) return path;
    }
    return "";
  }

  size_t synced_bytes_ = 0;
  std::string pristine_;
};

TEST_F(RocksKvDamage, Log_UndamagedOpensWithEverything) {
  CrashWithLog();
  Open();
  EXPECT_EQ(Get(kRows, "s29"), std::string(100, 's'));
  EXPECT_EQ(Get(kRows, "u9"), std::string(100, 'u'));
}

TEST_F(RocksKvDamage, Log_FlippedBitUnderTheMarkIsDataLossWithBothNumbers) {
  CrashWithLog();
  for (size_t offset = 0; offset < synced_bytes_; offset += 97) {
    Restore();
    FlipBit(LogPath(), offset);
    const auto kv = TryOpen();
    ASSERT_TRUE(absl::IsDataLoss(kv.status())) << offset << ": " << kv.status();
    EXPECT_TRUE(Contains(kv.status(), "synced were 30")) << kv.status();
    EXPECT_TRUE(Contains(kv.status(), directory_)) << kv.status();
  }
}

TEST_F(RocksKvDamage, Log_DamageBehindTheMarkCostsOnlyWhatWasNotSynced) {
  CrashWithLog();
  const size_t size = ReadFile(LogPath()).size();
  for (size_t offset = synced_bytes_; offset < size; offset += 53) {
    Restore();
    if (offset % 2 == 0) {
      FlipBit(LogPath(), offset);
    } else {
      std::filesystem::resize_file(LogPath(), offset);
    }
    Open();
    EXPECT_EQ(Get(kRows, "s29"), std::string(100, 's')) << offset;
    EXPECT_TRUE(Put(kRows, "after", "x", Durability::kSync).ok());
  }
}

TEST_F(RocksKvDamage, Log_RefusedStoreKeepsTheDamagedLogAndStaysRefused) {
  CrashWithLog();
  FlipBit(LogPath(), synced_bytes_ / 2);
  const std::string damaged = ReadFile(LogPath());
  const std::string path = LogPath();
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << round;
    EXPECT_TRUE(ReadFile(path) == damaged) << round;
  }
}

TEST_F(RocksKvDamage, Log_AcceptedLossOpensWhatIsLeftAndIsNotAskedAgain) {
  CrashWithLog();
  FlipBit(LogPath(), synced_bytes_ / 2);
  std::string logged;
  options_.on_loss = OnLoss::kAccept;
  options_.log.sink = [&](const LogEntry& entry) {
    if (entry.level == LogLevel::kError) logged += entry.message;
  };
  Open();
  EXPECT_NE(logged.find("synced were 30"), std::string::npos) << logged;
  EXPECT_EQ(Get(kRows, "s0"), std::string(100, 's'));
  EXPECT_EQ(Get(kRows, "s29"), "<absent>");
  CrashIntoCopy();
  options_.on_loss = OnLoss::kFail;
  options_.log.sink = nullptr;
  Open();
  EXPECT_EQ(Get(kRows, "s0"), std::string(100, 's'));
}

TEST_F(RocksKvDamage, CleanLog_AnyDamageIsDataLoss) {
  CrashWithLog();
  Open();
  ASSERT_TRUE(Put(kRows, "x", std::string(300, 'x')).ok());
  Close();
  std::filesystem::remove_all(pristine_);
  std::filesystem::copy(directory_, pristine_, std::filesystem::copy_options::recursive);
  const size_t size = ReadFile(LogPath()).size();
  for (size_t offset = 0; offset < size; offset += 13) {
    Restore();
    FlipBit(LogPath(), offset);
    EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << offset << ": " << TryOpen().status();
    Restore();
    std::filesystem::resize_file(LogPath(), offset);
    EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << "cut at " << offset;
  }
  Restore();
  std::filesystem::remove(LogPath());
  EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << TryOpen().status();
  Restore();
  Open();
  EXPECT_EQ(Get(kRows, "x"), std::string(300, 'x'));
}

TEST_F(RocksKvDamage, KeptLog_FlippedBitAfterACrashIsDataLoss) {
  CrashWithLog();
  Open();
  Close();
  Open();  // keeps the log and has nothing to sync
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Put(kRows, "x" + std::to_string(i), "x").ok());
  Close();
  Open();
  CrashIntoCopy();
  for (const std::string& path : Files(".log")) {
    if (std::filesystem::file_size(path) > 10) FlipBit(path, 10);
  }
  EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << TryOpen().status();
}

TEST_F(RocksKvDamage, Marks_DamageIsDataLossThatNamesTheFile) {
  CrashWithLog();
  FlipBit(directory_ + "/DURABLE", 20);
  EXPECT_TRUE(absl::IsDataLoss(TryOpen().status()));
  EXPECT_TRUE(Contains(TryOpen().status(), "DURABLE")) << TryOpen().status();
  Restore();
  Open();
  Close();
  FlipBit(directory_ + "/CLEAN", 20);
  EXPECT_TRUE(absl::IsDataLoss(TryOpen().status()));
  EXPECT_TRUE(Contains(TryOpen().status(), "CLEAN")) << TryOpen().status();
}

TEST_F(RocksKvDamage, Current_MissingBesideMarksIsDataLossAndNothingIsDeleted) {
  CrashWithLog();
  std::filesystem::remove(directory_ + "/CURRENT");
  const size_t files = Files("").size();
  EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << TryOpen().status();
  EXPECT_GE(Files("").size(), files);
  options_.create_if_missing = false;
  EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << TryOpen().status();
}

TEST_F(RocksKvDamage, Manifest_FlippedBitIsDataLoss) {
  CrashWithLog();
  const std::string path = Files("MANIFEST").at(0);
  for (size_t offset = 10; offset < ReadFile(path).size(); offset += 41) {
    Restore();
    FlipBit(path, offset);
    EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << offset << ": " << TryOpen().status();
  }
}

// A store whose table is named by the end of its MANIFEST alone, closed.
void RocksKvDamage::CloseWithIngested() {
  Open();
  ASSERT_TRUE(Ingest("big", 300'000).ok());
  Close();
  pristine_ = root_ + "/pristine";
  std::filesystem::copy(directory_, pristine_, std::filesystem::copy_options::recursive);
}

TEST_F(RocksKvDamage, Manifest_CutOrZeroedIsDataLossThatNamesItAndNothingIsDeleted) {
  CloseWithIngested();
  const std::string path = Files("MANIFEST").at(0);
  const std::string whole = ReadFile(path);
  const size_t files = Files("").size();
  for (size_t left = whole.size(); left-- > 0; left -= std::min<size_t>(left, 17)) {
    for (const bool zeroed : {false, true}) {
      Restore();
      const std::string damaged =
          whole.substr(0, left) + std::string(zeroed ? whole.size() - left : 0, '\0');
      if (damaged == whole) continue;
      WriteFile(path, damaged);
      const absl::Status status = TryOpen().status();
      EXPECT_TRUE(absl::IsDataLoss(status)) << left << ": " << status;
      EXPECT_TRUE(Contains(status, path)) << status;
      EXPECT_EQ(Files("").size(), files);
      EXPECT_TRUE(ReadFile(path) == damaged);
    }
  }
  Restore();
  Open();
  EXPECT_EQ(Get(kPayload, "big").size(), 300'000u);
}

TEST_F(RocksKvDamage, Manifest_AcceptedLossIsLoggedAndNotAskedAgain) {
  CloseWithIngested();
  const std::string path = Files("MANIFEST").at(0);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  std::string logged;
  options_.on_loss = OnLoss::kAccept;
  options_.log.sink = [&](const LogEntry& entry) {
    if (entry.level == LogLevel::kError) logged += entry.message;
  };
  Open();
  EXPECT_NE(logged.find(path), std::string::npos) << logged;
  EXPECT_EQ(Get(kPayload, "big"), "<absent>");
  CrashIntoCopy();
  options_.on_loss = OnLoss::kFail;
  options_.log.sink = nullptr;
  Open();
}

TEST_F(RocksKvDamage, Manifest_MissingOrOlderThanTheMarksIsDataLoss) {
  CloseWithIngested();
  Open();
  Close();
  const std::string later = Files("MANIFEST").at(0);
  std::filesystem::remove(later);
  EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << TryOpen().status();
  EXPECT_TRUE(Contains(TryOpen().status(), later)) << TryOpen().status();
  for (const auto& entry : std::filesystem::directory_iterator(pristine_)) {
    const std::string name = entry.path().filename().string();
    if (name == "CURRENT" || name.find("MANIFEST") == 0) {
      std::filesystem::copy_file(entry.path(), directory_ + "/" + name,
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
  EXPECT_TRUE(absl::IsDataLoss(TryOpen().status())) << TryOpen().status();
  EXPECT_TRUE(Contains(TryOpen().status(), "CURRENT names")) << TryOpen().status();
}

// A crash after the MANIFEST has grown and before a mark says so.
TEST_F(RocksKvDamage, Manifest_MayHaveMoreThanTheMarkSaysAndMayHaveLostIt) {
  Open();
  ASSERT_TRUE(Put(kRows, "k", "v", Durability::kSync).ok());
  ASSERT_TRUE(kv_->Sync().ok());
  const size_t marked = ReadFile(Files("MANIFEST").at(0)).size();
  ASSERT_TRUE(Ingest("later", 1000).ok());
  CrashIntoCopy();
  pristine_ = root_ + "/pristine";
  std::filesystem::copy(directory_, pristine_, std::filesystem::copy_options::recursive);
  const std::string path = Files("MANIFEST").at(0);
  ASSERT_GT(ReadFile(path).size(), marked);
  Open();
  EXPECT_EQ(Get(kPayload, "later").size(), 1000u);
  Restore();
  std::filesystem::resize_file(path, marked);
  Open();
  EXPECT_EQ(Get(kRows, "k"), "v");
  EXPECT_EQ(Get(kPayload, "later"), "<absent>");
}

TEST_F(RocksKvDamage, Mark_FollowsTheManifest) {
  options_.now = [] { return absl::UnixEpoch(); };
  Open();
  const std::string path = Files("MANIFEST").at(0);
  const auto marked_bytes = [&] {
    const std::optional<Mark> mark = DecodeMark(ReadFile(directory_ + "/DURABLE"));
    return mark.has_value() ? mark->manifest.bytes : 0;
  };
  const auto is_marked = [&] { return marked_bytes() == ReadFile(path).size(); };
  EXPECT_TRUE(is_marked()) << "after the open";
  ASSERT_TRUE(Put(kRows, "a", "1", Durability::kSync).ok());
  ASSERT_TRUE(Ingest("small", 1000).ok());
  ASSERT_TRUE(Put(kRows, "b", "2", Durability::kSync).ok());
  EXPECT_FALSE(is_marked()) << "within the same second";
  ASSERT_TRUE(kv_->Sync().ok());
  EXPECT_TRUE(is_marked()) << "after a Sync";
  ASSERT_TRUE(Ingest("tiny", 10).ok());
  ASSERT_TRUE(kv_->Sync().ok());
  EXPECT_TRUE(is_marked()) << "also when there was nothing else to sync";
  ASSERT_TRUE(Ingest("t", DurableMark::kLogBytes).ok());
  ASSERT_TRUE(Put(kRows, "c", "3", Durability::kSync).ok());
  EXPECT_TRUE(is_marked()) << "after 8 MiB";
  const size_t before = ReadFile(path).size();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Put(kRows, std::to_string(i), std::string(32 << 10, 'x')).ok());
  }
  // Flushed in the background; the mark comes after. A compaction may follow, without a mark.
  for (int i = 0; i < 20'000 && marked_bytes() <= before; ++i) std::this_thread::yield();
  EXPECT_GT(marked_bytes(), before) << "after a flush, without a sync";
}

TEST_F(RocksKvDamage, Table_FlippedBitIsDataLossOnReadAndNeverOtherBytes) {
  Open();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(
        Put(kPayload, std::to_string(10 + i), std::string(4096, 'p'), Durability::kNone).ok());
  }
  ASSERT_TRUE(kv_->Sync().ok());  // flushes
  Close();
  const std::string path = Files(".sst").at(0);
  FlipBit(path, 30000);
  Open();
  int lost = 0;
  for (int i = 0; i < 20; ++i) {
    const auto value = kv_->Get(kPayload, std::to_string(10 + i));
    if (absl::IsDataLoss(value.status())) {
      ++lost;
    } else {
      ASSERT_TRUE(value.ok() && value->has_value()) << value.status();
      EXPECT_TRUE((*value)->view() == std::string(4096, 'p'));
    }
  }
  EXPECT_GT(lost, 0);
  const std::unique_ptr<Iterator> walk = kv_->NewIterator(kPayload, {});
  for (walk->SeekToFirst(); walk->Valid(); walk->Next()) {
  }
  EXPECT_TRUE(absl::IsDataLoss(walk->status())) << walk->status();
  EXPECT_TRUE(absl::IsDataLoss(kv_->MultiGet(kPayload, {"10", "17", "18"}).status()));
  EXPECT_TRUE(kv_->health().ok()) << "reading bad bytes does not latch";
  EXPECT_TRUE(Put(kRows, "k", "v").ok());
}

TEST_F(RocksKvDamage, Latch_FirstFailedWriteClosesTheDoorForWritersOnly) {
  for (IoFault fault : {IoFault::kInputOutput, IoFault::kNoSpace}) {
    for (Durability durability : {Durability::kBuffered, Durability::kSync}) {
      std::filesystem::remove_all(directory_);
      std::filesystem::create_directories(root_ + "/attic");
      auto fs = std::make_shared<PowerLossFs>(rocksdb::FileSystem::Default(), root_ + "/attic");
      options_.file_system = fs;
      Open();
      ASSERT_TRUE(Put(kRows, "before", "1").ok());
      fs->FailAt(fs->io_count() + 1, Repeat::kOnce, fault);
      const absl::Status first = Put(kRows, "failed", "2", durability);
      EXPECT_TRUE(absl::IsUnavailable(first)) << first;
      EXPECT_TRUE(Contains(first, "outcome unknown")) << first;
      const absl::Status later = Put(kRows, "later", "3");
      EXPECT_TRUE(absl::IsUnavailable(later)) << later;
      EXPECT_TRUE(Contains(later, "injected")) << "names the first cause: " << later;
      EXPECT_TRUE(absl::IsUnavailable(kv_->Sync()));
      EXPECT_TRUE(absl::IsUnavailable(kv_->health()));
      EXPECT_TRUE(absl::IsUnavailable(kv_->NewBulkWriter(kPayload).status()));
      EXPECT_TRUE(absl::IsUnavailable(kv_->Reclaim(kPayload, "a", "b")));
      EXPECT_EQ(Get(kRows, "before"), "1");
      EXPECT_TRUE(absl::IsUnavailable(kv_->Close()));
      kv_.reset();
      EXPECT_FALSE(Has("CLEAN"));
      Open();
      EXPECT_EQ(Get(kRows, "before"), "1");
      EXPECT_EQ(Get(kRows, "later"), "<absent>");
      EXPECT_TRUE(Put(kRows, "again", "4", Durability::kSync).ok());
      kv_.reset();
    }
  }
}

TEST_F(RocksKvDamage, Latch_BackgroundErrorIsNamed) {
  std::atomic<bool> refuse{false};
  options_.file_system = std::make_shared<RefusingFs>(
      [&](const std::string& path) { return refuse && path.find(".sst") != std::string::npos; });
  Open();
  refuse = true;
  absl::Status status;
  const std::string value(32 << 10, 'x');
  for (int i = 0; i < 1000 && status.ok(); ++i) status = Put(kRows, std::to_string(i), value);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(Contains(kv_->health(), "No space left")) << kv_->health();
  EXPECT_EQ(Get(kRows, "0"), value);
  kv_.reset();
}

TEST_F(RocksKvDamage, Bulk_ErrorOfTheSideFileFailsItsWriterAlone) {
  bool refuse = false;
  options_.file_system = std::make_shared<RefusingFs>([&](const std::string& path) {
    return refuse && path.find("/incoming/") != std::string::npos;
  });
  Open();
  refuse = true;
  const auto writer = kv_->NewBulkWriter(kPayload);
  EXPECT_TRUE(absl::IsResourceExhausted(writer.status())) << writer.status();
  refuse = false;
  EXPECT_TRUE(kv_->health().ok());
  EXPECT_TRUE(Put(kRows, "k", "v").ok());
  EXPECT_TRUE(kv_->NewBulkWriter(kPayload).ok());
  kv_.reset();
}

// RocksDB deletes the files of an ingest whose manifest record failed, though that record may have
// reached the disk: kept by StoreFs, they are there when the next open reads it.
TEST_F(RocksKvDamage, Ingest_ThatFailsAnywhereLeavesAStoreThatOpens) {
  int failed = 0;
  for (uint64_t index = 1; index < 60; ++index) {
    directory_ = root_ + "/store" + std::to_string(index);
    std::filesystem::create_directories(root_ + "/attic");
    auto fs = std::make_shared<PowerLossFs>(rocksdb::FileSystem::Default(), root_ + "/attic");
    options_.file_system = fs;
    Open();
    ASSERT_TRUE(Put(kRows, "before", "1", Durability::kSync).ok());
    fs->FailAt(fs->io_count() + index, Repeat::kOnce, IoFault::kInputOutput);
    auto writer = kv_->NewBulkWriter(kPayload);
    absl::Status status = writer.status();
    if (status.ok()) status = (*writer)->Add("big", {std::string(1000, 'x')});
    if (status.ok()) status = (*writer)->Finish();
    std::vector<std::unique_ptr<BulkWriter>> writers;
    if (writer.ok()) writers.push_back(*std::move(writer));
    if (status.ok()) status = kv_->Ingest(std::move(writers));
    writers.clear();
    const bool came_to_the_end = !fs->has_failed();
    failed += status.ok() ? 0 : 1;
    kv_.reset();
    options_.file_system = nullptr;
    Open();
    EXPECT_EQ(Get(kRows, "before"), "1") << "I/O " << index;
    if (status.ok()) {
      EXPECT_EQ(Get(kPayload, "big").size(), 1000u) << "I/O " << index;
    }
    kv_.reset();
    if (came_to_the_end) break;
    EXPECT_LT(index, 59u);
  }
  EXPECT_GT(failed, 5);
}

TEST_F(RocksKvDamage, PowerLoss_SyncedStaysUnsyncedGoes) {
  for (LossMode mode : {LossMode::kCut, LossMode::kTorn, LossMode::kZeros, LossMode::kJunk}) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(root_ + "/attic");
    auto fs = std::make_shared<PowerLossFs>(rocksdb::FileSystem::Default(), root_ + "/attic");
    options_.file_system = fs;
    Open();
    ASSERT_TRUE(Put(kRows, "synced", "1", Durability::kSync).ok());
    ASSERT_TRUE(Put(kRows, "buffered", std::string(3000, 'b')).ok());
    // The log as it is after a cut, in a copy; the store itself goes on unaware and is abandoned.
    fs->LoseUnsynced(mode, 7);
    CrashIntoCopy();
    options_.file_system = nullptr;
    Open();
    EXPECT_EQ(Get(kRows, "synced"), "1");
    EXPECT_EQ(Get(kRows, "buffered"), "<absent>");
    kv_.reset();
    directory_ = root_ + "/store";
  }
}

}  // namespace
}  // namespace cloudlet::kv
