// What is a head, and what is not.
#include "http/edge/response_reader.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

using Event = ResponseReader::Event;

// The last event of these lines.
Event Read(ResponseReader* reader, const std::vector<std::string>& lines) {
  Event event = Event::kMore;
  for (const std::string& line : lines) {
    event = reader->Take(line + "\r\n");
    if (event == Event::kBad || event == Event::kHead) break;
  }
  return event;
}

Event Read(const std::vector<std::string>& headers) {
  ResponseReader reader(1024);
  std::vector<std::string> lines = {"HTTP/1.1 200 OK"};
  lines.insert(lines.end(), headers.begin(), headers.end());
  lines.push_back("");
  return Read(&reader, lines);
}

TEST(ResponseReaderTest, HeadersStayAsTheyWereSent) {
  ResponseReader reader(1024);
  ASSERT_EQ(Read(&reader, {"HTTP/1.0 299 Mine own", "b: 1", "A:  x y \t", "B:2",
                           "Empty:", "Spaced : 3", "Transfer-Encoding: Chunked", ""}),
            Event::kHead);
  const HttpResponse& response = reader.response();
  EXPECT_EQ(response.status, 299);
  EXPECT_EQ(response.reason, "Mine own");
  EXPECT_EQ(response.headers,
            (HttpHeaders{{"b", "1"}, {"A", "x y"}, {"B", "2"}, {"Empty", ""}, {"Spaced", "3"}}));
}

TEST(ResponseReaderTest, InterimResponsesComeFirst) {
  ResponseReader reader(1024);
  EXPECT_EQ(Read(&reader, {"HTTP/1.1 103 Early Hints", "Link: <a>", ""}), Event::kInterim);
  EXPECT_EQ(reader.response().status, 103);
  EXPECT_EQ(reader.response().headers, (HttpHeaders{{"Link", "<a>"}}));
  EXPECT_EQ(Read(&reader, {"HTTP/1.1 404", ""}), Event::kHead);
  EXPECT_EQ(reader.response().status, 404);
  EXPECT_TRUE(reader.response().headers.empty());
}

TEST(ResponseReaderTest, WhatIsNoHead) {
  for (const std::string line : {"", "hello", "HTTP/2 200", "HTTP/1.1 2x0 OK", "HTTP/1.1 2000",
                                 "HTTP/1.1  200", "HTTP/1.1 099 Low", "ICY 200 OK"}) {
    ResponseReader reader(1024);
    EXPECT_EQ(Read(&reader, {line}), Event::kBad) << line;
  }
  EXPECT_EQ(Read({"no colon"}), Event::kBad);
  EXPECT_EQ(Read({"a: 1", " folded"}), Event::kBad);
  EXPECT_EQ(Read({": no name"}), Event::kBad);
  EXPECT_EQ(Read({"two words: 1"}), Event::kBad);
  EXPECT_EQ(Read({std::string("nul: \0", 6)}), Event::kBad);
  EXPECT_EQ(Read({"a: 1\rb: 2"}), Event::kBad);
  ResponseReader reader(1024);
  EXPECT_EQ(Read(&reader, {"HTTP/1.1 101 Switching Protocols", ""}), Event::kBad);
}

TEST(ResponseReaderTest, LengthsThatCannotBeTrusted) {
  EXPECT_EQ(Read({"Content-Length: 5", "Content-Length: 6"}), Event::kBad);
  EXPECT_EQ(Read({"Content-Length: 5, 5"}), Event::kBad);
  EXPECT_EQ(Read({"Content-Length: -1"}), Event::kBad);
  EXPECT_EQ(Read({"Content-Length: 99999999999999999999"}), Event::kBad);
  EXPECT_EQ(Read({"Content-Length:"}), Event::kBad);
  EXPECT_EQ(Read({"Content-Length : 5"}), Event::kBad);
  EXPECT_EQ(Read({"Transfer-Encoding : chunked"}), Event::kBad);
  EXPECT_EQ(Read({"Content-Length: 5", "Transfer-Encoding: chunked"}), Event::kBad);
  EXPECT_EQ(Read({"Transfer-Encoding: gzip, chunked"}), Event::kBad);
  EXPECT_EQ(Read({"Transfer-Encoding: gzip"}), Event::kBad);
  EXPECT_EQ(Read({"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}), Event::kBad);
  EXPECT_EQ(Read({"Transfer-Encoding: no-coding"}), Event::kHead) << "RFC 9112 section 6.3";
  ResponseReader reader(1024);
  EXPECT_EQ(Read(&reader, {"HTTP/1.1 200 OK", "content-length: 5", "Content-Length: 5", ""}),
            Event::kHead);
  EXPECT_EQ(reader.response().headers.Count("Content-Length"), 1u);
}

TEST(ResponseReaderTest, AllHeadsOfAnAnswerHaveOneLimit) {
  ResponseReader reader(100);
  const std::vector<std::string> hint = {"HTTP/1.1 103 Early Hints", ""};  // 28 bytes
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Read(&reader, hint), Event::kInterim);
  EXPECT_EQ(Read(&reader, hint), Event::kBad);
}

TEST(ResponseReaderTest, WhatIsForOneConnectionIsTakenOut) {
  HttpHeaders headers = {{"Connection", "close, X-Mine ,"},
                         {"x-mine", "1"},
                         {"Keep-Alive", "5"},
                         {"Upgrade", "h2c"},
                         {"Trailer", "a"},
                         {"Kept", "1"}};
  RemoveConnectionHeaders(&headers);
  EXPECT_EQ(headers, (HttpHeaders{{"Kept", "1"}}));
}

}  // namespace
}  // namespace cloudlet::http
