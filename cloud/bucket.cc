// Bucket: from the public calls to requests of the store, and back.
#include "cloudlet/bucket.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloud/gateway.h"
#include "cloud/handle_check.h"
#include "cloud/mutate_one.h"
#include "cloud/stream_impl.h"
#include "objstore/annotate.h"
#include "objstore/store.h"

namespace cloudlet {

using base::V;

namespace {

using internal::CheckHandle;
using internal::CheckWritable;
using internal::MutateOne;

}  // namespace

Bucket::Bucket(std::shared_ptr<internal::Gateway> gateway, std::string name, Caller caller)
    : gateway_(std::move(gateway)), name_(std::move(name)), caller_(std::move(caller)) {}

Bucket Bucket::As(Caller caller) const {
  caller.causation.hops = std::max(caller.causation.hops, 0);
  return Bucket(gateway_, name_, std::move(caller));
}

absl::StatusOr<PutResult> Bucket::Put(std::string_view key, std::string_view body,
                                      const PutOptions& options) const {
  // The store does not keep the Cord: the caller's memory is enough.
  return Put(key, absl::MakeCordFromExternal(V(body), [] {}), options);
}

absl::StatusOr<PutResult> Bucket::Put(std::string_view key, const absl::Cord& body,
                                      const PutOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "put", name_, key));
  objstore::Mutation mutation(objstore::PutMutation{name_, key, body, &options});
  return internal::PutOne(*gateway_, mutation, caller_, options.durability);
}

absl::StatusOr<DeleteResult> Bucket::Delete(std::string_view key,
                                            const DeleteOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "delete", name_, key));
  objstore::Mutation mutation(objstore::DeleteMutation{name_, key, &options});
  return MutateOne<DeleteResult>(*gateway_, mutation, caller_, options.durability);
}

absl::StatusOr<CopyResult> Bucket::Copy(const CopySource& source, std::string_view key,
                                        const CopyOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "copy to", name_, key));
  objstore::Mutation mutation(objstore::CopyMutation{name_, key, &source, &options});
  return MutateOne<CopyResult>(*gateway_, mutation, caller_, options.durability);
}

absl::StatusOr<RenameResult> Bucket::Rename(std::string_view source_key, std::string_view key,
                                            const RenameOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "rename to", name_, key));
  objstore::Mutation mutation(objstore::RenameMutation{name_, source_key, key, &options});
  return MutateOne<RenameResult>(*gateway_, mutation, caller_, options.durability);
}

absl::StatusOr<AppendResult> Bucket::Append(std::string_view key, std::string_view body,
                                            const AppendOptions& options) const {
  // The store does not keep the Cord: the caller's memory is enough.
  return Append(key, absl::MakeCordFromExternal(V(body), [] {}), options);
}

absl::StatusOr<AppendResult> Bucket::Append(std::string_view key, const absl::Cord& body,
                                            const AppendOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "append to", name_, key));
  objstore::Mutation mutation(objstore::AppendMutation{name_, key, &body, &options});
  return MutateOne<AppendResult>(*gateway_, mutation, caller_, options.durability);
}

absl::StatusOr<GetResult> Bucket::Get(std::string_view key, const GetOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "get", name_, key));
  absl::StatusOr<objstore::ReadAnswer> answer =
      gateway_->store().Read({name_, key, &options, objstore::ReadPart::kBody, caller_});
  if (!answer.ok()) return answer.status();
  absl::StatusOr<GetResult> result(absl::in_place);
  result->not_modified = answer->not_modified;
  result->offset = answer->offset;
  result->body = std::move(answer->small_body);
  while (answer->source != nullptr) {
    CLOUDLET_ASSIGN_OR_RETURN(absl::Cord piece, answer->source->Next());
    if (piece.empty()) break;
    result->body.Append(std::move(piece));
  }
  result->info = std::move(answer->info);
  return result;
}

