// Functions at each event point of a whole distribution: when they run, what becomes of what they
// return, and that their failures leave nothing behind.
#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/distribution_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

using enum EdgeEventType;

using Change = std::function<absl::StatusOr<EdgeResult>(const EdgeEvent&)>;

class DistributionFunctionsTest : public ::testing::Test {
 protected:
  DistributionOptions Options() {
    DistributionOptions options = Over([this](const HttpRequest& request) -> OriginResult {
      asked_.push_back(request);
      return answer_;
    });
    options.on_function_error = [this](const EdgeFunctionError& error) {
      errors_.push_back(error);
    };
    return options;
  }

  // Keeps the event and goes on as it is, unless `change` says otherwise.
  EdgeFunctionAssociation Function(EdgeEventType type, Change change = nullptr,
                                   EdgeRuntime runtime = EdgeRuntime::kLambdaAtEdge) {
    EdgeFunctionAssociation one;
    one.event_type = type;
    one.runtime = runtime;
    one.function =
        [this, change = std::move(change)](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
      events_.push_back(event);
      if (change != nullptr) return change(event);
      if (event.response) return *event.response;
      return event.request;
    };
    return one;
  }

  Distribution Make(const DistributionOptions& options) {
    auto made = Distribution::Create(fake_.cloud(), options);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }
  Distribution With(std::vector<EdgeFunctionAssociation> functions) {
    DistributionOptions options = Options();
    options.default_behavior.functions = std::move(functions);
    return Make(options);
  }

  // "viewer-request origin-request"; forgets them.
  std::string Ran() {
    std::string names;
    for (const EdgeEvent& event : std::exchange(events_, {})) {
      names.append(names.empty() ? "" : " ").append(EdgeEventTypeName(event.type));
    }
    return names;
  }

  testing::FakeCloud fake_;
  OriginResult answer_ = Answering(200, "page", {{"Cache-Control", "max-age=60"}});
  std::vector<HttpRequest> asked_;
  std::vector<EdgeEvent> events_;
  std::vector<EdgeFunctionError> errors_;
};

TEST_F(DistributionFunctionsTest, EachPointRunsWhereItIsSaidTo) {
  const Distribution cdn = With({Function(kViewerRequest), Function(kOriginRequest),
                                 Function(kOriginResponse), Function(kViewerResponse)});
  const HttpResponse miss = cdn.Handle(Getting("/a"), {.ip = "192.0.2.7"});
  EXPECT_EQ(miss.status, 200);
  for (const EdgeEvent& event : events_) {
    EXPECT_EQ(event.request_id, HeaderOf(miss, "X-Amz-Cf-Id"));
    EXPECT_EQ(event.client_ip, "192.0.2.7");
    EXPECT_EQ(event.distribution_id, "EDFDVBD6EXAMPLE");
    EXPECT_EQ(event.origin.has_value(),
              event.type == kOriginRequest || event.type == kOriginResponse);
  }
  EXPECT_EQ(Ran(), "viewer-request origin-request origin-response viewer-response");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a"))), "Hit");
  EXPECT_EQ(Ran(), "viewer-request viewer-response");
  // What carries the event's origin does not go on to the origin.
  EXPECT_EQ(asked_.at(0).headers.Find("X-Amz-Cf-Id"), nullptr);
  EXPECT_EQ(asked_.at(0).headers.Find("X-Edge-Client-Ip"), nullptr);

  answer_ = Answering(404, "no", {});
  EXPECT_EQ(cdn.Handle(Getting("/b")).status, 404);
  EXPECT_EQ(Ran(), "viewer-request origin-request origin-response");
  EXPECT_EQ(cdn.Handle(Getting("/b")).status, 404);  // remembered
  EXPECT_EQ(Ran(), "viewer-request");
  answer_ = OriginFailure::kTimeout;
  EXPECT_EQ(cdn.Handle(Getting("/c")).status, 504);
  EXPECT_EQ(Ran(), "viewer-request origin-request");
  HttpRequest refused = Getting("/d");
  refused.method = "DELETE";
  EXPECT_EQ(cdn.Handle(refused).status, 403);
  EXPECT_EQ(Ran(), "");
  EXPECT_EQ(cdn.stats().function_errors, 0u);
}

