// Puts the functions in place, and runs the whole job on an open Cloud.
//
//   absl::StatusOr<cloudlet::Cloud> cloud = cloudlet::Cloud::Open("store");
//   absl::StatusOr<RunReport> report = RunSite(*cloud, {.source = "/usr/share/doc"});
#ifndef EXAMPLES_STATIC_SITE_SITE_H_
#define EXAMPLES_STATIC_SITE_SITE_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/cloud.h"
#include "examples/static_site/publish.h"

namespace static_site {

// Creates the buckets where they are missing, and registers the functions: from here on every put
// and delete under files/ brings about what is derived from it, and events that waited since the
// last run are delivered.
absl::StatusOr<cloudlet::Bucket> InstallSite(
    cloudlet::Cloud& cloud, cloudlet::Dispatch dispatch = cloudlet::Dispatch::kBackground);

// Derives everything anew from the files, without events: compares all, writes what differs. Needed
// only when events were given up (a function failed three times, or the store lay closed for longer
// than events live).
absl::Status RepairSite(const cloudlet::Bucket& bucket);

struct Progress {
  enum class Phase { kPublishing, kDeriving, kRepairing };
  Phase phase = Phase::kPublishing;
  uint64_t done = 0;  // files looked at
  uint64_t files = 0;
  uint64_t pending = 0;  // deliveries not yet done
};

struct RunOptions {
  std::filesystem::path source;
  UploadOptions upload = {};
  std::function<void(const Progress&)> progress = nullptr;
};

struct RunReport {
  PublishReport publish;
  cloudlet::FunctionStats functions;        // of all functions together
  uint64_t events = 0;                      // written in this run
  uint64_t repaired = 0;                    // given-up events that a repair made good
  std::map<std::string, uint64_t> objects;  // in the bucket, by prefix
  absl::Duration publish_time;
  absl::Duration time;  // all of it

  // Something went wrong that another run may mend.
  bool has_errors() const { return publish.errors + functions.errors + functions.pending > 0; }
};

// InstallSite, Publish, wait for the functions, RepairSite if need be.
absl::StatusOr<RunReport> RunSite(cloudlet::Cloud& cloud, const RunOptions& options);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_SITE_H_
