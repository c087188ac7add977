// Routes: every row of the table is reached by its own request and no other, and what is unknown
// is an error.
#include "http/s3_route.h"

#include <set>
#include <string>
#include <string_view>

#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/s3_errors.h"

namespace cloudlet::http {
namespace {

const Headers kCopies = {{"X-Amz-Copy-Source", "b/k"}};
const Headers kForm = {{"content-type", "multipart/form-data; boundary=x"}};

std::vector<QueryParam> Query(std::string_view text) { return *ParseQuery(text); }

std::string Route(std::string_view method, S3Scope scope, std::string_view query,
                  const Headers& headers = {}) {
  const std::vector<QueryParam> params = Query(query);
  const absl::StatusOr<S3Operation> operation =
      RouteS3({.method = method, .scope = scope, .query = &params, .headers = &headers});
  if (!operation.ok()) return InfoOf(ErrorCodeOf(operation.status())).name;
  return std::string(InfoOf(*operation).name);
}

std::string QueryOf(const S3OperationInfo& info) {
  std::string query(info.subresource);
  if (info.subresource == "list-type") query += "=2";
  if (info.subresource == "uploadId") query += "=u";
  for (std::string_view parameter : info.parameters) query += "&" + std::string(parameter) + "=1";
  return query;
}

const Headers& HeadersOf(const S3OperationInfo& info) {
  static const Headers none;
  if (info.operation == S3Operation::kPostObject) return kForm;
  return info.name.find("Copy") == std::string_view::npos ? none : kCopies;
}

TEST(S3RouteTest, EveryOperationIsReachedWithAllItsParameters) {
  std::set<std::string_view> names;
  for (const S3OperationInfo& info : S3Operations()) {
    EXPECT_EQ(&InfoOf(info.operation), &info);
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(Route(info.method, info.scope, QueryOf(info), HeadersOf(info)), info.name);
    EXPECT_EQ(Route(info.method, info.scope, QueryOf(info) + "&x-id=X&X-Amz-Signature=s",
                    HeadersOf(info)),
              info.name);
    EXPECT_EQ(CheckImplemented(info.operation).ok(), info.implemented);
  }
  EXPECT_EQ(ErrorCodeOf(CheckImplemented(S3Operation::kGetBucketPolicy)),
            ErrorCode::kNotImplemented);
}

TEST(S3RouteTest, NoSubresourceEverFallsThroughToAPlainOperation) {
  for (const S3OperationInfo& info : S3Operations()) {
    if (info.subresource.empty()) continue;
    for (S3Scope scope : {S3Scope::kService, S3Scope::kBucket, S3Scope::kObject}) {
      for (std::string_view method : {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}) {
        const std::string query = QueryOf(info);
        for (const S3OperationInfo& plain : S3Operations()) {
          if (!plain.subresource.empty()) continue;
          EXPECT_NE(Route(method, scope, query, kForm), plain.name) << method << " ?" << query;
        }
      }
    }
  }
}

TEST(S3RouteTest, UnknownParametersAreErrors) {
  for (std::string_view method : {"PUT", "DELETE"}) {
    for (S3Scope scope : {S3Scope::kBucket, S3Scope::kObject}) {
      EXPECT_EQ(Route(method, scope, "newFeature"), "NotImplemented");
      EXPECT_EQ(Route(method, scope, "newFeature=1"), "NotImplemented");
    }
  }
  EXPECT_EQ(Route("GET", S3Scope::kObject, "newFeature"), "NotImplemented");
  EXPECT_EQ(Route("GET", S3Scope::kObject, "v=123"), "GetObject");
  EXPECT_EQ(Route("HEAD", S3Scope::kObject, "v="), "HeadObject");
  EXPECT_EQ(Route("GET", S3Scope::kBucket, "v=123"), "ListObjects");
  EXPECT_EQ(Route("GET", S3Scope::kBucket, "newFeature"), "NotImplemented");
  EXPECT_EQ(Route("POST", S3Scope::kObject, "uploads&foo=1"), "NotImplemented");
  EXPECT_EQ(Route("GET", S3Scope::kService, "AWSAccessKeyId=a&Signature=b&Expires=1"),
            "ListBuckets");
}

TEST(S3RouteTest, ParametersOfOtherOperations) {
  EXPECT_EQ(Route("PUT", S3Scope::kObject, "versionId=v"), "InvalidArgument");
  EXPECT_EQ(Route("PUT", S3Scope::kObject, "partNumber=1"), "InvalidArgument");
  EXPECT_EQ(Route("PUT", S3Scope::kObject, "uploadId=u"), "InvalidArgument");
  EXPECT_EQ(Route("PUT", S3Scope::kObject, "uploadId=&partNumber=1"), "InvalidArgument");
  EXPECT_EQ(Route("HEAD", S3Scope::kObject, "uploadId=u"), "InvalidArgument");
  EXPECT_EQ(Route("GET", S3Scope::kObject, "versionId="), "InvalidArgument");
  EXPECT_EQ(Route("GET", S3Scope::kObject, "partNumber"), "InvalidArgument");
  EXPECT_EQ(Route("GET", S3Scope::kBucket, "versionId=v"), "InvalidArgument");
  EXPECT_EQ(Route("GET", S3Scope::kBucket, "acl&policy"), "InvalidArgument");
  EXPECT_EQ(Route("GET", S3Scope::kBucket, "acl&acl"), "GetBucketAcl");
  EXPECT_EQ(Route("GET", S3Scope::kBucket, "list-type=3"), "InvalidArgument");
  EXPECT_EQ(Route("PUT", S3Scope::kObject, "annotation"), "InvalidArgument");
  EXPECT_EQ(Route("DELETE", S3Scope::kObject, "annotation"), "InvalidArgument");
}

TEST(S3RouteTest, MethodsThatAreNotThere) {
  EXPECT_EQ(Route("PATCH", S3Scope::kObject, ""), "MethodNotAllowed");
  EXPECT_EQ(Route("POST", S3Scope::kObject, ""), "MethodNotAllowed");
  EXPECT_EQ(Route("PUT", S3Scope::kService, ""), "MethodNotAllowed");
  EXPECT_EQ(Route("DELETE", S3Scope::kBucket, "acl"), "MethodNotAllowed");
  EXPECT_EQ(Route("PUT", S3Scope::kBucket, "versions"), "MethodNotAllowed");
  EXPECT_EQ(Route("GET", S3Scope::kObject, "versions"), "MethodNotAllowed");
  EXPECT_EQ(Route("get", S3Scope::kObject, ""), "MethodNotAllowed");
}

TEST(S3RouteTest, APostToABucketIsAForm) {
  EXPECT_EQ(Route("POST", S3Scope::kBucket, "", kForm), "PostObject");
  EXPECT_EQ(Route("POST", S3Scope::kBucket, ""), "PreconditionFailed");
  EXPECT_EQ(*RouteS3({.method = "GET"}), S3Operation::kListBuckets);
}

}  // namespace
}  // namespace cloudlet::http
