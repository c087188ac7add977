// Reader -> gzip -> writer, piece by piece; small results go in one put.
#include "examples/static_site/compress.h"

#include <string_view>

#include "examples/static_site/content_type.h"
#include "examples/static_site/derive.h"
#include "examples/static_site/gzip.h"
#include "examples/static_site/layout.h"

namespace static_site {
namespace {

constexpr uint64_t kMinBytes = 200;        // below, gzip's frame eats what it saves
constexpr uint64_t kSmallBytes = 1 << 20;  // of the source: compressed in memory
constexpr size_t kPieceBytes = 256 << 10;

bool IsWorthCompressing(const cloudlet::ObjectInfo& file) {
  return file.size >= kMinBytes && IsCompressible(file.content_type);
}

// Calls `take` with the compressed bytes, in pieces.
template <typename Take>
absl::Status ForEachPiece(cloudlet::ObjectReader& reader, Take take) {
  GzipEncoder encoder;
  std::string plain(kPieceBytes, '\0');
  std::string packed;
  while (true) {
    absl::StatusOr<size_t> read = reader.Read(plain.data(), plain.size());
    if (!read.ok()) return read.status();
    const absl::Status encoded =
        *read == 0 ? encoder.Finish(&packed)
                   : encoder.Append(std::string_view(plain.data(), *read), &packed);
    if (!encoded.ok()) return encoded;
    const absl::Status taken = take(std::string_view(packed));
    if (!taken.ok() || *read == 0) return taken;
    packed.clear();
  }
}

absl::Status CompressSmall(const cloudlet::Bucket& bucket, const std::string& key,
                           cloudlet::ObjectReader& reader, const cloudlet::PutOptions& options) {
  std::string packed;
  const absl::Status read = ForEachPiece(reader, [&](std::string_view piece) {
    packed.append(piece);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return bucket.Put(key, packed, options).status();
}

absl::Status CompressLarge(const cloudlet::Bucket& bucket, const std::string& key,
                           cloudlet::ObjectReader& reader, const cloudlet::PutOptions& options) {
  absl::StatusOr<cloudlet::ObjectWriter> writer = bucket.OpenWriter(key, options);
  if (!writer.ok()) return writer.status();
  const absl::Status copied =
      ForEachPiece(reader, [&](std::string_view piece) { return writer->Write(piece); });
  if (!copied.ok()) return copied;
  return writer->Commit().status();
}

}  // namespace

absl::Status Compress(const cloudlet::Bucket& bucket, const std::string& path) {
  const std::string key = GzipKey(path);
  return BringUpToDate(
      bucket,
      FileDerivation{.path = path,
                     .key = key,
                     .is_wanted = IsWorthCompressing,
                     .make = [&](cloudlet::ObjectReader& reader, cloudlet::PutOptions options) {
                       options.content_type = reader.info().content_type;
                       options.content_encoding = "gzip";
                       return reader.info().size <= kSmallBytes
                                  ? CompressSmall(bucket, key, reader, options)
                                  : CompressLarge(bucket, key, reader, options);
                     }});
}

}  // namespace static_site
