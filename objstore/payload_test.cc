// How bodies lie in the store by size, with their digests, and that damage is seen.
#include "objstore/payload.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/crc.h"
#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

constexpr uint64_t kMax = 1 << 30;
constexpr DigestPlan kAll = {true, ChecksumAlgorithm::kSha256};

class PayloadTest : public ::testing::Test {
 protected:
  PayloadTest() { EXPECT_TRUE(sequencer_.Load().ok()); }

  std::unique_ptr<PayloadWriter> Writer(uint64_t expected_bytes = 0) {
    return std::make_unique<PayloadWriter>(kv_.get(), &sequencer_, garbage_, kAll, expected_bytes);
  }
  enum class Size { kUnknown, kKnown };  // to the writer, from the start
  absl::StatusOr<std::unique_ptr<LocalStaged>> Stage(std::string_view body, size_t piece,
                                                     Size known = Size::kUnknown) {
    const std::unique_ptr<PayloadWriter> writer = Writer(known == Size::kKnown ? body.size() : 0);
    for (; !body.empty(); body.remove_prefix(std::min(piece, body.size()))) {
      if (absl::Status s = writer->Append(body.substr(0, piece), kMax); !s.ok()) return s;
    }
    return writer->Finish();
  }
  absl::StatusOr<std::string> Read(uint64_t id, uint64_t size, uint64_t crc64, uint64_t offset,
                                   uint64_t length) {
    PayloadReader reader(id, size, crc64, offset, length);
    std::string body;
    while (true) {
      absl::StatusOr<absl::Cord> piece = reader.Next(*kv_);
      if (!piece.ok()) return piece.status();
      if (piece->empty()) return body;
      EXPECT_LE(piece->size(), kChunkBytes);
      body += std::string(*piece);
    }
  }
  size_t Rows(kv::Family family) {
    size_t rows = 0;
    const auto it = kv_->NewIterator(family, {});
    for (it->SeekToFirst(); it->Valid(); it->Next()) ++rows;
    return rows;
  }
  // Replaces a chunk row; an empty value deletes it.
  void Damage(uint64_t id, uint32_t chunk, const std::string& row) {
    const auto batch = kv_->NewBatch();
    if (row.empty()) {
      batch->Delete(kPayload, ChunkKey(id, chunk));
    } else {
      batch->Put(kPayload, ChunkKey(id, chunk), row);
    }
    ASSERT_TRUE(kv_->Write(*batch, kv::Durability::kBuffered).ok());
  }
  std::string ChunkRow(uint64_t id, uint32_t chunk) {
    return std::string(kv_->Get(kPayload, ChunkKey(id, chunk)).value()->view());
  }

  KeptEngine engine_;
  std::unique_ptr<kv::Kv> kv_ = engine_.Open();
  Sequencer sequencer_{kv_.get()};
  std::shared_ptr<Garbage> garbage_ = std::make_shared<Garbage>(kv_.get());
};

constexpr uint64_t kMiB = 1 << 20;

