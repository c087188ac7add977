// The two queues, and what moves their shares.
//
// The numbers were found with `edge_bench hitratio`: one setting for all traces.
#include "edge/store/s3_fifo.h"

#include <algorithm>
#include <atomic>
#include <optional>

namespace cloudlet::edge {
namespace {

constexpr double kSmallStart = 0.1;
constexpr double kSmallLeast = 0.01;
constexpr double kSmallMost = 0.4;
// Of the entries: how late one has left "just now".
constexpr double kJustNow = 0.05;
// What a return to main weighs against one to the small queue.
constexpr double kMainWeight = 2;

constexpr double kGhostLeast = 0.02;
constexpr double kGhostMost = 1;
constexpr double kGhostLess = 0.001;
constexpr double kGhostMore = 2 * kGhostLess;

}  // namespace

S3Fifo::S3Fifo(uint64_t capacity) : capacity_(capacity), small_share_(kSmallStart) {}

void S3Fifo::Add(Resident* one) {
  const size_t entries = size() + 1;
  const auto count = static_cast<double>(entries);
  one->trial = 0;
  for (const Queue left : {kSmall, kMain}) {
    Ghosts& ghosts = ghosts_[left];
    ghosts.marks.Reserve(entries);
    const auto most = static_cast<uint64_t>(ghosts.share * count);
    const std::optional<uint64_t> since = ghosts.marks.Take(one->hash, std::max<uint64_t>(most, 1));
    if (!since) continue;
    one->trial = static_cast<uint8_t>(left + 1);
    // By an entry's bytes.
    if (static_cast<double>(*since) < kJustNow * count) {
      MoveSmallShare((left == kSmall ? 1 : -kMainWeight) / count);
    }
  }
  Push(one->trial != 0 ? kMain : kSmall, one);
}

void S3Fifo::MoveSmallShare(double by) {
  small_share_ = std::clamp(small_share_ + by, kSmallLeast, kSmallMost);
}

Resident* S3Fifo::Evict() {
  const auto small_bytes = static_cast<uint64_t>(small_share_ * static_cast<double>(capacity_));
  for (;;) {
    const bool from_small =
        queue(kMain).empty() || (!queue(kSmall).empty() && queue(kSmall).bytes() > small_bytes);
    const Queue from = from_small ? kSmall : kMain;
    Resident* const one = Take(queue(from).oldest());
    const bool stays =
        from_small ? one->hits.exchange(0, std::memory_order_relaxed) > 0 : StaysInMain(one);
    if (!stays) {
      ghosts_[from].marks.Add(one->hash);
      return one;
    }
    Push(kMain, one);
  }
}

bool S3Fifo::StaysInMain(Resident* one) {
  const bool was_hit = one->hits.load(std::memory_order_relaxed) > 0;
  if (one->trial != 0) {
    double& share = ghosts_[one->trial - 1].share;
    share = std::clamp(share + (was_hit ? kGhostMore : -kGhostLess), kGhostLeast, kGhostMost);
    one->trial = 0;
  }
  if (was_hit) one->ForgetHit();
  return was_hit;
}

}  // namespace cloudlet::edge
