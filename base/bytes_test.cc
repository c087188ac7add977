// Byte layouts, bounds, and the promises of the ordered form, the latter over random strings.
#include "base/bytes.h"

#include <string>

#include "base/random.h"
#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

using std::string_literals::operator""s;

constexpr uint64_t kSeed = 20240229;

TEST(LittleEndian, HasThisLayout) {
  std::string out;
  AppendU8(&out, 0x01);
  AppendU16(&out, 0xA1B2);
  AppendU32(&out, 0xA1B2C3D4);
  AppendU64(&out, 0x0102030405060708);
  AppendI64(&out, -2);
  AppendLengthPrefixed(&out, "xy");
  EXPECT_EQ(out,
            "\x01"
            "\xB2\xA1"
            "\xD4\xC3\xB2\xA1"
            "\x08\x07\x06\x05\x04\x03\x02\x01"
            "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
            "\x02\x00\x00\x00xy"s);
}

TEST(ByteReader, ReadsBackWhatWasAppended) {
  std::string out;
  AppendU8(&out, 0xFF);
  AppendU16(&out, 0xFFFE);
  AppendU32(&out, 0xFFFFFFFD);
  AppendU64(&out, 0xFFFFFFFFFFFFFFFC);
  AppendI64(&out, -5);
  AppendLengthPrefixed(&out, "a\0b"s);
  out += "tail";
  uint8_t u8 = 0;
  uint16_t u16 = 0;
  uint32_t u32 = 0;
  uint64_t u64 = 0;
  int64_t i64 = 0;
  std::string_view text;
  std::string_view tail;
  ByteReader reader(out);
  ASSERT_TRUE(reader.ReadU8(&u8) && reader.ReadU16(&u16) && reader.ReadU32(&u32));
  ASSERT_TRUE(reader.ReadU64(&u64) && reader.ReadI64(&i64) && reader.ReadLengthPrefixed(&text));
  EXPECT_EQ(reader.rest(), "tail");
  ASSERT_TRUE(reader.ReadBytes(4, &tail));
  EXPECT_EQ(u8, 0xFF);
  EXPECT_EQ(u16, 0xFFFE);
  EXPECT_EQ(u32, 0xFFFFFFFD);
  EXPECT_EQ(u64, 0xFFFFFFFFFFFFFFFC);
  EXPECT_EQ(i64, -5);
  EXPECT_EQ(text, "a\0b"s);
  EXPECT_EQ(tail, "tail");
  EXPECT_TRUE(reader.empty());
}

TEST(ByteReader, FailsShortOfTheEndAndChangesNothing) {
  const std::string seven(7, 'x');
  uint64_t u64 = 42;
  int64_t i64 = 42;
  std::string_view bytes = "before";
  ByteReader reader(seven);
  EXPECT_FALSE(reader.ReadU64(&u64));
  EXPECT_FALSE(reader.ReadI64(&i64));
  EXPECT_FALSE(reader.ReadBytes(8, &bytes));
  EXPECT_FALSE(reader.ReadBytes(std::string::npos, &bytes));
  EXPECT_EQ(u64, 42u);
  EXPECT_EQ(i64, 42);
  EXPECT_EQ(bytes, "before");
  EXPECT_EQ(reader.rest(), seven);
  uint8_t u8 = 42;
  uint16_t u16 = 42;
  uint32_t u32 = 42;
  EXPECT_FALSE(ByteReader("").ReadU8(&u8));
  EXPECT_FALSE(ByteReader("x").ReadU16(&u16));
  EXPECT_FALSE(ByteReader("xxx").ReadU32(&u32));
  EXPECT_TRUE(u8 == 42 && u16 == 42 && u32 == 42);
}

TEST(ByteReader, RefusesALengthBeyondTheEnd) {
  std::string_view bytes = "before";
  for (const std::string& input : {"\x03\x00\x00\x00xy"s, "\xFF\xFF\xFF\xFFxy"s, "\x00\x00\x00"s}) {
    ByteReader reader(input);
    EXPECT_FALSE(reader.ReadLengthPrefixed(&bytes));
    EXPECT_EQ(reader.rest(), input);
    EXPECT_EQ(bytes, "before");
  }
}

TEST(BigEndian, ByteOrderIsNumericOrder) {
  std::string small;
  std::string large;
  AppendBe64(&small, 0xFF);
  AppendBe64(&large, 0x100);
  EXPECT_LT(small, large);
  EXPECT_EQ(large, "\0\0\0\0\0\0\x01\0"s);
  std::string thirty_two;
  AppendBe32(&thirty_two, 0xA1B2C3D4);
  EXPECT_EQ(thirty_two, "\xA1\xB2\xC3\xD4");
}

