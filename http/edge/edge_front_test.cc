// A distribution over real sockets, in front of servers over real sockets.
#include "cloudlet/edge_front.h"

#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cloudlet/cloud.h"
#include "cloudlet/edge.h"
#include "cloudlet/http_origin.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/edge/raw_origin.h"
#include "http/raw_client.h"
#include "http/self_signed.h"

namespace cloudlet::http {
namespace {

using testing::HasSubstr;
using testing::Not;

class EdgeFrontTest : public testing::Test {
 protected:
  // Everything goes to the origin, and RFC 9111 rules.
  Distribution Over(std::shared_ptr<Origin> origin) {
    DistributionOptions options;
    options.origins = {{.id = "o.example", .origin = std::move(origin)}};
    options.profile = CacheProfile::kRfc9111;
    options.default_behavior.origin_id = "o.example";
    options.default_behavior.allowed_methods = AllowedMethods::kAny;
    options.default_behavior.cache.query_strings.which = Selection::kAll;
    options.default_behavior.origin_request.headers.which = Selection::kAll;
    return Distribution::Create(cloud_, options).value();
  }
  void Start(std::shared_ptr<Origin> origin, const EdgeFrontOptions& options = {}) {
    auto front = EdgeFront::Start(Over(std::move(origin)), options);
    ASSERT_TRUE(front.ok()) << front.status();
    front_ = std::make_unique<EdgeFront>(*std::move(front));
    client_ = std::make_unique<RawClient>(front_->port());
  }
  // In front of a server that gives these answers.
  void Serve(RawAnswers answers, const EdgeFrontOptions& options = {}) {
    server_ = std::make_unique<RawOrigin>(std::move(answers));
    Start(MakeHttpOrigin({.host = "127.0.0.1", .port = server_->port()}).value(), options);
  }
  RawResponse Ask(const std::string& line, const std::string& more = "") {
    client_->Send(absl::StrCat(line, " HTTP/1.1\r\nHost: d.example\r\n", more, "\r\n"));
    return client_->Receive(line.substr(0, 5) == "HEAD ");
  }

