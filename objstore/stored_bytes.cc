// Two sums, and the one scan that they may need: see stored_bytes.h.
#include "objstore/stored_bytes.h"

#include <cstdint>
#include <memory>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "objstore/keys.h"
#include "objstore/kv/kv.h"
#include "objstore/records.h"

namespace cloudlet::objstore {
namespace {

constexpr double kMsPerHour = 3'600'000;

absl::StatusOr<int64_t> SumOfSizes(kv::Kv& kv) {
  const std::shared_ptr<const kv::Snapshot> snapshot = kv.TakeSnapshot();
  int64_t sum = 0;
  for (const kv::Family family : {kHeads, kVersions}) {
    kv::IteratorOptions options;
    options.snapshot = snapshot.get();
    options.fill_cache = false;
    const std::unique_ptr<kv::Iterator> it = kv.NewIterator(family, options);
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      CLOUDLET_ASSIGN_OR_RETURN(const Head head, DecodeHeadFixed(it->value()));
      sum += static_cast<int64_t>(head.size);
    }
    CLOUDLET_RETURN_IF_ERROR(it->status());
  }
  return sum;
}

bool IsEmpty(kv::Kv& kv) {
  for (const kv::Family family : {kHeads, kVersions}) {
    const std::unique_ptr<kv::Iterator> it = kv.NewIterator(family, {});
    it->SeekToFirst();
    if (it->Valid() || !it->status().ok()) return false;
  }
  return true;
}

}  // namespace

void StoredBytes::Begin(kv::Kv& kv, int64_t now_ms) {
  const bool empty = IsEmpty(kv);
  base::MutexLock lock(&mu_);
  opened_ms_ = now_ms;
  if (empty) at_open_ = 0;
}

void StoredBytes::Add(int64_t bytes, int64_t now_ms) {
  base::MutexLock lock(&mu_);
  changed_ += bytes;
  weighted_ += absl::int128(bytes) * (now_ms - opened_ms_);
}

absl::StatusOr<double> StoredBytes::ByteHours(kv::Kv& kv, int64_t now_ms) {
  bool known = false;
  {
    base::MutexLock lock(&mu_);
    known = at_open_.has_value();
  }
  if (!known) {
    CLOUDLET_ASSIGN_OR_RETURN(const int64_t now, SumOfSizes(kv));
    base::MutexLock lock(&mu_);
    if (!at_open_.has_value()) at_open_ = now - changed_;
  }
  base::MutexLock lock(&mu_);
  const int64_t since = now_ms - opened_ms_;
  const absl::int128 sum = absl::int128(*at_open_ + changed_) * since - weighted_;
  return static_cast<double>(sum) / kMsPerHour;
}

}  // namespace cloudlet::objstore