absl::StatusOr<ReadIntoResult> Bucket::ReadInto(std::string_view key, char* buffer, size_t capacity,
                                                const GetOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "get", name_, key));
  CLOUDLET_ASSIGN_OR_RETURN(
      objstore::ReadAnswer answer,
      gateway_->store().Read({name_, key, &options, objstore::ReadPart::kBody, caller_}));
  ReadIntoResult result;
  result.not_modified = answer.not_modified;
  result.offset = answer.offset;
  if (answer.length > capacity) {
    return objstore::Annotate(
        absl::OutOfRangeError(
            absl::StrCat("the buffer has ", capacity, " bytes, needed are ", answer.length)),
        "read", name_, key);
  }
  const auto take = [&](const absl::Cord& piece) {
    for (const absl::string_view chunk : piece.Chunks()) {
      std::memcpy(buffer + result.bytes, chunk.data(), chunk.size());
      result.bytes += chunk.size();
    }
  };
  take(answer.small_body);
  while (answer.source != nullptr) {
    CLOUDLET_ASSIGN_OR_RETURN(const absl::Cord piece, answer.source->Next());
    if (piece.empty()) break;
    take(piece);
  }
  result.info = std::move(answer.info);
  return result;
}

absl::StatusOr<HeadResult> Bucket::Head(std::string_view key, const GetOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "head", name_, key));
  absl::StatusOr<objstore::ReadAnswer> answer =
      gateway_->store().Read({name_, key, &options, objstore::ReadPart::kInfoOnly, caller_});
  if (!answer.ok()) return answer.status();
  absl::StatusOr<HeadResult> result(absl::in_place);
  result->info = std::move(answer->info);
  result->not_modified = answer->not_modified;
  result->offset = answer->offset;
  result->length = answer->length;
  return result;
}

absl::StatusOr<ObjectAttributes> Bucket::GetAttributes(std::string_view key,
                                                       const AttributesOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "get attributes of", name_, key));
  return gateway_->store().GetAttributes({name_, key, &options, caller_});
}

absl::StatusOr<ObjectReader> Bucket::OpenReader(std::string_view key,
                                                const GetOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "open reader of", name_, key));
  CLOUDLET_ASSIGN_OR_RETURN(objstore::ReadAnswer answer,
                            gateway_->store().Read({name_, key, &options, objstore::ReadPart::kBody,
                                                    caller_, "open reader of"}));
  return ObjectReader(std::make_unique<internal::ReaderImpl>(gateway_, std::move(answer)));
}

absl::StatusOr<ObjectWriter> Bucket::OpenWriter(std::string_view key,
                                                const PutOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "open writer of", name_, key));
  CLOUDLET_ASSIGN_OR_RETURN(std::unique_ptr<objstore::PayloadSink> sink,
                            gateway_->store().Stage({name_, key, &options, caller_}));
  return ObjectWriter(std::make_unique<internal::WriterImpl>(gateway_, std::move(sink), name_,
                                                             std::string(key), options, caller_));
}

absl::StatusOr<ListPage> Bucket::ListOnePage(const ListPageOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "list", name_));
  return gateway_->store().List(name_, options, caller_);
}

ObjectListing Bucket::List(const ListOptions& options) const {
  return ObjectListing([bucket = *this, options](const std::string& token) {
    ListPageOptions page;
    page.prefix = options.prefix;
    page.delimiter = options.delimiter;
    page.start_after = options.start_after;
    page.continuation_token = token;
    return bucket.ListOnePage(page);
  });
}

absl::StatusOr<VersionPage> Bucket::ListVersions(const VersionPageOptions& options) const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "list versions of", name_));
  return gateway_->store().ListVersions(name_, options, caller_);
}

absl::Status Bucket::SetVersioning(Versioning versioning) const {
  CLOUDLET_RETURN_IF_ERROR(CheckWritable(gateway_, "set versioning of", name_));
  return gateway_->store().SetVersioning({name_, caller_, gateway_->revoked()}, versioning);
}

absl::StatusOr<BucketInfo> Bucket::Info() const {
  CLOUDLET_RETURN_IF_ERROR(CheckHandle(gateway_, "head bucket", name_));
  return gateway_->store().HeadBucket({name_, caller_});
}

}  // namespace cloudlet
