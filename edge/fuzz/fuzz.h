// What the edge's fuzz targets share. Each defines libFuzzer's entry and the inputs to begin with,
// which smoke.cc changes at random where there is no libFuzzer.
#ifndef CLOUDLET_EDGE_FUZZ_FUZZ_H_
#define CLOUDLET_EDGE_FUZZ_FUZZ_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace cloudlet::edge {

const std::vector<std::string>& FuzzSeeds();

// Ends the program, which is how a finding is made.
inline void Require(bool ok) {
  if (!ok) std::abort();
}

inline std::string_view TextOf(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace cloudlet::edge

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#endif  // CLOUDLET_EDGE_FUZZ_FUZZ_H_
