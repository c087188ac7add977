// Policies are read by protobuf's reader of JSON, and verified as the bytes that came.
#include "base/json_struct.h"
// Before other headers of protobuf.
#include <arpa/inet.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "edge/lists.h"
#include "edge/path_pattern.h"
#include "edge/signed_url.h"

namespace cloudlet::edge {
namespace {

using base::V;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr size_t kMaxPolicy = 8'192;
constexpr int64_t kMaxEpoch = 253'402'300'799;  // the end of the year 9999

absl::Status Invalid(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("policy: ", V(why)));
}

const Value* Member(const Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? nullptr : &found->second;
}

// The one member of the object that `value` is, called `name`; null: it is something else.
const Value* OnlyMember(const Value& value, const std::string& name) {
  if (value.kind_case() != Value::kStructValue) return nullptr;
  return value.struct_value().fields().size() == 1 ? Member(value.struct_value(), name) : nullptr;
}

absl::StatusOr<absl::Time> EpochTime(const Value& value) {
  const Value* const number = OnlyMember(value, "AWS:EpochTime");
  if (number == nullptr || number->kind_case() != Value::kNumberValue) {
    return Invalid("a date is {\"AWS:EpochTime\": N}");
  }
  const double seconds = number->number_value();
  if (!(seconds >= 0 && seconds <= static_cast<double>(kMaxEpoch)) ||
      seconds != std::floor(seconds)) {
    return Invalid("a time is a whole number of seconds");
  }
  return absl::FromUnixSeconds(static_cast<int64_t>(seconds));
}

absl::Status ReadConditions(const Value& conditions, UrlPolicy* policy) {
  if (conditions.kind_case() != Value::kStructValue) return Invalid("Condition is an object");
  bool expires = false;
  for (const auto& [name, value] : conditions.struct_value().fields()) {
    if (name == "IpAddress") {
      const Value* const range = OnlyMember(value, "AWS:SourceIp");
      if (range == nullptr || range->kind_case() != Value::kStringValue ||
          !InRange("0.0.0.0", range->string_value())) {
        return Invalid("IpAddress is {\"AWS:SourceIp\": an IPv4 range}");
      }
      policy->ip_range = range->string_value();
      continue;
    }
    if (name != "DateLessThan" && name != "DateGreaterThan") return Invalid("unknown condition");
    const absl::StatusOr<absl::Time> time = EpochTime(value);
    if (!time.ok()) return time.status();
    if (name == "DateLessThan") {
      policy->expires = *time;
      expires = true;
    } else {
      policy->starts = *time;
    }
  }
  return expires ? absl::OkStatus() : Invalid("DateLessThan is missing");
}

// A URL cut where wildcards end.
struct Sections {
  std::string_view domain = {};  // "https://d.example"
  std::string_view path = {};    // "/a/b"
  std::string_view query = {};   // behind the '?'
  bool has_query = false;
};

Sections SectionsOf(std::string_view url, std::string_view question) {
  Sections out;
  const size_t scheme = url.find("://");
  const size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const size_t query = url.find(question, host);
  const size_t end = std::min(query, url.size());
  const size_t path = std::min(url.find('/', host), end);
  out.domain = url.substr(0, path);
  out.path = url.substr(path, end - path);
  out.has_query = query != std::string_view::npos;
  if (out.has_query) out.query = url.substr(query + question.size());
  return out;
}

bool EndsInStar(std::string_view text) { return !text.empty() && text.back() == '*'; }

// Parameters and cookies of signatures.
constexpr std::string_view kParameters[] = {"Expires", "Policy", "Signature", "Key-Pair-Id",
                                            "Hash-Algorithm"};
constexpr std::string_view kCookiePrefix = "CloudFront-";

bool IsParameter(std::string_view name) {
  return std::find(std::begin(kParameters), std::end(kParameters), name) != std::end(kParameters);
}

bool IsSignatureCookie(std::string_view name) {
  return name.substr(0, kCookiePrefix.size()) == kCookiePrefix &&
         IsParameter(name.substr(kCookiePrefix.size()));
}

// Calls `each` with the pieces of `text` between `separator`, and their names.
template <typename Each>
void ForPieces(std::string_view text, char separator, const Each& each) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    const std::string_view piece = Trimmed(text.substr(begin, end - begin));
    if (!piece.empty()) each(piece, piece.substr(0, piece.find('=')));
    begin = end + 1;
  }
}

