// Whether a trace that somebody put together is one.
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cloudlet/edge_trace.h"
#include "edge/replay/trace_limits.h"

namespace cloudlet {
namespace {

using edge::kMostMicroseconds;

absl::Status Wrong(const char* what, size_t index, const char* field, const char* why) {
  return absl::InvalidArgumentError(
      absl::StrCat("trace: ", what, " ", index, ": ", field, ": ", why));
}

absl::Status CheckRequest(const EdgeTrace& trace, size_t index) {
  const EdgeTraceRequest& request = trace.requests[index];
  if (request.viewer >= trace.viewers.size()) {
    return Wrong("request", index, "viewer", "not an index into viewers");
  }
  if (request.object >= trace.objects.size()) {
    return Wrong("request", index, "object", "not an index into objects");
  }
  if (request.time_us < 0 || request.time_us > kMostMicroseconds) {
    return Wrong("request", index, "time_us", "must be from 0 to 2^50");
  }
  if (index > 0 && request.time_us < trace.requests[index - 1].time_us) {
    return Wrong("request", index, "time_us", "before the request before it; sort them by time");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateEdgeTrace(const EdgeTrace& trace) {
  for (size_t i = 0; i < trace.viewers.size(); ++i) {
    if (!edge::OnEarth(trace.viewers[i].point)) {
      return Wrong("viewer", i, "point", "latitudes are -90 to 90, longitudes -180 to 180");
    }
  }
  if (trace.objects.size() > edge::kMostObjects) {
    return absl::InvalidArgumentError("trace: objects: at most 10^8");
  }
  for (size_t i = 0; i < trace.objects.size(); ++i) {
    if (trace.objects[i].bytes > edge::kMostBytes) {
      return Wrong("object", i, "bytes", "must be at most 2^40");
    }
    if (trace.objects[i].ttl_us > kMostMicroseconds) {
      return Wrong("object", i, "ttl_us", "must be at most 2^50");
    }
  }
  for (size_t i = 0; i < trace.requests.size(); ++i) {
    if (absl::Status status = CheckRequest(trace, i); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace cloudlet
