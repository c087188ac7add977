// The decision table of conditional requests (RFC 9110 section 13.2.2 with S3's answers).
#include "objstore/conditions.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

constexpr char kEtag[] = "9e107d9d372bb6826bd81d3542a419d6";
constexpr char kOther[] = "e4d909c290d0fb1ca068ffaddf22cbd0";
constexpr int64_t kModifiedMs = 1'000'000'750;  // 750 ms into its second

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(seconds); }

TEST(EtagCondition, StarNamesEveryEtag_ButNotWhenQuoted) {
  EXPECT_TRUE(EtagConditionMatches("*", kEtag));
  EXPECT_TRUE(EtagConditionMatches(" * ", kEtag));
  EXPECT_FALSE(EtagConditionMatches("\"*\"", kEtag));
}

TEST(EtagCondition, NamesAnEtagQuotedUnquotedOrWeak) {
  const std::string etag = kEtag;
  EXPECT_TRUE(EtagConditionMatches(etag, kEtag));
  EXPECT_TRUE(EtagConditionMatches("\"" + etag + "\"", kEtag));
  EXPECT_TRUE(EtagConditionMatches("W/\"" + etag + "\"", kEtag));
  EXPECT_TRUE(EtagConditionMatches("\t\"" + etag + "\" ", kEtag));
}

TEST(EtagCondition, NamesAnyOfAList) {
  const std::string list = std::string("\"") + kOther + "\" , \"" + kEtag + "\"";
  EXPECT_TRUE(EtagConditionMatches(list, kEtag));
  EXPECT_TRUE(EtagConditionMatches(list, kOther));
  EXPECT_FALSE(EtagConditionMatches(list, "abc"));
}

TEST(EtagCondition, MatchesWholeEtagsOnly) {
  const std::string_view etag = kEtag;
  EXPECT_FALSE(EtagConditionMatches(etag.substr(0, 31), kEtag));
  EXPECT_FALSE(EtagConditionMatches(std::string(etag) + "0", kEtag));
  EXPECT_FALSE(EtagConditionMatches("", kEtag));
  EXPECT_FALSE(EtagConditionMatches("\"\"", ""));
  EXPECT_FALSE(EtagConditionMatches(",,", kEtag));
  EXPECT_FALSE(EtagConditionMatches("9E107D9D372BB6826BD81D3542A419D6", kEtag));
}

struct ReadCase {
  const char* rule;
  std::string if_match;
  std::string if_none_match;
  std::optional<int64_t> modified_since;
  std::optional<int64_t> unmodified_since;
  ReadVerdict verdict;
};

