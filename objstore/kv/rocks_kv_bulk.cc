// Bulk writing: an SST file in <directory>/incoming per writer, linked into the database by Ingest.
//
// Writing needs no lock and no log, so an error of the side file fails its writer alone. Ingest is
// durable: RocksDB syncs the file, its directory and the MANIFEST. A snapshot that is alive makes
// RocksDB give the file a sequence number of its own; that number goes to the MANIFEST only
// (write_global_seqno = false), the file itself is never rewritten. What a dead process left in
// incoming/ is deleted by the next open.
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/kv/rocks_kv_core.h"
#include "objstore/kv/rocks_kv_options.h"
#include "objstore/kv/rocks_kv_status.h"
#include "rocksdb/sst_file_reader.h"
#include "rocksdb/sst_file_writer.h"

namespace cloudlet::kv {

namespace {

class RocksBulkWriter final : public BulkWriter {
 public:
  RocksBulkWriter(std::shared_ptr<RocksCore> core, Family family, std::string path)
      : core_(std::move(core)), family_(family), path_(std::move(path)) {}
  ~RocksBulkWriter() override;
  RocksBulkWriter(const RocksBulkWriter&) = delete;
  RocksBulkWriter& operator=(const RocksBulkWriter&) = delete;

  absl::Status Open(const rocksdb::Options& options, rocksdb::ColumnFamilyHandle* handle);
  absl::Status Add(std::string_view key, absl::Span<const std::string_view> value_parts) override;
  uint64_t ByteSize() const override { return bytes_; }
  absl::Status Finish() override;

  bool BelongsTo(const RocksCore& core) const { return core_.get() == &core; }
  Family family() const { return family_; }
  const std::string& path() const { return path_; }
  bool finished() const { return state_ == State::kFinished; }
  bool empty() const { return bytes_ == 0; }
  void SetTaken() { state_ = State::kTaken; }
  // Deletes the file; the store must not close meanwhile.
  void Discard();

 private:
  enum class State { kWriting, kFinished, kTaken, kFailed };

  absl::Status Fail(absl::Status status);

  const std::shared_ptr<RocksCore> core_;
  const Family family_;
  const std::string path_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  State state_ = State::kWriting;
  absl::Status failure_;
  uint64_t bytes_ = 0;
  std::string joined_;  // kept for its capacity
};

RocksBulkWriter::~RocksBulkWriter() {
  if (core_->IsForkedCopy()) {
    // The file is the parent's, who may still be writing it; RocksDB's writer would flush into it.
    static_cast<void>(writer_.release());
    return;
  }
  if (state_ == State::kTaken) return;
  // After Close the next open empties the directory, and may be using the same names by now.
  base::ReaderLock guard(&core_->mutex);
  if (core_->CheckOpen().ok()) Discard();
}

void RocksBulkWriter::Discard() {
  writer_.reset();
  core_->fs->DeleteFile(path_, rocksdb::IOOptions(), nullptr).PermitUncheckedError();
  state_ = State::kTaken;
}

absl::Status RocksBulkWriter::Fail(absl::Status status) {
  if (status.ok()) return status;
  state_ = State::kFailed;
  failure_ = status;
  return status;
}

absl::Status RocksBulkWriter::Open(const rocksdb::Options& options,
                                   rocksdb::ColumnFamilyHandle* handle) {
  // The file will be read soon if at all: its pages may stay in the cache of the machine.
  writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(options), options, handle,
                                                     /*invalidate_page_cache=*/false);
  return Fail(FromRocks(writer_->Open(path_), absl::StrCat("create ", path_)));
}

absl::Status RocksBulkWriter::Add(std::string_view key,
                                  absl::Span<const std::string_view> value_parts) {
  if (state_ == State::kFailed) return failure_;
  if (state_ != State::kWriting) {
    return absl::FailedPreconditionError("bulk add: the writer has been finished");
  }
  std::string_view value;
  if (value_parts.size() == 1) {
    value = value_parts[0];
  } else {
    joined_.clear();
    for (std::string_view part : value_parts) joined_.append(part);
    value = joined_;
  }
  const rocksdb::Status status = writer_->Put(ToSlice(key), ToSlice(value));
  // A key out of order is refused without harm to the file.
  if (status.IsInvalidArgument()) return FromRocks(status, "bulk add");
  if (status.ok()) bytes_ += key.size() + value.size();
  return Fail(FromRocks(status, absl::StrCat("bulk add to ", path_)));
}

absl::Status RocksBulkWriter::Finish() {
  if (state_ == State::kFailed) return failure_;
  if (state_ != State::kWriting) return absl::OkStatus();
  // RocksDB makes no file without keys.
  if (!empty()) {
    CLOUDLET_RETURN_IF_ERROR(Fail(FromRocks(writer_->Finish(), absl::StrCat("finish ", path_))));
  }
  state_ = State::kFinished;
  return absl::OkStatus();
}

rocksdb::IngestExternalFileOptions IngestOptions() {
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.write_global_seqno = false;
  return options;
}

}  // namespace

