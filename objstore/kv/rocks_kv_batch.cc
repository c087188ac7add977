// RocksBatch. The handles that rocksdb::WriteBatch wants are valid only while the database is open,
// so a batch holds it open as an iterator does; a lock per operation would cost more.
#include "objstore/kv/rocks_kv_batch.h"

#include <utility>

#include "objstore/kv/rocks_kv_options.h"
#include "objstore/kv/rocks_kv_status.h"

namespace cloudlet::kv {

RocksBatch::RocksBatch(std::shared_ptr<RocksCore> core, size_t expected_bytes)
    : core_(std::move(core)), batch_(expected_bytes, 0, kProtectionBytesPerKey, 0) {
  base::ReaderLock guard(&core_->mutex);
  opened_ = core_->CheckOpen();
  if (opened_.ok()) {
    core_->AddReader();
    handles_ = core_->handles.data();
  }
  error_ = opened_;
}

RocksBatch::~RocksBatch() {
  if (handles_ != nullptr) core_->RemoveReader();
}

template <typename Add>
void RocksBatch::Apply(Family family, const Add& add) {
  if (!error_.ok()) return;
  error_ = core_->CheckFamily(family);
  if (!error_.ok()) return;
  const rocksdb::Status added = add(handles_[family]);
  if (!added.ok()) error_ = FromRocks(added, "add to batch");
}

void RocksBatch::Put(Family family, std::string_view key, std::string_view value) {
  Apply(family, [&](rocksdb::ColumnFamilyHandle* handle) {
    return batch_.Put(handle, ToSlice(key), ToSlice(value));
  });
}

void RocksBatch::PutParts(Family family, std::string_view key,
                          absl::Span<const std::string_view> parts) {
  parts_.clear();
  for (std::string_view part : parts) parts_.push_back(ToSlice(part));
  const rocksdb::Slice key_slice = ToSlice(key);
  Apply(family, [&](rocksdb::ColumnFamilyHandle* handle) {
    return batch_.Put(handle, rocksdb::SliceParts(&key_slice, 1),
                      rocksdb::SliceParts(parts_.data(), static_cast<int>(parts_.size())));
  });
}

void RocksBatch::Delete(Family family, std::string_view key) {
  Apply(family,
        [&](rocksdb::ColumnFamilyHandle* handle) { return batch_.Delete(handle, ToSlice(key)); });
}

void RocksBatch::DeleteRange(Family family, std::string_view begin, std::string_view end) {
  // RocksDB takes begin > end for an error; here an empty range deletes nothing.
  if (begin >= end) return;
  Apply(family, [&](rocksdb::ColumnFamilyHandle* handle) {
    return batch_.DeleteRange(handle, ToSlice(begin), ToSlice(end));
  });
}

void RocksBatch::Clear() {
  batch_.Clear();
  error_ = opened_;
}

std::unique_ptr<Batch> NewRocksBatch(std::shared_ptr<RocksCore> core, size_t expected_bytes) {
  return std::make_unique<RocksBatch>(std::move(core), expected_bytes);
}

}  // namespace cloudlet::kv
