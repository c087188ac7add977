// Requests for tests of authentication: signed as a client signs, then changed as an attacker
// would.
//
//   Call call = SignedCall();
//   SetHeader(call.head, "Host", "elsewhere");
//   EXPECT_EQ(CodeOf(call), ErrorCode::kSignatureDoesNotMatch);
#ifndef CLOUDLET_HTTP_AUTHENTICATE_TESTING_H_
#define CLOUDLET_HTTP_AUTHENTICATE_TESTING_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/authenticate.h"
#include "http/message.h"
#include "http/sign_request.h"

namespace cloudlet::http {

inline const absl::Time kNow = absl::FromUnixSeconds(1772323198);  // 2026-02-28 23:59:58 UTC
inline constexpr char kAmzNow[] = "20260228T235958Z";

inline std::optional<AccessKey> TestKey(std::string_view key_id) {
  if (key_id == "AKID") return AccessKey{Secret("secret"), {"id1", "One", "one@example.com"}, ""};
  if (key_id == "TEMP") return AccessKey{Secret("temporary"), {"id2", "Two", ""}, "token"};
  return std::nullopt;
}

inline Signer TestSigner(std::string_view key_id = "AKID", std::string_view secret = "secret",
                         std::string_view region = "us-east-1", std::string_view service = "s3") {
  return Signer({std::string(key_id), Secret(std::string(secret))}, std::string(region),
                std::string(service));
}

struct Call {
  RequestHead head = {};
  absl::Time now = kNow;
  AuthOptions options = {};
  std::optional<std::string> body_sha256 = {};
};

inline absl::StatusOr<VerifiedPrincipal> Try(const Call& call) {
  const auto target = ParseRequestTarget(call.head.target);
  if (!target.ok()) return target.status();
  return Authenticator(TestKey, call.options)
      .Authenticate(call.head, *target, call.now, call.body_sha256);
}

inline ErrorCode CodeOf(const Call& call) { return ErrorCodeOf(Try(call).status()); }

// Of whatever has this name, one stays: with `value`, or none without.
inline void SetHeader(RequestHead& head, std::string_view name,
                      std::optional<std::string_view> value) {
  Headers headers;
  for (const Header& header : head.headers) {
    if (!SameName(header.name, name)) headers.Add(header.name, header.value);
  }
  if (value.has_value()) headers.Add(name, *value);
  head.headers = headers;
}

inline std::string Replaced(std::string_view text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  if (at == std::string_view::npos) return "no such text";
  return absl::StrCat(base::V(text.substr(0, at)), base::V(to),
                      base::V(text.substr(at + from.size())));
}

inline void EditAuthorization(RequestHead& head, std::string_view from, std::string_view to) {
  SetHeader(head, "Authorization", Replaced(head.headers.Get("Authorization"), from, to));
}

inline RequestHead PutHead(std::string_view target = "/bucket/key.txt?x=1&y=2") {
  RequestHead head;
  head.method = "PUT";
  head.target = std::string(target);
  head.content_length = 5;
  head.headers = {{"Host", "localhost:9000"}, {"x-amz-meta-a", "one two"}};
  return head;
}

inline Call SignedCall(RequestHead head = PutHead(), std::string_view hash = Sha256Hex("hello"),
                       const Signer& signer = TestSigner(), absl::Time when = kNow) {
  Call call;
  call.head = std::move(head);
  (void)signer.SignHeaders(call.head, hash, when);
  return call;
}

inline Call PresignedCall(RequestHead head = PutHead(), absl::Duration expires = absl::Minutes(5),
                          absl::Time when = kNow, const Signer& signer = TestSigner()) {
  Call call;
  call.head = std::move(head);
  call.head.target = signer.Presign(call.head, expires, when).value();
  return call;
}

// Signed over a canonical request of the caller's own, as a client that canonicalises otherwise
// does; `names` is what SignedHeaders says.
inline Call SignedOver(RequestHead head, std::string_view canonical,
                       std::string_view names = "host;x-amz-content-sha256;x-amz-date;x-amz-meta-a",
                       std::string_view amz_time = kAmzNow,
                       std::string_view scope_text = "20260228/us-east-1/s3/aws4_request") {
  const Mac key = SigningKey(Secret("secret"), {"20260228", "us-east-1", "s3"});
  const std::string text = absl::StrCat("AWS4-HMAC-SHA256\n", base::V(amz_time), "\n",
                                        base::V(scope_text), "\n", Sha256Hex(canonical));
  head.headers.Add(
      "Authorization",
      absl::StrCat("AWS4-HMAC-SHA256 Credential=AKID/", base::V(scope_text),
                   ", SignedHeaders=", base::V(names), ", Signature=", HexOf(Hmac(key, text))));
  Call call;
  call.head = std::move(head);
  return call;
}

struct Case {
  const char* name;
  std::function<Call()> make;
  ErrorCode code;  // kNone: it passes
};

inline void CheckAll(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const auto who = Try(c.make());
    EXPECT_EQ(ErrorCodeOf(who.status()), c.code) << c.name << ": " << who.status();
    EXPECT_EQ(who.ok(), c.code == ErrorCode::kNone) << c.name;
    if (!who.ok()) {
      const int http = InfoOf(ErrorCodeOf(who.status())).http_status;
      EXPECT_TRUE(http >= 400 && (http < 500 || http == 501)) << c.name << ": " << http;
    }
  }
}

// PutHead with its date and hash, and its canonical request with `path` and `query` as given.
inline RequestHead DatedHead(std::string_view target) {
  RequestHead head = PutHead(target);
  head.headers.Add("x-amz-date", kAmzNow);
  head.headers.Add("x-amz-content-sha256", kUnsignedPayload);
  return head;
}
inline std::string CanonicalWith(std::string_view path, std::string_view query,
                                 std::string_view host = "localhost:9000",
                                 std::string_view meta = "one two") {
  return absl::StrCat("PUT\n", base::V(path), "\n", base::V(query), "\nhost:", base::V(host),
                      "\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:", kAmzNow,
                      "\nx-amz-meta-a:", base::V(meta),
                      "\n\nhost;x-amz-content-sha256;x-amz-date;x-amz-meta-a\nUNSIGNED-PAYLOAD");
}

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_AUTHENTICATE_TESTING_H_
