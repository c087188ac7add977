// RocksKv gives the space of deleted values back: in the background, beside readers and writers,
// and at Close.
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/real_deadline.h"
#include "objstore/kv/rocks_kv_testing.h"

namespace cloudlet::kv {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kLeft = 18 * kMiB;  // what is not worth a compaction, and a little

class RocksKvSpace : public RocksKvTest {
 protected:
  RocksKvSpace() { options_.write_buffer_bytes = 2 << 20; }
  static std::string Key(int i) { return absl::StrCat("k", 1'000 + i); }
  void Fill(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(Put(kPayload, Key(i), std::string(kMiB, static_cast<char>('a' + i % 26))).ok());
    }
  }
  // Deletes and tells.
  absl::Status Free(int i) {
    const auto batch = kv_->NewBatch();
    batch->Delete(kPayload, Key(i));
    const absl::Status status = kv_->Write(*batch, Durability::kBuffered);
    kv_->Freed(kPayload, Key(i), Key(i + 1), kMiB);
    return status;
  }
  uint64_t LiveBytes() { return kv_->stats().live_bytes; }
  // Whether the tables come down to `bytes` while nothing else is done.
  bool ComesDownTo(uint64_t bytes) {
    const base::RealDeadline deadline(absl::Minutes(1));
    while (LiveBytes() > bytes && !deadline.passed()) std::this_thread::yield();
    return LiveBytes() <= bytes;
  }
  uint64_t TableBytes() {
    uint64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory_)) {
      if (file.path().extension() == ".sst") bytes += file.file_size();
    }
    return bytes;
  }
};

TEST_F(RocksKvSpace, ComesBackInTheBackground_WhenNothingIsWrittenAnyMore) {
  Open();
  Fill(64);
  ASSERT_GE(LiveBytes(), 60 * kMiB);
  for (int i = 0; i < 64; ++i) {
    if (i == 10) continue;
    ASSERT_TRUE(Free(i).ok());
  }
  EXPECT_TRUE(ComesDownTo(kMiB + kLeft)) << LiveBytes();
  EXPECT_EQ(Get(kPayload, Key(10)), std::string(kMiB, 'k'));
  EXPECT_EQ(Get(kPayload, Key(11)), "<absent>");
}

TEST_F(RocksKvSpace, ComesBackAtClose) {
  Open();
  Fill(64);
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(Free(i).ok());
  Close();
  EXPECT_LE(TableBytes(), kLeft);
  Open();
  EXPECT_EQ(Get(kPayload, Key(10)), "<absent>");
}

// A quarter of the tables is not worth it, and less than 16 MiB is not either.
TEST_F(RocksKvSpace, ALittle_Stays) {
  Open();
  Fill(40);
  const uint64_t before = LiveBytes();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Free(i).ok());
  Close();
  EXPECT_GE(TableBytes(), before - kMiB);
}

TEST_F(RocksKvSpace, BesideReadersAndWriters_EachSeesWhatIsThere) {
  Open();
  Fill(64);
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::thread reader([&] {
    while (!done) {
      for (int i = 3; i < 64; i += 4) {
        if (Get(kPayload, Key(i)).size() != kMiB) ++wrong;
      }
    }
  });
  std::thread writer([&] {
    for (int i = 0; !done; ++i) {
      if (!Put(kRows, absl::StrCat("row", i), "value").ok()) ++wrong;
    }
  });
  for (int i = 0; i < 64; ++i) {
    if (i % 4 == 3) continue;
    EXPECT_TRUE(Free(i).ok());
  }
  EXPECT_TRUE(ComesDownTo(16 * kMiB + kLeft)) << LiveBytes();
  done = true;
  reader.join();
  writer.join();
  EXPECT_EQ(wrong.load(), 0);
}

// An iterator keeps what it walks.
TEST_F(RocksKvSpace, UnderAnIterator) {
  Open();
  Fill(64);
  const auto it = kv_->NewIterator(kPayload, {});
  it->SeekToFirst();
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(Free(i).ok());
  EXPECT_TRUE(ComesDownTo(kLeft)) << LiveBytes();
  int rows = 0;
  for (; it->Valid(); it->Next()) ++rows;
  EXPECT_TRUE(it->status().ok()) << it->status();
  EXPECT_EQ(rows, 64);
}

}  // namespace
}  // namespace cloudlet::kv
