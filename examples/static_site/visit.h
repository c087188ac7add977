// The site behind a CDN: viewers all over the world look at its files.
#ifndef EXAMPLES_STATIC_SITE_VISIT_H_
#define EXAMPLES_STATIC_SITE_VISIT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "cloudlet/edge.h"

namespace static_site {

// The files of the site at twelve places, compressed where that is worth it, behind a shield in
// Frankfurt, which is where the bucket is. What is published anew is seen at once. `log`: may be
// null.
absl::StatusOr<cloudlet::Distribution> PublishSite(
    cloudlet::Cloud& cloud, std::function<void(const cloudlet::EdgeLogRow&)> log);

struct VisitOptions {
  uint64_t visits = 0;
  uint64_t seed = 1;  // of who asks for what from where; the same seed, the same report
};

struct RegionReport {
  uint64_t visits = 0;
  uint64_t hits = 0;  // answered where the viewer was sent to
  uint64_t errors = 0;
  uint64_t bytes = 0;
  absl::Duration median;  // to the first byte, by the model of the distances
  absl::Duration p95;
};

struct VisitReport {
  std::map<std::string, RegionReport> regions;  // "EU"
  RegionReport all;
  uint64_t origin_fetches = 0;
};

// Each visit is a GET of one file; few files are asked for often and many seldom (zipf 1.0).
// FAILED_PRECONDITION: there is no file.
absl::StatusOr<VisitReport> VisitSite(cloudlet::Cloud& cloud, const VisitOptions& options);

// Several lines, each with its newline.
std::string Table(const VisitReport& report);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_VISIT_H_
