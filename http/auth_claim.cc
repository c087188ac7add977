// Reads credentials from a header, a query or a form. Nothing is verified here.
#include "http/auth_claim.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "http/http_date.h"
#include "http/s3_errors.h"

namespace cloudlet::http {
namespace {

using base::Quoted;
using base::V;

constexpr int64_t kMaxExpires = 604800;  // a week, in seconds

absl::Status Unsupported() {
  return MakeError(ErrorCode::kInvalidRequest,
                   "The authorization mechanism you have provided is not supported. Please use "
                   "AWS4-HMAC-SHA256.");
}

// The error that S3 has for a carrier whose contents are wrong.
absl::Status Malformed(Carrier carrier, std::string_view what) {
  switch (carrier) {
    case Carrier::kHeader:
      return MakeError(ErrorCode::kAuthorizationHeaderMalformed,
                       absl::StrCat("The authorization header is malformed; ", V(what)));
    case Carrier::kQuery:
      return MakeError(ErrorCode::kAuthorizationQueryParametersError, what);
    case Carrier::kForm:
      return MakeError(ErrorCode::kInvalidArgument, what);
  }
  return MakeError(ErrorCode::kAccessDenied);
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (true) {
    const size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

absl::Status ReadCredential(std::string_view credential, const ExpectedScope& expected,
                            AuthClaim& claim) {
  const std::string_view where =
      claim.carrier == Carrier::kQuery ? "Error parsing the X-Amz-Credential parameter; " : "";
  const auto malformed = [&](const auto&... what) {
    return Malformed(claim.carrier, absl::StrCat(V(where), what...));
  };
  const std::vector<std::string_view> parts = Split(credential, '/');
  if (parts.size() != 5 || parts[0].empty()) {
    return malformed(
        "the Credential is mal-formed; expecting "
        "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
  }
  if (!ParseAmzTime(absl::StrCat(V(parts[1]), "T000000Z")).has_value()) {
    return malformed("incorrect date format ", Quoted(parts[1]),
                     ". This date in the credential must be in the format \"yyyyMMdd\".");
  }
  if (parts[2].empty() || (!expected.region.empty() && parts[2] != expected.region)) {
    // By the element Region clients find the region that is right.
    return WithErrorField(malformed("the region ", Quoted(parts[2]), " is wrong; expecting ",
                                    Quoted(expected.region)),
                          "Region", expected.region);
  }
  if (parts[3] != expected.service) {
    return malformed("incorrect service ", Quoted(parts[3]), ". This endpoint belongs to ",
                     Quoted(expected.service), ".");
  }
  if (parts[4] != "aws4_request") {
    return malformed("incorrect terminal ", Quoted(parts[4]),
                     ". This endpoint uses \"aws4_request\".");
  }
  claim.key_id = std::string(parts[0]);
  claim.scope = {std::string(parts[1]), std::string(parts[2]), std::string(parts[3])};
  return absl::OkStatus();
}

// Lower case, ascending, none twice: so that a list has one spelling.
absl::Status ReadSignedHeaders(std::string_view list, AuthClaim& claim) {
  for (const std::string_view name : Split(list, ';')) {
    for (const char c : name) {
      if (c <= ' ' || c > '~' || absl::ascii_isupper(c) || c == ':' || c == ',') {
        return Malformed(claim.carrier, "SignedHeaders must be names in lower case.");
      }
    }
    if (name.empty()) return Malformed(claim.carrier, "an empty name in SignedHeaders.");
    if (!claim.signed_headers.empty() && claim.signed_headers.back() >= name) {
      return Malformed(claim.carrier, "SignedHeaders must be sorted, each name once.");
    }
    claim.signed_headers.emplace_back(name);
  }
  return absl::OkStatus();
}

absl::Status BadDate() {
  return MakeError(ErrorCode::kAccessDenied,
                   "AWS authentication requires a valid Date or x-amz-date header");
}

// Also as mail writes it, "Sun, 29 Nov 2026 12:49:04 -0000": botocore sends that.
std::optional<absl::Time> ParseAnyTime(std::string_view text) {
  const std::optional<absl::Time> amz = ParseAmzTime(text);
  if (amz.has_value()) return amz;
  const size_t zone = text.size() - std::min<size_t>(text.size(), 6);
  if (text.substr(zone) == " -0000" || text.substr(zone) == " +0000") {
    return ParseHttpDate(absl::StrCat(base::V(text.substr(0, zone)), " GMT"));
  }
  return ParseHttpDate(text);
}

// From x-amz-date, or else Date. Both may also be as HTTP writes it.
absl::Status ReadDate(const Headers& headers, AuthClaim& claim) {
  if (headers.Count("x-amz-date") > 1 || headers.Count("date") > 1) return BadDate();
  const std::string* const amz = headers.Find("x-amz-date");
  const std::string* const date = headers.Find("date");
  const auto of_date = date != nullptr ? ParseAnyTime(*date) : std::nullopt;
  const std::optional<absl::Time> time = amz != nullptr ? ParseAnyTime(*amz) : of_date;
  if (!time.has_value()) return BadDate();
  // Two dates that contradict each other are no date.
  if (amz != nullptr && date != nullptr &&
      (!of_date.has_value() || absl::AbsDuration(*of_date - *time) > absl::Minutes(15))) {
    return BadDate();
  }
  claim.time = *time;
  claim.amz_time = AmzTime(*time);
  if (amz == nullptr) {
    bool is_signed = false;
    for (const std::string& name : claim.signed_headers) is_signed = is_signed || name == "date";
    if (!is_signed) {
      return MakeError(ErrorCode::kAccessDenied,
                       "There were headers present in the request which were not signed: date");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> ReadExpires(std::string_view text) {
  const auto bad = [](std::string_view what) { return Malformed(Carrier::kQuery, what); };
  const bool negative = !text.empty() && text[0] == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  int64_t seconds = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return bad("X-Amz-Expires should be a number");
    seconds = std::min<int64_t>(kMaxExpires + 1, seconds * 10 + (c - '0'));
  }
  if (digits.empty()) return bad("X-Amz-Expires should be a number");
  if (negative) return bad("X-Amz-Expires must be non-negative");
  if (seconds > kMaxExpires) {
    return bad(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
        "must be less than 604800 seconds");
  }
  return absl::Seconds(seconds);
}

}  // namespace

Carriers CarriersOf(const RequestHead& head, const RequestTarget& target) {
  Carriers carriers;
  for (const Header& header : head.headers) {
    if (SameName(header.name, "Authorization") && !header.value.empty()) carriers.header = true;
  }
  for (const QueryParam& param : target.query) {
    for (const std::string_view name :
         {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
          "X-Amz-SignedHeaders", "X-Amz-Signature", "AWSAccessKeyId", "Signature"}) {
      if (SameName(param.name, name)) carriers.query = true;
    }
  }
  return carriers;
}

absl::StatusOr<AuthClaim> HeaderClaim(const Headers& headers, const ExpectedScope& expected) {
  if (headers.Count("Authorization") != 1) return OneMechanismOnly();
  AuthClaim claim;
  claim.carrier = Carrier::kHeader;
  const std::string_view header = headers.Get("Authorization");
  const size_t space = header.find(' ');
  const std::string_view scheme = header.substr(0, space);
  if (scheme == "AWS") return Unsupported();
  if (scheme != kSigV4Algorithm) {
    return MakeError(ErrorCode::kInvalidArgument,
                     absl::StrCat("Unsupported Authorization Type: ", Quoted(scheme)));
  }
  if (space == std::string_view::npos) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "Authorization header is invalid -- one and only one ' ' (space) required.");
  }
  std::optional<std::string_view> credential;
  std::optional<std::string_view> signed_headers;
  std::optional<std::string_view> signature;
  for (std::string_view piece : Split(header.substr(space + 1), ',')) {
    piece = base::S(absl::StripAsciiWhitespace(V(piece)));
    const size_t equals = piece.find('=');
    const std::string_view name = piece.substr(0, equals);
    std::optional<std::string_view>* const field = name == "Credential"      ? &credential
                                                   : name == "SignedHeaders" ? &signed_headers
                                                   : name == "Signature"     ? &signature
                                                                             : nullptr;
    if (field == nullptr || field->has_value() || equals == std::string_view::npos) {
      return Malformed(claim.carrier, absl::StrCat("the authorization component ", Quoted(piece),
                                                   " is malformed."));
    }
    *field = piece.substr(equals + 1);
  }
  if (!credential.has_value()) return Malformed(claim.carrier, "missing Credential.");
  if (!signed_headers.has_value()) return Malformed(claim.carrier, "missing SignedHeaders.");
  if (!signature.has_value()) return Malformed(claim.carrier, "missing Signature.");
  CLOUDLET_RETURN_IF_ERROR(ReadCredential(*credential, expected, claim));
  CLOUDLET_RETURN_IF_ERROR(ReadSignedHeaders(*signed_headers, claim));
  claim.signature = std::string(*signature);
  CLOUDLET_RETURN_IF_ERROR(ReadDate(headers, claim));
  if (claim.amz_time.substr(0, 8) != claim.scope.date) {
    return Malformed(claim.carrier, "Invalid credential date. Date is not the same as X-Amz-Date.");
  }
  if (headers.Count("x-amz-security-token") > 1) return MakeError(ErrorCode::kInvalidToken);
  if (const std::string* token = headers.Find("x-amz-security-token")) claim.token = *token;
  return claim;
}

absl::StatusOr<AuthClaim> QueryClaim(const RequestTarget& target, const ExpectedScope& expected) {
  AuthClaim claim;
  claim.carrier = Carrier::kQuery;
  struct Param {
    std::string_view name;
    const std::string* value = nullptr;
  };
  Param params[] = {{"X-Amz-Algorithm"},     {"X-Amz-Credential"},    {"X-Amz-Date"},
                    {"X-Amz-Expires"},       {"X-Amz-SignedHeaders"}, {"X-Amz-Signature"},
                    {"X-Amz-Security-Token"}};
  for (const QueryParam& sent : target.query) {
    if (sent.name == "AWSAccessKeyId" || sent.name == "Signature") return Unsupported();
    for (Param& param : params) {
      if (sent.name != param.name) continue;
      if (param.value != nullptr) {
        return Malformed(claim.carrier, absl::StrCat(V(param.name), " must be given once"));
      }
      param.value = &sent.value;
    }
  }
  for (const Param& param : params) {
    if (param.value == nullptr && param.name != "X-Amz-Security-Token") {
      return Malformed(claim.carrier,
                       "Query-string authentication version 4 requires the X-Amz-Algorithm, "
                       "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
                       "X-Amz-Expires parameters.");
    }
  }
  if (*params[0].value != kSigV4Algorithm) {
    return Malformed(claim.carrier, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  }
  CLOUDLET_RETURN_IF_ERROR(ReadCredential(*params[1].value, expected, claim));
  const std::optional<absl::Time> time = ParseAmzTime(*params[2].value);
  if (!time.has_value()) {
    return Malformed(claim.carrier,
                     "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  claim.time = *time;
  claim.amz_time = *params[2].value;
  if (claim.amz_time.substr(0, 8) != claim.scope.date) {
    return Malformed(claim.carrier,
                     absl::StrCat("Invalid credential date ", Quoted(claim.scope.date),
                                  ". This date is not the same as X-Amz-Date: ",
                                  Quoted(claim.amz_time.substr(0, 8)), "."));
  }
  CLOUDLET_ASSIGN_OR_RETURN(claim.expires, ReadExpires(*params[3].value));
  CLOUDLET_RETURN_IF_ERROR(ReadSignedHeaders(*params[4].value, claim));
  claim.signature = *params[5].value;
  if (params[6].value != nullptr) claim.token = *params[6].value;
  return claim;
}

absl::StatusOr<AuthClaim> FormClaim(const Headers& fields, const ExpectedScope& expected) {
  AuthClaim claim;
  claim.carrier = Carrier::kForm;
  for (const std::string_view name :
       {"Policy", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"}) {
    if (fields.Count(name) != 1) return FieldMissing(name);
  }
  if (fields.Get("x-amz-algorithm") != kSigV4Algorithm) {
    return Malformed(claim.carrier, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  }
  CLOUDLET_RETURN_IF_ERROR(ReadCredential(fields.Get("x-amz-credential"), expected, claim));
  claim.amz_time = std::string(fields.Get("x-amz-date"));
  const std::optional<absl::Time> time = ParseAmzTime(claim.amz_time);
  if (!time.has_value()) {
    return Malformed(claim.carrier,
                     "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  claim.time = *time;
  if (claim.amz_time.substr(0, 8) != claim.scope.date) {
    return Malformed(claim.carrier, "Invalid credential date. Date is not the same as X-Amz-Date.");
  }
  claim.signature = std::string(fields.Get("x-amz-signature"));
  if (const std::string* token = fields.Find("x-amz-security-token")) claim.token = *token;
  return claim;
}

absl::Status OneMechanismOnly() {
  return MakeError(ErrorCode::kInvalidArgument,
                   "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
                   "Signature query string parameter or the Authorization header should be "
                   "specified");
}

absl::Status FieldMissing(std::string_view name) {
  return MakeError(ErrorCode::kInvalidArgument,
                   absl::StrCat("Bucket POST must contain a field named '", V(name),
                                "'.  If it is specified, please check the order of the fields."));
}

}  // namespace cloudlet::http
