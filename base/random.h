// Randomness that means the same everywhere: a seed gives the same numbers with every compiler
// and library, which std's and Abseil's distributions do not promise.
//
//   Random     a generator (xoshiro256**) for one thread
//   IdSource   request ids and UUIDs for many threads; for one thread their sequence is
//              determined by the seed
//
// Not for secrets.
#ifndef CLOUDLET_BASE_RANDOM_H_
#define CLOUDLET_BASE_RANDOM_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace cloudlet::base {

// A seed from the operating system, for those who do not want to repeat a run.
uint64_t RandomSeed();

// Scrambles `x` (the finisher of splitmix64); a bijection.
constexpr uint64_t Mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// A seeded generator. Copies continue the same sequence. Thread-compatible.
class Random {
 public:
  explicit Random(uint64_t seed);

  // 64 uniform bits.
  uint64_t Next();

  // Uniform in [0, n), without bias. REQUIRES: n > 0.
  uint64_t Below(uint64_t n);

  // Uniform in [0, 1), a multiple of 2^-53.
  double Unit();

  // True with probability `p`; never for p <= 0, always for p >= 1.
  bool Chance(double p);

 private:
  std::array<uint64_t, 4> state_;
};

// Issues ids. Thread-safe. Within one source no request id comes twice in 2^64.
class IdSource {
 public:
  explicit IdSource(uint64_t seed) : seed_(Mix64(seed)) {}
  // Goes on where `other` is: the two issue the same ids from here on.
  IdSource(const IdSource& other) : seed_(other.seed_), issued_(other.issued_.load()) {}
  IdSource& operator=(const IdSource&) = delete;

  // 16 upper-case hexadecimal digits, as x-amz-request-id has.
  std::string NextRequestId();

  // A random (version 4) UUID in lower case: 8-4-4-4-12 hexadecimal digits.
  std::string NextUuid();

  // 64 bits that look random; no value comes twice in 2^64, counting those inside the ids.
  uint64_t Next();

 private:
  const uint64_t seed_;
  std::atomic<uint64_t> issued_{0};
};

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_RANDOM_H_
