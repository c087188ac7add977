// What is a request, and what is refused as none.
#include "http/request_parser.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

struct Parsed {
  std::optional<RequestHead> head;
  std::string body;
  Headers trailers;
  bool done = false;
  int bad = 0;  // the status
  std::string detail;
  size_t left = 0;
};

// Gives the parser `bytes`, so many more of them at a time, as a connection would.
Parsed Parse(std::string_view bytes, size_t step, const RequestLimits& limits = {}) {
  Parsed out;
  RequestParser parser(limits);
  size_t begin = 0;
  size_t end = 0;
  while (true) {
    RequestParser::Step next = parser.Next(bytes.substr(begin, end - begin));
    begin += next.consumed;
    EXPECT_LE(begin, end);
    switch (next.event) {
      case RequestParser::Event::kNeedMore:
        if (end == bytes.size()) return out;
        end = std::min(bytes.size(), end + step);
        continue;
      case RequestParser::Event::kHead:
        out.head = parser.TakeHead();
        continue;
      case RequestParser::Event::kBody:
        out.body.append(next.body.data(), next.body.size());
        continue;
      case RequestParser::Event::kDone:
        out.done = true;
        out.trailers = parser.trailers();
        out.left = bytes.size() - begin;
        return out;
      case RequestParser::Event::kBad:
        out.bad = next.bad.status;
        out.detail = next.bad.detail;
        return out;
    }
  }
}

const size_t kSteps[] = {1, 3, 7, 1 << 20};

TEST(RequestParserTest, AGetIsAHeadAndNothingElse) {
  for (const size_t step : kSteps) {
    const Parsed parsed =
        Parse("GET /a%2Fb?x=1 HTTP/1.1\r\nHost: h\r\nX-A:  one two \r\nx-a: 3\r\n\r\nNEXT", step);
    ASSERT_TRUE(parsed.head.has_value()) << parsed.detail;
    EXPECT_EQ(parsed.head->method, "GET");
    EXPECT_EQ(parsed.head->target, "/a%2Fb?x=1");
    EXPECT_EQ(parsed.head->headers.Get("X-a"), "one two");
    EXPECT_EQ(parsed.head->headers.Count("x-A"), 2u);
    EXPECT_FALSE(parsed.head->has_body());
    EXPECT_TRUE(parsed.head->keep_alive);
    EXPECT_TRUE(parsed.done);
    EXPECT_EQ(parsed.left, 4u);
  }
}

TEST(RequestParserTest, ABodyOfKnownLength) {
  for (const size_t step : kSteps) {
    const Parsed parsed = Parse(
        "PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhelloGET ",
        step);
    EXPECT_EQ(parsed.body, "hello");
    EXPECT_TRUE(parsed.head->expects_continue);
    EXPECT_EQ(parsed.head->content_length, 5u);
    EXPECT_EQ(parsed.left, 4u);
  }
}

TEST(RequestParserTest, ChunksAndTrailers) {
  for (const size_t step : kSteps) {
    const Parsed parsed = Parse(
        "PUT /k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nHost: evil\r\nX-T: t\r\n\r\n",
        step);
    ASSERT_TRUE(parsed.done) << parsed.detail;
    EXPECT_EQ(parsed.body, "hello, world");
    EXPECT_EQ(parsed.trailers.Get("x-t"), "t");
    EXPECT_EQ(parsed.head->headers.Get("host"), "h") << "trailers are no headers";
  }
}

