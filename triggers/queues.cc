// SQS's ranges and rules: see queues.h.
#include "triggers/queues.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "triggers/destinations.h"
#include "triggers/event_json.h"
#include "triggers/queues.pb.h"
#include "triggers/targets.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kMaxAttributes = 10;
constexpr size_t kMaxAttributeNameBytes = 256;
constexpr std::string_view kDataType = "String";  // counts into a message's size, as its value does
constexpr size_t kLeastMessageLimit = 1 << 10;
constexpr size_t kMostMessageLimit = 1 << 20;
constexpr int kMostReceiveCount = 1000;
constexpr int kMostMessages = 10;
constexpr absl::Duration kMostDelay = absl::Minutes(15);
constexpr absl::Duration kMostWait = absl::Seconds(20);
constexpr absl::Duration kMostVisibility = absl::Hours(12);

absl::Status BadParameter(std::string_view why) {
  return MakeError(ErrorCode::kInvalidParameterValue, why);
}

absl::Status CheckDuration(std::string_view name, absl::Duration value, absl::Duration least,
                           absl::Duration most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return BadParameter(absl::StrCat(base::V(name), " must be ", absl::FormatDuration(least), " to ",
                                   absl::FormatDuration(most), " (is ", absl::FormatDuration(value),
                                   ")"));
}

absl::Status CheckCount(std::string_view name, uint64_t value, uint64_t least, uint64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return BadParameter(
      absl::StrCat(base::V(name), " must be ", least, " to ", most, " (is ", value, ")"));
}

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool BeginsWithWord(std::string_view name, std::string_view lower_word) {
  return name.size() >= lower_word.size() &&
         std::equal(lower_word.begin(), lower_word.end(), name.begin(), [](char want, char c) {
           return want == (c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c);
         });
}

bool IsAttributeName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxAttributeNameBytes &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '.' || IsWordCharacter(c); }) &&
         name.front() != '.' && name.back() != '.' && name.find("..") == std::string_view::npos &&
         !BeginsWithWord(name, "aws.") && !BeginsWithWord(name, "amazon.");
}

absl::Status CheckAttributes(const MessageAttributes& attributes) {
  if (attributes.size() > kMaxAttributes) {
    return BadParameter(absl::StrCat("attributes: ", attributes.size(), ", more than 10"));
  }
  for (const auto& [name, value] : attributes) {
    if (!IsAttributeName(name)) {
      return BadParameter(absl::StrCat(
          "attributes: the name ", base::Quoted(name),
          " is not 1 to 256 of A-Z a-z 0-9 _ - . (no . at an end or beside another, no AWS. or "
          "Amazon. in front)"));
    }
    if (value.empty()) {
      return BadParameter(absl::StrCat("attributes: ", base::Quoted(name), " has no value"));
    }
  }
  return absl::OkStatus();
}

// What of a handle must be of its store and queue.
uint64_t Check(uint64_t store_id, std::string_view queue, std::string_view numbers) {
  std::string bytes;
  base::AppendU64(&bytes, store_id);
  base::AppendLengthPrefixed(&bytes, queue);
  bytes.append(numbers);
  return base::Crc64Nvme(bytes);
}

absl::Status NoHandle() {
  return MakeError(ErrorCode::kReceiptHandleIsInvalid,
                   "the text is no receipt handle of this queue");
}

}  // namespace

std::string QueueSetting(std::string_view name) { return std::string(kQueueTarget).append(name); }

std::string EncodeQueue(const QueueConfig& config) {
  const QueueOptions& options = config.options;
  rows::QueueRow row;
  row.set_visibility_timeout_ms(absl::ToInt64Milliseconds(options.visibility_timeout));
  row.set_retention_ms(absl::ToInt64Milliseconds(options.retention));
  row.set_delay_ms(absl::ToInt64Milliseconds(options.delay));
  row.set_receive_wait_ms(absl::ToInt64Milliseconds(options.receive_wait));
  row.set_max_message_bytes(options.max_message_bytes);
  row.set_dead_letter_queue(options.dead_letter_queue);
  row.set_max_receive_count(options.max_receive_count);
  row.set_after(config.after);
  return row.SerializeAsString();
}

absl::StatusOr<QueueConfig> DecodeQueue(std::string_view bytes) {
  rows::QueueRow row;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("the row of a queue does not parse");
  }
  QueueConfig config;
  config.options.visibility_timeout = absl::Milliseconds(row.visibility_timeout_ms());
  config.options.retention = absl::Milliseconds(row.retention_ms());
  config.options.delay = absl::Milliseconds(row.delay_ms());
  config.options.receive_wait = absl::Milliseconds(row.receive_wait_ms());
  config.options.max_message_bytes = row.max_message_bytes();
  config.options.dead_letter_queue = row.dead_letter_queue();
  config.options.max_receive_count = row.max_receive_count();
  config.after = row.after();
  return config;
}

bool SameOptions(const QueueOptions& a, const QueueOptions& b) {
  return EncodeQueue({a, 0}) == EncodeQueue({b, 0});
}