TEST(CheckRead, DecidesInTheOrderOfTheHttpStandard) {
  constexpr int64_t kModified = kModifiedMs / 1000;
  constexpr auto kNo = std::nullopt;
  const ReadCase cases[] = {
      {"nothing asked", "", "", kNo, kNo, ReadVerdict::kProceed},
      {"If-Match holds", kEtag, "", kNo, kNo, ReadVerdict::kProceed},
      {"If-Match fails", kOther, "", kNo, kNo, ReadVerdict::kPreconditionFailed},
      {"If-Match * holds", "*", "", kNo, kNo, ReadVerdict::kProceed},
      {"If-None-Match holds", "", kOther, kNo, kNo, ReadVerdict::kProceed},
      {"If-None-Match fails", "", kEtag, kNo, kNo, ReadVerdict::kNotModified},
      {"If-None-Match * fails", "", "*", kNo, kNo, ReadVerdict::kNotModified},
      {"modified after", "", "", kModified - 1, kNo, ReadVerdict::kProceed},
      {"modified in that second", "", "", kModified, kNo, ReadVerdict::kNotModified},
      {"modified before", "", "", kModified + 1, kNo, ReadVerdict::kNotModified},
      {"unmodified, in that second", "", "", kNo, kModified, ReadVerdict::kProceed},
      {"unmodified since later", "", "", kNo, kModified + 1, ReadVerdict::kProceed},
      {"modified since", "", "", kNo, kModified - 1, ReadVerdict::kPreconditionFailed},
      {"If-Match makes If-Unmodified-Since moot", kEtag, "", kNo, kModified - 1,
       ReadVerdict::kProceed},
      {"If-Match fails though unmodified", kOther, "", kNo, kModified + 1,
       ReadVerdict::kPreconditionFailed},
      {"If-None-Match makes If-Modified-Since moot", "", kOther, kModified + 1, kNo,
       ReadVerdict::kProceed},
      {"If-None-Match fails though modified", "", kEtag, kModified - 1, kNo,
       ReadVerdict::kNotModified},
      {"412 before 304", kOther, kEtag, kNo, kNo, ReadVerdict::kPreconditionFailed},
      {"304 after a match", kEtag, kEtag, kNo, kNo, ReadVerdict::kNotModified},
      {"304 by date after a match", kEtag, "", kModified, kNo, ReadVerdict::kNotModified},
      {"412 by date before 304 by date", "", "", kModified + 9, kModified - 1,
       ReadVerdict::kPreconditionFailed},
  };
  for (const ReadCase& c : cases) {
    GetOptions options;
    options.if_match = c.if_match;
    options.if_none_match = c.if_none_match;
    if (c.modified_since) options.if_modified_since = At(*c.modified_since);
    if (c.unmodified_since) options.if_unmodified_since = At(*c.unmodified_since);
    EXPECT_EQ(CheckRead(options, kEtag, kModifiedMs), c.verdict) << c.rule;
  }
}

TEST(FailedRead, NamesTheConditionAndBothValues) {
  GetOptions options;
  options.if_unmodified_since = At(0);
  EXPECT_EQ(FailedRead(options, kEtag, 1'000'000'000'999).message(),
            "PreconditionFailed: If-Unmodified-Since: the current ETag is " + std::string(kEtag) +
                ", modified at 2001-09-09T01:46:40+00:00, after 1970-01-01T00:00:00+00:00");
  options.if_match = kOther;  // decides alone
  const std::string message(FailedRead(options, kEtag, 0).message());
  EXPECT_NE(message.find("If-Match: the current ETag is "), std::string::npos) << message;
  EXPECT_NE(message.find(kOther), std::string::npos) << message;
}

TEST(CheckWrite, AnswersAsS3) {
  const std::optional<std::string_view> none;
  const std::optional<std::string_view> current = kEtag;
  struct Case {
    const char* rule;
    std::string if_match;
    std::string if_none_match;
    std::optional<std::string_view> etag;
    const char* code;
  };
  const Case cases[] = {
      {"no condition, no object", "", "", none, "OK"},
      {"no condition", "", "", current, "OK"},
      {"If-Match without an object", kEtag, "", none, "NoSuchKey"},
      {"If-Match * without an object", "*", "", none, "NoSuchKey"},
      {"If-Match holds", kEtag, "", current, "OK"},
      {"If-Match * holds", "*", "", current, "OK"},
      {"If-Match fails", kOther, "", current, "PreconditionFailed"},
      {"If-None-Match * without an object", "", "*", none, "OK"},
      {"If-None-Match * fails", "", "*", current, "PreconditionFailed"},
      {"If-None-Match etag fails", "", kEtag, current, "PreconditionFailed"},
      {"If-None-Match of another etag", "", kOther, current, "OK"},
      {"both, match and none-match of another", kEtag, kOther, current, "OK"},
      {"both, contradictory", kEtag, "*", current, "PreconditionFailed"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(CodeOf(CheckWrite(c.if_match, c.if_none_match, c.etag)), c.code) << c.rule;
  }
}

TEST(CheckWrite, SaysBothEtags) {
  const std::string message(CheckWrite(kOther, "", kEtag).message());
  EXPECT_NE(message.find(kOther), std::string::npos) << message;
  EXPECT_NE(message.find(kEtag), std::string::npos) << message;
}

}  // namespace
}  // namespace cloudlet::objstore
