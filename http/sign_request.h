// Signing requests, as a client does: in the Authorization header, in a URL, or in a form.
//
//   const Signer signer({"AKIDEXAMPLE", Secret("...")}, "us-east-1");
//   RequestHead head = {.method = "PUT", .target = "/photos/a.jpg"};
//   head.headers.Add("Host", "localhost:9000");
//   signer.SignHeaders(head, Sha256Hex(body), clock.Now());
//
// Every header that the head has by then is signed, but Authorization and those that proxies
// change.
//
// Threads: a Signer is immutable.
#ifndef CLOUDLET_HTTP_SIGN_REQUEST_H_
#define CLOUDLET_HTTP_SIGN_REQUEST_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "http/message.h"
#include "http/sigv4.h"

namespace cloudlet::http {

struct Credentials {
  std::string key_id = {};
  Secret secret = {};
  std::string session_token = {};  // empty: none
};

class Signer {
 public:
  // `service`: "s3", or "lambda".
  Signer(Credentials credentials, std::string region, std::string service = "s3")
      : credentials_(std::move(credentials)),
        region_(std::move(region)),
        service_(std::move(service)) {}

  // Adds X-Amz-Date, X-Amz-Content-Sha256 (of S3 alone), X-Amz-Security-Token where there is a
  // token, and Authorization. `payload_hash`: 64 hexadecimal digits, or one of S3's literals. Gives
  // what the signatures of chunks begin with. InvalidURI: the target is none.
  absl::StatusOr<StreamSeed> SignHeaders(RequestHead& head, std::string_view payload_hash,
                                         absl::Time now) const;

  // The target with its signature, good for `expires` from `now` on. Its headers must be sent as
  // they are in `head`. InvalidURI as above.
  absl::StatusOr<std::string> Presign(const RequestHead& head, absl::Duration expires,
                                      absl::Time now) const;

  // The fields of a form that sign `policy` (base64): policy, x-amz-algorithm, x-amz-credential,
  // x-amz-date, x-amz-signature. The policy must have conditions for all but the first and last.
  Headers SignPolicy(std::string_view policy, absl::Time now) const;

 private:
  Scope ScopeAt(std::string_view amz_time) const;

  const Credentials credentials_;
  const std::string region_;
  const std::string service_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_SIGN_REQUEST_H_
