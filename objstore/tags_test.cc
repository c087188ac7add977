// Which tags are taken: each rule with a set that breaks it alone, and the last one that does not.
#include "objstore/tags.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"
#include "objstore/unicode.h"

namespace cloudlet::objstore {
namespace {

constexpr char kAstral[] = "\xF0\x90\x90\x80";  // U+10400, a letter: two units in UTF-16

std::string Repeat(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TagSet Numbered(size_t count) {
  TagSet tags;
  for (size_t i = 0; i < count; ++i) tags.push_back({absl::StrCat("key", i), "v"});
  return tags;
}

std::string Code(const TagSet& tags, size_t max_tags = kMaxObjectTags) {
  TagSet stored;
  return CodeOf(CheckTags(tags, max_tags, &stored));
}

// The set is refused, and the message tells why.
void ExpectRefused(const TagSet& tags, const std::string& why) {
  TagSet stored = {{"as", "before"}};
  const absl::Status status = CheckTags(tags, kMaxObjectTags, &stored);
  EXPECT_EQ(CodeOf(status), "InvalidTag") << why;
  EXPECT_NE(std::string(status.message()).find(why), std::string::npos) << status;
  EXPECT_EQ(stored, (TagSet{{"as", "before"}}));
}

TEST(Tags, Legal_AreStoredInTheOrderOfTheirKeys) {
  TagSet stored;
  ASSERT_EQ(CodeOf(CheckTags({{"b", "2"}, {"a", ""}, {"B", "1"}}, kMaxObjectTags, &stored)), "OK");
  EXPECT_EQ(stored, (TagSet{{"B", "1"}, {"a", ""}, {"b", "2"}}));
  ASSERT_EQ(CodeOf(CheckTags({}, kMaxObjectTags, &stored)), "OK");
  EXPECT_EQ(stored, TagSet());
}

TEST(Tags, Number_HasItsLimit) {
  EXPECT_EQ(Code(Numbered(10)), "OK");
  ExpectRefused(Numbered(11), "11 tags, the limit is 10");
  EXPECT_EQ(Code(Numbered(50), kMaxBucketTags), "OK");
  EXPECT_EQ(Code(Numbered(51), kMaxBucketTags), "InvalidTag");
}

TEST(Tags, Key_Has1To128Characters) {
  ExpectRefused({{"", "v"}}, "TagKey");
  EXPECT_EQ(Code({{"k", "v"}}), "OK");
  EXPECT_EQ(Code({{std::string(128, 'k'), "v"}}), "OK");
  ExpectRefused({{std::string(129, 'k'), "v"}}, "129 characters");
}

TEST(Tags, Value_Has0To256Characters) {
  EXPECT_EQ(Code({{"k", ""}}), "OK");
  EXPECT_EQ(Code({{"k", std::string(256, 'v')}}), "OK");
  ExpectRefused({{"k", std::string(257, 'v')}}, "TagValue");
}

TEST(Tags, Characters_AreCountedAsUtf16Has) {
  const std::string umlaut = "\xC3\xA4";   // two bytes, one unit
  const std::string han = "\xE7\x92\xB0";  // three bytes, one unit
  EXPECT_EQ(Code({{Repeat(umlaut, 128), Repeat(han, 256)}}), "OK");
  EXPECT_EQ(Code({{Repeat(umlaut, 129), "v"}}), "InvalidTag");
  EXPECT_EQ(Code({{"k", Repeat(han, 257)}}), "InvalidTag");
  EXPECT_EQ(Code({{Repeat(kAstral, 64), Repeat(kAstral, 128)}}), "OK");
  EXPECT_EQ(Code({{Repeat(kAstral, 65), "v"}}), "InvalidTag");
  EXPECT_EQ(Code({{"k", Repeat(kAstral, 129)}}), "InvalidTag");
}

TEST(Tags, LettersNumbersSeparatorsAndSigns_AreTaken) {
  for (const char* text : {"with space", "_.:/=+-@", "azAZ09", "\xE7\x92\xB0\xE5\xA2\x83",
                           "\xE2\x85\xA7-\xC2\xB2", "digit-\xD9\xA1", "1\xC2\xA0-", kAstral}) {
    EXPECT_EQ(Code({{text, text}}), "OK") << text;
  }
}

TEST(Tags, OtherCharacters_AreRefused) {
  for (const std::string& text :
       {std::string("!"), std::string("a\tb"), std::string("a\nb"), std::string("\0", 1),
        std::string("a&b"), std::string("a,b"), std::string("\x7F"), std::string("a*"),
        std::string("e\xCC\x81"),         // a combining mark
        std::string("\xF0\x9F\xA6\x84"),  // a unicorn
        std::string("\xE2\x82\xAC")}) {   // a currency sign
    ExpectRefused({{text, "v"}}, "The TagKey you have provided is invalid");
    ExpectRefused({{"k", text}}, "The TagValue you have provided is invalid");
  }
}

TEST(Tags, WhatIsNotUtf8_IsRefused) {
  for (const char* text : {"\xFF", "\xC3", "\xED\xA0\x80", "\xC0\x80"}) {
    ExpectRefused({{text, "v"}}, "not UTF-8");
    ExpectRefused({{"k", text}}, "not UTF-8");
  }
}

TEST(Tags, KeyTwice_IsRefused) {
  ExpectRefused({{"a", "1"}, {"b", "1"}, {"a", "1"}}, "multiple Tags with the same key");
  EXPECT_EQ(Code({{"a", "1"}, {"A", "1"}}), "OK");
}

TEST(Tags, ReservedPrefix_IsRefusedInAnyCase) {
  for (const char* key : {"aws:", "aws:x", "AWS:x", "aWs:x"}) ExpectRefused({{key, "v"}}, "aws:");
  for (const char* key : {"aws", "awsx:", "not-aws:x", "my:aws:x"}) {
    EXPECT_EQ(Code({{key, "aws:x"}}), "OK") << key;
  }
}

TEST(TagCharacters, RangesEndWhereUnicodeSays) {
  for (const char32_t c : {U' ', U'0', U'9', U'A', U'Z', U'a', U'z', U'\u00A0', U'\u3000',
                           U'\u4E00', U'\U0001FBF9', U'\U0003134A'}) {
    EXPECT_TRUE(IsLetterNumberOrSeparator(c)) << static_cast<uint32_t>(c);
  }
  for (const char32_t c : {U'\0', U'\t', U'/', U':', U'@', U'[', U'`', U'{', U'\u0300', U'\uE000',
                           U'\U0001F984', U'\U0003134B', U'\U0010FFFF'}) {
    EXPECT_FALSE(IsLetterNumberOrSeparator(c)) << static_cast<uint32_t>(c);
  }
}

}  // namespace
}  // namespace cloudlet::objstore
