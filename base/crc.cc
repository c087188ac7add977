// The CRCs are "reflected": bit 0 of the first byte is the highest power of x. One template over
// the register type and the reflected polynomial P gives the tables, the arithmetic mod P, and
// the folding loop.
//
// Folding: with A a 128-bit piece of the message and D a distance in bits, A * x^D mod P may
// stand in for A, added to the bytes D further on. Two carry-less multiplications by constants
// x^(D+63) and x^(D-1) do that (the reflected product lacks one factor x). What is left when the
// whole message is folded into its last 16 bytes goes through the table or the CRC32 instruction
// from register 0. All constants come from P at compile time.
#include "base/crc.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define CLOUDLET_CRC_X86 1
#include <immintrin.h>
#endif

namespace cloudlet::base {
namespace {

template <typename W, W kPoly>
struct Crc {
  using Word = W;
  static constexpr int kBits = static_cast<int>(sizeof(W) * 8);
  static constexpr W kOne = W{1} << (kBits - 1);  // x^0

  // a * x mod P.
  static constexpr W TimesX(W a) { return (a >> 1) ^ (kPoly & (W{0} - (a & W{1}))); }

  // a * b mod P.
  static constexpr W Times(W a, W b) {
    W product = 0;
    for (int i = kBits - 1; i >= 0; --i) {
      product ^= b & (W{0} - ((a >> i) & W{1}));
      b = TimesX(b);
    }
    return product;
  }

  // x^n mod P for small n, in the upper bits of 64 as the folding wants it.
  static constexpr uint64_t FoldConstant(int n) {
    W power = kOne;
    for (int i = 0; i < n; ++i) power = TimesX(power);
    return static_cast<uint64_t>(power) << (64 - kBits);
  }

  // slices[k][b]: the register after byte b and k zero bytes.
  using Slices = std::array<std::array<W, 256>, 8>;
  static constexpr Slices MakeSlices() {
    Slices slices{};
    for (size_t b = 0; b < 256; ++b) {
      W crc = static_cast<W>(b);
      for (int i = 0; i < 8; ++i) crc = TimesX(crc);
      slices[0][b] = crc;
    }
    for (size_t k = 1; k < 8; ++k) {
      for (size_t b = 0; b < 256; ++b) {
        const W crc = slices[k - 1][b];
        slices[k][b] = (crc >> 8) ^ slices[0][crc & 0xFF];
      }
    }
    return slices;
  }

  // powers[i][d]: x^(8 * d * 16^i) mod P, the shift by d * 16^i bytes.
  using Powers = std::array<std::array<W, 16>, 16>;
  static constexpr Powers MakePowers() {
    Powers powers{};
    W step = kOne;
    for (int i = 0; i < 8; ++i) step = TimesX(step);
    for (size_t i = 0; i < 16; ++i) {
      powers[i][0] = kOne;
      for (size_t d = 1; d < 16; ++d) powers[i][d] = Times(powers[i][d - 1], step);
      step = Times(powers[i][15], step);
    }
    return powers;
  }

  static constexpr Slices kSlices = MakeSlices();
  static constexpr Powers kPowers = MakePowers();

  // The register after `size` more bytes.
  static W Update(W crc, const char* data, size_t size) {
    for (; size >= 8; data += 8, size -= 8) crc = UpdateEight(crc, data);
    for (; size > 0; ++data, --size) {
      crc = static_cast<W>(crc >> 8) ^ kSlices[0][(crc ^ static_cast<unsigned char>(*data)) & 0xFF];
    }
    return crc;
  }

  static W UpdateEight(W crc, const char* data) {
    uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) {
      bits |= static_cast<uint64_t>(static_cast<unsigned char>(data[i])) << (8 * i);
    }
    bits ^= crc;
    return kSlices[7][bits & 0xFF] ^ kSlices[6][(bits >> 8) & 0xFF] ^
           kSlices[5][(bits >> 16) & 0xFF] ^ kSlices[4][(bits >> 24) & 0xFF] ^
           kSlices[3][(bits >> 32) & 0xFF] ^ kSlices[2][(bits >> 40) & 0xFF] ^
           kSlices[1][(bits >> 48) & 0xFF] ^ kSlices[0][bits >> 56];
  }

