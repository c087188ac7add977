// S3-FIFO (Yang and others, SOSP 2023), by bytes, with two measures that it finds itself.
//
//   small    where newcomers wait; who was not asked for again leaves by its end, soon
//   main     who was; at its end whoever has hits goes round again with one less
//   ghosts   fingerprints of those that left either queue, as many as there are entries; who comes
//            back while remembered goes to main at once
//
// The small queue's share, 1 % to 40 % of the bytes. A newcomer that left the small queue only just
// now says that it should be larger by a little, one that left main just now that main should be;
// "just now" is among as many as 5 % of the entries, on both sides, so that the same number of
// bytes is weighed.
//
// How far back a ghost counts, 2 % of the entries to all of them, for either queue's ghosts apart.
// Who comes to main by a ghost is on trial: when it gets to main's end without a hit, ghosts of
// that kind are believed a little less, otherwise twice as much more; so a third of them prove
// good. Where popularity stands still that is a short way back, where it moves all of it.
#ifndef CLOUDLET_EDGE_STORE_S3_FIFO_H_
#define CLOUDLET_EDGE_STORE_S3_FIFO_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "edge/store/eviction.h"
#include "edge/store/ghost.h"

namespace cloudlet::edge {

class S3Fifo : public Eviction {
 public:
  explicit S3Fifo(uint64_t capacity);

  void Add(Resident* one) override;
  Resident* Evict() override;

  // What the small queue is to have now.
  double small_share() const { return small_share_; }
  // Of the entries: how many of those that left last count, by the small queue's end and by main's.
  double small_ghost_share() const { return ghosts_[kSmall].share; }
  double main_ghost_share() const { return ghosts_[kMain].share; }

 private:
  enum Queue : size_t { kSmall, kMain };

  // Of those that left by the end of one queue.
  struct Ghosts {
    Ghost marks;
    double share = 1;
  };

  void MoveSmallShare(double by);
  // Whether it goes round again.
  bool StaysInMain(Resident* one);

  const uint64_t capacity_;
  double small_share_;
  std::array<Ghosts, 2> ghosts_;  // by queue
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_S3_FIFO_H_