TEST_F(PayloadTest, EverySize_AroundEachThreshold_ReadsBackWithItsDigests) {
  const uint64_t sizes[] = {
      0,    1,        1024,     1025,         65536,    65537,        kMiB - 1,
      kMiB, kMiB + 1, 2 * kMiB, 4 * kMiB - 1, 4 * kMiB, 4 * kMiB + 1, 5 * kMiB + 5};
  for (size_t run = 0; run < 2 * std::size(sizes); ++run) {
    const uint64_t size = sizes[run / 2];
    const std::string body = Bytes(size, size + 1);
    auto staged = Stage(body, 100'003, run % 2 == 0 ? Size::kUnknown : Size::kKnown);
    ASSERT_TRUE(staged.ok()) << size << ": " << staged.status();
    const BodyDigests& digests = (*staged)->digests;
    EXPECT_EQ((*staged)->size(), size);
    EXPECT_EQ(digests.size, size);
    EXPECT_EQ(digests.crc64nvme, base::Crc64Nvme(body)) << size;
    EXPECT_EQ(digests.md5, base::Md5Of(body)) << size;
    ASSERT_TRUE(digests.checksum.has_value());
    EXPECT_EQ(digests.checksum->digest, DigestOf(ChecksumAlgorithm::kSha256, body)) << size;
    if (size <= kBatchBytes) {
      EXPECT_EQ((*staged)->payload_id, 0u) << size;
      EXPECT_EQ((*staged)->bytes, body);
      EXPECT_EQ(Rows(kPayload), 0u);
    } else {
      EXPECT_NE((*staged)->payload_id, 0u) << size;
      EXPECT_TRUE((*staged)->bytes.empty());
      EXPECT_EQ(Rows(kPayload), ChunksOf(size)) << size;
      EXPECT_TRUE(kv_->Get(kOwners, GarbageKey((*staged)->payload_id)).value().has_value());
      const auto read = Read((*staged)->payload_id, size, digests.crc64nvme, 0, size);
      ASSERT_TRUE(read.ok()) << size << ": " << read.status();
      EXPECT_EQ(*read == body, true) << size;
    }
    staged->reset();
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(garbage_->Sweep(10).ok());
    EXPECT_EQ(Rows(kPayload), 0u) << "not taken, and still there: " << size;
    EXPECT_EQ(Rows(kOwners), 0u) << size;
  }
}

TEST_F(PayloadTest, Pieces_OfAnySize_GiveTheSameBody) {
  for (const uint64_t size : {3 * kMiB + 7, 9 * kMiB + 123}) {
    const std::string body = Bytes(size);
    for (const uint64_t piece : {uint64_t{4096}, kMiB - 1, kMiB, kMiB + 1, 4 * kMiB, 32 * kMiB}) {
      for (const Size known : {Size::kUnknown, Size::kKnown}) {
        const auto staged = Stage(body, piece, known);
        ASSERT_TRUE(staged.ok()) << staged.status();
        EXPECT_EQ((*staged)->digests.md5, base::Md5Of(body)) << piece;
        const auto read = Read((*staged)->payload_id, size, base::Crc64Nvme(body), 0, size);
        ASSERT_TRUE(read.ok()) << piece << ": " << read.status();
        EXPECT_EQ(*read == body, true) << piece;
      }
    }
  }
}

TEST_F(PayloadTest, UpTo4MiBGoesThroughTheLog_AboveAsAFile) {
  ASSERT_TRUE(Stage(Bytes(kMiB), kMiB).ok());  // takes the lease
  for (const Size known : {Size::kUnknown, Size::kKnown}) {
    const int before = engine_.controls->writes;
    ASSERT_TRUE(Stage(Bytes(4 * kMiB), kMiB, known).ok());
    EXPECT_EQ(engine_.controls->writes - before, 4);  // chunks, the first with the 'g' row
    ASSERT_TRUE(Stage(Bytes(4 * kMiB + 1), kMiB, known).ok());
    EXPECT_EQ(engine_.controls->writes - before, 5);  // the 'g' row
  }
}

TEST_F(PayloadTest, BodyOfAKnownSize_IsNotGatheredFirst) {
  for (const uint64_t size : {2 * kMiB, 8 * kMiB}) {
    const auto writer = Writer(size);
    const int before = engine_.controls->writes;
    ASSERT_TRUE(writer->Append(Bytes(kMiB), kMax).ok());
    EXPECT_EQ(engine_.controls->writes - before >= 1, size == 2 * kMiB) << size;
    ASSERT_TRUE(writer->Append(Bytes(size - kMiB), kMax).ok());
    ASSERT_TRUE(writer->Finish().ok());
  }
}

TEST_F(PayloadTest, Ranges_GiveTheirBytes) {
  const std::string body = Bytes(3 * kMiB + 17);
  const auto staged = Stage(body, kMiB);
  ASSERT_TRUE(staged.ok()) << staged.status();
  const uint64_t crc64 = base::Crc64Nvme(body);
  for (const auto& [offset, length] :
       std::vector<std::pair<uint64_t, uint64_t>>{{0, 1},
                                                  {kMiB - 1, 1},
                                                  {kMiB - 1, 2},
                                                  {kMiB, kMiB},
                                                  {5, 2 * kMiB},
                                                  {3 * kMiB + 16, 1},
                                                  {1, body.size() - 1},
                                                  {0, body.size() - 1},
                                                  {0, body.size()}}) {
    const auto read = Read((*staged)->payload_id, body.size(), crc64, offset, length);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read == body.substr(offset, length), true) << offset << "+" << length;
  }
}