  // The inversions before and after cancel in the sum.
  static W Combine(W crc_a, W crc_b, uint64_t size_b) {
    for (size_t i = 0; size_b != 0; ++i, size_b >>= 4) {
      if ((size_b & 15) != 0) crc_a = Times(crc_a, kPowers[i][size_b & 15]);
    }
    return crc_a ^ crc_b;
  }
};

using Crc32Math = Crc<uint32_t, 0xEDB88320u>;
using Crc32cMath = Crc<uint32_t, 0x82F63B78u>;
using Crc64NvmeMath = Crc<uint64_t, 0x9A6C9329AC4BC9B5u>;

#ifdef CLOUDLET_CRC_X86

#define CLOUDLET_CRC_TARGET __attribute__((target("sse4.2,pclmul")))
#define CLOUDLET_CRC_INLINE CLOUDLET_CRC_TARGET inline __attribute__((always_inline))

CLOUDLET_CRC_INLINE __m128i Load(const char* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

CLOUDLET_CRC_INLINE void Store(char* p, __m128i v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v);
}

// The pair of constants that moves 128 bits forward by kDistance bits.
template <typename Math, int kDistance>
CLOUDLET_CRC_INLINE __m128i FoldPair() {
  constexpr uint64_t kLow = Math::FoldConstant(kDistance + 63);
  constexpr uint64_t kHigh = Math::FoldConstant(kDistance - 1);
  return _mm_set_epi64x(static_cast<int64_t>(kHigh), static_cast<int64_t>(kLow));
}

CLOUDLET_CRC_INLINE __m128i Fold(__m128i from, __m128i pair, __m128i onto) {
  const __m128i low = _mm_clmulepi64_si128(from, pair, 0x00);
  const __m128i high = _mm_clmulepi64_si128(from, pair, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), onto);
}

// Folds all whole 16-byte pieces of `*data` (`*size` >= 16) and the register into 16 bytes, and
// moves `*data` and `*size` past them.
template <typename Math>
CLOUDLET_CRC_TARGET __m128i FoldAll(uint64_t crc, const char** data, size_t* size) {
  const char* p = *data;
  const char* const end = p + *size;
  const __m128i first = _mm_xor_si128(Load(p), _mm_set_epi64x(0, static_cast<int64_t>(crc)));
  const __m128i by_128 = FoldPair<Math, 128>();
  __m128i x = first;
  p += 16;
  if (end - p >= 112) {
    __m128i x1 = Load(p), x2 = Load(p + 16), x3 = Load(p + 32), x4 = Load(p + 48);
    __m128i x5 = Load(p + 64), x6 = Load(p + 80), x7 = Load(p + 96);
    p += 112;
    const __m128i by_1024 = FoldPair<Math, 1024>();
    for (; end - p >= 128; p += 128) {
      x = Fold(x, by_1024, Load(p));
      x1 = Fold(x1, by_1024, Load(p + 16));
      x2 = Fold(x2, by_1024, Load(p + 32));
      x3 = Fold(x3, by_1024, Load(p + 48));
      x4 = Fold(x4, by_1024, Load(p + 64));
      x5 = Fold(x5, by_1024, Load(p + 80));
      x6 = Fold(x6, by_1024, Load(p + 96));
      x7 = Fold(x7, by_1024, Load(p + 112));
    }
    const __m128i by_512 = FoldPair<Math, 512>();
    const __m128i by_256 = FoldPair<Math, 256>();
    x = Fold(x, by_512, x4);
    x1 = Fold(x1, by_512, x5);
    x2 = Fold(x2, by_512, x6);
    x3 = Fold(x3, by_512, x7);
    x = Fold(x, by_256, x2);
    x1 = Fold(x1, by_256, x3);
    x = Fold(x, by_128, x1);
  }
  for (; end - p >= 16; p += 16) x = Fold(x, by_128, Load(p));
  *data = p;
  *size = static_cast<size_t>(end - p);
  return x;
}

// With 32-byte registers the same loop does twice the work per instruction.
#define CLOUDLET_CRC_WIDE_TARGET __attribute__((target("sse4.2,pclmul,avx2,vpclmulqdq")))
#define CLOUDLET_CRC_WIDE_INLINE CLOUDLET_CRC_WIDE_TARGET inline __attribute__((always_inline))

CLOUDLET_CRC_WIDE_INLINE __m256i LoadWide(const char* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

CLOUDLET_CRC_WIDE_INLINE __m256i FoldWide(__m256i from, __m256i pair, __m256i onto) {
  const __m256i low = _mm256_clmulepi64_epi128(from, pair, 0x00);
  const __m256i high = _mm256_clmulepi64_epi128(from, pair, 0x11);
  return _mm256_xor_si256(_mm256_xor_si256(low, high), onto);
}

template <typename Math, int kDistance>
CLOUDLET_CRC_WIDE_INLINE __m256i FoldPairWide() {
  constexpr uint64_t kLow = Math::FoldConstant(kDistance + 63);
  constexpr uint64_t kHigh = Math::FoldConstant(kDistance - 1);
  return _mm256_set_epi64x(static_cast<int64_t>(kHigh), static_cast<int64_t>(kLow),
                           static_cast<int64_t>(kHigh), static_cast<int64_t>(kLow));
}

// Folds whole 256-byte pieces (at least one) into 32 bytes, stored in `folded`.
template <typename Math>
CLOUDLET_CRC_WIDE_TARGET void FoldAllWide(uint64_t crc, const char** data, size_t* size,
                                          char* folded) {
  const char* p = *data;
  const char* const end = p + *size;
  __m256i x[8];
  for (int i = 0; i < 8; ++i) x[i] = LoadWide(p + 32 * i);
  x[0] = _mm256_xor_si256(x[0], _mm256_set_epi64x(0, 0, 0, static_cast<int64_t>(crc)));
  const __m256i by_2048 = FoldPairWide<Math, 2048>();
  for (p += 256; end - p >= 256; p += 256) {
    for (int i = 0; i < 8; ++i) x[i] = FoldWide(x[i], by_2048, LoadWide(p + 32 * i));
  }
  const __m256i by_1024 = FoldPairWide<Math, 1024>();
  const __m256i by_512 = FoldPairWide<Math, 512>();
  const __m256i by_256 = FoldPairWide<Math, 256>();
  for (int i = 0; i < 4; ++i) x[i] = FoldWide(x[i], by_1024, x[i + 4]);
  for (int i = 0; i < 2; ++i) x[i] = FoldWide(x[i], by_512, x[i + 2]);
  x[0] = FoldWide(x[0], by_256, x[1]);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(folded), x[0]);
  *data = p;
  *size = static_cast<size_t>(end - p);
}

