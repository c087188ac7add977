// What an origin of the user's may do wrong, and when a group asks its second.
#include "edge/origins.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

const absl::Time kLate = absl::InfiniteFuture();

HttpResponse Answer(int status, std::string body = "", HttpHeaders headers = {}) {
  HttpResponse response;
  response.status = status;
  response.body = absl::Cord(body);
  response.headers = std::move(headers);
  return response;
}

std::shared_ptr<Origin> Always(OriginResult result) {
  return MakeCallbackOrigin([=](const HttpRequest&) { return result; });
}

// The status, or minus one and the failure.
int Outcome(Origin& origin, const HttpRequest& request = {}) {
  const OriginResult result = FetchFenced(origin, request, kLate, nullptr);
  if (const auto* const response = std::get_if<HttpResponse>(&result)) return response->status;
  return -1 - static_cast<int>(std::get<OriginFailure>(result));
}

constexpr int kConnect = -1;
constexpr int kTimeout = -2;
constexpr int kCutShort = -3;

TEST(FenceTest, GarbageIsCutShort) {
  EXPECT_EQ(Outcome(*Always(Answer(200, "ab"))), 200);
  EXPECT_EQ(Outcome(*Always(Answer(200, "ab", {{"Content-Length", "2"}}))), 200);
  const HttpResponse garbage[] = {
      Answer(0),
      Answer(-5),
      Answer(101),
      Answer(1'000),
      Answer(200, "ab", {{"Content-Length", "3"}}),
      Answer(200, "ab", {{"Content-Length", "1"}}),
      Answer(200, "ab", {{"Content-Length", "-1"}}),
      Answer(200, "ab", {{"Content-Length", "2"}, {"Content-Length", "3"}}),
      Answer(304, "ab"),
      Answer(200, "", {{"X", "a\r\nSet-Cookie: b"}}),
      Answer(200, "", {{"X\r\nY", "a"}}),
      Answer(200, "", {{"", "a"}}),
      Answer(200, "", {{"X", std::string("a\0b", 3)}}),
  };
  for (const HttpResponse& one : garbage) {
    EXPECT_EQ(Outcome(*Always(one)), kCutShort) << one.status;
  }
  HttpRequest head;
  head.method = "HEAD";
  EXPECT_EQ(Outcome(*Always(Answer(200, "", {{"Content-Length", "3"}})), head), 200);
  const OriginResult dropped = FetchFenced(*Always(Answer(200, "abc")), head, kLate, nullptr);
  EXPECT_TRUE(std::get<HttpResponse>(dropped).body.empty());
}

TEST(FenceTest, WhatIsThrownIsCutShort) {
  EXPECT_EQ(Outcome(*MakeCallbackOrigin(
                [](const HttpRequest&) -> OriginResult { throw std::runtime_error("x"); })),
            kCutShort);
  EXPECT_EQ(Outcome(*MakeCallbackOrigin([](const HttpRequest&) -> OriginResult { throw 7; })),
            kCutShort);
}

class EarlyHints : public Origin {
 public:
  OriginResult Fetch(const HttpRequest&, absl::Time, const InterimSink& interim) override {
    interim(Answer(103, "", {{"Link", "</a.css>"}}));
    interim(Answer(200));
    interim(Answer(103, "with a body"));
    interim(Answer(103, "", {{"X", "a\nb"}}));
    return Answer(200);
  }
};

TEST(FenceTest, OnlySoundInterimResponsesPass) {
  EarlyHints origin;
  std::vector<int> seen;
  FetchFenced(origin, {}, kLate, [&](const HttpResponse& one) { seen.push_back(one.status); });
  EXPECT_EQ(seen, std::vector<int>{103});
  EXPECT_EQ(Outcome(origin), 200);
}

TEST(OriginGroupTest, AsksTheSecondAtItsStatusesAndAtFailures) {
  struct Case {
    OriginResult primary;
    int outcome;
  };
  const Case cases[] = {
      {Answer(200), 200},
      {Answer(404), 404},
      {Answer(500), 299},
      {Answer(503), 299},
      {Answer(0), 299},
      {OriginFailure::kConnect, 299},
      {OriginFailure::kTimeout, 299},
      {OriginFailure::kCutShort, 299},
  };
  for (const Case& c : cases) {
    const auto group = MakeOriginGroup({Always(c.primary), Always(Answer(299))});
    EXPECT_EQ(Outcome(*group), c.outcome);
  }
  const auto other = MakeOriginGroup({Always(Answer(404)), Always(Answer(299)), {404}});
  EXPECT_EQ(Outcome(*other), 299);
  const auto both =
      MakeOriginGroup({Always(OriginFailure::kTimeout), Always(OriginFailure::kConnect)});
  EXPECT_EQ(Outcome(*both), kConnect);
}

TEST(OriginGroupTest, OnlyForMethodsThatAreSafeToRepeat) {
  const auto group = MakeOriginGroup({Always(OriginFailure::kTimeout), Always(Answer(299))});
  for (const char* const method : {"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"}) {
    HttpRequest request;
    request.method = method;
    const bool safe = std::string(method) == "GET" || std::string(method) == "HEAD" ||
                      std::string(method) == "OPTIONS";
    EXPECT_EQ(Outcome(*group, request), safe ? 299 : kTimeout) << method;
  }
}

TEST(OriginGroupTest, RefusesWhatIsNoGroup) {
  EXPECT_EQ(MakeOriginGroup({nullptr, Always(Answer(200))}), nullptr);
  EXPECT_EQ(MakeOriginGroup({Always(Answer(200)), nullptr}), nullptr);
  EXPECT_EQ(MakeOriginGroup({Always(Answer(200)), Always(Answer(200)), {401}}), nullptr);
}

}  // namespace
}  // namespace cloudlet::edge
