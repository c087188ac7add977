// Iterators and snapshots of RocksKv. Like batches they count as readers of the core, which stays
// open while there are any.
#include <memory>
#include <utility>

#include "objstore/kv/rocks_kv_core.h"
#include "objstore/kv/rocks_kv_status.h"

namespace cloudlet::kv {

namespace {

// Keeps a core's database open for its own lifetime.
class ReaderHold {
 public:
  explicit ReaderHold(std::shared_ptr<RocksCore> core) : core_(std::move(core)) {
    core_->AddReader();
  }
  ~ReaderHold() { core_->RemoveReader(); }
  ReaderHold(const ReaderHold&) = delete;
  ReaderHold& operator=(const ReaderHold&) = delete;

 private:
  const std::shared_ptr<RocksCore> core_;
};

class RocksSnapshot final : public Snapshot {
 public:
  // `db` stays open while `core` has readers.
  RocksSnapshot(std::shared_ptr<RocksCore> core, rocksdb::DB* db)
      : hold_(std::move(core)), db_(db), snapshot_(db->GetSnapshot()) {}
  ~RocksSnapshot() override { db_->ReleaseSnapshot(snapshot_); }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;

  const rocksdb::Snapshot* get() const { return snapshot_; }

 private:
  const ReaderHold hold_;
  rocksdb::DB* const db_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksIterator final : public Iterator {
 public:
  RocksIterator(std::shared_ptr<RocksCore> core, const IteratorOptions& options)
      : hold_(std::move(core)), lower_(options.lower), upper_(options.upper) {
    lower_slice_ = ToSlice(lower_);
    upper_slice_ = ToSlice(upper_);
    read_.snapshot = ToRocks(options.snapshot);
    read_.fill_cache = options.fill_cache;
    read_.readahead_size = options.readahead_bytes;
    if (!lower_.empty()) read_.iterate_lower_bound = &lower_slice_;
    if (!upper_.empty()) read_.iterate_upper_bound = &upper_slice_;
  }
  RocksIterator(const RocksIterator&) = delete;
  RocksIterator& operator=(const RocksIterator&) = delete;

  void Start(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* handle) {
    it_.reset(db->NewIterator(read_, handle));
  }

  void SeekToFirst() override { it_->SeekToFirst(); }
  void Seek(std::string_view target) override { it_->Seek(ToSlice(target)); }
  void SeekForPrev(std::string_view target) override { it_->SeekForPrev(ToSlice(target)); }
  void Next() override { it_->Next(); }
  void Prev() override { it_->Prev(); }
  bool Valid() const override { return it_->Valid(); }
  std::string_view key() const override { return ToView(it_->key()); }
  std::string_view value() const override { return ToView(it_->value()); }
  absl::Status status() const override { return FromRocks(it_->status(), "iterate"); }

 private:
  // `hold_` goes last, `it_` first.
  const ReaderHold hold_;
  const std::string lower_;
  const std::string upper_;
  rocksdb::Slice lower_slice_;
  rocksdb::Slice upper_slice_;
  rocksdb::ReadOptions read_;
  std::unique_ptr<rocksdb::Iterator> it_;
};

class ErrorIterator final : public Iterator {
 public:
  explicit ErrorIterator(absl::Status status) : status_(std::move(status)) {}
  void SeekToFirst() override {}
  void Seek(std::string_view) override {}
  void SeekForPrev(std::string_view) override {}
  void Next() override {}
  void Prev() override {}
  bool Valid() const override { return false; }
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }
  absl::Status status() const override { return status_; }

 private:
  const absl::Status status_;
};

}  // namespace

std::unique_ptr<Iterator> NewRocksIterator(const std::shared_ptr<RocksCore>& core, Family family,
                                           const IteratorOptions& options) {
  auto iterator = std::make_unique<RocksIterator>(core, options);
  iterator->Start(core->db.get(), core->handles[family]);
  return iterator;
}

std::shared_ptr<const Snapshot> NewRocksSnapshot(const std::shared_ptr<RocksCore>& core) {
  return std::make_shared<RocksSnapshot>(core, core->db.get());
}

std::unique_ptr<Iterator> NewErrorIterator(absl::Status status) {
  return std::make_unique<ErrorIterator>(std::move(status));
}

const rocksdb::Snapshot* ToRocks(const Snapshot* snapshot) {
  if (snapshot == nullptr) return nullptr;
  return static_cast<const RocksSnapshot*>(snapshot)->get();
}

}  // namespace cloudlet::kv
