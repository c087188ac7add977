// What goes out to a server, and what comes back, untouched.
#include "cloudlet/http_origin.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/edge/http_origin_testing.h"

namespace cloudlet::http {
namespace {

using testing::HasSubstr;
using testing::Not;

const char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(HttpOriginTest, ARequestIsSentAsItIs) {
  RawOrigin server(RawTexts{kOk});
  HttpRequest request = Getting("/a/../%7e//b'c");
  request.url.query = "x=1&y";
  request.headers = {{"X-One", "1"},
                     {"x-two", ""},
                     {"X-One", "2"},
                     {"Connection", "X-Gone"},
                     {"X-Gone", "1"},
                     {"TE", "trailers"},
                     {"Accept-Encoding", "br"},
                     {"Expect", "nothing"}};
  EXPECT_EQ(Show(Fetch(*To(server), request)), "200 ok");
  EXPECT_EQ(server.requests()[0],
            "GET /a/../%7e//b'c?x=1&y HTTP/1.1\r\n"
            "Host: o.example\r\n"
            "X-One: 1\r\nx-two:\r\nX-One: 2\r\nAccept-Encoding: br\r\n\r\n");
}

TEST(HttpOriginTest, MethodsAndBodies) {
  RawOrigin server(RawTexts{kOk});
  const auto origin = To(server);
  for (const std::string method : {"POST", "PUT", "M-SEARCH", "DELETE"}) {
    HttpRequest request = Getting("/", method);
    request.body = absl::Cord("body");
    EXPECT_EQ(Show(Fetch(*origin, request)), "200 ok");
    EXPECT_EQ(server.requests().back(), method +
                                            " / HTTP/1.1\r\nHost: o.example\r\n"
                                            "Content-Length: 4\r\n\r\nbody");
  }
  EXPECT_EQ(Show(Fetch(*origin, Getting("/", "POST"))), "200 ok");
  EXPECT_THAT(server.requests().back(), HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_EQ(Show(Fetch(*origin, Getting("/", "PURGE"))), "200 ok");
  EXPECT_EQ(server.requests().back(), "PURGE / HTTP/1.1\r\nHost: o.example\r\n\r\n");
}

TEST(HttpOriginTest, ABodyLargerThanASocketHoldsIsSentWhole) {
  RawOrigin server(RawTexts{kOk});
  HttpRequest request = Getting("/", "PUT");
  for (int i = 0; i < 64; ++i)
    request.body.Append(std::string(64 << 10, static_cast<char>('a' + i % 26)));
  EXPECT_EQ(Show(Fetch(*To(server), request)), "200 ok");
  EXPECT_THAT(server.requests()[0], testing::EndsWith(std::string(request.body)));
}

TEST(HttpOriginTest, AnAnswerIsLeftAsItWasSent) {
  RawOrigin server(
      {"HTTP/1.1 302 Go there\r\nb: 1\r\nA: x\r\nB: 2\r\nLocation: /b\r\n"
       "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
       "5\r\nthis \r\n7\r\nno gzip\r\n0\r\nTrail: 1\r\n\r\n"});
  const OriginResult result = Fetch(*To(server), Getting("/"));
  EXPECT_EQ(Show(result), "302 this no gzip");
  EXPECT_EQ(std::get<HttpResponse>(result).reason, "Go there");
  EXPECT_EQ(
      std::get<HttpResponse>(result).headers,
      (HttpHeaders{
          {"b", "1"}, {"A", "x"}, {"B", "2"}, {"Location", "/b"}, {"Content-Encoding", "gzip"}}));
}

TEST(HttpOriginTest, AnswersWithoutABodyMayHaveALength) {
  RawOrigin server(RawTexts{"HTTP/1.1 200 OK\r\nContent-Length: 7000000000\r\n\r\n",
                            "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
                            "HTTP/1.1 204 No Content\r\n\r\n", kOk});
  const auto origin = To(server);
  const OriginResult head = Fetch(*origin, Getting("/", "HEAD"));
  EXPECT_EQ(Show(head), "200 ");
  EXPECT_EQ(*std::get<HttpResponse>(head).headers.Find("Content-Length"), "7000000000");
  EXPECT_EQ(Show(Fetch(*origin, Getting("/"))), "304 ");
  EXPECT_EQ(Show(Fetch(*origin, Getting("/"))), "204 ");
  EXPECT_EQ(Show(Fetch(*origin, Getting("/"))), "200 ok");
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpOriginTest, ABodyWithoutALengthEndsWithTheConnection) {
  RawOrigin server(RawAnswers{{{.send = "HTTP/1.0 200 OK\r\n\r\nall of it", .close = true}}});
  EXPECT_EQ(Show(Fetch(*To(server), Getting("/"))), "200 all of it");
}

TEST(HttpOriginTest, InterimResponsesArePassedOnButForContinue) {
  RawOrigin server(RawTexts{std::string("HTTP/1.1 100 Continue\r\n\r\n"
                                        "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"
                                        "HTTP/1.1 102 Processing\r\n\r\n") +
                            kOk});
  std::vector<HttpResponse> interim;
  EXPECT_EQ(Show(Fetch(*To(server), Getting("/"),
                       [&](const HttpResponse& one) { interim.push_back(one); })),
            "200 ok");
  ASSERT_EQ(interim.size(), 2u);
  EXPECT_EQ(interim[0].status, 103);
  EXPECT_EQ(interim[0].headers, (HttpHeaders{{"Link", "<a>"}}));
  EXPECT_EQ(interim[1].status, 102);
}

TEST(HttpOriginTest, AnInterimResponseIsNotKeptUntilTheAnswerComes) {
  base::Notification seen;
  RawOrigin server(
      RawAnswers{{{.send = "HTTP/1.1 103 Early Hints\r\n\r\n"}, {.send = kOk, .wait = &seen}}});
  EXPECT_EQ(Show(Fetch(*To(server), Getting("/"), [&](const auto&) { seen.Notify(); })), "200 ok");
}

TEST(HttpOriginTest, ASinkMayThrow) {
  RawOrigin server(RawTexts{std::string("HTTP/1.1 103 Early Hints\r\n\r\n") + kOk, kOk});
  const auto origin = To(server);
  EXPECT_THROW(Fetch(*origin, Getting("/"), [](const auto&) { throw 1; }), int);
  EXPECT_EQ(Show(Fetch(*origin, Getting("/"))), "200 ok");
}

TEST(HttpOriginTest, ABodyIsGivenAsItComes) {
  base::Notification first;
  base::Notification second;
  RawOrigin server(RawAnswers{{{.send = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"},
                               {.send = "one", .wait = &first},
                               {.send = "two", .wait = &second}},
                              {{.send = kOk}}});
  const auto origin = To(server);
  OriginStream stream = Open(*origin, Getting("/"));
  ASSERT_TRUE(std::holds_alternative<HttpStream>(stream));
  auto& body = *std::get<HttpStream>(stream).body;
  first.Notify();
  EXPECT_EQ(*body.Next(), "one");
  second.Notify();
  EXPECT_EQ(*body.Next(), "two");
  EXPECT_EQ(*body.Next(), "");
  EXPECT_EQ(*body.Next(), "");
  EXPECT_EQ(Show(Fetch(*origin, Getting("/"))), "200 ok");
  EXPECT_EQ(server.connections(), 1) << "what was read to its end is used again";
}

TEST(HttpOriginTest, ABodyThatNobodyWantsIsLeft) {
  RawOrigin server(RawAnswers{
      {{.send = "HTTP/1.1 200 OK\r\n\r\n"}, {.send = std::string(64 << 10, 'x'), .forever = true}},
      {{.send = kOk}}});
  const auto origin = To(server);
  {
    OriginStream stream = Open(*origin, Getting("/"));
    EXPECT_FALSE(std::get<HttpStream>(stream).body->Next()->empty());
  }
  EXPECT_EQ(Show(Fetch(*origin, Getting("/"))), "200 ok");
}

TEST(HttpOriginTest, ConnectionsAreKeptAndOnesThatEndedAreNotUsed) {
  RawOrigin server(RawAnswers{{{.send = kOk}}, {{.send = kOk, .close = true}}, {{.send = kOk}}});
  const auto origin = To(server);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Show(Fetch(*origin, Getting("/"))), "200 ok");
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(Show(Fetch(*origin, Getting("/"))), "200 ok");
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(Show(Fetch(*origin, Getting("/", "POST"))), "200 ok");
  EXPECT_EQ(server.connections(), 3) << "what must not be sent twice goes over a new one";
  EXPECT_EQ(Show(Fetch(*To(server, {.max_idle_connections = 0}), Getting("/"))), "200 ok");
}

TEST(HttpOriginTest, TheTimeThatIsLeftIsOfTheClockThatIsGiven) {
  class Clock1970 : public Clock {
   public:
    absl::Time Now() override { return absl::UnixEpoch(); }
  };
  RawOrigin server(RawTexts{kOk});
  const auto origin = To(server, {.clock = std::make_shared<Clock1970>()});
  EXPECT_EQ(Show(origin->Fetch(Getting("/"), absl::UnixEpoch() + absl::Minutes(1), nullptr)),
            "200 ok");
  EXPECT_EQ(Show(origin->Fetch(Getting("/"), absl::UnixEpoch(), nullptr)), "timeout");
}

}  // namespace
}  // namespace cloudlet::http
