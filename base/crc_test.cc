// Check values of the published algorithms; the fast forms against the table forms over lengths
// and alignments that reach every loop; extension and combination against the one-shot result, and
// CRC-32 against zlib.
#include "base/crc.h"

#include <zlib.h>

#include <string>

#include "base/random.h"
#include "gtest/gtest.h"

namespace cloudlet::base {
namespace {

constexpr uint64_t kSeed = 20240301;

std::string RandomBytes(size_t size, Random* random) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random->Below(256));
  return bytes;
}

uint32_t Zlib(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

// The check value of CRC-32/ISO-HDLC in the "Catalogue of parametrised CRC algorithms".
TEST(Crc32, GivesThePublishedCheckValues) {
  EXPECT_EQ(Crc32("123456789"), 0xCBF43926u);
  EXPECT_EQ(Crc32Portable("123456789"), 0xCBF43926u);
  EXPECT_EQ(Crc32(""), 0u);
}

TEST(Crc32, EqualsZlib) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int round = 0; round < 300; ++round) {
    const std::string a = RandomBytes(random.Below(200), &random);
    const std::string b = RandomBytes(random.Below(5000), &random);
    ASSERT_EQ(Crc32(b), Zlib(b));
    ASSERT_EQ(Crc32Combine(Crc32(a), Crc32(b), b.size()),
              crc32_combine(Zlib(a), Zlib(b), static_cast<z_off_t>(b.size())));
  }
}

TEST(Crc32c, GivesThePublishedCheckValues) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32cPortable("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(""), 0u);
  // RFC 3720, appendix B.4 (its bytes are in the order of the wire).
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising.push_back(c);
  EXPECT_EQ(Crc32c(rising), 0x46DD794Eu);
  EXPECT_EQ(Crc32c(std::string(rising.rbegin(), rising.rend())), 0x113FDB5Cu);
}

TEST(Crc64Nvme, GivesThePublishedCheckValues) {
  EXPECT_EQ(Crc64Nvme("123456789"), 0xAE8B14860A799888u);
  EXPECT_EQ(Crc64NvmePortable("123456789"), 0xAE8B14860A799888u);
  EXPECT_EQ(Crc64Nvme(""), 0u);
  // NVM Express NVM Command Set Specification, 64b CRC test cases.
  EXPECT_EQ(Crc64Nvme(std::string(4096, '\0')), 0x6482D367EB22B64Eu);
  EXPECT_EQ(Crc64Nvme(std::string(4096, '\xFF')), 0xC0DDBA7302ECA3ACu);
}

TEST(Crc, FastFormEqualsTableFormForEveryLength) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  const std::string bytes = RandomBytes(4096 + 64, &random);
  for (size_t size = 0; size <= 4096; size += size < 1400 ? 1 : 37) {
    const std::string_view piece(bytes.data() + size % 33, size);
    ASSERT_EQ(Crc32(piece), Crc32Portable(piece)) << size;
    ASSERT_EQ(Crc32c(piece), Crc32cPortable(piece)) << size;
    ASSERT_EQ(Crc64Nvme(piece), Crc64NvmePortable(piece)) << size;
  }
}

TEST(Crc, FastFormEqualsTableFormAtEveryAlignmentAndStart) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  const std::string bytes = RandomBytes(3000, &random);
  for (size_t offset = 0; offset < 64; ++offset) {
    for (const size_t size : {1, 7, 16, 31, 127, 128, 129, 255, 257, 1023, 1025, 1300, 2900}) {
      const std::string_view piece(bytes.data() + offset, size);
      const uint64_t start = random.Next();
      const auto start32 = static_cast<uint32_t>(start);
      ASSERT_EQ(Crc32(piece, start32), Crc32Portable(piece, start32)) << offset << ' ' << size;
      ASSERT_EQ(Crc32c(piece, start32), Crc32cPortable(piece, start32)) << offset << ' ' << size;
      ASSERT_EQ(Crc64Nvme(piece, start), Crc64NvmePortable(piece, start)) << offset << ' ' << size;
    }
  }
}

TEST(Crc, ExtendingOverRandomSplitsEqualsOneShot) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int round = 0; round < 200; ++round) {
    const std::string bytes = RandomBytes(random.Below(5000), &random);
    uint32_t iso = 0;
    uint32_t castagnoli = 0;
    uint64_t crc64 = 0;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::string_view piece = rest.substr(0, 1 + random.Below(rest.size()));
      iso = Crc32(piece, iso);
      castagnoli = Crc32c(piece, castagnoli);
      crc64 = Crc64Nvme(piece, crc64);
      rest.remove_prefix(piece.size());
    }
    ASSERT_EQ(iso, Crc32Portable(bytes));
    ASSERT_EQ(castagnoli, Crc32cPortable(bytes));
    ASSERT_EQ(crc64, Crc64NvmePortable(bytes));
  }
}

TEST(Crc, CombineEqualsTheCrcOfTheWhole) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int round = 0; round < 300; ++round) {
    const std::string a = RandomBytes(random.Below(300), &random);
    const std::string b = RandomBytes(random.Below(5000), &random);
    ASSERT_EQ(Crc32Combine(Crc32(a), Crc32(b), b.size()), Crc32(a + b));
    ASSERT_EQ(Crc32cCombine(Crc32c(a), Crc32c(b), b.size()), Crc32c(a + b));
    ASSERT_EQ(Crc64NvmeCombine(Crc64Nvme(a), Crc64Nvme(b), b.size()), Crc64Nvme(a + b));
  }
}

// Lengths no test can hold in memory: 2^k zero bytes joined from two halves each time must equal
// joining them in another order, and short ones their true CRC.
TEST(Crc, CombineReachesLengthsBeyondMemory) {
  const uint64_t a64 = Crc64Nvme("the first piece");
  const uint32_t a32 = Crc32c("the first piece");
  uint64_t zeros64 = Crc64Nvme(std::string_view("\0", 1));
  uint32_t zeros32 = Crc32c(std::string_view("\0", 1));
  for (int k = 0; k < 62; ++k) {
    const uint64_t size = uint64_t{1} << k;
    if (k <= 16) {
      ASSERT_EQ(zeros64, Crc64Nvme(std::string(size, '\0'))) << k;
      ASSERT_EQ(zeros32, Crc32c(std::string(size, '\0'))) << k;
    }
    const uint64_t doubled64 = Crc64NvmeCombine(zeros64, zeros64, size);
    const uint32_t doubled32 = Crc32cCombine(zeros32, zeros32, size);
    ASSERT_EQ(Crc64NvmeCombine(a64, doubled64, 2 * size),
              Crc64NvmeCombine(Crc64NvmeCombine(a64, zeros64, size), zeros64, size))
        << k;
    ASSERT_EQ(Crc32cCombine(a32, doubled32, 2 * size),
              Crc32cCombine(Crc32cCombine(a32, zeros32, size), zeros32, size))
        << k;
    zeros64 = doubled64;
    zeros32 = doubled32;
  }
}

TEST(Crc, CombineWithNothingChangesNothing) {
  EXPECT_EQ(Crc32Combine(0x12345678, Crc32(""), 0), 0x12345678u);
  EXPECT_EQ(Crc32cCombine(0x12345678, Crc32c(""), 0), 0x12345678u);
  EXPECT_EQ(Crc64NvmeCombine(0x123456789ABCDEF0, Crc64Nvme(""), 0), 0x123456789ABCDEF0u);
}

}  // namespace
}  // namespace cloudlet::base
