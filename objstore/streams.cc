// The sink and the source of LocalStore: see streams.h.
#include "objstore/streams.h"

#include <utility>

#include "base/status_macros.h"
#include "objstore/annotate.h"

namespace cloudlet::objstore {
namespace {

absl::Status Outdated(const State& of_stream, const State& of_store) {
  if (&of_stream == &of_store) return absl::OkStatus();
  return absl::AbortedError("the store was reopened since (start again)");
}

}  // namespace

LocalSink::LocalSink(std::shared_ptr<LocalStore> store, std::unique_ptr<PayloadWriter> writer,
                     uint64_t bucket_id, uint64_t max_bytes, std::shared_ptr<State> state)
    : store_(std::move(store)),
      bucket_id_(bucket_id),
      max_bytes_(max_bytes),
      state_(std::move(state)),
      writer_(std::move(writer)) {}

LocalSink::~LocalSink() = default;

absl::Status LocalSink::Write(std::string_view bytes) {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  CLOUDLET_RETURN_IF_ERROR(Outdated(*state_, entrance.state));
  return writer_->Append(bytes, max_bytes_);
}

absl::StatusOr<std::unique_ptr<StagedPayload>> LocalSink::Finish() {
  CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
  CLOUDLET_RETURN_IF_ERROR(Outdated(*state_, entrance.state));
  CLOUDLET_ASSIGN_OR_RETURN(std::unique_ptr<LocalStaged> staged, writer_->Finish());
  staged->bucket_id = bucket_id_;
  staged->generation = state_->generation;
  staged->store = state_;
  return std::unique_ptr<StagedPayload>(std::move(staged));
}

LocalSource::LocalSource(std::shared_ptr<LocalStore> store, std::shared_ptr<State> state,
                         std::unique_ptr<Garbage::Pin> pin, std::unique_ptr<BodyReader> reader,
                         std::string_view bucket, std::string_view key)
    : store_(std::move(store)),
      state_(std::move(state)),
      pin_(std::move(pin)),
      reader_(std::move(reader)),
      bucket_(bucket),
      key_(key) {}

LocalSource::~LocalSource() = default;

absl::StatusOr<absl::Cord> LocalSource::Next() {
  const auto next = [this]() -> absl::StatusOr<absl::Cord> {
    CLOUDLET_ASSIGN_OR_RETURN(LocalStore::Entrance entrance, store_->Enter());
    CLOUDLET_RETURN_IF_ERROR(Outdated(*state_, entrance.state));
    return reader_->Next(*entrance.state.kv);
  };
  absl::StatusOr<absl::Cord> piece = next();
  if (!piece.ok()) return Annotate(piece.status(), "get", bucket_, key_);
  store_->bytes_read_ += piece->size();
  return piece;
}

}  // namespace cloudlet::objstore
