// By what was asked (unsafe, HEAD, a condition, a missing part) and what came back.
#include "edge/absorb.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "edge/conditions.h"
#include "edge/date.h"
#include "edge/freshness.h"
#include "edge/header_rules.h"
#include "edge/invalidation.h"
#include "edge/lists.h"
#include "edge/storable.h"
#include "edge/variants.h"

namespace cloudlet::edge {
namespace {

// With these a client may get something else than the whole.
constexpr const char* kSelectParts[] = {"Range", "If-Range", "If-None-Match", "If-Modified-Since"};

// RFC 5861 section 4.
bool IsServerFailure(int status) { return status == 500 || (status >= 502 && status <= 504); }

// A representation, or that there is none: what was stored for this request is outdated by it.
bool ReplacesStored(int status) {
  return (status >= 200 && status <= 299 && status != 206) || status == 404 || status == 410;
}

class Absorber {
 public:
  Absorber(const Exchange& exchange, const Policy& policy)
      : exchange_(exchange), request_(exchange.request), policy_(policy) {
    status_.forward = exchange.forward.reason;
  }

  Absorbed Run(HttpResponse response) {
    RemoveConnectionFields(&response.headers);
    if (response.status < 200) return Pass(std::move(response));
    status_.forward_status = response.status;
    EnsureDate(exchange_.response_time, &response.headers);
    if (policy_.cloudfront() && policy_.forward_cookies == ForwardCookies::kNone) {
      response.headers.Remove("Set-Cookie");
    }
    if (!IsSafe(request_.method)) return Unsafe(std::move(response));
    const bool plain = request_.method == "GET" || request_.method == "HEAD";
    if (!plain || exchange_.forward.reason == ForwardReason::kBypass) {
      return Told(std::move(response));
    }
    if (response.status == 304 && !exchange_.forward.nominated.empty()) {
      return Validated(response);
    }
    if (response.status == 304 && exchange_.forward.rewritten) return Unasked();
    if (IsServerFailure(response.status)) {
      if (auto stale = Stale()) return *std::move(stale);
    }
    if (exchange_.forward.fill && (response.status == 206 || response.status == 416)) {
      return Filled(std::move(response));
    }
    return request_.method == "HEAD" ? Head(std::move(response)) : Full(std::move(response));
  }

  Absorbed Failed(OriginError error) {
    if (auto stale = Stale()) return *std::move(stale);
    // RFC 9111 section 5.2.2.2: what must be validated and cannot be is 504.
    const auto& fallback = exchange_.forward.fallback;
    const bool must_be_validated =
        !policy_.cloudfront() && fallback && candidate(*fallback).facts.never_stale;
    const bool gateway_timeout = error == OriginError::kTimeout || must_be_validated;
    status_.detail = error == OriginError::kConnect   ? "connect-failed"
                     : error == OriginError::kTimeout ? "timed-out"
                                                      : "cut-short";
    return Bad(gateway_timeout ? 504 : 502);
  }

 private:
  static Absorbed Pass(HttpResponse response) {
    Absorbed out;
    out.response = std::move(response);
    return out;
  }

  Absorbed Bad(int status) {
    HttpResponse response;
    response.status = status;
    response.reason = status == 504 ? "Gateway Timeout" : "Bad Gateway";
    response.headers.Add("Date", FormatDate(exchange_.response_time));
    response.headers.Add("Content-Length", "0");
    return Told(std::move(response));
  }

  // A 304 to a request without conditions, which no client can make anything of.
  Absorbed Unasked() {
    if (auto stale = Stale()) return *std::move(stale);
    status_.detail = "not-modified-unasked";
    return Bad(502);
  }

  Absorbed Told(HttpResponse response) {
    AddCacheStatus(status_, policy_, &response);
    return Pass(std::move(response));
  }

  StoredResponse Made(HttpResponse response) const {
    return MakeStored(request_, std::move(response), exchange_.request_time,
                      exchange_.response_time, policy_);
  }

  const StoredResponse& candidate(size_t index) const { return *exchange_.candidates[index]; }

  // Puts `made` into `out->store` if it may be; what is excluded is in the client's answer all the
  // same.
  void StoreIfAllowed(const StoredResponse& made, Absorbed* out) {
    const std::string_view why_not =
        WhyNotStorable(request_, made, policy_, exchange_.body_follows);
    status_.stored = why_not.empty();
    if (!status_.stored) {
      status_.detail = why_not;
      return;
    }
    out->store = made;
    RemoveExcludedFields(made.facts.directives, &out->store->response.headers);
  }

