// The matchers: what they take, what they refuse, and how a failure reads.
#include "cloudlet/testing/matchers.h"

#include <string>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"

namespace cloudlet::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What a failed EXPECT_THAT would say.
template <typename T, typename M>
std::string Failure(const T& value, const M& matcher) {
  ::testing::StringMatchResultListener listener;
  const ::testing::Matcher<const T&> matches = ::testing::SafeMatcherCast<const T&>(matcher);
  EXPECT_FALSE(matches.MatchAndExplain(value, &listener));
  return ::testing::DescribeMatcher<const T&>(matcher) + " | " + listener.str();
}

class Matchers : public ::testing::Test {
 protected:
  FakeCloud fake_;
  Bucket bucket_ = fake_.cloud().CreateBucket("bucket", {.retain_events = true}).value();
  PutResult put_ = bucket_.Put("k", "hello", {.metadata = {{"owner", "me"}}}).value();
};

TEST_F(Matchers, ErrorCodes) {
  EXPECT_THAT(bucket_.Get("no"), HasErrorCode(ErrorCode::kNoSuchKey));
  EXPECT_THAT(bucket_.Get("no").status(), IsS3Error(ErrorCode::kNoSuchKey));
  EXPECT_THAT(bucket_.Get("no"), Not(HasErrorCode(ErrorCode::kNoSuchBucket)));
  EXPECT_THAT(absl::Status(absl::InternalError("x")), HasErrorCode(ErrorCode::kNone));
  EXPECT_THAT(absl::OkStatus(), Not(HasErrorCode(ErrorCode::kNone)));
  EXPECT_THAT(Failure(bucket_.Get("no"), HasErrorCode(ErrorCode::kSlowDown)),
              AllOf(StartsWith("is an error with the code SlowDown | whose code is NoSuchKey ("),
                    HasSubstr("get \"bucket/no\"")));
  EXPECT_THAT(Failure(bucket_.Get("k").status(), HasErrorCode(ErrorCode::kSlowDown)),
              HasSubstr("| whose code is OK"));
}

