// What gzip made, undone, for tests.
#ifndef CLOUDLET_EDGE_COMPRESS_TESTING_H_
#define CLOUDLET_EDGE_COMPRESS_TESTING_H_

#include <zlib.h>

#include <string>

#include "absl/strings/cord.h"

namespace cloudlet::edge {

// The bytes behind one whole gzip stream; "no gzip" for anything else.
inline std::string Gunzipped(const absl::Cord& cord) {
  std::string in(cord);
  std::string out(in.size() * 2'000 + 100, '\0');
  z_stream stream = {};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int answer = inflate(&stream, Z_FINISH);
  const bool whole = answer == Z_STREAM_END && stream.avail_in == 0;
  out.resize(out.size() - stream.avail_out);
  inflateEnd(&stream);
  return whole ? out : "no gzip";
}

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_COMPRESS_TESTING_H_
