// Random exchanges against an oracle that knows what the origin said, not what the core read:
// nothing is ever given out that RFC 9111 forbids.
//
//   CLOUDLET_TEST_SEED=1 bazel test //edge/conformance:random_exchange_test
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.h"
#include "edge/conformance/variant_cache.h"
#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

constexpr size_t kSize = 10;

// One answer of the origin's.
struct Record {
  int url = 0;
  int version = 0;
  absl::Time time = absl::UnixEpoch();
  int64_t age = 0;
  std::optional<int64_t> max_age, s_maxage, swr, sie;
  bool no_store = false, no_cache = false, is_private = false, is_public = false;
  bool must_revalidate = false, vary_all = false, authorized = false, no_store_asked = false;
};

// What the representation of a URL is; odd URLs have one for each value of Foo.
std::string BodyOf(int url, int version, const std::string& foo) {
  std::string body;
  const auto start = static_cast<size_t>(url * 5 + version * 7) + (url % 2 != 0 ? foo.size() : 0);
  for (size_t i = 0; i < kSize; ++i) body += static_cast<char>('a' + (start + i) % 26);
  return body;
}

std::string TagOf(int url, int version, const std::string& foo) {
  return "\"" + std::to_string(version) + (url % 2 != 0 ? "-" + foo : "") + "\"";
}

std::string FooOf(const HttpRequest& request) { return request.headers.Joined("Foo").value_or(""); }
int UrlOf(const HttpRequest& request) { return request.url.path.back() - '0'; }

class RandomOrigin final : public TestOrigin {
 public:
  RandomOrigin(base::Random* random, absl::Time* now) : random_(random), now_(now) {}

  std::variant<HttpResponse, OriginError> Fetch(const HttpRequest& request,
                                                std::vector<HttpResponse>*) override {
    ++asked;
    *now_ += absl::Milliseconds(random_->Below(20));
    if (random_->Chance(0.05)) return ++failed, OriginError::kConnect;
    if (random_->Chance(0.05)) return ++failed, Answering(503, {}, "oops");
    const int url = UrlOf(request);
    if (request.method == "PUT") {
      ++version[url];
      changed[url] = *now_;
      return Answering(204, {}, "");
    }
    if (random_->Chance(0.1)) ++version[url];
    return Answer(request, Say(request));
  }

  std::vector<Record> records;
  std::map<int, int> version;
  std::map<int, absl::Time> changed;  // when a PUT came through
  int asked = 0;
  int failed = 0;

 private:
  std::optional<int64_t> Maybe(double chance, uint64_t below) {
    if (!random_->Chance(chance)) return std::nullopt;
    return static_cast<int64_t>(random_->Below(below));
  }

  HttpHeaders Say(const HttpRequest& request) {
    Record record;
    record.url = UrlOf(request);
    record.version = version[record.url];
    record.time = *now_;
    record.age = Maybe(0.2, 10).value_or(0);
    record.max_age = Maybe(0.8, 20);
    record.s_maxage = Maybe(0.2, 20);
    record.swr = Maybe(0.2, 10);
    record.sie = Maybe(0.2, 10);
    record.no_store = random_->Chance(0.05);
    record.no_cache = random_->Chance(0.05);
    record.is_private = random_->Chance(0.05);
    record.is_public = random_->Chance(0.2);
    record.must_revalidate = random_->Chance(0.1);
    record.vary_all = random_->Chance(0.03);
    record.authorized = request.headers.Find("Authorization") != nullptr;
    const auto asked_for = request.headers.Joined("Cache-Control");
    record.no_store_asked = asked_for && asked_for->find("no-store") != std::string::npos;
    HttpHeaders headers = {{"Date", FormatDate(*now_)}, {"Age", std::to_string(record.age)}};
    headers.Add("X-Id", std::to_string(records.size()));
    headers.Add("ETag", TagOf(record.url, record.version, FooOf(request)));
    headers.Add("Vary", record.vary_all ? "*" : record.url % 2 != 0 ? "Foo" : "Bar");
    headers.Add("Cache-Control", Directives(record));
    records.push_back(record);
    return headers;
  }

  static std::string Directives(const Record& record) {
    std::string out = "x";
    const auto number = [&](const char* name, const std::optional<int64_t>& value) {
      if (value) out += std::string(", ") + name + "=" + std::to_string(*value);
    };
    const auto flag = [&](const char* name, bool value) {
      if (value) out += std::string(", ") + name;
    };
    number("max-age", record.max_age);
    number("s-maxage", record.s_maxage);
    number("stale-while-revalidate", record.swr);
    number("stale-if-error", record.sie);
    flag("no-store", record.no_store);
    flag("no-cache", record.no_cache);
    flag("private", record.is_private);
    flag("public", record.is_public);
    flag("must-revalidate", record.must_revalidate);
    return out;
  }

  // Conditions and ranges as an origin has them.
  HttpResponse Answer(const HttpRequest& request, HttpHeaders headers) {
    const Record& record = records.back();
    const std::string tag = TagOf(record.url, record.version, FooOf(request));
    const auto none_match = request.headers.Joined("If-None-Match");
    if (none_match && none_match->find(tag) != std::string::npos) {
      return Answering(304, headers, "");
    }
    const std::string body = BodyOf(record.url, record.version, FooOf(request));
    const auto range = request.headers.Joined("Range");
    const auto if_range = request.headers.Joined("If-Range");
    const auto specs = range && (!if_range || *if_range == tag) ? ParseRange(*range) : std::nullopt;
    const auto span = specs ? Resolve((*specs)[0], kSize) : std::nullopt;
    if (!span || request.method != "GET") {
      return Ok(headers, request.method == "HEAD" ? "" : body);
    }
    headers.Add("Content-Range", ToString(ContentRange{*span, kSize}));
    return Answering(206, headers, body.substr(span->offset, span->length));
  }