std::string IncomingDirectory(const std::string& directory) {
  return absl::StrCat(directory, "/incoming");
}

absl::StatusOr<std::unique_ptr<BulkWriter>> NewRocksBulkWriter(
    const std::shared_ptr<RocksCore>& core, Family family) {
  const std::string incoming = IncomingDirectory(core->directory);
  CLOUDLET_RETURN_IF_ERROR(
      FromRocks(core->fs->CreateDirIfMissing(incoming, rocksdb::IOOptions(), nullptr),
                absl::StrCat("create ", incoming)));
  const std::string path = absl::StrCat(incoming, "/", core->next_bulk.fetch_add(1), ".sst");
  auto writer = std::make_unique<RocksBulkWriter>(core, family, path);
  rocksdb::ColumnFamilyHandle* handle = core->handles[family];
  const absl::Status opened = writer->Open(core->db->GetOptions(handle), handle);
  if (!opened.ok()) {
    writer->Discard();
    return opened;
  }
  return std::unique_ptr<BulkWriter>(std::move(writer));
}

// Whether the ends of a finished file can be read: RocksDB 7.8 would take one that is damaged there
// for a file without keys (rocks_kv_fs.h).
absl::Status CheckEnds(const rocksdb::Options& options, const std::string& path) {
  rocksdb::SstFileReader reader(options);
  rocksdb::Status status = reader.Open(path);
  if (!status.ok()) return FromRocks(status, absl::StrCat("ingest ", path));
  rocksdb::ReadOptions read;
  read.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(reader.NewIterator(read));
  it->SeekToFirst();
  if (it->Valid()) it->SeekToLast();
  if (it->Valid()) return absl::OkStatus();
  CLOUDLET_RETURN_IF_ERROR(FromRocks(it->status(), absl::StrCat("ingest ", path)));
  return absl::DataLossError(absl::StrCat("ingest ", path, ": the file has no keys"));
}

absl::Status IngestShared(RocksCore& core,
                          const std::vector<std::unique_ptr<BulkWriter>>& writers) {
  std::map<Family, rocksdb::IngestExternalFileArg> args;
  for (const std::unique_ptr<BulkWriter>& each : writers) {
    auto* writer = static_cast<RocksBulkWriter*>(each.get());
    if (!writer->BelongsTo(core)) {
      return absl::InvalidArgumentError("ingest: a bulk writer of another store");
    }
    if (!writer->finished()) {
      return absl::FailedPreconditionError("ingest: a bulk writer that has not been finished");
    }
    if (writer->empty()) continue;
    CLOUDLET_RETURN_IF_ERROR(
        CheckEnds(core.db->GetOptions(core.handles[writer->family()]), writer->path()));
    rocksdb::IngestExternalFileArg& arg = args[writer->family()];
    arg.column_family = core.handles[writer->family()];
    arg.options = IngestOptions();
    arg.external_files.push_back(writer->path());
  }
  if (args.empty()) return absl::OkStatus();
  std::vector<rocksdb::IngestExternalFileArg> list;
  for (auto& [family, arg] : args) list.push_back(std::move(arg));
  base::ReaderLock past_log(&core.past_log);
  CLOUDLET_RETURN_IF_ERROR(FromRocks(core.db->IngestExternalFiles(list), "ingest"));
  for (const std::unique_ptr<BulkWriter>& each : writers) {
    static_cast<RocksBulkWriter*>(each.get())->SetTaken();
    core.mark->AddLogged(each->ByteSize());
  }
  return absl::OkStatus();
}

}  // namespace cloudlet::kv
