// Finding and moving the rows of versions: see versions.h.
#include "objstore/versions.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/keys.h"

namespace cloudlet::objstore {
namespace {

constexpr size_t kIdDigits = 16;

absl::StatusOr<std::optional<VersionRow>> RowAt(const kv::Kv& kv, kv::Family family,
                                                std::string_view key,
                                                const kv::Snapshot* snapshot) {
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<kv::PinnedBytes> bytes,
                            const_cast<kv::Kv&>(kv).Get(family, key, {.snapshot = snapshot}));
  if (!bytes.has_value()) return std::optional<VersionRow>();
  CLOUDLET_ASSIGN_OR_RETURN(Head head, DecodeHeadFixed(bytes->view()));
  return std::optional<VersionRow>(VersionRow{std::move(head), *std::move(bytes)});
}

// The number of the null version, where it lies in `versions`.
absl::StatusOr<std::optional<uint64_t>> NullNumber(kv::Kv& kv, uint64_t bucket_id,
                                                   std::string_view key,
                                                   const kv::Snapshot* snapshot) {
  CLOUDLET_ASSIGN_OR_RETURN(
      const std::optional<kv::PinnedBytes> row,
      kv.Get(kVersions, NullPointerKey(bucket_id, key), {.snapshot = snapshot}));
  if (!row.has_value()) return std::optional<uint64_t>();
  std::string_view bytes = row->view();
  uint64_t number = 0;
  if (!base::ReadBe64(&bytes, &number) || !bytes.empty()) {
    return absl::DataLossError("the pointer to a null version does not parse");
  }
  return std::optional<uint64_t>(number);
}

absl::StatusOr<std::optional<VersionRow>> FindNoncurrent(kv::Kv& kv, uint64_t bucket_id,
                                                         std::string_view key,
                                                         const VersionRef& ref,
                                                         const kv::Snapshot* snapshot) {
  uint64_t number = ref.number;
  if (ref.is_null) {
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<uint64_t> null_number,
                              NullNumber(kv, bucket_id, key, snapshot));
    if (!null_number.has_value()) return std::optional<VersionRow>();
    number = *null_number;
  }
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<VersionRow> row,
                            RowAt(kv, kVersions, VersionKey(bucket_id, key, number), snapshot));
  if (row.has_value() && IsVersion(row->head, ref)) return row;
  if (ref.is_null) return absl::DataLossError("the null version that a pointer names is missing");
  return std::optional<VersionRow>();  // the null version is not to be had by its number
}

absl::Status AtMarker(ErrorCode code, std::string_view cause, const Head& marker) {
  return WithDeleteMarker(MakeError(code, cause),
                          {VersionIdOf(marker), FromMillis(marker.modified_ms)});
}

// Why a key that has no row in `heads` has no current object.
absl::Status NoCurrentObject(kv::Kv& kv, uint64_t bucket_id, std::string_view key,
                             ErrorCode at_marker, const kv::Snapshot* snapshot) {
  kv::IteratorOptions bounds;
  bounds.lower = NullPointerKey(bucket_id, key) + '\0';
  bounds.upper = base::PrefixEnd(VersionPrefix(bucket_id, key));
  bounds.snapshot = snapshot;
  const auto it = kv.NewIterator(kVersions, bounds);
  it->SeekToFirst();
  if (!it->Valid()) {
    CLOUDLET_RETURN_IF_ERROR(it->status());
    return MakeError(ErrorCode::kNoSuchKey, "the object does not exist");
  }
  CLOUDLET_ASSIGN_OR_RETURN(const Head newest, DecodeHeadFixed(it->value()));
  if (!IsDeleteMarker(newest)) {
    return absl::DataLossError("the newest version is no delete marker, and not current either");
  }
  return AtMarker(at_marker, "the object does not exist: a delete marker is current", newest);
}

}  // namespace

absl::StatusOr<VersionRef> ParseVersionId(std::string_view id) {
  if (id == "null") return VersionRef{true, 0};
  uint64_t inverted = 0;
  bool digits = id.size() == kIdDigits;
  for (const char c : id) {
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) digits = false;
    inverted = inverted << 4 | static_cast<uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  // Of all zeros: the number of the pointer's row.
  if (!digits || inverted == 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     absl::StrCat("Invalid version id specified: ", base::V(base::Quoted(id))));
  }
  return VersionRef{false, ~inverted};
}

