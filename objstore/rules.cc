// Matching of events to functions: see rules.h.
#include "objstore/rules.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/types/span.h"
#include "base/strings.h"

namespace cloudlet::objstore {

using base::V;

bool Matches(const Rule& rule, EventType type, std::string_view key) {
  if (!absl::StartsWith(V(key), V(rule.prefix)) || !absl::EndsWith(V(key), V(rule.suffix))) {
    return false;
  }
  return std::any_of(rule.types.begin(), rule.types.end(),
                     [type](EventType wanted) { return EventTypeCovers(wanted, type); });
}

bool Overlap(const Rule& a, const Rule& b) {
  const bool common_key =
      (absl::StartsWith(V(a.prefix), V(b.prefix)) || absl::StartsWith(V(b.prefix), V(a.prefix))) &&
      (absl::EndsWith(V(a.suffix), V(b.suffix)) || absl::EndsWith(V(b.suffix), V(a.suffix)));
  if (!common_key) return false;
  // Types are one kind of change, or all of a kind: two have one in common when one has the other.
  return std::any_of(a.types.begin(), a.types.end(), [&b](EventType of_a) {
    return std::any_of(b.types.begin(), b.types.end(), [of_a](EventType of_b) {
      return of_a == of_b || EventTypeCovers(of_a, of_b) || EventTypeCovers(of_b, of_a);
    });
  });
}

const Rule* FindOverlap(const Rule& rule, absl::Span<const Rule> others) {
  const auto found = std::find_if(others.begin(), others.end(), [&rule](const Rule& other) {
    return other.bucket == rule.bucket && other.id != rule.id && Overlap(rule, other);
  });
  return found == others.end() ? nullptr : &*found;
}

RuleTable::RuleTable(const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) by_bucket_[rule.bucket_id].push_back(rule);
  for (auto& [id, bucket_rules] : by_bucket_) {
    std::sort(bucket_rules.begin(), bucket_rules.end(),
              [](const Rule& a, const Rule& b) { return a.id < b.id; });
  }
}

std::vector<EventTarget> RuleTable::Match(uint64_t bucket_id, EventType type,
                                          std::string_view key) const {
  std::vector<EventTarget> targets;
  const auto found = by_bucket_.find(bucket_id);
  if (found == by_bucket_.end()) return targets;
  for (const Rule& rule : found->second) {
    if (!Matches(rule, type, key)) continue;
    const bool named = std::any_of(
        targets.begin(), targets.end(),
        [&rule](const EventTarget& target) { return target.function == rule.function; });
    if (!named) targets.push_back({rule.function, rule.id});
  }
  return targets;
}

}  // namespace cloudlet::objstore
