// Writing ahead and reading of payloads: see payload.h.
#include "objstore/payload.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/fault_point.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/keys.h"

namespace cloudlet::objstore {
namespace {

using base::V;

constexpr uint64_t kBulkFileBytes = 256 << 20;  // one SST file of a large body

}  // namespace

LocalStaged::~LocalStaged() {
  pin.reset();
  if (payload_id != 0 && !taken && !garbage->IsForkedCopy())
    garbage->Add({{payload_id, digests.size}});
}

uint64_t ChunkTrailer(std::string_view chunk, std::string* trailer) {
  const uint64_t crc64 = base::Crc64Nvme(chunk);
  base::AppendU64(trailer, crc64);
  return crc64;
}

void WriteOnlyChunk(uint64_t payload_id, std::string_view bytes, kv::Batch* batch) {
  std::string trailer;
  ChunkTrailer(bytes, &trailer);
  const std::string_view parts[] = {bytes, trailer};
  batch->PutParts(kPayload, ChunkKey(payload_id, 0), parts);
}

void WriteTaken(uint64_t payload_id, const LocalStaged* staged, std::string_view bytes,
                kv::Batch* batch) {
  if (staged != nullptr && staged->payload_id != 0) {
    batch->Delete(kOwners, GarbageKey(payload_id));
  } else {
    WriteOnlyChunk(payload_id, bytes, batch);
  }
}

PayloadWriter::PayloadWriter(kv::Kv* kv, Sequencer* sequencer, std::shared_ptr<Garbage> garbage,
                             DigestPlan plan, uint64_t expected_bytes)
    : kv_(kv),
      sequencer_(sequencer),
      garbage_(std::move(garbage)),
      expected_bytes_(expected_bytes),
      digester_(plan) {
  if (expected_bytes > kBatchBytes) {
    way_ = expected_bytes > kBulkBytes ? Way::kBulk : Way::kLogged;
  }
}

PayloadWriter::~PayloadWriter() {
  bulk_.clear();
  pin_.reset();
  if (payload_id_ != 0 && !garbage_->IsForkedCopy()) garbage_->Add({{payload_id_, size_}});
}

absl::Status PayloadWriter::Append(std::string_view bytes, uint64_t max_bytes) {
  if (closed_.ok()) closed_ = Take(bytes, max_bytes);
  return closed_;
}

absl::Status PayloadWriter::Append(const absl::Cord& bytes, uint64_t max_bytes) {
  for (const absl::string_view piece : bytes.Chunks()) {
    CLOUDLET_RETURN_IF_ERROR(Append(base::S(piece), max_bytes));
  }
  return closed_;
}

absl::Status PayloadWriter::Take(std::string_view bytes, uint64_t max_bytes) {
  if (bytes.size() > max_bytes || size_ > max_bytes - bytes.size()) {
    return MakeError(ErrorCode::kEntityTooLarge,
                     absl::StrCat("more than ", max_bytes, " bytes, the limit"));
  }
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (way_ == Way::kGather && buffer_.size() == kBulkBytes) way_ = Way::kBulk;
    const uint64_t room = way_ == Way::kGather ? kBulkBytes : kChunkBytes;
    if (buffer_.size() >= room) CLOUDLET_RETURN_IF_ERROR(WriteGathered(false));
    // Digested and written a chunk at a time: what was just read is still in the CPU's cache.
    const std::string_view piece =
        bytes.substr(0, std::min<uint64_t>(room - buffer_.size(), kChunkBytes));
    bytes.remove_prefix(piece.size());
    digester_.Update(piece);
    if (way_ != Way::kGather && piece.size() == kChunkBytes) {
      CLOUDLET_RETURN_IF_ERROR(WriteChunk(piece));
    } else {
      buffer_.append(piece);
    }
  }
  return absl::OkStatus();
}

absl::Status PayloadWriter::WriteGathered(bool all) {
  std::string_view rest = buffer_;
  while (rest.size() >= kChunkBytes || (all && !rest.empty())) {
    const std::string_view chunk = rest.substr(0, kChunkBytes);
    CLOUDLET_RETURN_IF_ERROR(WriteChunk(chunk));
    rest.remove_prefix(chunk.size());
  }
  buffer_.erase(0, buffer_.size() - rest.size());
  if (buffer_.capacity() > 2 * kChunkBytes) buffer_.shrink_to_fit();
  return absl::OkStatus();
}

absl::Status PayloadWriter::WriteChunk(std::string_view chunk) {
  if (payload_id_ == 0) {
    CLOUDLET_ASSIGN_OR_RETURN(const uint64_t id, sequencer_->NextPayloadId());
    pin_ = std::make_unique<Garbage::Pin>(garbage_.get(), id);
    payload_id_ = id;
  }
  std::string trailer;
  const uint64_t crc64 = ChunkTrailer(chunk, &trailer);
  crc64_ = base::Crc64NvmeCombine(crc64_, crc64, chunk.size());
  const std::string_view row[] = {chunk, trailer};
  const std::string key = ChunkKey(payload_id_, chunks_++);
  return way_ == Way::kBulk ? AddToBulk(key, row) : AddToLog(key, row);
}

absl::Status PayloadWriter::AddToBulk(std::string_view key,
                                      absl::Span<const std::string_view> row) {
  if (bulk_.empty() || bulk_.back()->ByteSize() >= kBulkFileBytes) {
    if (!bulk_.empty()) CLOUDLET_RETURN_IF_ERROR(bulk_.back()->Finish());
    CLOUDLET_ASSIGN_OR_RETURN(std::unique_ptr<kv::BulkWriter> file, kv_->NewBulkWriter(kPayload));
    bulk_.push_back(std::move(file));
  }
  return bulk_.back()->Add(key, row);
}