TEST(RequestParserTest, ConnectionsGoOnOrEnd) {
  EXPECT_FALSE(
      Parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 99).head->keep_alive);
  EXPECT_FALSE(Parse("GET / HTTP/1.0\r\n\r\n", 99).head->keep_alive);
  EXPECT_TRUE(Parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 99).head->keep_alive);
  EXPECT_TRUE(Parse("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 99).done) << "an empty line before";
  EXPECT_TRUE(Parse("GET http://h/x HTTP/1.1\r\nHost: h\r\n\r\n", 99).done);
}

struct BadCase {
  const char* name;
  std::string bytes;
  int status = 400;
};

std::vector<BadCase> BadCases() {
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";
  const std::string put = "PUT /k HTTP/1.1\r\nHost: h\r\n";
  const std::string chunked = put + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string nul("a\0b", 3);
  std::string many = get;
  for (int i = 0; i < 100; ++i) many += "x-" + std::to_string(i) + ": 1\r\n";
  return {
      {"LengthAndCoding", put + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"CodingAndLength", put + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
      {"TwoLengths", put + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"},
      {"TwoEqualLengths", put + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
      {"LengthWithPlus", put + "Content-Length: +5\r\n\r\nabcde"},
      {"LengthInHex", put + "Content-Length: 0x5\r\n\r\nabcde"},
      {"LengthAsList", put + "Content-Length: 5,5\r\n\r\nabcde"},
      {"LengthEmpty", put + "Content-Length: \r\n\r\n"},
      {"LengthNegative", put + "Content-Length: -1\r\n\r\n"},
      {"LengthAbove64Bits", put + "Content-Length: 99999999999999999999\r\n\r\n"},
      {"CodingGzip", put + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"CodingGzipChunked", put + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"CodingChunkedTwice", put + "Transfer-Encoding: chunked, chunked\r\n\r\n", 501},
      {"CodingIdentity", put + "Transfer-Encoding: identity\r\n\r\n", 501},
      {"CodingTwoHeaders",
       put + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"CodingWithTrailingTab", put + "Transfer-Encoding: \x0b"
                                      "chunked\r\n\r\n"},
      {"CodingInHttp10", "PUT /k HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"SpaceBeforeColon", get + "X-A : 1\r\n\r\n"},
      {"FoldedHeader", get + "X-A: 1\r\n 2\r\n\r\n"},
      {"FoldedFirstHeader", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"},
      {"BareCr", get + "X-A: 1\r2\r\n\r\n"},
      {"BareLf", get + "X-A: 1\nX-B: 2\r\n\r\n"},
      {"BareLfInRequestLine", "GET / HTTP/1.1\nHost: h\r\n\r\n"},
      {"NulInValue", get + "X-A: " + nul + "\r\n\r\n"},
      {"NulInName", get + nul + ": 1\r\n\r\n"},
      {"DeleteInValue", get + "X-A: \x7f\r\n\r\n"},
      {"EmptyName", get + ": 1\r\n\r\n"},
      {"NoColon", get + "X-A\r\n\r\n"},
      {"NameOfSeparators", get + "X(A): 1\r\n\r\n"},
      {"NoHost", "GET / HTTP/1.1\r\n\r\n"},
      {"TwoHosts", get + "Host: h\r\n\r\n"},
      {"AnotherHostInTarget", "GET http://evil/ HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"NoPath", "GET k HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"Fragment", "GET /k#f HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"RawUtf8InTarget", "GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"NoVersion", "GET /\r\n\r\n"},
      {"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"Http12", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"TlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00", 7)},
      {"TooManyHeaders", many + "\r\n", 431},
      {"LongRequestLine", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {"EndlessRequestLine", "GET /" + std::string(20'000, 'a'), 414},
      {"LongHead", get + "X-A: " + std::string(17'000, 'a') + "\r\n\r\n", 431},
      {"EndlessHead", get + "X-A: " + std::string(17'000, 'a'), 431},
      {"ChunkSizeNoHex", chunked + "g\r\nhello\r\n"},
      {"ChunkSizeWith0x", chunked + "0x5\r\nhello\r\n0\r\n\r\n"},
      {"ChunkSizeNegative", chunked + "-1\r\nhello\r\n"},
      {"ChunkSizeAfterSpace", chunked + " 5\r\nhello\r\n0\r\n\r\n"},
      {"ChunkSizeAbove64Bits", chunked + "11111111111111111\r\n"},
      {"ChunkWithoutLineEnd", chunked + "5\r\nhelloX\r\n0\r\n\r\n"},
      {"ChunkQuotedLineEnd", chunked + "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n"},
      {"ChunkLongExtension", chunked + "5;a=" + std::string(300, 'b') + "\r\nhello\r\n0\r\n\r\n"},
      {"ChunkEndlessLine", chunked + std::string(20'000, '1'), 0},
      {"LengthInTrailers", chunked + "0\r\nContent-Length: 5\r\n\r\n"},
      {"LongTrailers", chunked + "0\r\nX-T: " + std::string(20'000, 't'), 431},
  };
}

TEST(RequestParserTest, WhatIsNoRequestIsRefused) {
  for (const BadCase& one : BadCases()) {
    for (const size_t step : kSteps) {
      const Parsed parsed = Parse(one.bytes, step);
      EXPECT_FALSE(parsed.done) << one.name << " by " << step;
      if (one.status == 0) {
        EXPECT_NE(parsed.bad, 0) << one.name << " by " << step;
      } else {
        EXPECT_EQ(parsed.bad, one.status) << one.name << " by " << step << ": " << parsed.detail;
      }
      EXPECT_FALSE(parsed.detail.empty()) << one.name;
    }
  }
}

TEST(RequestParserTest, AnUnfinishedRequestIsNeitherDoneNorBad) {
  const std::string whole =
      "PUT /k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx: "
      "y\r\n\r\n";
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    const Parsed parsed = Parse(std::string_view(whole).substr(0, cut), 1 << 20);
    EXPECT_FALSE(parsed.done) << cut;
    EXPECT_EQ(parsed.bad, 0) << cut << parsed.detail;
  }
}

TEST(RequestParserTest, ResetIsForTheNextRequest) {
  RequestParser parser;
  std::string_view bytes = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const std::string target : {"/1", "/2"}) {
    RequestParser::Step step = parser.Next(bytes);
    ASSERT_EQ(step.event, RequestParser::Event::kHead);
    EXPECT_EQ(parser.TakeHead().target, target);
    bytes.remove_prefix(step.consumed);
    ASSERT_EQ(parser.Next(bytes).event, RequestParser::Event::kDone);
    parser.Reset();
  }
}

}  // namespace
}  // namespace cloudlet::http
