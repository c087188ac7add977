// Ranges: what is one, what is ignored, what is an error, and both directions.
#include "http/http_range.h"

#include <string_view>

#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

TEST(HttpRangeTest, OneRangeIsTaken) {
  for (std::string_view text : {"bytes=0-0", "bytes=5-", "bytes=-3", "bytes=-0", "bytes=1-99"}) {
    const std::optional<ByteRange> range = ParseRange(text);
    ASSERT_TRUE(range.has_value()) << text;
    EXPECT_EQ(FormatRange(*range), text);
  }
  EXPECT_EQ(FormatRange(*ParseRange("Bytes= 1-2 ")), "bytes=1-2");
  EXPECT_EQ(ParseRange("bytes=1-99999999999999999999999")->last, UINT64_MAX);
  EXPECT_EQ(ParseRange("bytes=18446744073709551616-")->first, UINT64_MAX);
  EXPECT_EQ(ParseRange("bytes=18446744073709551615-")->first, UINT64_MAX);
}

TEST(HttpRangeTest, AllElseIsIgnored) {
  for (std::string_view text :
       {"", "bytes", "bytes=", "bytes=-", "bytes=1", "bytes=2-1", "bytes=0-1,3-4", "bytes=a-b",
        "bytes=1-b", "bytes=--1", "items=0-1", "bytes=1 -2", "bytes=+1-2", "bytes 0-1"}) {
    EXPECT_FALSE(ParseRange(text).has_value()) << text;
  }
}

TEST(HttpRangeTest, CopySourceRangesAreStrict) {
  EXPECT_EQ(ParseCopySourceRange("bytes=0-9")->last, 9u);
  for (std::string_view text : {"", "0-9", "bytes=0-", "bytes=-9", "bytes=9-0", "bytes=0-1,2-3"}) {
    EXPECT_EQ(ErrorCodeOf(ParseCopySourceRange(text).status()), ErrorCode::kInvalidArgument);
  }
}

TEST(HttpRangeTest, ContentRangeComesBack) {
  const std::string text = FormatContentRange({5, 3, 10});
  EXPECT_EQ(text, "bytes 5-7/10");
  const std::optional<ContentRange> range = ParseContentRange(text);
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->offset, 5u);
  EXPECT_EQ(range->length, 3u);
  EXPECT_EQ(range->size, 10u);
  for (std::string_view bad : {"", "bytes */10", "bytes 5-7", "bytes 7-5/10", "bytes 5-7/7",
                               "bytes 5-7/*", "bytes 57/10", "bytes x-7/10", "items 5-7/10"}) {
    EXPECT_FALSE(ParseContentRange(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace cloudlet::http
