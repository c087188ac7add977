// Which names of annotations are taken, and which code points are letters.
#include "objstore/annotation_rules.h"

#include <string>

#include "gtest/gtest.h"
#include "objstore/store_testing.h"
#include "objstore/unicode.h"

namespace cloudlet::objstore {
namespace {

TEST(UnicodeLetters, AtTheEdgesOfTheirRanges) {
  for (const uint32_t letter :
       {0x41U, 0x5AU, 0x61U, 0x7AU, 0xAAU, 0xB5U, 0xC0U, 0xD6U, 0xD8U, 0x3B1U, 0x4E00U, 0x9FFFU,
        0xAC00U, 0xD7A3U, 0x20000U, 0x2A6DFU, 0x3134AU}) {
    EXPECT_TRUE(IsLetter(letter)) << letter;
  }
  for (const uint32_t other : {0x00U, 0x30U, 0x40U, 0x5BU, 0x60U, 0x7BU, 0x80U, 0xA9U, 0xABU, 0xD7U,
                               0xF7U, 0x660U, 0x3000U, 0xD7A4U, 0x1F600U, 0x10FFFFU}) {
    EXPECT_FALSE(IsLetter(other)) << other;
  }
}

TEST(AnnotationName, LengthIsInBytes) {
  std::string name;
  while (name.size() < 512) name += "é";
  EXPECT_EQ(CodeOf(CheckAnnotationName(name)), "OK");
  EXPECT_EQ(CodeOf(CheckAnnotationName(name + "n")), "AnnotationNameTooLong");
}

TEST(AnnotationPrefix, MayBeEmptyOrWhatIsReserved) {
  for (const char* prefix : {"", "s3", "aw", "aws", "é"}) {
    EXPECT_EQ(CodeOf(CheckAnnotationPrefix(prefix)), "OK") << prefix;
  }
  EXPECT_EQ(CodeOf(CheckAnnotationPrefix("a b")), "InvalidPrefix");
}

}  // namespace
}  // namespace cloudlet::objstore
