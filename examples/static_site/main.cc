// static_site --source=DIR --store=DIR: publishes a directory tree into a store and derives a site
// from it. With --visits=N viewers all over the world then look at it through a CDN, and with
// --listen=PORT the CDN serves it to browsers until the program is interrupted.
//
// Run it again and it does only what changed; kill it and run it again, and it picks up where it
// stopped. Exit code: 0 when all went well, 1 when anything failed, 2 when the command line makes
// no sense.
#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "cloudlet/edge_front.h"
#include "examples/static_site/report.h"
#include "examples/static_site/site.h"
#include "examples/static_site/visit.h"

ABSL_FLAG(std::string, source, "", "the directory to publish");
ABSL_FLAG(std::string, store, "", "the directory of the store; made when it does not exist");
ABSL_FLAG(int, workers, 0, "threads that run functions; 0: one per core");
ABSL_FLAG(uint64_t, visits, 0, "requests of viewers through a CDN, after publishing");
ABSL_FLAG(int, listen, -1, "the port of 127.0.0.1 where the CDN then serves the site; 0: any");
ABSL_FLAG(bool, sync, false, "sync every put to the disk, instead of once at the end of the run");

namespace {

namespace fs = std::filesystem;

// Publishing a store into itself would never come to an end.
bool LiesInside(const fs::path& inner, const fs::path& outer) {
  const fs::path whole = fs::weakly_canonical(inner);
  const fs::path part = fs::weakly_canonical(outer);
  return std::mismatch(part.begin(), part.end(), whole.begin(), whole.end()).first == part.end();
}

sigset_t EndSignals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  return ends;
}

int Fail(const absl::Status& status) {
  std::cerr << "static_site: " << status << "\n";
  return 1;
}

// Until the program is told to end.
absl::Status ServeSite(cloudlet::Cloud& cloud, int port) {
  const absl::StatusOr<cloudlet::Distribution> site = static_site::PublishSite(cloud, nullptr);
  if (!site.ok()) return site.status();
  absl::StatusOr<cloudlet::EdgeFront> front =
      cloudlet::EdgeFront::Start(*site, {.port = static_cast<uint16_t>(port)});
  if (!front.ok()) return front.status();
  std::cout << "listening on " << front->url() << "\n" << std::flush;
  const sigset_t ends = EndSignals();
  int signal = 0;
  sigwait(&ends, &signal);
  return front->Stop();
}

int Run(const std::string& source, const std::string& store) {
  absl::StatusOr<cloudlet::Cloud> cloud =
      cloudlet::Cloud::Open(store, {.log = {.level = cloudlet::LogLevel::kWarning,
                                            .sink =
                                                [](const cloudlet::LogEntry& entry) {
                                                  std::cerr << std::string(entry.message) + "\n";
                                                }},
                                    .worker_threads = absl::GetFlag(FLAGS_workers)});
  if (!cloud.ok()) return Fail(cloud.status());

  static_site::RunOptions options;
  options.source = source;
  if (absl::GetFlag(FLAGS_sync)) options.upload.durability = cloudlet::Durability::kSync;
  absl::StatusOr<static_site::RunReport> report;
  {
    static_site::ProgressDisplay display;
    options.progress = [&](const static_site::Progress& progress) { display.Show(progress); };
    report = static_site::RunSite(*cloud, options);
  }
  if (!report.ok()) return Fail(report.status());
  for (const std::string& problem : report->publish.problems) std::cerr << problem << "\n";
  std::cout << static_site::Table(*report);
  if (report->publish.unchanged == 0) {
    std::cout << "A second run over the same store does only what has changed since.\n";
  }
  if (absl::GetFlag(FLAGS_visits) > 0) {
    const auto visited = static_site::VisitSite(*cloud, {.visits = absl::GetFlag(FLAGS_visits)});
    if (!visited.ok()) return Fail(visited.status());
    std::cout << static_site::Table(*visited);
  }
  if (absl::GetFlag(FLAGS_listen) >= 0) {
    const absl::Status served = ServeSite(*cloud, absl::GetFlag(FLAGS_listen));
    if (!served.ok()) return Fail(served);
  }
  const absl::Status closed = cloud->Close();
  if (!closed.ok()) return Fail(closed);
  return report->has_errors() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("publishes a directory tree: static_site --source=DIR --store=DIR");
  const bool has_operands = absl::ParseCommandLine(argc, argv).size() > 1;
  const std::string source = absl::GetFlag(FLAGS_source);
  const std::string store = absl::GetFlag(FLAGS_store);
  if (has_operands || source.empty() || store.empty()) {
    std::cerr << "usage: static_site --source=DIR --store=DIR [--workers=N] [--sync] [--visits=N] "
                 "[--listen=PORT]\n";
    return 2;
  }
  if (absl::GetFlag(FLAGS_listen) > 65'535) {
    std::cerr << "static_site: --listen is a port, 0 to 65535\n";
    return 2;
  }
  if (absl::GetFlag(FLAGS_listen) >= 0) {
    // Before there are threads, so that none of them takes the signals.
    const sigset_t ends = EndSignals();
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  }
  try {
    if (LiesInside(store, source)) {
      std::cerr << "static_site: the store must not lie inside the source\n";
      return 2;
    }
    if (!fs::is_directory(source)) {  // before a store is made for nothing
      return Fail(absl::NotFoundError("the source \"" + source + "\" is not a directory"));
    }
    return Run(source, store);
  } catch (const std::exception& error) {  // std::filesystem and memory
    std::cerr << "static_site: " << error.what() << "\n";
    return 1;
  }
}
