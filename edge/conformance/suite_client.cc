// Checks in the suite's order: the first one that fails is the test's result.
#include "edge/conformance/suite_client.h"

#include <cstddef>
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/edge_http.h"
#include "edge/conformance/suite_origin.h"
#include "edge/conformance/variant_cache.h"
#include "edge/lists.h"

namespace cloudlet::edge {
namespace {

constexpr absl::Duration kPause = absl::Seconds(3);
// 2030-01-01, and a part of a second, as clocks have.
constexpr int64_t kStartMillis = 1'893'456'000'250;

// The form of a UUID, as the bodies of the suite have it.
std::string Token(int number) {
  char text[48];
  std::snprintf(text, sizeof text, "%08d-0000-4000-8000-%012d", number, number);
  return text;
}

class Client {
 public:
  Client(const SuiteTest& test, int number, const std::optional<Policy>& policy)
      : test_(test),
        token_(Token(number)),
        now_(absl::FromUnixMillis(kStartMillis)),
        origin_(test, token_, &now_),
        cache_(policy, &origin_, &now_) {}

  std::optional<SuiteFailure> Play() {
    for (size_t i = 0; i < test_.requests.size(); ++i) {
      const SuiteRequest& script = test_.requests[i];
      HttpRequest request = MakeRequest(script, static_cast<int>(i) + 1);
      responses_.push_back(cache_.Serve(request));
      CheckResponse(script, static_cast<int>(i) + 1, responses_.back());
      if (failure_) return failure_;
      if (script.pause_after) now_ += kPause;
    }
    CheckSeen();
    return failure_;
  }

 private:
  void Check(bool setup, bool condition, const std::string& message) {
    if (!condition && !failure_) failure_ = SuiteFailure{setup, message};
  }

  HttpRequest MakeRequest(const SuiteRequest& script, int number) const {
    HttpRequest request;
    request.method = script.method;
    request.url = {.scheme = "http", .authority = "origin.example", .path = "/test/" + token_};
    if (!script.filename.empty()) request.url.path += "/" + script.filename;
    if (!script.query.empty()) request.url.query = script.query;
    if (script.body) request.body = absl::Cord(*script.body);
    request.time = now_;
    // One line for each name, as fetch() has it.
    const auto add = [&](const std::string& name, const std::string& value) {
      const auto before = request.headers.Joined(name);
      request.headers.Set(name, before ? *before + ", " + value : value);
    };
    add("Pragma", "foo");
    add("Cache-Control", "nothing-to-see-here");
    for (const SuiteHeader& header : script.headers) {
      add(header.name, std::string(Trimmed(SuiteValue(header, script, PreviousNow(), {}))));
    }
    const auto add_default = [&](const std::string& name, const std::string& value) {
      if (request.headers.Find(name) == nullptr) add(name, value);
    };
    if (script.body) add_default("Content-Type", "text/plain;charset=UTF-8");
    add_default("Accept", "*/*");
    add_default("Accept-Language", "*");
    add_default("User-Agent", "cache-suite");
    add_default("Accept-Encoding", "gzip, deflate");
    add_default("Connection", "keep-alive");
    add("Test-ID", test_.id);
    add("Req-Num", std::to_string(number));
    return request;
  }

  // The origin's time as the response before tells it.
  absl::Time PreviousNow() const {
    if (responses_.empty()) return now_;
    return ServerNow(responses_.back().response).value_or(now_);
  }
  static std::optional<absl::Time> ServerNow(const HttpResponse& response) {
    const auto millis = NumberIn(response, "Server-Now");
    if (!millis) return std::nullopt;
    return absl::FromUnixMillis(*millis);
  }

  static std::optional<int64_t> NumberIn(const HttpResponse& response, const std::string& name) {
    const auto text = response.headers.Joined(name);
    return text ? LeadingNumber(*text) : std::nullopt;
  }

  void CheckResponse(const SuiteRequest& script, int number, const VariantCache::Served& served) {
    const HttpResponse& response = served.response;
    const std::string who = "response " + std::to_string(number);
    const auto count = NumberIn(response, "Server-Request-Count");
    if (script.expected_type == "cached" && (response.status != 304 || count)) {
      Check(script.IsSetup("expected_type"), count && *count < number,
            who + " does not come from the cache");
    }
    if (script.expected_type == "not_cached") {
      Check(script.IsSetup("expected_type"), count == number, who + " comes from the cache");
    }
    CheckStatus(script, who, response.status);
    CheckHeaders(script, who, response);
    CheckInterim(script, who, served.interim);
    CheckBody(script, who, response);
  }

  void CheckStatus(const SuiteRequest& script, const std::string& who, int status) {
    const std::string is = who + " has status " + std::to_string(status);
    if (script.expected_status) {
      const auto& expected = *script.expected_status;
      Check(script.IsSetup("expected_status"), !expected || status == *expected, is);
    } else if (script.response_status) {
      Check(true, status == script.response_status->first, is);
    } else if (status == 999) {
      Check(script.IsSetup("expected_type"), false, who + ": the origin was asked unconditionally");
    } else {
      Check(true, status == 200, is);
    }
  }

