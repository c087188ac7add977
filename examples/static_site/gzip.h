// A gzip stream whose bytes depend on nothing but the input: no time, no file name, no operating
// system.
#ifndef EXAMPLES_STATIC_SITE_GZIP_H_
#define EXAMPLES_STATIC_SITE_GZIP_H_

#include <zlib.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace static_site {

// Compresses piece by piece, in bounded memory. Threads: one thread at a time.
class GzipEncoder {
 public:
  GzipEncoder();
  ~GzipEncoder();
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  // Appends to `out` what is ready of the compressed bytes.
  absl::Status Append(std::string_view bytes, std::string* out);
  absl::Status Finish(std::string* out);

 private:
  absl::Status Run(std::string_view bytes, int flush, std::string* out);

  z_stream stream_ = {};
  gz_header header_ = {};
  int ready_;  // what zlib said to the setup
};

// The inverse, for tests and readers of gz/: the uncompressed bytes, or DATA_LOSS.
absl::StatusOr<std::string> Gunzip(std::string_view gz);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_GZIP_H_