TEST_F(DistributionFunctionsTest, ViewerRequestChangesWhatIsAskedFor) {
  DistributionOptions options = Options();
  options.default_root_object = "index.html";
  options.default_behavior.cache.query_strings = {Selection::kAll, {}};
  options.default_behavior.functions = {
      Function(kViewerRequest,
               [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
                 EdgeRequest request = event.request;
                 if (request.uri == "/old") request.uri = "/new";
                 if (request.uri == "/home") request.uri = "/";
                 request.querystring = "";
                 return request;
               }),
      Function(kViewerResponse)};
  const Distribution cdn = Make(options);
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/old?a=1"))), "Miss");
  EXPECT_EQ(events_.back().request.uri, "/new");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/new?b=2"))), "Hit");
  EXPECT_EQ(asked_.size(), 1u);
  events_.clear();
  cdn.Handle(Getting("/"));
  EXPECT_EQ(events_.at(0).request.uri, "/");  // as the viewer asked
  EXPECT_EQ(asked_.back().url.path, "/index.html");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/home"))), "Hit");
}

TEST_F(DistributionFunctionsTest, ViewerRequestAnswersAndNothingIsStored) {
  DistributionOptions options = Options();
  options.custom_error_responses = {{.error_code = 404, .response_page_path = "/404.html"}};
  int status = 302;
  options.default_behavior.functions = {
      Function(kViewerRequest,
               [&status](const EdgeEvent&) -> absl::StatusOr<EdgeResult> {
                 return EdgeResponse{status,
                                     "",
                                     {{"Location", "/login"}, {"Cache-Control", "max-age=9"}},
                                     absl::Cord("go")};
               }),
      Function(kViewerResponse)};
  const Distribution cdn = Make(options);
  for (int i = 0; i < 2; ++i) {
    const HttpResponse answer = cdn.Handle(Getting("/a"));
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(BodyOf(answer), "go");
    EXPECT_EQ(HeaderOf(answer, "Content-Length"), "2");
    EXPECT_EQ(HeaderOf(answer, "X-Cache"), "LambdaGeneratedResponse from cloudfront");
    EXPECT_EQ(HeaderOf(answer, "X-Edge-Result-Type"), "-");
    EXPECT_EQ(Ran(), "viewer-request");
  }
  HttpRequest head = Getting("/a");
  head.method = "HEAD";
  EXPECT_EQ(BodyOf(cdn.Handle(head)), "");
  // What a function says is what the viewer gets: no error page.
  status = 404;
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "go");
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(cdn.stats().entries, 0u);
}

TEST_F(DistributionFunctionsTest, OriginRequestChangesOrAnswersAndIsStored) {
  const Distribution cdn =
      With({Function(kOriginRequest,
                     [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
                       if (event.request.uri == "/made") {
                         return EdgeResponse{
                             200, "OK", {{"Cache-Control", "max-age=60"}}, absl::Cord("made")};
                       }
                       EdgeRequest request = event.request;
                       request.uri = "/v2" + request.uri;
                       request.headers.Set("Host", "other.example");
                       request.headers.Add("X-Key", "1");
                       return request;
                     }),
            Function(kOriginResponse)});
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/made"))), "made");
  EXPECT_EQ(Ran(), "origin-request");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/made"))), "Hit");
  EXPECT_EQ(Ran(), "");
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(cdn.stats().origin_fetches, 0u);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "page");
  EXPECT_EQ(cdn.stats().origin_fetches, 1u);
  EXPECT_EQ(asked_.at(0).url.path, "/v2/a");
  EXPECT_EQ(asked_.at(0).url.authority, "other.example");
  EXPECT_EQ(*asked_.at(0).headers.Find("X-Key"), "1");
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a"))), "Hit");  // under the viewer's URL
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/v2/a"))), "Miss");
}

TEST_F(DistributionFunctionsTest, OriginResponseIsWhatIsStored) {
  const Distribution cdn =
      With({Function(kOriginResponse, [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
        EdgeResponse response = *event.response;
        EXPECT_EQ(response.body, std::nullopt);  // functions are not shown it
        response.headers.Set("X-Seen", "1");
        if (response.status == 404) {
          response.status = 200;
          response.headers.Set("Cache-Control", "max-age=60");
          response.body = absl::Cord("a page instead");
        }
        return response;
      })});
  const HttpResponse page = cdn.Handle(Getting("/a"));
  EXPECT_EQ(BodyOf(page), "page");
  EXPECT_EQ(HeaderOf(page, "X-Seen"), "1");
  answer_ = Answering(404, "no", {{"Content-Length", "2"}});
  const HttpResponse instead = cdn.Handle(Getting("/b"));
  EXPECT_EQ(instead.status, 200);
  EXPECT_EQ(BodyOf(instead), "a page instead");
  EXPECT_EQ(HeaderOf(instead, "Content-Length"), "14");
  const HttpResponse hit = cdn.Handle(Getting("/b"));
  EXPECT_EQ(XCacheOf(hit), "Hit");
  EXPECT_EQ(BodyOf(hit), "a page instead");
}

