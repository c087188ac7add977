// See s3_call.h.
#include "http/s3_call.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/checksum.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "http/s3_copy_headers.h"
#include "http/s3_headers.h"

namespace cloudlet::http {
namespace {

absl::Status BadDigestError(std::string_view header) {
  return MakeError(
      ErrorCode::kBadDigest,
      absl::StrCat("The ", base::V(header), " you specified did not match what we received."));
}

// Whether the digests that the headers, or a trailer, name are those of `body`.
absl::Status CheckDigests(const BodyChecksums& named, std::string_view body,
                          const Headers& trailers) {
  if (!named.content_md5.empty()) {
    const std::optional<std::string> md5 = base::Base64Decode(named.content_md5);
    if (!md5.has_value() || md5->size() != ChecksumBytes(ChecksumAlgorithm::kMd5)) {
      return MakeError(ErrorCode::kInvalidDigest);
    }
    if (*md5 != base::DigestOf(ChecksumAlgorithm::kMd5, body)) {
      return BadDigestError("Content-MD5");
    }
  }
  std::optional<Checksum> checksum = named.checksum;
  if (named.trailer.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(checksum, DecodeTrailer(*named.trailer, trailers));
  }
  if (!checksum.has_value()) return absl::OkStatus();
  if (checksum->value != base::Base64Encode(base::DigestOf(checksum->algorithm, body))) {
    return BadDigestError(ChecksumHeader(checksum->algorithm));
  }
  return absl::OkStatus();
}

// Where it is the source of a copy that is not there.
std::optional<CopySource> MissingSource(const S3Call& call, ErrorCode code) {
  const bool bucket = code == ErrorCode::kNoSuchBucket;
  if (!bucket && code != ErrorCode::kNoSuchKey && code != ErrorCode::kNoSuchVersion) {
    return std::nullopt;
  }
  if (call.head.headers.Find("x-amz-copy-source") == nullptr) return std::nullopt;
  const absl::StatusOr<CopySource> source = DecodeCopySource(call.head.headers);
  if (!source.ok()) return std::nullopt;
  // Of two buckets, is it the one that is written to?
  if (bucket && ErrorCodeOf(call.bucket().Info().status()) == ErrorCode::kNoSuchBucket) {
    return std::nullopt;
  }
  return *source;
}

}  // namespace

Bucket S3Call::bucket() const { return cloud().bucket(address.bucket).As(caller); }

std::string_view S3Call::Param(std::string_view name) const {
  const QueryParam* const param = target.Find(name);
  return param == nullptr ? std::string_view() : std::string_view(param->value);
}

Response S3Call::Ok(int status) const {
  Response response;
  response.status = status;
  response.headers.Add("x-amz-request-id", caller.request_id);
  response.headers.Add("x-amz-id-2", context->host_id);
  response.note = request;
  return response;
}

Response S3Call::Xml(std::string document, int status) const {
  Response response = Ok(status);
  response.headers.Add("Content-Type", "application/xml");
  response.body = absl::Cord(std::move(document));
  return response;
}

Response S3Call::Error(const absl::Status& status) const {
  ErrorContext about;
  about.bucket = address.bucket;
  about.key = address.key;
  about.version_id = std::string(Param("versionId"));
  if (const auto source = MissingSource(*this, ErrorCodeOf(status))) {
    about.bucket = source->bucket;
    about.key = source->key;
    about.version_id = source->version_id;
  }
  about.upload_id = std::string(Param("uploadId"));
  about.resource = target.raw_path;
  about.request_id = caller.request_id;
  about.host_id = context->host_id;
  about.method = head.method;
  about.range = std::string(head.headers.Get("range"));
  about.condition = ConditionOf(head.headers);
  Response response = ErrorResponse(S3ErrorOf(status, about), head.method);
  response.note = request;
  return response;
}

Refusal S3Call::refusal() const {
  return [call = *this](const absl::Status& status) { return call.Error(status); };
}

Response AnswerOf(const S3Call& call, absl::StatusOr<Response> response) {
  return response.ok() ? *std::move(response) : call.Error(response.status());
}

absl::Status CheckExpectedOwner(const S3Call& call) {
  if (call.head.headers.Find("x-amz-source-expected-bucket-owner") != nullptr) {
    return MakeError(ErrorCode::kNotImplemented, "x-amz-source-expected-bucket-owner");
  }
  const std::string* const owner = call.head.headers.Find("x-amz-expected-bucket-owner");
  if (owner == nullptr || call.address.bucket.empty()) return absl::OkStatus();
  CLOUDLET_ASSIGN_OR_RETURN(const BucketInfo info, call.bucket().Info());
  return info.owner == *owner ? absl::OkStatus() : MakeError(ErrorCode::kAccessDenied);
}

absl::Status CheckMayWrite(const S3Call& call) {
  if (call.caller.principal == call.cloud().owner()) return absl::OkStatus();
  const std::string key = call.address.key.empty() ? "key" : call.address.key;
  return call.bucket().OpenWriter(key).status();  // what is not committed leaves nothing
}

Begun WithBody(const S3CallPtr& call, size_t max_bytes, bool needs_digest,
               std::function<absl::StatusOr<Response>(std::string body)> finish) {
  absl::StatusOr<BodyChecksums> named = DecodeBodyChecksums(call->head.headers);
  if (!named.ok()) return call->Error(named.status());
  if (needs_digest && named->content_md5.empty() && !named->checksum.has_value() &&
      !named->trailer.has_value()) {
    return call->Error(MakeError(ErrorCode::kInvalidRequest,
                                 "Missing required header for this request: Content-MD5 OR "
                                 "x-amz-checksum-*"));
  }
  absl::StatusOr<std::unique_ptr<Exchange>> body = TakeBody(
      call->head, *call->who,
      TakeWhole(max_bytes,
                [call, named = *std::move(named), finish = std::move(finish)](
                    std::string bytes, const Headers& trailers) -> Response {
                  if (absl::Status status = CheckDigests(named, bytes, trailers); !status.ok()) {
                    return call->Error(status);
                  }
                  return AnswerOf(*call, finish(std::move(bytes)));
                }),
      call->refusal());
  if (!body.ok()) return call->Error(body.status());
  return *std::move(body);
}

absl::StatusOr<std::optional<CannedAcl>> AclHeader(const Headers& headers) {
  for (const Header& header : headers) {
    if (header.name.size() > 12 && SameName(header.name.substr(0, 12), "x-amz-grant-")) {
      return MakeError(
          ErrorCode::kNotImplemented,
          absl::StrCat(header.name, " is not implemented (canned ACLs are: x-amz-acl)"));
    }
  }
  const std::string* const name = headers.Find("x-amz-acl");
  if (name == nullptr) return std::optional<CannedAcl>();
  const std::optional<CannedAcl> acl = CannedAclNamed(*name);
  if (!acl.has_value()) {
    return InvalidArgumentError("x-amz-acl", *name, "no canned ACL has this name");
  }
  return acl;
}

}  // namespace cloudlet::http
