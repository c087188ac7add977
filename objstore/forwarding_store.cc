// Every call of ObjectStore, handed on: see forwarding_store.h.
#include "objstore/forwarding_store.h"

namespace cloudlet::objstore {

std::vector<absl::StatusOr<MutationResult>> ForwardingStore::Mutate(const MutateRequest& request) {
  return inner_->Mutate(request);
}

absl::StatusOr<std::unique_ptr<PayloadSink>> ForwardingStore::Stage(const StageRequest& request) {
  return inner_->Stage(request);
}

absl::StatusOr<ReadAnswer> ForwardingStore::Read(const ReadRequest& request) {
  return inner_->Read(request);
}

absl::StatusOr<ObjectAttributes> ForwardingStore::GetAttributes(const AttributesRequest& request) {
  return inner_->GetAttributes(request);
}

absl::StatusOr<Annotation> ForwardingStore::GetAnnotation(const AnnotationRequest& request) {
  return inner_->GetAnnotation(request);
}

absl::StatusOr<AnnotationPage> ForwardingStore::ListAnnotations(
    const ListAnnotationsRequest& request) {
  return inner_->ListAnnotations(request);
}

absl::StatusOr<ListPage> ForwardingStore::List(std::string_view bucket,
                                               const ListPageOptions& options,
                                               const Caller& caller) {
  return inner_->List(bucket, options, caller);
}

absl::StatusOr<VersionPage> ForwardingStore::ListVersions(std::string_view bucket,
                                                          const VersionPageOptions& options,
                                                          const Caller& caller) {
  return inner_->ListVersions(bucket, options, caller);
}

absl::StatusOr<std::string> ForwardingStore::CreateMultipartUpload(
    const CreateUploadRequest& request) {
  return inner_->CreateMultipartUpload(request);
}

absl::StatusOr<std::unique_ptr<PayloadSink>> ForwardingStore::StagePart(
    const PartRequest& request) {
  return inner_->StagePart(request);
}

absl::StatusOr<UploadPartResult> ForwardingStore::UploadPart(const PartRequest& request,
                                                             PartBody body) {
  return inner_->UploadPart(request, std::move(body));
}

absl::StatusOr<UploadPartCopyResult> ForwardingStore::UploadPartCopy(
    const PartCopyRequest& request) {
  return inner_->UploadPartCopy(request);
}

absl::Status ForwardingStore::AbortMultipartUpload(const UploadRequest& request) {
  return inner_->AbortMultipartUpload(request);
}

absl::StatusOr<PartPage> ForwardingStore::ListParts(const UploadRequest& request,
                                                    const PartPageOptions& options) {
  return inner_->ListParts(request, options);
}

absl::StatusOr<UploadPage> ForwardingStore::ListMultipartUploads(std::string_view bucket,
                                                                 const UploadPageOptions& options,
                                                                 const Caller& caller) {
  return inner_->ListMultipartUploads(bucket, options, caller);
}

absl::Status ForwardingStore::CreateBucket(std::string_view name, const BucketOptions& options,
                                           const Caller& caller) {
  return inner_->CreateBucket(name, options, caller);
}

absl::Status ForwardingStore::DeleteBucket(std::string_view name, const Caller& caller) {
  return inner_->DeleteBucket(name, caller);
}

absl::StatusOr<BucketInfo> ForwardingStore::HeadBucket(const HeadBucketRequest& request) {
  return inner_->HeadBucket(request);
}

absl::StatusOr<std::vector<BucketInfo>> ForwardingStore::ListBuckets(const Caller& caller) {
  return inner_->ListBuckets(caller);
}

absl::Status ForwardingStore::SetVersioning(const BucketRequest& request, Versioning versioning) {
  return inner_->SetVersioning(request, versioning);
}

absl::Status ForwardingStore::SetBucketAcl(const BucketRequest& request, CannedAcl acl) {
  return inner_->SetBucketAcl(request, acl);
}

absl::StatusOr<TagSet> ForwardingStore::BucketTags(std::string_view name, const Caller& caller) {
  return inner_->BucketTags(name, caller);
}

absl::Status ForwardingStore::SetBucketTags(const BucketRequest& request, const TagSet& tags) {
  return inner_->SetBucketTags(request, tags);
}

absl::Status ForwardingStore::Sync() { return inner_->Sync(); }

StoreCapabilities ForwardingStore::capabilities() const { return inner_->capabilities(); }

}  // namespace cloudlet::objstore
