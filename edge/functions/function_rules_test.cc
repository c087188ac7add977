// What functions may return, and how a failure is called: values alone, no distribution.
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/edge_functions.h"
#include "edge/functions/event_messages.h"
#include "edge/functions/event_rules.h"
#include "edge/functions/function_options.h"
#include "edge/functions/function_runner.h"
#include "edge/functions/result_rules.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

constexpr EdgeEventType kRequests[] = {EdgeEventType::kViewerRequest,
                                       EdgeEventType::kOriginRequest};
constexpr EdgeEventType kResponses[] = {EdgeEventType::kOriginResponse,
                                        EdgeEventType::kViewerResponse};

EdgeEvent At(EdgeEventType type) {
  EdgeEvent event;
  event.type = type;
  event.request.uri = "/a";
  event.request.headers = {{"Host", "d.example"},    {"Accept-Encoding", "gzip"},
                           {"Via", "1.1 d.example"}, {"Content-Length", "3"},
                           {"Range", "bytes=0-1"},   {"If-None-Match", "\"e\""}};
  if (IsRequestEvent(type)) return event;
  event.response = EdgeResponse{200, "OK", {{"Via", "1.1 o"}, {"Content-Length", "10"}}, {}};
  return event;
}

std::string Why(const EdgeEvent& event, const EdgeResult& result,
                EdgeRuntime runtime = EdgeRuntime::kLambdaAtEdge) {
  return WhyInvalid(event, runtime, UriRule::kMayChange, result);
}

TEST(ResultRules, WhatIsUntouchedGoesOn) {
  for (const EdgeEventType type : kRequests) EXPECT_EQ(Why(At(type), At(type).request), "");
  for (const EdgeEventType type : kResponses) EXPECT_EQ(Why(At(type), *At(type).response), "");
}

