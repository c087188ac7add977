// ObjectReader and ObjectWriter: see cloudlet/stream.h.
#include "cloudlet/stream.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloud/stream_impl.h"
#include "cloudlet/error.h"
#include "objstore/annotate.h"

namespace cloudlet {
namespace internal {

absl::StatusOr<PutResult> PutOne(const Gateway& gateway, objstore::Mutation& mutation,
                                 const Caller& caller, Durability durability) {
  std::vector<absl::StatusOr<objstore::MutationResult>> verdicts =
      gateway.store().Mutate({absl::MakeSpan(&mutation, 1), caller, durability,
                              objstore::Together::kEachAlone, gateway.revoked()});
  if (!verdicts[0].ok()) return verdicts[0].status();
  return std::get<PutResult>(*std::move(verdicts[0]));
}

ReaderImpl::ReaderImpl(std::shared_ptr<Gateway> gateway, objstore::ReadAnswer answer)
    : gateway_(std::move(gateway)),
      answer_(std::move(answer)),
      piece_(std::move(answer_.small_body)),
      position_(answer_.offset) {}

absl::Status ReaderImpl::Fetch() {
  if (!failed_.ok() || !piece_.empty() || answer_.source == nullptr) return failed_;
  absl::StatusOr<absl::Cord> next = answer_.source->Next();
  if (!next.ok()) {
    failed_ = next.status();
    return failed_;
  }
  if (next->empty()) answer_.source.reset();  // lets go of the payload as soon as it can
  piece_ = *std::move(next);
  return absl::OkStatus();
}

absl::StatusOr<absl::Cord> ReaderImpl::ReadPiece() {
  CLOUDLET_RETURN_IF_ERROR(Fetch());
  absl::Cord piece = std::move(piece_);
  piece_.Clear();
  position_ += piece.size();
  return piece;
}

absl::StatusOr<size_t> ReaderImpl::Read(char* buffer, size_t size) {
  size_t done = 0;
  while (done < size) {
    CLOUDLET_RETURN_IF_ERROR(Fetch());
    if (piece_.empty()) break;
    const absl::string_view chunk = *piece_.chunk_begin();
    const size_t take = std::min(chunk.size(), size - done);
    std::memcpy(buffer + done, chunk.data(), take);
    piece_.RemovePrefix(take);
    done += take;
  }
  position_ += done;
  return done;
}

WriterImpl::WriterImpl(std::shared_ptr<Gateway> gateway,
                       std::unique_ptr<objstore::PayloadSink> sink, std::string bucket,
                       std::string key, PutOptions options, Caller caller)
    : gateway_(std::move(gateway)),
      sink_(std::move(sink)),
      bucket_(std::move(bucket)),
      key_(std::move(key)),
      options_(std::move(options)),
      caller_(std::move(caller)) {}

absl::Status WriterImpl::Usable(std::string_view verb) const {
  CLOUDLET_RETURN_IF_ERROR(failed_);
  if (sink_ == nullptr) {
    return objstore::Annotate(absl::FailedPreconditionError("the writer has been committed"), verb,
                              bucket_, key_);
  }
  return objstore::Annotate(gateway_->AllowWrite(), verb, bucket_, key_);
}

absl::Status WriterImpl::Fail(const absl::Status& status) {
  failed_ = objstore::Annotate(status, "write", bucket_, key_);
  sink_.reset();
  return failed_;
}

absl::Status WriterImpl::Write(std::string_view bytes) {
  CLOUDLET_RETURN_IF_ERROR(Usable("write"));
  if (const absl::Status written = sink_->Write(bytes); !written.ok()) return Fail(written);
  bytes_written_ += bytes.size();
  return absl::OkStatus();
}

absl::StatusOr<PutResult> WriterImpl::Commit() { return CommitWith(options_); }

absl::StatusOr<PutResult> WriterImpl::Commit(const Checksum& checksum) {
  if (options_.checksum.has_value()) {
    CLOUDLET_RETURN_IF_ERROR(Usable("commit"));
    return Fail(MakeError(ErrorCode::kInvalidRequest, "the options gave a checksum already"));
  }
  PutOptions options = options_;
  options.checksum = checksum;
  return CommitWith(options);
}

absl::StatusOr<PutResult> WriterImpl::CommitWith(const PutOptions& options) {
  CLOUDLET_RETURN_IF_ERROR(Usable("commit"));
  absl::StatusOr<std::unique_ptr<objstore::StagedPayload>> staged = sink_->Finish();
  if (!staged.ok()) return Fail(staged.status());
  sink_.reset();
  objstore::Mutation mutation(objstore::PutMutation{bucket_, key_, *std::move(staged), &options});
  absl::StatusOr<PutResult> put = PutOne(*gateway_, mutation, caller_, options.durability);
  if (!put.ok()) failed_ = put.status();
  return put;
}

}  // namespace internal

namespace {

absl::Status MovedFrom(const char* what) {
  return absl::FailedPreconditionError(absl::StrCat(what, " has been moved from"));
}

}  // namespace

ObjectReader::ObjectReader(std::unique_ptr<internal::ReaderImpl> impl) : impl_(std::move(impl)) {}
ObjectReader::ObjectReader(ObjectReader&&) noexcept = default;
ObjectReader& ObjectReader::operator=(ObjectReader&&) noexcept = default;
ObjectReader::~ObjectReader() = default;

const ObjectInfo& ObjectReader::info() const { return impl_->answer().info; }
bool ObjectReader::not_modified() const { return impl_ != nullptr && impl_->answer().not_modified; }
uint64_t ObjectReader::length() const { return impl_ != nullptr ? impl_->answer().length : 0; }
uint64_t ObjectReader::position() const { return impl_ != nullptr ? impl_->position() : 0; }
absl::StatusOr<size_t> ObjectReader::Read(char* buffer, size_t size) {
  if (impl_ == nullptr) return MovedFrom("read: the ObjectReader");
  return impl_->Read(buffer, size);
}
absl::StatusOr<absl::Cord> ObjectReader::ReadPiece() {
  if (impl_ == nullptr) return MovedFrom("read: the ObjectReader");
  return impl_->ReadPiece();
}

ObjectWriter::ObjectWriter(std::unique_ptr<internal::WriterImpl> impl) : impl_(std::move(impl)) {}
ObjectWriter::ObjectWriter(ObjectWriter&&) noexcept = default;
ObjectWriter& ObjectWriter::operator=(ObjectWriter&&) noexcept = default;
ObjectWriter::~ObjectWriter() = default;

absl::Status ObjectWriter::Write(std::string_view bytes) {
  if (impl_ == nullptr) return MovedFrom("write: the ObjectWriter");
  return impl_->Write(bytes);
}
absl::Status ObjectWriter::Write(const absl::Cord& bytes) {
  if (impl_ == nullptr) return MovedFrom("write: the ObjectWriter");
  for (const absl::string_view chunk : bytes.Chunks()) {
    CLOUDLET_RETURN_IF_ERROR(impl_->Write(base::S(chunk)));
  }
  return absl::OkStatus();
}
absl::StatusOr<PutResult> ObjectWriter::Commit() {
  if (impl_ == nullptr) return MovedFrom("commit: the ObjectWriter");
  return impl_->Commit();
}
absl::StatusOr<PutResult> ObjectWriter::Commit(const Checksum& checksum) {
  if (impl_ == nullptr) return MovedFrom("commit: the ObjectWriter");
  return impl_->Commit(checksum);
}
uint64_t ObjectWriter::bytes_written() const {
  return impl_ != nullptr ? impl_->bytes_written() : 0;
}

}  // namespace cloudlet
