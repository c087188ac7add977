// What stands behind ObjectReader and ObjectWriter: a source or a sink of the store, and where it
// belongs.
//
// Threads: one at a time, as the public classes say.
#ifndef CLOUDLET_CLOUD_STREAM_IMPL_H_
#define CLOUDLET_CLOUD_STREAM_IMPL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "cloud/gateway.h"
#include "cloudlet/caller.h"
#include "cloudlet/object.h"
#include "objstore/store.h"

namespace cloudlet::internal {

// Carries out one put and gives its verdict.
absl::StatusOr<PutResult> PutOne(const Gateway& gateway, objstore::Mutation& mutation,
                                 const Caller& caller, Durability durability);

class ReaderImpl {
 public:
  ReaderImpl(std::shared_ptr<Gateway> gateway, objstore::ReadAnswer answer);

  absl::StatusOr<size_t> Read(char* buffer, size_t size);
  absl::StatusOr<absl::Cord> ReadPiece();

  const objstore::ReadAnswer& answer() const { return answer_; }
  uint64_t position() const { return position_; }

 private:
  // Fills piece_ unless it has bytes or the end has come.
  absl::Status Fetch();

  const std::shared_ptr<Gateway> gateway_;  // keeps the store
  objstore::ReadAnswer answer_;
  absl::Cord piece_;  // fetched, not yet given
  uint64_t position_;
  absl::Status failed_;
};

class WriterImpl {
 public:
  WriterImpl(std::shared_ptr<Gateway> gateway, std::unique_ptr<objstore::PayloadSink> sink,
             std::string bucket, std::string key, PutOptions options, Caller caller);

  absl::Status Write(std::string_view bytes);
  absl::StatusOr<PutResult> Commit();
  absl::StatusOr<PutResult> Commit(const Checksum& checksum);
  uint64_t bytes_written() const { return bytes_written_; }

 private:
  absl::Status Usable(std::string_view verb) const;
  absl::Status Fail(const absl::Status& status);
  absl::StatusOr<PutResult> CommitWith(const PutOptions& options);

  const std::shared_ptr<Gateway> gateway_;
  std::unique_ptr<objstore::PayloadSink> sink_;  // null once committed
  const std::string bucket_;
  const std::string key_;
  const PutOptions options_;
  const Caller caller_;
  uint64_t bytes_written_ = 0;
  absl::Status failed_;
};

}  // namespace cloudlet::internal

#endif  // CLOUDLET_CLOUD_STREAM_IMPL_H_
