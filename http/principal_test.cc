// What a verified request becomes, requests without credentials, other services, and forms.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/authenticate.h"
#include "http/authenticate_testing.h"

namespace cloudlet::http {
namespace {

using enum ErrorCode;

TEST(PrincipalTest, SaysWhoAndHowTheBodyIs) {
  VerifiedPrincipal who = Try(SignedCall()).value();
  EXPECT_FALSE(who.anonymous());
  EXPECT_EQ(who.key_id(), "AKID");
  EXPECT_EQ(who.identity().canonical_id, "id1");
  EXPECT_EQ(who.identity().display_name, "One");
  EXPECT_EQ(who.identity().email, "one@example.com");
  EXPECT_EQ(who.body_mode(), BodyMode::kSha256);
  EXPECT_EQ(who.sha256(), Sha256Hex("hello"));
  EXPECT_TRUE(who.signed_query());

  const Call call = SignedCall(PutHead(), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
  who = Try(call).value();
  EXPECT_EQ(who.body_mode(), BodyMode::kSignedChunksTrailer);
  EXPECT_EQ(who.seed().amz_time, kAmzNow);
  EXPECT_EQ(who.seed().scope, "20260228/us-east-1/s3/aws4_request");
  EXPECT_NE(call.head.headers.Get("Authorization").find(who.seed().signature),
            std::string_view::npos);

  EXPECT_EQ(Try(SignedCall(PutHead(), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")).value().body_mode(),
            BodyMode::kSignedChunks);
  EXPECT_EQ(Try(SignedCall(PutHead(), "STREAMING-UNSIGNED-PAYLOAD-TRAILER")).value().body_mode(),
            BodyMode::kUnsignedChunksTrailer);
  EXPECT_EQ(Try(PresignedCall()).value().body_mode(), BodyMode::kUnsigned);
}

TEST(PrincipalTest, AUrlMaySayTheHashOfItsBody) {
  Call call = PresignedCall(PutHead(absl::StrCat("/b/k?X-Amz-Content-Sha256=", Sha256Hex("x"))));
  // Presign signs UNSIGNED-PAYLOAD, which this URL does not say.
  EXPECT_EQ(CodeOf(call), kSignatureDoesNotMatch);
  call = PresignedCall();
  call.head.headers.Add("x-amz-content-sha256", Sha256Hex("x"));
  EXPECT_EQ(Try(call).value().body_mode(), BodyMode::kSha256);
  EXPECT_EQ(Try(call).value().sha256(), Sha256Hex("x"));
}

TEST(PrincipalTest, NobodyIsAllowedOrNot) {
  Call call;
  call.head = PutHead();
  EXPECT_EQ(CodeOf(call), kAccessDenied);
  call.options.allow_anonymous = true;
  const VerifiedPrincipal nobody = Try(call).value();
  EXPECT_TRUE(nobody.anonymous());
  EXPECT_EQ(nobody.identity().canonical_id, "");
  EXPECT_EQ(nobody.body_mode(), BodyMode::kUnsigned);
  EXPECT_FALSE(nobody.signed_query());
  call.head.headers.Add("x-amz-content-sha256", Sha256Hex("hello"));
  EXPECT_EQ(Try(call).value().body_mode(), BodyMode::kSha256);
  call.head.headers.Add("x-amz-content-sha256", Sha256Hex("hello"));
  EXPECT_EQ(CodeOf(call), kInvalidArgument);
  SetHeader(call.head, "x-amz-content-sha256", "STREAMING-FOO");
  EXPECT_EQ(CodeOf(call), kInvalidArgument);
  // Whoever claims something is not nobody.
  SetHeader(call.head, "x-amz-content-sha256", std::nullopt);
  call.head.headers.Add("Authorization", "x");
  EXPECT_EQ(CodeOf(call), kInvalidArgument);
}

TEST(PrincipalTest, TokensBelongToTheirKeys) {
  const auto with_token = [](std::string key_id, std::string secret, std::string token) {
    return Signer({std::move(key_id), Secret(std::move(secret)), std::move(token)}, "us-east-1");
  };
  const auto code = [](const Signer& signer) {
    const ErrorCode in_header = CodeOf(SignedCall(PutHead(), kUnsignedPayload, signer));
    EXPECT_EQ(CodeOf(PresignedCall(PutHead(), absl::Minutes(5), kNow, signer)), in_header);
    return in_header;
  };
  EXPECT_EQ(code(with_token("TEMP", "temporary", "token")), kNone);
  EXPECT_EQ(code(with_token("TEMP", "temporary", "tokem")), kInvalidToken);
  EXPECT_EQ(code(with_token("TEMP", "temporary", "")), kInvalidToken);
  EXPECT_EQ(code(with_token("AKID", "secret", "token")), kInvalidToken);
  Call call = SignedCall(PutHead(), kUnsignedPayload, with_token("TEMP", "temporary", "token"));
  call.head.headers.Add("X-Amz-Security-Token", "token");
  EXPECT_EQ(CodeOf(call), kInvalidToken);
}

TEST(PrincipalTest, LambdaHashesWhatWasRead) {
  RequestHead head = PutHead("/2015-03-31/functions/f%3A1/invocations?tag=a&tag=b");
  Call call =
      SignedCall(head, Sha256Hex("{}"), TestSigner("AKID", "secret", "us-east-1", "lambda"));
  call.options.service = "lambda";
  EXPECT_EQ(CodeOf(call), kSignatureDoesNotMatch);  // not an empty one
  call.body_sha256 = Sha256Hex("{}");
  EXPECT_EQ(Try(call).value().sha256(), Sha256Hex("{}"));
  call.body_sha256 = Sha256Hex("{ }");
  EXPECT_EQ(CodeOf(call), kSignatureDoesNotMatch);

  call = SignedCall(head, kEmptySha256, TestSigner("AKID", "secret", "us-east-1", "lambda"));
  call.options.service = "lambda";
  EXPECT_EQ(CodeOf(call), kNone);
  call.options.service = "s3";
  EXPECT_EQ(CodeOf(call), kInvalidArgument);  // the doubles of its query, before all else

  call = PresignedCall(head, absl::Minutes(1), kNow,
                       TestSigner("AKID", "secret", "us-east-1", "lambda"));
  call.options.service = "lambda";
  EXPECT_EQ(CodeOf(call), kNone);

  head.headers.Add("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  call = SignedCall(head, "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                    TestSigner("AKID", "secret", "us-east-1", "lambda"));
  call.options.service = "lambda";
  EXPECT_EQ(CodeOf(call), kInvalidArgument);
}

// --- Forms.

struct Form {
  RequestHead head = PutHead("/b");
  Headers fields = TestSigner().SignPolicy("cG9saWN5", kNow);
  AuthOptions options = {};
  absl::Time now = kNow;
};

absl::StatusOr<VerifiedPrincipal> TryForm(const Form& form) {
  return Authenticator(TestKey, form.options)
      .AuthenticateForm(form.head, ParseRequestTarget(form.head.target).value(), form.fields,
                        form.now);
}

Form WithField(const char* name, std::optional<std::string_view> value) {
  Form form;
  RequestHead as_head;
  as_head.headers = form.fields;
  SetHeader(as_head, name, value);
  form.fields = as_head.headers;
  return form;
}

ErrorCode FormCode(const Form& form) { return ErrorCodeOf(TryForm(form).status()); }

TEST(PrincipalTest, FormsAreSignedByTheirPolicy) {
  EXPECT_EQ(TryForm({}).value().key_id(), "AKID");
  EXPECT_FALSE(TryForm({}).value().signed_query());
  EXPECT_EQ(FormCode(WithField("policy", "b3RoZXI=")), kSignatureDoesNotMatch);
  EXPECT_EQ(FormCode(WithField("x-amz-signature", "0")), kSignatureDoesNotMatch);
  for (const char* name :
       {"policy", "x-amz-signature", "x-amz-algorithm", "x-amz-credential", "x-amz-date"}) {
    EXPECT_EQ(FormCode(WithField(name, std::nullopt)), kInvalidArgument) << name;
    Form twice;
    twice.fields.Add(name, twice.fields.Get(name));
    EXPECT_EQ(FormCode(twice), kInvalidArgument) << name;
  }
  EXPECT_EQ(FormCode(WithField("x-amz-algorithm", "AWS4-HMAC-SHA512")), kInvalidArgument);
  EXPECT_EQ(FormCode(WithField("x-amz-credential", "AKID")), kInvalidArgument);
  EXPECT_EQ(FormCode(WithField("x-amz-credential", "NOBODY/20260228/us-east-1/s3/aws4_request")),
            kInvalidAccessKeyId);
  EXPECT_EQ(FormCode(WithField("x-amz-date", "now")), kInvalidArgument);
  EXPECT_EQ(FormCode(WithField("x-amz-date", "20260227T000000Z")), kInvalidArgument);
  EXPECT_EQ(FormCode(WithField("x-amz-security-token", "t")), kInvalidToken);
}

TEST(PrincipalTest, FormsLiveAsLongAsSigningKeys) {
  Form form;
  form.now = kNow + absl::Hours(168);
  EXPECT_EQ(FormCode(form), kNone);
  form.now += absl::Seconds(1);
  EXPECT_EQ(FormCode(form), kAccessDenied);
  form.now = kNow - absl::Minutes(16);
  EXPECT_EQ(FormCode(form), kAccessDenied);
}

TEST(PrincipalTest, AFormIsTheOnlyCarrierOrNobodys) {
  Form form;
  form.head.headers.Add("Authorization", "AWS4-HMAC-SHA256 x");
  EXPECT_EQ(FormCode(form), kInvalidArgument);
  form.head = PutHead("/b?X-Amz-Signature=0");
  EXPECT_EQ(FormCode(form), kInvalidArgument);
  form = {};
  form.fields.Add("signature", "x");
  EXPECT_EQ(FormCode(form), kInvalidArgument);
  form.fields = {{"key", "k"}};
  EXPECT_EQ(FormCode(form), kAccessDenied);
  form.options.allow_anonymous = true;
  EXPECT_TRUE(TryForm(form).value().anonymous());
  form.fields.Add("policy", "e30=");
  EXPECT_EQ(FormCode(form), kAccessDenied);
}

TEST(PrincipalTest, OldFormsAreAnOption) {
  Form form;
  // HMAC-SHA1 of "cG9saWN5" with "secret".
  form.fields = {{"AWSAccessKeyId", "AKID"},
                 {"policy", "cG9saWN5"},
                 {"signature", "xjcOd3+I0tu58AF8jUmwdfvwgBU="}};
  EXPECT_EQ(FormCode(form), kInvalidRequest);
  form.options.allow_sigv2_forms = true;
  EXPECT_EQ(TryForm(form).value().key_id(), "AKID");
  const auto with = [&](std::vector<Header> fields) {
    Form other = form;
    other.fields = {};
    for (const Header& field : fields) other.fields.Add(field.name, field.value);
    return FormCode(other);
  };
  EXPECT_EQ(with({{"AWSAccessKeyId", "AKID"}, {"policy", "cG9saWN5"}, {"signature", "AAAA"}}),
            kSignatureDoesNotMatch);
  EXPECT_EQ(with({{"AWSAccessKeyId", "NOBODY"}, {"policy", "cG9saWN5"}, {"signature", "AAAA"}}),
            kInvalidAccessKeyId);
  EXPECT_EQ(with({{"AWSAccessKeyId", ""}, {"policy", "cG9saWN5"}, {"signature", "AAAA"}}),
            kInvalidArgument);
  EXPECT_EQ(with({{"AWSAccessKeyId", "AKID"}, {"policy", "cG9saWN5"}}), kInvalidArgument);
  EXPECT_EQ(with({{"AWSAccessKeyId", "AKID"}, {"signature", "AAAA"}}), kInvalidArgument);
  EXPECT_EQ(with({{"policy", "cG9saWN5"}, {"signature", "AAAA"}}), kInvalidArgument);
  form.fields.Add("x-amz-security-token", "t");
  EXPECT_EQ(FormCode(form), kInvalidToken);
}

}  // namespace
}  // namespace cloudlet::http
