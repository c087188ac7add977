// Line by line; every complaint names the line, the column and the remedy.
#include "edge/replay/trace_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "edge/replay/trace_limits.h"

namespace cloudlet {
namespace edge {
namespace {

using base::Quoted;
using base::V;

constexpr std::array<std::string_view, 6> kNames = {"time",  "viewer", "object",
                                                    "bytes", "ttl",    "cacheable"};
constexpr std::string_view kHeaderExample = "time,viewer,object,bytes,ttl,cacheable";

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t begin = std::min(text.find_first_not_of(kBlank), text.size());
  const size_t end = text.find_last_not_of(kBlank);
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end + 1 - begin);
}

std::vector<std::string_view> SplitAtCommas(std::string_view line) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t comma = line.find(',');
    parts.push_back(Trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    line.remove_prefix(comma + 1);
  }
}

template <typename Number>
std::optional<Number> Whole(std::string_view text) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

std::optional<GeoPoint> ParsePoint(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto latitude = Whole<double>(text.substr(0, slash));
  const auto longitude = Whole<double>(text.substr(slash + 1));
  if (!latitude || !longitude) return std::nullopt;
  const GeoPoint point = {*latitude, *longitude};
  if (!OnEarth(point)) return std::nullopt;
  return point;
}

}  // namespace

std::optional<int64_t> ParseSeconds(std::string_view text) {
  constexpr size_t kDecimals = 6;
  const size_t dot = std::min(text.find('.'), text.size());
  const auto seconds = Whole<uint64_t>(text.substr(0, dot));
  if (!seconds || *seconds > kMostMicroseconds / 1'000'000) return std::nullopt;
  int64_t microseconds = static_cast<int64_t>(*seconds) * 1'000'000;
  if (dot < text.size()) {
    std::string digits(text.substr(dot + 1));
    if (digits.empty() || digits.size() > kDecimals) return std::nullopt;
    digits.resize(kDecimals, '0');
    const auto fraction = Whole<uint64_t>(digits);
    if (!fraction) return std::nullopt;
    microseconds += static_cast<int64_t>(*fraction);
  }
  return microseconds <= kMostMicroseconds ? std::optional(microseconds) : std::nullopt;
}

absl::Status TraceReader::Wrong(std::string_view column, std::string_view text,
                                std::string_view why) const {
  return absl::InvalidArgumentError(
      absl::StrCat("trace: line ", line_, ": ", V(column), " ", V(Quoted(text)), ": ", V(why)));
}

absl::Status TraceReader::Line(std::string_view line) {
  ++line_;
  line = Trimmed(line);
  if (line.empty() || line.front() == '#') return absl::OkStatus();
  if (line.find('"') != std::string_view::npos) {
    return Wrong("text", line, "quotes are not read; write a comma in a name as %2C");
  }
  const std::vector<std::string_view> values = SplitAtCommas(line);
  return columns_.empty() ? Header(values) : Row(values);
}

absl::Status TraceReader::Header(const std::vector<std::string_view>& names) {
  std::vector<Column> columns;
  for (const std::string_view name : names) {
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) {
      return Wrong(
          "column", name,
          absl::StrCat("there is no such column; the first line names them: ", V(kHeaderExample)));
    }
    const auto column = static_cast<Column>(found - kNames.begin());
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
      return Wrong("column", name, "it is named twice");
    }
    columns.push_back(column);
  }
  for (const Column needed : {kTime, kViewer, kObject, kBytes}) {
    if (std::find(columns.begin(), columns.end(), needed) == columns.end()) {
      return Wrong("column", kNames[needed],
                   absl::StrCat("it is missing in the first line, which names the columns: ",
                                V(kHeaderExample)));
    }
  }
  columns_ = std::move(columns);
  return absl::OkStatus();
}

absl::Status TraceReader::Row(const std::vector<std::string_view>& values) {
  if (values.size() != columns_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("trace: line ", line_, ": ", values.size(), " fields, the first line names ",
                     columns_.size(), " columns; leave a field empty, but keep its comma"));
  }
  Fields fields;
  for (size_t i = 0; i < values.size(); ++i) fields[columns_[i]] = values[i];
  EdgeTraceRequest request;
  CLOUDLET_ASSIGN_OR_RETURN(request.time_us, TimeOf(fields[kTime]));
  CLOUDLET_ASSIGN_OR_RETURN(request.viewer, ViewerOf(fields[kViewer]));
  CLOUDLET_ASSIGN_OR_RETURN(request.object, NumberOf(fields));
  trace_.requests.push_back(request);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> TraceReader::TimeOf(std::string_view text) {
  const std::optional<int64_t> time = ParseSeconds(text);
  if (!time) {
    return Wrong("time", text,
                 "no number of seconds from 0 to 2^50 microseconds with at most six decimals");
  }
  if (!trace_.requests.empty() && *time < trace_.requests.back().time_us) {
    return Wrong("time", text, "before the line before it; sort the lines by time");
  }
  return *time;
}