struct Claims {
  std::map<std::string, std::string, std::less<>> values;
  bool twice = false;

  void Add(std::string_view name, std::string_view piece) {
    const size_t equals = piece.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : piece.substr(equals + 1);
    twice |= !values.emplace(name, value).second;
  }
  const std::string* Find(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
  }
};

std::optional<Credential> Read(const Claims& claims, const HttpUrl& url) {
  const std::string* const expires = claims.Find("Expires");
  const std::string* const policy = claims.Find("Policy");
  const std::string* const signature = claims.Find("Signature");
  const std::string* const key_pair_id = claims.Find("Key-Pair-Id");
  const std::string* const hash = claims.Find("Hash-Algorithm");
  if (claims.twice || signature == nullptr || key_pair_id == nullptr) return std::nullopt;
  if ((expires == nullptr) == (policy == nullptr)) return std::nullopt;
  Credential out;
  out.key_pair_id = *key_pair_id;
  if (hash != nullptr) {
    if (*hash != "SHA1" && *hash != "SHA256") return std::nullopt;
    if (*hash == "SHA256") out.hash = UrlHashAlgorithm::kSha256;
  }
  std::optional<std::string> bytes = UrlBase64Decode(*signature);
  if (!bytes) return std::nullopt;
  out.signature = *std::move(bytes);
  if (policy != nullptr) {
    std::optional<std::string> text = UrlBase64Decode(*policy);
    if (!text || text->size() > kMaxPolicy) return std::nullopt;
    out.policy = *std::move(text);
    return out;
  }
  const auto seconds = Digits(*expires, kMaxEpoch + 1);
  if (!seconds || *seconds > kMaxEpoch || std::to_string(*seconds) != *expires) {
    return std::nullopt;
  }
  out.policy = CannedPolicyText(SignedResourceOf(url), *seconds);
  return out;
}

}  // namespace

std::string UrlBase64Encode(std::string_view bytes) {
  std::string out = base::Base64Encode(bytes);
  for (char& c : out) c = c == '+' ? '-' : c == '=' ? '_' : c == '/' ? '~' : c;
  return out;
}

std::optional<std::string> UrlBase64Decode(std::string_view text) {
  if (text.find_first_of("+=/") != std::string_view::npos) return std::nullopt;
  std::string base64(text);
  for (char& c : base64) c = c == '-' ? '+' : c == '_' ? '=' : c == '~' ? '/' : c;
  return base::Base64Decode(base64);
}

std::string CannedPolicyText(std::string_view resource, int64_t expires) {
  return absl::StrCat("{\"Statement\":[{\"Resource\":\"", V(resource),
                      "\",\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":", expires, "}}}]}");
}

std::string CustomPolicyText(const UrlPolicy& policy) {
  std::string out = absl::StrCat("{\"Statement\":[{\"Resource\":\"", policy.resource,
                                 "\",\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":",
                                 absl::ToUnixSeconds(policy.expires), "}");
  if (policy.starts) {
    absl::StrAppend(
        &out, ",\"DateGreaterThan\":{\"AWS:EpochTime\":", absl::ToUnixSeconds(*policy.starts), "}");
  }
  if (!policy.ip_range.empty()) {
    absl::StrAppend(&out, ",\"IpAddress\":{\"AWS:SourceIp\":\"", policy.ip_range, "\"}");
  }
  return out + "}}]}";
}

absl::StatusOr<UrlPolicy> ParsePolicy(std::string_view json) {
  Struct document;
  const size_t begin = json.find_first_not_of(" \t\r\n");
  if (json.size() > kMaxPolicy || begin == std::string_view::npos || json[begin] != '{' ||
      !google::protobuf::util::JsonStringToMessage(std::string(json), &document).ok()) {
    return Invalid("it is no JSON object");
  }
  const Value* const statements = Member(document, "Statement");
  if (statements == nullptr || statements->list_value().values_size() != 1) {
    return Invalid("it has one Statement");
  }
  UrlPolicy policy;
  policy.resource = "*";
  const Value* conditions = nullptr;
  for (const auto& [name, value] : statements->list_value().values(0).struct_value().fields()) {
    if (name == "Resource" && value.kind_case() == Value::kStringValue) {
      policy.resource = value.string_value();
    } else if (name == "Condition") {
      conditions = &value;
    } else {
      return Invalid("a statement has Resource and Condition");
    }
  }
  if (conditions == nullptr) return Invalid("Condition is missing");
  const absl::Status read = ReadConditions(*conditions, &policy);
  if (!read.ok()) return read;
  return policy;
}