TEST_F(DistributionFunctionsTest, ViewerResponseChangesWhatGoesOutAlone) {
  int n = 0;
  const Distribution cdn = With({Function(
      kViewerResponse,
      [&n](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
        EdgeResponse response = *event.response;
        response.headers.Set("X-Count", std::to_string(++n));
        if (event.request.headers.Find("Teapot") != nullptr) {
          response.status = 418;
          response.body = absl::Cord("short and stout");
        }
        return response;
      },
      EdgeRuntime::kCloudFrontFunctions)});
  EXPECT_EQ(HeaderOf(cdn.Handle(Getting("/a")), "X-Count"), "1");
  const HttpResponse hit = cdn.Handle(Getting("/a"));
  EXPECT_EQ(HeaderOf(hit, "X-Count"), "2");
  EXPECT_EQ(BodyOf(hit), "page");
  const HttpResponse tea = cdn.Handle(Getting("/a", {{"Teapot", "yes"}}));
  EXPECT_EQ(tea.status, 418);
  EXPECT_EQ(BodyOf(tea), "short and stout");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "page");
}

TEST_F(DistributionFunctionsTest, FailuresAreAnsweredAndNotStoredAtAnyPoint) {
  const Change throws = [](const EdgeEvent&) -> absl::StatusOr<EdgeResult> {
    throw std::runtime_error("secret");
  };
  const Change splits = [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
    if (event.response) {
      EdgeResponse response = *event.response;
      response.headers.Add("X", "1\r\nSet-Cookie: session=stolen");
      return response;
    }
    EdgeRequest request = event.request;
    request.headers.Add("X", "1\r\nHost: elsewhere");
    return request;
  };
  for (const EdgeEventType type :
       {kViewerRequest, kOriginRequest, kOriginResponse, kViewerResponse}) {
    SCOPED_TRACE(std::string(EdgeEventTypeName(type)));
    for (const auto& [change, status, name] :
         {std::make_tuple(throws, 503, "LambdaExecutionError from cloudfront"),
          std::make_tuple(splits, 502, "LambdaValidationError from cloudfront")}) {
      bool fails = true;
      DistributionOptions options = Options();
      // Also where the cache would keep an answer whatever it says.
      options.default_behavior.cache.min_ttl = absl::Seconds(60);
      options.default_behavior.functions = {Function(
          type, [&, change = change](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
            if (fails) return change(event);
            if (event.response) return *event.response;
            return event.request;
          })};
      const Distribution cdn = Make(options);
      errors_.clear();
      const HttpResponse failed = cdn.Handle(Getting("/a"));
      EXPECT_EQ(failed.status, status);
      EXPECT_EQ(HeaderOf(failed, "X-Cache"), name);
      EXPECT_EQ(HeaderOf(failed, "X-Edge-Result-Type"), "-");
      EXPECT_EQ(HeaderOf(failed, "Set-Cookie"), "-");
      EXPECT_EQ(BodyOf(failed).find("secret"), std::string::npos);
      ASSERT_EQ(errors_.size(), 1u);
      EXPECT_EQ(errors_[0].event_type, type);
      EXPECT_EQ(errors_[0].request_id, HeaderOf(failed, "X-Amz-Cf-Id"));
      EXPECT_EQ(cdn.stats().function_errors, 1u);
      EXPECT_EQ(cdn.stats().origin_failures, 0u);
      fails = false;
      EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "page");
    }
  }
}

TEST_F(DistributionFunctionsTest, ErrorPagesAreForFailuresToo) {
  DistributionOptions options = Options();
  options.custom_error_responses = {{.error_code = 503, .response_page_path = "/sorry.html"}};
  options.default_behavior.functions = {Function(
      kViewerRequest,
      [](const EdgeEvent&) -> absl::StatusOr<EdgeResult> { throw std::runtime_error("x"); })};
  const HttpResponse page = Make(options).Handle(Getting("/a"));
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(BodyOf(page), "page");  // fetched without the function
  EXPECT_EQ(HeaderOf(page, "Cache-Control"), "no-store");
  EXPECT_EQ(asked_.at(0).url.path, "/sorry.html");
}

