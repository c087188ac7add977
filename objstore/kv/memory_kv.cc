// MemoryKv over one Treap per family. Readers and Close take the mutex, writers take it alone; rows
// that a write takes out are freed after it has been let go.
#include "objstore/kv/memory_kv.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "objstore/kv/persistent_treap.h"

namespace cloudlet::kv {
namespace {

using Families = std::vector<Treap>;

absl::Status ClosedError() {
  return absl::FailedPreconditionError("memory kv: it has been closed");
}

absl::Status UnknownFamily(Family family, size_t families) {
  return absl::InvalidArgumentError(
      absl::StrCat("memory kv: no such family (", family, " of ", families, ")"));
}

std::optional<PinnedBytes> Pin(const TreapRow* row) {
  if (row == nullptr) return std::nullopt;
  return PinnedBytes(row->value(), std::shared_ptr<const void>(row->bytes(), row->bytes().get()));
}

struct Operation {
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange };
  Kind kind;
  Family family;
  TreapRow row;  // kDelete: no value; kDeleteRange: key is the begin, value the end
};

class MemoryBatch final : public Batch {
 public:
  void Put(Family family, std::string_view key, std::string_view value) override {
    Add(Operation::Kind::kPut, family, key, {&value, 1});
  }
  void PutParts(Family family, std::string_view key,
                absl::Span<const std::string_view> parts) override {
    Add(Operation::Kind::kPut, family, key, parts);
  }
  void Delete(Family family, std::string_view key) override {
    Add(Operation::Kind::kDelete, family, key, {});
  }
  void DeleteRange(Family family, std::string_view begin, std::string_view end) override {
    Add(Operation::Kind::kDeleteRange, family, begin, {&end, 1});
  }
  void Clear() override {
    operations_.clear();
    bytes_ = 0;
  }
  size_t ByteSize() const override { return bytes_; }
  bool empty() const override { return operations_.empty(); }

  const std::vector<Operation>& operations() const { return operations_; }

 private:
  void Add(Operation::Kind kind, Family family, std::string_view key,
           absl::Span<const std::string_view> parts) {
    constexpr size_t kOverhead = 4;  // about what a log adds: a tag, a family, two lengths
    operations_.push_back({kind, family, TreapRow(key, parts)});
    bytes_ += operations_.back().row.size() + kOverhead;
  }

  std::vector<Operation> operations_;
  size_t bytes_ = 0;
};

struct MemorySnapshot final : Snapshot {
  explicit MemorySnapshot(Families f) : families(std::move(f)) {}
  const Families families;
};

class MemoryIterator final : public Iterator {
 public:
  MemoryIterator(Treap treap, const IteratorOptions& options)
      : cursor_(std::move(treap)), lower_(options.lower), upper_(options.upper) {}

  void SeekToFirst() override {
    if (lower_.empty()) {
      cursor_.SeekToFirst();
    } else {
      cursor_.SeekAtLeast(lower_);
    }
    KeepWithinBounds();
  }
  void Seek(std::string_view target) override {
    cursor_.SeekAtLeast(std::max<std::string_view>(target, lower_));
    KeepWithinBounds();
  }
  void SeekForPrev(std::string_view target) override {
    if (upper_.empty() || target < upper_) {
      cursor_.SeekAtMost(target);
    } else {
      cursor_.SeekAtMost(upper_);
      if (cursor_.Valid() && cursor_.row().key() == upper_) cursor_.Prev();
    }
    KeepWithinBounds();
  }
  void Next() override {
    if (!cursor_.Valid()) return;
    cursor_.Next();
    KeepWithinBounds();
  }
  void Prev() override {
    if (!cursor_.Valid()) return;
    cursor_.Prev();
    KeepWithinBounds();
  }
  bool Valid() const override { return cursor_.Valid(); }
  std::string_view key() const override { return cursor_.row().key(); }
  std::string_view value() const override { return cursor_.row().value(); }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  void KeepWithinBounds() {
    if (!cursor_.Valid()) return;
    const std::string_view key = cursor_.row().key();
    if (key < lower_ || (!upper_.empty() && key >= upper_)) cursor_.Clear();
  }

  TreapCursor cursor_;
  const std::string lower_;
  const std::string upper_;
};

// What NewIterator answers where it cannot walk.
class FailedIterator final : public Iterator {
 public:
  explicit FailedIterator(absl::Status status) : status_(std::move(status)) {}
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

class MemoryBulkWriter final : public BulkWriter {
 public:
  explicit MemoryBulkWriter(Family family) : family_(family) {}

