// Ranges and entity tags: what is read, what is ignored, which bytes are meant.
#include "edge/ranges.h"

#include <string>
#include <string_view>

#include "edge/validators.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

// The bytes of each range in a representation of `size` bytes, "x" where there are none.
std::string Show(std::string_view value, uint64_t size) {
  const auto specs = ParseRange(value);
  if (!specs) return "ignored";
  std::string out;
  for (const RangeSpec& spec : *specs) {
    const auto span = Resolve(spec, size);
    out += out.empty() ? "" : " ";
    out += span ? std::to_string(span->offset) + "+" + std::to_string(span->length) : "x";
  }
  return out;
}

TEST(RangesTest, WhichBytes) {
  struct Case {
    std::string_view value;
    uint64_t size;
    std::string_view spans;
  };
  const Case cases[] = {
      {"bytes=0-1", 10, "0+2"},
      {"BYTES=0-0", 10, "0+1"},
      {"bytes=5-", 10, "5+5"},
      {"bytes=9-99999999999999999999999", 10, "9+1"},
      {"bytes=10-", 10, "x"},
      {"bytes=-3", 10, "7+3"},
      {"bytes=-30", 10, "0+10"},
      {"bytes=-0", 10, "x"},
      {"bytes=0-", 0, "x"},
      {"bytes=-1", 0, "x"},
      {"bytes= 0-1 ,, 4-", 10, "0+2 4+6"},
      {"bytes=", 10, "ignored"},
      {"bytes", 10, "ignored"},
      {"bytes=1", 10, "ignored"},
      {"bytes=-", 10, "ignored"},
      {"bytes=2-1", 10, "ignored"},
      {"bytes=a-1", 10, "ignored"},
      {"bytes=1-b", 10, "ignored"},
      {"bytes=1-2-3", 10, "ignored"},
      {"bytes=0-1,x", 10, "ignored"},
      {"lines=0-1", 10, "ignored"},
  };
  for (const Case& c : cases) EXPECT_EQ(Show(c.value, c.size), c.spans) << c.value;
}

TEST(RangesTest, ContentRanges) {
  for (std::string_view text : {"bytes 4-9/10", "bytes 0-0/*", "bytes 0-4611686018427387903/*"}) {
    const auto range = ParseContentRange(text);
    ASSERT_TRUE(range) << text;
    EXPECT_EQ(ToString(*range), text);
  }
  for (std::string_view text :
       {"", "bytes */10", "bytes 4-10/10", "bytes 9-4/10", "bytes -4/10", "bytes 4-/10",
        "bytes=4-9/10", "bytes 4-9", "lines 4-9/10", "bytes 4-9/x", "abc", "bytes4/ 9"}) {
    EXPECT_FALSE(ParseContentRange(text)) << text;
  }
}

TEST(EntityTagTest, Tags) {
  for (std::string_view text : {"\"\"", "\"abc\"", "W/\"abc\"", "\"abc\xC3\xBC\"", "\"a,b\""}) {
    const auto tag = ParseEntityTag(text);
    ASSERT_TRUE(tag) << text;
    EXPECT_EQ(ToString(*tag), text);
  }
  for (std::string_view text : {"", "abc", "\"", "\"abc", "w/\"abc\"", "W\\\"abc\"", "W\"abc\"",
                                "W/abc", "\"a\"b\"", "\"a b\"", "*", " \"abc\""}) {
    EXPECT_FALSE(ParseEntityTag(text)) << text;
  }
}

TEST(EntityTagTest, Comparisons) {
  const EntityTag strong = {false, "1"};
  const EntityTag weak = {true, "1"};
  const EntityTag other = {false, "2"};
  EXPECT_TRUE(WeaklyEqual(strong, weak) && WeaklyEqual(weak, weak) && WeaklyEqual(strong, strong));
  EXPECT_TRUE(StronglyEqual(strong, strong));
  EXPECT_FALSE(StronglyEqual(strong, weak) || StronglyEqual(weak, weak));
  EXPECT_FALSE(WeaklyEqual(strong, other) || StronglyEqual(strong, other));
}

}  // namespace
}  // namespace cloudlet::edge
