// ObjectReader, ObjectWriter and ReadInto: piece by piece, at every boundary of the layouts that a
// body can have.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

constexpr size_t kSizes[] = {0,         1,         1024,      1025,       65'536,    65'537,
                             1'048'576, 1'048'577, 2'500'000, 16'777'216, 16'777'217};

std::string Body(size_t size) {
  std::string body(size, '\0');
  for (size_t i = 0; i < size; ++i) body[i] = static_cast<char>((i * 31 + (i >> 9)) & 0xFF);
  return body;
}

class Streams : public ::testing::Test {
 protected:
  Cloud cloud_ = Cloud::InMemory();
  Bucket bucket_ = cloud_.CreateBucket("streams").value();
};

TEST_F(Streams, Write_InPiecesEqualsOnePut) {
  for (const size_t size : kSizes) {
    const std::string body = Body(size);
    const PutResult whole = bucket_.Put("whole", body).value();
    for (const size_t step : {size_t{60'000}, size_t{1} << 20, size + 1}) {
      ObjectWriter writer = bucket_.OpenWriter("pieces", {.content_type = "x/y"}).value();
      for (size_t at = 0; at < size; at += step) {
        const std::string_view piece = std::string_view(body).substr(at, step);
        const absl::Status written =
            at % 2 == 0 ? writer.Write(piece) : writer.Write(absl::Cord(std::string(piece)));
        ASSERT_TRUE(written.ok()) << written;
        EXPECT_EQ(writer.bytes_written(), at + piece.size());
      }
      const PutResult put = writer.Commit().value();
      EXPECT_EQ(put.etag, whole.etag) << size << " by " << step;
      EXPECT_EQ(put.crc64nvme, whole.crc64nvme);
      EXPECT_GT(put.sequence, whole.sequence);
      EXPECT_FALSE(put.request_id.empty());
    }
    const GetResult got = bucket_.Get("pieces").value();
    EXPECT_TRUE(got.body == absl::string_view(body)) << size;
    EXPECT_EQ(got.info.content_type, "x/y");
  }
}

TEST_F(Streams, Commit_TakesTheChecksumThatIsKnownOnlyThen) {
  const Checksum right{ChecksumAlgorithm::kCrc32, ChecksumType::kFullObject, "i9aeUg=="};
  const Checksum wrong{ChecksumAlgorithm::kCrc32, ChecksumType::kFullObject, "AAAAAA=="};
  const Checksum crc64{ChecksumAlgorithm::kCrc64nvme, ChecksumType::kFullObject, "OOJZ0D8xKts="};
  const auto commit = [&](const PutOptions& options, const Checksum& checksum) {
    ObjectWriter writer = bucket_.OpenWriter("k", options).value();
    EXPECT_TRUE(writer.Write("Hello world").ok());
    absl::StatusOr<PutResult> put = writer.Commit(checksum);
    if (!put.ok()) {
      EXPECT_EQ(writer.Commit().status(), put.status()) << "the writer has failed";
    }
    return put;
  };
  PutOptions named;
  named.checksum_algorithm = ChecksumAlgorithm::kCrc32;
  EXPECT_EQ(ErrorCodeOf(commit(named, wrong).status()), ErrorCode::kBadDigest);
  EXPECT_EQ(ErrorCodeOf(commit(named, crc64).status()), ErrorCode::kInvalidRequest);
  EXPECT_EQ(ErrorCodeOf(commit({}, right).status()), ErrorCode::kInvalidRequest);
  PutOptions given;
  given.checksum = right;
  EXPECT_EQ(ErrorCodeOf(commit(given, right).status()), ErrorCode::kInvalidRequest);
  EXPECT_TRUE(IsNoSuchKey(bucket_.Head("k").status()));

  EXPECT_EQ(commit(named, right).value().checksum, right);
  EXPECT_EQ(bucket_.Head("k").value().info.checksum, right);
  EXPECT_EQ(bucket_.OpenReader("k").value().info().checksum, right);
  EXPECT_EQ(commit({}, crc64).value().checksum, crc64);
}

TEST_F(Streams, Writer_IsInvisibleUntilCommitAndWithoutIt) {
  const std::string body = Body(3'000'000);
  {
    ObjectWriter writer = bucket_.OpenWriter("k").value();
    ASSERT_TRUE(writer.Write(body).ok());
    EXPECT_TRUE(IsNoSuchKey(bucket_.Head("k").status()));
    ObjectWriter moved = std::move(writer);
    ASSERT_TRUE(moved.Write(body).ok());
    EXPECT_FALSE(bucket_.List().Next().has_value());
  }
  EXPECT_TRUE(IsNoSuchKey(bucket_.Head("k").status()));
  const VerifyReport report = cloud_.VerifyStore().value();
  EXPECT_TRUE(report.problems.empty()) << report.problems[0];
}

TEST_F(Streams, Read_InPiecesGivesTheBodyAndThenTheEnd) {
  for (const size_t size : kSizes) {
    const std::string body = Body(size);
    ASSERT_TRUE(bucket_.Put("k", body).ok());
    ObjectReader by_piece = bucket_.OpenReader("k").value();
    EXPECT_EQ(by_piece.info().size, size);
    absl::Cord all;
    while (true) {
      EXPECT_EQ(by_piece.position(), all.size());
      const absl::Cord piece = by_piece.ReadPiece().value();
      EXPECT_LE(piece.size(), size_t{1} << 20);
      if (piece.empty()) break;
      all.Append(piece);
    }
    EXPECT_TRUE(all == absl::string_view(body)) << size;
    EXPECT_TRUE(by_piece.ReadPiece()->empty()) << "the end stays the end";

    ObjectReader by_buffer = bucket_.OpenReader("k").value();
    std::string copy;
    std::string buffer(70'001, '\0');
    while (const size_t read = by_buffer.Read(buffer.data(), buffer.size()).value()) {
      copy.append(buffer, 0, read);
      EXPECT_EQ(by_buffer.position(), copy.size());
    }
    EXPECT_TRUE(copy == body) << size;
    EXPECT_EQ(by_buffer.Read(buffer.data(), buffer.size()).value(), 0u);
  }
}

TEST_F(Streams, Read_OfARangeStartsAndEndsWhereItShould) {
  const size_t size = 2'500'000;
  const std::string body = Body(size);
  ASSERT_TRUE(bucket_.Put("k", body).ok());
  const std::pair<ByteRange, std::pair<size_t, size_t>> cases[] = {
      {ByteRange::From(0), {0, size}},
      {ByteRange::From(1'048'576), {1'048'576, size - 1'048'576}},
      {ByteRange::Of(1'048'575, 2), {1'048'575, 2}},
      {ByteRange::Of(1'000'000, 1'400'000), {1'000'000, 1'400'000}},
      {ByteRange::Suffix(7), {size - 7, 7}},
      {ByteRange{size - 1, size * 2}, {size - 1, 1}},
  };
  for (const auto& [range, extent] : cases) {
    const std::string_view expected = std::string_view(body).substr(extent.first, extent.second);
    const GetOptions options = {.range = range};
    ObjectReader reader = bucket_.OpenReader("k", options).value();
    EXPECT_EQ(reader.position(), extent.first);
    EXPECT_EQ(reader.length(), extent.second);
    EXPECT_EQ(reader.info().size, size);
    std::string read(extent.second + 10, '\0');
    ASSERT_EQ(reader.Read(read.data(), read.size()).value(), extent.second);
    EXPECT_TRUE(std::string_view(read).substr(0, extent.second) == expected);

    const GetResult got = bucket_.Get("k", options).value();
    EXPECT_EQ(got.offset, extent.first);
    EXPECT_TRUE(got.body == absl::string_view(expected.data(), expected.size()));

    std::string into(extent.second, '\0');
    const ReadIntoResult result = bucket_.ReadInto("k", into.data(), into.size(), options).value();
    EXPECT_EQ(result.offset, extent.first);
    EXPECT_EQ(result.bytes, extent.second);
    EXPECT_TRUE(into == expected);
  }
}

TEST_F(Streams, Reader_GivesTheObjectAsItWasWhenItWasOpened) {
  for (const size_t size : {500, 5'000, 3'000'000, 17'000'000}) {
    const std::string body = Body(size);
    ASSERT_TRUE(bucket_.Put("k", body).ok());
    ObjectReader overwritten = bucket_.OpenReader("k").value();
    ASSERT_TRUE(bucket_.Put("k", "other").ok());
    ASSERT_TRUE(bucket_.Put("k", body).ok());
    ObjectReader deleted = bucket_.OpenReader("k").value();
    ASSERT_TRUE(bucket_.Delete("k").ok());
    // Enough garbage that some is swept.
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(bucket_.Put("g", std::string(70'000, 'g')).ok());
    for (ObjectReader* reader : {&overwritten, &deleted}) {
      std::string read(size, '\0');
      ASSERT_EQ(reader->Read(read.data(), size).value(), size);
      EXPECT_TRUE(read == body) << size;
    }
  }
}

TEST_F(Streams, Reader_NotModifiedHasNothingToRead) {
  const PutResult put = bucket_.Put("k", "body").value();
  const GetOptions options = {.if_none_match = put.etag};
  ObjectReader reader = bucket_.OpenReader("k", options).value();
  EXPECT_TRUE(reader.not_modified());
  EXPECT_TRUE(reader.ReadPiece()->empty());
  char buffer[8];
  const ReadIntoResult into = bucket_.ReadInto("k", buffer, sizeof(buffer), options).value();
  EXPECT_TRUE(into.not_modified);
  EXPECT_EQ(into.bytes, 0u);
  EXPECT_TRUE(bucket_.Get("k", options)->not_modified);
  EXPECT_TRUE(bucket_.Get("k", options)->body.empty());
}

TEST_F(Streams, Put_DoesNotKeepTheCallersMemory) {
  for (const size_t size : {10, 2'000, 65'000, 1'500'000}) {
    std::optional<std::string> body(Body(size));
    ASSERT_TRUE(bucket_.Put("k", *body).ok());
    std::fill(body->begin(), body->end(), 'x');
    body.reset();
    EXPECT_TRUE(bucket_.Get("k")->body == absl::string_view(Body(size))) << size;
  }
}

TEST_F(Streams, Put_TakesACordOfManyPieces) {
  absl::Cord body;
  std::string flat;
  for (int i = 0; i < 300; ++i) {
    const std::string piece = absl::StrCat("piece ", i, std::string(static_cast<size_t>(i), '.'));
    body.Append(absl::Cord(piece));
    flat += piece;
    const PutResult put = bucket_.Put("k", body).value();
    if (i % 50 != 49) continue;
    EXPECT_EQ(put.etag, bucket_.Put("flat", flat)->etag);
    EXPECT_TRUE(bucket_.Get("k")->body == absl::string_view(flat));
  }
}

}  // namespace
}  // namespace cloudlet
