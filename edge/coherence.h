// Stamps: what has been invalidated, as numbers that are compared.
//
// A fetch takes the stamp of its request before it asks the origin, and what it stores carries it.
// A stored response is good only while its stamp is the present one of its request. So whoever
// changes something counts up and is done: "/*" counts up for the whole distribution, a commit for
// the slot of its object's key. Objects that share a slot lose each other's responses, no more.
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
  uint64_t generation = 0;
  std::vector<uint64_t> objects = {};  // one for each bucket of the origin

  friend bool operator==(const Stamp&, const Stamp&) = default;
};

class Coherence {
 public:
  // Watches `buckets` through `cloud`; none: only "/*" counts.
  Coherence(Cloud& cloud, const std::vector<OriginBucket>& buckets);

  // Of a request for `path` to an origin over these buckets.
  Stamp StampOf(const std::vector<OriginBucket>& buckets, std::string_view path) const;
  void InvalidateAll() { generation_.fetch_add(1, std::memory_order_seq_cst); }

  static constexpr size_t kSlots = 65'536;

 private:
  // Shared with the observers, one of which may be running when this goes.
  struct Slots {
    std::atomic<uint64_t> count[kSlots] = {};
    std::atomic<uint64_t>& Of(std::string_view bucket, std::string_view key);
  };

  std::atomic<uint64_t> generation_{0};
  std::shared_ptr<Slots> slots_;  // null: nothing is watched
  std::vector<ObserverToken> observers_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_COHERENCE_H_
