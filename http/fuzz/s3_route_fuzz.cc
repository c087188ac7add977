// What a request asks for: method, host, path, query and headers, a line each.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/fuzz/fuzz.h"
#include "http/message.h"
#include "http/s3_address.h"
#include "http/s3_route.h"
#include "http/uri.h"

namespace cloudlet::http {
namespace {

// The front of `rest` up to a line break, which goes too.
std::string_view TakeLine(std::string_view* rest) {
  const size_t end = rest->find('\n');
  const std::string_view line = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return line;
}

Headers HeadersOf(std::string_view bytes) {
  Headers headers;
  while (!bytes.empty()) {
    const std::string_view line = TakeLine(&bytes);
    const size_t colon = line.find(": ");
    if (colon != std::string_view::npos) headers.Add(line.substr(0, colon), line.substr(colon + 2));
  }
  return headers;
}

void FuzzRoute(std::string_view bytes) {
  const std::string_view method = TakeLine(&bytes);
  const std::string_view host = TakeLine(&bytes);
  const std::string_view path = TakeLine(&bytes);
  const auto address = S3AddressOf(host, path, {"localhost"});
  const auto query = ParseQuery(TakeLine(&bytes));
  if (!address.ok() || !query.ok()) return;
  const Headers headers = HeadersOf(bytes);
  (void)RouteS3(
      {.method = method, .scope = address->scope(), .query = &*query, .headers = &headers});
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() {
  static const std::vector<std::string>& seeds = *new std::vector<std::string>{
      "GET\nb.localhost:80\n/a//b%2F\nversionId=v&response-expires=x\n",
      "PUT\nlocalhost\n/b/k\nuploadId=u&partNumber=1\nx-amz-copy-source: b/k\n",
  };
  return seeds;
}

}  // namespace cloudlet::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cloudlet::http::FuzzRoute(cloudlet::http::TextOf(data, size));
  return 0;
}
