// Payload: how the bytes of objects lie in the store.
//
// A payload is chunks of 1 MiB (the last one shorter) under an ascending id, never overwritten;
// each chunk row ends with the CRC64NVME of its bytes, from which the object's CRC is combined, so
// one pass gives and checks both. By size:
//   up to 1 KiB     inline in the head row
//   up to 64 KiB    one chunk, in the commit's batch
//   up to 4 MiB     chunks written ahead through the log
//   above           an SST file built beside the store, synced and ingested
// A body written ahead has a 'g' row (garbage.h) until its commit takes it.
//
// Threads: a sink or source belongs to one thread at a time; the rest is pure.
#ifndef CLOUDLET_OBJSTORE_PAYLOAD_H_
#define CLOUDLET_OBJSTORE_PAYLOAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/types/span.h"
#include "objstore/digests.h"
#include "objstore/garbage.h"
#include "objstore/kv/kv.h"
#include "objstore/sequencer.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

inline constexpr uint64_t kChunkBytes = 1 << 20;
inline constexpr uint64_t kInlineBytes = 1024;
inline constexpr uint64_t kBatchBytes = 64 << 10;
inline constexpr uint64_t kBulkBytes = 4 << 20;

inline uint64_t ChunksOf(uint64_t bytes) { return (bytes + kChunkBytes - 1) / kChunkBytes; }

// A body in the store or on its way there. Where `payload_id` is 0 the bytes are still in `bytes`.
class LocalStaged : public StagedPayload {
 public:
  uint64_t size() const override { return digests.size; }
  // What lies in the store and nobody took is garbage.
  ~LocalStaged() override;

  BodyDigests digests;
  uint64_t bucket_id = 0;  // of the bucket it is for
  std::string bytes;
  uint64_t payload_id = 0;
  uint64_t generation = 0;            // of the opened store it lies in
  std::shared_ptr<const void> store;  // keeps that store's engine in memory
  std::shared_ptr<Garbage> garbage;   // that store's
  std::unique_ptr<Garbage::Pin> pin;
  bool taken = false;  // by a commit
};

// Takes a body in bounded memory (kBulkBytes) and writes it ahead as it grows.
class PayloadWriter {
 public:
  // `kv` and `sequencer` must outlive it. `expected_bytes`: of the whole body, where it is known
  // (0: not): the body then goes where it belongs from its first chunk on, and whole chunks of what
  // is appended are not copied first.
  PayloadWriter(kv::Kv* kv, Sequencer* sequencer, std::shared_ptr<Garbage> garbage, DigestPlan plan,
                uint64_t expected_bytes = 0);
  // EntityTooLarge above `max_bytes` in all.
  absl::Status Append(std::string_view bytes, uint64_t max_bytes);
  absl::Status Append(const absl::Cord& bytes, uint64_t max_bytes);
  // Ends the body. Bodies of at most kBatchBytes stay in memory. Neither call works after this one,
  // or after an error of either: a body with a hole must never be taken for whole.
  absl::StatusOr<std::unique_ptr<LocalStaged>> Finish();
  ~PayloadWriter();

 private:
  enum class Way {
    kGather,  // not known yet: in memory
    kLogged,  // through the log
    kBulk,    // into SST files
  };

  absl::Status Take(std::string_view bytes, uint64_t max_bytes);
  absl::StatusOr<std::unique_ptr<LocalStaged>> End();
  // The chunks that are gathered; with `all` also one that is not full.
  absl::Status WriteGathered(bool all);
  absl::Status WriteChunk(std::string_view chunk);
  absl::Status AddToBulk(std::string_view key, absl::Span<const std::string_view> row);
  absl::Status AddToLog(std::string_view key, absl::Span<const std::string_view> row);
  absl::Status IngestBulk();

  kv::Kv* const kv_;
  Sequencer* const sequencer_;
  const std::shared_ptr<Garbage> garbage_;
  const uint64_t expected_bytes_;
  Digester digester_;
  Way way_ = Way::kGather;
  std::string buffer_;
  uint64_t size_ = 0;    // seen
  uint64_t crc64_ = 0;   // of the chunks written
  uint32_t chunks_ = 0;  // written
  uint64_t payload_id_ = 0;
  std::unique_ptr<Garbage::Pin> pin_;
  std::unique_ptr<kv::Batch> batch_;  // kLogged
  std::vector<std::unique_ptr<kv::BulkWriter>> bulk_;
  absl::Status closed_;  // not OK: why nothing more is taken
};

// The bytes of one chunk row, checked against its CRC: DATA_LOSS with both values. `crc64` gets the
// CRC of the bytes.
absl::StatusOr<absl::Cord> CheckedChunk(const kv::PinnedBytes& row, uint64_t expected_bytes,
                                        uint64_t* crc64);
// A chunk row's two parts: the bytes and, in `trailer`, their CRC.
uint64_t ChunkTrailer(std::string_view chunk, std::string* trailer);

// Adds `bytes`, at most kChunkBytes, to the batch as the only chunk of a payload.
void WriteOnlyChunk(uint64_t payload_id, std::string_view bytes, kv::Batch* batch);
// Adds the body that a commit takes: `staged` is no garbage any more, where it was written ahead;
// else (or null) `bytes` go into the batch. The reference to it is the caller's.
void WriteTaken(uint64_t payload_id, const LocalStaged* staged, std::string_view bytes,
                kv::Batch* batch);

// Gives the bytes of an object, or of a range of it, piece by piece.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // The next piece; empty at the end. `kv` may be another each time, over the same store.
  virtual absl::StatusOr<absl::Cord> Next(kv::Kv& kv) = 0;
};

// Reads chunk by chunk the part of a payload that an extent covers. Full reads are checked against
// the object's CRC too, before the piece that would complete them is handed out.
class PayloadReader : public BodyReader {
 public:
  PayloadReader(uint64_t payload_id, uint64_t object_size, uint64_t object_crc64, uint64_t offset,
                uint64_t length)
      : payload_id_(payload_id),
        object_size_(object_size),
        object_crc64_(object_crc64),
        position_(offset),
        end_(offset + length),
        full_(offset == 0 && length == object_size) {}

  absl::StatusOr<absl::Cord> Next(kv::Kv& kv) override;

 private:
  const uint64_t payload_id_;
  const uint64_t object_size_;
  const uint64_t object_crc64_;
  uint64_t position_;
  const uint64_t end_;
  const bool full_;
  uint64_t crc64_ = 0;  // of what has been read, when full_
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_PAYLOAD_H_