absl::Status PayloadWriter::AddToLog(std::string_view key, absl::Span<const std::string_view> row) {
  if (batch_ == nullptr) {
    batch_ = kv_->NewBatch();
    std::string hint;
    base::AppendU64(&hint, std::max(size_, expected_bytes_));
    batch_->Put(kOwners, GarbageKey(payload_id_), hint);
  }
  batch_->PutParts(kPayload, key, row);
  CLOUDLET_RETURN_IF_ERROR(kv_->Write(*batch_, kv::Durability::kBuffered));
  CLOUDLET_FAULT_POINT("payload/chunk_written");
  batch_->Clear();
  return absl::OkStatus();
}

absl::Status PayloadWriter::IngestBulk() {
  CLOUDLET_RETURN_IF_ERROR(bulk_.back()->Finish());
  // Ingesting is durable at once, so the row that tells it may be garbage must be before.
  std::string hint;
  base::AppendU64(&hint, size_);
  const auto batch = kv_->NewBatch();
  batch->Put(kOwners, GarbageKey(payload_id_), hint);
  CLOUDLET_RETURN_IF_ERROR(kv_->Write(*batch, kv::Durability::kSync));
  CLOUDLET_FAULT_POINT("payload/before_ingest");
  CLOUDLET_RETURN_IF_ERROR(kv_->Ingest(std::move(bulk_)));
  bulk_.clear();
  CLOUDLET_FAULT_POINT("payload/ingested");
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<LocalStaged>> PayloadWriter::Finish() {
  CLOUDLET_RETURN_IF_ERROR(closed_);
  absl::StatusOr<std::unique_ptr<LocalStaged>> staged = End();
  closed_ = staged.ok() ? absl::FailedPreconditionError("the body has ended") : staged.status();
  return staged;
}

absl::StatusOr<std::unique_ptr<LocalStaged>> PayloadWriter::End() {
  if (way_ == Way::kGather && size_ > kBatchBytes) way_ = Way::kLogged;
  if (way_ == Way::kGather) {
    crc64_ = base::Crc64Nvme(buffer_);
  } else {
    CLOUDLET_RETURN_IF_ERROR(WriteGathered(true));
    if (!bulk_.empty()) CLOUDLET_RETURN_IF_ERROR(IngestBulk());
  }
  batch_.reset();
  auto staged = std::make_unique<LocalStaged>();
  staged->digests = digester_.Finish();
  staged->digests.size = size_;
  staged->digests.crc64nvme = crc64_;
  staged->bytes = std::move(buffer_);
  staged->payload_id = std::exchange(payload_id_, 0);
  staged->garbage = garbage_;
  staged->pin = std::move(pin_);
  return staged;
}

absl::StatusOr<absl::Cord> CheckedChunk(const kv::PinnedBytes& row, uint64_t expected_bytes,
                                        uint64_t* crc64) {
  const std::string_view all = row.view();
  if (all.size() != expected_bytes + 8) {
    return absl::DataLossError(
        absl::StrCat("a chunk has ", all.size(), " bytes, expected ", expected_bytes + 8));
  }
  const std::string_view bytes = all.substr(0, expected_bytes);
  uint64_t want = 0;
  base::ByteReader(all.substr(expected_bytes)).ReadU64(&want);
  *crc64 = base::Crc64Nvme(bytes);
  if (*crc64 != want) {
    return absl::DataLossError(absl::StrCat("a chunk has CRC64NVME ", V(base::Hex16(*crc64)),
                                            ", expected ", V(base::Hex16(want))));
  }
  return absl::MakeCordFromExternal(V(bytes), [owner = row.owner()] {});
}

absl::StatusOr<absl::Cord> PayloadReader::Next(kv::Kv& kv) {
  if (position_ == end_) return absl::Cord();
  const uint64_t chunk = position_ / kChunkBytes;
  const uint64_t chunk_begin = chunk * kChunkBytes;
  const uint64_t chunk_bytes = std::min(kChunkBytes, object_size_ - chunk_begin);
  kv::GetOptions options;
  options.fill_cache = object_size_ <= kChunkBytes;  // large bodies would push all else out
  CLOUDLET_ASSIGN_OR_RETURN(
      const std::optional<kv::PinnedBytes> row,
      kv.Get(kPayload, ChunkKey(payload_id_, static_cast<uint32_t>(chunk)), options));
  if (!row.has_value()) {
    return absl::DataLossError(
        absl::StrCat("chunk ", chunk, " of payload ", payload_id_, " is missing"));
  }
  uint64_t crc64 = 0;
  CLOUDLET_ASSIGN_OR_RETURN(absl::Cord piece, CheckedChunk(*row, chunk_bytes, &crc64));
  const uint64_t from = position_ - chunk_begin;
  const uint64_t to = std::min(chunk_bytes, end_ - chunk_begin);
  if (full_) {
    crc64_ = base::Crc64NvmeCombine(crc64_, crc64, chunk_bytes);
    if (to + chunk_begin == end_ && crc64_ != object_crc64_) {
      return absl::DataLossError(absl::StrCat("the object's CRC64NVME is ", V(base::Hex16(crc64_)),
                                              ", expected ", V(base::Hex16(object_crc64_))));
    }
  }
  position_ = chunk_begin + to;
  return piece.Subcord(from, to - from);
}

}  // namespace cloudlet::objstore
