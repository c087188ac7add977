// Policies of POST forms: what they allow, and what is none. The cases are those of S3's own tests
// by others, and of its documentation.
#include "http/post_policy.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

using enum ErrorCode;

const absl::Time kNow = absl::FromUnixSeconds(1772323198);  // 2026-02-28 23:59:58 UTC

absl::StatusOr<PostPolicy> Parsed(std::string_view json) {
  return PostPolicy::Parse(base::Base64Encode(json));
}
absl::StatusOr<PostPolicy> WithConditions(std::string_view conditions) {
  return Parsed(absl::StrCat("{\"expiration\": \"2026-03-01T00:00:00.000Z\", \"conditions\": [",
                             std::string(conditions), "]}"));
}
ErrorCode ParseCode(std::string_view json) { return ErrorCodeOf(Parsed(json).status()); }

constexpr char kUsual[] =
    "{\"bucket\": \"b\"}, [\"starts-with\", \"$key\", \"foo\"], {\"acl\": \"private\"}, "
    "[\"starts-with\", \"$Content-Type\", \"text/plain\"], [\"content-length-range\", 5, 1024]";

PostForm UsualForm() {
  PostForm form;
  form.fields = {{"key", "foo.txt"},
                 {"acl", "private"},
                 {"policy", "..."},
                 {"x-amz-signature", "..."},
                 {"Content-Type", "text/plain"}};
  return form;
}

absl::Status Checked(std::string_view conditions, const PostForm& form, absl::Time now = kNow,
                     std::string_view bucket = "b") {
  const auto policy = WithConditions(conditions);
  if (!policy.ok()) return policy.status();
  return policy->Check(form, bucket, now);
}
ErrorCode CheckCode(std::string_view conditions, const PostForm& form = UsualForm(),
                    absl::Time now = kNow, std::string_view bucket = "b") {
  return ErrorCodeOf(Checked(conditions, form, now, bucket));
}

TEST(PostPolicyTest, AllowsWhatItSays) {
  EXPECT_EQ(CheckCode(kUsual), kNone);
  EXPECT_EQ(WithConditions(kUsual)->expiration(), kNow + absl::Seconds(2));
  // Names and operators compare without case, values with it.
  EXPECT_EQ(
      CheckCode("{\"bUcKeT\": \"b\"}, [\"StArTs-WiTh\", \"$KeY\", \"foo\"], "
                "[\"EQ\", \"$AcL\", \"private\"], [\"starts-with\", \"$content-TYPE\", \"\"]"),
      kNone);
  EXPECT_EQ(CheckCode("{\"bucket\": \"b\"}, [\"starts-with\", \"$key\", \"Foo\"], "
                      "{\"acl\": \"private\"}, [\"starts-with\", \"$Content-Type\", \"\"]"),
            kAccessDenied);
  PostForm form = UsualForm();
  form.fields.Add("X-Ignore-Foo", "bar");
  form.fields.Add("AWSAccessKeyId", "k");
  form.fields.Add("signature", "s");
  EXPECT_EQ(CheckCode(kUsual, form), kNone);
  // Without the old signature its field is one like any other.
  form = UsualForm();
  form.fields.Add("signature", "s");
  EXPECT_EQ(CheckCode(kUsual, form), kAccessDenied);
}

TEST(PostPolicyTest, EveryFieldNeedsACondition) {
  PostForm form = UsualForm();
  form.fields.Add("x-amz-meta-foo", "barclamp");
  const absl::Status status = Checked(kUsual, form);
  EXPECT_EQ(ErrorCodeOf(status), kAccessDenied);
  EXPECT_NE(status.message().find("Invalid according to Policy: Extra input fields: "
                                  "x-amz-meta-foo"),
            absl::string_view::npos)
      << status;
  EXPECT_EQ(
      CheckCode(absl::StrCat(kUsual, ", [\"starts-with\", \"$x-amz-meta-foo\", \"bar\"]"), form),
      kNone);
  EXPECT_EQ(CheckCode(absl::StrCat(kUsual, ", [\"eq\", \"$x-amz-meta-foo\", \"\"]"), form),
            kAccessDenied);
  // A field that the policy wants and the form has not.
  EXPECT_EQ(CheckCode(absl::StrCat(kUsual, ", [\"starts-with\", \"$x-amz-meta-foo\", \"bar\"]")),
            kAccessDenied);
  EXPECT_EQ(CheckCode(absl::StrCat(kUsual, ", {\"x-amz-meta-foo\": \"\"}")), kAccessDenied);
  EXPECT_EQ(CheckCode(absl::StrCat(kUsual, ", [\"starts-with\", \"$x-amz-meta-foo\", \"\"]")),
            kNone);
}