  void CheckHeaders(const SuiteRequest& script, const std::string& who,
                    const HttpResponse& response) {
    using Kind = SuiteExpectation::Kind;
    const bool setup = script.IsSetup("expected_response_headers");
    for (const SuiteExpectation& one : script.expected_response_headers) {
      const std::string& name = one.header.name;
      const auto value = response.headers.Joined(name);
      const std::string is = who + " has " + name + ": " + value.value_or("(none)");
      if (one.kind == Kind::kThere) {
        Check(setup, value.has_value(), is);
      } else if (one.kind == Kind::kSameAs) {
        const auto other = response.headers.Joined(std::get<std::string>(one.header.value));
        Check(setup, value.has_value() && value == other, is);
      } else if (one.kind == Kind::kAbove) {
        const auto* const limit = std::get_if<int64_t>(&one.header.value);
        const auto is_number = value ? LeadingNumber(*value) : std::nullopt;
        Check(setup, limit != nullptr && is_number && *is_number > *limit, is);
      } else {
        const std::string base_url = response.headers.Joined("Server-Base-Url").value_or("");
        const absl::Time now = ServerNow(response).value_or(absl::UnixEpoch());
        Check(setup, value == SuiteValue(one.header, script, now, base_url), is);
      }
    }
    for (const SuiteHeader& one : script.response_headers_missing) {
      const auto value = response.headers.Joined(one.name);
      const std::string& part = std::get<std::string>(one.value);
      Check(script.IsSetup("expected_response_headers_missing"),
            !value || (!part.empty() && value->find(part) == std::string::npos),
            who + " has " + one.name + ": " + value.value_or(""));
    }
  }

  void CheckInterim(const SuiteRequest& script, const std::string& who,
                    const std::vector<HttpResponse>& interim) {
    if (!script.expected_interim) return;
    const bool setup = script.IsSetup("expected_interim_responses");
    const auto& expected = *script.expected_interim;
    for (size_t i = 0; i < expected.size(); ++i) {
      Check(setup, i < interim.size() && interim[i].status == expected[i].status,
            who + " has no interim response " + std::to_string(expected[i].status));
      if (failure_) return;
      for (const SuiteHeader& header : expected[i].headers) {
        Check(setup, interim[i].headers.Joined(header.name) == std::get<std::string>(header.value),
              who + ": an interim response lacks " + header.name);
      }
    }
    Check(setup, interim.size() == expected.size(),
          who + " has " + std::to_string(interim.size()) + " interim responses");
  }

  void CheckBody(const SuiteRequest& script, const std::string& who, const HttpResponse& response) {
    if (!script.check_body) return;
    const std::string body(response.body);
    const std::string is = who + " has the body '" + body + "'";
    if (script.expected_text) {
      const auto& expected = *script.expected_text;
      Check(script.IsSetup("expected_response_text"), !expected || body == *expected, is);
    } else if (script.response_body) {
      Check(true, body == *script.response_body, is);
    } else if (response.status != 204 && response.status != 304 && script.method != "HEAD") {
      Check(true, body == token_, is);
    }
  }

  // Which of the client's requests the origin should have seen, against those that it saw.
  void CheckSeen() {
    size_t at = 0;
    for (size_t i = 0; i < test_.requests.size() && !failure_; ++i) {
      const SuiteRequest& script = test_.requests[i];
      if (script.expected_type == "cached") continue;
      const SeenRequest* const seen = at < origin_.seen().size() ? &origin_.seen()[at] : nullptr;
      ++at;
      CheckSeenRequest(script, static_cast<int>(i) + 1, seen);
      if (seen != nullptr) CheckSent(static_cast<int>(i) + 1, *seen);
    }
  }

  void CheckSeenRequest(const SuiteRequest& script, int number, const SeenRequest* seen) {
    const std::string who = "request " + std::to_string(number);
    const bool setup = script.IsSetup("expected_type");
    if (script.expected_type == "not_cached") {
      Check(setup, seen != nullptr && seen->number == number, who + " did not reach the origin");
    }
    const auto has = [&](const std::string& name) {
      return seen != nullptr && seen->headers.Find(name) != nullptr;
    };
    if (script.expected_type == "etag_validated") {
      Check(setup, has("If-None-Match"), who + " has no If-None-Match");
    }
    if (script.expected_type == "lm_validated") {
      Check(setup, has("If-Modified-Since"), who + " has no If-Modified-Since");
    }
    for (const SuiteExpectation& one : script.expected_request_headers) {
      const std::string& name = one.header.name;
      const bool good =
          has(name) && (one.kind == SuiteExpectation::Kind::kThere ||
                        seen->headers.Joined(name) == std::get<std::string>(one.header.value));
      Check(script.IsSetup("expected_request_headers"), good,
            who + " reached the origin without the right " + name);
    }
    for (const SuiteHeader& one : script.request_headers_missing) {
      const std::string& value = std::get<std::string>(one.value);
      const bool bad = has(one.name) && (value.empty() || seen->headers.Joined(one.name) == value);
      Check(script.IsSetup("expected_request_headers_missing"), !bad,
            who + " reached the origin with " + one.name);
    }
    if (!script.expected_method.empty()) {
      Check(script.IsSetup("expected_method"),
            seen != nullptr && seen->method == script.expected_method,
            who + " reached the origin with another method, or not at all");
    }
  }

  // What the origin sent and is to be checked has come to the client.
  void CheckSent(int number, const SeenRequest& seen) {
    const HttpHeaders& headers = responses_[static_cast<size_t>(number - 1)].response.headers;
    for (const auto& [name, value] : seen.sent) {
      if (SameHttpName(name, "Date")) continue;
      Check(true, headers.Joined(name) == value,
            "response " + std::to_string(number) + " has another " + name + " than was sent");
    }
  }

  const SuiteTest& test_;
  const std::string token_;
  absl::Time now_;
  SuiteOrigin origin_;
  VariantCache cache_;
  std::vector<VariantCache::Served> responses_;
  std::optional<SuiteFailure> failure_;
};

}  // namespace

std::optional<SuiteFailure> PlayTest(const SuiteTest& test, int number,
                                     const std::optional<Policy>& policy) {
  return Client(test, number, policy).Play();
}

}  // namespace cloudlet::edge
