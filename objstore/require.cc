// What a transaction asks of what it has read: see RequireMutation and RequireOpenMutation. Nothing
// is added to the batch.
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/batch_builder.h"
#include "objstore/delivery_rows.h"
#include "objstore/keys.h"
#include "objstore/names.h"
#include "objstore/prepared.h"

namespace cloudlet::objstore {
namespace {

absl::Status Changed(std::string_view what) {
  return MakeError(ErrorCode::kConditionalRequestConflict, what);
}

}  // namespace

absl::Status Prepare(State& state, const Environment& environment, RequireMutation& mutation,
                     Prepared* prepared) {
  auto& require = prepared->action.emplace<PreparedRequire>();
  CLOUDLET_ASSIGN_OR_RETURN(BucketPtr bucket, state.buckets.Find(mutation.bucket));
  CLOUDLET_RETURN_IF_ERROR(CheckKey(mutation.key, environment.limits, environment.key_policy));
  require.sequence = mutation.sequence;
  require.tags = mutation.tags;
  prepared->bucket = std::move(bucket);
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> PreparedRequire::Apply(BatchBuilder& builder,
                                                      const Prepared& /*prepared*/,
                                                      uint64_t /*number*/) {
  const uint64_t current = builder.current().has_value() ? builder.current()->number : 0;
  if (current != sequence) {
    return Changed(absl::StrCat("the object has changed since it was read (sequence ", current,
                                ", not ", sequence, "; 0: there is none)"));
  }
  if (tags != nullptr && current != 0) {
    CLOUDLET_ASSIGN_OR_RETURN(const DecodedHead decoded, DecodeHead(builder.current_row()->view()));
    if (decoded.head.tags != *tags) return Changed("its tags have changed since they were read");
  }
  return RequireResult{};
}

absl::Status Prepare(State& /*state*/, const Environment& /*environment*/,
                     RequireOpenMutation& mutation, Prepared* prepared) {
  auto& require = prepared->action.emplace<PreparedRequireOpen>();
  require.event = mutation.number;
  require.function = mutation.function;
  return absl::OkStatus();
}

// Without a row the log has it: it is open while the watermark is below its event.
absl::StatusOr<MutationResult> PreparedRequireOpen::Apply(BatchBuilder& builder,
                                                          const Prepared& /*prepared*/,
                                                          uint64_t /*number*/) {
  const std::string key = DeliveryKeyOf(event, function);
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> row,
                            builder.kv().Get(kDeliveries, key));
  bool open = false;
  if (row.has_value()) {
    CLOUDLET_ASSIGN_OR_RETURN(const DeliveryRow delivery, DecodeDelivery(key, row->view()));
    open = delivery.state == DeliveryState::kWaiting;
  } else {
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> watermark,
                              builder.kv().Get(kSystem, kWatermarkKey));
    uint64_t settled = 0;
    if (watermark.has_value()) {
      std::string_view bytes = watermark->view();
      if (!base::ReadBe64(&bytes, &settled)) {
        return absl::DataLossError("the watermark row does not parse");
      }
    }
    open = event > settled;
  }
  if (open) return RequireResult{};
  return Changed(absl::StrCat("the delivery of event ", event, " to function ",
                              base::Quoted(function), " has ended already"));
}

}  // namespace cloudlet::objstore
