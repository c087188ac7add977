// The whole job, in the order in which it happens.
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "examples/static_site/layout.h"
#include "examples/static_site/site.h"

namespace static_site {
namespace {

using cloudlet::Cloud;
using cloudlet::FunctionStats;

FunctionStats AllFunctions(const Cloud& cloud) {
  FunctionStats sum;
  for (const char* name : {"compress", "describe", "collect-words", "build-shard"}) {
    absl::StatusOr<FunctionStats> one = cloud.function_stats(name);
    if (!one.ok()) continue;
    sum.events += one->events;
    sum.invocations += one->invocations;
    sum.errors += one->errors;
    sum.retries += one->retries;
    sum.successes += one->successes;
    sum.drops += one->drops;
    sum.pending += one->pending;
  }
  return sum;
}

void Tell(const RunOptions& options, const Progress& progress) {
  if (options.progress) options.progress(progress);
}

absl::StatusOr<PublishReport> PublishTelling(const Cloud& cloud, const cloudlet::Bucket& bucket,
                                             const RunOptions& options) {
  PublishOptions publish = {.source = options.source, .upload = options.upload};
  if (options.progress) {
    publish.progress = [&](const PublishReport& report) {
      options.progress({.phase = Progress::Phase::kPublishing,
                        .done = report.done,
                        .files = report.files,
                        .pending = cloud.stats().deliveries_pending});
    };
  }
  return Publish(bucket, publish);
}

// Until the functions have nothing to do but wait for the time of a retry.
absl::Status AwaitFunctions(Cloud& cloud, const RunOptions& options, Progress progress) {
  while (true) {
    const absl::Status idle = cloud.WaitIdle(absl::Milliseconds(200));
    progress.pending = cloud.stats().deliveries_pending;
    Tell(options, progress);
    if (!absl::IsDeadlineExceeded(idle)) return idle;
  }
}

absl::StatusOr<std::vector<std::string>> DeadLetters(const cloudlet::Bucket& bucket) {
  std::vector<std::string> keys;
  for (const absl::StatusOr<cloudlet::ListEntry>& entry : bucket.List()) {
    if (!entry.ok()) return entry.status();
    keys.push_back(entry->key);
  }
  return keys;
}

// The letters go once the repair is done: a kill in between repeats it.
absl::StatusOr<uint64_t> RepairIfNeeded(Cloud& cloud, const cloudlet::Bucket& bucket) {
  const cloudlet::Bucket letters = cloud.bucket(kDeadLetterBucket);
  absl::StatusOr<std::vector<std::string>> keys = DeadLetters(letters);
  if (!keys.ok()) return keys.status();
  if (keys->empty()) return 0;
  const absl::Status repaired = RepairSite(bucket);
  if (!repaired.ok()) return repaired;
  for (const std::string& key : *keys) {
    const absl::Status deleted = letters.Delete(key).status();
    if (!deleted.ok()) return deleted;
  }
  return keys->size();
}

absl::StatusOr<std::map<std::string, uint64_t>> CountObjects(const cloudlet::Bucket& bucket) {
  std::map<std::string, uint64_t> counts;
  for (const absl::StatusOr<cloudlet::ListEntry>& entry : bucket.List()) {
    if (!entry.ok()) return entry.status();
    ++counts[entry->key.substr(0, entry->key.find('/') + 1)];
  }
  return counts;
}

}  // namespace

absl::StatusOr<RunReport> RunSite(Cloud& cloud, const RunOptions& options) {
  const absl::Time begin = absl::Now();
  absl::StatusOr<cloudlet::Bucket> bucket = InstallSite(cloud);
  if (!bucket.ok()) return bucket.status();
  RunReport report;

  absl::StatusOr<PublishReport> published = PublishTelling(cloud, *bucket, options);
  if (!published.ok()) return published.status();
  report.publish = *std::move(published);
  report.publish_time = absl::Now() - begin;

  Progress progress = {.phase = Progress::Phase::kDeriving,
                       .done = report.publish.done,
                       .files = report.publish.files};
  absl::Status idle = AwaitFunctions(cloud, options, progress);
  if (!idle.ok()) return idle;

  absl::StatusOr<uint64_t> repaired = RepairIfNeeded(cloud, *bucket);
  if (!repaired.ok()) return repaired.status();
  report.repaired = *repaired;
  progress.phase = Progress::Phase::kRepairing;
  idle = AwaitFunctions(cloud, options, progress);
  if (!idle.ok()) return idle;
  // One sync at the end makes all of it survive the machine.
  const absl::Status synced = cloud.Sync();
  if (!synced.ok()) return synced;

  absl::StatusOr<std::map<std::string, uint64_t>> objects = CountObjects(*bucket);
  if (!objects.ok()) return objects.status();
  report.objects = *std::move(objects);
  report.functions = AllFunctions(cloud);
  report.events = cloud.stats().events;
  report.time = absl::Now() - begin;
  return report;
}

}  // namespace static_site
