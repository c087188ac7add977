// Reports as columns of text.
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "cloudlet/edge_replay.h"

namespace cloudlet {
namespace {

void AddCache(std::string* out, const std::string& name, const EdgeCacheTally& tally) {
  absl::StrAppendFormat(out, "%-14s %11d %11d %11d %11d %11d %7.2f %7.2f\n", name, tally.requests,
                        tally.hits, tally.revalidations, tally.misses, tally.passes,
                        100 * tally.object_hit_ratio(), 100 * tally.byte_hit_ratio());
}

std::string Ms(const EdgeReplayLatency& latency) {
  return absl::StrFormat("%8.1f %8.1f %8.1f", absl::ToDoubleMilliseconds(latency.p50),
                         absl::ToDoubleMilliseconds(latency.p95),
                         absl::ToDoubleMilliseconds(latency.p99));
}

void AddRegion(std::string* out, const std::string& name, const EdgeReplayRegion& region) {
  absl::StrAppendFormat(out, "%-14s %11d %s %s %11d %11.3f %12.4f\n", name, region.viewer_requests,
                        Ms(region.first_byte), Ms(region.last_byte), region.served_requests,
                        static_cast<double>(region.served_bytes) / 0x1p30, region.cost);
}

std::string PolicyName(EvictionPolicy policy) {
  switch (policy) {
    case EvictionPolicy::kS3Fifo:
      return "s3-fifo";
    case EvictionPolicy::kLru:
      return "lru";
    case EvictionPolicy::kSieve:
      return "sieve";
    case EvictionPolicy::kWTinyLfu:
      break;
  }
  return "w-tinylfu";
}

}  // namespace

std::string ToTable(const EdgeReplayReport& report) {
  std::string out = absl::StrFormat("%-14s %11s %11s %11s %11s %11s %7s %7s\n", "cache", "requests",
                                    "hits", "revalidated", "misses", "passes", "hit %", "bytes %");
  for (const EdgeReplayCache& pop : report.pops) {
    AddCache(&out, absl::StrCat("pop ", pop.code), pop.tally);
  }
  AddCache(&out, "all pops", report.all_pops);
  for (const EdgeReplayCache& one : report.regional) {
    AddCache(&out, absl::StrCat("regional ", one.code), one.tally);
  }
  if (!report.regional.empty()) AddCache(&out, "all regional", report.all_regional);
  if (report.shield)
    AddCache(&out, absl::StrCat("shield ", report.shield->code), report.shield->tally);
  absl::StrAppendFormat(
      &out, "origin: %d fetches, %d revalidations, %d passes, %.3f GB; offload %.2f %%\n\n",
      report.origin.fetches, report.origin.revalidations, report.origin.passes,
      static_cast<double>(report.origin.bytes) / 0x1p30, 100 * report.origin_offload());

  absl::StrAppendFormat(&out, "%-14s %11s %26s %26s %11s %11s %12s\n", "viewers of", "requests",
                        "first byte ms p50 p95 p99", "last byte ms p50 p95 p99", "served there",
                        "GB out", "cost");
  EdgeReplayRegion all;
  all.first_byte = report.first_byte;
  all.last_byte = report.last_byte;
  all.cost = report.cost;
  for (size_t i = 0; i < kPriceRegions; ++i) {
    const EdgeReplayRegion& region = report.regions[i];
    if (region.viewer_requests + region.served_requests == 0) continue;
    AddRegion(&out, std::string(PriceRegionCode(static_cast<PriceRegion>(i))), region);
    all.viewer_requests += region.viewer_requests;
    all.served_requests += region.served_requests;
    all.served_bytes += region.served_bytes;
  }
  AddRegion(&out, "all", all);
  absl::StrAppendFormat(&out, "of the cost for the origin: %.4f\n", report.origin_cost);
  return out;
}

std::string ToTable(absl::Span<const EdgeReplayRow> rows) {
  std::string out =
      absl::StrFormat("%5s %9s %6s %-9s %10s %7s %7s %11s %11s %8s %26s %12s\n", "pops", "MiB/pop",
                      "shield", "policy", "ttl s", "hit %", "bytes %", "fetches", "revalidated",
                      "offload", "first byte ms p50 p95 p99", "cost");
  for (const EdgeReplayRow& row : rows) {
    const EdgeReplayReport& report = row.report;
    absl::StrAppendFormat(
        &out, "%5d %9.1f %6s %-9s %10.0f %7.2f %7.2f %11d %11d %8.2f %s %12.4f\n",
        report.pops.size(), static_cast<double>(row.options.pop_bytes) / 0x1p20,
        row.options.shield.empty() ? "-" : row.options.shield, PolicyName(row.options.policy),
        absl::ToDoubleSeconds(row.options.default_ttl), 100 * report.all_pops.object_hit_ratio(),
        100 * report.all_pops.byte_hit_ratio(), report.origin.fetches, report.origin.revalidations,
        100 * report.origin_offload(), Ms(report.first_byte), report.cost);
  }
  return out;
}

}  // namespace cloudlet