TEST(PostPolicyTest, TheBucketIsTheRoutes) {
  EXPECT_EQ(CheckCode(kUsual, UsualForm(), kNow, "other"), kAccessDenied);
  PostForm form = UsualForm();
  form.fields.Add("bucket", "b");
  EXPECT_EQ(CheckCode(kUsual, form), kNone);
  EXPECT_EQ(CheckCode(kUsual, form, kNow, "other"), kAccessDenied);
  form = UsualForm();
  form.fields.Add("Bucket", "other");
  EXPECT_EQ(CheckCode(kUsual, form), kAccessDenied);
  // Without a condition on bucket or key nothing is allowed.
  EXPECT_EQ(CheckCode("[\"starts-with\", \"$key\", \"\"], {\"acl\": \"private\"}, "
                      "[\"starts-with\", \"$Content-Type\", \"\"]"),
            kAccessDenied);
  EXPECT_EQ(CheckCode("{\"bucket\": \"b\"}, {\"acl\": \"private\"}, "
                      "[\"starts-with\", \"$Content-Type\", \"\"]"),
            kAccessDenied);
  EXPECT_EQ(CheckCode(""), kAccessDenied);
}

TEST(PostPolicyTest, TheKeyIsTheOneThatWillBeWritten) {
  PostForm form = UsualForm();
  form.fields = {{"key", "u/${filename}"}};
  form.filename = "a.txt";
  EXPECT_EQ(CheckCode("{\"bucket\": \"b\"}, {\"key\": \"u/a.txt\"}", form), kNone);
  EXPECT_EQ(CheckCode("{\"bucket\": \"b\"}, {\"key\": \"u/${filename}\"}", form), kAccessDenied);
  EXPECT_EQ(CheckCode("{\"bucket\": \"b\"}, [\"starts-with\", \"$key\", \"u/\"]", form), kNone);
}

TEST(PostPolicyTest, EveryTypeOfAList) {
  PostForm form;
  const auto code = [&](const char* types) {
    form.fields = {{"key", "k"}, {"Content-Type", types}};
    return CheckCode(
        "{\"bucket\": \"b\"}, {\"key\": \"k\"}, [\"starts-with\", \"$Content-Type\", \"image/\"]",
        form);
  };
  EXPECT_EQ(code("image/png"), kNone);
  EXPECT_EQ(code("image/png, image/gif,image/jpeg"), kNone);
  EXPECT_EQ(code("image/png,text/plain"), kAccessDenied);
  EXPECT_EQ(code(""), kAccessDenied);
}

TEST(PostPolicyTest, Expires) {
  EXPECT_EQ(CheckCode(kUsual, UsualForm(), kNow + absl::Seconds(1)), kNone);
  const absl::Status status = Checked(kUsual, UsualForm(), kNow + absl::Seconds(2));
  EXPECT_EQ(ErrorCodeOf(status), kAccessDenied);
  EXPECT_NE(status.message().find("Invalid according to Policy: Policy expired."),
            absl::string_view::npos);
}

TEST(PostPolicyTest, SaysWhichConditionFailed) {
  const absl::Status status =
      Checked("{\"bucket\": \"b\"}, [\"eq\", \"$success_action_redirect\", \"http://a\"]", {});
  EXPECT_NE(status.message().find("Invalid according to Policy: Policy Condition failed: "
                                  "[\"eq\", \"$success_action_redirect\", \"http://a\"]"),
            absl::string_view::npos)
      << status;
  // A field without '$' names nothing.
  EXPECT_EQ(CheckCode(absl::StrCat(kUsual, ", [\"eq\", \"acl\", \"private\"]")), kAccessDenied);
  EXPECT_EQ(CheckCode(absl::StrCat(kUsual, ", [\"eq\", \"$\", \"\"]")), kAccessDenied);
}

