// What the fuzz targets share. Each defines libFuzzer's entry and the inputs to begin with, which
// smoke.cc changes at random where there is no libFuzzer.
//
//   const std::vector<std::string>& cloudlet::http::FuzzSeeds() { ... }
//   extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { ... }
#ifndef CLOUDLET_HTTP_FUZZ_FUZZ_H_
#define CLOUDLET_HTTP_FUZZ_FUZZ_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cloudlet/error.h"

namespace cloudlet::http {

const std::vector<std::string>& FuzzSeeds();

// Ends the program, which is how a finding is made.
inline void Require(bool ok) {
  if (!ok) std::abort();
}

// An error that a client may cause: it has a code of S3's, which is no 5xx but 501.
inline void RequireClientError(const absl::Status& status) {
  if (status.ok()) return;
  const int http = InfoOf(ErrorCodeOf(status)).http_status;
  Require((http >= 400 && http < 500) || http == 501);
}

inline std::string_view TextOf(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace cloudlet::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#endif  // CLOUDLET_HTTP_FUZZ_FUZZ_H_
