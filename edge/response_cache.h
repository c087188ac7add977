// What a distribution needs of a store: sets of stored responses by cache key.
//
// Thread-safe. What is taken out is handed to the caller, who destroys it without a lock: a body
// may be bytes of the user's, with code of the user's to free them.
#ifndef CLOUDLET_EDGE_RESPONSE_CACHE_H_
#define CLOUDLET_EDGE_RESPONSE_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "edge/coherence.h"
#include "edge/stored.h"

namespace cloudlet::edge {

// All variants of one key. Never changed: another set takes its place.
struct CachedSet {
  Stamp stamp = {};  // read before the oldest of them was fetched
  std::vector<std::shared_ptr<const StoredResponse>> variants = {};
};

// What `set` takes in memory, about.
uint64_t BytesOf(const CachedSet& set);

class ResponseCache {
 public:
  using Freed = std::vector<std::shared_ptr<const CachedSet>>;

  virtual ~ResponseCache() = default;

  // null: nothing.
  virtual std::shared_ptr<const CachedSet> Get(std::string_view key) = 0;
  // In place of what is there. What does not fit is not kept.
  virtual void Put(std::string_view key, std::shared_ptr<const CachedSet> set, Freed* freed) = 0;
  virtual void Erase(std::string_view key, Freed* freed) = 0;
  // All keys that begin with it; how many there were.
  virtual size_t ErasePrefix(std::string_view prefix, Freed* freed) = 0;

  struct Size {
    uint64_t entries = 0;
    uint64_t bytes = 0;
  };
  virtual Size size() const = 0;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_RESPONSE_CACHE_H_
