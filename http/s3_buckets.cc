// Buckets: their list, their making, their configuration.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "http/s3_documents_bucket.h"
#include "http/s3_documents_notification.h"
#include "http/s3_headers.h"
#include "http/s3_lists.h"
#include "http/s3_operations.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

constexpr uint64_t kMaxBuckets = 10'000;  // of a page

// A page is asked for by max-buckets; without it all buckets come.
absl::StatusOr<Response> List(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<BucketEntry> all,
                            call.cloud().ListBuckets(call.caller));
  size_t limit = kMaxBuckets;
  const QueryParam* const max = call.target.Find("max-buckets");
  if (max != nullptr) {
    CLOUDLET_ASSIGN_OR_RETURN(limit, DecodeNumber("max-buckets", max->value, kMaxBuckets));
    if (limit == 0) return InvalidArgumentError("max-buckets", "0", "it must be 1 to 10000");
  }
  // The token is the name that came last, in base64.
  std::string after;
  if (const QueryParam* token = call.target.Find("continuation-token")) {
    std::optional<std::string> name = base::Base64Decode(token->value);
    if (!name.has_value() || name->empty()) {
      return InvalidArgumentError("continuation-token", token->value,
                                  "The continuation token provided is incorrect");
    }
    after = *std::move(name);
  }
  BucketListDocument list;
  list.prefix = std::string(call.Param("prefix"));
  const std::string_view region = call.Param("bucket-region");
  for (const BucketEntry& bucket : all) {
    if (bucket.name <= after || !absl::StartsWith(bucket.name, list.prefix)) continue;
    if (!region.empty() && bucket.region != region) continue;
    if (list.buckets.size() == limit) {
      list.continuation_token = base::Base64Encode(list.buckets.back().name);
      break;
    }
    list.buckets.push_back(
        {bucket.name, bucket.created, max != nullptr ? bucket.region : std::string()});
  }
  list.owner = call.context->owner_of(call.caller.principal);
  return call.Xml(EncodeBucketList(list));
}

// In us-east-1 a bucket that is one's own already is no error, and keeps what it has.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
absl::StatusOr<Response> Create(const S3Call& call, const std::string& body) {
  BucketOptions options;
  if (!body.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(const CreateBucketDocument document, DecodeCreateBucket(body));
    if (!document.tags.empty()) {
      return MakeError(ErrorCode::kNotImplemented, "tags of a bucket that is being created");
    }
    options.region = document.location;
  }
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<CannedAcl> acl, AclHeader(call.head.headers));
  if (acl.has_value()) options.acl = *acl;
  const absl::StatusOr<Bucket> bucket =
      call.cloud().CreateBucket(call.address.bucket, options, call.caller);
  if (!bucket.ok() &&
      !(IsBucketAlreadyOwnedByYou(bucket.status()) && call.cloud().region() == "us-east-1")) {
    return bucket.status();
  }
  Response response = call.Ok();
  response.headers.Add("Location", absl::StrCat("/", call.address.bucket));
  return response;
}

absl::StatusOr<Response> Head(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const HeadBucketResult head, call.bucket().HeadBucket());
  Response response = call.Ok();
  response.headers.Add("x-amz-bucket-region", head.region);
  response.headers.Add("Content-Type", "application/xml");
  return response;
}

// Ends the uploads of a bucket that has nothing else; false: it has.
absl::StatusOr<bool> AbortAllUploads(const S3Call& call) {
  const Bucket bucket = call.bucket();
  CLOUDLET_ASSIGN_OR_RETURN(const VersionPage versions, bucket.ListVersions({.max_keys = 1}));
  if (!versions.entries.empty()) return false;
  UploadPageOptions options;
  for (;;) {
    CLOUDLET_ASSIGN_OR_RETURN(const UploadPage page, bucket.ListMultipartUploads(options));
    for (const UploadEntry& upload : page.entries) {
      const absl::Status aborted = bucket.AbortMultipartUpload(upload.key, upload.upload_id);
      if (!aborted.ok() && !IsNoSuchUpload(aborted)) return aborted;
    }
    if (!page.is_truncated) return true;
    options.key_marker = page.next_key_marker;
    options.upload_id_marker = page.next_upload_id_marker;
  }
}

// S3 deletes a bucket that has open uploads, and these with it; in process they keep it.
absl::StatusOr<Response> Delete(const S3Call& call) {
  absl::Status deleted = call.cloud().DeleteBucket(call.address.bucket, call.caller);
  if (IsBucketNotEmpty(deleted)) {
    CLOUDLET_ASSIGN_OR_RETURN(const bool empty, AbortAllUploads(call));
    if (empty) deleted = call.cloud().DeleteBucket(call.address.bucket, call.caller);
  }
  if (!deleted.ok()) return deleted;
  return call.Ok(204);
}

