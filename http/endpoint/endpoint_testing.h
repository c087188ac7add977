// For tests of the endpoint over real sockets: an endpoint over a Cloud in memory, and a client
// that signs with our own signer. `OWNER` owns the store, `OTHER` is another account.
#ifndef CLOUDLET_HTTP_ENDPOINT_ENDPOINT_TESTING_H_
#define CLOUDLET_HTTP_ENDPOINT_ENDPOINT_TESTING_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cloudlet/cloud.h"
#include "cloudlet/endpoint.h"
#include "gtest/gtest.h"
#include "http/message.h"
#include "http/raw_client.h"
#include "http/sign_request.h"

namespace cloudlet::http {

class EndpointTest : public ::testing::Test {
 protected:
  void Start(EndpointOptions options = {}) {
    options.identities = {
        {.access_key_id = "OWNER", .secret_access_key = "owner-secret", .display_name = "me"},
        {.access_key_id = "OTHER", .secret_access_key = "other-secret", .canonical_id = "other"}};
    auto endpoint = S3Endpoint::Start(cloud_, options);
    ASSERT_TRUE(endpoint.ok()) << endpoint.status();
    endpoint_ = std::make_unique<S3Endpoint>(*std::move(endpoint));
  }

  struct Ask {
    std::string method = "GET";
    std::string target = "/";
    Headers headers = {};
    std::string body = {};
    std::string key = "OWNER";  // empty: unsigned
    std::string service = "s3";
  };
  RequestHead HeadOf(const Ask& ask) {
    RequestHead head;
    head.method = ask.method;
    head.target = ask.target;
    head.headers.Add("Host", absl::StrCat("127.0.0.1:", endpoint_->port()));
    for (const Header& header : ask.headers) head.headers.Add(header.name, header.value);
    return head;
  }
  static std::string Bytes(const RequestHead& head, const std::string& body, bool length = true) {
    std::string text = absl::StrCat(head.method, " ", head.target, " HTTP/1.1\r\n");
    for (const Header& header : head.headers) {
      absl::StrAppend(&text, header.name, ": ", header.value, "\r\n");
    }
    if (length) absl::StrAppend(&text, "Content-Length: ", body.size(), "\r\n");
    return absl::StrCat(text, "\r\n", body);
  }
  RequestHead Signed(const Ask& ask) {
    RequestHead head = HeadOf(ask);
    if (ask.key.empty()) return head;
    const std::string secret = ask.key == "OWNER" ? "owner-secret" : "other-secret";
    const Signer signer({ask.key, Secret(secret)}, "us-east-1", ask.service);
    EXPECT_TRUE(signer.SignHeaders(head, Sha256Hex(ask.body), cloud_.Now()).ok());
    return head;
  }
  RawResponse Do(const Ask& ask) {
    RawClient client(endpoint_->port());
    EXPECT_TRUE(client.Send(Bytes(Signed(ask), ask.body)));
    return client.Receive(ask.method == "HEAD");
  }
  RawResponse Put(const std::string& target, const std::string& body, Headers headers = {}) {
    return Do({.method = "PUT", .target = target, .headers = std::move(headers), .body = body});
  }
  RawResponse Get(const std::string& target, Headers headers = {}) {
    return Do({.target = target, .headers = std::move(headers)});
  }
  static std::string CodeOf(const RawResponse& response) {
    const size_t begin = response.body.find("<Code>");
    if (begin == std::string::npos) return "";
    return response.body.substr(begin + 6, response.body.find("</Code>") - begin - 6);
  }

  Cloud cloud_ = Cloud::InMemory({.key_policy = KeyPolicy::kUtf8});
  std::unique_ptr<S3Endpoint> endpoint_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_ENDPOINT_ENDPOINT_TESTING_H_
