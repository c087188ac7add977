// What viewers see of a distribution: gzip, redirects, headers, and the rows of its log.
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/compress_testing.h"
#include "edge/distribution_testing.h"
#include "edge/signed_url_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

class ViewerSideTest : public ::testing::Test {
 protected:
  DistributionOptions Options() {
    return Over([this](const HttpRequest& request) {
      last_ = request;
      ++fetches_;
      return answer_(request);
    });
  }
  Distribution Make(const DistributionOptions& options) {
    auto made = Distribution::Create(fake_.cloud(), options);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }
  std::string Refusal(const DistributionOptions& options) {
    return std::string(Distribution::Create(fake_.cloud(), options).status().message());
  }
  // Options whose rows come into rows_.
  DistributionOptions Logged() {
    DistributionOptions options = Options();
    options.access_log = [this](const EdgeLogRow& row) { rows_.push_back(row); };
    return options;
  }
  // "Miss/Miss" of the last row.
  std::string LastResult() const {
    if (rows_.empty()) return "none";
    return std::string(ToString(rows_.back().result_type)) + "/" +
           rows_.back().detailed_result_type;
  }

  testing::FakeCloud fake_;
  int fetches_ = 0;
  HttpRequest last_;
  std::vector<EdgeLogRow> rows_;
  std::function<OriginResult(const HttpRequest&)> answer_ = [](const HttpRequest&) {
    return Answering(200, "x", {{"Cache-Control", "max-age=60"}});
  };
};

// --- Compression ---

const std::string& Style() {
  static const std::string style = [] {
    std::string out;
    while (out.size() < 5'000) out += "p { margin: " + std::to_string(out.size()) + "px }\n";
    return out;
  }();
  return style;
}

// An origin that answers conditions, for a minute.
OriginResult StyleAnswer(const HttpRequest& request) {
  HttpHeaders headers = {{"ETag", "\"v1\""}, {"Cache-Control", "max-age=60"}};
  if (request.headers.Joined("If-None-Match").value_or("").find("\"v1\"") != std::string::npos) {
    return Answering(304, "", headers);
  }
  headers.Add("Content-Type", "text/css");
  headers.Add("Content-Length", std::to_string(Style().size()));
  return Answering(200, Style(), headers);
}

DistributionOptions Compressing(DistributionOptions options) {
  options.default_behavior.compress = true;
  options.default_behavior.cache.accept_gzip = true;
  return options;
}

TEST_F(ViewerSideTest, GzipIsStoredOnceAndServedToThoseWhoAcceptIt) {
  answer_ = StyleAnswer;
  const Distribution cdn = Make(Compressing(Options()));
  const HttpRequest accepting = Getting("/a.css", {{"Accept-Encoding", "gzip, deflate"}});
  const HttpResponse first = cdn.Handle(accepting);
  EXPECT_EQ(Gunzipped(first.body), Style());
  EXPECT_EQ(HeaderOf(first, "Content-Encoding"), "gzip");
  EXPECT_EQ(HeaderOf(first, "Content-Length"), std::to_string(first.body.size()));
  EXPECT_EQ(HeaderOf(first, "ETag"), "W/\"v1\"");
  const HttpResponse hit = cdn.Handle(Getting("/a.css", {{"Accept-Encoding", "br, GZIP;q=0.5"}}));
  EXPECT_EQ(XCacheOf(hit), "Hit");
  EXPECT_EQ(hit.body, first.body);
  // Others have an entry of their own.
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a.css"))), Style());
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a.css", {{"Accept-Encoding", "gzip;q=0"}}))), Style());
  EXPECT_EQ(fetches_, 2);
  // Conditions and ranges are those of the bytes that are stored.
  HttpRequest asking = accepting;
  asking.headers.Add("If-None-Match", "W/\"v1\"");
  EXPECT_EQ(cdn.Handle(asking).status, 304);
  HttpRequest part = accepting;
  part.headers.Add("Range", "bytes=0-1");
  const HttpResponse magic = cdn.Handle(part);
  EXPECT_EQ(magic.status, 206);
  EXPECT_EQ(BodyOf(magic), "\x1F\x8B");
  EXPECT_EQ(fetches_, 2);
}

TEST_F(ViewerSideTest, WhatIsStoredInGzipIsFoundGoodByItsStrongTag) {
  answer_ = StyleAnswer;
  const Distribution cdn = Make(Compressing(Options()));
  const HttpRequest accepting = Getting("/a.css", {{"Accept-Encoding", "gzip"}});
  const HttpResponse first = cdn.Handle(accepting);
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(fake_.AdvanceBy(absl::Seconds(61)).ok());
    const HttpResponse again = cdn.Handle(accepting);
    EXPECT_EQ(XCacheOf(again), "RefreshHit");
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(HeaderOf(again, "ETag"), "W/\"v1\"");
    EXPECT_EQ(HeaderOf(again, "Content-Encoding"), "gzip");
  }
  EXPECT_EQ(cdn.stats().refresh_hits, 2u);
}

