// DeliveryOrder::kPerKey: of each key one delivery is on its way, those behind it are held back.
//
// A delivery comes to its strand once, when it is taken or when its row is loaded, and leaves it
// when it ends; retries, throttles, time-outs and conflicts in between do not concern the strand.
// Rows above the watermark are loaded before the log is read again, so one of them goes on only
// when the log has been read up to its number: nothing below it can come any more then.
//
// A function that begins to keep the order first lets what is in play come to rest, so that all
// that has not ended is in its queue or waits, and can be sorted into strands.
//
// Ends are settled later (settle.cc), in no order. So that a crash never brings back an event of
// which a later one of its key stays ended, whoever writes that a delivery has ended writes it of
// those before it as well.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/function.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/runtime.h"
#include "triggers/strands.h"

namespace cloudlet::triggers {
namespace {

using Order = FunctionState::Order;

}  // namespace

uint64_t Runtime::StrandOf(const objstore::EventRecord& event) const {
  return triggers::StrandOf(event, store_id_.load(std::memory_order_relaxed));
}

uint64_t Runtime::StrandOf(const Slot& slot) const {
  return slot.delivery != nullptr ? StrandOf(*slot.delivery->event) : slot.strand;
}

bool Runtime::HoldBack(const DeliveryPtr& delivery) {
  FunctionState* const function = delivery->function;
  if (function->order != Order::kPerKey) return false;
  const uint64_t strand = StrandOf(*delivery->event);
  if (strand == 0 || function->strands.Enter(strand, delivery->number())) return false;
  parkable_.push_back(delivery);
  ArmLag(delivery->taken_at);
  PutInStrand(function, strand, {delivery->number(), delivery});
  in_memory_ += delivery->weight();
  return true;
}

bool Runtime::HoldBackRow(FunctionState* function, uint64_t strand, uint64_t number,
                          absl::Time ready_at) {
  if (function->order != Order::kPerKey || strand == 0) return false;
  if (!IsAhead(function, number) && function->strands.Enter(strand, number)) return false;
  PutInStrand(function, strand, {number, nullptr, ready_at});
  return true;
}

void Runtime::PutInStrand(FunctionState* function, uint64_t strand, Strands::HeldBack held) {
  if (held.delivery != nullptr) {
    held.delivery->place = Delivery::Place::kHeldBack;
    held_weight_ += held.delivery->weight();
  }
  function->strands.Hold(strand, std::move(held));
}

// Whether the log is yet to be read up to it.
bool Runtime::IsAhead(FunctionState* function, uint64_t number) const {
  return !rows_above_.empty() && rows_above_.count({number, function}) != 0;
}

void Runtime::LeaveStrand(FunctionState* function, uint64_t strand, uint64_t number,
                          absl::Time now) {
  if (function->order != Order::kPerKey || strand == 0) return;
  if (function->strands.Leave(strand, number)) Follow(function, strand, now);
}

void Runtime::LeaveStrand(const Delivery& delivery, absl::Time now) {
  if (delivery.function->order != Order::kPerKey) return;
  LeaveStrand(delivery.function, StrandOf(*delivery.event), delivery.number(), now);
}

void Runtime::Follow(FunctionState* function, uint64_t strand, absl::Time now) {
  const auto next = function->strands.Next(strand);
  if (!next.has_value() || IsAhead(function, *next)) return;
  GoOn(function, strand, function->strands.Advance(strand, *next), now);
  PostTokens(function);
}

void Runtime::FollowAll(absl::Time now) {
  for (const auto& [name, function] : functions_) {
    if (function->strands.held() == 0) continue;
    for (const uint64_t strand : function->strands.Waiting()) Follow(function.get(), strand, now);
  }
}

// What was held back is on its way.
void Runtime::GoOn(FunctionState* function, uint64_t strand, Strands::HeldBack held,
                   absl::Time now) {
  const size_t weight = held.delivery != nullptr ? held.delivery->weight() : 0;
  held_weight_ -= weight;
  if (held.ready_at > now) {
    in_memory_ -= weight;
    Wait(function, held.ready_at, Slot{held.number, std::move(held.delivery), strand});
  } else {
    function->PushBack(Slot{held.number, std::move(held.delivery), strand});
  }
}

void Runtime::SetOrder(FunctionState* function, DeliveryOrder order, absl::Time now) {
  if (order == DeliveryOrder::kPerKey) {
    if (function->order != Order::kNone) return;
    function->order = Order::kSwitching;
    TakeOverInline(function);
    TryToKeepOrder(function);
    return;
  }
  if (function->order == Order::kNone) return;
  function->order = Order::kNone;
  for (auto& [strand, held] : function->strands.TakeAll()) {
    GoOn(function, strand, std::move(held), now);
  }
}

// Its inline runs that are expected become background ones.
void Runtime::TakeOverInline(FunctionState* function) {
  if (function->expected == 0) return;
  std::vector<DeliveryPtr> expected;
  for (const auto& [key, delivery] : inline_) {
    if (key.second == function && delivery != nullptr) expected.push_back(delivery);
  }
  std::sort(expected.begin(), expected.end(),
            [](const DeliveryPtr& a, const DeliveryPtr& b) { return a->number() < b->number(); });
  for (DeliveryPtr& delivery : expected) TakeOverInline(std::move(delivery));
}

void Runtime::TryToKeepOrder(FunctionState* function) {
  if (function->order != Order::kSwitching || function->in_play() > 0) return;
  function->order = Order::kPerKey;
  std::vector<std::pair<uint64_t, uint64_t>> all;  // number and strand
  const auto add = [&](const Slot& slot) {
    const bool twin = slot.delivery != nullptr && slot.delivery->is_duplicate;
    const uint64_t strand = StrandOf(slot);
    if (strand != 0 && !twin) all.emplace_back(slot.number, strand);
  };
  for (const Slot& slot : function->queue) add(slot);
  for (const auto& [due, slot] : function->waiting) add(slot);
  std::sort(all.begin(), all.end());
  std::set<uint64_t> behind;
  for (const auto& [number, strand] : all) {
    if (IsAhead(function, number) || !function->strands.Enter(strand, number)) {
      behind.insert(number);
    }
  }
  if (!behind.empty()) SortIntoStrands(function, behind);
  PostTokens(function);
}

void Runtime::SortIntoStrands(FunctionState* function, const std::set<uint64_t>& behind) {
  const auto stays = [&](const Slot& slot) {
    const bool twin = slot.delivery != nullptr && slot.delivery->is_duplicate;
    return twin || behind.count(slot.number) == 0;
  };
  std::deque<Slot> queue;
  queue.swap(function->queue);
  function->in_memory = 0;
  for (Slot& slot : queue) {
    if (stays(slot)) {
      function->PushBack(std::move(slot));
      continue;
    }
    const uint64_t strand = StrandOf(slot);
    PutInStrand(function, strand, {slot.number, std::move(slot.delivery)});
  }
  for (auto it = function->waiting.begin(); it != function->waiting.end();) {
    Slot& slot = it->second;
    if (stays(slot)) {
      ++it;
      continue;
    }
    if (slot.delivery != nullptr) in_memory_ += slot.delivery->weight();
    const uint64_t strand = StrandOf(slot);
    PutInStrand(function, strand, {slot.number, std::move(slot.delivery), it->first.first});
    it = function->waiting.erase(it);
  }
}

void Runtime::EndedUnwritten(const DeliveryPtr& delivery) {
  if (delivery->function->order != Order::kPerKey || delivery->number() <= persisted_) return;
  const uint64_t strand = StrandOf(*delivery->event);
  if (strand == 0) return;
  quiet_ends_.emplace(InlineKey(delivery->number(), delivery->function),
                      QuietEnd{strand, delivery});
}

void Runtime::AddQuietEnds(const FunctionState* function, uint64_t strand, uint64_t number,
                           objstore::Settlement* settlement) const {
  if (function->order != Order::kPerKey) return;
  for (const auto& [key, end] : quiet_ends_) {
    if (key.first >= number) break;
    if (key.second != function || end.strand != strand) continue;
    settlement->write.push_back(RowOf(*end.delivery, objstore::DeliveryState::kDone));
  }
}

void Runtime::AddEndsBefore(const Delivery& delivery, objstore::Settlement* settlement) const {
  const FunctionState* const function = delivery.function;
  if (function->order != Order::kPerKey) return;
  const uint64_t strand = StrandOf(*delivery.event);
  if (strand == 0) return;
  for (const Ended& ended : ended_) {
    if (ended.number >= delivery.number() || ended.row.target.function != function->name ||
        StrandOf(*ended.row.event) != strand) {
      continue;
    }
    if (ended.number <= persisted_) {
      settlement->erase.push_back({ended.number, function->name});
    } else {
      settlement->write.push_back(ended.row);
    }
  }
  AddQuietEnds(function, strand, delivery.number(), settlement);
}

void Runtime::ForgetQuietEnds() {
  while (!quiet_ends_.empty() && quiet_ends_.begin()->first.first <= persisted_) {
    quiet_ends_.erase(quiet_ends_.begin());
  }
}

}  // namespace cloudlet::triggers
