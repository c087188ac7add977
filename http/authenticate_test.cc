// Bad requests one by one, each with S3's own code, and the few that must pass beside them. The
// numbers are those of the list of malicious requests in the project's threat model.
#include "http/authenticate.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/authenticate_testing.h"

namespace cloudlet::http {
namespace {

using enum ErrorCode;

// A good request whose Authorization is changed.
std::function<Call()> Edited(const char* from, const char* to) {
  return [=] {
    Call call = SignedCall();
    EditAuthorization(call.head, from, to);
    return call;
  };
}
std::function<Call()> With(const char* name, std::optional<std::string_view> value) {
  return [=] {
    Call call = SignedCall();
    SetHeader(call.head, name, value);
    return call;
  };
}
std::function<Call()> Added(const char* name, const char* value) {
  return [=] {
    Call call = SignedCall();
    call.head.headers.Add(name, value);
    return call;
  };
}
std::string SignatureIn(const Call& call) {
  const std::string_view text = call.head.headers.Get("Authorization");
  return std::string(text.substr(text.size() - 64));
}
std::function<Call()> Signature(const std::function<std::string(std::string)>& change) {
  return [=] {
    Call call = SignedCall();
    const std::string old = SignatureIn(call);
    EditAuthorization(call.head, old, change(old));
    return call;
  };
}
std::function<Call()> SignedAt(absl::Duration ago) {
  return [=] { return SignedCall(PutHead(), Sha256Hex("hello"), TestSigner(), kNow - ago); };
}
// SignedHeaders as given, and the signature is right over just that list.
std::function<Call()> ListedAs(std::vector<std::string> names) {
  return [=] {
    RequestHead head = DatedHead("/b/k");
    const std::string canonical = CanonicalRequest("PUT", ParseRequestTarget("/b/k").value(),
                                                   head.headers, names, kUnsignedPayload);
    return SignedOver(std::move(head), canonical, absl::StrJoin(names, ";"));
  };
}

TEST(AuthenticateTest, HeaderSyntax) {
  CheckAll({
      {"good", [] { return SignedCall(); }, kNone},
      {"good, without spaces", Edited(", SignedHeaders", ",SignedHeaders"), kNone},
      {"1 no Authorization", With("Authorization", std::nullopt), kAccessDenied},
      {"2 empty", With("Authorization", ""), kAccessDenied},
      {"3 AWS4-HMAC-SHA512", Edited("SHA256 ", "SHA512 "), kInvalidArgument},
      {"4 lower case", Edited("AWS4-HMAC", "aws4-hmac"), kInvalidArgument},
      {"4 Bearer", With("Authorization", "Bearer x"), kInvalidArgument},
      {"5 SigV2", With("Authorization", "AWS AKID:c2ln"), kInvalidRequest},
      {"6 two of them", Added("authorization", "AWS4-HMAC-SHA256 x"), kInvalidArgument},
      {"6 one of them empty", Added("authorization", ""), kInvalidArgument},
      {"7 a URL's too",
       [] {
         Call call = PresignedCall();
         (void)TestSigner().SignHeaders(call.head, kUnsignedPayload, kNow);
         return call;
       },
       kInvalidArgument},
      {"8 no Credential", Edited("Credential=", "Cred="), kAuthorizationHeaderMalformed},
      {"8 no Credential at all",
       With("Authorization", "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0"),
       kAuthorizationHeaderMalformed},
      {"9 no SignedHeaders",
       With("Authorization",
            "AWS4-HMAC-SHA256 Credential=AKID/20260228/us-east-1/s3/aws4_request, Signature=0"),
       kAuthorizationHeaderMalformed},
      {"10 no Signature",
       With("Authorization",
            "AWS4-HMAC-SHA256 Credential=AKID/20260228/us-east-1/s3/aws4_request, "
            "SignedHeaders=host"),
       kAuthorizationHeaderMalformed},
      {"10 no components", With("Authorization", "AWS4-HMAC-SHA256"), kInvalidArgument},
      {"10 a component without '='", With("Authorization", "AWS4-HMAC-SHA256 Credential"),
       kAuthorizationHeaderMalformed},
      {"11 Signature twice", Edited(", Signature=", ", Signature=0, Signature="),
       kAuthorizationHeaderMalformed},
      {"12 four slashes less", Edited("/aws4_request", ""), kAuthorizationHeaderMalformed},
      {"12 one more", Edited("/aws4_request", "/aws4_request/"), kAuthorizationHeaderMalformed},
      {"13 a key with '/'", Edited("=AKID/", "=AK/ID/"), kAuthorizationHeaderMalformed},
      {"13 no key", Edited("=AKID/", "=/"), kAuthorizationHeaderMalformed},
      {"14 unknown key",
       [] { return SignedCall(PutHead(), Sha256Hex("hello"), TestSigner("NOBODY")); },
       kInvalidAccessKeyId},
      {"15 wrong secret",
       [] { return SignedCall(PutHead(), Sha256Hex("hello"), TestSigner("AKID", "other")); },
       kSignatureDoesNotMatch},
      {"16 63 digits", Signature([](std::string s) { return s.substr(0, 63); }),
       kSignatureDoesNotMatch},
      {"16 65 digits", Signature([](std::string s) { return s + "0"; }), kSignatureDoesNotMatch},
      {"16 none", Signature([](const std::string&) { return ""; }), kSignatureDoesNotMatch},
      {"17 upper case", Signature([](const std::string& s) { return absl::AsciiStrToUpper(s); }),
       kSignatureDoesNotMatch},
      {"18 not hexadecimal", Signature([](std::string s) { return s.substr(1) + "g"; }),
       kSignatureDoesNotMatch},
      {"19 the last digit", Signature([](std::string s) {
         s[63] = s[63] == '0' ? '1' : '0';
         return s;
       }),
       kSignatureDoesNotMatch},
      {"19 all zero", Signature([](std::string s) { return std::string(s.size(), '0'); }),
       kSignatureDoesNotMatch},
  });
}

TEST(AuthenticateTest, Scope) {
  const auto scoped = [](const char* region, const char* service) {
    return [=] {
      return SignedCall(PutHead(), Sha256Hex("hello"),
                        TestSigner("AKID", "secret", region, service));
    };
  };
  CheckAll({
      {"20 another day", Edited("/20260228/", "/20260227/"), kAuthorizationHeaderMalformed},
      {"21 tomorrow", Edited("/20260228/", "/20260301/"), kAuthorizationHeaderMalformed},
      {"21 no day", Edited("/20260228/", "/20260230/"), kAuthorizationHeaderMalformed},
      {"21 no date", Edited("/20260228/", "/2026-02-28/"), kAuthorizationHeaderMalformed},
      {"22 wrong region", scoped("eu-west-1", "s3"), kAuthorizationHeaderMalformed},
      {"22 no region", Edited("/us-east-1/", "//"), kAuthorizationHeaderMalformed},
      {"23 sts", scoped("us-east-1", "sts"), kAuthorizationHeaderMalformed},
      {"23 s3tables", scoped("us-east-1", "s3tables"), kAuthorizationHeaderMalformed},
      {"24 terminator", Edited("aws4_request", "aws4_requestx"), kAuthorizationHeaderMalformed},
      {"any region, where that is an option",
       [] {
         Call call =
             SignedCall(PutHead(), Sha256Hex("hello"), TestSigner("AKID", "secret", "mars"));
         call.options.region = "";
         return call;
       },
       kNone},
  });
}

TEST(AuthenticateTest, Dates) {
  const auto dated = [](const char* date, const char* names, const char* header = "Date") {
    return [=] {
      RequestHead head = PutHead("/b/k");
      head.headers.Add(header, date);
      head.headers.Add("x-amz-content-sha256", kUnsignedPayload);
      std::vector<std::string> list;
      for (const auto piece : absl::StrSplit(names, ';')) list.emplace_back(piece);
      const std::string canonical = CanonicalRequest("PUT", ParseRequestTarget("/b/k").value(),
                                                     head.headers, list, kUnsignedPayload);
      return SignedOver(std::move(head), canonical, names);
    };
  };
  CheckAll({
      {"25 none", With("x-amz-date", std::nullopt), kAccessDenied},
      {"26 Date alone, not signed",
       dated("Sat, 28 Feb 2026 23:59:58 GMT", "host;x-amz-content-sha256;x-amz-meta-a"),
       kAccessDenied},
      {"26 Date alone, signed",
       dated("Sat, 28 Feb 2026 23:59:58 GMT", "date;host;x-amz-content-sha256;x-amz-meta-a"),
       kNone},
      {"26 Date alone, as mail writes it",
       dated("Sat, 28 Feb 2026 23:59:58 -0000", "date;host;x-amz-content-sha256;x-amz-meta-a"),
       kNone},
      {"26 Date alone, of another zone",
       dated("Sat, 28 Feb 2026 23:59:58 +0100", "date;host;x-amz-content-sha256;x-amz-meta-a"),
       kAccessDenied},
      {"26 Date alone as x-amz-date is",
       dated("20260228T235958Z", "date;host;x-amz-content-sha256;x-amz-meta-a"), kNone},
      {"26 Date alone, no date", dated("yesterday", "date;host;x-amz-content-sha256;x-amz-meta-a"),
       kAccessDenied},
      {"27 Date says otherwise", Added("Date", "Sat, 28 Feb 2026 22:59:58 GMT"), kAccessDenied},
      {"27 Date says nothing", Added("Date", "x"), kAccessDenied},
      {"27 Date says the same", Added("Date", "Sat, 28 Feb 2026 23:59:59 GMT"), kNone},
      {"27 x-amz-date as HTTP writes it",
       dated("Sat, 28 Feb 2026 23:59:58 GMT", "host;x-amz-content-sha256;x-amz-date;x-amz-meta-a",
             "x-amz-date"),
       kNone},
      {"27 two of them", Added("x-amz-date", kAmzNow), kAccessDenied},
      {"28 no such day", With("x-amz-date", "20250230T000000Z"), kAccessDenied},
      {"28 cut", With("x-amz-date", "20250230T"), kAccessDenied},
      {"28 leap second", With("x-amz-date", "20261231T235960Z"), kAccessDenied},
      {"28 no Z", With("x-amz-date", "20260228T235958"), kAccessDenied},
      {"29 +15:01", SignedAt(-absl::Seconds(901)), kRequestTimeTooSkewed},
      {"29 +14:59", SignedAt(-absl::Seconds(899)), kNone},
      {"30 -15:01", SignedAt(absl::Seconds(901)), kRequestTimeTooSkewed},
      {"30 -14:59", SignedAt(absl::Seconds(899)), kNone},
      {"31 replayed later",
       [] {
         Call call = SignedCall();
         EXPECT_TRUE(Try(call).ok());
         call.now = kNow + absl::Hours(1);
         return call;
       },
       kRequestTimeTooSkewed},
  });
}

TEST(AuthenticateTest, SignedHeaders) {
  const std::vector<std::string> all = {"host", "x-amz-content-sha256", "x-amz-date",
                                        "x-amz-meta-a"};
  CheckAll({
      {"good", ListedAs(all), kNone},
      {"32 no host", ListedAs({"x-amz-content-sha256", "x-amz-date", "x-amz-meta-a"}),
       kAccessDenied},
      {"33 an x-amz-* less", ListedAs({"host", "x-amz-content-sha256", "x-amz-date"}),
       kAccessDenied},
      {"33 the hash, which is covered anyway", ListedAs({"host", "x-amz-date", "x-amz-meta-a"}),
       kNone},
      {"33 one added", Added("X-Amz-Acl", "public-read"), kAccessDenied},
      {"34 an absent header",
       ListedAs({"host", "if-match", "x-amz-content-sha256", "x-amz-date", "x-amz-meta-a"}),
       kSignatureDoesNotMatch},
      {"35 unsorted", ListedAs({"x-amz-date", "host", "x-amz-content-sha256", "x-amz-meta-a"}),
       kAuthorizationHeaderMalformed},
      {"36 upper case", ListedAs({"Host", "x-amz-content-sha256", "x-amz-date", "x-amz-meta-a"}),
       kAuthorizationHeaderMalformed},
      {"37 doubles", ListedAs({"host", "host", "x-amz-content-sha256", "x-amz-date"}),
       kAuthorizationHeaderMalformed},
      {"38 empty", ListedAs({}), kAuthorizationHeaderMalformed},
      {"38 an empty name", ListedAs({"", "host"}), kAuthorizationHeaderMalformed},
      {"38 no name", ListedAs({"ho st"}), kAuthorizationHeaderMalformed},
      {"39 sent twice", Added("x-amz-meta-a", "three"), kSignatureDoesNotMatch},
      {"40 folded", With("x-amz-meta-a", "  one \t  two "), kNone},
      {"41 another port", With("Host", "localhost:9001"), kSignatureDoesNotMatch},
      {"41 a trailing dot", With("Host", "localhost.:9000"), kSignatureDoesNotMatch},
      {"41 mixed case", With("Host", "LocalHost:9000"), kSignatureDoesNotMatch},
      {"42 a token added", Added("X-Amz-Security-Token", "token"), kAccessDenied},
  });
}

TEST(AuthenticateTest, Payloads) {
  const auto hashed = [](const char* hash) { return [=] { return SignedCall(PutHead(), hash); }; };
  CheckAll({
      {"43 none", With("x-amz-content-sha256", std::nullopt), kInvalidRequest},
      {"43 two of them", Added("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), kInvalidArgument},
      {"44 another body's",
       [] {
         Call call = SignedCall();
         SetHeader(call.head, "x-amz-content-sha256", Sha256Hex("other"));
         return call;
       },
       kSignatureDoesNotMatch},
      {"45 of what was read before",
       [] {
         Call call = SignedCall();
         call.body_sha256 = Sha256Hex("hell");
         return call;
       },
       kXAmzContentSha256Mismatch},
      {"46 unsigned, forbidden",
       [] {
         Call call = SignedCall(PutHead(), kUnsignedPayload);
         call.options.allow_unsigned_payload = false;
         return call;
       },
       kAccessDenied},
      {"46 unsigned chunks, forbidden",
       [] {
         Call call = SignedCall(PutHead(), "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
         call.options.allow_unsigned_payload = false;
         return call;
       },
       kAccessDenied},
      {"46 forbidden, but no body",
       [] {
         RequestHead head = PutHead();
         head.content_length = 0;
         Call call = SignedCall(head, kUnsignedPayload);
         call.options.allow_unsigned_payload = false;
         return call;
       },
       kNone},
      {"46 unsigned", hashed("UNSIGNED-PAYLOAD"), kNone},
      {"47 unknown", hashed("STREAMING-FOO"), kInvalidArgument},
      {"47 lower case", hashed("unsigned-payload"), kInvalidArgument},
      {"47 short", hashed("abc"), kInvalidArgument},
      {"47 version 4A", hashed("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), kNotImplemented},
  });
}

TEST(AuthenticateTest, CanonicalRequests) {
  const auto over = [](const char* target, const char* path, const char* query) {
    return [=] { return SignedOver(DatedHead(target), CanonicalWith(path, query)); };
  };
  const auto sent = [](const char* signed_target, const char* sent_target) {
    return [=] {
      Call call = SignedCall(PutHead(signed_target));
      call.head.target = sent_target;
      return call;
    };
  };
  const auto method = [](const char* signed_method, const char* sent_method) {
    return [=] {
      RequestHead head = PutHead();
      head.method = signed_method;
      Call call = SignedCall(head);
      call.head.method = sent_method;
      return call;
    };
  };
  CheckAll({
      {"good", over("/b/k?acl&x=1", "/b/k", "acl=&x=1"), kNone},
      {"49 %2F for /", sent("/b/a/c", "/b/a%2Fc"), kSignatureDoesNotMatch},
      {"49 / for %2F", sent("/b/a%2Fc", "/b/a/c"), kSignatureDoesNotMatch},
      {"50 canonical %2f", over("/b/a%2fc", "/b/a%2fc", ""), kSignatureDoesNotMatch},
      {"51 encoded twice", over("/b/a%2Fc", "/b/a%252Fc", ""), kSignatureDoesNotMatch},
      {"51 sent twice encoded", sent("/b/a%20c", "/b/a%2520c"), kSignatureDoesNotMatch},
      {"52 dots", over("/b/a/../c", "/b/c", ""), kSignatureDoesNotMatch},
      {"52 slashes", over("/b//c", "/b/c", ""), kSignatureDoesNotMatch},
      {"52 sent with dots", sent("/b/c", "/b/./c"), kSignatureDoesNotMatch},
      {"52 other bucket", sent("/b/c", "/x/../b/c"), kSignatureDoesNotMatch},
      {"53 + for %20", sent("/b/a%20c", "/b/a+c"), kSignatureDoesNotMatch},
      {"53 + for %2B in a query", sent("/b/k?p=a%2Bc", "/b/k?p=a+c"), kSignatureDoesNotMatch},
      {"53 canonical +", over("/b/k?p=a%20c", "/b/k", "p=a+c"), kSignatureDoesNotMatch},
      {"54 canonical UTF-8", over("/b/%C3%A4", "/b/\xC3\xA4", ""), kSignatureDoesNotMatch},
      {"54 UTF-8 sent", over("/b/\xC3\xA4", "/b/%C3%A4", ""), kNone},
      {"55 overlong", sent("/b/k", "/b/%C0%AF"), kInvalidUri},
      {"55 NUL", sent("/b/k", "/b/k%00"), kInvalidUri},
      {"55 %zz", sent("/b/k", "/b/%zz"), kInvalidUri},
      {"55 %zz in a query", sent("/b/k", "/b/k?x=%zz"), kInvalidUri},
      {"56 reordered", sent("/b/k?a=1&b=2&c", "/b/k?c&b=2&a=1"), kNone},
      {"57 doubles", sent("/b/k?a=1&a=2", "/b/k?a=2&a=1"), kInvalidArgument},
      {"57 doubles, not moved", sent("/b/k?a=1&a=1", "/b/k?a=1&a=1"), kInvalidArgument},
      {"58 canonical without =", over("/b/k?acl", "/b/k", "acl"), kSignatureDoesNotMatch},
      {"58 a value added", sent("/b/k?acl", "/b/k?acl=x"), kSignatureDoesNotMatch},
      {"59 versionId", sent("/b/k", "/b/k?versionId=1"), kSignatureDoesNotMatch},
      {"59 uploadId", sent("/b/k?partNumber=1", "/b/k?partNumber=1&uploadId=2"),
       kSignatureDoesNotMatch},
      {"59 response-*", sent("/b/k", "/b/k?response-content-type=text%2Fhtml"),
       kSignatureDoesNotMatch},
      {"59 one dropped", sent("/b/k?acl", "/b/k"), kSignatureDoesNotMatch},
      {"60 GET to DELETE", method("GET", "DELETE"), kSignatureDoesNotMatch},
      {"60 GET to HEAD", method("GET", "HEAD"), kSignatureDoesNotMatch},
      {"61 path style signed, host style sent",
       [] {
         Call call = SignedCall(PutHead("/bucket/k"));
         call.head.target = "/k";
         SetHeader(call.head, "Host", "bucket.localhost:9000");
         return call;
       },
       kSignatureDoesNotMatch},
  });
}

}  // namespace
}  // namespace cloudlet::http
