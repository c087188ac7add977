// A line to another server: one connection at a time, over which one request goes after the other.
//
// All waiting is done by the thread that calls. libcurl stays in here; no code of others is called
// from within it.
//
// Threads: one at a time.
#ifndef CLOUDLET_HTTP_EDGE_CURL_LINE_H_
#define CLOUDLET_HTTP_EDGE_CURL_LINE_H_

#include <memory>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/edge_origin.h"
#include "cloudlet/http_origin.h"

namespace cloudlet::http {

class CurlLine {
 public:
  // `options`, which must be right, outlives the line.
  explicit CurlLine(const HttpOriginOptions& options);
  ~CurlLine();
  CurlLine(const CurlLine&) = delete;
  CurlLine& operator=(const CurlLine&) = delete;

  // Sends a request and waits for the head of its answer, for `limit` at most. What came of the
  // body meanwhile is what Next gives first. `interim` may throw: the line is then of no use.
  std::variant<HttpResponse, OriginFailure> Begin(const HttpRequest& request, absl::Duration limit,
                                                  const InterimSink& interim);
  // After Begin has given a head: the next bytes of the body; empty: that was all.
  // DEADLINE_EXCEEDED: none came for `limit`. DATA_LOSS: it is cut, or too long.
  absl::StatusOr<absl::Cord> Next(absl::Duration limit);
  // Whether all of the answer has come as it was meant to: the line may then be used again, once
  // Next has given what it still has.
  bool complete() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Once before there are lines; any thread. False: libcurl cannot be used.
bool MakeCurlReady();

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_EDGE_CURL_LINE_H_
