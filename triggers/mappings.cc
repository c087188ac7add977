// Lambda's ranges for mappings, and the response of partial failures.
#include "triggers/mappings.h"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/json_struct.h"
#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "triggers/destinations.h"
#include "triggers/function_name.h"
#include "triggers/json.h"
#include "triggers/queues.h"
#include "triggers/queues.pb.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kMaxIdBytes = 64;
constexpr int kMostBatch = 10'000;
constexpr int kMostBatchWithoutWindow = 10;
constexpr absl::Duration kMostWindow = absl::Seconds(300);
constexpr char kFailures[] = "batchItemFailures";
constexpr char kIdentifier[] = "itemIdentifier";

absl::Status BadParameter(std::string_view why) {
  return MakeError(ErrorCode::kInvalidParameterValue, why);
}

bool IsMappingId(std::string_view id) {
  return id.size() <= kMaxIdBytes && (id.empty() || IsQueueName(id));
}

}  // namespace

std::string EncodeMapping(const EventSourceMapping& mapping) {
  rows::MappingRow row;
  row.set_queue(mapping.queue);
  row.set_function(mapping.function);
  row.set_batch_size(mapping.batch_size);
  row.set_batching_window_ms(absl::ToInt64Milliseconds(mapping.batching_window));
  row.set_report_batch_item_failures(mapping.report_batch_item_failures);
  row.set_max_concurrency(mapping.max_concurrency);
  row.set_enabled(mapping.enabled);
  return row.SerializeAsString();
}

absl::StatusOr<EventSourceMapping> DecodeMapping(std::string_view id, std::string_view bytes) {
  rows::MappingRow row;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("the row of an event source mapping does not parse");
  }
  EventSourceMapping mapping;
  mapping.id = id;
  mapping.queue = row.queue();
  mapping.function = row.function();
  mapping.batch_size = row.batch_size();
  mapping.batching_window = absl::Milliseconds(row.batching_window_ms());
  mapping.report_batch_item_failures = row.report_batch_item_failures();
  mapping.max_concurrency = row.max_concurrency();
  mapping.enabled = row.enabled();
  return mapping;
}

absl::Status CheckMapping(const EventSourceMapping& mapping) {
  if (!IsMappingId(mapping.id)) return BadParameter("id must be up to 64 of A-Z a-z 0-9 - _");
  CLOUDLET_RETURN_IF_ERROR(ParseFunctionName(mapping.function).status());
  if (mapping.batch_size < 1 || mapping.batch_size > kMostBatch) {
    return BadParameter(
        absl::StrCat("batch_size must be 1 to 10000 (is ", mapping.batch_size, ")"));
  }
  if (mapping.batching_window < absl::ZeroDuration() || mapping.batching_window > kMostWindow) {
    return BadParameter(absl::StrCat("batching_window must be 0 to 300 s (is ",
                                     absl::FormatDuration(mapping.batching_window), ")"));
  }
  if (mapping.batch_size > kMostBatchWithoutWindow && mapping.batching_window < absl::Seconds(1)) {
    return BadParameter("a batch_size above 10 needs a batching_window of at least 1 s");
  }
  if (mapping.max_concurrency < 2 || mapping.max_concurrency > 1000) {
    return BadParameter(
        absl::StrCat("max_concurrency must be 2 to 1000 (is ", mapping.max_concurrency, ")"));
  }
  return absl::OkStatus();
}

std::optional<std::vector<std::string>> FailedItems(std::string_view response,
                                                    const std::vector<std::string>& ids) {
  const std::vector<std::string> none;
  if (response.empty()) return none;
  // protobuf's reader takes more than JSON.
  if (!IsJson(response)) return std::nullopt;
  google::protobuf::Value value;
  if (!google::protobuf::util::JsonStringToMessage(std::string(response), &value).ok()) {
    return std::nullopt;
  }
  if (value.has_null_value()) return none;
  if (!value.has_struct_value()) return std::nullopt;
  const auto& fields = value.struct_value().fields();
  const auto failures = fields.find(kFailures);
  if (failures == fields.end() || failures->second.has_null_value()) return none;
  if (!failures->second.has_list_value()) return std::nullopt;
  const std::set<std::string> known(ids.begin(), ids.end());
  std::vector<std::string> failed;
  for (const auto& item : failures->second.list_value().values()) {
    if (!item.has_struct_value()) return std::nullopt;
    const auto& members = item.struct_value().fields();
    const auto id = members.find(kIdentifier);
    if (id == members.end() || !id->second.has_string_value()) return std::nullopt;
    const std::string& text = id->second.string_value();
    if (known.count(text) == 0) return std::nullopt;
    failed.push_back(text);
  }
  return failed;
}

}  // namespace cloudlet::triggers
