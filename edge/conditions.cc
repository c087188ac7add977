// Preconditions over one stored response.
#include "edge/conditions.h"

#include <algorithm>
#include <optional>
#include <string>

#include "edge/date.h"
#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

bool TagsInclude(const HttpHeaders& request, const StoredResponse& stored) {
  const auto tags = ListOf(request, "If-None-Match");
  return std::any_of(tags.begin(), tags.end(), [&](std::string_view text) {
    if (text == "*") return true;
    const auto tag = ParseEntityTag(text);
    return tag && stored.facts.etag && WeaklyEqual(*tag, *stored.facts.etag);
  });
}

// RFC 9110 section 8.8.2.2: a second or more before the response was made, so that no other of the
// same date can have come behind it.
bool LastModifiedIsStrong(const Facts& facts) {
  return facts.last_modified && *facts.last_modified + absl::Seconds(1) <= facts.date;
}

}  // namespace

bool HasOriginConditions(const HttpHeaders& request) {
  return request.Find("If-Match") != nullptr || request.Find("If-Unmodified-Since") != nullptr;
}

bool NotModified(const HttpRequest& request, const StoredResponse& stored) {
  if (request.method != "GET" && request.method != "HEAD") return false;
  if (stored.response.status < 200 || stored.response.status > 299) return false;
  if (request.headers.Find("If-None-Match") != nullptr) {
    return TagsInclude(request.headers, stored);
  }
  const std::string* const since = request.headers.Find("If-Modified-Since");
  if (since == nullptr || request.headers.Count("If-Modified-Since") != 1) return false;
  const auto time = ParseDate(*since, stored.response_time);
  return time && stored.facts.last_modified.value_or(stored.facts.date) <= *time;
}

bool RangeCounts(const HttpHeaders& request, const StoredResponse& stored) {
  const std::string* const validator = request.Find("If-Range");
  if (validator == nullptr) return true;
  if (const auto tag = ParseEntityTag(*validator)) {
    return stored.facts.etag && StronglyEqual(*tag, *stored.facts.etag);
  }
  const auto time = ParseDate(*validator, stored.response_time);
  return time && LastModifiedIsStrong(stored.facts) && *time == *stored.facts.last_modified;
}

bool HasValidator(const StoredResponse& stored) {
  return stored.facts.etag || stored.facts.last_modified;
}

void SetConditions(const std::vector<const StoredResponse*>& stored, HttpHeaders* request) {
  RemoveConditions(request);
  std::string tags;
  for (const StoredResponse* const one : stored) {
    if (!one->facts.etag) continue;
    tags += (tags.empty() ? "" : ", ") + ToString(*one->facts.etag);
  }
  if (!tags.empty()) request->Add("If-None-Match", tags);
  if (stored.size() != 1 || !stored[0]->facts.last_modified) return;
  request->Add("If-Modified-Since", *stored[0]->response.headers.Find("Last-Modified"));
}

void RemoveConditions(HttpHeaders* request) {
  request->Remove("If-None-Match");
  request->Remove("If-Modified-Since");
  request->Remove("If-Range");
}

}  // namespace cloudlet::edge
