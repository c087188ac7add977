// Where a requested range lies in an object: RFC 9110 section 14.1.2 as S3 answers it.
#include "objstore/ranges.h"

#include <cstdint>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

std::string Resolved(const std::optional<ByteRange>& range, uint64_t size) {
  const absl::StatusOr<Extent> extent = ResolveRange(range, size);
  if (!extent.ok()) return CodeOf(extent);
  return std::to_string(extent->offset) + "+" + std::to_string(extent->length);
}

TEST(ResolveRange, WithoutARange_IsTheWholeObjectAlsoAnEmptyOne) {
  EXPECT_EQ(Resolved(std::nullopt, 10), "0+10");
  EXPECT_EQ(Resolved(std::nullopt, 0), "0+0");
}

TEST(ResolveRange, FirstAndLast_AreInclusiveAndCutAtTheEnd) {
  EXPECT_EQ(Resolved(ByteRange{0, 0}, 10), "0+1");
  EXPECT_EQ(Resolved(ByteRange{2, 5}, 10), "2+4");
  EXPECT_EQ(Resolved(ByteRange{9, 9}, 10), "9+1");
  EXPECT_EQ(Resolved(ByteRange{9, 10}, 10), "9+1");
  EXPECT_EQ(Resolved(ByteRange{0, UINT64_MAX}, 10), "0+10");
  EXPECT_EQ(Resolved(ByteRange::Of(3, 4), 10), "3+4");
}

TEST(ResolveRange, From_GoesToTheEnd) {
  EXPECT_EQ(Resolved(ByteRange::From(0), 10), "0+10");
  EXPECT_EQ(Resolved(ByteRange::From(9), 10), "9+1");
}

TEST(ResolveRange, Suffix_IsTheLastBytesOrAllOfThem) {
  EXPECT_EQ(Resolved(ByteRange::Suffix(1), 10), "9+1");
  EXPECT_EQ(Resolved(ByteRange::Suffix(10), 10), "0+10");
  EXPECT_EQ(Resolved(ByteRange::Suffix(UINT64_MAX), 10), "0+10");
}

TEST(ResolveRange, NothingOfItInTheObject_IsInvalidRange) {
  EXPECT_EQ(Resolved(ByteRange::From(10), 10), "InvalidRange");
  EXPECT_EQ(Resolved(ByteRange{10, 20}, 10), "InvalidRange");
  EXPECT_EQ(Resolved(ByteRange::From(UINT64_MAX), 10), "InvalidRange");
  EXPECT_EQ(Resolved(ByteRange::Suffix(0), 10), "InvalidRange");
  EXPECT_EQ(Resolved(ByteRange{5, 4}, 10), "InvalidRange");
  EXPECT_EQ(Resolved(ByteRange{}, 10), "InvalidRange");
  for (const ByteRange& range : {ByteRange::From(0), ByteRange{0, 0}, ByteRange::Suffix(1)}) {
    EXPECT_EQ(Resolved(range, 0), "InvalidRange");
  }
}

TEST(ResolveRange, Of_NoBytesIsInvalidRangeAndTooManyAreCut) {
  for (const uint64_t offset : {uint64_t{0}, uint64_t{3}, UINT64_MAX}) {
    EXPECT_EQ(Resolved(ByteRange::Of(offset, 0), 10), "InvalidRange") << offset;
  }
  EXPECT_EQ(Resolved(ByteRange::Of(0, UINT64_MAX), 10), "0+10");
  EXPECT_EQ(Resolved(ByteRange::Of(5, UINT64_MAX), 10), "5+5");
  EXPECT_EQ(Resolved(ByteRange::Of(UINT64_MAX, UINT64_MAX), 10), "InvalidRange");
  EXPECT_EQ(ByteRange::Of(UINT64_MAX, 1).last, UINT64_MAX);
}

TEST(ResolveRange, Error_NamesRangeAndSize) {
  const std::string message(ResolveRange(ByteRange{7, 9}, 5).status().message());
  EXPECT_NE(message.find("bytes=7-9 of an object of 5 bytes"), std::string::npos) << message;
}

}  // namespace
}  // namespace cloudlet::objstore
