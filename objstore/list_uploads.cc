// ListParts and ListMultipartUploads: one page of an upload's parts, or of the open uploads of a
// bucket.
//
// The rows of an upload's parts lie behind its own: they are passed by a seek, as are the uploads
// behind a common prefix.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/keys.h"
#include "objstore/list_rules.h"
#include "objstore/names.h"
#include "objstore/part_checksums.h"
#include "objstore/uploads.h"

namespace cloudlet::objstore {
namespace {

// What the rows of keys that begin with `prefix` begin with, in `uploads`.
std::string UploadsBegin(uint64_t bucket_id, std::string_view prefix) {
  std::string begin = VersionPrefix(bucket_id);
  base::AppendOrderedPrefix(&begin, prefix);
  return begin;
}

class UploadWalk {
 public:
  UploadWalk(State& state, uint64_t bucket_id, const UploadPageOptions& options)
      : bucket_id_(bucket_id), prefix_(options.prefix), delimiter_(options.delimiter) {
    kv::IteratorOptions bounds;
    bounds.lower = UploadsBegin(bucket_id, prefix_);
    bounds.upper = prefix_.empty() ? VersionPrefix(bucket_id + 1) : base::PrefixEnd(bounds.lower);
    it_ = state.kv->NewIterator(kUploads, bounds);
  }

  absl::Status Start(const UploadPageOptions& options) {
    const std::string& key = options.key_marker;
    if (key.empty() || key < prefix_) {
      it_->SeekToFirst();
    } else if (const std::string_view common = RolledUp(key); !common.empty()) {
      SkipPrefix(common);
    } else if (options.upload_id_marker.empty()) {
      it_->Seek(base::PrefixEnd(VersionPrefix(bucket_id_, key)));
    } else {
      const uint64_t id = ParseUploadId(options.upload_id_marker);
      it_->Seek(UploadKey(bucket_id_, key, id, UINT32_MAX) + '\0');
    }
    return Settle();
  }

  bool Valid() const { return it_->Valid(); }
  absl::Status status() const { return it_->status(); }

  // The entry here, into a new `entry`; moves behind it.
  absl::Status Take(UploadEntry* entry) {
    const std::string_view common_prefix = RolledUp(name_.key);
    if (!common_prefix.empty()) {
      entry->key = common_prefix;
      entry->is_prefix = true;
      SkipPrefix(entry->key);
      return Settle();
    }
    entry->key = name_.key;
    const absl::StatusOr<Upload> upload = DecodeUpload(it_->value());
    if (!upload.ok()) {
      return absl::Status(
          upload.status().code(),
          absl::StrCat("key ", base::V(base::Quoted(name_.key)), ": ", upload.status().message()));
    }
    entry->upload_id = UploadIdText(name_.upload_id);
    entry->initiated = FromMillis(upload->created_ms);
    entry->initiator = upload->initiator;
    if (upload->checksum.has_value()) {
      entry->checksum_algorithm = upload->checksum->algorithm;
      entry->checksum_type = upload->checksum->type;
    }
    it_->Next();  // an upload without parts costs no seek
    if (it_->Valid() && Name() && name_.part != kUploadItself) {
      it_->Seek(UploadKey(bucket_id_, name_.key, name_.upload_id + 1, kUploadItself));
    }
    return Settle();
  }

 private:
  std::string_view RolledUp(std::string_view key) const {
    return CommonPrefixOf(key, prefix_, delimiter_);
  }

  void SkipPrefix(std::string_view common_prefix) {
    it_->Seek(base::PrefixEnd(UploadsBegin(bucket_id_, common_prefix)));
  }

  // Reads the name of the row here.
  bool Name() {
    std::optional<UploadName> name = ParseUploadKey(it_->key());
    if (!name.has_value()) return false;
    name_ = *std::move(name);
    return true;
  }

  absl::Status Settle() {
    if (it_->Valid() && !Name()) return absl::DataLossError("the key of an upload does not parse");
    return absl::OkStatus();
  }

