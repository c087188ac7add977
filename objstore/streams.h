// The sink and the source of LocalStore: they enter the store for each piece, so that a Close or
// Reopen never waits for a stream that nobody moves, and a stream from before it answers an error
// instead of touching what is gone.
//
// Threads: one at a time.
#ifndef CLOUDLET_OBJSTORE_STREAMS_H_
#define CLOUDLET_OBJSTORE_STREAMS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "objstore/local_store.h"
#include "objstore/payload.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

class LocalSink : public PayloadSink {
 public:
  LocalSink(std::shared_ptr<LocalStore> store, std::unique_ptr<PayloadWriter> writer,
            uint64_t bucket_id, uint64_t max_bytes, std::shared_ptr<State> state);
  ~LocalSink() override;
  absl::Status Write(std::string_view bytes) override;
  absl::StatusOr<std::unique_ptr<StagedPayload>> Finish() override;

 private:
  const std::shared_ptr<LocalStore> store_;
  const uint64_t bucket_id_;
  const uint64_t max_bytes_;
  const std::shared_ptr<State> state_;  // the one it was opened in; maybe no longer the store's
  std::unique_ptr<PayloadWriter> writer_;
};

class LocalSource : public PayloadSource {
 public:
  LocalSource(std::shared_ptr<LocalStore> store, std::shared_ptr<State> state,
              std::unique_ptr<Garbage::Pin> pin, std::unique_ptr<BodyReader> reader,
              std::string_view bucket, std::string_view key);
  ~LocalSource() override;
  absl::StatusOr<absl::Cord> Next() override;

 private:
  const std::shared_ptr<LocalStore> store_;
  const std::shared_ptr<State> state_;  // as above; outlives the pin
  std::unique_ptr<Garbage::Pin> pin_;
  const std::unique_ptr<BodyReader> reader_;
  const std::string bucket_;
  const std::string key_;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_STREAMS_H_
