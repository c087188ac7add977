// What holds of reads beside their bytes: headers that the request asks for, and the delete marker
// that is told where it is in the way.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
#include <optional>
#include <string>
#include <vector>

#include "cloudlet/error.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

GetOptions AllResponseHeaders() {
  GetOptions options;
  options.response = ResponseHeaders{.content_type = "text/html",
                                     .cache_control = "no-cache",
                                     .content_disposition = "attachment",
                                     .content_encoding = "gzip",
                                     .content_language = "en",
                                     .expires = "Thu, 01 Dec 1994 16:00:00 GMT"};
  return options;
}

std::vector<std::string> HeadersOf(const ObjectInfo& info) {
  return {info.content_type,     info.cache_control,    info.content_disposition,
          info.content_encoding, info.content_language, info.expires};
}

// "<version id> <seconds since 2030>" of the marker that a status tells; "-" when there is none.
std::string MarkerIn(const absl::Status& status) {
  const std::optional<DeleteMarkerInfo> marker = DeleteMarkerOf(status);
  if (!marker.has_value()) return "-";
  const absl::Duration since = marker->last_modified - absl::FromUnixSeconds(1'893'456'000);
  return marker->version_id + " " + std::to_string(absl::ToInt64Seconds(since));
}

GetOptions AtVersion(const std::string& version_id) {
  GetOptions options;
  options.version_id = version_id;
  return options;
}

}  // namespace

TEST_P(StoreConformance, ResponseHeaders_AreShownInsteadOfTheStored_AndNotKept) {
  PutOptions stored;
  stored.content_type = "text/plain";
  stored.cache_control = "max-age=1";
  stored.website_redirect_location = "/elsewhere";
  stored.metadata = {{"a", "1"}};
  ASSERT_EQ(PutCode("k", "body", stored), "OK");
  const GetOptions all = AllResponseHeaders();
  const std::vector<std::string> wanted = {"text/html", "no-cache", "attachment",
                                           "gzip",      "en",       all.response->expires};
  for (const auto& got : {Get(store(), "bkt", "k", all), HeadOf(store(), "bkt", "k", all)}) {
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(HeadersOf(got->info), wanted);
    EXPECT_EQ(got->info.website_redirect_location, "/elsewhere");
    EXPECT_EQ(got->info.metadata, stored.metadata);
  }
  EXPECT_EQ(HeadersOf(HeadOf(store(), "bkt", "k")->info),
            (std::vector<std::string>{"text/plain", "max-age=1", "", "", "", ""}));
}

TEST_P(StoreConformance, ResponseHeaders_ThatAreNotGiven_AreTheStored) {
  ASSERT_EQ(PutCode("k", "body", {.content_type = "text/plain", .expires = "never"}), "OK");
  GetOptions options;
  options.response = ResponseHeaders{.content_language = "fi"};
  EXPECT_EQ(HeadersOf(Get(store(), "bkt", "k", options)->info),
            (std::vector<std::string>{"text/plain", "", "", "", "fi", "never"}));
  options.range = ByteRange::Of(1, 2);
  EXPECT_EQ(Get(store(), "bkt", "k", options)->info.content_language, "fi");
  options.range.reset();
  options.if_none_match = "*";
  EXPECT_EQ(Get(store(), "bkt", "k", options)->info.content_language, "fi");
}

TEST_P(StoreConformance, ResponseHeaders_Bad_AreRefused) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  for (std::string ResponseHeaders::*const field :
       {&ResponseHeaders::content_type, &ResponseHeaders::cache_control,
        &ResponseHeaders::content_disposition, &ResponseHeaders::content_encoding,
        &ResponseHeaders::content_language, &ResponseHeaders::expires}) {
    GetOptions options;
    options.response.emplace();
    options.response.value().*field = "fine \xC3\xA9";
    EXPECT_EQ(GetCode("k", options), "OK");
    EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", options, Caller::Anonymous())), "InvalidRequest");
    EXPECT_EQ(CodeOf(HeadOf(store(), "bkt", "k", options, Caller::Anonymous())), "InvalidRequest");
    for (const char bad : {'\r', '\n', '\0'}) {
      options.response.value().*field = std::string("a") + bad + "Set-Cookie: b";
      EXPECT_EQ(GetCode("k", options), "InvalidArgument");
      EXPECT_EQ(CodeOf(HeadOf(store(), "bkt", "k", options)), "InvalidArgument");
    }
  }
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k", {}, Caller::Anonymous())), "AccessDenied");
}