TEST_F(Matchers, Statuses) {
  EXPECT_THAT(bucket_.Get("k"), IsOk());
  EXPECT_THAT(bucket_.Get("no"), Not(IsOk()));
  EXPECT_THAT(bucket_.Get("no"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(absl::Status(absl::AbortedError("why")), StatusIs(absl::StatusCode::kAborted, "why"));
  EXPECT_THAT(absl::Status(absl::AbortedError("why")),
              Not(StatusIs(absl::StatusCode::kAborted, "what")));
  EXPECT_THAT(absl::StatusOr<int>(3), IsOkAnd(::testing::Gt(2)));
  EXPECT_THAT(absl::StatusOr<int>(3), Not(IsOkAnd(4)));
  EXPECT_THAT(Failure(absl::StatusOr<int>(absl::AbortedError("why")), IsOkAnd(4)),
              HasSubstr("which is the error ABORTED: why"));
  EXPECT_THAT(
      Failure(absl::Status(absl::AbortedError("why")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("x"))),
      HasSubstr("is a status of code NOT_FOUND whose message has substring \"x\" | which is "
                "ABORTED: why"));
}

TEST_F(Matchers, Objects) {
  EXPECT_THAT(bucket_.Get("k"), HasBody("hello"));
  EXPECT_THAT(bucket_.Get("k").value(), HasBody(StartsWith("hell")));
  EXPECT_THAT(bucket_.Get("k"), ObjectIs("hello", HasETag(put_.etag), HasMetadata("owner", "me")));
  EXPECT_THAT(bucket_.Head("k"), HasMetadata("owner", Not("you")));
  EXPECT_THAT(bucket_.Head("k").value().info, HasETag(put_.etag));
  EXPECT_THAT(Failure(bucket_.Get("k"), ObjectIs("bye")), HasSubstr("whose body is \"hello\""));
  EXPECT_THAT(Failure(bucket_.Get("no"), ObjectIs("bye")),
              HasSubstr("which is the error NOT_FOUND: get \"bucket/no\": NoSuchKey"));
  EXPECT_THAT(Failure(bucket_.Get("k"), ObjectIs("hello", HasETag("x"))),
              HasSubstr("whose ETag is \"" + put_.etag + "\""));
  EXPECT_THAT(Failure(bucket_.Get("k"), HasMetadata("color", "red")),
              AllOf(HasSubstr("has metadata \"color\" that is equal to \"red\""),
                    HasSubstr("whose metadata is"), HasSubstr("owner")));
  ASSERT_THAT(bucket_.Put("long", std::string(1000, 'x')), IsOk());
  EXPECT_THAT(Failure(bucket_.Get("long"), HasBody("")), HasSubstr("... (1000 bytes)"));
}

TEST_F(Matchers, Invocations) {
  const auto echo = [](std::string_view payload, FunctionContext&) -> absl::StatusOr<std::string> {
    if (payload == "bad") return absl::InternalError("bad payload");
    return std::string(payload);
  };
  Cloud& cloud = fake_.cloud();
  ASSERT_THAT(cloud.RegisterFunction("echo", PayloadFunction(echo)), IsOk());
  EXPECT_THAT(cloud.Invoke("echo", "good"), InvocationIs("good"));
  EXPECT_THAT(cloud.Invoke("echo", "bad"), InvocationFails(HasSubstr("bad payload")));
  EXPECT_THAT(cloud.Invoke("echo", "bad"), Not(InvocationIs(::testing::_)));
  EXPECT_THAT(cloud.Invoke("echo", "good"), Not(InvocationFails(::testing::_)));
  EXPECT_THAT(Failure(cloud.Invoke("echo", "good"), InvocationIs("better")),
              HasSubstr("is equal to \"better\" | whose payload is \"good\""));
  EXPECT_THAT(Failure(cloud.Invoke("echo", "bad"), InvocationIs("bad")),
              HasSubstr("which is the function error"));
  EXPECT_THAT(Failure(cloud.Invoke("none", ""), InvocationIs("")), HasSubstr("which is the error"));
}

// What is shown of a value, in a failure: its description, not its bytes.
TEST_F(Matchers, ValuesAreShownInWords) {
  using ::testing::PrintToString;
  EXPECT_EQ(PrintToString(bucket_.Get("k")),
            "OK: {\"k\", 5 bytes, ETag " + put_.etag + ", #" + std::to_string(put_.sequence) +
                ", metadata { (\"owner\", \"me\") }} from byte 0: \"hello\"");
  EXPECT_THAT(PrintToString(bucket_.Head("k")), StartsWith("OK: {\"k\", 5 bytes"));
  EXPECT_THAT(PrintToString(bucket_.Head("k").value().info), StartsWith("{\"k\", 5 bytes"));
  EXPECT_THAT(PrintToString(bucket_.Get("no")), StartsWith("NOT_FOUND: get"));
  ASSERT_THAT(bucket_.Put("long", std::string(1000, 'x')), IsOk());
  EXPECT_LT(PrintToString(bucket_.Get("long")).size(), 400u);
  EXPECT_THAT(PrintToString(fake_.cloud().Events().value()[0]),
              StartsWith("ObjectCreated:Put of bucket/k #"));
  EXPECT_EQ(PrintToString(InvokeResult{.payload = "1"}), "{200, payload \"1\"}");
}

TEST_F(Matchers, Events) {
  ASSERT_THAT(bucket_.Delete("k"), IsOk());
  EXPECT_THAT(fake_.cloud().Events().value(),
              ElementsAre(EventIs(EventType::kObjectCreatedPut, "k"),
                          EventIs(EventType::kObjectRemoved, StartsWith("k"))));
  EXPECT_THAT(Failure(fake_.cloud().Events().value()[0], EventIs(EventType::kObjectRemoved, "k")),
              HasSubstr("is an event ObjectRemoved:* about a key that is equal to \"k\" | which is "
                        "ObjectCreated:Put of bucket/k #"));
}

}  // namespace
}  // namespace cloudlet::testing
