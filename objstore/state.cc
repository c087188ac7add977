// Opening: the format row and what is loaded from the store. See state.h.
#include "objstore/state.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cloudlet/version.h"
#include "objstore/keys.h"
#include "objstore/records.h"
#include "objstore/records.pb.h"

namespace cloudlet::objstore {
namespace {

absl::Status CheckFormat(State* state, const Environment& environment, uint64_t store_id) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::optional<kv::PinnedBytes> found,
                            state->kv->Get(kSystem, kFormatKey));
  rows::FormatRow row;
  if (found.has_value()) {
    if (!row.ParseFromArray(found->view().data(), static_cast<int>(found->view().size())) ||
        row.major() == 0) {
      return absl::DataLossError("the format row does not parse");
    }
    if (row.major() > kStoreFormat) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the store has format ", row.major(), ", this version of cloudlet (", kVersion,
          ") opens formats up to ", kStoreFormat, " (open it with a newer version)"));
    }
  }
  if (store_id != 0 && row.store_id() != store_id) {
    return absl::FailedPreconditionError(absl::StrCat("another store is there now (its id is ",
                                                      row.store_id(), ", that of the one ",
                                                      "opened before ", store_id, ")"));
  }
  if (!found.has_value()) {
    row.set_major(kStoreFormat);
    row.set_store_id(environment.ids->Next());
    row.set_created_ms(ToMillis(environment.clock->Now()));
    const auto batch = state->kv->NewBatch();
    batch->Put(kSystem, kFormatKey, row.SerializeAsString());
    CLOUDLET_RETURN_IF_ERROR(state->kv->Write(*batch, kv::Durability::kSync));
  }
  state->store_id = row.store_id();
  return absl::OkStatus();
}

}  // namespace

absl::Status LoadState(State* state, const Environment& environment, uint64_t store_id) {
  CLOUDLET_RETURN_IF_ERROR(CheckFormat(state, environment, store_id));
  CLOUDLET_RETURN_IF_ERROR(state->sequencer.Load());
  CLOUDLET_RETURN_IF_ERROR(state->buckets.Load());
  return state->garbage->Load();
}

}  // namespace cloudlet::objstore
