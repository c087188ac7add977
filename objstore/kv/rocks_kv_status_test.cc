// The status table and the marks, as the pure functions they are.
#include "objstore/kv/rocks_kv_status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "objstore/kv/rocks_kv_marks.h"
#include "rocksdb/io_status.h"

namespace cloudlet::kv {
namespace {

using rocksdb::IOStatus;
using rocksdb::Status;

struct Row {
  Status rocks;
  absl::StatusCode code;
  bool open_outcome;
};

std::vector<Row> Table() {
  return {
      {Status::OK(), absl::StatusCode::kOk, false},
      {Status::Corruption("block checksum mismatch"), absl::StatusCode::kDataLoss, false},
      {Status::NoSpace(), absl::StatusCode::kResourceExhausted, true},
      {Status::Incomplete("a: No space left on device"), absl::StatusCode::kResourceExhausted,
       true},
      {Status::IOError("a", "Disk quota exceeded"), absl::StatusCode::kResourceExhausted, true},
      {Status::SpaceLimit(), absl::StatusCode::kResourceExhausted, true},
      {Status::MemoryLimit(), absl::StatusCode::kResourceExhausted, true},
      {Status::InvalidArgument("a"), absl::StatusCode::kInvalidArgument, false},
      {Status::NotSupported("a"), absl::StatusCode::kUnimplemented, false},
      {Status::NotFound("a"), absl::StatusCode::kNotFound, true},
      {Status::PathNotFound("a"), absl::StatusCode::kNotFound, true},
      {IOStatus::PathNotFound("a"), absl::StatusCode::kNotFound, true},
      {Status::IOError("open a", "Permission denied"), absl::StatusCode::kPermissionDenied, true},
      {Status::IOError("open a", "Operation not permitted"), absl::StatusCode::kPermissionDenied,
       true},
      {Status::IOError("a", "Read-only file system"), absl::StatusCode::kPermissionDenied, true},
      {Status::IOError("a", "Not a directory"), absl::StatusCode::kInvalidArgument, true},
      {Status::IOError("a", "Input/output error"), absl::StatusCode::kUnavailable, true},
      {Status::Busy(), absl::StatusCode::kUnavailable, true},
      {Status::TryAgain(), absl::StatusCode::kUnavailable, true},
      {Status::Incomplete("a"), absl::StatusCode::kUnavailable, true},
      {Status::ShutdownInProgress(), absl::StatusCode::kFailedPrecondition, true},
      {Status::ColumnFamilyDropped(), absl::StatusCode::kFailedPrecondition, true},
      {Status::TimedOut(), absl::StatusCode::kDeadlineExceeded, true},
      {Status::Aborted(), absl::StatusCode::kAborted, true},
      {Status::MergeInProgress("a"), absl::StatusCode::kInternal, true},
  };
}

TEST(RocksStatus, EachCodeHasItsAnswer) {
  for (const Row& row : Table()) {
    EXPECT_EQ(FromRocks(row.rocks, "get").code(), row.code) << row.rocks.ToString();
    EXPECT_EQ(LeavesOutcomeOpen(row.rocks), row.open_outcome) << row.rocks.ToString();
  }
}

TEST(RocksStatus, MessageSaysWhatAndWhy) {
  const absl::Status status = FromRocks(Status::Corruption("bad block"), "get");
  EXPECT_EQ(status.message(), "get: Corruption: bad block");
}

TEST(RocksStatus, HeldLockIsFailedPreconditionThatNamesPathAndHolder) {
  const absl::Status elsewhere = FromRocksOpen(
      Status::IOError("While lock file: /s/LOCK", "Resource temporarily unavailable"), "/s");
  EXPECT_EQ(elsewhere, absl::FailedPreconditionError("open /s: already open in another process"));
  const absl::Status here = FromRocksOpen(
      Status::IOError("lock hold by current process, acquire time 1 acquiring thread 2: /s/LOCK",
                      "No locks available"),
      "/s");
  EXPECT_EQ(here, absl::FailedPreconditionError("open /s: already open in this process"));
}

TEST(RocksStatus, LockFileThatCannotBeCreatedIsNotCalledLocked) {
  const absl::Status status = FromRocksOpen(
      Status::IOError("while open a file for lock: /s/LOCK", "Permission denied"), "/s");
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
}

TEST(RocksMarks, LineComesBack) {
  for (uint64_t number : {uint64_t{0}, uint64_t{7}, uint64_t{1} << 56, ~uint64_t{0}}) {
    const Mark mark{number, {number / 2, number / 3, static_cast<uint32_t>(number / 5)}};
    const std::optional<Mark> back = DecodeMark(EncodeMark(mark));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->sequence, mark.sequence);
    EXPECT_TRUE(back->manifest == mark.manifest);
  }
}

TEST(RocksMarks, LineIsAsTheFormatSays) {
  EXPECT_EQ(EncodeMark({42, {7, 1234, 0x0BADF00D}}),
            "cloudlet-mark 1 42 7 1234 0badf00d 0007e3e3\n");
}

TEST(RocksMarks, EveryFlippedBitAndEveryShorterLineIsFound) {
  const std::string line = EncodeMark({1234567, {5, 890, 0x1234ABCD}});
  for (size_t i = 0; i < line.size(); ++i) {
    EXPECT_FALSE(DecodeMark(line.substr(0, i)).has_value()) << i;
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = line;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_FALSE(DecodeMark(flipped).has_value()) << i << "." << bit;
    }
  }
  EXPECT_FALSE(DecodeMark(line + "x").has_value());
}

}  // namespace
}  // namespace cloudlet::kv
