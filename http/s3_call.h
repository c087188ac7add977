// One request to S3 on its way: what was asked, by whom, and how it is answered.
#ifndef CLOUDLET_HTTP_S3_CALL_H_
#define CLOUDLET_HTTP_S3_CALL_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/acl.h"
#include "cloudlet/cloud.h"
#include "cloudlet/endpoint.h"
#include "http/authenticate.h"
#include "http/message.h"
#include "http/request_body.h"
#include "http/s3_address.h"
#include "http/s3_documents_bucket.h"
#include "http/s3_errors.h"
#include "http/s3_route.h"
#include "http/uri.h"

namespace cloudlet::http {

// What all calls of an endpoint share. Constant, and safe from any thread.
struct S3Context {
  Cloud* cloud = nullptr;
  Durability durability = Durability::kBuffered;
  std::string host_id = {};  // x-amz-id-2
  // By canonical id; with no name where nobody has this id.
  std::function<Owner(std::string_view canonical_id)> owner_of = nullptr;
};

// A value, shared with what answers later.
struct S3Call {
  const S3Context* context = nullptr;
  RequestHead head = {};
  RequestTarget target = {};
  S3Address address = {};
  S3Operation operation = S3Operation::kListBuckets;
  std::optional<VerifiedPrincipal> who = {};
  Caller caller = {};
  // What hooks and log lines see.
  std::shared_ptr<EndpointRequest> request = nullptr;

  Cloud& cloud() const { return *context->cloud; }
  // The bucket that is addressed, on behalf of the caller.
  Bucket bucket() const;
  // The parameter's value; empty where there is none.
  std::string_view Param(std::string_view name) const;

  // Answers: with the ids that S3 gives to all of them.
  Response Ok(int status = 200) const;
  Response Xml(std::string document, int status = 200) const;
  Response Error(const absl::Status& status) const;
  Refusal refusal() const;
};
using S3CallPtr = std::shared_ptr<S3Call>;

// The answer, or the error as an answer.
Response AnswerOf(const S3Call& call, absl::StatusOr<Response> response);

// Takes a body of at most `max_bytes` and answers with what `finish` makes of it, once the digests
// that its headers or trailers name are found to be right. A body with `needs_digest` must name one
// (InvalidRequest).
Begun WithBody(const S3CallPtr& call, size_t max_bytes, bool needs_digest,
               std::function<absl::StatusOr<Response>(std::string body)> finish);

// Whether the caller may write to what is addressed: for operations that keep much of a body before
// the store can say. Asked of callers that are not the owner of the store alone.
absl::Status CheckMayWrite(const S3Call& call);

// x-amz-expected-bucket-owner: AccessDenied where it is there and not the bucket's, and for who
// does not own the bucket.
absl::Status CheckExpectedOwner(const S3Call& call);

// x-amz-acl: absent is kPrivate; nullopt: it is not there. InvalidArgument: no canned ACL.
// NotImplemented: grants by x-amz-grant-*.
absl::StatusOr<std::optional<CannedAcl>> AclHeader(const Headers& headers);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_CALL_H_