TEST_F(ViewerSideTest, ABucketIsCompressedAndRevalidated) {
  Bucket bucket = *fake_.cloud().CreateBucket("site");
  ASSERT_TRUE(bucket.Put("a.css", Style(), {.content_type = "text/css"}).ok());
  DistributionOptions options = Compressing(Over(MakeBucketOrigin(bucket)));
  options.default_behavior.cache.default_ttl = absl::Seconds(60);
  options.coherent = true;
  const Distribution cdn = Make(options);
  const HttpRequest accepting = Getting("/a.css", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(Gunzipped(cdn.Handle(accepting).body), Style());
  EXPECT_TRUE(fake_.AdvanceBy(absl::Seconds(61)).ok());
  EXPECT_EQ(XCacheOf(cdn.Handle(accepting)), "RefreshHit");
  // The decorated origin is still watched.
  ASSERT_TRUE(bucket.Put("a.css", Style() + "/**/", {.content_type = "text/css"}).ok());
  EXPECT_EQ(Gunzipped(cdn.Handle(accepting).body), Style() + "/**/");
}

TEST_F(ViewerSideTest, HeadDoesNotUndoWhatGetHasStored) {
  answer_ = StyleAnswer;
  const Distribution cdn = Make(Compressing(Options()));
  HttpRequest head = Getting("/a.css", {{"Accept-Encoding", "gzip"}});
  head.method = "HEAD";
  const HttpResponse before = cdn.Handle(head);
  EXPECT_EQ(HeaderOf(before, "Content-Encoding"), "gzip");
  EXPECT_EQ(HeaderOf(before, "Content-Length"), "-");
  head.method = "GET";
  const HttpResponse got = cdn.Handle(head);
  head.method = "HEAD";
  const HttpResponse after = cdn.Handle(head);
  EXPECT_EQ(XCacheOf(after), "Hit");
  EXPECT_EQ(HeaderOf(after, "Content-Length"), std::to_string(got.body.size()));
}

TEST_F(ViewerSideTest, Http10IsNotCompressed) {
  answer_ = StyleAnswer;
  const Distribution cdn = Make(Compressing(Options()));
  const HttpRequest accepting = Getting("/a.css", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(BodyOf(cdn.Handle(accepting, {.protocol_version = "HTTP/1.0"})), Style());
  EXPECT_EQ(HeaderOf(cdn.Handle(accepting, {.protocol_version = "HTTP/2.0"}), "Content-Encoding"),
            "gzip");
}

// --- Hosts and protocols ---

TEST_F(ViewerSideTest, RedirectsToHttpsAndRefusesHttp) {
  DistributionOptions options = Logged();
  options.default_behavior.viewer_protocol = ViewerProtocolPolicy::kRedirectToHttps;
  options.default_behavior.allowed_methods = AllowedMethods::kAll;
  CacheBehavior strict;
  strict.path_pattern = "/strict/*";
  strict.origin_id = "origin";
  strict.viewer_protocol = ViewerProtocolPolicy::kHttpsOnly;
  options.behaviors = {strict};
  options.default_root_object = "index.html";
  const Distribution cdn = Make(options);
  HttpRequest request = Getting("/?a=b");
  request.url.scheme = "http";
  const HttpResponse moved = cdn.Handle(request);
  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(HeaderOf(moved, "Location"), "https://d.example/?a=b");
  EXPECT_EQ(XCacheOf(moved), "Redirect");
  EXPECT_EQ(LastResult(), "Redirect/Redirect");
  request.method = "POST";
  EXPECT_EQ(cdn.Handle(request).status, 307);
  EXPECT_EQ(cdn.Handle(request, {.protocol_version = "HTTP/1.0"}).status, 403);
  request = Getting("/strict/a");
  request.url.scheme = "http";
  EXPECT_EQ(cdn.Handle(request).status, 403);
  EXPECT_EQ(LastResult(), "Error/InvalidRequestBlocked");
  EXPECT_EQ(fetches_, 0);
  // One entry for both: the policy is of the way, not of the object.
  request.url.scheme = "https";
  EXPECT_EQ(cdn.Handle(request).status, 200);
}

TEST_F(ViewerSideTest, WithAliasesOtherHostsAreRefused) {
  DistributionOptions options = Logged();
  options.aliases = {"*.example.com"};
  const Distribution cdn = Make(options);
  HttpRequest request = Getting("/a");
  EXPECT_EQ(cdn.Handle(request).status, 403);
  EXPECT_EQ(LastResult(), "Error/InvalidRequestHeader");
  request.url.authority = "www.example.com";
  EXPECT_EQ(cdn.Handle(request).status, 200);
  EXPECT_EQ(rows_.back().host_header, "www.example.com");
  request.headers.Add("Host", "evil.example");
  EXPECT_EQ(cdn.Handle(request).status, 403);
  EXPECT_EQ(fetches_, 1);
}

// --- Headers ---

TEST_F(ViewerSideTest, PoliciesDecideForHitsAndMissesAlike) {
  answer_ = [](const HttpRequest&) {
    return Answering(200, "x", {{"Cache-Control", "max-age=60"}, {"Server-Timing", "db;dur=5"}});
  };
  DistributionOptions options = Options();
  ResponseHeadersPolicy& policy = options.default_behavior.response_headers;
  policy.cors = CorsHeaders{
      .allow_origins = {"https://*.example.com"}, .allow_methods = {"GET"}, .allow_headers = {"*"}};
  policy.security.strict_transport_security.emplace();
  policy.server_timing.emplace();
  const Distribution cdn = Make(options);
  // An Origin is not in the key: the answer to each is made on the way out.
  for (const char* const name : {"a", "b"}) {
    const std::string origin = std::string("https://") + name + ".example.com";
    const HttpResponse response = cdn.Handle(Getting("/a", {{"Origin", origin}}));
    EXPECT_EQ(HeaderOf(response, "Access-Control-Allow-Origin"), origin);
    EXPECT_EQ(HeaderOf(response, "Strict-Transport-Security"), "max-age=31536000");
    const std::string timing = HeaderOf(response, "Server-Timing");
    EXPECT_NE(timing.find("cdn-rid;desc=\"" + HeaderOf(response, "X-Amz-Cf-Id") + "\""),
              std::string::npos);
    EXPECT_EQ(timing.find("db;dur=5") != std::string::npos, name[0] == 'a') << timing;
    EXPECT_EQ(timing.find("cdn-cache-hit") != std::string::npos, name[0] == 'b') << timing;
  }
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(HeaderOf(cdn.Handle(Getting("/a")), "Access-Control-Allow-Origin"), "-");
}

TEST_F(ViewerSideTest, ServerTimingIsSampled) {
  DistributionOptions options = Options();
  options.default_behavior.response_headers.server_timing = {.sampling_rate = 25};
  const Distribution cdn = Make(options);
  int timed = 0;
  for (int i = 0; i < 400; ++i) {
    timed += HeaderOf(cdn.Handle(Getting("/a")), "Server-Timing") != "-" ? 1 : 0;
  }
  EXPECT_GT(timed, 60);
  EXPECT_LT(timed, 140);
  EXPECT_NE(HeaderOf(cdn.Handle(Getting("/a", {{"Pragma", "server-timing"}})), "Server-Timing"),
            "-");
}

// --- The log ---

TEST_F(ViewerSideTest, ARowForEachRequestSaysHowItFared) {
  answer_ = [this](const HttpRequest& request) -> OriginResult {
    EXPECT_TRUE(fake_.AdvanceBy(absl::Milliseconds(82)).ok());
    if (request.url.path == "/gone") return Answering(404, "gone");
    if (request.url.path == "/down") return OriginFailure::kTimeout;
    return StyleAnswer(request);
  };
  DistributionOptions options = Logged();
  options.log_cookies = true;
  options.geo_restriction = GeoRestriction::kBlockList;
  options.countries = {"XX"};
  options.custom_error_responses = {
      {.error_code = 404, .response_page_path = "/sorry", .response_code = 200}};
  const Distribution cdn = Make(options);
  const HttpRequest request = Getting("/a.css?v=1", {{"Cookie", "s=1"}, {"User-Agent", "a b"}});
  const HttpResponse response = cdn.Handle(
      request, {.ip = "192.0.2.7", .protocol_version = "HTTP/2.0", .ssl_protocol = "TLSv1.3"});
  ASSERT_EQ(rows_.size(), 1u);
  EXPECT_EQ(LastResult(), "Miss/Miss");
  EXPECT_EQ(rows_[0].time, fake_.cloud().Now());
  EXPECT_EQ(rows_[0].time_taken, absl::Milliseconds(82));
  EXPECT_EQ(rows_[0].edge_location, options.pop);
  EXPECT_EQ(rows_[0].request_id, HeaderOf(response, "X-Amz-Cf-Id"));
  EXPECT_EQ(rows_[0].cs_cookie, "s=1");
  EXPECT_EQ(rows_[0].cs_uri_stem, "/a.css");
  EXPECT_EQ(rows_[0].cs_uri_query, "v=1");
  EXPECT_EQ(rows_[0].c_ip, "192.0.2.7");
  EXPECT_EQ(rows_[0].ssl_protocol, "TLSv1.3");
  EXPECT_EQ(rows_[0].sc_content_len, Style().size());
  EXPECT_GT(rows_[0].sc_bytes, Style().size());

  const auto result = [&](const HttpRequest& one, const Viewer& viewer = {}) {
    cdn.Handle(one, viewer);
    return LastResult();
  };
  EXPECT_EQ(result(request), "Hit/Hit");
  EXPECT_EQ(rows_.back().time_taken, absl::ZeroDuration());
  EXPECT_TRUE(fake_.AdvanceBy(absl::Seconds(61)).ok());
  EXPECT_EQ(result(request), "RefreshHit/RefreshHit");
  EXPECT_EQ(result(Getting("/down")), "Error/Error");
  EXPECT_EQ(rows_.back().sc_status, 504);
  // A page in place of an error is an error all the same.
  EXPECT_EQ(result(Getting("/gone")), "Error/Error");
  EXPECT_EQ(rows_.back().sc_status, 200);
  EXPECT_EQ(result(Getting("/a"), {.country = "XX"}), "Error/ClientGeoBlocked");
  HttpRequest deleting = Getting("/a");
  deleting.method = "DELETE";
  EXPECT_EQ(result(deleting), "Error/InvalidRequestMethod");
  EXPECT_EQ(result(Getting("/a b")), "Error/InvalidRequest");
  EXPECT_EQ(result(Getting("/" + std::string(9'000, 'a'))), "LimitExceeded/LimitExceeded");
  EXPECT_EQ(rows_.size(), cdn.stats().requests);
}

// Ten bytes in two pieces, a second apart.
class SlowOrigin final : public Origin {
 public:
  explicit SlowOrigin(testing::FakeCloud* fake) : fake_(fake) {}
  OriginResult Fetch(const HttpRequest&, absl::Time, const InterimSink&) override {
    return OriginFailure::kConnect;
  }
  OriginStream Open(const HttpRequest&, absl::Time, const InterimSink&) override {
    HttpStream stream;
    stream.head = Answering(200, "", {{"Content-Length", "10"}, {"Cache-Control", "max-age=9"}});
    stream.body = std::make_unique<Body>(fake_);
    return stream;
  }

 private:
  class Body final : public HttpBody {
   public:
    explicit Body(testing::FakeCloud* fake) : fake_(fake) {}
    absl::StatusOr<absl::Cord> Next() override {
      if (pieces_ == 2) return absl::Cord();
      EXPECT_TRUE(fake_->AdvanceBy(absl::Seconds(1)).ok());
      ++pieces_;
      return absl::Cord("12345");
    }

   private:
    testing::FakeCloud* const fake_;
    int pieces_ = 0;
  };
  testing::FakeCloud* const fake_;
};

TEST_F(ViewerSideTest, ABodyOnItsWayIsLoggedWhenItEnds) {
  DistributionOptions options = Over(std::make_shared<SlowOrigin>(&fake_));
  options.access_log = [this](const EdgeLogRow& row) { rows_.push_back(row); };
  const Distribution cdn = Make(options);
  HttpStream stream = cdn.HandleStreaming(Getting("/a"));
  ASSERT_NE(stream.body, nullptr);
  EXPECT_EQ(rows_.size(), 0u);
  while (!stream.body->Next()->empty()) continue;
  stream.body.reset();
  ASSERT_EQ(rows_.size(), 1u);
  EXPECT_EQ(LastResult(), "Miss/Miss");
  EXPECT_EQ(rows_[0].time_to_first_byte, absl::ZeroDuration());
  EXPECT_EQ(rows_[0].time_taken, absl::Seconds(2));
  EXPECT_EQ(rows_[0].time, fake_.cloud().Now());
  const uint64_t whole = rows_[0].sc_bytes;

  stream = cdn.HandleStreaming(Getting("/b"));
  EXPECT_EQ(stream.body->Next()->size(), 5u);
  stream.body.reset();
  ASSERT_EQ(rows_.size(), 2u);
  EXPECT_EQ(LastResult(), "Error/ClientCommError");
  EXPECT_EQ(rows_[1].response_result_type, EdgeResultType::kMiss);
  EXPECT_EQ(rows_[1].sc_bytes, whole - 5);
}

TEST_F(ViewerSideTest, LookupIsOnlyForThoseWhoAreLetInAnyway) {
  const auto found = [&](const std::function<void(DistributionOptions*)>& change,
                         const Viewer& viewer = {}) {
    DistributionOptions options = Options();
    change(&options);
    const Distribution cdn = Make(options);
    cdn.Handle(Getting("/a"));
    return cdn.Lookup(Getting("/a"), viewer).has_value();
  };
  using O = DistributionOptions;
  EXPECT_TRUE(found([](O*) {}));
  EXPECT_FALSE(found([](O*) {}, {.protocol_version = "HTTP/1.0"}));
  EXPECT_FALSE(found([](O* o) { o->aliases = {"d.example"}; }));
  EXPECT_FALSE(found([](O* o) { o->access_log = [](const EdgeLogRow&) {}; }));
  EXPECT_FALSE(
      found([](O* o) { o->default_behavior.viewer_protocol = ViewerProtocolPolicy::kHttpsOnly; }));
}

TEST_F(ViewerSideTest, UnsignedRequestsAreInTheLog) {
  DistributionOptions options = Logged();
  options.key_groups = {{"group", {{"K1", kTestEcPublicKey}}}};
  options.default_behavior.trusted_key_groups = {"group"};
  const Distribution cdn = Make(options);
  cdn.Handle(Getting("/a"));
  EXPECT_EQ(LastResult(), "Error/InvalidRequestBlocked");
  // What is signed by ECDSA opens it.
  const UrlSigner signer = *UrlSigner::Create("K1", kTestEcPrivateKey, UrlHashAlgorithm::kSha256);
  const std::string url =
      *signer.SignUrl("https://d.example/a", fake_.cloud().Now() + absl::Seconds(60));
  EXPECT_EQ(cdn.Handle(Getting(url.substr(std::string_view("https://d.example").size()))).status,
            200);
  EXPECT_EQ(LastResult(), "Miss/Miss");
}

TEST_F(ViewerSideTest, ALogThatThrowsKeepsNobodyFromHisAnswer) {
  DistributionOptions options = Options();
  options.access_log = [](const EdgeLogRow&) { throw std::runtime_error("full"); };
  EXPECT_EQ(Make(options).Handle(Getting("/a")).status, 200);
}

TEST_F(ViewerSideTest, InTheOtherProfileTheRowHasAnIdAllTheSame) {
  DistributionOptions options = Logged();
  options.profile = CacheProfile::kRfc9111;
  const HttpResponse response = Make(options).Handle(Getting("/a"));
  EXPECT_EQ(HeaderOf(response, "X-Amz-Cf-Id"), "-");
  EXPECT_EQ(rows_.at(0).request_id.size(), 56u);
}

// --- Options ---

TEST_F(ViewerSideTest, WrongOptionsAreNamed) {
  const auto refusal = [&](const std::function<void(DistributionOptions*)>& change) {
    DistributionOptions options = Options();
    change(&options);
    return Refusal(options);
  };
  using O = DistributionOptions;
  const std::string begin = "create distribution: ";
  EXPECT_EQ(refusal([](O* o) { o->default_behavior.compress = true; }),
            begin + "default_behavior.compress: it takes cache.accept_gzip");
  EXPECT_EQ(refusal([](O* o) {
              *o = Compressing(*o);
              o->default_behavior.cache.default_ttl = absl::ZeroDuration();
              o->default_behavior.cache.max_ttl = absl::ZeroDuration();
            }),
            begin + "default_behavior.compress: it takes a cache.max_ttl above 0");
  EXPECT_EQ(refusal([](O* o) { o->log_cookies = true; }),
            begin + "log_cookies: there is no access_log");
  EXPECT_EQ(refusal([](O* o) { o->aliases = {"*.com"}; }),
            begin + "aliases: \"*.com\" is not like \"www.example.com\" or \"*.example.com\"");
  EXPECT_EQ(refusal([](O* o) { o->default_behavior.response_headers.remove = {"Via"}; }),
            begin + "default_behavior.response_headers.remove: \"Via\" cannot be removed");
  EXPECT_EQ(refusal([](O* o) { o->default_behavior.response_headers.cors.emplace(); }),
            begin + "default_behavior.response_headers.cors.allow_origins: there is none");
}

}  // namespace
}  // namespace cloudlet::edge
