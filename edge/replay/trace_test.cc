// Traces: the text format, line by line and wrong in each way, and what is made from a seed.
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/edge_trace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr char kText[] =
    "# a comment\n"
    "time,viewer,object,bytes,ttl,cacheable\n"
    "\n"
    "0,FRA,/index.html,5120,60,\r\n"
    "0.25, 52.52/-13.4 ,/logo.png,18344,,\n"
    "0.25,FRA,/cart,900,0,no\n"
    "3600.000001,FRA,/index.html,5120,60,yes";

TEST(ParseEdgeTraceTest, ReadsWhatTheFormatSays) {
  const absl::StatusOr<EdgeTrace> trace = ParseEdgeTrace(kText);
  ASSERT_TRUE(trace.ok()) << trace.status();
  ASSERT_EQ(trace->viewers.size(), 2u);
  EXPECT_EQ(trace->viewers[0].name, "FRA");
  EXPECT_EQ(trace->viewers[0].point.latitude, FindEdgeLocation("FRA")->point.latitude);
  EXPECT_EQ(trace->viewers[1].point.latitude, 52.52);
  EXPECT_EQ(trace->viewers[1].point.longitude, -13.4);
  ASSERT_EQ(trace->objects.size(), 3u);
  EXPECT_EQ(trace->objects[0].bytes, 5120u);
  EXPECT_EQ(trace->objects[0].ttl_us, 60'000'000);
  EXPECT_EQ(trace->objects[1].ttl_us, -1);
  EXPECT_TRUE(trace->objects[1].cacheable);
  EXPECT_EQ(trace->objects[2].ttl_us, 0);
  EXPECT_FALSE(trace->objects[2].cacheable);
  ASSERT_EQ(trace->requests.size(), 4u);
  EXPECT_EQ(trace->requests[1].time_us, 250'000);
  EXPECT_EQ(trace->requests[1].viewer, 1u);
  EXPECT_EQ(trace->requests[3].time_us, 3'600'000'001);
  EXPECT_EQ(trace->requests[3].object, 0u);
  EXPECT_TRUE(ValidateEdgeTrace(*trace).ok());
}

TEST(ParseEdgeTraceTest, ColumnsComeInAnyOrder) {
  const absl::StatusOr<EdgeTrace> trace = ParseEdgeTrace("bytes,object,time,viewer\n7,a,1,SYD\n");
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->objects[0].bytes, 7u);
  EXPECT_EQ(trace->requests[0].time_us, 1'000'000);
}

TEST(ParseEdgeTraceTest, WhatIsWrongIsNamedWithItsLineAndTheRemedy) {
  const std::string head = "time,viewer,object,bytes,ttl,cacheable\n";
  const std::string good = head + "5,FRA,a,1,,\n";
  const struct {
    std::string text;
    std::vector<const char*> says;
  } cases[] = {
      {"", {"empty", "time,viewer,object,bytes"}},
      {"# only this\n", {"empty"}},
      {"0,FRA,a,1\n", {"line 1", "\"0\"", "no such column", "time,viewer"}},
      {"time,viewer,object\n", {"line 1", "\"bytes\"", "missing"}},
      {"time,time,viewer,object,bytes\n", {"\"time\"", "twice"}},
      {good + "6,FRA,a\n", {"line 3", "3 fields", "6 columns", "comma"}},
      {good + "4.9,FRA,a,1,,\n", {"line 3", "time \"4.9\"", "sort"}},
      {good + "-6,FRA,a,1,,\n", {"line 3", "time \"-6\"", "seconds"}},
      {good + "6.1234567,FRA,a,1,,\n", {"time", "six decimals"}},
      {good + "6.,FRA,a,1,,\n", {"time \"6.\""}},
      {good + "6.-1,FRA,a,1,,\n", {"time"}},
      {good + "1e3,FRA,a,1,,\n", {"time \"1e3\""}},
      {good + "2000000000000,FRA,a,1,,\n", {"time", "2^50"}},
      {good + "6,FRANKFURT,a,1,,\n", {"line 3", "viewer \"FRANKFURT\"", "52.52/13.4"}},
      {good + "6,XXX,a,1,,\n", {"viewer \"XXX\""}},
      {good + "6,,a,1,,\n", {"viewer"}},
      {good + "6,90.1/0,a,1,,\n", {"viewer \"90.1/0\""}},
      {good + "6,0/181,a,1,,\n", {"viewer"}},
      {good + "6,nan/0,a,1,,\n", {"viewer"}},
      {good + "6,FRA,,1,,\n", {"object", "give the object a name"}},
      {good + "6,FRA,b,,,\n", {"bytes", "whole number"}},
      {good + "6,FRA,b,-1,,\n", {"bytes \"-1\""}},
      {good + "6,FRA,b,1.5,,\n", {"bytes \"1.5\""}},
      {good + "6,FRA,b,1099511627777,,\n", {"bytes", "2^40"}},
      {good + "6,FRA,b,1,soon,\n", {"ttl \"soon\"", "empty"}},
      {good + "6,FRA,b,1,-1,\n", {"ttl"}},
      {good + "6,FRA,b,1,,maybe\n", {"cacheable \"maybe\"", "yes"}},
      {good + "6,FRA,a,2,,\n", {"line 3", "bytes \"2\"", "line 2", "another name"}},
      {good + "6,FRA,a,1,9,\n", {"ttl \"9\"", "line 2"}},
      {good + "6,FRA,a,1,,no\n", {"cacheable \"no\"", "line 2"}},
      {good + "6,FRA,\"a,b\",1,,\n", {"quotes", "%2C"}},
  };
  for (const auto& one : cases) {
    const absl::Status status = ParseEdgeTrace(one.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.text;
    for (const char* const part : one.says) {
      EXPECT_THAT(std::string(status.message()), HasSubstr(part)) << one.text;
    }
  }
}

TEST(ReadEdgeTraceTest, AFileIsReadAsItsText) {
  const std::string path = testing::TempDir() + "/edge_trace.csv";
  std::ofstream(path) << kText;
  const absl::StatusOr<EdgeTrace> trace = ReadEdgeTrace(path);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->requests.size(), 4u);
  EXPECT_EQ(ReadEdgeTrace(path + ".none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(ReadEdgeTrace(testing::TempDir()).ok());
}

TEST(ValidateEdgeTraceTest, NamesWhatIsWrong) {
  const EdgeTrace good = {.viewers = {{"x", {}}}, .objects = {{.bytes = 1}}, .requests = {{}, {}}};
  ASSERT_TRUE(ValidateEdgeTrace(good).ok());
  const auto message = [&](auto change) {
    EdgeTrace trace = good;
    change(trace);
    return std::string(ValidateEdgeTrace(trace).message());
  };
  EXPECT_THAT(message([](EdgeTrace& t) { t.viewers[0].point.latitude = 91; }),
              HasSubstr("viewer 0: point"));
  EXPECT_THAT(message([](EdgeTrace& t) { t.objects[0].bytes = uint64_t{1} << 41; }),
              HasSubstr("object 0: bytes"));
  EXPECT_THAT(message([](EdgeTrace& t) { t.objects[0].ttl_us = int64_t{1} << 51; }),
              HasSubstr("object 0: ttl_us"));
  EXPECT_THAT(message([](EdgeTrace& t) { t.requests[1].object = 1; }),
              HasSubstr("request 1: object"));
  EXPECT_THAT(message([](EdgeTrace& t) { t.requests[1].viewer = 1; }),
              HasSubstr("request 1: viewer"));
  EXPECT_THAT(message([](EdgeTrace& t) { t.requests[0].time_us = 5; }),
              AllOf(HasSubstr("request 1: time_us"), HasSubstr("sort")));
  EXPECT_THAT(message([](EdgeTrace& t) { t.requests[0].time_us = -1; }),
              HasSubstr("request 0: time_us"));
}

EdgeTrace Make(const EdgeTraceOptions& options) {
  absl::StatusOr<EdgeTrace> trace = MakeEdgeTrace(options);
  EXPECT_TRUE(trace.ok()) << trace.status();
  EXPECT_TRUE(ValidateEdgeTrace(*trace).ok()) << ValidateEdgeTrace(*trace);
  return *std::move(trace);
}

TEST(MakeEdgeTraceTest, TheSeedDecides) {
  const auto same = [](const EdgeTrace& a, const EdgeTrace& b) {
    if (a.requests.size() != b.requests.size()) return false;
    for (size_t i = 0; i < a.requests.size(); ++i) {
      const EdgeTraceRequest& one = a.requests[i];
      const EdgeTraceRequest& other = b.requests[i];
      if (one.time_us != other.time_us || one.object != other.object ||
          one.viewer != other.viewer ||
          a.objects[one.object].bytes != b.objects[other.object].bytes) {
        return false;
      }
    }
    return true;
  };
  const EdgeTraceOptions options = {.seed = 3, .requests = 2'000, .objects = 100};
  EXPECT_TRUE(same(Make(options), Make(options)));
  EdgeTraceOptions other = options;
  other.seed = 4;
  EXPECT_FALSE(same(Make(options), Make(other)));
}

TEST(MakeEdgeTraceTest, PopularityPopulationAndSizesAreAsTheirLawsSay) {
  constexpr uint64_t kRequests = 50'000;
  const EdgeTrace trace = Make({.requests = kRequests,
                                .objects = 1'000,
                                .zipf = 1,
                                .median_bytes = 1'000,
                                .bytes_sigma = 1,
                                .most_bytes = 20'000,
                                .uncacheable = 0.25});
  std::vector<int> by_object(1'000);
  int tokyo = 0;
  for (const EdgeTraceRequest& request : trace.requests) {
    ++by_object[request.object];
    tokyo += trace.viewers[request.viewer].name == "NRT" ? 1 : 0;
  }
  // Zipf 1 over 1,000: the first has 1 / 7.485 of all. Tokyo has 37.5 of 384.4 million.
  EXPECT_NEAR(1.0 * by_object[0] / kRequests, 0.1336, 0.006);
  EXPECT_NEAR(1.0 * by_object[1] / by_object[0], 0.5, 0.04);
  EXPECT_NEAR(1.0 * tokyo / kRequests, 37.5 / 384.4, 0.006);
  int small = 0;
  int uncacheable = 0;
  for (const EdgeTraceObject& object : trace.objects) {
    small += object.bytes < 1'000 ? 1 : 0;
    uncacheable += object.cacheable ? 0 : 1;
    EXPECT_LE(object.bytes, 20'000u);
    EXPECT_EQ(object.ttl_us, -1);
  }
  EXPECT_NEAR(small, 500, 60);
  EXPECT_NEAR(uncacheable, 250, 50);
}

TEST(MakeEdgeTraceTest, EachMetroHasItsEvening) {
  const EdgeTrace trace = Make({.requests = 100'000, .objects = 10, .diurnal = 0.8});
  // New York by the sun: 20:00 is 0:55 UTC, 8:00 is 12:55 UTC.
  int evening = 0;
  int morning = 0;
  for (const EdgeTraceRequest& request : trace.requests) {
    if (trace.viewers[request.viewer].name != "JFK") continue;
    const int64_t hour = request.time_us / 3'600'000'000;
    evening += hour == 0 || hour == 1 ? 1 : 0;
    morning += hour == 12 || hour == 13 ? 1 : 0;
  }
  EXPECT_NEAR(1.0 * evening / morning, 1.8 / 0.2, 2.5);
  EXPECT_GT(trace.requests.back().time_us, int64_t{86'390'000'000});
  EXPECT_LE(trace.requests.back().time_us, int64_t{86'400'000'000});
}

TEST(MakeEdgeTraceTest, ALengthThatIsNoWholeNumberOfQuartersIsKept) {
  for (const absl::Duration length : {absl::Seconds(1), absl::Minutes(47), absl::Hours(49.9)}) {
    const EdgeTrace trace = Make({.requests = 1'000, .objects = 10, .length = length});
    const int64_t length_us = absl::ToInt64Microseconds(length);
    EXPECT_LE(trace.requests.back().time_us, length_us);
    EXPECT_GT(trace.requests.back().time_us, length_us - length_us / 100);
  }
}

TEST(MakeEdgeTraceTest, OptionsOutOfRangeAreNamed) {
  const auto message = [](auto change) {
    EdgeTraceOptions options;
    change(options);
    return std::string(MakeEdgeTrace(options).status().message());
  };
  using O = EdgeTraceOptions;
  EXPECT_THAT(message([](O& o) { o.requests = 0; }), HasSubstr("requests"));
  EXPECT_THAT(message([](O& o) { o.requests = 1'000'000'000; }), HasSubstr("requests"));
  EXPECT_THAT(message([](O& o) { o.objects = 0; }), HasSubstr("objects"));
  EXPECT_THAT(message([](O& o) { o.zipf = -1; }), HasSubstr("zipf"));
  EXPECT_THAT(message([](O& o) { o.median_bytes = std::nan(""); }), HasSubstr("median_bytes"));
  EXPECT_THAT(message([](O& o) { o.bytes_sigma = 5; }), HasSubstr("bytes_sigma"));
  EXPECT_THAT(message([](O& o) { o.most_bytes = 1; }), HasSubstr("most_bytes"));
  EXPECT_THAT(message([](O& o) { o.length = absl::InfiniteDuration(); }), HasSubstr("length"));
  EXPECT_THAT(message([](O& o) { o.diurnal = 1.1; }), HasSubstr("diurnal"));
  EXPECT_THAT(message([](O& o) { o.uncacheable = 2; }), HasSubstr("uncacheable"));
  EXPECT_THAT(message([](O& o) { o.ttl = absl::InfiniteDuration(); }), HasSubstr("ttl"));
}

}  // namespace
}  // namespace cloudlet
