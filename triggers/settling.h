// SettleTracker: how far the event log is settled. Pure bookkeeping.
//
// Events come in ascending order of their numbers, each with a count of targets that are still
// open; targets are settled in any order. The watermark is the highest number up to which no event
// has an open target.
//
// Thread-compatible.
#ifndef CLOUDLET_TRIGGERS_SETTLING_H_
#define CLOUDLET_TRIGGERS_SETTLING_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>

namespace cloudlet::triggers {

class SettleTracker {
 public:
  // Everything up to `watermark` is settled.
  explicit SettleTracker(uint64_t watermark = 0) : watermark_(watermark), last_(watermark) {}

  // A new event with `open` targets, less those that Settle has been told of already. REQUIRES:
  // number > last().
  void Add(uint64_t number, size_t open);
  // One open target of the event is settled. The event may also be one that is yet to be added
  // (number > last()).
  void Settle(uint64_t number);

  uint64_t watermark() const { return watermark_; }
  // The number of the event that was added last.
  uint64_t last() const { return last_; }
  // Events added and above the watermark.
  size_t window() const { return window_.size(); }
  // The number of the i-th event of the window, from 0. REQUIRES: i < window().
  uint64_t NumberAt(size_t i) const { return window_[i].number; }

 private:
  struct Entry {
    uint64_t number;
    size_t open;
  };
  void Pass();

  uint64_t watermark_;
  uint64_t last_;
  std::deque<Entry> window_;          // ascending; the first has open targets
  std::map<uint64_t, size_t> early_;  // targets settled before their event was added
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_SETTLING_H_
