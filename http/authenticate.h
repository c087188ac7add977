// Who sent a request: one path for signed headers, signed URLs, signed forms and nobody.
//
//   Authenticator authenticator(
//       [&](std::string_view key_id) { return keys.Find(key_id); }, {.region = "us-east-1"});
//   absl::StatusOr<VerifiedPrincipal> who = authenticator.Authenticate(head, target, clock.Now());
//   if (!who.ok()) return ErrorResponse(who.status());  // S3's own code
//   if (!who->anonymous()) caller.name = who->identity().canonical_id;
//
// Whatever is not verified is refused. A request carries one set of credentials or none; every
// x-amz-* header of it is signed; the mode of its body is known only behind a good signature.
// Error codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
//
// Threads: an Authenticator is safe to use from any thread if its lookup is; values are plain data.
#ifndef CLOUDLET_HTTP_AUTHENTICATE_H_
#define CLOUDLET_HTTP_AUTHENTICATE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "http/message.h"
#include "http/sigv4.h"
#include "http/uri.h"

namespace cloudlet::http {

struct AuthClaim;  // auth_claim.h

// Whom an access key stands for.
struct Identity {
  std::string canonical_id = {};
  std::string display_name = {};
  std::string email = {};
};

struct AccessKey {
  Secret secret = {};
  Identity identity = {};
  std::string session_token = {};  // what x-amz-security-token must say; empty: nothing
};

// The access key of this id; nullopt: there is none (any more).
using KeyLookup = std::function<std::optional<AccessKey>(std::string_view key_id)>;

struct AuthOptions {
  std::string region = "us-east-1";    // that keys must be scoped to; empty: any
  std::string service = "s3";          // or "lambda"
  bool allow_anonymous = false;        // a request without credentials is nobody's, not refused
  bool allow_unsigned_payload = true;  // bodies that no signature covers
  bool allow_sigv2_forms = false;      // POST forms signed the old way, with HMAC-SHA1
  absl::Duration skew = absl::Minutes(15);  // between the clocks, both ways
};

// How the bytes of a body are to be taken: x-amz-content-sha256.
enum class BodyMode {
  kUnsigned,               // as they are: UNSIGNED-PAYLOAD
  kSha256,                 // as they are, and their digest was signed
  kSignedChunks,           // STREAMING-AWS4-HMAC-SHA256-PAYLOAD
  kSignedChunksTrailer,    // STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
  kUnsignedChunksTrailer,  // STREAMING-UNSIGNED-PAYLOAD-TRAILER
};

// Somebody whose signature was good, or nobody where nobody is allowed. Made by Authenticator
// alone.
class VerifiedPrincipal {
 public:
  bool anonymous() const { return key_id_.empty(); }
  const std::string& key_id() const { return key_id_; }   // empty: anonymous
  const Identity& identity() const { return identity_; }  // empty fields: anonymous
  BodyMode body_mode() const { return body_mode_; }
  const std::string& sha256() const { return sha256_; }  // kSha256: 64 hexadecimal digits
  const StreamSeed& seed() const { return seed_; }       // kSignedChunks, kSignedChunksTrailer
  // Whether what the query says is signed too, as in a URL: S3 takes x-amz-* there for headers, and
  // response-* from signed requests alone.
  bool signed_query() const { return signed_query_; }

 private:
  friend class Authenticator;
  VerifiedPrincipal() = default;

  std::string key_id_;
  Identity identity_;
  BodyMode body_mode_ = BodyMode::kUnsigned;
  std::string sha256_;
  StreamSeed seed_;
  bool signed_query_ = false;
};

class Authenticator {
 public:
  Authenticator(KeyLookup lookup, AuthOptions options)
      : lookup_(std::move(lookup)), options_(std::move(options)) {}

  // Whether a request carries a claim of the right form, region and time by a known key, its
  // signature unverified: for what has to be read before that can be verified.
  absl::Status CheckClaim(const RequestHead& head, const RequestTarget& target,
                          absl::Time now) const;

  // `body_sha256`: of a body that was read before, for a service whose clients do not send
  // x-amz-content-sha256; S3's must. Where both are there they must be the same.
  absl::StatusOr<VerifiedPrincipal> Authenticate(
      const RequestHead& head, const RequestTarget& target, absl::Time now,
      std::optional<std::string_view> body_sha256 = std::nullopt) const;

  // Of a POST of a form to a bucket; `fields` are those before the file, names without case. What
  // is signed is the policy alone: PostPolicy (post_policy.h) says whether it allows the rest.
  // Anonymous only without a policy.
  absl::StatusOr<VerifiedPrincipal> AuthenticateForm(const RequestHead& head,
                                                     const RequestTarget& target,
                                                     const Headers& fields, absl::Time now) const;

 private:
  absl::StatusOr<VerifiedPrincipal> Nobody(const RequestHead& head) const;
  absl::StatusOr<VerifiedPrincipal> Verify(const RequestHead& head, const RequestTarget& target,
                                           const AuthClaim& claim,
                                           std::optional<std::string_view> body_sha256) const;
  absl::StatusOr<VerifiedPrincipal> VerifyText(const AuthClaim& claim, std::string_view text) const;
  absl::StatusOr<VerifiedPrincipal> VerifyOldForm(const Headers& fields) const;

  const KeyLookup lookup_;
  const AuthOptions options_;
  mutable SigningKeys keys_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_AUTHENTICATE_H_
