// Strands: the deliveries of one function that go one after the other, because they are of one key.
//
// Of each strand at most one delivery is in front: it is on its way as any other. Those that come
// meanwhile are held back here, in the order of their numbers, until the one in front has ended.
// A strand is a hash of bucket and key: should two keys ever share one, they wait for each other.
// Strand 0 stands for what has no key, and is none.
//
// O(log n) each, of what is held back; what is neither in front nor held back costs nothing.
//
// Thread-compatible.
#ifndef CLOUDLET_TRIGGERS_STRANDS_H_
#define CLOUDLET_TRIGGERS_STRANDS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {

struct Delivery;

// The strand of an event, never 0 where it has a key. The same seed gives the same strands.
uint64_t StrandOf(const objstore::EventRecord& event, uint64_t seed);

class Strands {
 public:
  struct HeldBack {
    uint64_t number = 0;
    std::shared_ptr<Delivery> delivery;          // null: in its row
    absl::Time ready_at = absl::InfinitePast();  // not before
  };

  // Puts `number` in front, or finds it there. False: another is in front, or one below it is held
  // back; then nothing is done.
  bool Enter(uint64_t strand, uint64_t number);
  // REQUIRES: it is not in front.
  void Hold(uint64_t strand, HeldBack held);
  // Null: it is not held back.
  HeldBack* Find(uint64_t strand, uint64_t number);
  // Who is in front leaves once more often before others follow. Nothing where it is not in front.
  void Double(uint64_t strand, uint64_t number);
  // Whether nobody is in front any more. False where it was not.
  bool Leave(uint64_t strand, uint64_t number);
  // Who follows: the lowest that is held back, where nobody is in front.
  std::optional<uint64_t> Next(uint64_t strand) const;
  // Takes it out, and in front. REQUIRES: it is Next.
  HeldBack Advance(uint64_t strand, uint64_t number);

  // How many are held back.
  size_t held() const { return held_.size(); }
  // Strands where some are held back and nobody is in front.
  std::vector<uint64_t> Waiting() const;
  // Forgets all; what was held back, in the order of the numbers.
  std::vector<std::pair<uint64_t, HeldBack>> TakeAll();
  void Clear();

 private:
  struct Front {
    uint64_t number = 0;
    size_t times = 1;
  };
  absl::flat_hash_map<uint64_t, Front> front_;              // by strand
  std::map<std::pair<uint64_t, uint64_t>, HeldBack> held_;  // by strand and number
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_STRANDS_H_
