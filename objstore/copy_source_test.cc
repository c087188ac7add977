// The decisions about the source of a copy; what the calls make of them is in the conformance
// suite.
#include "objstore/copy_source.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

// "<offset>+<length>", or the code of the error.
std::string Covered(const std::optional<ByteRange>& range, uint64_t size, uint64_t most = 100) {
  const auto extent = ExtentOfPartCopy(range, size, most);
  return extent.ok() ? absl::StrCat(extent->offset, "+", extent->length) : CodeOf(extent);
}

TEST(CopySource, ARangeOfAPartCopy_HasBothEnds_InOrder_WithinTheSource) {
  EXPECT_EQ(Covered({}, 10), "0+10");
  EXPECT_EQ(Covered({}, 0), "0+0");
  EXPECT_EQ(Covered(ByteRange{0, 9}, 10), "0+10");
  EXPECT_EQ(Covered(ByteRange{9, 9}, 10), "9+1");
  EXPECT_EQ(Covered(ByteRange{3, 5}, 10), "3+3");
  EXPECT_EQ(Covered(ByteRange{0, 10}, 10), "InvalidArgument");
  EXPECT_EQ(Covered(ByteRange{10, 10}, 10), "InvalidArgument");
  EXPECT_EQ(Covered(ByteRange{0, 0}, 0), "InvalidArgument");
  EXPECT_EQ(Covered(ByteRange{5, 4}, 10), "InvalidArgument");
  EXPECT_EQ(Covered(ByteRange{0, UINT64_MAX}, 10), "InvalidArgument");
  EXPECT_EQ(Covered(ByteRange::From(3), 10), "InvalidArgument");
  EXPECT_EQ(Covered(ByteRange::Suffix(3), 10), "InvalidArgument");
  EXPECT_EQ(Covered(ByteRange{}, 10), "InvalidArgument");
  EXPECT_EQ(CodeOf(CheckPartCopyRange(ByteRange{5, 4})), "InvalidArgument");
  EXPECT_EQ(CodeOf(CheckPartCopyRange(ByteRange{5, 5})), "OK");
}

TEST(CopySource, APartCopy_MayHaveAsManyBytesAsAPart) {
  EXPECT_EQ(Covered({}, 100), "0+100");
  EXPECT_EQ(Covered({}, 101), "EntityTooLarge");
  EXPECT_EQ(Covered(ByteRange{1, 100}, 500), "1+100");
  EXPECT_EQ(Covered(ByteRange{0, 100}, 500), "EntityTooLarge");
}

TEST(CopySource, ADeleteMarker_IsRefused_BeforeItsSizeAndConditions) {
  Head head;
  head.size = 10;
  EXPECT_EQ(CodeOf(CheckCopySource({}, head, 10)), "OK");
  EXPECT_EQ(CodeOf(CheckCopySource({}, head, 9)), "InvalidRequest");
  EXPECT_EQ(CodeOf(CheckCopySource({.if_match = "x"}, head, 9)), "InvalidRequest");
  EXPECT_EQ(CodeOf(CheckCopySource({.if_match = "x"}, head, 10)), "PreconditionFailed");
  head.flags |= kDeleteMarker;
  EXPECT_EQ(CodeOf(CheckCopySource({.if_match = "x"}, head, 10)), "InvalidRequest");
}

}  // namespace
}  // namespace cloudlet::objstore
