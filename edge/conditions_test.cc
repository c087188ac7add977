// Conditions of clients over stored responses, and answers out of them: RFC 9110 sections 13, 14.
#include "edge/conditions.h"

#include <string>
#include <string_view>

#include "edge/answer.h"
#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

HttpHeaders One(std::string_view name, std::string_view value) {
  HttpHeaders headers;
  headers.Add(name, value);
  return headers;
}

TEST(ConditionsTest, IfNoneMatchComparesWeakly) {
  struct Case {
    std::string_view etag;
    std::string_view condition;
    bool not_modified;
  };
  const Case cases[] = {
      {"\"a\"", "\"a\"", true},
      {"W/\"a\"", "\"a\"", true},
      {"\"a\"", "W/\"a\"", true},
      {"\"a\"", "\"b\", \"a\"", true},
      {"\"a\"", "\"b\",\"c\"", false},
      {"\"a\"", "*", true},
      {"\"a\"", "a", false},
      {"a", "a", false},
      {"a", "*", true},
      {"\"a,b\"", "\"x\", \"a,b\"", true},
      {"\"a\xC3\xBC\"", "\"a\xC3\xBC\"", true},
  };
  for (const Case& c : cases) {
    const StoredResponse stored = Stored(Ok(One("ETag", c.etag)));
    EXPECT_EQ(NotModified(Get(One("If-None-Match", c.condition)), stored), c.not_modified)
        << c.etag << " " << c.condition;
  }
  const StoredResponse stored = Stored(Ok(One("ETag", "\"a\"")));
  EXPECT_TRUE(NotModified(Get({{"If-None-Match", "\"x\""}, {"If-None-Match", "\"a\""}}), stored));
  EXPECT_TRUE(NotModified(Of("HEAD", One("If-None-Match", "\"a\"")), stored));
  EXPECT_FALSE(NotModified(Of("POST", One("If-None-Match", "\"a\"")), stored));
}

TEST(ConditionsTest, IfModifiedSinceComparesWithLastModifiedOrDate) {
  const StoredResponse modified = Stored(Ok({{"Date", After(0)}, {"Last-Modified", After(-3000)}}));
  const StoredResponse dated = Stored(Ok({{"Date", After(-100)}}));
  const StoredResponse bare = Stored(Ok({}));
  const auto since = [](int64_t seconds) { return Get(One("If-Modified-Since", After(seconds))); };
  EXPECT_TRUE(NotModified(since(-3000), modified));
  EXPECT_TRUE(NotModified(since(-2000), modified));
  EXPECT_FALSE(NotModified(since(-3001), modified));
  // RFC 9111 section 4.3.2.
  EXPECT_TRUE(NotModified(since(-100), dated));
  EXPECT_FALSE(NotModified(since(-3000), dated));
  EXPECT_TRUE(NotModified(since(0), bare));
  EXPECT_FALSE(NotModified(since(-1), bare));
}

TEST(ConditionsTest, WhatDoesNotCount) {
  const StoredResponse stored =
      Stored(Ok({{"ETag", "\"a\""}, {"Last-Modified", After(-3000)}, {"Date", After(0)}}));
  EXPECT_FALSE(NotModified(Get(), stored));
  EXPECT_FALSE(NotModified(Get(One("If-Modified-Since", "yesterday")), stored));
  EXPECT_FALSE(
      NotModified(Get({{"If-Modified-Since", After(0)}, {"If-Modified-Since", After(0)}}), stored));
  // If-None-Match wins, either way.
  EXPECT_FALSE(
      NotModified(Get({{"If-None-Match", "\"b\""}, {"If-Modified-Since", After(0)}}), stored));
  EXPECT_TRUE(
      NotModified(Get({{"If-None-Match", "\"a\""}, {"If-Modified-Since", After(-9000)}}), stored));
  // Conditions are for 2xx.
  const StoredResponse missing = Stored(Answering(404, One("ETag", "\"a\"")));
  EXPECT_FALSE(NotModified(Get(One("If-None-Match", "\"a\"")), missing));
}

