// The observer runs on the committing thread, before its call returns: it counts, and no more.
#include "edge/coherence.h"

#include <set>
#include <string>

#include "base/random.h"
#include "edge/path_pattern.h"

namespace cloudlet::edge {
namespace {

// FNV-1a, then mixed.
uint64_t Hash(std::string_view text, uint64_t seed) {
  uint64_t hash = 0xCBF29CE484222325u ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return base::Mix64(hash);
}

}  // namespace

std::atomic<uint64_t>& Coherence::Slots::Of(std::string_view bucket, std::string_view key) {
  return count[Hash(key, Hash(bucket, 0)) % kSlots];
}

Coherence::Coherence(Cloud& cloud, const std::vector<OriginBucket>& buckets) {
  if (buckets.empty()) return;
  slots_ = std::make_shared<Slots>();
  std::set<std::string> names;
  for (const OriginBucket& one : buckets) names.insert(one.bucket);
  for (const std::string& name : names) {
    observers_.push_back(cloud.Observe(name, [slots = slots_](const Change& change) {
      slots->Of(change.bucket, change.key).fetch_add(1, std::memory_order_seq_cst);
    }));
  }
}

uint64_t Coherence::WritesOf(const std::vector<OriginBucket>& buckets,
                             std::string_view path) const {
  if (slots_ == nullptr) return 0;
  uint64_t writes = 0;
  thread_local std::string key;  // kept, so that a hit allocates nothing
  for (const OriginBucket& one : buckets) {
    // What is no path of an object is no answer of one.
    if (!ReadObjectKey(one.path, path, &key)) continue;
    writes += slots_->Of(one.bucket, key).load(std::memory_order_seq_cst);
  }
  return writes;
}

}  // namespace cloudlet::edge