  const uint64_t bucket_id_;
  const std::string prefix_;
  const std::string delimiter_;
  std::unique_ptr<kv::Iterator> it_;
  UploadName name_;  // of the row here
};

absl::Status CheckOptions(const UploadPageOptions& options) {
  const bool marked = !options.key_marker.empty() && !options.upload_id_marker.empty();
  if (marked && ParseUploadId(options.upload_id_marker) == 0) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        absl::StrCat("Invalid uploadId marker: ", base::V(base::Quoted(options.upload_id_marker))));
  }
  return CheckEncodingType(options.encoding_type);
}

}  // namespace

absl::StatusOr<PartPage> ListParts(State& state, const Environment& environment,
                                   const UploadRequest& request, const PartPageOptions& options) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, state.buckets.Find(request.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(request.key, environment.limits, environment.key_policy));
  CLOUDLET_RETURN_IF_ERROR(Authorize(request.caller, Permission::kWrite, *bucket, environment));
  if (options.part_number_marker < 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     absl::StrCat("part_number_marker is ", options.part_number_marker));
  }
  const UploadRef ref{bucket->id, request.key, ParseUploadId(request.upload_id)};
  const auto snapshot = state.kv->TakeSnapshot();
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<Upload> upload,
                            FindUpload(*state.kv, ref, snapshot.get()));
  if (!upload.has_value()) return NoSuchUpload();
  CLOUDLET_RETURN_IF_ERROR(
      AuthorizeUpload(request.caller, *bucket, upload->initiator, environment));
  PartPage page;
  page.initiated = FromMillis(upload->created_ms);
  page.initiator = upload->initiator;
  if (upload->checksum.has_value()) {
    page.checksum_algorithm = upload->checksum->algorithm;
    page.checksum_type = upload->checksum->type;
  }
  const size_t most = std::min({options.max_parts, environment.limits.max_list_page, SIZE_MAX - 1});
  if (most == 0) return page;
  CLOUDLET_ASSIGN_OR_RETURN(
      std::vector<Part> parts,
      LoadParts(*state.kv, ref, static_cast<uint32_t>(options.part_number_marker), most + 1,
                snapshot.get()));
  page.is_truncated = parts.size() > most;
  if (page.is_truncated) parts.pop_back();
  for (const Part& part : parts) {
    page.parts.push_back({static_cast<int>(part.number), part.size, part.etag.Text(),
                          part.crc64nvme, FromMillis(part.modified_ms), ShownChecksum(part)});
  }
  if (page.is_truncated) page.next_part_number_marker = page.parts.back().part_number;
  return page;
}

absl::StatusOr<UploadPage> ListUploads(State& state, const Environment& environment,
                                       std::string_view bucket, const UploadPageOptions& options,
                                       const Caller& caller) {
  CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr found, state.buckets.Find(bucket));
  CLOUDLET_RETURN_IF_ERROR(Authorize(caller, Permission::kList, *found, environment));
  CLOUDLET_RETURN_IF_ERROR(CheckOptions(options));
  const size_t most = std::min(options.max_uploads, environment.limits.max_list_page);
  UploadPage page;
  page.owner = found->owner;
  UploadWalk walk(state, found->id, options);
  CLOUDLET_RETURN_IF_ERROR(walk.Start(options));
  if (most == 0) return page;
  while (page.entries.size() < most && walk.Valid()) {
    CLOUDLET_RETURN_IF_ERROR(walk.Take(&page.entries.emplace_back()));
  }
  CLOUDLET_RETURN_IF_ERROR(walk.status());
  page.is_truncated = walk.Valid();
  if (page.is_truncated) {
    page.next_key_marker = page.entries.back().key;
    page.next_upload_id_marker = page.entries.back().upload_id;
  }
  EncodeKeys(options.encoding_type, &page.entries, &page.next_key_marker);
  return page;
}

}  // namespace cloudlet::objstore