  absl::Status Add(std::string_view key, absl::Span<const std::string_view> parts) override {
    if (finished_) return absl::FailedPreconditionError("bulk write: the writer is finished");
    if (!rows_.empty() && key <= rows_.back().key()) {
      return absl::InvalidArgumentError(absl::StrCat("bulk write: keys must ascend (",
                                                     base::Quoted(key), " after ",
                                                     base::Quoted(rows_.back().key()), ")"));
    }
    rows_.emplace_back(key, parts);
    bytes_ += rows_.back().size();
    return absl::OkStatus();
  }
  uint64_t ByteSize() const override { return bytes_; }
  absl::Status Finish() override {
    finished_ = true;
    return absl::OkStatus();
  }

  Family family() const { return family_; }
  const std::vector<TreapRow>& rows() const { return rows_; }
  bool finished() const { return finished_; }

 private:
  const Family family_;
  std::vector<TreapRow> rows_;
  uint64_t bytes_ = 0;
  bool finished_ = false;
};

using Writers = std::vector<std::unique_ptr<BulkWriter>>;

const MemoryBulkWriter& Own(const std::unique_ptr<BulkWriter>& writer) {
  return static_cast<const MemoryBulkWriter&>(*writer);
}

absl::Status CheckFinished(const Writers& writers) {
  for (const auto& writer : writers) {
    if (writer == nullptr || !Own(writer).finished()) {
      return absl::InvalidArgumentError("ingest: a writer is not finished");
    }
  }
  return absl::OkStatus();
}

absl::Status OverlapError(std::string_view first, std::string_view last, std::string_view with) {
  return absl::InvalidArgumentError(absl::StrCat("ingest: keys overlap (", base::Quoted(first),
                                                 " to ", base::Quoted(last), " with ",
                                                 base::Quoted(with), ")"));
}

absl::Status CheckWritersApart(const Writers& writers) {
  std::vector<const MemoryBulkWriter*> sorted;
  for (const auto& writer : writers) {
    if (!Own(writer).rows().empty()) sorted.push_back(&Own(writer));
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    if (a->family() != b->family()) return a->family() < b->family();
    return a->rows().front().key() < b->rows().front().key();
  });
  for (size_t i = 1; i < sorted.size(); ++i) {
    const auto& before = *sorted[i - 1];
    const auto& after = *sorted[i];
    if (before.family() == after.family() &&
        before.rows().back().key() >= after.rows().front().key()) {
      return OverlapError(before.rows().front().key(), before.rows().back().key(),
                          after.rows().front().key());
    }
  }
  return absl::OkStatus();
}

absl::Status CheckApartFrom(const Treap& treap, const std::vector<TreapRow>& rows) {
  if (rows.empty()) return absl::OkStatus();
  const TreapRow* next = treap.LowerBound(rows.front().key());
  if (next == nullptr || next->key() > rows.back().key()) return absl::OkStatus();
  return OverlapError(rows.front().key(), rows.back().key(), next->key());
}

class MemoryKv final : public Kv {
 public:
  explicit MemoryKv(std::vector<std::string> names)
      : names_(std::make_shared<const std::vector<std::string>>(std::move(names))),
        families_(names_->size()) {}
  MemoryKv(std::shared_ptr<const std::vector<std::string>> names, Families families)
      : names_(std::move(names)), families_(std::move(families)) {}

  const std::vector<std::string>& families() const override { return *names_; }
  std::unique_ptr<Batch> NewBatch(size_t /*expected_bytes*/) override {
    return std::make_unique<MemoryBatch>();
  }
  absl::Status Write(Batch& batch, Durability durability) override;
  absl::Status Sync() override { return health(); }
  absl::StatusOr<std::optional<PinnedBytes>> Get(Family family, std::string_view key,
                                                 const GetOptions& options) override;
  absl::StatusOr<std::vector<std::optional<PinnedBytes>>> MultiGet(
      Family family, absl::Span<const std::string> keys, const GetOptions& options) override;
  std::unique_ptr<Iterator> NewIterator(Family family, const IteratorOptions& options) override;
  std::shared_ptr<const Snapshot> TakeSnapshot() override;
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override;
  absl::Status Ingest(Writers writers) override;
  absl::Status Reclaim(Family family, std::string_view begin, std::string_view end) override;
  void Freed(Family, std::string_view, std::string_view, uint64_t) override {}  // it is, at once
  absl::Status Checkpoint(const std::string& directory) override;
  absl::Status health() const override;
  KvStats stats() const override;
  absl::Status Close() override;

  std::unique_ptr<MemoryKv> Fork() const {
    base::ReaderLock lock(&mutex_);
    return std::make_unique<MemoryKv>(names_, families_);
  }

 private:
  absl::Status CheckOpen(Family family) const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    if (closed_) return ClosedError();
    if (family >= names_->size()) return UnknownFamily(family, names_->size());
    return absl::OkStatus();
  }
  // Null: now.
  const Treap& At(const Snapshot* snapshot, Family family) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    if (snapshot == nullptr) return families_[family];
    return static_cast<const MemorySnapshot*>(snapshot)->families[family];
  }

  const std::shared_ptr<const std::vector<std::string>> names_;
  mutable base::SharedMutex mutex_;
  Families families_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

