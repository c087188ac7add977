// What becomes of the origin's answer: the second half of the cache.
//
//   Absorbed absorbed = Absorb({request, forward, candidates, sent, came}, response, policy);
//
// Do, in this order: take the candidates in `drop` out of the store, and all under the URLs in
// `invalidate`; put `store`, if any, under the request's key; then either send `again` to the
// origin (and absorb its answer), or give `response` to the client.
//
// Pure, as plan.h is.
#ifndef CLOUDLET_EDGE_ABSORB_H_
#define CLOUDLET_EDGE_ABSORB_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "edge/plan.h"
#include "edge/policy.h"
#include "edge/stored.h"

namespace cloudlet::edge {

struct Exchange {
  const HttpRequest& request;  // the client's
  const Forward& forward;      // what was sent for it
  Candidates candidates;       // as they were planned with
  absl::Time request_time;     // when it was sent
  absl::Time response_time;    // when the head of the answer, or the failure, came
  // The response's body is still on its way: its length is not looked at, and whoever puts `store`
  // into a store adds it. Only where the answer does not depend on it (MayStream).
  bool body_follows = false;
};

struct Absorbed {
  HttpResponse response = {};  // for the client; not where there is `again`
  std::optional<StoredResponse> store = {};
  std::vector<size_t> drop =
      {};  // candidates that are outdated, or that `store` takes the place of
  std::vector<HttpUrl> invalidate = {};
  // The origin's answer cannot be used (a 304 for nothing that is stored, bytes that do not fit):
  // ask it again, for the whole.
  std::optional<Forward> again = {};
};

// Whether the client can have the head of this answer before the body is there: a GET for a whole
// representation, which is neither held against anything stored nor put together with it.
bool MayStream(const HttpRequest& request, const Forward& forward, const HttpResponse& head);

// An interim response (status below 200) is passed on and stores nothing.
Absorbed Absorb(const Exchange& exchange, HttpResponse response, const Policy& policy);

enum class OriginError {
  kConnect,   // no connection
  kTimeout,   // no answer in time
  kCutShort,  // the connection ended before the answer did
};

// The origin gave no answer: something stale where that is allowed, else 502, or 504 after a
// time-out and (kRfc9111) where the origin has forbidden to give out what is stored unvalidated.
Absorbed AbsorbFailure(const Exchange& exchange, OriginError error, const Policy& policy);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_ABSORB_H_
