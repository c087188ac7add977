// Stamps: what has been invalidated, as numbers that are compared.
//
// A fetch takes the stamp of its request before it asks the origin, and what it stores carries it.
// A stored response is good only while its stamp is the present one of its request. So whoever
// changes something counts up and is done: "/*" counts up for a whole cache, a commit for the slot
// of its object's key. Objects that share a slot lose each other's responses, no more.
#ifndef CLOUDLET_EDGE_COHERENCE_H_
#define CLOUDLET_EDGE_COHERENCE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "cloudlet/cloud.h"
#include "cloudlet/edge_origin.h"

namespace cloudlet::edge {

struct Stamp {
  uint64_t generation = 0;  // how often everything was invalidated
  uint64_t writes = 0;      // how often an object was written that the answer may be made of
  // The last purge by tag that had begun (tag_purges.h). Not compared: tags tell whether it counts.
  uint64_t purges = 0;
  // The last walk over the store, to invalidate, that had begun. Not compared: what was stored
  // before it is not added to (cache_node_fetch.cc).
  uint64_t walks = 0;

  friend bool operator==(const Stamp& a, const Stamp& b) {
    return a.generation == b.generation && a.writes == b.writes;
  }
};

class Coherence {
 public:
  // Watches `buckets` through `cloud`; none: there are no writes to be seen.
  Coherence(Cloud& cloud, const std::vector<OriginBucket>& buckets);

  // How often the objects of a request for `path` to an origin over these buckets were written, all
  // of them together: each only counts up, so the sum changes with every write.
  uint64_t WritesOf(const std::vector<OriginBucket>& buckets, std::string_view path) const;

  static constexpr size_t kSlots = 65'536;

 private:
  // Shared with the observers, one of which may be running when this goes.
  struct Slots {
    std::atomic<uint64_t> count[kSlots] = {};
    std::atomic<uint64_t>& Of(std::string_view bucket, std::string_view key);
  };

  std::shared_ptr<Slots> slots_;  // null: nothing is watched
  std::vector<ObserverToken> observers_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_COHERENCE_H_