absl::StatusOr<std::optional<VersionRow>> FindVersion(kv::Kv& kv, uint64_t bucket_id,
                                                      std::string_view key, const VersionRef& ref,
                                                      const kv::Snapshot* snapshot) {
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<VersionRow> current,
                            RowAt(kv, kHeads, HeadKey(bucket_id, key), snapshot));
  if (current.has_value() && IsVersion(current->head, ref)) return current;
  return FindNoncurrent(kv, bucket_id, key, ref, snapshot);
}

absl::StatusOr<VersionRow> FindObject(kv::Kv& kv, uint64_t bucket_id, std::string_view key,
                                      const std::optional<VersionRef>& version, ErrorCode at_marker,
                                      const kv::Snapshot* snapshot) {
  if (!version.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(std::optional<VersionRow> current,
                              RowAt(kv, kHeads, HeadKey(bucket_id, key), snapshot));
    if (current.has_value()) return *std::move(current);
    return NoCurrentObject(kv, bucket_id, key, at_marker, snapshot);
  }
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<VersionRow> row,
                            FindVersion(kv, bucket_id, key, *version, snapshot));
  if (!row.has_value()) {
    return MakeError(ErrorCode::kNoSuchVersion, "the object has no version of this id");
  }
  if (IsDeleteMarker(row->head)) {
    return AtMarker(ErrorCode::kMethodNotAllowed, "the version is a delete marker", row->head);
  }
  return *std::move(row);
}

absl::StatusOr<VersionRow> FindSource(kv::Kv& kv, uint64_t bucket_id, std::string_view key,
                                      const std::optional<VersionRef>& version,
                                      const kv::Snapshot* snapshot) {
  CLOUDLET_ASSIGN_OR_RETURN(std::optional<VersionRow> row,
                            version.has_value()
                                ? FindVersion(kv, bucket_id, key, *version, snapshot)
                                : RowAt(kv, kHeads, HeadKey(bucket_id, key), snapshot));
  if (row.has_value()) return *std::move(row);
  if (!version.has_value()) return MakeError(ErrorCode::kNoSuchKey, "the source does not exist");
  return MakeError(ErrorCode::kNoSuchVersion, "the source has no version of this id");
}

absl::StatusOr<std::optional<VersionRow>> NoncurrentRows::Find(const VersionRef& ref) const {
  return FindNoncurrent(*kv_, bucket_id_, key_, ref, nullptr);
}

absl::StatusOr<NoncurrentRows::Newest> NoncurrentRows::FindNewest() const {
  kv::IteratorOptions bounds;
  bounds.lower = NullPointerKey(bucket_id_, key_) + '\0';
  bounds.upper = base::PrefixEnd(VersionPrefix(bucket_id_, key_));
  const auto it = kv_->NewIterator(kVersions, bounds);
  it->SeekToFirst();
  Newest newest;
  for (std::optional<VersionRow>* row : {&newest.first, &newest.second}) {
    if (!it->Valid()) break;
    CLOUDLET_ASSIGN_OR_RETURN(Head head, DecodeHeadFixed(it->value()));
    row->emplace(
        VersionRow{std::move(head), kv::PinnedBytes::FromString(std::string(it->value()))});
    it->Next();
  }
  CLOUDLET_RETURN_IF_ERROR(it->status());
  return newest;
}

void NoncurrentRows::Add(const Head& head, std::string_view row) {
  batch_->Put(kVersions, VersionKey(bucket_id_, key_, head.number), row);
  if (!IsNullVersion(head)) return;
  std::string number;
  base::AppendBe64(&number, head.number);
  batch_->Put(kVersions, NullPointerKey(bucket_id_, key_), number);
}

void NoncurrentRows::Remove(const Head& head) {
  batch_->Delete(kVersions, VersionKey(bucket_id_, key_, head.number));
  if (IsNullVersion(head)) batch_->Delete(kVersions, NullPointerKey(bucket_id_, key_));
}

void NoncurrentRows::MakeCurrent(const VersionRow& row) {
  batch_->Put(kHeads, HeadKey(bucket_id_, key_), row.bytes.view());
  Remove(row.head);
}

}  // namespace cloudlet::objstore
