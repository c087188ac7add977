// Cache-Control, of responses and of requests, and the targeted fields of RFC 9213.
//
// RFC 9111 section 5.2. Names in any case; an argument may be a token or a quoted string; of a
// directive that comes twice the first counts. A lifetime that is no number is one of zero: what
// cannot be understood makes a response stale (section 4.2.1).
#ifndef CLOUDLET_EDGE_DIRECTIVES_H_
#define CLOUDLET_EDGE_DIRECTIVES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"

namespace cloudlet::edge {

// Longer lifetimes and ages are this long: RFC 9111 section 1.2.2.
inline constexpr int64_t kMaxDeltaSeconds = int64_t{1} << 31;

struct Directives {
  std::optional<absl::Duration> max_age = {};
  std::optional<absl::Duration> s_maxage = {};
  std::optional<absl::Duration> stale_while_revalidate = {};
  std::optional<absl::Duration> stale_if_error = {};
  bool no_store = false;
  bool no_cache = false;      // without names of fields
  bool private_only = false;  // private, without names of fields
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool immutable = false;
  // What no-cache="..." and private="..." name, in lower case.
  std::vector<std::string> excluded_fields = {};
};

Directives ParseCacheControl(const HttpHeaders& headers);

// The field `name` of RFC 9213, a dictionary of structured fields. nullopt: there is none, it is
// empty, it is no dictionary, or a directive that is known has a value of the wrong type; then it
// is as if it were not there.
std::optional<Directives> ParseTargeted(const HttpHeaders& headers, std::string_view name);

struct RequestDirectives {
  std::optional<absl::Duration> max_age = {};
  std::optional<absl::Duration> min_fresh = {};
  std::optional<absl::Duration> max_stale = {};  // infinite where no number was given
  bool no_cache = false;
  bool no_store = false;
  bool only_if_cached = false;
};

// "Pragma: no-cache" counts where there is no Cache-Control.
RequestDirectives ParseRequestDirectives(const HttpHeaders& headers);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_DIRECTIVES_H_