TEST(ConditionsTest, IfRangeNeedsAStrongValidator) {
  const auto counts = [](HttpHeaders stored, std::string_view if_range) {
    return RangeCounts(One("If-Range", if_range), Stored(Ok(std::move(stored))));
  };
  EXPECT_TRUE(counts({{"ETag", "\"a\""}}, "\"a\""));
  EXPECT_FALSE(counts({{"ETag", "\"a\""}}, "\"b\""));
  EXPECT_FALSE(counts({{"ETag", "W/\"a\""}}, "W/\"a\""));
  EXPECT_FALSE(counts({}, "\"a\""));
  const std::string modified = After(-10);
  EXPECT_TRUE(counts({{"Last-Modified", modified}, {"Date", After(0)}}, modified));
  EXPECT_FALSE(counts({{"Last-Modified", modified}, {"Date", After(0)}}, After(-9)));
  EXPECT_FALSE(counts({{"Last-Modified", modified}, {"Date", modified}}, modified));
  EXPECT_FALSE(counts({{"Date", After(0)}}, After(0)));
  EXPECT_FALSE(counts({{"ETag", "\"a\""}}, "a"));
  EXPECT_TRUE(RangeCounts({}, Stored(Ok({}))));
}

TEST(ConditionsTest, TheCachesOwnTakeThePlaceOfTheClients) {
  const StoredResponse one =
      Stored(Ok({{"ETag", "W/\"a\""}, {"Last-Modified", After(-5)}, {"Date", After(0)}}));
  const StoredResponse two = Stored(Ok(One("ETag", "\"b\"")));
  const StoredResponse none = Stored(Ok({}));
  HttpHeaders headers = {{"If-None-Match", "\"x\""}, {"If-Range", "\"x\""}, {"Foo", "1"}};
  SetConditions({&one}, &headers);
  EXPECT_EQ(
      headers,
      (HttpHeaders{{"Foo", "1"}, {"If-None-Match", "W/\"a\""}, {"If-Modified-Since", After(-5)}}));
  SetConditions({&one, &none, &two}, &headers);
  EXPECT_EQ(headers, (HttpHeaders{{"Foo", "1"}, {"If-None-Match", "W/\"a\", \"b\""}}));
  EXPECT_TRUE(HasValidator(one) && HasValidator(two));
  EXPECT_FALSE(HasValidator(none));
}

// --- Answers ---

// "206 bytes 2-3/10 23".
std::string Show(const HttpRequest& request, const StoredResponse& stored) {
  const Answer answer = DecideAnswer(request, stored);
  if (answer.kind == AnswerKind::kMissing) return "missing";
  const HttpResponse response = Render(request, stored, answer, absl::Milliseconds(1500));
  const auto range = response.headers.Joined("Content-Range");
  const std::string body(response.body);
  return std::to_string(response.status) + (range ? " " + *range : "") +
         (body.empty() ? "" : " " + body);
}

