// static_site --source=DIR --store=DIR: publishes a directory tree into a store and derives a site
// from it.
//
// Run it again and it does only what changed; kill it and run it again, and it picks up where it
// stopped. Exit code: 0 when all went well, 1 when anything failed, 2 when the command line makes
// no sense.
#include <algorithm>
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
#include "examples/static_site/report.h"
#include "examples/static_site/site.h"

ABSL_FLAG(std::string, source, "", "the directory to publish");
ABSL_FLAG(std::string, store, "", "the directory of the store; made when it does not exist");
ABSL_FLAG(int, workers, 0, "threads that run functions; 0: one per core");
ABSL_FLAG(bool, sync, false, "sync every put to the disk, instead of once at the end of the run");

namespace {

namespace fs = std::filesystem;

// Publishing a store into itself would never come to an end.
bool LiesInside(const fs::path& inner, const fs::path& outer) {
  const fs::path whole = fs::weakly_canonical(inner);
  const fs::path part = fs::weakly_canonical(outer);
  return std::mismatch(part.begin(), part.end(), whole.begin(), whole.end()).first == part.end();
}

int Fail(const absl::Status& status) {
  std::cerr << "static_site: " << status << "\n";
  return 1;
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
  const absl::Status closed = cloud->Close();
  if (!closed.ok()) return Fail(closed);

  for (const std::string& problem : report->publish.problems) std::cerr << problem << "\n";
  std::cout << static_site::Table(*report);
  if (report->publish.unchanged == 0) {
    std::cout << "A second run over the same store does only what has changed since.\n";
  }
  return report->has_errors() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("publishes a directory tree: static_site --source=DIR --store=DIR");
  const bool has_operands = absl::ParseCommandLine(argc, argv).size() > 1;
  const std::string source = absl::GetFlag(FLAGS_source);
  const std::string store = absl::GetFlag(FLAGS_store);
  if (has_operands || source.empty() || store.empty()) {
    std::cerr << "usage: static_site --source=DIR --store=DIR [--workers=N] [--sync]\n";
    return 2;
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
