// Where the parts of a distribution meet: functions and keys, streams and pages, shields and the
// log, origins that ask.
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "base/notification.h"
#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/distribution_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

// One piece, for which `before` is called first.
class OnePiece : public HttpBody {
 public:
  OnePiece(std::string piece, std::function<void()> before)
      : piece_(std::move(piece)), before_(std::move(before)) {}
  absl::StatusOr<absl::Cord> Next() override {
    if (before_ != nullptr) std::exchange(before_, nullptr)();
    return absl::Cord(std::exchange(piece_, ""));
  }

 private:
  std::string piece_;
  std::function<void()> before_;
};

HttpStream Streaming(int status, std::string piece, std::function<void()> before = nullptr) {
  HttpStream stream;
  stream.head.status = status;
  stream.body = std::make_unique<OnePiece>(std::move(piece), std::move(before));
  return stream;
}

class OpenOrigin : public Origin {
 public:
  explicit OpenOrigin(std::function<HttpStream(const HttpRequest&)> open)
      : open_(std::move(open)) {}
  OriginResult Fetch(const HttpRequest& request, absl::Time /*deadline*/,
                     const InterimSink& /*interim*/) override {
    HttpStream stream = open_(request);
    if (stream.body != nullptr) stream.head.body = *stream.body->Next();
    return stream.head;
  }
  OriginStream Open(const HttpRequest& request, absl::Time /*deadline*/,
                    const InterimSink& /*interim*/) override {
    return open_(request);
  }

 private:
  const std::function<HttpStream(const HttpRequest&)> open_;
};

DistributionOptions OverStreams(std::function<HttpStream(const HttpRequest&)> open) {
  return Over(std::make_shared<OpenOrigin>(std::move(open)));
}

std::string Read(HttpStream stream) {
  std::string out = BodyOf(stream.head);
  while (stream.body != nullptr) {
    const absl::StatusOr<absl::Cord> piece = stream.body->Next();
    if (!piece.ok()) return "broke off";
    if (piece->empty()) break;
    out += std::string(*piece);
  }
  return out;
}

class InterplayTest : public ::testing::Test {
 protected:
  Distribution Make(const DistributionOptions& options) {
    return *Distribution::Create(fake_.cloud(), options);
  }

  testing::FakeCloud fake_;
};

TEST_F(InterplayTest, ABehaviorsAnswersAreNotAnothersWhoseUriAFunctionNames) {
  DistributionOptions options = Over([](const HttpRequest&) { return Answering(200, "public"); });
  options.origins.push_back({.id = "inner", .origin = MakeCallbackOrigin([](const HttpRequest&) {
                                              return Answering(200, "inner");
                                            })});
  EdgeFunctionAssociation rewrites;
  rewrites.function = [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
    EdgeRequest request = event.request;
    request.uri = "/x";
    return EdgeResult(request);
  };
  options.behaviors = {{.path_pattern = "/inner/*", .origin_id = "inner", .functions = {rewrites}}};
  const Distribution cdn = Make(options);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/inner/x"))), "inner");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/x"))), "public");
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/inner/x"))), "inner");
  EXPECT_EQ(cdn.stats().origin_fetches, 2);
  // One path, both answers.
  EXPECT_EQ(cdn.Invalidate(std::vector<std::string>{"/x"})->removed, 2);
}

TEST_F(InterplayTest, SetCookieIsStoredOnlyWhereAllCookiesAreInTheKey) {
  DistributionOptions options = Over([](const HttpRequest& request) {
    return Answering(200, request.headers.Joined("Cookie").value_or("none"),
                     {{"Set-Cookie", "session=1"}});
  });
  options.default_behavior.cache.cookies = {Selection::kListed, {"lang"}};
  options.default_behavior.origin_request.cookies = {Selection::kAll};
  const auto cookies = [](const Distribution& cdn, std::string_view session) {
    return BodyOf(
        cdn.Handle(Getting("/a", {{"Cookie", "lang=de; session=" + std::string(session)}})));
  };
  const Distribution open = Make(options);
  EXPECT_EQ(cookies(open, "one"), "lang=de; session=one");
  EXPECT_EQ(cookies(open, "two"), "lang=de; session=two");
  options.default_behavior.origin_request.cookies = {Selection::kListed, {"lang"}};
  const Distribution closed = Make(options);
  EXPECT_EQ(cookies(closed, "one"), "lang=de");
  EXPECT_EQ(cookies(closed, "two"), "lang=de");
  EXPECT_EQ(closed.stats().hits, 1);
}