TEST(AnswerTest, FromTheWhole) {
  const StoredResponse whole = Stored(Ok({{"ETag", "\"a\""}}));
  struct Case {
    std::string_view range;
    std::string_view answer;
  };
  const Case cases[] = {
      {"bytes=2-3", "206 bytes 2-3/10 23"}, {"bytes=8-", "206 bytes 8-9/10 89"},
      {"bytes=-1", "206 bytes 9-9/10 9"},   {"bytes=5-99", "206 bytes 5-9/10 56789"},
      {"bytes=10-", "416 bytes */10"},      {"bytes=-0", "416 bytes */10"},
      {"bytes=3-2", "200 0123456789"},      {"lines=1-2", "200 0123456789"},
      {"bytes=0-1,3-4", "200 0123456789"},  {"bytes=x", "200 0123456789"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Show(Get(One("Range", c.range)), whole), c.answer) << c.range;
  const HttpHeader range = {"Range", "bytes=2-3"};
  EXPECT_EQ(Show(Get({range, {"If-Range", "\"a\""}}), whole), "206 bytes 2-3/10 23");
  EXPECT_EQ(Show(Get({range, {"If-Range", "\"b\""}}), whole), "200 0123456789");
  EXPECT_EQ(Show(Get({range, {"If-None-Match", "\"a\""}}), whole), "304");
  EXPECT_EQ(Show(Of("HEAD", {range}), whole), "200");
  EXPECT_EQ(Show(Get({range, range}), whole), "200 0123456789");
  EXPECT_EQ(Show(Get({range}), Stored(Answering(404, {}))), "404 0123456789");
}

TEST(AnswerTest, FromAPart) {
  const StoredResponse part =
      Stored(Answering(206, {{"ETag", "\"a\""}, {"Content-Range", "bytes 4-8/10"}}, "45678"));
  ASSERT_TRUE(part.part);
  struct Case {
    std::string_view range;
    std::string_view answer;
  };
  const Case cases[] = {
      {"bytes=4-8", "206 bytes 4-8/10 45678"},
      {"bytes=5-6", "206 bytes 5-6/10 56"},
      {"bytes=3-5", "missing"},
      {"bytes=5-", "missing"},
      {"bytes=5-9", "missing"},
      {"bytes=-2", "missing"},
      {"bytes=10-", "416 bytes */10"},
      {"bytes=4-5,7-8", "missing"},
      {"bytes=x", "missing"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Show(Get(One("Range", c.range)), part), c.answer) << c.range;
  EXPECT_EQ(Show(Get(), part), "missing");
  EXPECT_EQ(Show(Of("HEAD"), part), "missing");
  EXPECT_EQ(Show(Get(One("If-None-Match", "\"a\"")), part), "304");

  const StoredResponse open = Stored(Answering(206, {{"Content-Range", "bytes 4-8/*"}}, "45678"));
  EXPECT_EQ(Show(Get(One("Range", "bytes=5-6")), open), "206 bytes 5-6/* 56");
  EXPECT_EQ(Show(Get(One("Range", "bytes=5-")), open), "missing");
  EXPECT_EQ(Show(Get(One("Range", "bytes=-1")), open), "missing");
  EXPECT_EQ(Show(Get(One("Range", "bytes=50-60")), open), "missing");
}

TEST(AnswerTest, TheHeadersOfEach) {
  const StoredResponse stored = Stored(Ok({{"Date", After(0)},
                                           {"Age", "7"},
                                           {"ETag", "\"a\""},
                                           {"Last-Modified", After(-5)},
                                           {"Content-Type", "text/css"},
                                           {"Content-Length", "10"},
                                           {"Vary", "Foo"},
                                           {"Content-Location", "/b"},
                                           {"X-Own", "1"}}));
  const HttpResponse same = Render(Get(), stored, {AnswerKind::kNotModified}, absl::Seconds(1));
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.headers, (HttpHeaders{{"Date", After(0)},
                                       {"Age", "1"},
                                       {"ETag", "\"a\""},
                                       {"Vary", "Foo"},
                                       {"Content-Location", "/b"},
                                       {"X-Own", "1"}}));
  EXPECT_TRUE(same.body.empty());

  const HttpResponse part =
      Render(Get(), stored, {AnswerKind::kPart, {2, 3}}, absl::Milliseconds(1999));
  EXPECT_EQ(*part.headers.Find("Content-Length"), "3");
  EXPECT_EQ(*part.headers.Find("Age"), "1");
  EXPECT_EQ(part.reason, "Partial Content");

  const HttpResponse none = Render(Get(), stored, {AnswerKind::kUnsatisfiable}, std::nullopt);
  EXPECT_EQ(
      none.headers,
      (HttpHeaders{{"Date", After(0)}, {"Content-Range", "bytes */10"}, {"Content-Length", "0"}}));

  const HttpResponse head = Render(Of("HEAD"), stored, {AnswerKind::kWhole}, std::nullopt);
  EXPECT_EQ(*head.headers.Find("Content-Length"), "10");
  EXPECT_EQ(*head.headers.Find("Age"), "7");  // the origin's, of what has just come
  EXPECT_TRUE(head.body.empty());
}

}  // namespace
}  // namespace cloudlet::edge
