// The Batch of RocksKv: a rocksdb::WriteBatch with eight bytes of protection per key. A batch that
// could not take an operation (unknown family, key or value beyond RocksDB's limits, store closed
// before the batch was made) keeps the first such error, and Write answers it instead of writing.
//
// Threads: one at a time.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_BATCH_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_BATCH_H_

#include <memory>
#include <string_view>
#include <vector>

#include "objstore/kv/rocks_kv_core.h"
#include "rocksdb/write_batch.h"

namespace cloudlet::kv {

class RocksBatch final : public Batch {
 public:
  RocksBatch(std::shared_ptr<RocksCore> core, size_t expected_bytes);
  ~RocksBatch() override;
  RocksBatch(const RocksBatch&) = delete;
  RocksBatch& operator=(const RocksBatch&) = delete;

  void Put(Family family, std::string_view key, std::string_view value) override;
  void PutParts(Family family, std::string_view key,
                absl::Span<const std::string_view> parts) override;
  void Delete(Family family, std::string_view key) override;
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override;
  void Clear() override;
  size_t ByteSize() const override { return batch_.GetDataSize(); }
  bool empty() const override { return batch_.Count() == 0; }

  const absl::Status& error() const { return error_; }
  rocksdb::WriteBatch& batch() { return batch_; }
  bool BelongsTo(const RocksCore& core) const { return core_.get() == &core; }

 private:
  // Runs `add` with the family's handle.
  template <typename Add>
  void Apply(Family family, const Add& add);

  const std::shared_ptr<RocksCore> core_;
  rocksdb::ColumnFamilyHandle* const* handles_ = nullptr;  // by Family; null: it was closed already
  rocksdb::WriteBatch batch_;
  absl::Status opened_;
  absl::Status error_;
  std::vector<rocksdb::Slice> parts_;  // kept for its capacity
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_BATCH_H_
