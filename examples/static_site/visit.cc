// Who asks for what is drawn from a seed; what they get, and when, is told by the access log.
#include "examples/static_site/visit.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "cloudlet/edge_geography.h"
#include "examples/static_site/layout.h"

namespace static_site {
namespace {

using cloudlet::Distribution;
using cloudlet::DistributionOptions;
using cloudlet::EdgeLocation;
using cloudlet::EdgeLogRow;
using cloudlet::EdgeResultType;
using cloudlet::HttpRequest;

constexpr char kDomain[] = "d111111abcdef8.cloudfront.net";

// A path as a URL has it.
std::string Escaped(std::string_view path) {
  static constexpr char kPlain[] = "-._~/";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view(kPlain).find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : absl::StrFormat("%%%02X", byte);
  }
  return out;
}

absl::StatusOr<std::vector<std::string>> PathsOf(const cloudlet::Bucket& bucket) {
  std::vector<std::string> paths;
  for (const absl::StatusOr<cloudlet::ListEntry>& entry : bucket.List({.prefix = kFilesPrefix})) {
    if (!entry.ok()) return entry.status();
    paths.push_back("/" + Escaped(PathOfKey(entry->key)));
  }
  if (paths.empty()) return absl::FailedPreconditionError("visit: there are no files");
  return paths;
}

// SplitMix64's finish: every bit of the result depends on every bit of `x`.
uint64_t Mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// What is known of the visits from one region, or of all.
struct Tally {
  RegionReport report;
  std::vector<absl::Duration> times;

  void Add(const EdgeLogRow& row) {
    ++report.visits;
    report.hits += row.result_type == EdgeResultType::kHit ? 1 : 0;
    report.errors += row.sc_status >= 400 ? 1 : 0;
    report.bytes += row.sc_bytes;
    times.push_back(row.time_to_first_byte);
  }
  RegionReport Finish() {
    std::sort(times.begin(), times.end());
    report.median = times[times.size() / 2];
    report.p95 = times[times.size() * 95 / 100];
    return report;
  }
};

std::string Row(const std::string& name, const RegionReport& report) {
  return absl::StrFormat("  %-8s %9d %8.1f %% %11.1f %9.0f ms %7.0f ms %8d\n", name, report.visits,
                         100.0 * static_cast<double>(report.hits) /
                             static_cast<double>(std::max<uint64_t>(report.visits, 1)),
                         static_cast<double>(report.bytes) / (1 << 20),
                         absl::ToDoubleMilliseconds(report.median),
                         absl::ToDoubleMilliseconds(report.p95), report.errors);
}

}  // namespace

absl::StatusOr<Distribution> PublishSite(cloudlet::Cloud& cloud,
                                         std::function<void(const EdgeLogRow&)> log) {
  const EdgeLocation& home = *cloudlet::FindEdgeLocation("FRA");
  DistributionOptions options;
  options.origins = {
      {.id = "site",
       .origin = cloudlet::MakeBucketOrigin(cloud.bucket(kBucket), {.path = "/files"}),
       .origin_shield = std::string(home.code),
       .location = home.point}};
  options.default_behavior.origin_id = "site";
  options.default_behavior.compress = true;
  options.default_behavior.cache.accept_gzip = true;
  options.default_root_object = "index.html";
  options.pops = {"IAD", "DFW", "SFO", "FRA", "LHR", "ARN",
                  "GRU", "JNB", "BOM", "SIN", "NRT", "SYD"};
  options.coherent = true;
  options.domain_name = kDomain;
  options.latency_model = cloudlet::LatencyModel();
  options.access_log = std::move(log);
  options.seed = 1;
  return Distribution::Create(cloud, options);
}

absl::StatusOr<VisitReport> VisitSite(cloudlet::Cloud& cloud, const VisitOptions& options) {
  const absl::StatusOr<std::vector<std::string>> paths = PathsOf(cloud.bucket(kBucket));
  if (!paths.ok()) return paths.status();
  EdgeLogRow last;
  const absl::StatusOr<Distribution> site =
      PublishSite(cloud, [&last](const EdgeLogRow& row) { last = row; });
  if (!site.ok()) return site.status();

  const auto metros = cloudlet::EdgeLocations();
  uint64_t drawn = 0;
  const auto random = [&] { return StableHash(std::to_string(++drawn), Mixed(options.seed)); };
  const auto unit = [&] { return std::ldexp(static_cast<double>(Mixed(random()) >> 11), -53); };
  std::map<std::string, Tally> tallies;
  Tally all;
  for (uint64_t i = 0; i < options.visits; ++i) {
    const EdgeLocation& metro =
        metros[static_cast<size_t>(unit() * static_cast<double>(metros.size()))];
    cloudlet::Viewer viewer = {.ip = "192.0.2.1", .country = std::string(metro.country)};
    // Somewhere around there.
    viewer.location = cloudlet::GeoPoint{.latitude = metro.point.latitude + 4 * (unit() - 0.5),
                                         .longitude = metro.point.longitude + 4 * (unit() - 0.5)};
    // Ranks of zipf 1.0: their logarithms are uniform.
    const double rank = std::pow(static_cast<double>(paths->size() + 1), unit());
    HttpRequest request = {.url = {.authority = kDomain}};
    request.url.path = (*paths)[static_cast<size_t>(rank) - 1];
    request.headers.Add("Accept-Encoding", "gzip");
    site->Handle(request, viewer);
    tallies[std::string(cloudlet::PriceRegionCode(metro.price_region))].Add(last);
    all.Add(last);
  }
  VisitReport report;
  for (auto& [region, tally] : tallies) report.regions[region] = tally.Finish();
  if (options.visits > 0) report.all = all.Finish();
  report.origin_fetches = site->stats().origin_fetches;
  return report;
}

std::string Table(const VisitReport& report) {
  std::string out = absl::StrFormat("  %-8s %9s %10s %11s %12s %10s %8s\n", "viewers", "visits",
                                    "hits", "MiB", "first byte", "95 %", "errors");
  for (const auto& [region, one] : report.regions) out += Row(region, one);
  out += Row("all", report.all);
  out += absl::StrFormat("  %d of %d visits came to the bucket\n", report.origin_fetches,
                         report.all.visits);
  return out;
}

}  // namespace static_site
