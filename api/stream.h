// Objects of any size in bounded memory: a reader that gives them piece by piece, a writer that
// takes them so.
//
//   absl::StatusOr<ObjectWriter> writer = bucket.OpenWriter("backup.tar");
//   if (!writer.ok()) return writer.status();
//   while (Fill(&buffer)) {
//     if (absl::Status status = writer->Write(buffer); !status.ok()) return status;
//   }
//   return writer->Commit().status();  // nothing is visible before this, or ever without it
#ifndef CLOUDLET_API_STREAM_H_
#define CLOUDLET_API_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "cloudlet/object.h"

namespace cloudlet {

namespace internal {
class ReaderImpl;
class WriterImpl;
}  // namespace internal

// Reads one object, or a range of it, as it was when the reader was opened: later writes and
// deletes of the key do not change what it gives. Holds at most a few MiB. Threads: one thread at a
// time; movable. It may outlive the Cloud, then reads answer FAILED_PRECONDITION, as they do of one
// that has been moved from.
class ObjectReader {
 public:
  explicit ObjectReader(std::unique_ptr<internal::ReaderImpl> impl);
  ObjectReader(ObjectReader&&) noexcept;
  ObjectReader& operator=(ObjectReader&&) noexcept;
  ~ObjectReader();

  // Not of a reader that has been moved from.
  const ObjectInfo& info() const;
  // True when a condition of the options said "not modified"; there is then nothing to read.
  bool not_modified() const;
  // Bytes that it gives in all: of the object, or of the range or part that was asked for.
  uint64_t length() const;
  // Offset within the object of the next byte to be read.
  uint64_t position() const;

  // Up to `size` bytes into `buffer`; fewer only at the end, 0 at the end. DATA_LOSS when bytes do
  // not match their checksum: at the latest on the read that would reach the end, so bytes are
  // proven only once that one succeeded.
  absl::StatusOr<size_t> Read(char* buffer, size_t size);
  // The next piece without a copy, at most about 1 MiB; an empty Cord at the end. The piece may
  // outlive the reader and the Cloud.
  absl::StatusOr<absl::Cord> ReadPiece();

 private:
  std::unique_ptr<internal::ReaderImpl> impl_;
};

// Writes one object. Destroyed without Commit, it leaves nothing behind. One that has been moved
// from answers FAILED_PRECONDITION. Threads: one thread at a time; movable.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::unique_ptr<internal::WriterImpl> impl);
  ObjectWriter(ObjectWriter&&) noexcept;
  ObjectWriter& operator=(ObjectWriter&&) noexcept;
  ~ObjectWriter();

  // Appends. After an error every further call answers the same error.
  absl::Status Write(std::string_view bytes);
  absl::Status Write(const absl::Cord& bytes);
  // Checks conditions and digests and makes the object visible, with its event. May be called once.
  absl::StatusOr<PutResult> Commit();
  // The same, and verifies a checksum that is known only now, as S3's trailers bring it. Its
  // algorithm must be the one that the options named, CRC64NVME if they named none, and they must
  // give no value of their own (InvalidRequest).
  absl::StatusOr<PutResult> Commit(const Checksum& checksum);
  uint64_t bytes_written() const;

 private:
  std::unique_ptr<internal::WriterImpl> impl_;
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_STREAM_H_
