// Requests first, then responses; headers are common to both.
#include "edge/functions/result_rules.h"

#include <cstddef>
#include <set>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "edge/functions/event_rules.h"
#include "edge/lists.h"
#include "edge/origins.h"
#include "edge/viewer_request.h"

namespace cloudlet::edge {
namespace {

using base::Quoted;

std::vector<std::string_view> ValuesOf(const HttpHeaders& headers, std::string_view name) {
  std::vector<std::string_view> values;
  for (const HttpHeader& header : headers) {
    if (SameHttpName(header.name, name)) values.emplace_back(header.value);
  }
  return values;
}

// `is_read_only(name)` says which may not differ between the two.
template <typename IsReadOnly>
std::string WhyHeaders(const HttpHeaders& shown, const HttpHeaders& result,
                       const IsReadOnly& is_read_only) {
  for (const HttpHeader& header : result) {
    if (!IsSoundHeader(header)) {
      return absl::StrCat("headers: ", Quoted(header.name), " is no header");
    }
    if (IsHiddenHeader(header.name)) {
      return absl::StrCat("headers: ", header.name, " cannot be added");
    }
  }
  std::set<std::string> names;
  for (const HttpHeaders* const headers : {&shown, &result}) {
    for (const HttpHeader& header : *headers) names.insert(LowerCase(header.name));
  }
  for (const std::string& name : names) {
    if (is_read_only(name) && ValuesOf(shown, name) != ValuesOf(result, name)) {
      return absl::StrCat("headers: ", name, " is read-only");
    }
  }
  return "";
}

// At viewer-request it is the viewer's, and read-only.
std::string WhyHost(EdgeEventType type, const HttpHeaders& headers) {
  const std::vector<std::string_view> hosts = ValuesOf(headers, "Host");
  if (type == EdgeEventType::kViewerRequest) return "";
  if (hosts.size() != 1 || hosts[0].empty()) return "headers: there is one Host, and not empty";
  return "";
}

std::string WhyRequest(const EdgeEvent& event, const EdgeRequest& result) {
  if (result.method != event.request.method) return "method: it cannot be changed";
  HttpRequest as_sent;
  as_sent.method = result.method;
  as_sent.url = {"", "", result.uri, result.querystring};
  const std::string* const host = result.headers.Find("Host");
  if (host != nullptr) as_sent.url.authority = *host;
  if (result.uri.empty() || result.uri[0] != '/') return "uri: it begins with '/'";
  if (WhyMalformed(as_sent) == 400) {
    return "uri, querystring, Host: they have no spaces, controls or '#', the uri no '?'";
  }
  constexpr size_t kMostUri = 8'192;
  const size_t query = result.querystring.empty() ? 0 : 1 + result.querystring.size();
  if (result.uri.size() + query >= kMostUri) {
    return "uri, querystring: together they have less than 8,192 bytes";
  }
  if (result.body && (result.method == "GET" || result.method == "HEAD")) {
    return absl::StrCat("body: a ", result.method, " has none");
  }
  const std::string why =
      WhyHeaders(event.request.headers, result.headers,
                 [&](std::string_view name) { return IsReadOnlyInRequest(event.type, name); });
  return why.empty() ? WhyHost(event.type, result.headers) : why;
}

bool HasNoBody(int status) { return status == 204 || status == 304; }

size_t BytesOf(const EdgeResponse& response) {
  size_t bytes = response.body ? response.body->size() : 0;
  for (const HttpHeader& header : response.headers) {
    bytes += header.name.size() + header.value.size() + std::string_view(": \r\n").size();
  }
  return bytes;
}

// The status against the body: what of the response that was there is left must fit.
std::string WhyStatus(const EdgeEvent& event, EdgeRuntime runtime, const EdgeResponse& result) {
  if (result.status < 200 || result.status > 599) {
    return absl::StrCat("status: not within 200 to 599 (", result.status, ")");
  }
  if (HasNoBody(result.status) && result.body && !result.body->empty()) {
    return absl::StrCat("body: a response with status ", result.status, " has none");
  }
  if (IsRequestEvent(event.type)) {
    return result.status == 206 ? "status: 206 is of the origin alone" : "";
  }
  const int shown = event.response ? event.response->status : 0;
  if (result.status == 206 && (shown != 206 || result.body)) {
    return "status: 206 is of the origin alone, with its body";
  }
  if (result.status == shown) return "";
  if (event.type == EdgeEventType::kViewerResponse && runtime == EdgeRuntime::kLambdaAtEdge) {
    return "status: a viewer-response function of Lambda@Edge cannot change it";
  }
  // A part is not a whole, and nothing is not a page.
  const bool fits = shown != 206 && !HasNoBody(shown) && !HasNoBody(result.status);
  if (!fits && !result.body) {
    return absl::StrCat("status: from ", shown, " to ", result.status,
                        " the body has to be replaced as well");
  }
  return "";
}

std::string WhyResponse(const EdgeEvent& event, EdgeRuntime runtime, const EdgeResponse& result) {
  const std::string why = WhyStatus(event, runtime, result);
  if (!why.empty()) return why;
  if (!IsSoundHeader({"reason", result.reason})) return "reason: it has a line break";
  const bool generated = IsRequestEvent(event.type);
  const HttpHeaders none;
  const HttpHeaders& shown = event.response ? event.response->headers : none;
  const std::string headers = WhyHeaders(shown, result.headers, [&](std::string_view name) {
    if (SameHttpName(name, "Content-Length")) return generated || !result.body;
    return IsReadOnlyInResponse(event.type, name);
  });
  if (!headers.empty()) return headers;
  const size_t most = MostGeneratedBytes(event.type);
  if ((generated || result.body) && BytesOf(result) > most) {
    return absl::StrCat("body: with the headers it has ", BytesOf(result), " bytes, at most ", most,
                        " are possible");
  }
  return "";
}

}  // namespace

std::string WhyInvalid(const EdgeEvent& event, EdgeRuntime runtime, UriRule uri,
                       const EdgeResult& result) {
  if (const auto* const request = std::get_if<EdgeRequest>(&result)) {
    if (!IsRequestEvent(event.type)) return "a response event goes on with a response";
    if (uri == UriRule::kStays && request->uri != event.request.uri) {
      return "uri: of a coherent distribution it is changed at viewer-request, not here";
    }
    return WhyRequest(event, *request);
  }
  return WhyResponse(event, runtime, std::get<EdgeResponse>(result));
}

}  // namespace cloudlet::edge
