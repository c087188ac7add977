// PostObject: a form, as browsers send it, becomes an object.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "http/authenticate.h"
#include "http/post_form.h"
#include "http/post_policy.h"
#include "http/s3_documents_bucket.h"
#include "http/s3_documents_object.h"
#include "http/s3_headers.h"
#include "http/s3_object_headers.h"
#include "http/s3_operations.h"
#include "http/uri.h"

namespace cloudlet::http {
namespace {

// The fields that say of the object what headers of a put do, as such headers.
Headers AsHeaders(const PostForm& form) {
  Headers headers;
  for (const Header& field : form.fields) {
    if (!SameName(field.name, "acl") && !SameName(field.name, "tagging")) {
      headers.Add(field.name, field.value);
    }
  }
  if (headers.Find("Content-Type") == nullptr && !form.file_content_type.empty()) {
    headers.Add("Content-Type", form.file_content_type);
  }
  if (const std::string* acl = form.fields.Find("acl")) headers.Add("x-amz-acl", *acl);
  return headers;
}

class FormBody : public Exchange, private FormSink {
 public:
  FormBody(S3CallPtr call, const Authenticator& authenticator, PostFormDecoder decoder)
      : call_(std::move(call)), authenticator_(authenticator), decoder_(std::move(decoder)) {}

  std::optional<Response> Take(std::string_view bytes) override {
    const absl::Status status = decoder_.Take(bytes, *this);
    if (status.ok()) return std::nullopt;
    return call_->Error(status);
  }

  Response Finish(const Headers& /*trailers*/) override {
    absl::Status status = decoder_.Finish();
    if (status.ok() && policy_.has_value()) status = policy_->CheckSize(file_bytes_);
    if (!status.ok()) return call_->Error(status);
    return object_->Finish({});
  }

 private:
  absl::Status BeginFile(const PostForm& form) override {
    if (form.fields.Get("key").empty()) return MakeError(ErrorCode::kUserKeyMustBeSpecified);
    const absl::Time now = call_->cloud().Now();
    CLOUDLET_ASSIGN_OR_RETURN(
        call_->who, authenticator_.AuthenticateForm(call_->head, call_->target, form.fields, now));
    call_->caller.principal =
        call_->who->anonymous() ? kAnonymousPrincipal : call_->who->identity().canonical_id;
    call_->request->principal = call_->caller.principal;
    CLOUDLET_RETURN_IF_ERROR(CheckExpectedOwner(*call_));
    if (const std::string* policy = form.fields.Find("policy")) {
      CLOUDLET_ASSIGN_OR_RETURN(policy_, PostPolicy::Parse(*policy));
      CLOUDLET_RETURN_IF_ERROR(policy_->Check(form, call_->address.bucket, now));
    }
    call_->address.key = form.Key();
    call_->request->key = call_->address.key;
    return BeginObject(form);
  }

  absl::Status BeginObject(const PostForm& form) {
    const Headers headers = AsHeaders(form);
    CLOUDLET_RETURN_IF_ERROR(CheckSupportedHeaders(headers));
    CLOUDLET_ASSIGN_OR_RETURN(PutOptions options, DecodePutOptions(headers));
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<CannedAcl> acl, AclHeader(headers));
    if (acl.has_value()) options.acl = *acl;
    if (const std::string* tags = form.fields.Find("tagging")) {
      CLOUDLET_ASSIGN_OR_RETURN(options.tags, DecodeTagging(*tags));
    }
    options.durability = call_->context->durability;
    object_ = TakeObject(call_, std::move(options), std::nullopt,
                         [this](const PutResult& put) { return Answer(put); });
    return absl::OkStatus();
  }

  absl::Status TakeFile(std::string_view bytes) override {
    file_bytes_ += bytes.size();
    if (policy_.has_value()) CLOUDLET_RETURN_IF_ERROR(policy_->CheckSoFar(file_bytes_));
    return object_->Take(bytes);
  }

  Response Answer(const PutResult& put) {
    const Headers& fields = decoder_.form().fields;
    const std::string etag = QuotedEtag(put.etag);
    const std::string location = absl::StrCat(
        call_->head.tls ? "https://" : "http://", base::V(call_->head.headers.Get("host")),
        S3PathOf(call_->address.virtual_host ? "" : call_->address.bucket, call_->address.key));
    std::string_view redirect = fields.Get("success_action_redirect");
    if (redirect.empty()) redirect = fields.Get("redirect");
    const bool to_url = absl::StartsWith(base::V(redirect), "http://") ||
                        absl::StartsWith(base::V(redirect), "https://");
    Response response;
    if (to_url) {
      response = call_->Ok(303);
      response.headers.Add(
          "Location",
          absl::StrCat(base::V(redirect), redirect.find('?') == std::string_view::npos ? "?" : "&",
                       "bucket=", PercentEncode(call_->address.bucket),
                       "&key=", PercentEncode(call_->address.key), "&etag=", PercentEncode(etag)));
    } else {
      const std::string_view status = fields.Get("success_action_status");
      if (status == "201") {
        response = call_->Xml(
            EncodePosted({location, call_->address.bucket, call_->address.key, put.etag}), 201);
      } else {
        response = call_->Ok(status == "200" ? 200 : 204);
      }
      response.headers.Add("Location", location);
    }
    response.headers.Add("ETag", etag);
    EncodeNewVersion(put.version_id, &response.headers);
    return response;
  }

  const S3CallPtr call_;
  const Authenticator& authenticator_;
  PostFormDecoder decoder_;
  std::optional<PostPolicy> policy_;
  std::unique_ptr<BodyTaker> object_;
  uint64_t file_bytes_ = 0;
};

}  // namespace

Begun PostObject(const S3CallPtr& call, const Authenticator& authenticator) {
  absl::StatusOr<PostFormDecoder> decoder =
      PostFormDecoder::Create(call->head.headers.Get("content-type"));
  if (!decoder.ok()) return call->Error(decoder.status());
  return std::make_unique<FormBody>(call, authenticator, *std::move(decoder));
}

}  // namespace cloudlet::http