TEST_F(DistributionFunctionsTest, BodiesAreShownAndReplaced) {
  DistributionOptions options = Options();
  options.default_behavior.allowed_methods = AllowedMethods::kAll;
  std::string shown;
  EdgeFunctionAssociation viewer =
      Function(kViewerRequest, [&shown](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
        shown = std::string(event.body);
        return event.request;
      });
  viewer.include_body = true;
  EdgeFunctionAssociation origin =
      Function(kOriginRequest, [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
        EXPECT_TRUE(event.body.empty());  // not asked for
        EdgeRequest request = event.request;
        request.body = absl::Cord("replaced");
        return request;
      });
  options.default_behavior.functions = {viewer, origin};
  HttpRequest post = Getting("/form");
  post.method = "POST";
  post.body = absl::Cord("a=1");
  EXPECT_EQ(Make(options).Handle(post).status, 200);
  EXPECT_EQ(shown, "a=1");
  EXPECT_EQ(asked_.at(0).body, "replaced");
}

class TwoPieces final : public Origin {
 public:
  OriginResult Fetch(const HttpRequest&, absl::Time, const InterimSink&) override {
    return Answering(200, "ab", {{"Cache-Control", "max-age=60"}});
  }
  OriginStream Open(const HttpRequest&, absl::Time, const InterimSink&) override {
    return HttpStream{Answering(200, "", {{"Cache-Control", "max-age=60"}}),
                      std::make_unique<Body>()};
  }

 private:
  class Body final : public HttpBody {
   public:
    absl::StatusOr<absl::Cord> Next() override {
      const int piece = next_++;
      return absl::Cord(piece == 0 ? "a" : piece == 1 ? "b" : "");
    }

   private:
    int next_ = 0;
  };
};

TEST_F(DistributionFunctionsTest, BodiesThatAreOnTheirWayStayOrAreGivenUp) {
  DistributionOptions options = Over(std::make_shared<TwoPieces>());
  const auto replace = [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
    EdgeResponse response = *event.response;
    response.headers.Set("X-Seen", "1");
    if (event.request.uri == "/other") response.body = absl::Cord("other");
    return response;
  };
  for (const EdgeEventType type : {kOriginResponse, kViewerResponse}) {
    options.default_behavior.functions = {Function(type, replace)};
    const Distribution cdn = Make(options);
    HttpStream same = cdn.HandleStreaming(Getting("/a"));
    EXPECT_EQ(HeaderOf(same.head, "X-Seen"), "1");
    ASSERT_NE(same.body, nullptr);
    for (const char* const piece : {"a", "b", ""}) EXPECT_EQ(same.body->Next().value(), piece);
    const HttpStream other = cdn.HandleStreaming(Getting("/other"));
    EXPECT_EQ(other.body, nullptr);
    EXPECT_EQ(BodyOf(other.head), "other");
    EXPECT_EQ(BodyOf(cdn.Handle(Getting("/other"))), "other");
  }
}

TEST_F(DistributionFunctionsTest, ACoherentDistributionKnowsWhatItAskedFor) {
  ASSERT_TRUE(fake_.cloud().CreateBucket("site").ok());
  ASSERT_TRUE(fake_.cloud().bucket("site").Put("a", "one").ok());
  DistributionOptions options = Over(MakeBucketOrigin(fake_.cloud().bucket("site")));
  options.coherent = true;
  options.default_behavior.functions = {
      Function(kOriginRequest, [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
        EdgeRequest request = event.request;
        if (request.uri == "/alias") request.uri = "/a";
        return request;
      })};
  const Distribution cdn = Make(options);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "one");
  EXPECT_EQ(cdn.Handle(Getting("/alias")).status, 502);
  ASSERT_TRUE(fake_.cloud().bucket("site").Put("a", "two").ok());
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "two");
}

TEST_F(DistributionFunctionsTest, OptionsAreRefusedByName) {
  DistributionOptions options = Options();
  options.default_behavior.functions = {Function(kViewerRequest), Function(kViewerRequest)};
  const auto made = Distribution::Create(fake_.cloud(), options);
  EXPECT_EQ(made.status().message(),
            "create distribution: default_behavior.functions: viewer-request: there are two "
            "functions");
}

}  // namespace
}  // namespace cloudlet::edge