TEST_P(StoreVersions, MarkerInTheWay_IsToldWithTheNoSuchKey) {
  Set(Versioning::kEnabled);
  PutVersion("k", "1");
  PutVersion("k0", "neighbour");
  clock().Advance(absl::Seconds(7));
  const std::string marker = PutMarker("k");
  clock().Advance(absl::Seconds(7));
  const auto got = Get(store(), "bkt", "k");
  EXPECT_EQ(CodeOf(got), "NoSuchKey");
  EXPECT_EQ(MarkerIn(got.status()), marker + " 7");
  EXPECT_EQ(MarkerIn(HeadOf(store(), "bkt", "k").status()), marker + " 7");
  const std::string newer = PutMarker("k");
  EXPECT_EQ(MarkerIn(Get(store(), "bkt", "k").status()), newer + " 14");
  EXPECT_EQ(DeleteText("k", newer), "marker " + newer);
  EXPECT_EQ(MarkerIn(Get(store(), "bkt", "k").status()), marker + " 7");
  EXPECT_EQ(DeleteText("k", marker), "marker " + marker);
  EXPECT_EQ(Body("k"), "1");
}

TEST_P(StoreVersions, MarkerInTheWay_OfTheSuspendedBucket_IsTheNullVersion) {
  PutVersion("k", "1");
  Set(Versioning::kSuspended);
  PutMarker("k");
  EXPECT_EQ(MarkerIn(Get(store(), "bkt", "k").status()), "null 0");
  const auto at = Get(store(), "bkt", "k", AtVersion("null"));
  EXPECT_EQ(CodeOf(at), "MethodNotAllowed");
  EXPECT_EQ(MarkerIn(at.status()), "null 0");
}

TEST_P(StoreVersions, MarkerByItsId_IsToldWithTheMethodNotAllowed) {
  Set(Versioning::kEnabled);
  PutVersion("k", "1");
  clock().Advance(absl::Seconds(3));
  const std::string marker = PutMarker("k");
  PutVersion("k", "2");
  for (const auto& got : {Get(store(), "bkt", "k", AtVersion(marker)),
                          HeadOf(store(), "bkt", "k", AtVersion(marker))}) {
    EXPECT_EQ(CodeOf(got), "MethodNotAllowed");
    EXPECT_EQ(MarkerIn(got.status()), marker + " 3");
  }
}

TEST_P(StoreVersions, NoMarker_NoneIsTold) {
  EXPECT_EQ(MarkerIn(Get(store(), "bkt", "k").status()), "-");
  Set(Versioning::kEnabled);
  const std::string one = PutVersion("k", "1");
  PutMarker("k!");
  PutMarker("k/");
  PutMarker(std::string("k\0", 2));
  EXPECT_EQ(MarkerIn(absl::OkStatus()), "-");
  EXPECT_EQ(DeleteText("k", one), "gone " + one);
  const auto got = Get(store(), "bkt", "k");
  EXPECT_EQ(CodeOf(got), "NoSuchKey");
  EXPECT_EQ(MarkerIn(got.status()), "-");
  const auto at = Get(store(), "bkt", "k", AtVersion(one));
  EXPECT_EQ(CodeOf(at), "NoSuchVersion");
  EXPECT_EQ(MarkerIn(at.status()), "-");
  EXPECT_EQ(MarkerIn(Get(store(), "bkt", "k", AtVersion("nonsense")).status()), "-");
}

}  // namespace cloudlet::objstore
