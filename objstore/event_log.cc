// Reading and trimming of the event log: see event_log.h.
#include "objstore/event_log.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "objstore/keys.h"
#include "objstore/records.h"

namespace cloudlet::objstore {
namespace {

absl::StatusOr<EventRecord> RecordAt(const kv::Iterator& it) {
  CLOUDLET_ASSIGN_OR_RETURN(EventRecord record, DecodeEvent(it.value()));
  if (ParseEventKey(it.key()) == record.event.sequence) return record;
  return absl::DataLossError(
      absl::StrCat("an event row holds event ", record.event.sequence, " under another key"));
}

// Decodes events of one tag from `after` on, at most `limit`, not beyond `up_to`.
absl::Status ReadTag(kv::Kv& kv, char tag, uint64_t after, uint64_t up_to, size_t limit,
                     std::vector<EventPtr>* out) {
  if (after >= up_to) return absl::OkStatus();
  kv::IteratorOptions options;
  options.lower = EventKey(tag, after + 1);
  options.upper =
      up_to == UINT64_MAX ? std::string(1, static_cast<char>(tag + 1)) : EventKey(tag, up_to + 1);
  const auto it = kv.NewIterator(kEvents, options);
  for (it->SeekToFirst(); it->Valid() && out->size() < limit; it->Next()) {
    CLOUDLET_ASSIGN_OR_RETURN(EventRecord record, RecordAt(*it));
    out->push_back(std::make_shared<const EventRecord>(std::move(record)));
  }
  return it->status();
}

// The number of bytes of all retained rows.
absl::StatusOr<uint64_t> RetainedBytes(kv::Kv& kv) {
  kv::IteratorOptions options;
  options.lower = EventKey(kRetainedTag, 0);
  options.upper = std::string(1, static_cast<char>(kRetainedTag + 1));
  const auto it = kv.NewIterator(kEvents, options);
  uint64_t bytes = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next()) bytes += it->key().size() + it->value().size();
  CLOUDLET_RETURN_IF_ERROR(it->status());
  return bytes;
}

}  // namespace

absl::StatusOr<std::vector<EventPtr>> ReadEventLog(kv::Kv& kv, uint64_t after, uint64_t up_to,
                                                   size_t limit) {
  std::vector<EventPtr> transient;
  std::vector<EventPtr> retained;
  CLOUDLET_RETURN_IF_ERROR(ReadTag(kv, kTransientTag, after, up_to, limit, &transient));
  CLOUDLET_RETURN_IF_ERROR(ReadTag(kv, kRetainedTag, after, up_to, limit, &retained));
  std::vector<EventPtr> merged;
  std::merge(transient.begin(), transient.end(), retained.begin(), retained.end(),
             std::back_inserter(merged), [](const EventPtr& a, const EventPtr& b) {
               return a->event.sequence < b->event.sequence;
             });
  if (merged.size() > limit) merged.resize(limit);
  return merged;
}

absl::StatusOr<TrimResult> TrimEventLog(kv::Kv& kv, uint64_t settled, const EventRetention& keep,
                                        absl::Time now) {
  uint64_t left = 0;
  if (keep.max_bytes != UINT64_MAX) {
    CLOUDLET_ASSIGN_OR_RETURN(left, RetainedBytes(kv));
  }
  kv::IteratorOptions options;
  options.lower = EventKey(kRetainedTag, 0);
  options.upper = EventKey(kRetainedTag, settled + 1);
  const auto it = kv.NewIterator(kEvents, options);
  TrimResult gone;
  std::optional<uint64_t> last;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    CLOUDLET_ASSIGN_OR_RETURN(const EventRecord record, RecordAt(*it));
    const bool too_many = left > keep.max_bytes;
    if (!too_many && now - record.event.time <= keep.max_age) break;
    const uint64_t bytes = it->key().size() + it->value().size();
    left -= std::min(left, bytes);
    gone.bytes += bytes;
    ++gone.events;
    last = record.event.sequence;
  }
  CLOUDLET_RETURN_IF_ERROR(it->status());
  if (!last.has_value()) return gone;
  const auto batch = kv.NewBatch();
  batch->DeleteRange(kEvents, EventKey(kRetainedTag, 0), EventKey(kRetainedTag, *last + 1));
  CLOUDLET_RETURN_IF_ERROR(kv.Write(*batch, kv::Durability::kBuffered));
  return gone;
}

}  // namespace cloudlet::objstore
