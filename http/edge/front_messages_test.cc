// Requests and answers between the server's form and the edge's.
#include "http/edge/front_messages.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

HttpUrl UrlOf(const std::string& target, const std::string& host, bool tls = false) {
  RequestHead head;
  head.target = target;
  head.headers.Add("Host", host);
  head.tls = tls;
  return RequestOf(head).url;
}

// RFC 9112 section 3.2.2.
TEST(FrontMessagesTest, TheHostOfATargetCountsAndNotTheHeaders) {
  RequestHead head;
  head.target = "http://a.example:8080/p";
  head.headers.Add("Host", "b.example");
  EXPECT_EQ(RequestOf(head).headers, (HttpHeaders{{"Host", "a.example:8080"}}));
}

TEST(FrontMessagesTest, Targets) {
  EXPECT_EQ(UrlOf("/a/../b?c=%20&d?", "D.example"),
            (HttpUrl{"http", "d.example", "/a/../b", "c=%20&d?"}));
  EXPECT_EQ(UrlOf("/?", "d.example"), (HttpUrl{"http", "d.example", "/", ""}));
  EXPECT_EQ(UrlOf("//x", "d.example:80"), (HttpUrl{"http", "d.example", "//x", std::nullopt}));
  EXPECT_EQ(UrlOf("/", "d.example:80", true).authority, "d.example:80");
  EXPECT_EQ(UrlOf("/", "d.example:443", true), (HttpUrl{"https", "d.example", "/", std::nullopt}));
  EXPECT_EQ(UrlOf("http://Other.example:8080/p?q", "other.example:8080"),
            (HttpUrl{"http", "other.example:8080", "/p", "q"}));
  EXPECT_EQ(UrlOf("http://d.example?q", "d.example"), (HttpUrl{"http", "d.example", "/", "q"}));
  EXPECT_EQ(UrlOf("/go?to=http://evil.example/", "d.example"),
            (HttpUrl{"http", "d.example", "/go", "to=http://evil.example/"}));
}

TEST(FrontMessagesTest, WhatIsForOneConnectionStaysThere) {
  RequestHead head;
  head.target = "/";
  head.headers = {{"Host", "h"},
                  {"Connection", "x-mine, close"},
                  {"X-Mine", "1"},
                  {"TE", "x"},
                  {"Content-Length", "3"},
                  {"Expect", "100-continue"},
                  {"X-Two", "1"},
                  {"x-two", "2"},
                  {"Transfer-Encoding", "chunked"},
                  {"Upgrade", "w"}};
  EXPECT_EQ(RequestOf(head).headers, (HttpHeaders{{"Host", "h"}, {"X-Two", "1"}, {"x-two", "2"}}));
}

TEST(FrontMessagesTest, ViewersOfBothFamilies) {
  RequestHead head;
  for (const auto& [peer, ip] : {std::pair<std::string, std::string>{"192.0.2.7", "192.0.2.7"},
                                 {"::ffff:192.0.2.7", "192.0.2.7"},
                                 {"2001:db8::1", "2001:db8::1"},
                                 {"::ffff:1", "::ffff:1"}}) {
    head.remote_address = peer;
    EXPECT_EQ(ViewerOf(head).ip, ip);
  }
  EXPECT_EQ(ViewerOf(head).protocol_version, "HTTP/1.1");
  head.minor_version = 0;
  EXPECT_EQ(ViewerOf(head).protocol_version, "HTTP/1.0");
}

HttpStream Whole(int status, const std::string& body, HttpHeaders headers) {
  HttpStream stream;
  stream.head.status = status;
  stream.head.headers = std::move(headers);
  stream.head.body = absl::Cord(body);
  return stream;
}

TEST(FrontMessagesTest, AnswersKeepTheirHeadersButThoseOfTheConnection) {
  const Response response = AnswerOf(Whole(200, "body",
                                           {{"b", "1"},
                                            {"Connection", "c"},
                                            {"c", "1"},
                                            {"A", "1"},
                                            {"B", "2"},
                                            {"Content-Length", "99"},
                                            {"Keep-Alive", "timeout=5"}}),
                                     false);
  EXPECT_EQ(response.headers.list(), (std::vector<Header>{{"b", "1"}, {"A", "1"}, {"B", "2"}}));
  EXPECT_EQ(response.content_length, std::nullopt) << "that of the body that is sent counts";
  EXPECT_TRUE(response.relayed);
}

TEST(FrontMessagesTest, LengthsOfAnswersWithoutABodyAreTheOrigins) {
  const HttpHeaders headers = {{"Content-Length", "99"}};
  EXPECT_EQ(AnswerOf(Whole(200, "", headers), true).content_length, 99u);
  EXPECT_EQ(AnswerOf(Whole(304, "", headers), false).content_length, 99u);
  EXPECT_EQ(AnswerOf(Whole(200, "", {}), true).content_length, std::nullopt);
  EXPECT_EQ(AnswerOf(Whole(200, "", {{"Content-Length", "x"}}), true).content_length, std::nullopt);
}

class Pieces : public HttpBody {
 public:
  explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  absl::StatusOr<absl::Cord> Next() override {
    return absl::Cord(at_ < pieces_.size() ? pieces_[at_++] : "");
  }

 private:
  const std::vector<std::string> pieces_;
  size_t at_ = 0;
};

// What a stream of these pieces gives; "!" where it breaks off.
std::string Given(std::vector<std::string> pieces, HttpHeaders headers) {
  HttpStream stream = Whole(200, "", std::move(headers));
  stream.body = std::make_unique<Pieces>(std::move(pieces));
  Response response = AnswerOf(std::move(stream), false);
  auto& source = *std::get<std::unique_ptr<BodySource>>(response.body);
  EXPECT_TRUE(source.MayWait());
  std::string out;
  for (;;) {
    const absl::StatusOr<absl::Cord> piece = source.Next();
    if (!piece.ok()) return out + "!";
    if (piece->empty()) return out;
    out += std::string(*piece);
  }
}

TEST(FrontMessagesTest, ABodyOnItsWayIsOfTheLengthThatWasSaidOrBreaksOff) {
  EXPECT_EQ(Given({"ab", "c"}, {}), "abc");
  EXPECT_EQ(Given({"ab", "c"}, {{"Content-Length", "3"}}), "abc");
  EXPECT_EQ(Given({"ab", "c"}, {{"Content-Length", "4"}}), "abc!");
  EXPECT_EQ(Given({"ab", "cd"}, {{"Content-Length", "3"}}), "ab!");
}

}  // namespace
}  // namespace cloudlet::http