TEST_F(InterplayTest, AStreamedErrorIsRememberedWhereAPageTakesItsPlace) {
  std::atomic<int> missing{0};
  DistributionOptions options = OverStreams([&](const HttpRequest& request) {
    if (request.url.path == "/404.html") return Streaming(200, "page");
    ++missing;
    return Streaming(404, "none");
  });
  options.custom_error_responses = {{.error_code = 404, .response_page_path = "/404.html"}};
  const Distribution cdn = Make(options);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Read(cdn.HandleStreaming(Getting("/no"))), "page");
  EXPECT_EQ(missing, 1);
}

TEST_F(InterplayTest, AStreamedBodyIsStoredWhereAFunctionReplacesIt) {
  DistributionOptions options =
      OverStreams([](const HttpRequest&) { return Streaming(200, "origin's"); });
  EdgeFunctionAssociation replaces;
  replaces.event_type = EdgeEventType::kViewerResponse;
  replaces.function = [](const EdgeEvent& event) -> absl::StatusOr<EdgeResult> {
    EdgeResponse response = *event.response;
    response.body = absl::Cord("function's");
    return EdgeResult(response);
  };
  options.default_behavior.functions = {replaces};
  const Distribution cdn = Make(options);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Read(cdn.HandleStreaming(Getting("/a"))), "function's");
  EXPECT_EQ(cdn.stats().origin_fetches, 1);
}

TEST_F(InterplayTest, WhatPassesTheShieldByIsNoHitOfIts) {
  std::vector<EdgeLogRow> rows;
  DistributionOptions options = Over([](const HttpRequest&) { return Answering(200, "x"); });
  options.origins[0].origin_shield = "IAD";
  options.origins[0].location = FindEdgeLocation("SYD")->point;
  options.pops = {"FRA"};
  options.latency_model = LatencyModel{};
  options.default_behavior.allowed_methods = AllowedMethods::kAll;
  options.access_log = [&](const EdgeLogRow& row) { rows.push_back(row); };
  const Distribution cdn = Make(options);
  HttpRequest post = Getting("/a");
  post.method = "POST";
  cdn.Handle(post);
  cdn.Handle(Getting("/a"));
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0].result_type, EdgeResultType::kMiss);
  EXPECT_EQ(rows[1].result_type, EdgeResultType::kMiss);
  // From Frankfurt to Sydney there is no quicker way.
  EXPECT_GT(rows[0].time_to_first_byte, absl::Milliseconds(200));
}

TEST_F(InterplayTest, ThePageOfAMalformedRequestIsAskedForUnderTheDistributionsName) {
  std::string host;
  DistributionOptions options = Over([&](const HttpRequest& request) {
    host = *request.headers.Find("Host");
    return Answering(200, "page");
  });
  options.default_behavior.origin_request.headers = {Selection::kListed, {"Host"}};
  options.custom_error_responses = {{.error_code = 400, .response_page_path = "/400.html"}};
  const Distribution cdn = Make(options);
  HttpRequest request = Getting("/a");
  request.url.authority = "d.example\r\nX-Other: 1";
  EXPECT_EQ(cdn.Handle(request).status, 400);
  EXPECT_EQ(host, options.domain_name);
  EXPECT_EQ(cdn.Handle(Getting("/a", {{"Host", "a.example"}, {"Host", "b.example"}})).status, 400);
}

TEST_F(InterplayTest, TheRootObjectIsInvalidatedWithItsQueryStrings) {
  DistributionOptions options = Over([](const HttpRequest&) { return Answering(200, "x"); });
  options.default_root_object = "index.html";
  options.default_behavior.cache.query_strings = {Selection::kAll};
  const Distribution cdn = Make(options);
  for (const std::string path : {"/?v=1", "/?*"}) {
    cdn.Handle(Getting("/?v=1"));
    EXPECT_EQ(cdn.Invalidate(std::vector<std::string>{path})->removed, 1) << path;
  }
}

TEST_F(InterplayTest, WhoComesAfterASoftPurgeWaitsForNoFetchBeforeIt) {
  std::atomic<int> version{1};
  DistributionOptions options = OverStreams([&](const HttpRequest&) {
    HttpStream stream = Streaming(200, std::to_string(version));
    stream.head.headers = {{"Surrogate-Key", "k"}};
    return stream;
  });
  const Distribution cdn = Make(options);
  const HttpStream before = cdn.HandleStreaming(Getting("/a"));
  version = 2;
  ASSERT_TRUE(cdn.InvalidateTags(std::vector<std::string>{"k"}, {.soft = true}).ok());
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "2");
}