// What a request event may say of the request, one change after the other.
TEST(ResultRules, Requests) {
  struct Row {
    std::function<void(EdgeRequest*)> change;
    const char* at_viewer;  // part of the reason; "": it may go on
    const char* at_origin;
  };
  const Row rows[] = {
      {[](auto* r) { r->uri = "/b"; }, "", ""},
      {[](auto* r) { r->querystring = "x=1&y"; }, "", ""},
      {[](auto* r) { r->headers.Add("X-Own", "1"); }, "", ""},
      {[](auto* r) { r->headers.Add("Authorization", "1"); }, "", ""},
      {[](auto* r) { r->method = "POST"; }, "method", "method"},
      {[](auto* r) { r->uri = ""; }, "uri", "uri"},
      {[](auto* r) { r->uri = "b"; }, "uri", "uri"},
      {[](auto* r) { r->uri = "/a b"; }, "uri", "uri"},
      {[](auto* r) { r->uri = "/a\r\nX: 1"; }, "uri", "uri"},
      {[](auto* r) { r->uri = "/a?b"; }, "uri", "uri"},
      {[](auto* r) { r->querystring = "a#b"; }, "uri", "uri"},
      {[](auto* r) { r->uri = "/" + std::string(8'190, 'a'); }, "", ""},
      {[](auto* r) { r->uri = "/" + std::string(8'191, 'a'); }, "8,192", "8,192"},
      {[](auto* r) { r->headers.Add("X-Own", "1\r\nSet-Cookie: a=b"); }, "no header", "no header"},
      {[](auto* r) { r->headers.Add("X Own", "1"); }, "no header", "no header"},
      {[](auto* r) { r->headers.Add("", "1"); }, "no header", "no header"},
      {[](auto* r) { r->headers.Add("connection", "close"); }, "added", "added"},
      {[](auto* r) { r->headers.Add("X-Edge-Anything", "1"); }, "added", "added"},
      {[](auto* r) { r->headers.Add("x-amz-cf-id", "1"); }, "added", "added"},
      {[](auto* r) { r->headers.Add("Via", "2.0 x"); }, "read-only", "read-only"},
      {[](auto* r) { r->headers.Remove("Via"); }, "read-only", "read-only"},
      {[](auto* r) { r->headers.Set("content-length", "9"); }, "read-only", "read-only"},
      {[](auto* r) { r->headers.Add("Transfer-Encoding", "chunked"); }, "read-only", "read-only"},
      {[](auto* r) { r->headers.Set("Host", "evil.example"); }, "read-only", ""},
      {[](auto* r) { r->headers.Remove("Host"); }, "read-only", "Host"},
      {[](auto* r) { r->headers.Add("Host", "b.example"); }, "read-only", "Host"},
      {[](auto* r) { r->headers.Set("Host", "a/b"); }, "Host", "Host"},
      {[](auto* r) { r->headers.Add("CloudFront-Viewer-Country", "DE"); }, "read-only", ""},
      {[](auto* r) { r->headers.Set("Accept-Encoding", "br"); }, "", "read-only"},
      {[](auto* r) { r->headers.Remove("If-None-Match"); }, "", "read-only"},
      {[](auto* r) { r->headers.Set("Range", "bytes=5-"); }, "", "read-only"},
      {[](auto* r) { r->body = absl::Cord("x"); }, "body", "body"},
  };
  int row = 0;
  for (const Row& one : rows) {
    SCOPED_TRACE(row++);
    for (const EdgeEventType type : kRequests) {
      const EdgeEvent event = At(type);
      EdgeRequest request = event.request;
      one.change(&request);
      const bool viewer = type == EdgeEventType::kViewerRequest;
      const std::string_view expected = viewer ? one.at_viewer : one.at_origin;
      const std::string why = Why(event, request);
      EXPECT_EQ(why.empty(), expected.empty()) << viewer << why;
      EXPECT_NE(why.find(expected), std::string::npos) << viewer << why;
    }
  }
}

TEST(ResultRules, AnswersOfRequestEvents) {
  const EdgeEvent event = At(EdgeEventType::kViewerRequest);
  const auto why = [&](EdgeResponse response) { return Why(event, response); };
  EXPECT_EQ(why({302, "Found", {{"Location", "/b"}}, {}}), "");
  EXPECT_EQ(why({599, "", {}, absl::Cord("x")}), "");
  for (const int status : {-1, 0, 100, 199, 600, 999}) {
    EXPECT_NE(why({status, "", {}, {}}).find("status"), std::string::npos) << status;
  }
  EXPECT_NE(why({206, "", {}, absl::Cord("x")}), "");
  EXPECT_EQ(why({204, "", {}, absl::Cord()}), "");
  EXPECT_NE(why({204, "", {}, absl::Cord("x")}), "");
  EXPECT_NE(why({200, "OK\r\nX: 1", {}, {}}).find("reason"), std::string::npos);
  EXPECT_NE(why({200, "", {{"Location", "/\r\nSet-Cookie: a=b"}}, {}}), "");
  EXPECT_NE(why({200, "", {{"Content-Length", "7"}}, {}}).find("read-only"), std::string::npos);
  EXPECT_NE(why({200, "", {{"Transfer-Encoding", "chunked"}}, {}}), "");
  EXPECT_NE(why({200, "", {{"X-Cache", "Hit from cloudfront"}}, {}}), "");
  // 40 KB with the headers; at origin events 1 MB.
  EdgeResponse large = {200, "", {{"X", "y"}}, absl::Cord(std::string(40'960 - 6, 'a'))};
  EXPECT_EQ(why(large), "");
  large.body->Append("a");
  EXPECT_NE(why(large).find("40961 bytes, at most 40960"), std::string::npos) << why(large);
  EXPECT_EQ(Why(At(EdgeEventType::kOriginRequest), large), "");
  large.body = absl::Cord(std::string(1'048'576, 'a'));
  EXPECT_NE(Why(At(EdgeEventType::kOriginRequest), large), "");
}

TEST(ResultRules, ResponsesOfResponseEvents) {
  for (const EdgeEventType type : kResponses) {
    const EdgeEvent event = At(type);
    EXPECT_NE(Why(event, event.request), "");  // there is nothing left to ask
    EdgeResponse own = *event.response;
    own.headers.Set("Content-Length", "11");
    EXPECT_NE(Why(event, own).find("content-length is read-only"), std::string::npos);
    own.body = absl::Cord("hello");
    EXPECT_EQ(Why(event, own), "");
    own.headers.Remove("Via");
    EXPECT_NE(Why(event, own), "");
    own = *event.response;
    own.headers.Add("Warning", "199 - x");
    EXPECT_EQ(Why(event, own).empty(), type == EdgeEventType::kOriginResponse);
    own = *event.response;
    own.status = 404;
    const bool may = type == EdgeEventType::kOriginResponse;
    EXPECT_EQ(Why(event, own).empty(), may);
    EXPECT_EQ(Why(event, own, EdgeRuntime::kCloudFrontFunctions), "");
    own.status = 304;  // of a response with a body
    EXPECT_NE(Why(event, own, EdgeRuntime::kCloudFrontFunctions), "");
  }
}

// A part must not pose as a whole, nor a 304 as a page.
TEST(ResultRules, PartsStayParts) {
  EdgeEvent event = At(EdgeEventType::kOriginResponse);
  for (const int status : {206, 304}) {
    event.response->status = status;
    EdgeResponse own = *event.response;
    EXPECT_EQ(Why(event, own), "") << status;
    own.status = 200;
    EXPECT_NE(Why(event, own), "") << status;
    own.body = absl::Cord("whole");
    EXPECT_EQ(Why(event, own), "") << status;
    own.status = 206;
    EXPECT_NE(Why(event, own), "") << status;
  }
}

TEST(ResultRules, AnOriginRequestMayHaveToLeaveTheUri) {
  const EdgeEvent event = At(EdgeEventType::kOriginRequest);
  EdgeRequest request = event.request;
  request.querystring = "v=1";
  EXPECT_EQ(WhyInvalid(event, EdgeRuntime::kLambdaAtEdge, UriRule::kStays, request), "");
  request.uri = "/b";
  EXPECT_NE(WhyInvalid(event, EdgeRuntime::kLambdaAtEdge, UriRule::kStays, request), "");
}

class RunnerTest : public ::testing::Test {
 protected:
  FunctionRunner Runner() {
    return FunctionRunner({"d111.cloudfront.net", "E1", [this] { return now_; },
                           [this](const EdgeFunctionError& error) {
                             told_.push_back(error);
                             throw std::runtime_error("a listener that throws");
                           }});
  }
  EdgeFunctionError Run(EdgeFunction function, EdgeRuntime runtime = EdgeRuntime::kLambdaAtEdge) {
    FunctionRunner runner = Runner();
    const EdgeFunctionAssociation one = {
        .function = std::move(function), .runtime = runtime, .timeout = absl::Milliseconds(50)};
    EdgeEvent event = runner.EventOf(EdgeEventType::kViewerRequest, {"id", "192.0.2.7"});
    event.request = At(event.type).request;
    FunctionOutcome outcome = runner.Run(one, event);
    const bool failed = std::holds_alternative<EdgeFunctionError>(outcome);
    EXPECT_EQ(runner.errors(), failed ? 1u : 0u);
    return failed ? std::get<EdgeFunctionError>(outcome) : EdgeFunctionError{.status = 200};
  }

  absl::Time now_ = absl::FromUnixSeconds(1'893'456'000);
  std::vector<EdgeFunctionError> told_;
};

TEST_F(RunnerTest, FailuresHaveTheNamesOfAccessLogs) {
  const auto thrown = Run([](const EdgeEvent&) -> absl::StatusOr<EdgeResult> {
    throw std::runtime_error("no such key");
  });
  EXPECT_EQ(thrown.status, 503);
  EXPECT_EQ(thrown.result_type, "LambdaExecutionError");
  EXPECT_NE(thrown.message.find("no such key"), std::string::npos) << thrown.message;
  EXPECT_EQ(thrown.request_id, "id");
  const auto odd = Run([](const EdgeEvent&) -> absl::StatusOr<EdgeResult> { throw 7; });
  EXPECT_EQ(odd.status, 503);
  const auto status = Run([](const EdgeEvent&) -> absl::StatusOr<EdgeResult> {
    return absl::UnavailableError("down");
  });
  EXPECT_EQ(status.status, 503);
  const auto bad =
      Run([](const EdgeEvent&) -> absl::StatusOr<EdgeResult> { return EdgeResponse{.status = 99}; },
          EdgeRuntime::kCloudFrontFunctions);
  EXPECT_EQ(bad.status, 502);
  EXPECT_EQ(bad.result_type, "FunctionValidationError");
  EXPECT_EQ(told_.size(), 4u);
}

TEST_F(RunnerTest, TimeIsTheCloudsAndItsEndIsAnError) {
  const auto after = [this](absl::Duration time) {
    return Run([this, time](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
      now_ += time;
      return event.request;
    });
  };
  EXPECT_EQ(after(absl::Milliseconds(50)).status, 200);
  const auto late = after(absl::Milliseconds(51));
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(late.result_type, "LambdaLimitExceeded");
  EXPECT_EQ(late.message, "it took 51ms, longer than 50ms");
}

TEST(EventMessages, HiddenHeadersStayWhereTheyAreAndBodiesAreCut) {
  HttpRequest request;
  request.method = "POST";
  request.url = {"https", "d.example", "/a", "q=1"};
  request.headers = {{"X-Real-IP", "10.0.0.1"}, {"A", "1"}, {"Connection", "x"}};
  request.body = absl::Cord(std::string(50'000, 'b'));
  EdgeRequest shown = ShownRequest(request);
  EXPECT_EQ(shown.headers, (HttpHeaders{{"A", "1"}, {"Host", "d.example"}}));
  EdgeEvent event;
  ShowBody(request, &event);
  EXPECT_TRUE(event.body_truncated);
  EXPECT_EQ(event.body.size(), 40'960u);

  HttpRequest same = request;
  ApplyRequest(EdgeEventType::kViewerRequest, shown, &same);
  EXPECT_EQ(same.url, request.url);
  EXPECT_EQ(same.body, request.body);  // not cut, as it was only looked at
  EXPECT_EQ(same.headers,
            (HttpHeaders{{"A", "1"}, {"X-Real-IP", "10.0.0.1"}, {"Connection", "x"}}));
  shown.querystring = "";
  shown.body = absl::Cord(std::string(50'000, 'c'));
  ApplyRequest(EdgeEventType::kViewerRequest, shown, &same);
  EXPECT_EQ(same.url.query, std::nullopt);
  EXPECT_EQ(same.body, absl::Cord(std::string(40'960, 'c')));
}

TEST(FunctionOptions, EachPointOnceEachRuntimeWhereItRuns) {
  const EdgeFunction any = [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
    return event.request;
  };
  using Functions = std::vector<EdgeFunctionAssociation>;
  constexpr auto kLight = EdgeRuntime::kCloudFrontFunctions;
  const Functions good = {
      {.event_type = EdgeEventType::kViewerRequest, .function = any, .runtime = kLight},
      {.event_type = EdgeEventType::kViewerResponse, .function = any, .runtime = kLight},
      {.event_type = EdgeEventType::kOriginRequest,
       .function = any,
       .include_body = true,
       .timeout = absl::Seconds(30)},
      {.event_type = EdgeEventType::kOriginResponse, .function = any}};
  EXPECT_EQ(WhyInvalidFunctions(good), "");
  const auto why = [&](size_t i, const std::function<void(EdgeFunctionAssociation*)>& change) {
    Functions bad = good;
    change(&bad[i]);
    return WhyInvalidFunctions(bad);
  };
  const auto has = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(why(0, [](auto* f) { f->function = nullptr; }), "viewer-request: there is no"));
  EXPECT_TRUE(
      has(why(0, [](auto* f) { f->event_type = EdgeEventType::kOriginRequest; }), "runtime"));
  EXPECT_TRUE(has(why(3, [](auto* f) { f->event_type = EdgeEventType::kOriginRequest; }), "two"));
  EXPECT_TRUE(has(why(0, [](auto* f) { f->runtime = EdgeRuntime::kLambdaAtEdge; }), "one runtime"));
  EXPECT_TRUE(has(why(0, [](auto* f) { f->include_body = true; }), "include_body"));
  EXPECT_TRUE(has(why(3, [](auto* f) { f->include_body = true; }), "include_body"));
  EXPECT_TRUE(has(why(0, [](auto* f) { f->timeout = absl::Seconds(6); }), "timeout"));
  EXPECT_TRUE(has(why(2, [](auto* f) { f->timeout = absl::Seconds(31); }), "timeout"));
  EXPECT_TRUE(has(why(2, [](auto* f) { f->timeout = absl::ZeroDuration(); }), "timeout"));
}

}  // namespace
}  // namespace cloudlet::edge
