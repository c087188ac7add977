// The hash that tells keys apart, and who is in front of a strand: see strands.h.
#include "triggers/strands.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "cloudlet/event.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {
namespace {

uint64_t Hash(std::string_view bytes, uint64_t hash) {
  hash = base::Mix64(hash + bytes.size());
  for (; bytes.size() >= sizeof(uint64_t); bytes.remove_prefix(sizeof(uint64_t))) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof(word));
    hash = base::Mix64(hash ^ word) + word;
  }
  uint64_t rest = 0;
  if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
  return base::Mix64(hash ^ rest) + rest;
}

}  // namespace

uint64_t StrandOf(const objstore::EventRecord& event, uint64_t seed) {
  if (event.event.type == EventType::kInvocation) return 0;
  return std::max<uint64_t>(1, Hash(event.event.key, Hash(event.event.bucket, seed)));
}

bool Strands::Enter(uint64_t strand, uint64_t number) {
  if (const auto found = front_.find(strand); found != front_.end()) {
    return found->second.number == number;
  }
  if (!held_.empty()) {
    const auto lowest = held_.lower_bound({strand, 0});
    if (lowest != held_.end() && lowest->first < std::pair(strand, number)) return false;
  }
  front_.emplace(strand, Front{number});
  return true;
}

void Strands::Hold(uint64_t strand, HeldBack held) {
  const std::pair key(strand, held.number);
  held_.insert_or_assign(key, std::move(held));
}

Strands::HeldBack* Strands::Find(uint64_t strand, uint64_t number) {
  const auto found = held_.find({strand, number});
  return found == held_.end() ? nullptr : &found->second;
}

void Strands::Double(uint64_t strand, uint64_t number) {
  const auto found = front_.find(strand);
  if (found != front_.end() && found->second.number == number) ++found->second.times;
}

bool Strands::Leave(uint64_t strand, uint64_t number) {
  const auto found = front_.find(strand);
  if (found == front_.end() || found->second.number != number) return false;
  if (--found->second.times > 0) return false;
  front_.erase(found);
  return true;
}

std::optional<uint64_t> Strands::Next(uint64_t strand) const {
  if (held_.empty() || front_.contains(strand)) return std::nullopt;
  const auto lowest = held_.lower_bound({strand, 0});
  if (lowest == held_.end() || lowest->first.first != strand) return std::nullopt;
  return lowest->first.second;
}

Strands::HeldBack Strands::Advance(uint64_t strand, uint64_t number) {
  const auto found = held_.find({strand, number});
  HeldBack held = std::move(found->second);
  held_.erase(found);
  front_.emplace(strand, Front{number});
  return held;
}

std::vector<uint64_t> Strands::Waiting() const {
  std::vector<uint64_t> strands;
  for (const auto& [key, held] : held_) {
    if (!strands.empty() && strands.back() == key.first) continue;
    if (!front_.contains(key.first)) strands.push_back(key.first);
  }
  return strands;
}

std::vector<std::pair<uint64_t, Strands::HeldBack>> Strands::TakeAll() {
  std::vector<std::pair<uint64_t, HeldBack>> all;
  all.reserve(held_.size());
  for (auto& [key, held] : held_) all.emplace_back(key.first, std::move(held));
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.second.number < b.second.number; });
  Clear();
  return all;
}

void Strands::Clear() {
  front_.clear();
  held_.clear();
}

}  // namespace cloudlet::triggers
