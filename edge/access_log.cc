// Bytes are counted as HTTP/1.1 would send them.
#include "edge/access_log.h"

#include <optional>

#include "edge/lists.h"
#include "edge/ranges.h"
#include "edge/viewer_request.h"

namespace cloudlet::edge {
namespace {

constexpr size_t kLineEnd = 2;

size_t BytesOf(const HttpHeaders& headers) {
  size_t bytes = kLineEnd;
  for (const HttpHeader& header : headers) {
    bytes += header.name.size() + std::string_view(": ").size() + header.value.size() + kLineEnd;
  }
  return bytes;
}

uint64_t BytesOf(const HttpRequest& request) {
  const size_t query = request.url.query ? request.url.query->size() + 1 : 0;
  const size_t line = request.method.size() + request.url.path.size() + query +
                      std::string_view("  HTTP/1.1\r\n").size();
  const size_t host = request.headers.Find("Host") != nullptr
                          ? 0
                          : std::string_view("Host: \r\n").size() + request.url.authority.size();
  return line + host + BytesOf(request.headers) + request.body.size();
}

uint64_t BytesOf(const HttpResponse& response) {
  return std::string_view("HTTP/1.1 200 \r\n").size() + response.reason.size() +
         BytesOf(response.headers) + response.body.size();
}

std::string TextOf(const HttpHeaders& headers, std::string_view name) {
  return headers.Joined(name).value_or("");
}

void AddContent(const HttpHeaders& headers, EdgeLogRow* row) {
  row->sc_content_type = TextOf(headers, "Content-Type");
  if (const auto* const length = headers.Find("Content-Length")) {
    if (const auto bytes = Digits(*length, int64_t{1} << 62)) row->sc_content_len = *bytes;
  }
  const auto* const range = headers.Find("Content-Range");
  if (range == nullptr) return;
  if (const auto parsed = ParseContentRange(*range)) {
    row->sc_range_start = parsed->span.offset;
    row->sc_range_end = parsed->span.end() - 1;
  }
}

}  // namespace

EdgeResultType ResultTypeOf(CacheUse cache, int status) {
  if (status >= 400) return EdgeResultType::kError;
  switch (cache) {
    case CacheUse::kHit:
      return EdgeResultType::kHit;
    case CacheUse::kRefresh:
      return EdgeResultType::kRefreshHit;
    case CacheUse::kMiss:
    case CacheUse::kNone:
      break;
  }
  return EdgeResultType::kMiss;
}

TimingFacts TimingOf(const Fate& fate) {
  const bool known = fate.cache == CacheUse::kHit || fate.direct;
  return {.cache = fate.cache,
          .layer = known ? std::string_view("EDGE") : std::string_view(),
          .pop = fate.edge_location,
          .request_id = fate.request_id,
          .first_byte = fate.first_byte - fate.received};
}

EdgeLogRow LogRowOf(const Fate& fate, const DistributionOptions& options,
                    const HttpRequest& request, const Viewer& viewer,
                    const HttpResponse& response) {
  EdgeLogRow row;
  row.time = fate.last_byte;
  row.edge_location = fate.edge_location;
  row.sc_bytes = BytesOf(response);
  row.c_ip = viewer.ip;
  row.cs_method = request.method;
  row.cs_host = options.domain_name;
  row.cs_uri_stem = request.url.path;
  row.sc_status = response.status;
  row.cs_referer = TextOf(request.headers, "Referer");
  row.cs_user_agent = TextOf(request.headers, "User-Agent");
  row.cs_uri_query = request.url.query.value_or("");
  if (options.log_cookies) row.cs_cookie = TextOf(request.headers, "Cookie");
  row.result_type = fate.result;
  row.request_id = fate.request_id;
  row.host_header = HostOf(request);
  row.cs_protocol = request.url.scheme;
  row.cs_bytes = BytesOf(request);
  row.time_taken = fate.last_byte - fate.received;
  row.x_forwarded_for = TextOf(request.headers, "X-Forwarded-For");
  row.ssl_protocol = viewer.ssl_protocol;
  row.ssl_cipher = viewer.ssl_cipher;
  row.response_result_type = fate.result;
  row.cs_protocol_version = viewer.protocol_version;
  row.c_port = viewer.port;
  row.time_to_first_byte = fate.first_byte - fate.received;
  row.detailed_result_type = std::string(fate.detail.empty() ? ToString(fate.result) : fate.detail);
  AddContent(response.headers, &row);
  return row;
}

void EndRow(uint64_t bytes, std::string_view error, absl::Time now, EdgeLogRow* row) {
  row->sc_bytes += bytes;
  row->time_taken += now - row->time;
  row->time = now;
  if (error.empty()) return;
  row->result_type = EdgeResultType::kError;
  row->detailed_result_type = std::string(error);
}

}  // namespace cloudlet::edge
