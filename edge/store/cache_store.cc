// How a store is cut into shards, and sums over them.
#include "edge/store/cache_store.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace cloudlet::edge {
namespace {

constexpr size_t kMostShards = 256;
constexpr size_t kMostShardsUnasked = 16;
constexpr uint64_t kShardBytesUnasked = 64 << 20;

size_t ShardsFor(const CacheStoreOptions& options) {
  if (options.shards != 0) {
    return std::bit_floor(std::min(options.shards, kMostShards));
  }
  const uint64_t shards =
      std::clamp<uint64_t>(options.capacity_bytes / kShardBytesUnasked, 1, kMostShardsUnasked);
  return std::bit_floor(static_cast<size_t>(shards));
}

}  // namespace

uint64_t LargestEntry(const CacheStoreOptions& options) {
  return options.capacity_bytes / ShardsFor(options);
}

uint64_t HashOf(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

StoreEngine::StoreEngine(const CacheStoreOptions& options)
    : generation_(std::make_unique<Generation>()) {
  const size_t shards = ShardsFor(options);
  shard_shift_ = 63 - std::countr_zero(shards);
  for (size_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<StoreShard>(options.policy, options.capacity_bytes / shards,
                                                   options.large_on_second_request,
                                                   &generation_->now));
  }
}

void StoreEngine::Visit(const std::function<void(const StoreEntry&)>& visitor) const {
  for (const auto& shard : shards_) shard->Visit(visitor);
}

size_t StoreEngine::Sweep(size_t most) {
  size_t left = 0;
  for (const auto& shard : shards_) left += shard->Sweep(most);
  return left;
}

StoreStats StoreEngine::Stats() const {
  StoreStats sum;
  for (const auto& shard : shards_) {
    const StoreStats one = shard->Stats();
    sum.entries += one.entries;
    sum.bytes += one.bytes;
    sum.dead += one.dead;
    sum.retired += one.retired;
    sum.inserts += one.inserts;
    sum.evictions += one.evictions;
    sum.refusals += one.refusals;
  }
  return sum;
}

}  // namespace cloudlet::edge
