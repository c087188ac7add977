// Verifies what a request claims. Every way to a principal that is not anonymous leads through
// VerifyText, or, for forms signed the old way, VerifyOldForm.
#include "http/authenticate.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/fatal.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/auth_claim.h"

namespace cloudlet::http {
namespace {

using base::Quoted;
using base::V;

constexpr std::string_view kHashHeader = "x-amz-content-sha256";
constexpr absl::Duration kKeyLife = absl::Hours(7 * 24);  // of a signing key

absl::Status Denied(std::string_view why = {}) { return MakeError(ErrorCode::kAccessDenied, why); }

bool SameBytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool IsSha256(std::string_view text) { return MacOf(text).has_value(); }

absl::StatusOr<BodyMode> ModeNamed(std::string_view hash) {
  if (hash == kUnsignedPayload) return BodyMode::kUnsigned;
  if (hash == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") return BodyMode::kSignedChunks;
  if (hash == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") return BodyMode::kSignedChunksTrailer;
  if (hash == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return BodyMode::kUnsignedChunksTrailer;
  if (IsSha256(hash)) return BodyMode::kSha256;
  if (absl::StartsWith(V(hash), "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")) {
    return MakeError(ErrorCode::kNotImplemented, "signatures of version 4A");
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                   "STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                   "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.");
}

bool IsChunked(BodyMode mode) {
  switch (mode) {
    case BodyMode::kUnsigned:
    case BodyMode::kSha256:
      return false;
    case BodyMode::kSignedChunks:
    case BodyMode::kSignedChunksTrailer:
    case BodyMode::kUnsignedChunksTrailer:
      return true;
  }
  return true;
}

// S3 knows no parameter that may come twice; which of two counts would be anybody's guess.
absl::Status CheckNamesOnce(const RequestTarget& target) {
  absl::flat_hash_set<std::string> names;
  for (const QueryParam& param : target.query) {
    const bool of_auth = absl::StartsWithIgnoreCase(param.name, "x-amz-");
    if (!names.insert(of_auth ? absl::AsciiStrToLower(param.name) : param.name).second) {
      return MakeError(
          of_auth ? ErrorCode::kAuthorizationQueryParametersError : ErrorCode::kInvalidArgument,
          absl::StrCat("the query parameter ", Quoted(param.name), " must be given once"));
    }
  }
  return absl::OkStatus();
}

// Which headers of the request no signature covers though it must, and which it covers that are
// not there. The payload's hash is part of what is signed in any case.
absl::Status CheckSignedHeaders(const Headers& headers, const AuthClaim& claim) {
  const auto is_signed = [&](const std::string& name) {
    return std::binary_search(claim.signed_headers.begin(), claim.signed_headers.end(), name);
  };
  std::vector<std::string> unsigned_names;
  if (!is_signed("host")) unsigned_names.push_back("host");
  absl::flat_hash_set<std::string> present;
  for (const Header& header : headers) {
    std::string name = absl::AsciiStrToLower(header.name);
    if (absl::StartsWith(name, "x-amz-") && !is_signed(name) && name != V(kHashHeader)) {
      unsigned_names.push_back(name);
    }
    present.insert(std::move(name));
  }
  if (!unsigned_names.empty()) {
    std::string list;
    for (const std::string& name : unsigned_names) {
      absl::StrAppend(&list, list.empty() ? "" : ", ", name);
    }
    return Denied(
        absl::StrCat("There were headers present in the request which were not signed: ", list));
  }
  for (const std::string& name : claim.signed_headers) {
    if (!present.contains(name)) {
      return MakeError(ErrorCode::kSignatureDoesNotMatch,
                       absl::StrCat("the signed header ", Quoted(name), " is missing"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTime(const AuthClaim& claim, absl::Time now, absl::Duration skew) {
  switch (claim.carrier) {
    case Carrier::kHeader:
      if (absl::AbsDuration(now - claim.time) > skew) {
        return MakeError(ErrorCode::kRequestTimeTooSkewed,
                         absl::StrCat("The difference between the request time and the current "
                                      "time is too large: request ",
                                      claim.amz_time, ", server ", AmzTime(now)));
      }
      return absl::OkStatus();
    case Carrier::kQuery:
      if (claim.time - now > skew) return Denied("Request is not yet valid");
      if (now - claim.time >= claim.expires) return Denied("Request has expired");
      return absl::OkStatus();
    case Carrier::kForm:
      if (claim.time - now > skew) return Denied("Request is not yet valid");
      if (now - claim.time > kKeyLife)
        return Denied("Invalid according to Policy: Policy expired.");
      return absl::OkStatus();
  }
  return Denied();
}

// HMAC-SHA1, base64: signatures of version 2.
std::string OldSignature(const Secret& secret, std::string_view text) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int bytes = 0;
  const std::string_view key = secret.Reveal();
  if (HMAC(EVP_sha1(), key.empty() ? "" : key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac,
           &bytes) == nullptr) {
    base::Fatal("cloudlet: OpenSSL cannot compute an HMAC");
  }
  return base::Base64Encode({reinterpret_cast<const char*>(mac), bytes});
}

}  // namespace

absl::StatusOr<VerifiedPrincipal> Authenticator::Authenticate(
    const RequestHead& head, const RequestTarget& target, absl::Time now,
    std::optional<std::string_view> body_sha256) const {
  const Carriers carriers = CarriersOf(head, target);
  if (carriers.header && carriers.query) return OneMechanismOnly();
  if (options_.service == "s3") CLOUDLET_RETURN_IF_ERROR(CheckNamesOnce(target));
  const ExpectedScope scope = {options_.region, options_.service};
  AuthClaim claim;
  if (carriers.header) {
    CLOUDLET_ASSIGN_OR_RETURN(claim, HeaderClaim(head.headers, scope));
  } else if (carriers.query) {
    CLOUDLET_ASSIGN_OR_RETURN(claim, QueryClaim(target, scope));
  } else {
    return Nobody(head);
  }
  CLOUDLET_RETURN_IF_ERROR(CheckTime(claim, now, options_.skew));
  return Verify(head, target, claim, body_sha256);
}

absl::Status Authenticator::CheckClaim(const RequestHead& head, const RequestTarget& target,
                                       absl::Time now) const {
  const ExpectedScope scope = {options_.region, options_.service};
  const bool in_query = CarriersOf(head, target).query;
  CLOUDLET_ASSIGN_OR_RETURN(const AuthClaim claim, in_query ? QueryClaim(target, scope)
                                                            : HeaderClaim(head.headers, scope));
  CLOUDLET_RETURN_IF_ERROR(CheckTime(claim, now, options_.skew));
  return lookup_(claim.key_id).has_value() ? absl::OkStatus()
                                           : MakeError(ErrorCode::kInvalidAccessKeyId);
}

absl::StatusOr<VerifiedPrincipal> Authenticator::Nobody(const RequestHead& head) const {
  if (!options_.allow_anonymous) return Denied();
  VerifiedPrincipal nobody;
  if (head.headers.Count(kHashHeader) > 1) return ModeNamed("").status();
  if (const std::string* hash = head.headers.Find(kHashHeader)) {
    CLOUDLET_ASSIGN_OR_RETURN(nobody.body_mode_, ModeNamed(*hash));
    if (nobody.body_mode_ == BodyMode::kSha256) nobody.sha256_ = *hash;
  }
  if (nobody.body_mode_ == BodyMode::kSignedChunks ||
      nobody.body_mode_ == BodyMode::kSignedChunksTrailer) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "Anonymous requests don't support this x-amz-content-sha256 value. Please use "
                     "UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.");
  }
  return nobody;
}

absl::StatusOr<VerifiedPrincipal> Authenticator::Verify(
    const RequestHead& head, const RequestTarget& target, const AuthClaim& claim,
    std::optional<std::string_view> body_sha256) const {
  const bool in_url = claim.carrier == Carrier::kQuery;
  const bool is_s3 = options_.service == "s3";
  if (head.headers.Count(kHashHeader) > 1) return ModeNamed("").status();
  const std::string* const header = head.headers.Find(kHashHeader);
  const bool header_is_signed = std::binary_search(
      claim.signed_headers.begin(), claim.signed_headers.end(), std::string(kHashHeader));

  // What the last line of the canonical request says, and what the body is held against.
  std::string hash;
  std::string_view mode_of;
  if (in_url && !header_is_signed) {
    const QueryParam* const param = target.Find("X-Amz-Content-Sha256");
    hash = param != nullptr ? param->value : std::string(kUnsignedPayload);
    if (!is_s3 && param == nullptr) hash = std::string(body_sha256.value_or(kEmptySha256));
    // A header that is not signed may say what the bytes are, not how they are to be read.
    mode_of = header != nullptr && IsSha256(*header) && hash == kUnsignedPayload
                  ? std::string_view(*header)
                  : std::string_view(hash);
    if (header != nullptr && !IsSha256(*header) && *header != hash) {
      return Denied(
          "There were headers present in the request which were not signed: "
          "x-amz-content-sha256");
    }
  } else if (header != nullptr) {
    hash = *header;
    mode_of = hash;
  } else if (is_s3) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "Missing required header for this request: x-amz-content-sha256");
  } else {
    hash = std::string(body_sha256.value_or(kEmptySha256));
    mode_of = hash;
  }
  CLOUDLET_ASSIGN_OR_RETURN(const BodyMode mode, ModeNamed(mode_of));
  CLOUDLET_RETURN_IF_ERROR(CheckSignedHeaders(head.headers, claim));

  const std::string canonical = CanonicalRequest(head.method, target, head.headers,
                                                 claim.signed_headers, hash, options_.service);
  CLOUDLET_ASSIGN_OR_RETURN(
      VerifiedPrincipal who,
      VerifyText(claim, StringToSign(claim.amz_time, claim.scope, canonical)));
  if (!options_.allow_unsigned_payload &&
      (mode == BodyMode::kUnsigned || mode == BodyMode::kUnsignedChunksTrailer) &&
      head.has_body()) {
    return Denied("the body must be signed");
  }
  if (mode == BodyMode::kSha256 && body_sha256.has_value() && *body_sha256 != mode_of) {
    return MakeError(ErrorCode::kXAmzContentSha256Mismatch);
  }
  if (!is_s3 && IsChunked(mode)) return ModeNamed("").status();
  who.body_mode_ = mode;
  if (mode == BodyMode::kSha256) who.sha256_ = std::string(mode_of);
  who.signed_query_ = true;
  return who;
}

absl::StatusOr<VerifiedPrincipal> Authenticator::VerifyText(const AuthClaim& claim,
                                                            std::string_view text) const {
  const std::optional<AccessKey> known = lookup_(claim.key_id);
  // An unknown key costs what a known one with a new scope does.
  const Mac key = known.has_value() ? keys_.Get(claim.key_id, known->secret, claim.scope)
                                    : SigningKey(Secret("unknown"), claim.scope);
  const Mac mac = Hmac(key, text);
  const std::optional<Mac> sent = MacOf(claim.signature);
  const bool same = SameMac(mac, sent.value_or(Mac{})) && sent.has_value();
  if (!known.has_value()) return MakeError(ErrorCode::kInvalidAccessKeyId);
  if (!same) return MakeError(ErrorCode::kSignatureDoesNotMatch);
  if (!SameBytes(claim.token.value_or(""), known->session_token)) {
    return MakeError(ErrorCode::kInvalidToken);
  }
  VerifiedPrincipal who;
  who.key_id_ = claim.key_id;
  who.identity_ = known->identity;
  who.seed_ = {key, claim.amz_time, claim.scope.ToString(), claim.signature};
  return who;
}

absl::StatusOr<VerifiedPrincipal> Authenticator::AuthenticateForm(const RequestHead& head,
                                                                  const RequestTarget& target,
                                                                  const Headers& fields,
                                                                  absl::Time now) const {
  const Carriers carriers = CarriersOf(head, target);
  if (carriers.header || carriers.query) return OneMechanismOnly();
  bool is_new = false;
  for (const std::string_view name :
       {"x-amz-signature", "x-amz-algorithm", "x-amz-credential", "x-amz-date"}) {
    is_new = is_new || fields.Count(name) > 0;
  }
  const bool is_old = fields.Count("signature") > 0 || fields.Count("AWSAccessKeyId") > 0;
  if (is_new && is_old) return OneMechanismOnly();
  if (is_old) return VerifyOldForm(fields);
  if (!is_new) {
    // A policy that nobody signed allows nothing.
    if (fields.Count("policy") > 0 || !options_.allow_anonymous) return Denied();
    return VerifiedPrincipal();
  }
  CLOUDLET_ASSIGN_OR_RETURN(const AuthClaim claim,
                            FormClaim(fields, {options_.region, options_.service}));
  CLOUDLET_RETURN_IF_ERROR(CheckTime(claim, now, options_.skew));
  return VerifyText(claim, fields.Get("policy"));
}

absl::StatusOr<VerifiedPrincipal> Authenticator::VerifyOldForm(const Headers& fields) const {
  if (!options_.allow_sigv2_forms) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "The authorization mechanism you have provided is not supported. Please use "
                     "AWS4-HMAC-SHA256.");
  }
  for (const std::string_view name : {"AWSAccessKeyId", "Signature", "Policy"}) {
    if (fields.Count(name) != 1) return FieldMissing(name);
  }
  const std::string_view key_id = fields.Get("AWSAccessKeyId");
  if (key_id.empty()) return FieldMissing("AWSAccessKeyId");
  const std::optional<AccessKey> known = lookup_(key_id);
  const std::string expected =
      OldSignature(known.has_value() ? known->secret : Secret("unknown"), fields.Get("policy"));
  const bool same = SameBytes(expected, fields.Get("signature"));
  if (!known.has_value()) return MakeError(ErrorCode::kInvalidAccessKeyId);
  if (!same) return MakeError(ErrorCode::kSignatureDoesNotMatch);
  if (!SameBytes(fields.Get("x-amz-security-token"), known->session_token)) {
    return MakeError(ErrorCode::kInvalidToken);
  }
  VerifiedPrincipal who;
  who.key_id_ = std::string(key_id);
  who.identity_ = known->identity;
  return who;
}

}  // namespace cloudlet::http