  // Those that this request would have been given.
  std::vector<size_t> Matching() const {
    std::vector<size_t> matching;
    for (size_t i = 0; i < exchange_.candidates.size(); ++i) {
      if (Matches(candidate(i), request_.headers)) matching.push_back(i);
    }
    return matching;
  }

  // The client's answer out of what has just come, where the origin was asked something else.
  HttpResponse AnswerFrom(const StoredResponse& made) const {
    const Answer answer = DecideAnswer(request_, made);
    return Render(request_, made, answer, std::nullopt);
  }

  Absorbed Unsafe(HttpResponse response) {
    Absorbed out;
    if (!policy_.cloudfront()) out.invalidate = InvalidatedBy(request_, response);
    if (request_.method == "POST") StoreIfAllowed(Made(response), &out);
    AddCacheStatus(status_, policy_, &response);
    out.response = std::move(response);
    return out;
  }

  Absorbed Full(HttpResponse response) {
    Absorbed out;
    const StoredResponse made = Made(response);
    StoreIfAllowed(made, &out);
    if (out.store) {
      out.drop = Matching();
      if (made.part) JoinParts(&out);
    } else if (ReplacesStored(response.status)) {
      out.drop = Matching();
    }
    // A 206 to a Range of the client's is what was asked for; so is all that is no representation.
    const bool rework = exchange_.forward.rewritten && (response.status == 200 || made.part);
    out.response = rework ? AnswerFrom(made) : std::move(response);
    AddCacheStatus(status_, policy_, &out.response);
    return out;
  }

  // A new part of what is stored in part already is joined to it.
  void JoinParts(Absorbed* out) const {
    for (const size_t index : out->drop) {
      if (auto joined = Combine(candidate(index), *out->store, policy_))
        out->store = *std::move(joined);
    }
  }

  // The answer to a request for the rest of a stored part.
  Absorbed Filled(HttpResponse response) {
    const StoredResponse made = Made(std::move(response));
    const size_t index = *exchange_.forward.fill;
    std::optional<StoredResponse> whole = Combine(candidate(index), made, policy_);
    if (!whole || whole->part) return Again({index});
    Absorbed out;
    StoreIfAllowed(*whole, &out);
    out.drop = Matching();
    out.response = AnswerFrom(*whole);
    AddCacheStatus(status_, policy_, &out.response);
    return out;
  }

  // RFC 9111 section 4.3.5: the answer to a HEAD updates what is stored for GET, or shows that it
  // is outdated.
  Absorbed Head(HttpResponse response) {
    Absorbed out;
    for (const size_t index : response.status == 200 ? Matching() : std::vector<size_t>()) {
      const StoredResponse& stored = candidate(index);
      const bool agrees = Agrees(response, stored);
      if (stored.response.status != 200 || (stored.part && agrees)) continue;
      out.drop.push_back(index);
      if (agrees && !out.store) StoreUpdated(Update(stored, response), &out);
    }
    AddCacheStatus(status_, policy_, &response);
    out.response = std::move(response);
    return out;
  }

  // Whether the head of a response can be that of what is stored.
  bool Agrees(const HttpResponse& head, const StoredResponse& stored) const {
    const Facts fresh = FactsOf(head, exchange_.request_time, exchange_.response_time, policy_);
    if (fresh.etag && fresh.etag != stored.facts.etag) return false;
    if (fresh.last_modified && fresh.last_modified != stored.facts.last_modified) return false;
    const std::string* const length = head.headers.Find("Content-Length");
    const std::optional<uint64_t> size =
        stored.part ? stored.part->size : std::optional<uint64_t>(stored.response.body.size());
    return length == nullptr || !size || *length == std::to_string(*size);
  }

  // A 304 to the cache's own conditions.
  Absorbed Validated(const HttpResponse& response) {
    const std::optional<size_t> index = Selected(response.headers);
    if (!index) return Again({});
    const bool own = Matches(candidate(*index), request_.headers);
    const StoredResponse updated = Update(candidate(*index), response);
    const Answer answer = DecideAnswer(request_, updated);
    if (answer.kind == AnswerKind::kMissing) return Again({});
    Absorbed out;
    StoreUpdated(updated, &out);
    // Of another variant there are two from now on.
    if (own) out.drop.push_back(*index);
    out.response = Render(request_, updated, answer, std::nullopt);
    AddCacheStatus(status_, policy_, &out.response);
    return out;
  }

