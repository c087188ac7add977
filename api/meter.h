// The meter: what was used, as quantities that AWS would bill or draw as metrics. No prices.
//
//   const Meter meter = cloud.meter();
//   double gb_seconds = meter.functions.at("resize").gb_seconds;
//
// Counts are since the Cloud was opened; Prometheus text comes with the wire.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
#ifndef CLOUDLET_API_METER_H_
#define CLOUDLET_API_METER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "cloudlet/function.h"

namespace cloudlet {

// One run of a function that has ended.
struct InvocationReport {
  std::string function = {};  // without qualifier
  std::string version = {};   // that ran
  std::string request_id = {};
  int attempt = 1;
  absl::Time began = {};
  absl::Duration duration = {};       // of the handler
  absl::Duration init_duration = {};  // of a cold start, else 0
  absl::Duration billed = {};         // both, rounded up to a millisecond
  int memory_mb = 0;
  std::string error = {};  // empty: it succeeded; else "<type>: <message>"
  bool timed_out = false;

  // Lambda's lines: "START RequestId: ... Version: ...", "END RequestId: ...",
  // "REPORT RequestId: ...\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t"
  // "Max Memory Used: 128 MB", with "\tInit Duration: 120.00 ms" after a cold start and
  // "\tStatus: timeout" or "\tStatus: error\tError Type: <type>". (What a run uses of memory is not
  // measured: it is told to be its size.)
  std::string StartLine() const;
  std::string EndLine() const;
  std::string ReportLine() const;
};

// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
struct FunctionMeter {
  uint64_t invocations = 0;
  uint64_t errors = 0;
  uint64_t throttles = 0;
  absl::Duration duration = {};        // summed over the runs
  absl::Duration billed = {};          // likewise, rounded up per run, with cold starts
  double gb_seconds = 0;               // billed time x memory size
  uint64_t concurrent_executions = 0;  // now
  uint64_t most_concurrent_executions = 0;
  uint64_t async_events_received = 0;
  absl::Duration async_event_age = {};  // summed, from the event to the run, per run
  absl::Duration most_async_event_age = {};
  uint64_t async_events_dropped = 0;  // ended without success, those sent on included
  uint64_t dead_letter_errors = 0;
  uint64_t destination_delivery_failures = 0;
  uint64_t recursive_invocations_dropped = 0;
};

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudwatch-monitoring.html, and what S3
// bills.
struct BucketMeter {
  uint64_t put_requests = 0;  // PUT, COPY, POST, LIST and what is billed as these
  uint64_t get_requests = 0;  // GET, HEAD, SELECT and all others
  uint64_t delete_requests = 0;
  uint64_t errors_4xx = 0;
  uint64_t errors_5xx = 0;
  uint64_t bytes_uploaded = 0;
  uint64_t bytes_downloaded = 0;  // egress
};

struct Meter {
  std::map<std::string, FunctionMeter> functions = {};
  std::map<std::string, BucketMeter> buckets = {};
  uint64_t unreserved_concurrent_executions = 0;  // now
  // Bytes of all objects, of every version and copy, times the hours that they lay there since the
  // open (or the last Reopen); parts of uploads that are not complete do not count.
  double storage_byte_hours = 0;
};

// Called when a run has ended, with no lock of the library held: on its thread, or, of one that
// timed out, on that which noticed. It must not throw.
using InvocationObserver = std::function<void(const InvocationReport&)>;

}  // namespace cloudlet

#endif  // CLOUDLET_API_METER_H_
