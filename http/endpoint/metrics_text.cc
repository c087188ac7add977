// See metrics_text.h.
#include "http/endpoint/metrics_text.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace cloudlet::http {
namespace {

// Families one after the other; of each its values.
class Text {
 public:
  void Family(const char* name, const char* type, const char* help) {
    family_ = name;
    absl::StrAppend(&out_, "# HELP cloudlet_", name, " ", help, "\n# TYPE cloudlet_", name, " ",
                    type, "\n");
  }
  void Value(double value, std::string_view label = {}, std::string_view label_value = {}) {
    absl::StrAppend(&out_, "cloudlet_", family_);
    if (!label.empty()) {
      absl::StrAppend(&out_, "{", absl::string_view(label.data(), label.size()), "=\"");
      AppendLabelValue(label_value);
      out_ += "\"}";
    }
    absl::StrAppend(&out_, " ", absl::StrFormat("%.17g", value), "\n");
  }
  void Counter(const char* name, const char* help, double value) {
    Family(name, "counter", help);
    Value(value);
  }
  void Gauge(const char* name, const char* help, double value) {
    Family(name, "gauge", help);
    Value(value);
  }
  std::string Take() { return std::move(out_); }

 private:
  void AppendLabelValue(std::string_view value) {
    for (const char c : value) {
      if (c == '\\' || c == '"') out_ += '\\';
      if (c == '\n') {
        out_ += "\\n";
      } else {
        out_ += c;
      }
    }
  }

  std::string out_;
  const char* family_ = "";
};

double D(uint64_t value) { return static_cast<double>(value); }

void AddFunctions(const Meter& meter, Text* text) {
  struct Family {
    const char* name;
    const char* type;
    const char* help;
    double (*of)(const FunctionMeter&);
  };
  using M = FunctionMeter;
  static constexpr Family kFamilies[] = {
      {"function_invocations_total", "counter", "Runs begun.",
       [](const M& m) { return D(m.invocations); }},
      {"function_errors_total", "counter", "Runs that failed.",
       [](const M& m) { return D(m.errors); }},
      {"function_throttles_total", "counter", "Times that no slot was free.",
       [](const M& m) { return D(m.throttles); }},
      {"function_duration_seconds_total", "counter", "Time in handlers.",
       [](const M& m) { return absl::ToDoubleSeconds(m.duration); }},
      {"function_billed_seconds_total", "counter", "The same, rounded up, with cold starts.",
       [](const M& m) { return absl::ToDoubleSeconds(m.billed); }},
      {"function_gb_seconds_total", "counter", "Billed time by memory size.",
       [](const M& m) { return m.gb_seconds; }},
      {"function_concurrent_executions", "gauge", "Runs now.",
       [](const M& m) { return D(m.concurrent_executions); }},
      {"function_async_events_total", "counter", "Events received.",
       [](const M& m) { return D(m.async_events_received); }},
      {"function_async_events_dropped_total", "counter", "Events that ended without success.",
       [](const M& m) { return D(m.async_events_dropped); }},
      {"function_dead_letter_errors_total", "counter", "Dead letters that could not be sent.",
       [](const M& m) { return D(m.dead_letter_errors); }},
      {"function_destination_failures_total", "counter", "Records that could not be sent.",
       [](const M& m) { return D(m.destination_delivery_failures); }},
  };
  for (const Family& family : kFamilies) {
    if (meter.functions.empty()) break;
    text->Family(family.name, family.type, family.help);
    for (const auto& [name, function] : meter.functions) {
      text->Value(family.of(function), "function", name);
    }
  }
}

void AddBuckets(const Meter& meter, Text* text) {
  struct Family {
    const char* name;
    const char* help;
    uint64_t BucketMeter::*field;
  };
  static constexpr Family kFamilies[] = {
      {"bucket_put_requests_total", "PUT, COPY, POST and LIST.", &BucketMeter::put_requests},
      {"bucket_get_requests_total", "GET, HEAD and the others.", &BucketMeter::get_requests},
      {"bucket_delete_requests_total", "DELETE.", &BucketMeter::delete_requests},
      {"bucket_4xx_errors_total", "Requests at fault.", &BucketMeter::errors_4xx},
      {"bucket_5xx_errors_total", "Requests that the store failed.", &BucketMeter::errors_5xx},
      {"bucket_uploaded_bytes_total", "Bytes of bodies taken.", &BucketMeter::bytes_uploaded},
      {"bucket_downloaded_bytes_total", "Bytes of bodies given.", &BucketMeter::bytes_downloaded},
  };
  for (const Family& family : kFamilies) {
    if (meter.buckets.empty()) break;
    text->Family(family.name, "counter", family.help);
    for (const auto& [name, bucket] : meter.buckets) {
      text->Value(D(bucket.*family.field), "bucket", name);
    }
  }
}

}  // namespace

std::string MetricsText(const CloudStats& stats, const Meter& meter,
                        const EndpointStats& endpoint) {
  Text text;
  text.Counter("puts_total", "Objects written.", D(stats.puts));
  text.Counter("gets_total", "Objects read.", D(stats.gets));
  text.Counter("deletes_total", "Objects removed.", D(stats.deletes));
  text.Counter("copies_total", "Objects copied or renamed.", D(stats.copies));
  text.Counter("written_bytes_total", "Payload written.", D(stats.bytes_written));
  text.Counter("read_bytes_total", "Payload read.", D(stats.bytes_read));
  text.Counter("events_total", "Event rows written.", D(stats.events));
  text.Gauge("deliveries_pending", "Deliveries that have not ended.", D(stats.deliveries_pending));
  text.Gauge("store_bytes", "Bytes on disk, estimated.", D(stats.store_bytes));
  text.Counter("storage_byte_hours_total", "Bytes stored by hours.", meter.storage_byte_hours);
  AddBuckets(meter, &text);
  AddFunctions(meter, &text);
  text.Gauge("http_connections", "Connections now.", D(endpoint.connections));
  text.Counter("http_connections_total", "Connections taken.", D(endpoint.accepted));
  text.Counter("http_connections_shed_total", "Connections refused.", D(endpoint.shed));
  text.Counter("http_requests_total", "Requests.", D(endpoint.requests));
  text.Counter("http_errors_total", "Answers of 400 and above.", D(endpoint.errors));
  text.Counter("http_timeouts_total", "Clients that were too slow.", D(endpoint.timeouts));
  return text.Take();
}

}  // namespace cloudlet::http