absl::Status CheckQueue(std::string_view name, const QueueOptions& options) {
  if (!IsQueueName(name)) return BadParameter("the name must be 1 to 80 of A-Z a-z 0-9 - _");
  const absl::Status checks[] = {
      CheckDuration("visibility_timeout", options.visibility_timeout, absl::ZeroDuration(),
                    kMostVisibility),
      CheckDuration("retention", options.retention, absl::Seconds(60), absl::Hours(24 * 14)),
      CheckDuration("delay", options.delay, absl::ZeroDuration(), kMostDelay),
      CheckDuration("receive_wait", options.receive_wait, absl::ZeroDuration(), kMostWait),
      CheckCount("max_message_bytes", options.max_message_bytes, kLeastMessageLimit,
                 kMostMessageLimit),
  };
  for (const absl::Status& check : checks) {
    if (!check.ok()) return check;
  }
  if (options.max_receive_count < 1 || options.max_receive_count > kMostReceiveCount) {
    return BadParameter(
        absl::StrCat("max_receive_count must be 1 to 1000 (is ", options.max_receive_count, ")"));
  }
  if (!options.dead_letter_queue.empty() && !IsQueueName(options.dead_letter_queue)) {
    return BadParameter("dead_letter_queue: the name must be 1 to 80 of A-Z a-z 0-9 - _");
  }
  if (options.dead_letter_queue == name) {
    return BadParameter("dead_letter_queue: a queue cannot be its own");
  }
  return absl::OkStatus();
}

absl::Status CheckMessage(const QueueOptions& queue, std::string_view body,
                          const SendOptions& options) {
  if (body.empty()) return BadParameter("the message is empty");
  if (options.delay.has_value()) {
    absl::Status delay = CheckDuration("delay", *options.delay, absl::ZeroDuration(), kMostDelay);
    if (!delay.ok()) return delay;
  }
  absl::Status attributes = CheckAttributes(options.attributes);
  if (!attributes.ok()) return attributes;
  size_t bytes = body.size();
  for (const auto& [name, value] : options.attributes) {
    bytes += name.size() + kDataType.size() + value.size();
  }
  if (bytes <= queue.max_message_bytes) return absl::OkStatus();
  return BadParameter(absl::StrCat("the message has ", bytes,
                                   " bytes with its attributes, more than the queue's ",
                                   queue.max_message_bytes));
}

absl::Status CheckReceive(const ReceiveOptions& options) {
  if (options.max_messages < 1 || options.max_messages > kMostMessages) {
    return BadParameter(
        absl::StrCat("max_messages must be 1 to 10 (is ", options.max_messages, ")"));
  }
  if (options.visibility_timeout.has_value()) {
    absl::Status check = CheckVisibility(*options.visibility_timeout);
    if (!check.ok()) return check;
  }
  return CheckDuration("wait", options.wait.value_or(absl::ZeroDuration()), absl::ZeroDuration(),
                       kMostWait);
}

absl::Status CheckVisibility(absl::Duration timeout) {
  return CheckDuration("visibility_timeout", timeout, absl::ZeroDuration(), kMostVisibility);
}

std::string EncodeReceipt(uint64_t store_id, std::string_view queue, const Receipt& receipt) {
  std::string bytes;
  base::AppendU64(&bytes, receipt.number);
  base::AppendU32(&bytes, static_cast<uint32_t>(receipt.count));
  base::AppendU64(&bytes, Check(store_id, queue, bytes));
  return base::Base64Encode(bytes);
}

absl::StatusOr<Receipt> DecodeReceipt(uint64_t store_id, std::string_view queue,
                                      std::string_view handle) {
  const std::optional<std::string> bytes = base::Base64Decode(handle);
  if (!bytes.has_value()) return NoHandle();
  base::ByteReader reader(*bytes);
  Receipt receipt;
  uint32_t count = 0;
  uint64_t check = 0;
  if (!reader.ReadU64(&receipt.number) || !reader.ReadU32(&count) || !reader.ReadU64(&check) ||
      !reader.empty() || check != Check(store_id, queue, std::string_view(*bytes).substr(0, 12))) {
    return NoHandle();
  }
  receipt.count = static_cast<int>(count);
  return receipt;
}

Fate FateOf(const QueueOptions& queue, absl::Time sent, int receipts, absl::Time now) {
  if (now - sent > queue.retention) return Fate::kExpired;
  if (!queue.dead_letter_queue.empty() && receipts >= queue.max_receive_count) {
    return Fate::kDeadLetter;
  }
  return Fate::kReceive;
}

absl::Time SentTime(const objstore::EventRecord& record) {
  const auto moved = record.attributes.find(std::string(kSentAttribute));
  int64_t millis = 0;
  if (moved == record.attributes.end() || !absl::SimpleAtoi(moved->second, &millis)) {
    return record.event.time;
  }
  return absl::FromUnixMillis(millis);
}

std::string MessageBody(const objstore::EventRecord& record, std::string_view trigger_id,
                        std::string_view region, std::string_view owner) {
  if (record.event.type == EventType::kInvocation) return record.payload;
  Event event = record.event;
  event.trigger_id = trigger_id;
  return EventJson(event, region, owner);
}

MessageAttributes UserAttributes(const std::map<std::string, std::string>& attributes) {
  MessageAttributes shown;
  for (const auto& [name, value] : attributes) {
    if (name.compare(0, kInternalAttribute.size(), kInternalAttribute) != 0) {
      shown.emplace(name, value);
    }
  }
  return shown;
}

}  // namespace cloudlet::triggers