TEST(BigEndian, ReadsFromTheFrontOrNotAtAll) {
  std::string out;
  AppendBe64(&out, 0xF1F2F3F4F5F6F7F8);
  AppendBe32(&out, 0x81828384);
  std::string_view in = out;
  uint64_t u64 = 0;
  uint32_t u32 = 0;
  ASSERT_TRUE(ReadBe64(&in, &u64));
  EXPECT_FALSE(ReadBe64(&in, &u64));
  EXPECT_EQ(in.size(), 4u);
  ASSERT_TRUE(ReadBe32(&in, &u32));
  EXPECT_FALSE(ReadBe32(&in, &u32));
  EXPECT_EQ(u64, 0xF1F2F3F4F5F6F7F8);
  EXPECT_EQ(u32, 0x81828384);
}

std::string Ordered(std::string_view bytes) {
  std::string out;
  AppendOrdered(&out, bytes);
  return out;
}

TEST(OrderedString, HasThisLayout) {
  EXPECT_EQ(Ordered(""), "\x00\x01"s);
  EXPECT_EQ(Ordered("ab"), "ab\x00\x01"s);
  EXPECT_EQ(Ordered("a\0b\0"s), "a\x00\xFF"s + "b\x00\xFF\x00\x01"s);
}

// Short strings over few bytes, so that equal strings, prefixes and the special bytes are common.
std::string RandomString(Random* random) {
  constexpr char kBytes[] = {'\x00', '\x01', '\x02', 'a', '\xFE', '\xFF'};
  std::string s(random->Below(6), '\0');
  for (char& c : s) c = kBytes[random->Below(sizeof(kBytes))];
  return s;
}

TEST(OrderedString, KeepsOrderAndIsPrefixFree) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 100000; ++i) {
    const std::string a = RandomString(&random);
    const std::string b = RandomString(&random);
    const std::string ordered_a = Ordered(a);
    const std::string ordered_b = Ordered(b);
    ASSERT_EQ(a < b, ordered_a < ordered_b) << ::testing::PrintToString(a + "|" + b);
    if (a != b) {
      ASSERT_NE(ordered_b.substr(0, ordered_a.size()), ordered_a)
          << ::testing::PrintToString(a + "|" + b);
    }
  }
}

TEST(OrderedString, PrefixFormCoversExactlyThePrefix) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  int covered = 0;
  for (int i = 0; i < 100000; ++i) {
    const std::string key = RandomString(&random);
    const std::string prefix = RandomString(&random);
    std::string ordered_prefix;
    AppendOrderedPrefix(&ordered_prefix, prefix);
    const bool expected = key.substr(0, prefix.size()) == prefix;
    covered += expected ? 1 : 0;
    ASSERT_EQ(Ordered(key).substr(0, ordered_prefix.size()) == ordered_prefix, expected)
        << ::testing::PrintToString(key + "|" + prefix);
  }
  EXPECT_GT(covered, 1000);
}

TEST(OrderedString, ConsumesOneAndLeavesTheRest) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 10000; ++i) {
    const std::string a = RandomString(&random);
    const std::string rest = RandomString(&random);
    const std::string encoded = Ordered(a) + rest;
    std::string_view in = encoded;
    std::string decoded = "before";
    ASSERT_TRUE(ConsumeOrdered(&in, &decoded));
    ASSERT_EQ(decoded, a);
    ASSERT_EQ(in, rest);
  }
}

TEST(OrderedString, RefusesWhatIsCutOrWronglyMarked) {
  for (const std::string& input :
       {""s, "a"s, "a\x00"s, "a\x00\xFF"s, "\x00\x02"s, "a\x00\x00\x01"s, "a\x00\xFF\x00\xFE"s}) {
    std::string_view in = input;
    std::string decoded = "before";
    EXPECT_FALSE(ConsumeOrdered(&in, &decoded)) << ::testing::PrintToString(input);
    EXPECT_EQ(in, input);
    EXPECT_EQ(decoded, "before");
  }
}

TEST(PrefixEnd, IsTheFirstStringAfterThePrefix) {
  EXPECT_EQ(PrefixEnd("a"), "b");
  EXPECT_EQ(PrefixEnd("a\xFF\xFF"), "b");
  EXPECT_EQ(PrefixEnd("a\x7F"), "a\x80");
  EXPECT_EQ(PrefixEnd("a\0"s), "a\x01"s);
  EXPECT_EQ(PrefixEnd(""), "");
  EXPECT_EQ(PrefixEnd("\xFF\xFF"), "");
}

TEST(PrefixEnd, SplitsKeysWithThePrefixFromLaterOnes) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 100000; ++i) {
    const std::string key = RandomString(&random);
    const std::string prefix = RandomString(&random);
    const std::string end = PrefixEnd(prefix);
    const bool in_range = key >= prefix && (end.empty() || key < end);
    ASSERT_EQ(in_range, key.substr(0, prefix.size()) == prefix)
        << ::testing::PrintToString(key + "|" + prefix);
  }
}

}  // namespace
}  // namespace cloudlet::base