// Shorter pieces gain nothing from wide registers.
constexpr size_t kWideBytes = 1024;

bool HasFolding() { return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"); }

bool HasWideFolding() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vpclmulqdq");
}

// The CRC32 instruction, 8 bytes at a time.
CLOUDLET_CRC_TARGET uint32_t Crc32cSteps(uint32_t crc, const char* data, size_t size) {
  uint64_t wide = crc;
  for (; size >= 8; data += 8, size -= 8) {
    uint64_t bits;
    std::memcpy(&bits, data, sizeof(bits));
    wide = _mm_crc32_u64(wide, bits);
  }
  auto narrow = static_cast<uint32_t>(wide);
  for (; size > 0; ++data, --size) {
    narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*data));
  }
  return narrow;
}

// Below this the CRC32 instruction alone is as fast.
constexpr size_t kCrc32cFoldBytes = 256;

CLOUDLET_CRC_TARGET uint32_t Crc32cFast(uint32_t crc, const char* data, size_t size) {
  if (size < kCrc32cFoldBytes) return Crc32cSteps(crc, data, size);
  char folded[32];
  if (size >= kWideBytes && HasWideFolding()) {
    FoldAllWide<Crc32cMath>(crc, &data, &size, folded);
    crc = Crc32cSteps(0, folded, 32);
  }
  if (size >= kCrc32cFoldBytes) {
    Store(folded, FoldAll<Crc32cMath>(crc, &data, &size));
    crc = Crc32cSteps(0, folded, 16);
  }
  return Crc32cSteps(crc, data, size);
}

// For a CRC that has no instruction.
template <typename Math>
CLOUDLET_CRC_TARGET typename Math::Word FoldedUpdate(typename Math::Word crc, const char* data,
                                                     size_t size) {
  char folded[32];
  if (size >= kWideBytes && HasWideFolding()) {
    FoldAllWide<Math>(crc, &data, &size, folded);
    crc = Math::Update(0, folded, 32);
  }
  if (size >= 32) {
    Store(folded, FoldAll<Math>(crc, &data, &size));
    crc = Math::Update(0, folded, 16);
  }
  return Math::Update(crc, data, size);
}

#endif  // CLOUDLET_CRC_X86

}  // namespace

uint32_t Crc32Portable(std::string_view bytes, uint32_t crc) {
  return ~Crc32Math::Update(~crc, bytes.data(), bytes.size());
}

uint32_t Crc32cPortable(std::string_view bytes, uint32_t crc) {
  return ~Crc32cMath::Update(~crc, bytes.data(), bytes.size());
}

uint64_t Crc64NvmePortable(std::string_view bytes, uint64_t crc) {
  return ~Crc64NvmeMath::Update(~crc, bytes.data(), bytes.size());
}

uint32_t Crc32(std::string_view bytes, uint32_t crc) {
#ifdef CLOUDLET_CRC_X86
  if (HasFolding()) return ~FoldedUpdate<Crc32Math>(~crc, bytes.data(), bytes.size());
#endif
  return Crc32Portable(bytes, crc);
}

uint32_t Crc32c(std::string_view bytes, uint32_t crc) {
#ifdef CLOUDLET_CRC_X86
  if (HasFolding()) return ~Crc32cFast(~crc, bytes.data(), bytes.size());
#endif
  return Crc32cPortable(bytes, crc);
}

uint64_t Crc64Nvme(std::string_view bytes, uint64_t crc) {
#ifdef CLOUDLET_CRC_X86
  if (HasFolding()) return ~FoldedUpdate<Crc64NvmeMath>(~crc, bytes.data(), bytes.size());
#endif
  return Crc64NvmePortable(bytes, crc);
}

uint32_t Crc32Combine(uint32_t crc_a, uint32_t crc_b, uint64_t size_b) {
  return Crc32Math::Combine(crc_a, crc_b, size_b);
}

uint32_t Crc32cCombine(uint32_t crc_a, uint32_t crc_b, uint64_t size_b) {
  return Crc32cMath::Combine(crc_a, crc_b, size_b);
}

uint64_t Crc64NvmeCombine(uint64_t crc_a, uint64_t crc_b, uint64_t size_b) {
  return Crc64NvmeMath::Combine(crc_a, crc_b, size_b);
}

}  // namespace cloudlet::base
