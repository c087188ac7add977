// The vectors of RFC 1321, pieces against one shot, and moving a running digest.
#include "base/md5.h"

#include <string>
#include <utility>

#include "base/random.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

std::string Md5Hex(std::string_view bytes) { return HexLower(Md5Bytes(Md5Of(bytes))); }

TEST(Md5, GivesTheVectorsOfRfc1321) {
  EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Md5Hex("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(Md5Hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(
      Md5Hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
      "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, PiecesEqualOneShot) {
  constexpr uint64_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int round = 0; round < 100; ++round) {
    std::string bytes(random.Below(2000), '\0');
    for (char& c : bytes) c = static_cast<char>(random.Below(256));
    Md5 md5;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::string_view piece = rest.substr(0, 1 + random.Below(rest.size()));
      md5.Update(piece);
      rest.remove_prefix(piece.size());
    }
    ASSERT_EQ(md5.Finish(), Md5Of(bytes));
  }
}

TEST(Md5, MovesInTheMiddle) {
  Md5 first;
  first.Update("a");
  Md5 second = std::move(first);
  second.Update("b");
  first = std::move(second);
  first.Update("c");
  EXPECT_EQ(HexLower(Md5Bytes(first.Finish())), "900150983cd24fb0d6963f7d28e17f72");
}

}  // namespace
}  // namespace cloudlet::base