TEST(PostPolicyTest, Sizes) {
  const PostPolicy policy = WithConditions(kUsual).value();
  EXPECT_EQ(ErrorCodeOf(policy.CheckSize(4)), kEntityTooSmall);
  EXPECT_EQ(ErrorCodeOf(policy.CheckSize(5)), kNone);
  EXPECT_EQ(ErrorCodeOf(policy.CheckSize(1024)), kNone);
  EXPECT_EQ(ErrorCodeOf(policy.CheckSize(1025)), kEntityTooLarge);
  EXPECT_EQ(ErrorCodeOf(policy.CheckSoFar(0)), kNone);
  EXPECT_EQ(ErrorCodeOf(policy.CheckSoFar(1025)), kEntityTooLarge);
  EXPECT_TRUE(WithConditions("")->CheckSize(UINT64_MAX).ok());
  const auto range = [](const char* text) {
    return WithConditions(absl::StrCat("[\"content-length-range\", ", text, "]"));
  };
  EXPECT_EQ(ErrorCodeOf(range("\"1\", \"3\"")->CheckSize(4)), kEntityTooLarge);
  EXPECT_EQ(ErrorCodeOf(range("0, 0")->CheckSize(1)), kEntityTooLarge);
  EXPECT_EQ(ErrorCodeOf(WithConditions("[\"content-length-range\", 0, 9], "
                                       "[\"content-length-range\", 2, 20]")
                            ->CheckSize(10)),
            kEntityTooLarge);
  for (const char* bad : {"0", "", "-1, 0", "0, -1", "0.5, 1", "0, 1e300", "0, 1, 2", "null, 1",
                          "0, [1]", "true, 1"}) {
    EXPECT_EQ(ErrorCodeOf(range(bad).status()), kInvalidPolicyDocument) << bad;
  }
  // A text that is no number is a condition that never holds.
  EXPECT_EQ(CheckCode(absl::StrCat(kUsual, ", [\"content-length-range\", \"test\", \"10\"]")),
            kAccessDenied);
  EXPECT_EQ(CheckCode(absl::StrCat(kUsual, ", [\"content-length-range\", \"-1\", 10]")),
            kAccessDenied);
}

TEST(PostPolicyTest, RefusesWhatIsNoPolicy) {
  constexpr char kWhen[] = "\"expiration\": \"2026-03-01T00:00:00Z\"";
  EXPECT_EQ(ParseCode(absl::StrCat("{", kWhen, ", \"conditions\": []}")), kNone);
  for (const std::string& json : std::vector<std::string>{
           "",
           "x",
           "[]",
           "{",
           "{}",
           "null",
           "\"x\"",
           absl::StrCat("{", kWhen, "}"),
           "{\"conditions\": []}",
           absl::StrCat("{", kWhen, ", \"CONDITIONS\": []}"),
           "{\"EXPIRATION\": \"2026-03-01T00:00:00Z\", \"conditions\": []}",
           absl::StrCat("{", kWhen, ", \"conditions\": {}}"),
           absl::StrCat("{", kWhen, ", \"conditions\": \"x\"}"),
           absl::StrCat("{", kWhen, ", \"conditions\": [], \"x\": 1}"),
           absl::StrCat("{", kWhen, ", ", kWhen, ", \"conditions\": []}"),
           absl::StrCat("{", kWhen, ", \"conditions\": []} x"),
           absl::StrCat("{", kWhen, ", \"conditions\": [\"\xFF\"]}"),
       }) {
    EXPECT_EQ(ParseCode(json), kInvalidPolicyDocument) << json;
  }
  for (const char* when : {"", "2026-03-01", "2026-03-01 00:00:00+00:00", "2026-03-01T00:00:00",
                           "2026-02-30T00:00:00Z", "2026-03-01T00:00:00+01:00",
                           "tomorrow, at noon ...Z", "infinite-futuTeinfiniteZ"}) {
    EXPECT_EQ(ParseCode(absl::StrCat("{\"expiration\": \"", when, "\", \"conditions\": []}")),
              kInvalidPolicyDocument)
        << when;
  }
  for (const char* condition :
       {"{}", "{\"a\": \"b\", \"c\": \"d\"}", "{\"a\": 1}", "{\"a\": null}", "1", "\"x\"", "null",
        "[]", "[1, 2, 3]", "[\"foo\", \"$key\", \"x\"]", "[\"eq\", \"$key\"]",
        "[\"eq\", \"$key\", \"a\", \"b\"]", "[\"eq\", 1, \"a\"]", "[\"starts-with\", \"$key\", 1]",
        "[[\"eq\"], \"$key\", \"a\"]"}) {
    EXPECT_EQ(ErrorCodeOf(WithConditions(condition).status()), kInvalidPolicyDocument) << condition;
  }
  EXPECT_EQ(ErrorCodeOf(PostPolicy::Parse("e30").status()), kInvalidPolicyDocument);
  EXPECT_EQ(ErrorCodeOf(PostPolicy::Parse("not base64!").status()), kInvalidPolicyDocument);
  std::string deep = "[\"eq\", \"$key\", ";
  for (int i = 0; i < 5000; ++i) deep += "[";
  EXPECT_EQ(ErrorCodeOf(WithConditions(deep).status()), kInvalidPolicyDocument);
  std::string many = "{\"a\": \"b\"}";
  for (int i = 0; i < 1100; ++i) many += ", {\"a\": \"b\"}";
  EXPECT_EQ(ErrorCodeOf(WithConditions(many).status()), kInvalidPolicyDocument);
}

}  // namespace
}  // namespace cloudlet::http