absl::StatusOr<uint32_t> TraceReader::ViewerOf(std::string_view text) {
  const auto [known, fresh] =
      viewers_.try_emplace(std::string(text), static_cast<uint32_t>(trace_.viewers.size()));
  if (!fresh) return known->second;
  std::optional<GeoPoint> point = ParsePoint(text);
  if (!point) {
    const EdgeLocation* const location = text.size() == 3 ? FindEdgeLocation(text) : nullptr;
    if (location == nullptr) {
      return Wrong(
          "viewer", text,
          "neither the code of an edge location, as FRA, nor LATITUDE/LONGITUDE in degrees, "
          "as 52.52/13.4");
    }
    point = location->point;
  }
  trace_.viewers.push_back({std::string(text), *point});
  return known->second;
}

absl::StatusOr<EdgeTraceObject> TraceReader::ObjectOf(const Fields& fields) const {
  EdgeTraceObject object;
  const auto bytes = Whole<uint64_t>(fields[kBytes]);
  if (!bytes || *bytes > kMostBytes) {
    return Wrong("bytes", fields[kBytes], "no whole number from 0 to 2^40");
  }
  object.bytes = *bytes;
  if (const std::string_view ttl = fields[kTtl]; !ttl.empty()) {
    const std::optional<int64_t> parsed = ParseSeconds(ttl);
    if (!parsed) {
      return Wrong("ttl", ttl,
                   "no number of seconds from 0 to 2^50 microseconds; empty: the origin does not "
                   "say");
    }
    object.ttl_us = *parsed;
  }
  const std::string_view cacheable = fields[kCacheable];
  if (!cacheable.empty() && cacheable != "yes" && cacheable != "no") {
    return Wrong("cacheable", cacheable, "neither yes nor no; empty: yes");
  }
  object.cacheable = cacheable != "no";
  return object;
}

absl::StatusOr<uint32_t> TraceReader::NumberOf(const Fields& fields) {
  if (fields[kObject].empty()) return Wrong("object", "", "it is empty; give the object a name");
  CLOUDLET_ASSIGN_OR_RETURN(const EdgeTraceObject object, ObjectOf(fields));
  const auto [known, fresh] = objects_.try_emplace(
      std::string(fields[kObject]), Known{static_cast<uint32_t>(trace_.objects.size()), line_});
  if (fresh) {
    if (trace_.objects.size() == kMostObjects) {
      return Wrong("object", fields[kObject], "more than 10^8 objects; split the trace");
    }
    trace_.objects.push_back(object);
    return known->second.number;
  }
  const EdgeTraceObject& before = trace_.objects[known->second.number];
  const std::string line = absl::StrCat("other than in line ", known->second.line,
                                        "; an object that changes needs another name");
  if (object.bytes != before.bytes) return Wrong("bytes", fields[kBytes], line);
  if (object.ttl_us != before.ttl_us) return Wrong("ttl", fields[kTtl], line);
  if (object.cacheable != before.cacheable) return Wrong("cacheable", fields[kCacheable], line);
  return known->second.number;
}

absl::StatusOr<EdgeTrace> TraceReader::Finish() {
  if (columns_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("trace: it is empty; its first line names the columns: ", V(kHeaderExample)));
  }
  return std::move(trace_);
}

}  // namespace edge

absl::StatusOr<EdgeTrace> ParseEdgeTrace(std::string_view text) {
  edge::TraceReader reader;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    CLOUDLET_RETURN_IF_ERROR(reader.Line(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.Finish();
}

absl::StatusOr<EdgeTrace> ReadEdgeTrace(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return absl::NotFoundError(absl::StrCat("trace: cannot open ", base::V(base::Quoted(path))));
  }
  edge::TraceReader reader;
  std::string line;
  while (std::getline(file, line)) CLOUDLET_RETURN_IF_ERROR(reader.Line(line));
  if (file.bad()) {
    return absl::UnavailableError(
        absl::StrCat("trace: cannot read ", base::V(base::Quoted(path)), " to its end"));
  }
  return reader.Finish();
}

}  // namespace cloudlet
