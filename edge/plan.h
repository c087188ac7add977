// What to do with a request, before anything is sent: the first half of the cache.
//
//   Plan plan = MakePlan(request, candidates, now, policy);
//   Hit          answer with AnswerHit(); the origin is not asked
//   HitStale     the same, and ask the origin behind the client's back
//   Revalidate   send `forward.request`, which asks if what is stored is still good
//   Fetch        send `forward.request`
//   Synthesized  answer with `response`: 504 to only-if-cached
//
// What the origin answers goes to Absorb (absorb.h), with the same candidates.
//
// Pure: no clock, no store, no lock; the candidates are read and not kept.
#ifndef CLOUDLET_EDGE_PLAN_H_
#define CLOUDLET_EDGE_PLAN_H_

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "edge/answer.h"
#include "edge/cache_status.h"
#include "edge/policy.h"
#include "edge/stored.h"

namespace cloudlet::edge {

// A request for the origin, and what is at stake. Indices are of the candidates.
struct Forward {
  HttpRequest request = {};  // without fields of the connection
  ForwardReason reason = ForwardReason::kUriMiss;
  // Whose validators the request's conditions are; a 304 makes one of them good. Empty: conditions,
  // if any, are the client's.
  std::vector<size_t> nominated = {};
  // The stored part that the request's Range is to complete.
  std::optional<size_t> fill = {};
  // What may be given out if the origin fails, as long as nothing forbids it.
  std::optional<size_t> fallback = {};

  // Conditions and Range are not as the client sent them: the origin's answer is not yet the
  // client's.
  bool rewritten = false;
};

struct Hit {
  size_t stored = 0;
  Answer answer = {};
};

struct HitStale {
  Hit hit = {};
  // nullopt: the client took a stale response on itself (max-stale).
  std::optional<Forward> revalidation = {};
};

struct Revalidate {
  Forward forward = {};
};

struct Fetch {
  Forward forward = {};
};

struct Synthesized {
  HttpResponse response = {};
};

using Plan = std::variant<Hit, HitStale, Revalidate, Fetch, Synthesized>;

Plan MakePlan(const HttpRequest& request, Candidates candidates, absl::Time now,
              const Policy& policy);

// The response of a hit at `now`, with Age and Cache-Status.
HttpResponse AnswerHit(const HttpRequest& request, const StoredResponse& stored,
                       const Answer& answer, absl::Time now, const Policy& policy);

// The request as it goes on when it is fetched without regard to what is stored.
Forward ForwardAsIs(const HttpRequest& request, ForwardReason reason, const Policy& policy);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_PLAN_H_