  Cloud cloud_ = Cloud::InMemory({});
  std::unique_ptr<RawOrigin> server_;
  std::unique_ptr<EdgeFront> front_;
  std::unique_ptr<RawClient> client_;
};

// Fresh whenever it is asked for.
RawAnswers Fresh() {
  return {
      {{.send = "HTTP/1.1 200 OK\r\nb: 1\r\nETag: \"e\"\r\nCDN-Cache-Control: max-age=999999999\r\n"
                "B: 2\r\nServer: mine\r\nConnection: c\r\nC: 3\r\nContent-Length: 10\r\n\r\n"
                "0123456789"}}};
}

TEST_F(EdgeFrontTest, AMissAndThenHits) {
  Serve(Fresh());
  for (int i = 0; i < 3; ++i) {
    const RawResponse response = Ask("GET /a?b");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "0123456789");
    EXPECT_THAT(std::string(response.headers.Get("cache-status")),
                HasSubstr(i == 0 ? "fwd" : "hit"));
    EXPECT_EQ(response.headers.Count("b"), 2u);
    EXPECT_EQ(response.headers.Count("date"), 1u);
    EXPECT_EQ(response.headers.Get("server"), "mine");
    EXPECT_EQ(response.headers.Find("c"), nullptr);
    EXPECT_EQ(response.headers.Find("connection"), nullptr);
  }
  ASSERT_EQ(server_->requests().size(), 1u);
  EXPECT_THAT(server_->requests()[0], testing::StartsWith("GET /a?b HTTP/1.1\r\n"));
  EXPECT_EQ(front_->stats().requests, 3u);
  EXPECT_EQ(front_->stats().accepted, 1u);
}

// Its origin sees the Host, so what it says to one host is nobody else's.
TEST_F(EdgeFrontTest, AnswersToOneHostAreNotAnothers) {
  Start(MakeCallbackOrigin([](const HttpRequest& request) {
    HttpResponse response;
    response.headers = {{"Cache-Control", "max-age=60"}, {"X-Host", *request.headers.Find("Host")}};
    return response;
  }));
  for (const char* const host : {"good.example", "evil.example", "good.example"}) {
    client_->Send(absl::StrCat("GET /a HTTP/1.1\r\nHost: ", host, "\r\n\r\n"));
    EXPECT_EQ(client_->Receive().headers.Get("X-Host"), host);
  }
}

TEST_F(EdgeFrontTest, TheHostProgramSaysWhoAsks) {
  DistributionOptions options;
  options.origins = {
      {.id = "o", .origin = MakeCallbackOrigin([](const HttpRequest&) { return HttpResponse(); })}};
  options.default_behavior.origin_id = "o";
  options.geo_restriction = GeoRestriction::kAllowList;
  options.countries = {"DE"};
  const Distribution cdn = Distribution::Create(cloud_, options).value();
  EdgeFrontOptions front;
  front.viewer = [](const HttpRequest& request, Viewer* viewer) {
    viewer->country = request.headers.Joined("X-Country").value_or("");
  };
  front_ = std::make_unique<EdgeFront>(EdgeFront::Start(cdn, front).value());
  client_ = std::make_unique<RawClient>(front_->port());
  EXPECT_EQ(Ask("GET /", "X-Country: DE\r\n").status, 200);
  EXPECT_EQ(Ask("GET /", "X-Country: FR\r\n").status, 403);
}

TEST_F(EdgeFrontTest, HeadsConditionsAndRangesOfWhatIsStored) {
  Serve(Fresh());
  Ask("GET /a");
  const RawResponse head = Ask("HEAD /a");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.Get("content-length"), "10");
  EXPECT_EQ(Ask("GET /a", "If-None-Match: \"e\"\r\n").status, 304);
  const RawResponse part = Ask("GET /a", "Range: bytes=2-4\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.headers.Get("content-range"), "bytes 2-4/10");
  EXPECT_EQ(part.headers.Count("content-length"), 1u);
  EXPECT_EQ(Ask("GET /a", "Range: bytes=20-\r\n").status, 416);
  EXPECT_EQ(Ask("GET /a").body, "0123456789");
  EXPECT_EQ(server_->requests().size(), 1u);
}

TEST_F(EdgeFrontTest, AnswersWithoutABodyThatComeFromTheOrigin) {
  Serve({{{.send = "HTTP/1.1 200 OK\r\nContent-Length: 7000000000\r\n\r\n"}},
         {{.send = "HTTP/1.1 200 OK\r\n\r\n", .close = true}},
         {{.send = "HTTP/1.1 204 No Content\r\n\r\n"}}});
  EXPECT_EQ(Ask("HEAD /a").headers.Get("content-length"), "7000000000");
  const RawResponse silent = Ask("HEAD /b");
  EXPECT_EQ(silent.headers.Find("content-length"), nullptr);
  EXPECT_EQ(silent.headers.Find("transfer-encoding"), nullptr);
  const RawResponse none = Ask("DELETE /c");
  EXPECT_EQ(none.status, 204);
  EXPECT_EQ(none.headers.Find("content-length"), nullptr);
}

TEST_F(EdgeFrontTest, EarlyHintsComeBeforeTheAnswer) {
  base::Notification hinted;
  Serve({{{.send = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"},
          {.send = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", .wait = &hinted}}});
  const RawResponse hints = Ask("GET /");
  EXPECT_EQ(hints.status, 103);
  EXPECT_EQ(hints.headers.Get("link"), "</a.css>; rel=preload");
  hinted.Notify();
  EXPECT_EQ(client_->Receive().body, "ok");
}

TEST_F(EdgeFrontTest, RequestsReachTheOriginWithAllThatIsTheirs) {
  Serve({{{.send = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"}}});
  client_->Send(
      "M-SEARCH http://D.example/a?b HTTP/1.1\r\nHost: D.example\r\nConnection: x-mine\r\n"
      "X-Mine: 1\r\nX-Two: 1\r\nx-two: 2\r\nAuthorization: secret\r\nAccept-Encoding: zstd\r\n"
      "Transfer-Encoding: chunked\r\n\r\n3\r\nbod\r\n1\r\ny\r\n0\r\nTrailer: 1\r\n\r\n");
  EXPECT_EQ(client_->Receive().status, 201);
  const std::string request = server_->requests()[0];
  EXPECT_THAT(request, testing::StartsWith("M-SEARCH /a?b HTTP/1.1\r\n"));
  for (const char* const line :
       {"\r\nHost: D.example\r\n", "\r\nX-Two: 1\r\nx-two: 2\r\n", "\r\nAuthorization: secret\r\n",
        "\r\nAccept-Encoding: zstd\r\n", "\r\nContent-Length: 4\r\n", "\r\nVia: 1.1 ",
        "\r\nCloudFront-Viewer-Address: 127.0.0.1\r\n"}) {
    EXPECT_THAT(request, HasSubstr(line));
  }
  EXPECT_THAT(request, testing::EndsWith("\r\n\r\nbody"));
  EXPECT_THAT(request, Not(HasSubstr("X-Mine")));
  EXPECT_THAT(request, Not(HasSubstr("Trailer")));
}

TEST_F(EdgeFrontTest, BodiesThatAreTooLarge) {
  Serve({{{.send = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}}}, {.max_body_bytes = 4});
  EXPECT_EQ(Ask("PUT /", "Content-Length: 5\r\n\r\nbody!").status, 413);
  client_ = std::make_unique<RawClient>(front_->port());
  client_->Send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  client_->Send("3\r\nbod\r\n2\r\ny!\r\n0\r\n\r\n");
  EXPECT_EQ(client_->Receive().status, 413);
  EXPECT_TRUE(server_->requests().empty());
  client_ = std::make_unique<RawClient>(front_->port());
  client_->Send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client_->Receive().status, 200);
}

TEST_F(EdgeFrontTest, OriginsThatBreak) {
  Serve({{{.send = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", .close = true}},
         {{.send = "garbage\r\n\r\n", .close = true}},
         {{.send = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}}});
  // 502 where the end is seen with the head; else the answer has begun, and is cut as well.
  EXPECT_THAT(Ask("GET /a").status, testing::AnyOf(502, 0));
  client_ = std::make_unique<RawClient>(front_->port());
  EXPECT_EQ(Ask("GET /a").status, 502);
  EXPECT_EQ(Ask("GET /a").body, "ok") << "nothing of it was kept";
}

TEST_F(EdgeFrontTest, ASlowOriginsFirstBytesAreGivenOutAtOnceToAllWhoWait) {
  base::Notification rest;
  Serve({{{.send = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 6\r\n\r\none"},
          {.send = "two", .wait = &rest}}});
  RawClient other(front_->port());
  for (RawClient* const client : {client_.get(), &other}) {
    client->Send("GET /a HTTP/1.1\r\nHost: d.example\r\n\r\n");
    EXPECT_EQ(client->ReceiveHead().status, 200);
    EXPECT_EQ(client->Read(3), "one");
  }
  rest.Notify();
  EXPECT_EQ(client_->Read(3), "two");
  EXPECT_EQ(other.Read(3), "two");
  EXPECT_EQ(Ask("GET /a").body, "onetwo");
  EXPECT_EQ(server_->requests().size(), 1u);
}

TEST_F(EdgeFrontTest, ABodyThatBreaksOffIsCutAndNotKept) {
  base::Notification cut;
  Serve({{{.send = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n"},
          {.send = "3\r\ntw", .wait = &cut, .close = true}},
         {{.send = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}}});
  client_->Send("GET /a HTTP/1.1\r\nHost: d.example\r\n\r\n");
  EXPECT_EQ(client_->ReceiveHead().status, 200);
  EXPECT_EQ(client_->Read(8), "3\r\none\r\n");
  cut.Notify();
  EXPECT_THAT(client_->Read(100), Not(HasSubstr("0\r\n\r\n")));
  EXPECT_TRUE(client_->Closed());
  client_ = std::make_unique<RawClient>(front_->port());
  EXPECT_EQ(Ask("GET /a").body, "ok");
}

TEST_F(EdgeFrontTest, WhatIsNoRequestNeverReachesTheDistribution) {
  Serve(Fresh());
  client_->Send("GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client_->Receive().status, 400);
  RawClient two(front_->port());
  two.Send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  EXPECT_EQ(two.Receive().status, 400);
  RawClient star(front_->port());
  star.Send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(star.Receive().status, 400);
  EXPECT_TRUE(server_->requests().empty());
  EXPECT_EQ(front_->stats().refused, 2u);
}

TEST_F(EdgeFrontTest, HitsAreAnsweredWhileAllWhoMayWaitDo) {
  base::Notification rest;
  RawAnswers answers = Fresh();
  answers.push_back({{.send = Fresh()[0][0].send, .wait = &rest}});
  Serve(std::move(answers), {.max_requests = 1});
  EXPECT_EQ(Ask("GET /a").status, 200);
  RawClient waiting(front_->port());
  waiting.Send("GET /slow HTTP/1.1\r\nHost: d.example\r\n\r\n");
  while (server_->requests().size() < 2) std::this_thread::yield();
  EXPECT_EQ(Ask("GET /a").body, "0123456789");
  EXPECT_EQ(Ask("GET /b").status, 503);
  rest.Notify();
  EXPECT_EQ(waiting.Receive().status, 200);
}

TEST_F(EdgeFrontTest, ManyViewersOfAFewUrls) {
  Serve(Fresh());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      RawClient client(front_->port());
      for (int i = 0; i < 50; ++i) {
        client.Send(absl::StrCat("GET /", i % 5, " HTTP/1.1\r\nHost: d.example\r\n\r\n"));
        ASSERT_EQ(client.Receive().body, "0123456789");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server_->requests().size(), 5u);
}

TEST_F(EdgeFrontTest, TlsOnBothSides) {
  const Pem pem = SelfSigned();
  const std::string ca_file = testing::TempDir() + "/front.pem";
  std::ofstream(ca_file) << pem.certificate;
  // One front is the other's origin.
  auto inner =
      EdgeFront::Start(Over(MakeCallbackOrigin([](const HttpRequest&) {
                         return HttpResponse{.status = 200, .body = absl::Cord("deep")};
                       })),
                       {.tls_certificate_chain = pem.certificate, .tls_private_key = pem.key});
  ASSERT_TRUE(inner.ok()) << inner.status();
  EXPECT_EQ(inner->url(), absl::StrCat("https://127.0.0.1:", inner->port()));
  HttpOriginOptions options;
  options.host = "localhost";
  options.port = inner->port();
  options.tls = true;
  const auto status = [&] {
    Start(MakeHttpOrigin(options).value());
    return Ask("GET /").status;
  };
  EXPECT_EQ(status(), 502) << "nobody who is trusted has signed it";
  options.ca_file = ca_file;
  EXPECT_EQ(status(), 200);
  options.host = "127.0.0.1";
  EXPECT_EQ(status(), 502) << "it is not of that name";
  options.ca_file = "";
  options.verify_certificate = false;
  EXPECT_EQ(status(), 200);
}

TEST_F(EdgeFrontTest, WhatCannotStartSaysWhy) {
  const Distribution cdn =
      Over(MakeCallbackOrigin([](const HttpRequest&) { return HttpResponse(); }));
  const auto why = [&](const EdgeFrontOptions& options) {
    return std::string(EdgeFront::Start(cdn, options).status().message());
  };
  EXPECT_THAT(why({.address = "localhost"}), HasSubstr("address"));
  EXPECT_THAT(why({.max_connections = 0}), HasSubstr("max_connections"));
  EXPECT_THAT(why({.max_requests = 0}), HasSubstr("max_requests"));
  EXPECT_THAT(why({.tls_private_key = "no"}), HasSubstr("tls_certificate_chain"));
  auto front = EdgeFront::Start(cdn);
  ASSERT_TRUE(front.ok());
  EXPECT_EQ(EdgeFront::Start(cdn, {.port = front->port()}).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(front->Stop().ok());
}

TEST_F(EdgeFrontTest, StopCutsWhoWaitsForAnOrigin) {
  base::Notification never;
  Serve({{{.send = "", .wait = &never}}});
  client_->Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  while (server_->requests().empty()) std::this_thread::yield();
  std::thread stop([this] {
    EXPECT_EQ(front_->Stop(absl::Milliseconds(50)).code(), absl::StatusCode::kDeadlineExceeded);
  });
  EXPECT_TRUE(client_->Closed());
  never.Notify();
  server_ = nullptr;  // the origin's connection ends
  stop.join();
}

}  // namespace
}  // namespace cloudlet::http
