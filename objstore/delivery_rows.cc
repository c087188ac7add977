// Cold rows of the ledger: see delivery_rows.h.
#include "objstore/delivery_rows.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/records.h"
#include "objstore/records.pb.h"

namespace cloudlet::objstore {
namespace {

// What stands in a row as nothing.
constexpr int kDefaultMemoryMb = 128;
constexpr absl::Duration kDefaultIdle = absl::Minutes(10);

void SetPair(std::string_view key, std::string_view value, rows::TagRow* pair) {
  pair->set_key(std::string(key));
  pair->set_value(std::string(value));
}

void SetDestination(const Destination& destination, rows::DestinationRow* row) {
  row->set_kind(static_cast<uint32_t>(destination.kind));
  row->set_name(destination.name);
}

// DATA_LOSS for a kind that this program does not know.
absl::StatusOr<Destination> DestinationIn(const rows::DestinationRow& row) {
  if (row.kind() > static_cast<uint32_t>(Destination::Kind::kEventBus)) {
    return absl::DataLossError("a function row has an unknown kind of destination");
  }
  return Destination{static_cast<Destination::Kind>(row.kind()), row.name()};
}

template <typename Row>
absl::Status Parse(std::string_view what, std::string_view bytes, Row* row) {
  if (row->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("a ", base::V(what), " row does not parse"));
}

}  // namespace

std::string EncodeDelivery(const DeliveryRow& row) {
  rows::DeliveryRow out;
  out.set_event(EncodeEvent(*row.event));
  out.set_trigger_id(row.target.trigger_id);
  out.set_state(static_cast<uint32_t>(row.state));
  out.set_attempts(row.attempts);
  out.set_throttles(row.throttles);
  out.set_ready_at_ms(ToMillis(row.ready_at));
  out.set_enqueued_at_ms(ToMillis(row.enqueued_at));
  out.set_last_error(row.last_error);
  if (row.first_received != absl::InfinitePast()) {
    out.set_first_received_ms(ToMillis(row.first_received));
  }
  return out.SerializeAsString();
}

absl::StatusOr<DeliveryRow> DecodeDelivery(std::string_view key, std::string_view bytes) {
  rows::DeliveryRow in;
  CLOUDLET_RETURN_IF_ERROR(Parse("delivery", bytes, &in));
  uint64_t number = 0;
  if (!base::ReadBe64(&key, &number)) return absl::DataLossError("a delivery key is too short");
  CLOUDLET_ASSIGN_OR_RETURN(EventRecord event, DecodeEvent(in.event()));
  if (event.event.sequence != number) {
    return absl::DataLossError(
        absl::StrCat("the delivery of event ", number, " holds event ", event.event.sequence));
  }
  DeliveryRow row;
  row.event = std::make_shared<const EventRecord>(std::move(event));
  row.target = {std::string(key), in.trigger_id()};
  row.state = in.state() == 2 ? DeliveryState::kDone : DeliveryState::kWaiting;
  row.attempts = in.attempts();
  row.throttles = in.throttles();
  row.ready_at = FromMillis(in.ready_at_ms());
  row.enqueued_at = FromMillis(in.enqueued_at_ms());
  row.last_error = in.last_error();
  if (in.first_received_ms() != 0) row.first_received = FromMillis(in.first_received_ms());
  return row;
}

std::string EncodeFunction(const FunctionConfig& config) {
  rows::FunctionRow row;
  row.set_max_retry_attempts(config.max_retry_attempts);
  row.set_max_event_age_ms(absl::ToInt64Milliseconds(config.max_event_age));
  row.set_timeout_ms(absl::ToInt64Milliseconds(config.timeout));
  if (config.reserved_concurrency.has_value()) {
    row.set_reserved_concurrency(*config.reserved_concurrency);
  }
  if (config.dead_letter.kind == Destination::Kind::kBucket) {
    row.set_dead_letter_bucket(config.dead_letter.name);
  } else if (!config.dead_letter.empty()) {
    SetDestination(config.dead_letter, row.mutable_dead_letter());
  }
  if (!config.on_success.empty()) SetDestination(config.on_success, row.mutable_on_success());
  if (!config.on_failure.empty()) SetDestination(config.on_failure, row.mutable_on_failure());
  if (config.memory_mb != kDefaultMemoryMb) row.set_memory_mb(config.memory_mb);
  for (const auto& [name, value] : config.environment) SetPair(name, value, row.add_environment());
  row.set_description(config.description);
  for (const Tag& tag : config.tags) SetPair(tag.key, tag.value, row.add_tags());
  if (config.environment_idle != kDefaultIdle) {
    row.set_environment_idle_ms(absl::ToInt64Milliseconds(config.environment_idle));
  }
  row.set_transactional(config.transactional);
  return row.SerializeAsString();
}

absl::StatusOr<FunctionConfig> DecodeFunction(std::string_view name, std::string_view bytes) {
  rows::FunctionRow row;
  CLOUDLET_RETURN_IF_ERROR(Parse("function", bytes, &row));
  FunctionConfig config;
  config.name = name;
  config.max_retry_attempts = row.max_retry_attempts();
  config.max_event_age = absl::Milliseconds(row.max_event_age_ms());
  config.timeout = absl::Milliseconds(row.timeout_ms());
  if (row.has_reserved_concurrency()) config.reserved_concurrency = row.reserved_concurrency();
  if (!row.dead_letter_bucket().empty()) {
    config.dead_letter = ToBucket(row.dead_letter_bucket());
  } else {
    CLOUDLET_ASSIGN_OR_RETURN(config.dead_letter, DestinationIn(row.dead_letter()));
  }
  CLOUDLET_ASSIGN_OR_RETURN(config.on_success, DestinationIn(row.on_success()));
  CLOUDLET_ASSIGN_OR_RETURN(config.on_failure, DestinationIn(row.on_failure()));
  config.memory_mb = row.memory_mb() != 0 ? row.memory_mb() : kDefaultMemoryMb;
  for (const rows::TagRow& pair : row.environment()) {
    config.environment.emplace(pair.key(), pair.value());
  }
  config.description = row.description();
  for (const rows::TagRow& tag : row.tags()) config.tags.push_back({tag.key(), tag.value()});
  if (row.environment_idle_ms() != 0) {
    config.environment_idle = absl::Milliseconds(row.environment_idle_ms());
  }
  config.transactional = row.transactional();
  return config;
}

std::string EncodeRule(const Rule& rule) {
  rows::RuleRow row;
  row.set_function(rule.function);
  for (const EventType type : rule.types) row.add_event_types(static_cast<uint32_t>(type));
  row.set_prefix(rule.prefix);
  row.set_suffix(rule.suffix);
  return row.SerializeAsString();
}

absl::StatusOr<Rule> DecodeRule(std::string_view id, std::string_view bytes) {
  rows::RuleRow row;
  CLOUDLET_RETURN_IF_ERROR(Parse("rule", bytes, &row));
  Rule rule;
  rule.id = id;
  rule.function = row.function();
  for (const uint32_t type : row.event_types()) {
    rule.types.push_back(static_cast<EventType>(type));
  }
  rule.prefix = row.prefix();
  rule.suffix = row.suffix();
  return rule;
}

}  // namespace cloudlet::objstore
