// A map in the order of the keys, and a list in that of their use.
#include "edge/lru_response_cache.h"

#include <utility>

namespace cloudlet::edge {
namespace {

constexpr uint64_t kEntryOverhead = 256;

}  // namespace

uint64_t BytesOf(const CachedSet& set) {
  uint64_t bytes = sizeof(CachedSet);
  for (const auto& one : set.variants) {
    bytes += sizeof(StoredResponse) + one->response.body.size();
    for (const HttpHeader& header : one->response.headers) {
      bytes += sizeof(HttpHeader) + header.name.size() + header.value.size();
    }
    for (const Selector& selector : one->selectors) {
      bytes +=
          sizeof(Selector) + selector.name.size() + (selector.value ? selector.value->size() : 0);
    }
  }
  return bytes;
}

std::shared_ptr<const CachedSet> LruResponseCache::Get(std::string_view key) {
  base::MutexLock lock(&mu_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second.place);
  return found->second.set;
}

void LruResponseCache::Put(std::string_view key, std::shared_ptr<const CachedSet> set,
                           Freed* freed) {
  const uint64_t bytes = kEntryOverhead + 2 * key.size() + BytesOf(*set);
  base::MutexLock lock(&mu_);
  const auto found = entries_.find(key);
  if (found != entries_.end()) Remove(found, freed);
  if (bytes > capacity_) {
    freed->push_back(std::move(set));
    return;
  }
  while (bytes_ + bytes > capacity_) Remove(by_use_.back(), freed);
  const auto at = entries_.emplace(std::string(key), Entry{std::move(set), bytes, {}}).first;
  by_use_.push_front(at);
  at->second.place = by_use_.begin();
  bytes_ += bytes;
}

void LruResponseCache::Erase(std::string_view key, Freed* freed) {
  base::MutexLock lock(&mu_);
  const auto found = entries_.find(key);
  if (found != entries_.end()) Remove(found, freed);
}

size_t LruResponseCache::ErasePrefix(std::string_view prefix, Freed* freed) {
  size_t count = 0;
  base::MutexLock lock(&mu_);
  auto at = entries_.lower_bound(prefix);
  while (at != entries_.end() && std::string_view(at->first).substr(0, prefix.size()) == prefix) {
    at = Remove(at, freed);
    ++count;
  }
  return count;
}

ResponseCache::Size LruResponseCache::size() const {
  base::MutexLock lock(&mu_);
  return {entries_.size(), bytes_};
}

LruResponseCache::Entries::iterator LruResponseCache::Remove(Entries::iterator at, Freed* freed) {
  bytes_ -= at->second.bytes;
  by_use_.erase(at->second.place);
  freed->push_back(std::move(at->second.set));
  return entries_.erase(at);
}

}  // namespace cloudlet::edge
