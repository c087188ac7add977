// A trace out of its lines (api/edge_trace.h has the format).
#ifndef CLOUDLET_EDGE_REPLAY_TRACE_READER_H_
#define CLOUDLET_EDGE_REPLAY_TRACE_READER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/edge_trace.h"

namespace cloudlet::edge {

// Seconds in decimals, as microseconds; nullopt: no number from 0 to 2^50 us, or finer than that.
std::optional<int64_t> ParseSeconds(std::string_view text);

class TraceReader {
 public:
  // The next line, without its end.
  absl::Status Line(std::string_view line);
  // After the last.
  absl::StatusOr<EdgeTrace> Finish();

 private:
  enum Column : size_t { kTime, kViewer, kObject, kBytes, kTtl, kCacheable, kColumns };
  using Fields = std::array<std::string_view, kColumns>;

  absl::Status Header(const std::vector<std::string_view>& names);
  absl::Status Row(const std::vector<std::string_view>& values);
  absl::StatusOr<int64_t> TimeOf(std::string_view text);
  absl::StatusOr<uint32_t> ViewerOf(std::string_view text);
  absl::StatusOr<EdgeTraceObject> ObjectOf(const Fields& fields) const;
  absl::StatusOr<uint32_t> NumberOf(const Fields& fields);
  absl::Status Wrong(std::string_view column, std::string_view text, std::string_view why) const;

  struct Known {
    uint32_t number = 0;
    uint64_t line = 0;  // of its first request
  };

  uint64_t line_ = 0;
  std::vector<Column> columns_;  // in the file's order; empty: no header yet
  std::unordered_map<std::string, uint32_t> viewers_;
  std::unordered_map<std::string, Known> objects_;
  EdgeTrace trace_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_REPLAY_TRACE_READER_H_