bool ResourceCovers(std::string_view resource, std::string_view url) {
  const Sections pattern = SectionsOf(resource, "\\?");
  const Sections text = SectionsOf(url, "?");
  // "http*://..." and "*" have no "://" of their own, or a star in it.
  if (!MatchesWildcards(pattern.domain, text.domain)) return false;
  if (pattern.path.empty() && !pattern.has_query && EndsInStar(pattern.domain)) return true;
  if (pattern.has_query) {
    return text.has_query && MatchesWildcards(pattern.path, text.path) &&
           MatchesWildcards(pattern.query, text.query);
  }
  if (!text.has_query || EndsInStar(pattern.path)) {
    return MatchesWildcards(pattern.path, text.path);
  }
  // Most signers write the URL as it is: one of its '?' is the one before the query.
  for (size_t i = pattern.path.find('?'); i != std::string_view::npos;
       i = pattern.path.find('?', i + 1)) {
    if (MatchesWildcards(pattern.path.substr(0, i), text.path) &&
        MatchesWildcards(pattern.path.substr(i + 1), text.query)) {
      return true;
    }
  }
  return false;
}

std::optional<bool> InRange(std::string_view ip, std::string_view range) {
  const size_t slash = range.find('/');
  int bits = 32;
  if (slash != std::string_view::npos) {
    const auto number = Digits(range.substr(slash + 1), 33);
    if (!number || *number > 32) return std::nullopt;
    bits = static_cast<int>(*number);
  }
  in_addr network;
  if (inet_pton(AF_INET, std::string(range.substr(0, slash)).c_str(), &network) != 1) {
    return std::nullopt;
  }
  in_addr address;
  if (inet_pton(AF_INET, std::string(ip).c_str(), &address) != 1) return false;
  const uint32_t mask = bits == 0 ? 0 : ~uint32_t{0} << (32 - bits);
  return (ntohl(network.s_addr) & mask) == (ntohl(address.s_addr) & mask);
}

std::string_view WhyRefused(const UrlPolicy& policy, std::string_view url, std::string_view ip,
                            absl::Time now) {
  if (!ResourceCovers(policy.resource, url)) return "resource";
  if (now >= policy.expires) return "expired";
  if (policy.starts && now <= *policy.starts) return "not-yet";
  if (!policy.ip_range.empty() && !InRange(ip, policy.ip_range).value_or(false)) return "address";
  return "";
}

std::optional<Credential> CredentialOf(const HttpRequest& request) {
  Claims claims;
  ForPieces(request.url.query.value_or(""), '&',
            [&](std::string_view piece, std::string_view name) {
              if (IsParameter(name)) claims.Add(name, piece);
            });
  if (claims.values.empty()) {
    for (const HttpHeader& header : request.headers) {
      if (!SameHttpName(header.name, "Cookie")) continue;
      ForPieces(header.value, ';', [&](std::string_view piece, std::string_view name) {
        if (IsSignatureCookie(name)) claims.Add(name.substr(kCookiePrefix.size()), piece);
      });
    }
  }
  return Read(claims, request.url);
}

HttpRequest WithoutCredential(const HttpRequest& request) {
  HttpRequest out = request;
  if (request.url.query) {
    std::string query;
    bool removed = false;
    ForPieces(*request.url.query, '&', [&](std::string_view piece, std::string_view name) {
      removed |= IsParameter(name);
      if (!IsParameter(name)) absl::StrAppend(&query, query.empty() ? "" : "&", V(piece));
    });
    if (removed) out.url.query = query.empty() ? std::nullopt : std::optional<std::string>(query);
  }
  HttpHeaders headers;
  for (const HttpHeader& header : request.headers) {
    if (!SameHttpName(header.name, "Cookie")) {
      headers.Add(header.name, header.value);
      continue;
    }
    std::string cookies;
    ForPieces(header.value, ';', [&](std::string_view piece, std::string_view name) {
      if (!IsSignatureCookie(name)) {
        absl::StrAppend(&cookies, cookies.empty() ? "" : "; ", V(piece));
      }
    });
    if (!cookies.empty()) headers.Add(header.name, cookies);
  }
  out.headers = std::move(headers);
  return out;
}

std::string SignedResourceOf(const HttpUrl& url) {
  HttpRequest request;
  request.url = url;
  return ToString(WithoutCredential(request).url);
}

}  // namespace cloudlet::edge
