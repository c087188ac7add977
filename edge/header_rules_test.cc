// Which headers go on, are stored, are replaced; and how Cache-Status is written.
#include "edge/header_rules.h"

#include "edge/cache_status.h"
#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

TEST(HeaderRulesTest, WhatIsForOneConnectionGoes) {
  HttpHeaders headers = {{"Connection", "a, B"},
                         {"A", "1"},
                         {"b", "2"},
                         {"c", "3"},
                         {"Connection", "D"},
                         {"d", "4"},
                         {"Keep-Alive", "5"},
                         {"TE", "x"},
                         {"Transfer-Encoding", "x"},
                         {"Upgrade", "x"},
                         {"Proxy-Connection", "x"},
                         {"Proxy-Authenticate", "x"},
                         {"Proxy-Authorization", "x"},
                         {"Proxy-Authentication-Info", "x"},
                         {"Set-Cookie", "y"}};
  RemoveConnectionFields(&headers);
  EXPECT_EQ(headers, (HttpHeaders{{"c", "3"}, {"Set-Cookie", "y"}}));
}

TEST(HeaderRulesTest, WhatDirectivesExcludeIsNotStored) {
  HttpHeaders headers = {{"Cache-Control", "no-cache=\"A\", private=\"b, c\""},
                         {"a", "1"},
                         {"B", "2"},
                         {"c", "3"},
                         {"d", "4"}};
  RemoveExcludedFields(ParseCacheControl(headers), &headers);
  EXPECT_EQ(headers,
            (HttpHeaders{{"Cache-Control", "no-cache=\"A\", private=\"b, c\""}, {"d", "4"}}));
}

TEST(HeaderRulesTest, DateIsAddedWhereThereIsNone) {
  HttpHeaders headers;
  EnsureDate(kStart + absl::Milliseconds(900), &headers);
  EXPECT_EQ(headers, (HttpHeaders{{"Date", After(0)}}));
  headers = {{"date", "foo"}};
  EnsureDate(kStart, &headers);
  EXPECT_EQ(headers, (HttpHeaders{{"date", "foo"}}));
}

TEST(HeaderRulesTest, AnUpdateReplacesAllLinesOfANameButLengthAndEncoding) {
  const HttpHeaders stored = {{"Date", After(0)},       {"Age", "7"},
                              {"Set-Cookie", "a"},      {"Set-Cookie", "b"},
                              {"Content-Length", "10"}, {"Content-Encoding", "gzip"},
                              {"Content-Type", "old"},  {"X-Kept", "1"}};
  const HttpHeaders fresh = {{"Set-Cookie", "c"},        {"content-length", "5"},
                             {"Content-Encoding", "br"}, {"Content-Type", "new"},
                             {"set-cookie", "d"},        {"Content-Range", "bytes 0-1/2"},
                             {"Date", After(9)}};
  EXPECT_EQ(Updated(stored, fresh), (HttpHeaders{{"Content-Length", "10"},
                                                 {"Content-Encoding", "gzip"},
                                                 {"X-Kept", "1"},
                                                 {"Set-Cookie", "c"},
                                                 {"Content-Type", "new"},
                                                 {"set-cookie", "d"},
                                                 {"Date", After(9)}}));
}

TEST(CacheStatusTest, Forms) {
  EXPECT_EQ(Format({.hit = true, .ttl = 59}, "edge"), "edge; hit; ttl=59");
  EXPECT_EQ(Format({.hit = true, .ttl = -3}, "FRA56-P4"), "FRA56-P4; hit; ttl=-3");
  EXPECT_EQ(
      Format({.forward = ForwardReason::kStale, .forward_status = 304, .stored = true}, "edge"),
      "edge; fwd=stale; fwd-status=304; stored");
  EXPECT_EQ(Format({.forward = ForwardReason::kUriMiss, .detail = "no-store"}, "my \"edge\""),
            "\"my \\\"edge\\\"\"; fwd=uri-miss; detail=no-store");
  EXPECT_EQ(Format({.detail = "a b"}, "edge"), "edge; detail=\"a b\"");
  EXPECT_EQ(ForwardReasonName(ForwardReason::kBypass), "bypass");
  EXPECT_EQ(ForwardReasonName(ForwardReason::kMethod), "method");
  EXPECT_EQ(ForwardReasonName(ForwardReason::kVaryMiss), "vary-miss");
  EXPECT_EQ(ForwardReasonName(ForwardReason::kRequest), "request");
  EXPECT_EQ(ForwardReasonName(ForwardReason::kPartial), "partial");
}

TEST(CacheStatusTest, BehindThoseOfCachesNearerToTheOrigin) {
  HttpResponse response = Ok({{"Cache-Status", "shield; hit"}});
  AddCacheStatus({.hit = true}, {}, &response);
  EXPECT_EQ(response.headers.Joined("cache-status"), "shield; hit, edge; hit");
  EXPECT_EQ(response.headers.Find("X-Cache"), nullptr);
}

}  // namespace
}  // namespace cloudlet::edge