  base::Random* const random_;
  absl::Time* const now_;
};

HttpRequest RandomRequest(base::Random* random) {
  HttpRequest request = Get();
  request.url.path = "/" + std::to_string(random->Below(4));
  if (random->Chance(0.05)) request.method = "PUT";
  if (random->Chance(0.1)) request.method = "HEAD";
  const auto add = [&](double chance, const char* name, std::initializer_list<const char*> values) {
    if (random->Chance(chance))
      request.headers.Add(name, values.begin()[random->Below(values.size())]);
  };
  add(0.7, "Foo", {"1", "22", "333"});
  add(0.2, "Cache-Control", {"no-cache", "max-age=3", "max-stale=5", "min-fresh=2", "no-store"});
  add(0.1, "Authorization", {"x"});
  add(0.2, "Range", {"bytes=0-3", "bytes=2-5", "bytes=4-", "bytes=-2"});
  add(0.1, "If-None-Match", {"\"0\"", "\"1\"", "\"2\"", "\"3-1\""});
  return request;
}

bool Asks(const HttpRequest& request, const char* directive) {
  return request.headers.Joined("Cache-Control").value_or("").find(directive) != std::string::npos;
}

// Of what came out of the store: whether it may have been there, and given out now.
void CheckReuse(const Record& record, const HttpRequest& request, absl::Time now, bool failed) {
  EXPECT_FALSE(record.no_store || record.is_private || record.vary_all || record.no_store_asked);
  EXPECT_TRUE(!record.authorized || record.is_public || record.must_revalidate || record.s_maxage);
  EXPECT_FALSE(record.no_cache) << "without validation";
  const absl::Duration age = now - record.time + absl::Seconds(record.age);
  const absl::Duration lifetime =
      absl::Seconds(record.s_maxage ? *record.s_maxage : record.max_age.value_or(0));
  EXPECT_FALSE(Asks(request, "no-cache"));
  if (Asks(request, "max-age=3")) {
    EXPECT_TRUE(age <= absl::Seconds(3) || failed);
  }
  if (Asks(request, "min-fresh=2")) {
    EXPECT_GE(lifetime - age, absl::Seconds(2));
  }
  if (age < lifetime) return;
  const absl::Duration stale = age - lifetime;
  EXPECT_FALSE(record.must_revalidate || record.s_maxage) << "stale";
  const bool by_client = Asks(request, "max-stale") && stale <= absl::Seconds(5);
  const bool by_swr = record.swr && stale <= absl::Seconds(*record.swr);
  const bool by_error =
      failed && stale <= (record.sie ? absl::Seconds(*record.sie) : absl::Hours(24));
  EXPECT_TRUE(by_client || by_swr || by_error) << absl::FormatDuration(stale);
}

// Whatever it came from, it is of one version of what was asked for.
void CheckBody(const Record& record, const HttpRequest& request, const HttpResponse& response) {
  const std::string body(response.body);
  const std::string whole = BodyOf(record.url, record.version, FooOf(request));
  EXPECT_EQ(record.url, UrlOf(request));
  if (response.status == 200) {
    EXPECT_EQ(body, request.method == "HEAD" ? "" : whole);
  }
  if (response.status == 206) {
    const auto range = ParseContentRange(*response.headers.Find("Content-Range"));
    ASSERT_TRUE(range);
    EXPECT_EQ(body, whole.substr(range->span.offset, range->span.length));
    EXPECT_EQ(range->size, kSize);
  }
  if (response.status == 304) {
    EXPECT_NE(request.headers.Joined("If-None-Match")
                  .value_or("")
                  .find(TagOf(record.url, record.version, FooOf(request))),
              std::string::npos);
  }
}

TEST(RandomExchangeTest, NothingIsGivenOutThatTheRfcForbids) {
  const char* const given = std::getenv("CLOUDLET_TEST_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : base::RandomSeed();
  std::cout << "seed " << seed << "\n";
  base::Random random(seed);
  absl::Time now = kStart + absl::Milliseconds(137);
  RandomOrigin origin(&random, &now);
  const Policy policy = {.lenient_partials = random.Chance(0.5)};
  VariantCache cache(policy, &origin, &now);
  int from_cache = 0;
  for (int step = 0; step < 20'000 && !testing::Test::HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step) + " of seed " + std::to_string(seed));
    if (random.Chance(0.7)) now += absl::Milliseconds(random.Below(4000));
    const HttpRequest request = RandomRequest(&random);
    const size_t first = origin.records.size();
    const int failed_before = origin.failed;
    const absl::Time begun = now;
    const HttpResponse response = cache.Serve(request).response;
    const std::string* const id = response.headers.Find("X-Id");
    if (id == nullptr) continue;  // a failure, or the answer to a PUT
    const size_t index = std::strtoull(id->c_str(), nullptr, 10);
    ASSERT_LT(index, origin.records.size());
    const Record& record = origin.records[index];
    CheckBody(record, request, response);
    if (index >= first) continue;
    ++from_cache;
    CheckReuse(record, request, begun, origin.failed != failed_before);
    const auto change = origin.changed.find(record.url);
    if (change != origin.changed.end()) {
      EXPECT_GE(record.time, change->second);
    }
  }
  EXPECT_GT(from_cache, 2'000);
  EXPECT_GT(origin.asked, 2'000);
}

}  // namespace
}  // namespace cloudlet::edge
