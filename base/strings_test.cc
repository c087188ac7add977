// Text conversions: what they print, what they refuse.
#include "base/strings.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

TEST(Views, CrossTheBorderWithoutChangingTheBytes) {
  const std::string bytes("a\0b", 3);
  EXPECT_EQ(V(bytes).data(), bytes.data());
  EXPECT_EQ(V(bytes).size(), 3u);
  EXPECT_EQ(S(V(bytes)), bytes);
  EXPECT_TRUE(S(absl::string_view()).empty());
}

TEST(Quoted, EscapesWhatIsNotPrintableAscii) {
  EXPECT_EQ(Quoted(""), "\"\"");
  EXPECT_EQ(Quoted("a/b c"), "\"a/b c\"");
  EXPECT_EQ(Quoted("\"\\\n"), "\"\\\"\\\\\\n\"");
  EXPECT_EQ(Quoted(std::string_view("\0\xFF", 2)), "\"\\000\\377\"");
}

TEST(Quoted, CutsAfter128BytesAndSaysSo) {
  const std::string just(128, 'x');
  EXPECT_EQ(Quoted(just), "\"" + just + "\"");
  EXPECT_EQ(Quoted(just + "y"), "\"" + just + "\"...(129 bytes)");
}

TEST(Hex, WritesTwoDigitsPerByte) {
  const std::string_view bytes("\x00\x7f\xab\xff", 4);
  EXPECT_EQ(HexUpper(bytes), "007FABFF");
  EXPECT_EQ(HexLower(bytes), "007fabff");
  EXPECT_EQ(HexLower(""), "");
}

TEST(Hex16, IsSixteenUpperCaseDigits) {
  EXPECT_EQ(Hex16(0), "0000000000000000");
  EXPECT_EQ(Hex16(0xABCDEF), "0000000000ABCDEF");
  EXPECT_EQ(Hex16(std::numeric_limits<uint64_t>::max()), "FFFFFFFFFFFFFFFF");
}

TEST(Base64, EncodesTheVectorsOfRfc4648) {
  EXPECT_EQ(Base64Encode(""), "");
  EXPECT_EQ(Base64Encode("f"), "Zg==");
  EXPECT_EQ(Base64Encode("fo"), "Zm8=");
  EXPECT_EQ(Base64Encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64Encode("\xFB\xFF"), "+/8=");
}

TEST(Base64, DecodesWhatItEncodes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(Base64Decode(Base64Encode(bytes)), bytes) << i;
    bytes.push_back(static_cast<char>(i));
  }
}

TEST(Base64, RefusesEveryOtherSpelling) {
  for (const std::string_view text : {"Zg", "Zg=", "Zg===", "Zg== ", " Zg==", "Zm9v\nYmFy", "Zh==",
                                      "Zm9=", "-_8=", "Zg..", "=", "Z", "Zm9vY===", "Zg==Zg=="}) {
    EXPECT_EQ(Base64Decode(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cloudlet::base
