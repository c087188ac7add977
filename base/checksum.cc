// See checksum.h.
#include "base/checksum.h"

#include <xxhash.h>

#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/crc.h"
#include "base/fatal.h"

namespace cloudlet::base {
namespace {

[[noreturn]] void NoSuchAlgorithm() { Fatal("cloudlet: no such checksum algorithm"); }

template <typename State>
State* Allocated(State* state) {
  if (state == nullptr) Fatal("cloudlet: no memory for a checksum");
  return state;
}

std::string BigEndian(uint64_t value) {
  std::string bytes;
  AppendBe64(&bytes, value);
  return bytes;
}

// `crc` carried on over `bytes`.
uint64_t UpdateCrc(ChecksumAlgorithm algorithm, uint64_t crc, std::string_view bytes) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
      return Crc32(bytes, static_cast<uint32_t>(crc));
    case ChecksumAlgorithm::kCrc32c:
      return Crc32c(bytes, static_cast<uint32_t>(crc));
    default:
      return Crc64Nvme(bytes, crc);
  }
}

std::string Xxh128Digest(XXH128_hash_t hash) {
  return BigEndian(hash.high64) + BigEndian(hash.low64);
}

std::optional<DigestKind> KindOf(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::kMd5:
      return DigestKind::kMd5;
    case ChecksumAlgorithm::kSha1:
      return DigestKind::kSha1;
    case ChecksumAlgorithm::kSha256:
      return DigestKind::kSha256;
    case ChecksumAlgorithm::kSha512:
      return DigestKind::kSha512;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool IsCrc(ChecksumAlgorithm algorithm) {
  return algorithm == ChecksumAlgorithm::kCrc32 || algorithm == ChecksumAlgorithm::kCrc32c ||
         algorithm == ChecksumAlgorithm::kCrc64nvme;
}

std::string CrcDigest(ChecksumAlgorithm algorithm, uint64_t crc) {
  if (algorithm == ChecksumAlgorithm::kCrc64nvme) return BigEndian(crc);
  std::string bytes;
  AppendBe32(&bytes, static_cast<uint32_t>(crc));
  return bytes;
}

void ChecksumStream::FreeState::operator()(XXH64_state_s* state) const { XXH64_freeState(state); }
void ChecksumStream::FreeState::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

ChecksumStream::State ChecksumStream::Begin(ChecksumAlgorithm algorithm) {
  if (IsCrc(algorithm)) return uint64_t{0};
  if (const auto kind = KindOf(algorithm); kind.has_value()) return Digest(*kind);
  if (algorithm == ChecksumAlgorithm::kXxhash64) {
    Xxh64State state(Allocated(XXH64_createState()));
    XXH64_reset(state.get(), 0);
    return state;
  }
  Xxh3State state(Allocated(XXH3_createState()));
  switch (algorithm) {
    case ChecksumAlgorithm::kXxhash3:
      XXH3_64bits_reset(state.get());
      return state;
    case ChecksumAlgorithm::kXxhash128:
      XXH3_128bits_reset(state.get());
      return state;
    default:
      NoSuchAlgorithm();
  }
}

ChecksumStream::ChecksumStream(ChecksumAlgorithm algorithm)
    : algorithm_(algorithm), state_(Begin(algorithm)) {}

void ChecksumStream::Append(std::string_view bytes) {
  if (auto* crc = std::get_if<uint64_t>(&state_)) {
    *crc = UpdateCrc(algorithm_, *crc, bytes);
  } else if (auto* digest = std::get_if<Digest>(&state_)) {
    digest->Update(bytes);
  } else if (auto* xxh64 = std::get_if<Xxh64State>(&state_)) {
    if (!bytes.empty()) XXH64_update(xxh64->get(), bytes.data(), bytes.size());
  } else if (auto* xxh3 = std::get_if<Xxh3State>(&state_); !bytes.empty()) {
    if (algorithm_ == ChecksumAlgorithm::kXxhash3) {
      XXH3_64bits_update(xxh3->get(), bytes.data(), bytes.size());
    } else {
      XXH3_128bits_update(xxh3->get(), bytes.data(), bytes.size());
    }
  }
}

std::string ChecksumStream::Finish() {
  if (const auto* crc = std::get_if<uint64_t>(&state_)) return CrcDigest(algorithm_, *crc);
  if (auto* digest = std::get_if<Digest>(&state_)) return digest->Finish();
  if (const auto* xxh64 = std::get_if<Xxh64State>(&state_)) {
    return BigEndian(XXH64_digest(xxh64->get()));
  }
  const auto& xxh3 = std::get<Xxh3State>(state_);
  if (algorithm_ == ChecksumAlgorithm::kXxhash3) {
    return BigEndian(XXH3_64bits_digest(xxh3.get()));
  }
  return Xxh128Digest(XXH3_128bits_digest(xxh3.get()));
}

std::string DigestOf(ChecksumAlgorithm algorithm, std::string_view bytes) {
  if (IsCrc(algorithm)) return CrcDigest(algorithm, UpdateCrc(algorithm, 0, bytes));
  if (const auto kind = KindOf(algorithm); kind.has_value()) return DigestOf(*kind, bytes);
  switch (algorithm) {
    case ChecksumAlgorithm::kXxhash64:
      return BigEndian(XXH64(bytes.data(), bytes.size(), 0));
    case ChecksumAlgorithm::kXxhash3:
      return BigEndian(XXH3_64bits(bytes.data(), bytes.size()));
    case ChecksumAlgorithm::kXxhash128:
      return Xxh128Digest(XXH3_128bits(bytes.data(), bytes.size()));
    default:
      NoSuchAlgorithm();
  }
}

}  // namespace cloudlet::base
