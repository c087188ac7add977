// A response as a cache keeps it, and what its headers were found to say.
#ifndef CLOUDLET_EDGE_STORED_H_
#define CLOUDLET_EDGE_STORED_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cloudlet/edge_http.h"
#include "edge/directives.h"
#include "edge/policy.h"
#include "edge/ranges.h"
#include "edge/validators.h"

namespace cloudlet::edge {

// One request header that the response depends on (Vary), as the request that fetched it had it.
struct Selector {
  std::string name = {};                  // in lower case
  std::optional<std::string> value = {};  // normalised; nullopt: the request did not have it

  friend bool operator==(const Selector&, const Selector&) = default;
};

// What is read out of a response once, so that a hit need not.
struct Facts {
  Directives directives = {};  // of the targeted field where there is one, else of Cache-Control
  absl::Time date = absl::UnixEpoch();  // Date, or when it came where there is none or a bad one
  std::optional<absl::Time> last_modified = {};
  std::optional<EntityTag> etag = {};
  absl::Duration initial_age = {};  // RFC 9111 section 4.2.3's corrected_initial_age
  absl::Duration lifetime = {};     // from its making on; zero: stale from the start
  bool must_validate = false;       // never given out without asking the origin: no-cache
  bool never_stale = false;  // not given out when stale, whatever happens: must-revalidate...
};

struct StoredResponse {
  // Without what is not to be stored. A part (206) is kept as the 200 that it is a part of.
  HttpResponse response = {};
  // Which bytes `response.body` is; nullopt: all.
  std::optional<ContentRange> part = {};
  absl::Time request_time = absl::UnixEpoch();   // when the request for it was sent
  absl::Time response_time = absl::UnixEpoch();  // when it came
  std::vector<Selector> selectors = {};
  Facts facts = {};
  // Of whoever stores it (tags.h, tag_purges.h); the core does not look at them.
  std::vector<uint64_t> tags = {};
  uint64_t purges_seen = 0;
};

// The responses stored under the key of a request, in any order.
using Candidates = absl::Span<const StoredResponse* const>;

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORED_H_
