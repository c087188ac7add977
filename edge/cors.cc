// Origins are compared as text: scheme, host and port, of which a pattern may leave the scheme out.
#include "edge/cors.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

using Names = std::vector<std::string>;

constexpr std::string_view kMethods[] = {"GET",   "DELETE", "HEAD", "OPTIONS",
                                         "PATCH", "POST",   "PUT"};
constexpr std::string_view kScheme = "://";

bool IsStar(const Names& names) { return names.size() == 1 && names[0] == "*"; }

// To those who send credentials "*" is no answer: Fetch section 3.2.5.
std::optional<std::string> StarFault(bool credentials) {
  if (!credentials) return std::nullopt;
  return "it is \"*\", and credentials are allowed: list them";
}

// "*" alone, or tokens without one.
std::optional<std::string> NamesFault(const Names& names, bool credentials) {
  if (IsStar(names)) return StarFault(credentials);
  for (const std::string& name : names) {
    if (name == "*" || !IsToken(name)) {
      return absl::StrCat(base::Quoted(name), " is no name of a header; \"*\" stands alone");
    }
  }
  return std::nullopt;
}

std::optional<std::string> MethodsFault(const Names& methods) {
  if (methods.empty()) return "there is none";
  if (methods.size() == 1 && methods[0] == "ALL") return std::nullopt;
  for (const std::string& method : methods) {
    if (std::find(std::begin(kMethods), std::end(kMethods), method) == std::end(kMethods)) {
      return absl::StrCat(base::Quoted(method),
                          " is none of GET, DELETE, HEAD, OPTIONS, PATCH, POST, PUT; \"ALL\" "
                          "stands alone");
    }
  }
  return std::nullopt;
}

// Host and port of a pattern behind "*." and the scheme.
bool IsPlainHost(std::string_view host) {
  return !host.empty() && host.find_first_of("*/ \t@?#,\"\\") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::optional<std::string> OriginFault(std::string_view pattern) {
  std::string_view host = pattern;
  const size_t scheme = pattern.find(kScheme);
  if (scheme != std::string_view::npos) {
    if (!IsToken(pattern.substr(0, scheme)) || pattern[0] == '*') {
      return absl::StrCat(base::Quoted(pattern), " has no scheme that can be named");
    }
    host = pattern.substr(scheme + kScheme.size());
  }
  if (host.substr(0, 2) == "*.") host.remove_prefix(2);
  if (IsPlainHost(host)) return std::nullopt;
  return absl::StrCat(base::Quoted(pattern),
                      " is no origin: write \"https://www.example.com\", \"*.example.com\", or "
                      "\"*\" alone");
}

std::optional<std::string> OriginsFault(const Names& origins, bool credentials) {
  if (origins.empty()) return "there is none";
  if (IsStar(origins)) return StarFault(credentials);
  for (const std::string& origin : origins) {
    if (auto fault = OriginFault(origin)) return fault;
  }
  return std::nullopt;
}

std::string Joined(const Names& names) { return absl::StrJoin(names, ", "); }

// The policy's headers for this request. nullopt for one that the policy does not set.
struct CorsAnswer {
  std::optional<std::string> allow_origin = {};
  std::optional<std::string> allow_credentials = {};
  std::optional<std::string> allow_methods = {};
  std::optional<std::string> allow_headers = {};
  std::optional<std::string> expose_headers = {};
  std::optional<std::string> max_age = {};
};

CorsAnswer AnswerFor(const CorsHeaders& cors, const HttpRequest& request,
                     const std::string& origin) {
  CorsAnswer out;
  if (std::none_of(cors.allow_origins.begin(), cors.allow_origins.end(),
                   [&](const std::string& pattern) { return AllowsOrigin(pattern, origin); })) {
    return out;
  }
  out.allow_origin = IsStar(cors.allow_origins) ? "*" : origin;
  if (cors.allow_credentials) out.allow_credentials = "true";
  const bool preflight = request.method == "OPTIONS" &&
                         request.headers.Find("Access-Control-Request-Method") != nullptr;
  if (!preflight) {
    if (!cors.expose_headers.empty()) out.expose_headers = Joined(cors.expose_headers);
    return out;
  }
  out.allow_methods = cors.allow_methods[0] == "ALL"
                          ? std::string(absl::StrJoin(
                                kMethods, ", ", [](std::string* to, auto one) { to->append(one); }))
                          : Joined(cors.allow_methods);
  out.allow_headers = Joined(cors.allow_headers);
  if (cors.max_age) out.max_age = std::to_string(absl::ToInt64Seconds(*cors.max_age));
  return out;
}

void AddVaryOrigin(HttpHeaders* headers) {
  for (const std::string_view element : ListOf(*headers, "Vary")) {
    if (element == "*" || SameHttpName(element, "Origin")) return;
  }
  headers->Add("Vary", "Origin");
}

}  // namespace