TEST_F(PayloadTest, DamagedChunk_IsDataLoss_WhereItIsTouched) {
  const std::string body = Bytes(3 * kMiB);
  const auto staged = Stage(body, kMiB);
  ASSERT_TRUE(staged.ok()) << staged.status();
  const uint64_t id = (*staged)->payload_id;
  const uint64_t crc64 = base::Crc64Nvme(body);
  const std::string good = ChunkRow(id, 1);
  std::vector<std::string> damaged;
  for (const size_t at : {size_t{0}, good.size() / 2, good.size() - 9, good.size() - 1}) {
    damaged.push_back(good);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 0x10);
  }
  damaged.push_back(good.substr(1));
  damaged.push_back(good + "x");
  damaged.push_back("");               // gone
  damaged.push_back(ChunkRow(id, 0));  // another chunk, sound in itself
  for (size_t i = 0; i < damaged.size(); ++i) {
    Damage(id, 1, damaged[i]);
    EXPECT_EQ(CodeOf(Read(id, body.size(), crc64, 0, body.size())), "DATA_LOSS") << i;
    const auto untouched = Read(id, body.size(), crc64, 0, kMiB);
    ASSERT_TRUE(untouched.ok()) << untouched.status();
    EXPECT_EQ(*untouched == body.substr(0, kMiB), true);
    if (i + 1 < damaged.size()) {
      EXPECT_EQ(CodeOf(Read(id, body.size(), crc64, kMiB + 5, 1)), "DATA_LOSS") << i;
    }
    Damage(id, 1, good);
  }
  EXPECT_TRUE(Read(id, body.size(), crc64, 0, body.size()).ok());
}

TEST_F(PayloadTest, DataLoss_SaysBothValues) {
  const auto staged = Stage(Bytes(2 * kMiB), kMiB);
  ASSERT_TRUE(staged.ok());
  const auto read = Read((*staged)->payload_id, 2 * kMiB, 0xABC, 0, 2 * kMiB);
  EXPECT_EQ(CodeOf(read), "DATA_LOSS");
  EXPECT_NE(read.status().message().find("expected 0000000000000ABC"), absl::string_view::npos)
      << read.status();
}

TEST_F(PayloadTest, Writer_DroppedBeforeFinish_LeavesNothing) {
  for (const uint64_t size : {uint64_t{100}, 2 * kMiB, 6 * kMiB}) {
    const auto writer = Writer();
    ASSERT_TRUE(writer->Append(Bytes(size), kMax).ok());
  }
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(garbage_->Sweep(10).ok());
  EXPECT_EQ(Rows(kPayload), 0u);
  EXPECT_EQ(Rows(kOwners), 0u);
}

TEST_F(PayloadTest, Writer_RefusesMoreThanTheLimit) {
  const auto writer = Writer();
  ASSERT_TRUE(writer->Append("12345", 10).ok());
  ASSERT_TRUE(writer->Append("67890", 10).ok());
  EXPECT_EQ(CodeOf(writer->Append("x", 10)), "EntityTooLarge");
  const auto other = Writer();
  EXPECT_EQ(CodeOf(other->Append("12345678901", 10)), "EntityTooLarge");
}

TEST_F(PayloadTest, Writer_AfterAnError_GivesNoBody) {
  const auto too_large = Writer();
  EXPECT_EQ(CodeOf(too_large->Append("12345678901", 10)), "EntityTooLarge");
  EXPECT_EQ(CodeOf(too_large->Append("1", 10)), "EntityTooLarge");
  EXPECT_EQ(CodeOf(too_large->Finish()), "EntityTooLarge");

  const auto failing = Writer();
  ASSERT_TRUE(failing->Append(Bytes(2 * kMiB), kMax).ok());
  engine_.controls->fail_writes = absl::UnavailableError("told to fail");
  EXPECT_EQ(CodeOf(failing->Finish()), "UNAVAILABLE");
  engine_.controls->fail_writes = absl::OkStatus();
  EXPECT_EQ(CodeOf(failing->Append("more", kMax)), "UNAVAILABLE");
  EXPECT_EQ(CodeOf(failing->Finish()), "UNAVAILABLE");
}

TEST_F(PayloadTest, Writer_FinishedTwice_GivesOneBody) {
  const auto writer = Writer();
  ASSERT_TRUE(writer->Append("body", kMax).ok());
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(CodeOf(writer->Finish()), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(writer->Append("more", kMax)), "FAILED_PRECONDITION");
}

TEST_F(PayloadTest, IngestThatFails_LeavesNothing) {
  engine_.controls->fail_ingests = absl::UnavailableError("told to fail");
  EXPECT_EQ(CodeOf(Stage(Bytes(5 * kMiB), kMiB)), "UNAVAILABLE");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(garbage_->Sweep(10).ok());
  EXPECT_EQ(Rows(kPayload), 0u);
  EXPECT_EQ(Rows(kOwners), 0u);
}

}  // namespace
}  // namespace cloudlet::objstore
