// What a request says of itself before any of it is verified: the inside of authenticate.h.
//
// A claim is read from exactly one place, strictly; what is said there twice, or not at all, is an
// error with the code that S3 has for that place.
//
// Threads: free functions over values; any thread.
#ifndef CLOUDLET_HTTP_AUTH_CLAIM_H_
#define CLOUDLET_HTTP_AUTH_CLAIM_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "http/message.h"
#include "http/sigv4.h"
#include "http/uri.h"

namespace cloudlet::http {

enum class Carrier { kHeader, kQuery, kForm };

struct AuthClaim {
  Carrier carrier = Carrier::kHeader;
  std::string key_id = {};
  Scope scope = {};
  std::vector<std::string> signed_headers = {};  // lower case, ascending; none in a form
  std::string signature = {};                    // as sent
  std::string amz_time = {};                     // as it is in the string to sign
  absl::Time time = {};
  absl::Duration expires = {};            // kQuery
  std::optional<std::string> token = {};  // x-amz-security-token
};

// Where a request has credentials, whatever they are.
struct Carriers {
  bool header = false;  // an Authorization that is not empty
  bool query = false;   // a parameter of signed URLs, also one of the old ones
};
Carriers CarriersOf(const RequestHead& head, const RequestTarget& target);

// What the scope must be; an empty region: any.
struct ExpectedScope {
  std::string_view region;
  std::string_view service;
};

absl::StatusOr<AuthClaim> HeaderClaim(const Headers& headers, const ExpectedScope& expected);
absl::StatusOr<AuthClaim> QueryClaim(const RequestTarget& target, const ExpectedScope& expected);
absl::StatusOr<AuthClaim> FormClaim(const Headers& fields, const ExpectedScope& expected);

// Two places at once, which is for whoever looks at carriers to say.
absl::Status OneMechanismOnly();
// A form without this field.
absl::Status FieldMissing(std::string_view name);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_AUTH_CLAIM_H_