std::optional<OptionFault> CorsFault(const CorsHeaders& cors) {
  if (auto why = OriginsFault(cors.allow_origins, cors.allow_credentials)) {
    return OptionFault{"allow_origins", *why};
  }
  if (auto why = MethodsFault(cors.allow_methods)) return OptionFault{"allow_methods", *why};
  if (cors.allow_headers.empty()) return OptionFault{"allow_headers", "there is none"};
  if (auto why = NamesFault(cors.allow_headers, cors.allow_credentials)) {
    return OptionFault{"allow_headers", *why};
  }
  if (auto why = NamesFault(cors.expose_headers, cors.allow_credentials)) {
    return OptionFault{"expose_headers", *why};
  }
  if (cors.max_age && (*cors.max_age < absl::ZeroDuration() ||
                       *cors.max_age != absl::Trunc(*cors.max_age, absl::Seconds(1)))) {
    return OptionFault{"max_age", "it is no whole number of seconds"};
  }
  return std::nullopt;
}

bool AllowsOrigin(std::string_view mixed_pattern, std::string_view mixed_origin) {
  if (mixed_pattern == "*") return true;
  const std::string lower_pattern = LowerCase(mixed_pattern);
  const std::string lower_origin = LowerCase(mixed_origin);
  std::string_view pattern = lower_pattern;
  std::string_view origin = lower_origin;
  const size_t scheme = origin.find(kScheme);
  if (scheme == std::string_view::npos) return false;  // "null"
  const std::string_view host = origin.substr(scheme + kScheme.size());
  const size_t pattern_scheme = pattern.find(kScheme);
  if (pattern_scheme != std::string_view::npos) {
    if (pattern.substr(0, pattern_scheme) != origin.substr(0, scheme)) return false;
    pattern.remove_prefix(pattern_scheme + kScheme.size());
  } else if (origin.substr(0, scheme) != "http" && origin.substr(0, scheme) != "https") {
    return false;
  }
  if (pattern.substr(0, 2) != "*.") return host == pattern;
  pattern.remove_prefix(1);
  return host.size() > pattern.size() && host.substr(host.size() - pattern.size()) == pattern;
}

void ApplyCors(const CorsHeaders& cors, const HttpRequest& request, HttpHeaders* headers) {
  if (!IsStar(cors.allow_origins)) AddVaryOrigin(headers);
  const std::string* const origin = request.headers.Find("Origin");
  if (origin == nullptr) return;
  const CorsAnswer answer = AnswerFor(cors, request, *origin);
  const auto set = [&](const char* name, const std::optional<std::string>& value) {
    if (!cors.override_origin && headers->Find(name) != nullptr) return;
    if (value) {
      headers->Set(name, *value);
    } else if (!answer.allow_origin) {
      headers->Remove(name);
    }
  };
  set("Access-Control-Allow-Origin", answer.allow_origin);
  set("Access-Control-Allow-Credentials", answer.allow_credentials);
  set("Access-Control-Allow-Methods", answer.allow_methods);
  set("Access-Control-Allow-Headers", answer.allow_headers);
  set("Access-Control-Expose-Headers", answer.expose_headers);
  set("Access-Control-Max-Age", answer.max_age);
}

}  // namespace cloudlet::edge
