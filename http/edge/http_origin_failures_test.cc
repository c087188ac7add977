// Servers that are slow, lie, or are not there; options that are wrong.
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/edge/http_origin_testing.h"

namespace cloudlet::http {
namespace {

using testing::HasSubstr;

const char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// What becomes of an answer behind which the connection ends.
std::string ResultOf(const std::string& answer, HttpOriginOptions options = {}) {
  RawOrigin server(RawAnswers{{{.send = answer, .close = true}}});
  return Show(Fetch(*To(server, options), Getting("/")));
}

TEST(HttpOriginFailuresTest, NobodyListens) {
  HttpOriginOptions options;
  options.host = "127.0.0.1";
  {
    const RawOrigin gone(RawTexts{kOk});
    options.port = gone.port();
  }
  EXPECT_EQ(Show(Fetch(**MakeHttpOrigin(options), Getting("/"))), "connect");
  options.host = "no-such-name.invalid";
  EXPECT_EQ(Show(Fetch(**MakeHttpOrigin(options), Getting("/"))), "connect");
}

TEST(HttpOriginFailuresTest, WhatIsNotTlsIsNoConnection) {
  RawOrigin server(RawTexts{kOk});
  EXPECT_EQ(Show(Fetch(*To(server, {.tls = true}), Getting("/"))), "connect");
}

TEST(HttpOriginFailuresTest, NoHeadInTime) {
  base::Notification end;
  RawOrigin server(RawAnswers{{{.send = "HTTP/1.1 200 OK\r\n"}, {.send = kOk, .wait = &end}}});
  const absl::Time soon = RealClock()->Now() + absl::Milliseconds(50);
  EXPECT_EQ(Show(To(server)->Fetch(Getting("/"), soon, nullptr)), "timeout");
  end.Notify();
}

TEST(HttpOriginFailuresTest, NoWholeBodyInTime) {
  base::Notification end;
  RawOrigin server(RawAnswers{
      {{.send = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"}, {.send = kOk, .wait = &end}}});
  const auto origin = To(server, {.read_timeout = absl::Seconds(1)});
  const absl::Time soon = RealClock()->Now() + absl::Milliseconds(50);
  EXPECT_EQ(Show(origin->Fetch(Getting("/"), soon, nullptr)), "timeout");
  OriginStream stream = origin->Open(Getting("/"), RealClock()->Now() + absl::Minutes(1), nullptr);
  auto& body = *std::get<HttpStream>(stream).body;
  EXPECT_EQ(*body.Next(), "x");
  EXPECT_EQ(body.Next().status().code(), absl::StatusCode::kDeadlineExceeded);
  end.Notify();
}

TEST(HttpOriginFailuresTest, WhatIsCut) {
  EXPECT_EQ(ResultOf(""), "cut short");
  EXPECT_EQ(ResultOf("HTTP/1.1 200 OK\r\nContent-Le"), "cut short");
  EXPECT_EQ(ResultOf("HTTP/1.1 103 Early Hints\r\n\r\n"), "cut short");
  EXPECT_EQ(ResultOf("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"), "cut short");
  EXPECT_EQ(ResultOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"), "cut short");
  EXPECT_EQ(ResultOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"),
            "cut short");
  EXPECT_EQ(ResultOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n"),
            "cut short");
}

TEST(HttpOriginFailuresTest, WhatIsNoHttp) {
  EXPECT_EQ(ResultOf("hello\r\n\r\nall of it"), "cut short");
  EXPECT_EQ(ResultOf("SSH-2.0-OpenSSH\r\n"), "cut short");
  EXPECT_EQ(ResultOf("HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\nok"), "cut short");
  EXPECT_EQ(ResultOf("HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\nContent-Length: 2\r\n\r\nok"),
            "cut short");
  EXPECT_EQ(ResultOf(absl::StrCat("HTTP/1.1 200 OK\r\nA: ", std::string("\0", 1), "\r\n\r\nok")),
            "cut short");
  EXPECT_EQ(ResultOf("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbytes"), "cut short");
}

TEST(HttpOriginFailuresTest, LengthsThatLie) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(ResultOf(head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nokx"), "cut short");
  EXPECT_EQ(ResultOf(head +
                     "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
            "cut short");
  EXPECT_EQ(ResultOf(head + "Content-Length: -2\r\n\r\nok"), "cut short");
  EXPECT_EQ(ResultOf(head + "Transfer-Encoding: gzip\r\n\r\nok"), "cut short");
  EXPECT_EQ(ResultOf(head + "Transfer-Encoding: no-coding\r\n\r\nok"), "200 ok");
  EXPECT_EQ(ResultOf(head + "Content-Length: 2\r\n\r\nok and more"), "200 ok");
}

// Bytes behind the body that was promised are nobody's answer: with the next request they would be
// another URL's.
TEST(HttpOriginFailuresTest, WhatComesBehindAnAnswerIsNotTheNextOne) {
  const std::string poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
  RawOrigin at_once(RawTexts{kOk + poison, kOk});
  const auto first = To(at_once);
  EXPECT_EQ(Show(Fetch(*first, Getting("/a"))), "200 ok");
  EXPECT_EQ(Show(Fetch(*first, Getting("/b"))), "200 ok");
  EXPECT_EQ(at_once.connections(), 2);

  base::Notification go_on;
  RawOrigin later(RawAnswers{{{.send = kOk}, {.send = poison, .wait = &go_on}}, {{.send = kOk}}});
  const auto second = To(later);
  EXPECT_EQ(Show(Fetch(*second, Getting("/a"))), "200 ok");
  go_on.Notify();
  while (later.answered() == 0) std::this_thread::yield();
  EXPECT_EQ(Show(Fetch(*second, Getting("/b"))), "200 ok");
  EXPECT_EQ(later.connections(), 2);
}

TEST(HttpOriginFailuresTest, WhatNeverEnds) {
  RawOrigin head(
      RawAnswers{{{.send = "HTTP/1.1 200 OK\r\n"}, {.send = "A: b\r\n", .forever = true}}});
  EXPECT_EQ(Show(Fetch(*To(head), Getting("/"))), "cut short");
  RawOrigin line(RawAnswers{
      {{.send = "HTTP/1.1 200 OK\r\nA: "}, {.send = std::string(4096, 'b'), .forever = true}}});
  EXPECT_EQ(Show(Fetch(*To(line), Getting("/"))), "cut short");
  RawOrigin hints(RawAnswers{{{.send = "HTTP/1.1 103 Early Hints\r\n\r\n", .forever = true}}});
  EXPECT_EQ(Show(Fetch(*To(hints), Getting("/"))), "cut short");
  RawOrigin body(RawAnswers{{{.send = "HTTP/1.1 200 OK\r\n\r\n"},
                             {.send = std::string(64 << 10, 'x'), .forever = true}}});
  EXPECT_EQ(Show(Fetch(*To(body, {.max_body_bytes = 1 << 20}), Getting("/"))), "cut short");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "3\r\nabc\r\n";
  RawOrigin chunks(RawAnswers{{{.send = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
                               {.send = many, .forever = true}}});
  EXPECT_EQ(Show(Fetch(*To(chunks, {.max_body_bytes = 1 << 20}), Getting("/"))), "cut short");
  EXPECT_EQ(ResultOf("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", {.max_body_bytes = 999}),
            "cut short");
}

TEST(HttpOriginFailuresTest, ABodyThatBreaksOffWhileItIsGiven) {
  base::Notification go_on;
  RawOrigin server(RawAnswers{{{.send = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome"},
                               {.send = "more", .wait = &go_on, .close = true}}});
  OriginStream stream = Open(*To(server), Getting("/"));
  auto& body = *std::get<HttpStream>(stream).body;
  EXPECT_EQ(*body.Next(), "some");
  go_on.Notify();
  absl::StatusOr<absl::Cord> piece = body.Next();
  if (piece.ok()) piece = body.Next();
  EXPECT_EQ(piece.status().code(), absl::StatusCode::kDataLoss);
}

TEST(HttpOriginFailuresTest, OnlyWhatIsIdempotentIsSentTwice) {
  // The second request is read, and the connection ends instead of an answer.
  const RawAnswers answers = {{{.send = kOk}}, {{.send = "", .close = true}}, {{.send = kOk}}};
  RawOrigin server(answers);
  const auto origin = To(server);
  EXPECT_EQ(Show(Fetch(*origin, Getting("/"))), "200 ok");
  EXPECT_EQ(Show(Fetch(*origin, Getting("/"))), "200 ok");
  EXPECT_EQ(server.requests().size(), 3u);
  RawOrigin other(answers);
  const auto posting = To(other);
  EXPECT_EQ(Show(Fetch(*posting, Getting("/", "POST"))), "200 ok");
  EXPECT_EQ(Show(Fetch(*posting, Getting("/", "POST"))), "cut short");
  EXPECT_EQ(other.requests().size(), 2u);
}

TEST(HttpOriginFailuresTest, WhatCannotBeSent) {
  RawOrigin server(RawTexts{kOk});
  const auto origin = To(server);
  EXPECT_EQ(Show(Fetch(*origin, Getting("no-slash"))), "cut short");
  EXPECT_EQ(Show(Fetch(*origin, Getting("/a b"))), "cut short");
  EXPECT_EQ(Show(Fetch(*origin, Getting("/a\r\nX: 1"))), "cut short");
  EXPECT_EQ(Show(Fetch(*origin, Getting("/", "GET /x HTTP/1.1"))), "cut short");
  HttpRequest request = Getting("/");
  request.headers.Add("a", "1\r\nb: 2");
  EXPECT_EQ(Show(Fetch(*origin, request)), "cut short");
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpOriginFailuresTest, WrongOptionsAreNamed) {
  const std::string not_pem = testing::TempDir() + "/not.pem";
  std::ofstream(not_pem) << "no certificate";
  const auto why = [](HttpOriginOptions options) {
    if (options.host.empty()) options.host = "o.example";
    const auto origin = MakeHttpOrigin(options);
    EXPECT_EQ(origin.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(origin.status().message());
  };
  EXPECT_THAT(std::string(MakeHttpOrigin({}).status().message()), HasSubstr("host"));
  EXPECT_THAT(why({.host = "a/b"}), HasSubstr("host"));
  EXPECT_THAT(why({.host = "a:80"}), HasSubstr("field port"));
  EXPECT_THAT(why({.ca_file = not_pem}), HasSubstr("ca_file"));
  EXPECT_THAT(why({.tls = true, .ca_file = not_pem}), HasSubstr("ca_file"));
  EXPECT_THAT(why({.tls = true, .ca_file = "/no/such/file"}), HasSubstr("ca_file"));
  EXPECT_THAT(why({.connection_timeout = absl::Seconds(11)}), HasSubstr("connection_timeout"));
  EXPECT_THAT(why({.read_timeout = absl::ZeroDuration()}), HasSubstr("read_timeout"));
  EXPECT_THAT(why({.keep_alive_timeout = absl::Hours(1)}), HasSubstr("keep_alive_timeout"));
  EXPECT_THAT(why({.max_head_bytes = 1}), HasSubstr("max_head_bytes"));
  EXPECT_THAT(why({.max_body_bytes = 0}), HasSubstr("max_body_bytes"));
  EXPECT_TRUE(MakeHttpOrigin({.host = "::1"}).ok());
}

}  // namespace
}  // namespace cloudlet::http
