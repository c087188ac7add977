// zlib behind two small doors. 15 + 16 window bits are zlib's way to ask for the gzip format.
#include "examples/static_site/gzip.h"

#include <string>

namespace static_site {
namespace {

constexpr int kGzipFormat = 15 + 16;
constexpr int kUnknownSystem = 255;
constexpr size_t kPieceBytes = 64 << 10;

Bytef* Input(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

GzipEncoder::GzipEncoder() {
  ready_ =
      deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFormat, 8, Z_DEFAULT_STRATEGY);
  header_.time = 0;
  header_.os = kUnknownSystem;
  if (ready_ == Z_OK) ready_ = deflateSetHeader(&stream_, &header_);
}

GzipEncoder::~GzipEncoder() { deflateEnd(&stream_); }

absl::Status GzipEncoder::Append(std::string_view bytes, std::string* out) {
  return Run(bytes, Z_NO_FLUSH, out);
}

absl::Status GzipEncoder::Finish(std::string* out) { return Run({}, Z_FINISH, out); }

absl::Status GzipEncoder::Run(std::string_view bytes, int flush, std::string* out) {
  if (ready_ != Z_OK) {
    return absl::InternalError("gzip: zlib refused (" + std::to_string(ready_) + ")");
  }
  stream_.next_in = Input(bytes);
  stream_.avail_in = static_cast<uInt>(bytes.size());
  int answer = Z_OK;
  do {
    const size_t before = out->size();
    out->resize(before + kPieceBytes);
    stream_.next_out = reinterpret_cast<Bytef*>(out->data() + before);
    stream_.avail_out = kPieceBytes;
    answer = deflate(&stream_, flush);
    out->resize(before + kPieceBytes - stream_.avail_out);
  } while (answer == Z_OK && stream_.avail_out == 0);
  // Z_BUF_ERROR only says that there was nothing more to do.
  if (answer == Z_STREAM_ERROR || (flush == Z_FINISH && answer != Z_STREAM_END)) {
    return absl::InternalError("gzip: zlib failed (" + std::to_string(answer) + ")");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Gunzip(std::string_view gz) {
  z_stream stream = {};
  if (inflateInit2(&stream, kGzipFormat) != Z_OK) return absl::InternalError("gunzip: no memory");
  stream.next_in = Input(gz);
  stream.avail_in = static_cast<uInt>(gz.size());
  std::string out;
  int answer = Z_OK;
  while (answer == Z_OK) {
    const size_t before = out.size();
    out.resize(before + kPieceBytes);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = kPieceBytes;
    answer = inflate(&stream, Z_NO_FLUSH);
    out.resize(before + kPieceBytes - stream.avail_out);
  }
  inflateEnd(&stream);
  if (answer != Z_STREAM_END) {
    return absl::DataLossError("gunzip: not a whole gzip stream (" + std::to_string(answer) + ")");
  }
  return out;
}

}  // namespace static_site