absl::Status MemoryKv::Write(Batch& batch, Durability) {
  const auto& operations = static_cast<const MemoryBatch&>(batch).operations();
  for (const Operation& op : operations) {
    if (op.family >= names_->size()) return UnknownFamily(op.family, names_->size());
  }
  std::vector<Treap> taken;  // freed after the lock
  base::WriterLock lock(&mutex_);
  if (closed_) return ClosedError();
  for (const Operation& op : operations) {
    Treap& treap = families_[op.family];
    switch (op.kind) {
      case Operation::Kind::kPut:
        treap.Put(op.row);
        break;
      case Operation::Kind::kDelete:
        treap.Erase(op.row.key());
        break;
      case Operation::Kind::kDeleteRange:
        taken.push_back(treap.EraseRange(op.row.key(), op.row.value()));
        break;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<PinnedBytes>> MemoryKv::Get(Family family, std::string_view key,
                                                         const GetOptions& options) {
  base::ReaderLock lock(&mutex_);
  if (absl::Status status = CheckOpen(family); !status.ok()) return status;
  return Pin(At(options.snapshot, family).Find(key));
}

absl::StatusOr<std::vector<std::optional<PinnedBytes>>> MemoryKv::MultiGet(
    Family family, absl::Span<const std::string> keys, const GetOptions& options) {
  std::vector<std::optional<PinnedBytes>> found;
  found.reserve(keys.size());
  base::ReaderLock lock(&mutex_);
  if (absl::Status status = CheckOpen(family); !status.ok()) return status;
  const Treap& treap = At(options.snapshot, family);
  for (const std::string& key : keys) found.push_back(Pin(treap.Find(key)));
  return found;
}

std::unique_ptr<Iterator> MemoryKv::NewIterator(Family family, const IteratorOptions& options) {
  base::ReaderLock lock(&mutex_);
  if (absl::Status status = CheckOpen(family); !status.ok()) {
    return std::make_unique<FailedIterator>(std::move(status));
  }
  return std::make_unique<MemoryIterator>(At(options.snapshot, family), options);
}

std::shared_ptr<const Snapshot> MemoryKv::TakeSnapshot() {
  base::ReaderLock lock(&mutex_);
  return std::make_shared<const MemorySnapshot>(families_);
}

absl::StatusOr<std::unique_ptr<BulkWriter>> MemoryKv::NewBulkWriter(Family family) {
  base::ReaderLock lock(&mutex_);
  if (absl::Status status = CheckOpen(family); !status.ok()) return status;
  return std::make_unique<MemoryBulkWriter>(family);
}

absl::Status MemoryKv::Ingest(Writers writers) {
  if (absl::Status status = CheckFinished(writers); !status.ok()) return status;
  if (absl::Status status = CheckWritersApart(writers); !status.ok()) return status;
  base::WriterLock lock(&mutex_);
  if (closed_) return ClosedError();
  for (const auto& writer : writers) {
    if (absl::Status status = CheckOpen(Own(writer).family()); !status.ok()) return status;
    absl::Status status = CheckApartFrom(families_[Own(writer).family()], Own(writer).rows());
    if (!status.ok()) return status;
  }
  for (const auto& writer : writers) {
    for (const TreapRow& row : Own(writer).rows()) families_[Own(writer).family()].Put(row);
  }
  return absl::OkStatus();
}

absl::Status MemoryKv::Reclaim(Family family, std::string_view begin, std::string_view end) {
  Treap taken;  // freed after the lock
  base::WriterLock lock(&mutex_);
  if (absl::Status status = CheckOpen(family); !status.ok()) return status;
  taken = families_[family].EraseRange(begin, end);
  return absl::OkStatus();
}

absl::Status MemoryKv::Checkpoint(const std::string& directory) {
  if (const absl::Status open = health(); !open.ok()) return open;
  return absl::UnimplementedError(
      absl::StrCat("checkpoint to ", directory, ": a store in memory has no files to make one of"));
}

absl::Status MemoryKv::health() const {
  base::ReaderLock lock(&mutex_);
  return closed_ ? ClosedError() : absl::OkStatus();
}

KvStats MemoryKv::stats() const {
  Families families;
  {
    base::ReaderLock lock(&mutex_);
    families = families_;
  }
  KvStats stats;
  for (const Treap& treap : families) stats.live_bytes += treap.ByteSize();
  return stats;
}

absl::Status MemoryKv::Close() {
  base::WriterLock lock(&mutex_);
  closed_ = true;
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<Kv> NewMemoryKv(std::vector<std::string> families) {
  return std::make_unique<MemoryKv>(std::move(families));
}

std::unique_ptr<Kv> ForkMemoryKv(Kv& kv) { return static_cast<MemoryKv&>(kv).Fork(); }

}  // namespace cloudlet::kv
