// Questions: what reaches an origin under attack, and what do rules and functions cost a hit?
//
//   flood_bench [SEED]   the table of edge/flood/flood_simulation.h, 30 seconds of each attack
//   under
//                        a simulated clock: the same seed gives the same table
//   flood_bench cost     a hit through a distribution as it is, with a rate rule, and with
//   functions
//                        at both viewer events; rounds alternate, medians and their ratio
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/flood/flood_simulation.h"

namespace cloudlet::bench {
namespace {

int Table(uint64_t seed) {
  std::printf("%s\n", edge::FloodLine(nullptr, {}).c_str());
  for (const edge::FloodRow& row : edge::FloodRows()) {
    testing::FakeCloud fake;
    edge::FloodOptions options = row.options;
    options.seed = seed;
    const edge::FloodReport report = edge::SimulateFlood(
        {fake.cloud(), [&](absl::Duration time) { fake.clock().Advance(time); }}, options);
    std::printf("%s\n", edge::FloodLine(&row, report).c_str());
    std::fflush(stdout);
  }
  return 0;
}

// Nanoseconds of a hit.
double Round(const Distribution& cdn) {
  using Clock = std::chrono::steady_clock;
  constexpr int kHits = 20'000;
  HttpRequest request;
  request.url.authority = "d.example";
  request.url.path = "/a";
  size_t bytes = 0;
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < kHits; ++i) {
    bytes += cdn.Handle(request, {.ip = "192.0.2.7"}).body.size();
  }
  const double nanoseconds =
      std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / kHits;
  return bytes == 0 ? 0 : nanoseconds;
}

int Cost() {
  constexpr int kRounds = 15;
  testing::FakeCloud fake;
  DistributionOptions plain;
  plain.origins = {{.id = "origin", .origin = MakeCallbackOrigin([](const HttpRequest&) {
                                      HttpResponse response;
                                      response.headers.Add("Cache-Control", "max-age=3600");
                                      response.body = absl::Cord("page");
                                      return response;
                                    })}};
  plain.default_behavior.origin_id = "origin";
  DistributionOptions ruled = plain;
  ruled.rate_rules = {{.name = "viewer", .limit = 2'000'000'000}};
  DistributionOptions with_functions = plain;
  with_functions.default_behavior.functions = {
      {.event_type = EdgeEventType::kViewerRequest,
       .function = [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
         return event.request;
       }},
      {.event_type = EdgeEventType::kViewerResponse,
       .function = [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
         return *event.response;
       }}};
  const std::vector<std::pair<const char*, DistributionOptions>> subjects = {
      {"as it is", plain}, {"with a rate rule", ruled}, {"with two functions", with_functions}};
  std::vector<Distribution> cdns;
  std::vector<std::vector<double>> rounds(subjects.size());
  for (const auto& [name, options] : subjects) {
    cdns.push_back(Distribution::Create(fake.cloud(), options).value());
  }
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < cdns.size(); ++i) rounds[i].push_back(Round(cdns[i]));
  }
  std::printf("%-20s %8s %6s\n", "a hit", "ns", "ratio");
  double first = 0;
  for (size_t i = 0; i < cdns.size(); ++i) {
    std::sort(rounds[i].begin(), rounds[i].end());
    const double median = rounds[i][kRounds / 2];
    if (i == 0) first = median;
    std::printf("%-20s %8.0f %6.2f\n", subjects[i].first, median, median / first);
  }
  return 0;
}

}  // namespace
}  // namespace cloudlet::bench

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "1";
  if (command == "cost") return cloudlet::bench::Cost();
  return cloudlet::bench::Table(std::strtoull(argc > 1 ? argv[1] : "1", nullptr, 10));
}