absl::StatusOr<Response> Location(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketInfo info, call.bucket().Info());
  return call.Xml(EncodeLocation(info.options.region));
}

absl::StatusOr<Response> GetVersioning(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketInfo info, call.bucket().Info());
  return call.Xml(EncodeVersioning(info.versioning));
}

absl::StatusOr<Response> PutVersioning(const S3Call& call, const std::string& body) {
  CLOUDLET_ASSIGN_OR_RETURN(const Versioning versioning, DecodeVersioning(body));
  CLOUDLET_RETURN_IF_ERROR(call.bucket().SetVersioning(versioning));
  return call.Ok();
}

absl::StatusOr<Response> GetTagging(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const TagSet tags, call.bucket().GetBucketTags());
  return call.Xml(EncodeTagging(tags));
}

absl::StatusOr<Response> PutTagging(const S3Call& call, const std::string& body) {
  CLOUDLET_ASSIGN_OR_RETURN(const TagSet tags, DecodeTagging(body));
  CLOUDLET_RETURN_IF_ERROR(call.bucket().SetBucketTags(tags));
  return call.Ok(204);
}

absl::StatusOr<Response> DeleteTagging(const S3Call& call) {
  CLOUDLET_RETURN_IF_ERROR(call.bucket().DeleteBucketTags());
  return call.Ok(204);
}

absl::StatusOr<Response> GetNotification(const S3Call& call) {
  CLOUDLET_RETURN_IF_ERROR(call.bucket().Info().status());  // the owner's alone
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<Trigger> triggers,
                            call.cloud().ListTriggers(call.address.bucket));
  return call.Xml(EncodeNotification(triggers, call.cloud().region()));
}

absl::StatusOr<Response> PutNotification(const S3Call& call, const std::string& body) {
  CLOUDLET_RETURN_IF_ERROR(call.bucket().Info().status());
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<Trigger> triggers,
                            DecodeNotification(body, call.address.bucket, call.cloud().region()));
  for (const Trigger& trigger : triggers) {
    // In the process code may be bound to a name later on; a client has no way to do that.
    if (trigger.function.empty() || call.cloud().GetFunction(trigger.function).ok()) continue;
    return InvalidArgumentError(
        "CloudFunction",
        ArnOf({Destination::Kind::kFunction, trigger.function}, call.cloud().region()),
        "Unable to validate the following destination configurations");
  }
  CLOUDLET_RETURN_IF_ERROR(call.cloud().SetTriggers(call.address.bucket, triggers).status());
  return call.Ok();
}

}  // namespace

Begun ListBuckets(const S3CallPtr& call) { return AnswerOf(*call, List(*call)); }
Begun CreateBucket(const S3CallPtr& call) {
  return WithBody(call, kXmlBytes, false,
                  [call](const std::string& body) { return Create(*call, body); });
}
Begun HeadBucket(const S3CallPtr& call) { return AnswerOf(*call, Head(*call)); }
Begun DeleteBucket(const S3CallPtr& call) { return AnswerOf(*call, Delete(*call)); }
Begun GetBucketLocation(const S3CallPtr& call) { return AnswerOf(*call, Location(*call)); }
Begun GetBucketVersioning(const S3CallPtr& call) { return AnswerOf(*call, GetVersioning(*call)); }
Begun PutBucketVersioning(const S3CallPtr& call) {
  return WithBody(call, kXmlBytes, false,
                  [call](const std::string& body) { return PutVersioning(*call, body); });
}
Begun GetBucketTagging(const S3CallPtr& call) { return AnswerOf(*call, GetTagging(*call)); }
Begun PutBucketTagging(const S3CallPtr& call) {
  return WithBody(call, kXmlBytes, false,
                  [call](const std::string& body) { return PutTagging(*call, body); });
}
Begun DeleteBucketTagging(const S3CallPtr& call) { return AnswerOf(*call, DeleteTagging(*call)); }

Begun GetBucketNotification(const S3CallPtr& call) {
  return AnswerOf(*call, GetNotification(*call));
}
Begun PutBucketNotification(const S3CallPtr& call) {
  return WithBody(call, kXmlBytes, false,
                  [call](const std::string& body) { return PutNotification(*call, body); });
}

}  // namespace cloudlet::http