// Each would wait for the other for ever.
TEST_F(InterplayTest, BodiesMayAskForEachOther) {
  std::optional<Distribution> cdn;
  base::Notification in_a;
  base::Notification in_b;
  std::atomic<int> opened{0};
  cdn = Make(OverStreams([&](const HttpRequest& request) {
    if (++opened > 2) return Streaming(200, "plain");
    const bool a = request.url.path == "/a";
    return Streaming(200, "x", [&, a] {
      (a ? in_a : in_b).Notify();
      (a ? in_b : in_a).Wait();
      EXPECT_EQ(cdn->Handle(Getting(a ? "/b" : "/a")).status, 200);
    });
  }));
  HttpStream a = cdn->HandleStreaming(Getting("/a"));
  HttpStream b = cdn->HandleStreaming(Getting("/b"));
  std::thread other([&] { EXPECT_EQ(Read(std::move(b)), "x"); });
  EXPECT_EQ(Read(std::move(a)), "x");
  other.join();
}

TEST_F(InterplayTest, ABodyThatAsksDoesNotWaitForItsOwnPlace) {
  std::optional<Distribution> cdn;
  int status = 0;
  DistributionOptions options = OverStreams([&](const HttpRequest& request) {
    if (request.url.path == "/b") return Streaming(200, "plain");
    return Streaming(200, "x", [&] { status = cdn->Handle(Getting("/b")).status; });
  });
  options.origins[0].max_concurrent_fetches = 1;
  options.origins[0].max_queued = 1;
  cdn = Make(options);
  EXPECT_EQ(Read(cdn->HandleStreaming(Getting("/a"))), "x");
  EXPECT_EQ(status, 503);
}

// The walks for "/none*" take a while, in which the other thread asks.
TEST_F(InterplayTest, NothingOldIsGivenOutWhileADelayedInvalidationIsCarriedOut) {
  std::atomic<int> version{1};
  DistributionOptions options =
      Over([&](const HttpRequest&) { return Answering(200, std::to_string(version)); });
  options.invalidation_delay = absl::Seconds(10);
  const Distribution cdn = Make(options);
  for (int i = 0; i < 2'000; ++i) cdn.Handle(Getting("/f/" + std::to_string(i)));
  cdn.Handle(Getting("/z"));
  std::vector<std::string> paths(14, "/none*");
  paths.push_back("/z*");
  ASSERT_TRUE(cdn.Invalidate(paths).ok());
  version = 2;
  fake_.clock().Advance(absl::Seconds(10));
  base::Notification begun;
  std::thread other([&] {
    begun.Notify();
    cdn.Handle(Getting("/c"));
  });
  begun.Wait();
  int old = 0;
  for (int i = 0; i < 500; ++i) old += BodyOf(cdn.Handle(Getting("/z"))) == "1" ? 1 : 0;
  other.join();
  EXPECT_EQ(old, 0);
}

// Memory that is freed while a delayed invalidation is carried out may be an origin's, whose code
// asks for something else.
TEST_F(InterplayTest, WhoAsksWhileSomethingIsFreedDoesNotChangeAnothersAnswer) {
  bool asks = false;  // before the distribution, which frees the rest when it goes
  int asked = 0;
  std::optional<Distribution> cdn;
  DistributionOptions options = Over([&](const HttpRequest& request) {
    HttpResponse response = Answering(200, "");
    auto* const text = new std::string(request.url.path + std::string(1'000, ' '));
    response.body = absl::MakeCordFromExternal(*text, [&, text] {
      delete text;
      if (!std::exchange(asks, false)) return;
      ++asked;
      cdn->Handle(Getting("/other"));
    });
    return response;
  });
  options.cache_bytes = 8 << 20;
  options.invalidation_delay = absl::Seconds(10);
  cdn = Make(options);
  std::vector<std::string> paths;
  for (int i = 0; i < 50; ++i) paths.push_back("/f" + std::to_string(i));
  for (const std::string& path : paths) cdn->Handle(Getting(path));
  cdn->Handle(Getting("/other"));
  cdn->Handle(Getting("/c"));
  ASSERT_TRUE(cdn->Invalidate(paths).ok());
  fake_.clock().Advance(absl::Seconds(10));
  asks = true;
  EXPECT_EQ(BodyOf(cdn->Handle(Getting("/c"))).substr(0, 6), "/c    ");
  EXPECT_EQ(asked, 1);
}

TEST_F(InterplayTest, ABodyOutlivesItsDistribution) {
  std::atomic<int> rows{0};
  DistributionOptions options = OverStreams([](const HttpRequest&) { return Streaming(200, "x"); });
  options.origins[0].origin_shield = "IAD";
  options.origins[0].max_concurrent_fetches = 1;
  options.regional_caches = {"FRA"};
  options.access_log = [&](const EdgeLogRow&) { ++rows; };
  HttpStream stream = Make(options).HandleStreaming(Getting("/a"));
  EXPECT_EQ(Read(std::move(stream)), "x");
  EXPECT_EQ(rows, 1);
}

}  // namespace
}  // namespace cloudlet::edge
