// Each rule's table is cut into shards by the low bits of the keys, with a lock for each.
#include "edge/flood/rate_limiter.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/random.h"
#include "edge/flood/rate_table.h"
#include "edge/flood/viewer_network.h"
#include "edge/flood/window_count.h"
#include "edge/path_pattern.h"

namespace cloudlet::edge {
namespace {

constexpr uint32_t kShards = 16;

struct Shard {
  explicit Shard(uint32_t keys) : table(keys) {}
  base::Mutex mu;
  RateTable table ABSL_GUARDED_BY(mu);
};

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// Mixes `text` in, its length too, so that no two lists of texts run into each other.
uint64_t Mixed(uint64_t hash, std::string_view text) {
  hash = base::Mix64(hash ^ (text.size() * 0x9E3779B97F4A7C15u));
  while (!text.empty()) {
    uint64_t word = 0;
    const size_t bytes = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), bytes);
    hash = base::Mix64(hash * 0x9E3779B97F4A7C15u + word);
    text.remove_prefix(bytes);
  }
  return hash;
}

// Since some moment long ago, so that they are not negative.
int64_t PartOf(absl::Time now, absl::Duration part) {
  const absl::Duration since = std::max(now - absl::UnixEpoch(), absl::ZeroDuration());
  return since / part;
}

int64_t SecondsUntil(int64_t part, absl::Duration length, absl::Time now) {
  const absl::Duration wait = absl::UnixEpoch() + part * length - now;
  return std::max<int64_t>(absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1))), 1);
}

}  // namespace

std::string WhyInvalidRule(const RateRule& rule) {
  constexpr size_t kMostName = 128;
  constexpr size_t kMostPattern = 255;
  if (rule.name.empty() || rule.name.size() > kMostName ||
      !std::all_of(rule.name.begin(), rule.name.end(), IsNameCharacter)) {
    return "name: 1 to 128 letters, digits, '-' and '_'";
  }
  if (rule.limit < 10 || rule.limit > 2'000'000'000) return "limit: not within 10 to 2000000000";
  const absl::Duration window = rule.evaluation_window;
  if (window != absl::Minutes(1) && window != absl::Minutes(2) && window != absl::Minutes(5) &&
      window != absl::Minutes(10)) {
    return "evaluation_window: not 1, 2, 5 or 10 minutes";
  }
  if (rule.path_pattern.size() > kMostPattern) return "path_pattern: more than 255 characters";
  if (rule.aggregate_by == RateAggregation::kAll && rule.path_pattern.empty()) {
    return "path_pattern: kAll needs a scope, \"/*\" is all requests";
  }
  if (rule.block_status != 403 && rule.block_status != 429) return "block_status: not 403 or 429";
  if (rule.action == RateAction::kCount && rule.block_status != RateRule().block_status) {
    return "block_status: a rule that counts blocks nobody";
  }
  if (rule.ipv6_prefix < 1 || rule.ipv6_prefix > 128) return "ipv6_prefix: not within 1 to 128";
  if (rule.max_tracked < 1'024 || rule.max_tracked > 16'777'216) {
    return "max_tracked: not within 1024 to 16777216";
  }
  return "";
}

struct RateLimiter::Counted {
  explicit Counted(const RateRule& of)
      : rule(of), part_length(of.evaluation_window / WindowCount::kParts) {
    for (uint32_t i = 0; i < kShards; ++i) {
      shards.push_back(std::make_unique<Shard>((of.max_tracked + kShards - 1) / kShards));
    }
  }

  bool InScope(const RateRequest& request, const std::string& path) const {
    const bool by_ip = rule.aggregate_by == RateAggregation::kIp ||
                       rule.aggregate_by == RateAggregation::kIpAndPath;
    if (by_ip && request.ip.empty()) return false;
    return rule.path_pattern.empty() || MatchesPathPattern(rule.path_pattern, request.path) ||
           MatchesPathPattern(rule.path_pattern, path);
  }

  uint64_t KeyOf(const RateRequest& request, const std::string& path, uint64_t seed) const {
    switch (rule.aggregate_by) {
      case RateAggregation::kIp:
        return Mixed(seed, NetworkOf(request.ip, rule.ipv6_prefix));
      case RateAggregation::kPath:
        return Mixed(seed, path);
      case RateAggregation::kIpAndPath:
        return Mixed(Mixed(seed, NetworkOf(request.ip, rule.ipv6_prefix)), path);
      case RateAggregation::kAll:
        break;
    }
    return Mixed(seed, "");
  }

  // nullopt: within the limit. Else after how many seconds of silence it would be again.
  std::optional<int64_t> Count(uint64_t key, absl::Time now) {
    const int64_t part = PartOf(now, part_length);
    // The table goes by the high bits.
    Shard& shard = *shards[key % kShards];
    base::MutexLock lock(&shard.mu);
    WindowCount& count = shard.table.CountOf(key, part);
    if (count.Add(part) <= rule.limit) return std::nullopt;
    const int64_t present = std::max(part, count.newest());
    return SecondsUntil(present + count.PartsUntil(part, rule.limit), part_length, now);
  }

  const RateRule rule;
  const absl::Duration part_length;
  std::vector<std::unique_ptr<Shard>> shards;  // constant
  std::atomic<uint64_t> counted{0};
  std::atomic<uint64_t> over_limit{0};
};

RateLimiter::RateLimiter(const std::vector<RateRule>& rules, uint64_t seed)
    : seed_(base::Mix64(seed)) {
  for (const RateRule& rule : rules) rules_.push_back(std::make_unique<Counted>(rule));
}

RateLimiter::~RateLimiter() = default;

std::optional<Blocked> RateLimiter::Ask(const RateRequest& request, absl::Time now) {
  if (rules_.empty()) return std::nullopt;
  const std::string path = Unescaped(request.path).value_or(std::string(request.path));
  for (const auto& one : rules_) {
    if (!one->InScope(request, path)) continue;
    one->counted.fetch_add(1, std::memory_order_relaxed);
    const auto silence = one->Count(one->KeyOf(request, path, seed_), now);
    if (!silence) continue;
    one->over_limit.fetch_add(1, std::memory_order_relaxed);
    if (one->rule.action == RateAction::kCount) continue;
    Blocked blocked = {one->rule.block_status, {}};
    if (blocked.status == 429) blocked.retry_after = silence;
    return blocked;
  }
  return std::nullopt;
}

std::vector<RateRuleStats> RateLimiter::stats() const {
  std::vector<RateRuleStats> stats;
  for (const auto& one : rules_) {
    stats.push_back({one->rule.name, one->counted.load(std::memory_order_relaxed),
                     one->over_limit.load(std::memory_order_relaxed)});
  }
  return stats;
}

size_t RateLimiter::bytes() const {
  size_t bytes = 0;
  for (const auto& one : rules_) {
    for (const auto& shard : one->shards) {
      base::MutexLock lock(&shard->mu);
      bytes += shard->table.bytes();
    }
  }
  return bytes;
}

}  // namespace cloudlet::edge
