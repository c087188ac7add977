// Forwards all that reads; what changes something passes the latch first: see latching_kv.h.
#include "tests/latching_kv.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloudlet::testing {

class LatchingKv : public kv::Kv {
 public:
  LatchingKv(std::shared_ptr<kv::Kv> behind, std::shared_ptr<Latch> latch, Behind then)
      : behind_(std::move(behind)), latch_(std::move(latch)), then_(then) {
    latch_->Disarm();
    latch_->closed_ = false;
  }

  const std::vector<std::string>& families() const override { return behind_->families(); }
  std::unique_ptr<kv::Batch> NewBatch(size_t expected_bytes) override {
    return behind_->NewBatch(expected_bytes);
  }
  absl::Status Write(kv::Batch& batch, kv::Durability durability) override {
    if (latch_->closed_) return Refusal();
    if (latch_->passing_ == Latch::kDisarmed) return behind_->Write(batch, durability);
    if (latch_->passing_-- > 0) return behind_->Write(batch, durability);
    if (latch_->done_) {
      if (absl::Status written = behind_->Write(batch, durability); !written.ok()) return written;
    }
    latch_->closed_ = true;
    return absl::UnavailableError("the answer of the log is lost: the outcome is unknown");
  }
  absl::Status Sync() override { return latch_->closed_ ? Refusal() : behind_->Sync(); }
  absl::StatusOr<std::optional<kv::PinnedBytes>> Get(kv::Family family, std::string_view key,
                                                     const kv::GetOptions& options) override {
    return behind_->Get(family, key, options);
  }
  absl::StatusOr<std::vector<std::optional<kv::PinnedBytes>>> MultiGet(
      kv::Family family, absl::Span<const std::string> keys,
      const kv::GetOptions& options) override {
    return behind_->MultiGet(family, keys, options);
  }
  std::unique_ptr<kv::Iterator> NewIterator(kv::Family family,
                                            const kv::IteratorOptions& options) override {
    return behind_->NewIterator(family, options);
  }
  std::shared_ptr<const kv::Snapshot> TakeSnapshot() override { return behind_->TakeSnapshot(); }
  absl::StatusOr<std::unique_ptr<kv::BulkWriter>> NewBulkWriter(kv::Family family) override {
    return behind_->NewBulkWriter(family);
  }
  absl::Status Ingest(std::vector<std::unique_ptr<kv::BulkWriter>> writers) override {
    return latch_->closed_ ? Refusal() : behind_->Ingest(std::move(writers));
  }
  void Freed(kv::Family family, std::string_view begin, std::string_view end,
             uint64_t bytes) override {
    behind_->Freed(family, begin, end, bytes);
  }
  absl::Status Reclaim(kv::Family family, std::string_view begin, std::string_view end) override {
    return latch_->closed_ ? Refusal() : behind_->Reclaim(family, begin, end);
  }
  absl::Status Checkpoint(const std::string& directory) override {
    return latch_->closed_ ? Refusal() : behind_->Checkpoint(directory);
  }
  absl::Status health() const override { return latch_->closed_ ? Refusal() : behind_->health(); }
  kv::KvStats stats() const override { return behind_->stats(); }
  absl::Status Close() override {
    return then_ == Behind::kIsKept ? absl::OkStatus() : behind_->Close();
  }

 private:
  static absl::Status Refusal() {
    return absl::UnavailableError("the engine is latched after a write that was lost");
  }

  const std::shared_ptr<kv::Kv> behind_;
  const std::shared_ptr<Latch> latch_;
  const Behind then_;
};

std::unique_ptr<kv::Kv> LatchInFrontOf(std::shared_ptr<kv::Kv> behind, std::shared_ptr<Latch> latch,
                                       Behind then) {
  return std::make_unique<LatchingKv>(std::move(behind), std::move(latch), then);
}

}  // namespace cloudlet::testing