  // Which of the nominated a 304 with these headers means: RFC 9111 section 4.3.4. One without
  // validators can mean none but the only one.
  std::optional<size_t> Selected(const HttpHeaders& headers) const {
    const std::vector<size_t>& nominated = exchange_.forward.nominated;
    const auto first = [&](auto matches) -> std::optional<size_t> {
      const auto found = std::find_if(nominated.begin(), nominated.end(), matches);
      if (found == nominated.end()) return std::nullopt;
      return *found;
    };
    if (const std::string* const text = headers.Find("ETag")) {
      const auto tag = ParseEntityTag(*text);
      return first([&](size_t i) {
        const auto& stored = candidate(i).facts.etag;
        if (!tag || !stored) return false;
        return tag->weak || stored->weak ? WeaklyEqual(*tag, *stored)
                                         : StronglyEqual(*tag, *stored);
      });
    }
    if (nominated.size() != 1) return std::nullopt;
    const std::string* const text = headers.Find("Last-Modified");
    const auto& stored = candidate(nominated[0]).facts.last_modified;
    const auto time = text == nullptr ? std::nullopt : ParseDate(*text, exchange_.response_time);
    if (time && stored && *time != *stored) return std::nullopt;
    return nominated[0];
  }

  StoredResponse Update(const StoredResponse& stored, const HttpResponse& fresh) const {
    StoredResponse updated = stored;
    updated.response.headers = Updated(stored.response.headers, fresh.headers);
    updated.request_time = exchange_.request_time;
    updated.response_time = exchange_.response_time;
    updated.facts = FactsOf(updated.response, updated.request_time, updated.response_time, policy_);
    updated.selectors = SelectorsOf(updated.response.headers, request_.headers, policy_);
    return updated;
  }

  // The update may have made it one that is not to be stored.
  void StoreUpdated(StoredResponse updated, Absorbed* out) {
    HttpRequest get = request_;
    get.method = "GET";
    const std::string_view why_not = WhyNotStorable(get, updated, policy_);
    status_.stored = why_not.empty();
    status_.detail = why_not;
    if (!status_.stored) return;
    RemoveExcludedFields(updated.facts.directives, &updated.response.headers);
    out->store = std::move(updated);
  }

  // The whole, unconditionally.
  Absorbed Again(std::vector<size_t> drop) const {
    Absorbed out;
    out.drop = std::move(drop);
    out.again = ForwardAsIs(request_, exchange_.forward.reason, policy_);
    RemoveConditions(&out.again->request.headers);
    out.again->request.headers.Remove("Range");
    out.again->rewritten = true;
    out.again->fallback = exchange_.forward.fallback;
    return out;
  }

  // What is stored, in place of an answer that failed.
  std::optional<Absorbed> Stale() {
    const std::optional<size_t>& fallback = exchange_.forward.fallback;
    if (!fallback) return std::nullopt;
    const StoredResponse& stored = candidate(*fallback);
    const Answer answer = DecideAnswer(request_, stored);
    const absl::Time now = exchange_.response_time;
    if (answer.kind == AnswerKind::kMissing || !MayServeStaleOnError(stored, now, policy_)) {
      return std::nullopt;
    }
    HttpResponse response = Render(request_, stored, answer, CurrentAge(stored, now));
    status_.ttl = absl::ToInt64Seconds(absl::Floor(FreshFor(stored, now), absl::Seconds(1)));
    status_.detail = "stale-on-error";
    return Told(std::move(response));
  }

  const Exchange& exchange_;
  const HttpRequest& request_;
  const Policy& policy_;
  CacheStatus status_;
};

}  // namespace

bool MayStream(const HttpRequest& request, const Forward& forward, const HttpResponse& head) {
  if (request.method != "GET" || IsServerFailure(head.status)) return false;
  if (head.status == 204 || head.status == 206 || head.status == 304) return false;
  if (!forward.rewritten) return true;
  const bool plain =
      std::none_of(std::begin(kSelectParts), std::end(kSelectParts),
                   [&](const char* name) { return request.headers.Find(name) != nullptr; });
  return plain && !forward.fill;
}

Absorbed Absorb(const Exchange& exchange, HttpResponse response, const Policy& policy) {
  return Absorber(exchange, policy).Run(std::move(response));
}

Absorbed AbsorbFailure(const Exchange& exchange, OriginError error, const Policy& policy) {
  return Absorber(exchange, policy).Failed(error);
}

}  // namespace cloudlet::edge
