// Policies that are here for comparison only, over entries of one size: CLOCK, ARC, and S3-FIFO
// without what ours adds.
#ifndef CLOUDLET_BENCH_EDGE_BASELINES_H_
#define CLOUDLET_BENCH_EDGE_BASELINES_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

#include "edge/store/eviction.h"
#include "edge/store/ghost.h"

namespace cloudlet::bench {

// One queue in order of coming; at its end, who was asked for goes round again.
class Clock : public edge::Eviction {
 public:
  void Add(edge::Resident* one) override { Push(0, one); }
  edge::Resident* Evict() override;
};

// S3-FIFO as published: a small queue of 10 % of the bytes, ghosts of it, and two hits in it that
// lead to main.
class PlainS3Fifo : public edge::Eviction {
 public:
  explicit PlainS3Fifo(size_t capacity) : small_(capacity / 10), main_(capacity - small_) {
    ghosts_.Reserve(main_);
  }

  void Add(edge::Resident* one) override;
  edge::Resident* Evict() override;

 private:
  enum Queue : size_t { kSmall, kMain };

  const size_t small_;
  const size_t main_;
  edge::Ghost ghosts_;
};

// ARC (Megiddo and Modha, FAST 2003): two LRU lists, of those asked for once and more often, with a
// list of ghosts behind each; hits in the ghosts move the border.
class Arc : public edge::Eviction {
 public:
  explicit Arc(size_t capacity) : capacity_(capacity) {}

  bool CountsOnly() const override { return false; }
  void Hit(edge::Resident* one) override;
  void Add(edge::Resident* one) override;
  edge::Resident* Evict() override;

 private:
  enum Queue : size_t { kOnce, kOften };

  // Hashes, newest first, with a way to find one.
  class GhostList {
   public:
    size_t size() const { return order_.size(); }
    bool Take(uint64_t hash);
    void Add(uint64_t hash);
    void ForgetOldest();

   private:
    std::list<uint64_t> order_;
    std::unordered_map<uint64_t, std::list<uint64_t>::iterator> places_;
  };

  const size_t capacity_;
  double border_ = 0;  // how many entries kOnce is to have
  GhostList once_ghosts_;
  GhostList often_ghosts_;
  const edge::Resident* newest_ = nullptr;  // what Evict() makes room for
  bool newest_was_often_ghost_ = false;
};

}  // namespace cloudlet::bench

#endif  // CLOUDLET_BENCH_EDGE_BASELINES_H_
