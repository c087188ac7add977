// zlib's deflate over the pieces of a cord. 15 + 16 window bits ask for the gzip format.
#include "edge/gzip.h"

#include <zlib.h>

#include <limits>
#include <string>
#include <string_view>

#include "base/strings.h"

namespace cloudlet::edge {
namespace {

constexpr int kGzipFormat = 15 + 16;
constexpr int kMemoryLevel = 8;  // zlib's default
constexpr int kUnknownSystem = 255;
constexpr size_t kPieceBytes = size_t{64} << 10;

// A deflate stream that ends with its scope.
class Deflater {
 public:
  Deflater() {
    ready_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFormat, kMemoryLevel,
                          Z_DEFAULT_STRATEGY) == Z_OK;
    header_.os = kUnknownSystem;
    if (ready_) ready_ = deflateSetHeader(&stream_, &header_) == Z_OK;
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // Takes `bytes` in; what comes out is behind `out`. False: it has failed.
  bool Run(std::string_view bytes, int flush, absl::Cord* out) {
    if (!ready_) return false;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    int answer = Z_OK;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
      stream_.avail_out = static_cast<uInt>(piece_.size());
      answer = deflate(&stream_, flush);
      out->Append(base::V({piece_.data(), piece_.size() - stream_.avail_out}));
    } while (answer == Z_OK && stream_.avail_out == 0);
    // Z_BUF_ERROR only says that there was nothing more to do.
    return answer != Z_STREAM_ERROR && (flush != Z_FINISH || answer == Z_STREAM_END);
  }

 private:
  z_stream stream_ = {};
  gz_header header_ = {};
  bool ready_ = false;
  std::string piece_ = std::string(kPieceBytes, '\0');
};

}  // namespace

std::optional<absl::Cord> Gzip(const absl::Cord& bytes) {
  Deflater deflater;
  absl::Cord out;
  for (const absl::string_view chunk : bytes.Chunks()) {
    std::string_view rest = base::S(chunk);
    while (!rest.empty()) {
      const std::string_view piece = rest.substr(0, std::numeric_limits<uInt>::max());
      if (!deflater.Run(piece, Z_NO_FLUSH, &out)) return std::nullopt;
      rest.remove_prefix(piece.size());
    }
  }
  if (!deflater.Run({}, Z_FINISH, &out)) return std::nullopt;
  return out;
}

}  // namespace cloudlet::edge
