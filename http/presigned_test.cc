// Signed URLs, good and bad, as authenticate_test.cc has signed headers; and that a body's mode
// never opens a way around the signature.
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/authenticate.h"
#include "http/authenticate_testing.h"

namespace cloudlet::http {
namespace {

using enum ErrorCode;

TEST(PresignedTest, Urls) {
  const auto at = [](absl::Duration later, absl::Duration expires = absl::Minutes(5)) {
    return [=] {
      Call call = PresignedCall(PutHead(), expires);
      call.now = kNow + later;
      return call;
    };
  };
  const auto edited = [](const char* from, const char* to) {
    return [=] {
      Call call = PresignedCall();
      call.head.target = Replaced(call.head.target, from, to);
      return call;
    };
  };
  const auto added = [](const char* name, const char* value) {
    return [=] {
      Call call = PresignedCall();
      call.head.headers.Add(name, value);
      return call;
    };
  };
  const auto expiring = [](std::string value) {
    return [=] {
      Call call = PresignedCall();
      call.head.target = Replaced(call.head.target, "X-Amz-Expires=300", "X-Amz-Expires=" + value);
      return call;
    };
  };
  std::vector<Case> cases = {
      {"good", at(absl::ZeroDuration()), kNone},
      {"good at the last second", at(absl::Seconds(299)), kNone},
      {"good for a week", at(absl::Hours(167), absl::Seconds(604800)), kNone},
      {"62 a week and a second", at(absl::ZeroDuration(), absl::Seconds(604801)),
       kAuthorizationQueryParametersError},
      {"63 zero", at(absl::ZeroDuration(), absl::ZeroDuration()), kAccessDenied},
      {"63 negative", expiring("-1"), kAuthorizationQueryParametersError},
      {"63 1e3", expiring("1e3"), kAuthorizationQueryParametersError},
      {"63 empty", expiring(""), kAuthorizationQueryParametersError},
      {"63 a sign", expiring("-"), kAuthorizationQueryParametersError},
      {"63 2^63", expiring("9223372036854775808"), kAuthorizationQueryParametersError},
      {"63 2^64+300", expiring("18446744073709551916"), kAuthorizationQueryParametersError},
      {"63 a space", expiring("+300"), kAuthorizationQueryParametersError},
      {"64 expired", at(absl::Seconds(301)), kAccessDenied},
      {"65 from the future", at(-absl::Seconds(901)), kAccessDenied},
      {"65 from the near future", at(-absl::Seconds(899)), kNone},
      {"67 Signature twice", edited("&X-Amz-Signature=", "&X-Amz-Signature=0&X-Amz-Signature="),
       kAuthorizationQueryParametersError},
      {"67 Credential twice", edited("&X-Amz-Date=", "&X-Amz-Credential=x&X-Amz-Date="),
       kAuthorizationQueryParametersError},
      {"67 twice in another case", edited("&X-Amz-Date=", "&x-amz-credential=x&X-Amz-Date="),
       kAuthorizationQueryParametersError},
      {"66 in another case", edited("X-Amz-Signature=", "x-amz-signature="),
       kAuthorizationQueryParametersError},
      {"66 algorithm", edited("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
       kAuthorizationQueryParametersError},
      {"66 credential", edited("%2Faws4_request", ""), kAuthorizationQueryParametersError},
      {"66 region", edited("%2Fus-east-1%2F", "%2Fmars%2F"), kAuthorizationQueryParametersError},
      {"66 date", edited("X-Amz-Date=20260228T235958Z", "X-Amz-Date=20260228"),
       kAuthorizationQueryParametersError},
      {"66 another day", edited("X-Amz-Date=20260228", "X-Amz-Date=20260227"),
       kAuthorizationQueryParametersError},
      {"66 no headers", edited("SignedHeaders=host%3Bx-amz-meta-a", "SignedHeaders="),
       kAuthorizationQueryParametersError},
      {"66 headers without host", edited("SignedHeaders=host%3B", "SignedHeaders="), kAccessDenied},
      {"68 the signature in what is signed",
       [] {
         RequestHead head = PutHead();
         head.headers = {{"Host", "h"}};
         const std::string url = Signer(TestSigner()).Presign(head, absl::Seconds(9), kNow).value();
         // The whole query, the signature's place included, as the canonical one.
         const std::string whole = url.substr(0, url.size() - 64);
         const RequestTarget target = ParseRequestTarget(whole).value();
         const std::string canonical =
             absl::StrCat("PUT\n", CanonicalPath(target.raw_path), "\n",
                          CanonicalQuery(target.query), "\nhost:h\n\nhost\nUNSIGNED-PAYLOAD");
         const Scope scope = {"20260228", "us-east-1", "s3"};
         head.target = whole + HexOf(Hmac(SigningKey(Secret("secret"), scope),
                                          StringToSign(kAmzNow, scope, canonical)));
         Call call;
         call.head = head;
         return call;
       },
       kSignatureDoesNotMatch},
      {"69 a header added", added("x-amz-acl", "public-read"), kAccessDenied},
      {"69 how to read the body",
       added("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), kAccessDenied},
      {"69 what the body is", added("x-amz-content-sha256", kEmptySha256.data()), kNone},
      {"69 what is so anyway", added("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), kNone},
      {"69 other headers", added("Content-Type", "text/plain"), kNone},
      {"70 a GET's for a PUT",
       [] {
         RequestHead head = PutHead();
         head.method = "GET";
         Call call = PresignedCall(head);
         call.head.method = "PUT";
         return call;
       },
       kSignatureDoesNotMatch},
      {"71 the key is gone",
       [] { return PresignedCall(PutHead(), absl::Minutes(5), kNow, TestSigner("REVOKED")); },
       kInvalidAccessKeyId},
      {"the old way", edited("?", "?AWSAccessKeyId=AKID&Signature=x&Expires=9&"), kInvalidRequest},
  };
  for (const char* name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
                           "X-Amz-SignedHeaders", "X-Amz-Signature"}) {
    cases.push_back({name, edited(name, "X-Other"), kAuthorizationQueryParametersError});
  }
  CheckAll(cases);
}

TEST(PresignedTest, EveryModeIsVerifiedFirst) {
  for (const bool anonymous_allowed : {false, true}) {
    for (const char* mode :
         {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
          "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "UNSIGNED-PAYLOAD"}) {
      Call call = SignedCall(PutHead(), mode);
      call.options.allow_anonymous = anonymous_allowed;
      EXPECT_EQ(CodeOf(call), kNone) << mode;
      call = SignedCall(PutHead(), mode, TestSigner("AKID", "wrong"));
      call.options.allow_anonymous = anonymous_allowed;
      EXPECT_EQ(CodeOf(call), kSignatureDoesNotMatch) << mode;
      // In the query alone, not verifiable or not signed so.
      call.head = PutHead("/b/k?X-Amz-Credential=AKID%2F20260228%2Fus-east-1%2Fs3%2Faws4_request");
      call.head.headers.Add("x-amz-content-sha256", mode);
      EXPECT_EQ(CodeOf(call), kAuthorizationQueryParametersError) << mode;
      call = PresignedCall();
      call.options.allow_anonymous = anonymous_allowed;
      call.head.headers.Add("x-amz-content-sha256", mode);
      EXPECT_EQ(CodeOf(call), std::string_view(mode) == "UNSIGNED-PAYLOAD" ? kNone : kAccessDenied);
      // None at all.
      call.head = PutHead();
      call.head.headers.Add("x-amz-content-sha256", mode);
      const bool is_signed = std::string_view(mode).find("HMAC") != std::string_view::npos;
      EXPECT_EQ(CodeOf(call), !anonymous_allowed ? kAccessDenied
                              : is_signed        ? kInvalidRequest
                                                 : kNone)
          << mode;
    }
  }
}

}  // namespace
}  // namespace cloudlet::http
