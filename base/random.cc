// xoshiro256** by Blackman and Vigna (public domain), seeded through splitmix64 as its authors
// advise. IdSource is splitmix64 with an atomic counter for its state.
#include "base/random.h"

#include <random>

#include "base/strings.h"

namespace cloudlet::base {
namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15u;

constexpr uint64_t RotateLeft(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

}  // namespace

uint64_t RandomSeed() {
  std::random_device device;
  const uint64_t high = device();
  return (high << 32) | device();
}

Random::Random(uint64_t seed) : state_{} {
  for (uint64_t& word : state_) word = Mix64(seed += kGolden);
}

uint64_t Random::Next() {
  const uint64_t result = RotateLeft(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = RotateLeft(state_[3], 45);
  return result;
}

uint64_t Random::Below(uint64_t n) {
  // The numbers from 2^64 mod n upwards are a whole multiple of n.
  const uint64_t uneven = (0 - n) % n;
  for (;;) {
    const uint64_t x = Next();
    if (x >= uneven) return x % n;
  }
}

double Random::Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

bool Random::Chance(double p) { return Unit() < p; }

uint64_t IdSource::Next() {
  const uint64_t n = issued_.fetch_add(1, std::memory_order_relaxed) + 1;
  return Mix64(seed_ + n * kGolden);
}

std::string IdSource::NextRequestId() { return Hex16(Next()); }

std::string IdSource::NextUuid() {
  constexpr char kDigits[] = "0123456789abcdef";
  const uint64_t n = issued_.fetch_add(2, std::memory_order_relaxed) + 1;
  uint64_t high = Mix64(seed_ + n * kGolden);
  uint64_t low = Mix64(seed_ + (n + 1) * kGolden);
  high = (high & ~uint64_t{0xF000}) | 0x4000;              // version 4
  low = (low & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;  // RFC 4122's variant
  std::string uuid(36, '-');
  size_t at = 0;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) ++at;
    const uint64_t word = digit < 16 ? high : low;
    uuid[at++] = kDigits[(word >> (60 - 4 * (digit % 16))) & 15];
  }
  return uuid;
}

}  // namespace cloudlet::base
