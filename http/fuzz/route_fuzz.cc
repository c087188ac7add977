// libFuzzer's door to FuzzRoute (entries.h).
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/fuzz/entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cloudlet::http::fuzz::FuzzRoute(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
