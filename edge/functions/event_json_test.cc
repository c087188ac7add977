// Golden events: those of the AWS guide.
#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "cloudlet/edge_functions.h"
#include "gtest/gtest.h"

namespace cloudlet {
namespace {

EdgeEvent Event(EdgeEventType type) {
  EdgeEvent event;
  event.type = type;
  event.distribution_domain_name = "d111111abcdef8.cloudfront.net";
  event.distribution_id = "EDFDVBD6EXAMPLE";
  event.request_id = "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==";
  event.client_ip = "203.0.113.178";
  return event;
}

// The golden texts are indented; no value in them has a space.
std::string Dense(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }),
             text.end());
  return text;
}

TEST(EdgeEventJson, ViewerRequest) {
  EdgeEvent event = Event(EdgeEventType::kViewerRequest);
  event.request.headers = {{"Host", "d111111abcdef8.cloudfront.net"},
                           {"User-Agent", "curl/7.66.0"},
                           {"accept", "*/*"},
                           {"X-A", "1"},
                           {"x-a", "2"}};
  EXPECT_EQ(EdgeEventJson(event), Dense(R"({"Records": [{"cf": {
    "config": {
      "distributionDomainName": "d111111abcdef8.cloudfront.net",
      "distributionId": "EDFDVBD6EXAMPLE",
      "eventType": "viewer-request",
      "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="},
    "request": {
      "clientIp": "203.0.113.178",
      "headers": {
        "host": [{"key": "Host", "value": "d111111abcdef8.cloudfront.net"}],
        "user-agent": [{"key": "User-Agent", "value": "curl/7.66.0"}],
        "accept": [{"key": "accept", "value": "*/*"}],
        "x-a": [{"key": "X-A", "value": "1"}, {"key": "x-a", "value": "2"}]},
      "method": "GET",
      "querystring": "",
      "uri": "/"}}}]})"));
}

TEST(EdgeEventJson, OriginResponse) {
  EdgeEvent event = Event(EdgeEventType::kOriginResponse);
  event.request.method = "POST";
  event.request.uri = "/a";
  event.request.querystring = "b=1&b=2";
  event.request.headers = {{"Host", "example.org"}};
  event.body = absl::Cord("hello");
  event.body_truncated = true;
  event.origin = EdgeOrigin{"example.org", absl::Seconds(30)};
  event.response = EdgeResponse{200, "OK", {{"Content-Length", "9593"}}, {}};
  EXPECT_EQ(EdgeEventJson(event), Dense(R"({"Records": [{"cf": {
    "config": {
      "distributionDomainName": "d111111abcdef8.cloudfront.net",
      "distributionId": "EDFDVBD6EXAMPLE",
      "eventType": "origin-response",
      "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="},
    "request": {
      "body": {
        "action": "read-only",
        "data": "aGVsbG8=",
        "encoding": "base64",
        "inputTruncated": true},
      "clientIp": "203.0.113.178",
      "headers": {"host": [{"key": "Host", "value": "example.org"}]},
      "method": "POST",
      "origin": {"custom": {
        "customHeaders": {},
        "domainName": "example.org",
        "keepaliveTimeout": 5,
        "path": "",
        "port": 443,
        "protocol": "https",
        "readTimeout": 30,
        "sslProtocols": ["TLSv1.2"]}},
      "querystring": "b=1&b=2",
      "uri": "/a"},
    "response": {
      "headers": {"content-length": [{"key": "Content-Length", "value": "9593"}]},
      "status": "200",
      "statusDescription": "OK"}}}]})"));
}

TEST(CloudFrontFunctionsEventJson, ViewerResponse) {
  EdgeEvent event = Event(EdgeEventType::kViewerResponse);
  event.request.uri = "/media/index.mpd";
  event.request.querystring = "ID=42&NoValue=&none&querymv=val1&querymv=val2,val3&x=a=b&";
  event.request.headers = {{"Host", "video.example.com"},
                           {"Accept", "application/json"},
                           {"accept", "text/html"},
                           {"Cookie", "Cookie1=value1; cookiemv=value3; cookiemv=value4"},
                           {"Cookie", "c=d"}};
  event.response = EdgeResponse{200,
                                "OK",
                                {{"Content-Length", "701"},
                                 {"Set-Cookie", "ID=id1234; Expires=Wed,05Apr2021"},
                                 {"Set-Cookie", "Cookie1=val1;Secure;Path=/"},
                                 {"Set-Cookie", "Cookie1=val2"}},
                                {}};
  EXPECT_EQ(*CloudFrontFunctionsEventJson(event), Dense(R"({
    "version": "1.0",
    "context": {
      "distributionDomainName": "d111111abcdef8.cloudfront.net",
      "distributionId": "EDFDVBD6EXAMPLE",
      "eventType": "viewer-response",
      "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="},
    "viewer": {"ip": "203.0.113.178"},
    "request": {
      "method": "GET",
      "uri": "/media/index.mpd",
      "querystring": {
        "ID": {"value": "42"},
        "NoValue": {"value": ""},
        "none": {"value": ""},
        "querymv": {"value": "val1", "multiValue": [{"value": "val1"}, {"value": "val2,val3"}]},
        "x": {"value": "a=b"}},
      "headers": {
        "host": {"value": "video.example.com"},
        "accept": {
          "value": "application/json",
          "multiValue": [{"value": "application/json"}, {"value": "text/html"}]}},
      "cookies": {
        "Cookie1": {"value": "value1"},
        "cookiemv": {"value": "value3", "multiValue": [{"value": "value3"}, {"value": "value4"}]},
        "c": {"value": "d"}}},
    "response": {
      "statusCode": 200,
      "statusDescription": "OK",
      "headers": {"content-length": {"value": "701"}},
      "cookies": {
        "ID": {"value": "id1234", "attributes": "Expires=Wed,05Apr2021"},
        "Cookie1": {
          "value": "val1",
          "attributes": "Secure;Path=/",
          "multiValue": [{"value": "val1", "attributes": "Secure;Path=/"}, {"value": "val2"}]}}}})"));
}

TEST(CloudFrontFunctionsEventJson, IsOfViewerEventsAlone) {
  EdgeEvent event = Event(EdgeEventType::kViewerRequest);
  event.request.headers = {{"Host", "\xFFx"}};  // no UTF-8
  EXPECT_EQ(*CloudFrontFunctionsEventJson(event), Dense(R"({
    "version": "1.0",
    "context": {
      "distributionDomainName": "d111111abcdef8.cloudfront.net",
      "distributionId": "EDFDVBD6EXAMPLE",
      "eventType": "viewer-request",
      "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="},
    "viewer": {"ip": "203.0.113.178"},
    "request": {
      "method": "GET",
      "uri": "/",
      "querystring": {},
      "headers": {"host": {"value": ")"
                                                        "\xEF\xBF\xBD"
                                                        R"(x"}},
      "cookies": {}}})"));
  for (const auto type : {EdgeEventType::kOriginRequest, EdgeEventType::kOriginResponse}) {
    EXPECT_EQ(CloudFrontFunctionsEventJson(Event(type)).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace cloudlet
