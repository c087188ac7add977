// UTF-8: what is well-formed, and both directions of every character.
#include "http/utf8.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

TEST(Utf8Test, EveryCharacterComesBack) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    AppendUtf8(&text, c);
    std::string_view rest = text;
    ASSERT_EQ(TakeUtf8(&rest), c);
    ASSERT_TRUE(rest.empty());
  }
}

TEST(Utf8Test, IllFormedBytesAreTakenOneByOne) {
  for (std::string_view bad :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5", "\xFF", "\xE2\x82", "\xF0\x9F\x92", "\xC3(", "\xE2\x82("}) {
    EXPECT_FALSE(IsUtf8(bad));
    std::string_view rest = bad;
    EXPECT_EQ(TakeUtf8(&rest), std::nullopt);
    EXPECT_EQ(rest.size(), bad.size() - 1);
  }
}

TEST(Utf8Test, Ascii) {
  EXPECT_TRUE(IsAscii("plain"));
  EXPECT_FALSE(IsAscii("pl\xC3\xA4in"));
  EXPECT_TRUE(IsUtf8("pl\xC3\xA4in"));
  EXPECT_TRUE(IsUtf8(""));
}

}  // namespace
}  // namespace cloudlet::http
