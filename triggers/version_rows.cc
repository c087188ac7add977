// versions.proto to values and back.
#include "triggers/version_rows.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/destination.h"
#include "cloudlet/function.h"
#include "cloudlet/function_version.h"
#include "triggers/versions.pb.h"

namespace cloudlet::triggers {
namespace {

template <typename Row>
absl::Status Parse(std::string_view what, std::string_view bytes, Row* row) {
  if (row->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("a setting of ", base::V(what), " does not parse"));
}

void Set(std::string_view key, std::string_view value, rows::PairRow* row) {
  row->set_key(std::string(key));
  row->set_value(std::string(value));
}

void Set(const Destination& destination, rows::DestinationRow* row) {
  row->set_kind(static_cast<uint32_t>(destination.kind));
  row->set_name(destination.name);
}

Destination From(const rows::DestinationRow& row) {
  return {static_cast<Destination::Kind>(row.kind()), row.name()};
}

}  // namespace

std::string VersionSetting(std::string_view function, uint64_t number) {
  return absl::StrCat(base::V(kVersionSettings), base::V(function), "/", number);
}

std::string AliasSetting(std::string_view function, std::string_view alias) {
  return absl::StrCat(base::V(kAliasSettings), base::V(function), "/", base::V(alias));
}

std::string LastVersionSetting(std::string_view function) {
  return absl::StrCat(base::V(kLastVersionSettings), base::V(function));
}

std::string EncodeVersion(const PublishedVersion& version) {
  const FunctionOptions& options = version.options;
  rows::VersionRow row;
  row.set_published_ms(absl::ToUnixMillis(version.published));
  row.set_dispatch(static_cast<uint32_t>(options.dispatch));
  row.set_max_retry_attempts(options.max_retry_attempts);
  row.set_max_event_age_ms(absl::ToInt64Milliseconds(options.max_event_age));
  row.set_timeout_ms(absl::ToInt64Milliseconds(options.timeout));
  if (!options.dead_letter.empty()) Set(options.dead_letter, row.mutable_dead_letter());
  if (!options.on_success.empty()) Set(options.on_success, row.mutable_on_success());
  if (!options.on_failure.empty()) Set(options.on_failure, row.mutable_on_failure());
  row.set_memory_mb(options.memory_mb);
  for (const auto& [name, value] : options.environment) Set(name, value, row.add_environment());
  row.set_description(options.description);
  for (const Tag& tag : options.tags) Set(tag.key, tag.value, row.add_tags());
  row.set_environment_idle_ms(absl::ToInt64Milliseconds(options.environment_idle));
  row.set_when_throttled(static_cast<uint32_t>(options.when_throttled));
  row.set_order(static_cast<uint32_t>(options.order));
  row.set_transactional(options.transactional);
  return row.SerializeAsString();
}

absl::StatusOr<PublishedVersion> DecodeVersion(std::string_view bytes) {
  rows::VersionRow row;
  CLOUDLET_RETURN_IF_ERROR(Parse("a version", bytes, &row));
  PublishedVersion version;
  version.published = absl::FromUnixMillis(row.published_ms());
  FunctionOptions& options = version.options;
  options.dispatch = static_cast<Dispatch>(row.dispatch());
  options.max_retry_attempts = row.max_retry_attempts();
  options.max_event_age = absl::Milliseconds(row.max_event_age_ms());
  options.timeout = absl::Milliseconds(row.timeout_ms());
  options.dead_letter = From(row.dead_letter());
  options.on_success = From(row.on_success());
  options.on_failure = From(row.on_failure());
  options.memory_mb = row.memory_mb();
  for (const rows::PairRow& pair : row.environment()) {
    options.environment.emplace(pair.key(), pair.value());
  }
  options.description = row.description();
  for (const rows::PairRow& tag : row.tags()) options.tags.push_back({tag.key(), tag.value()});
  options.environment_idle = absl::Milliseconds(row.environment_idle_ms());
  options.when_throttled = static_cast<WhenThrottled>(row.when_throttled());
  options.order = static_cast<DeliveryOrder>(row.order());
  options.transactional = row.transactional();
  return version;
}

std::string EncodeAlias(const AliasOptions& alias) {
  rows::AliasRow row;
  row.set_version(alias.version);
  row.set_additional_version(alias.additional_version);
  row.set_additional_weight(alias.additional_weight);
  row.set_description(alias.description);
  return row.SerializeAsString();
}

absl::StatusOr<AliasOptions> DecodeAlias(std::string_view bytes) {
  rows::AliasRow row;
  CLOUDLET_RETURN_IF_ERROR(Parse("an alias", bytes, &row));
  AliasOptions alias;
  alias.version = row.version();
  alias.additional_version = row.additional_version();
  alias.additional_weight = row.additional_weight();
  alias.description = row.description();
  return alias;
}

std::string EncodeLastVersion(uint64_t number) {
  rows::VersionsRow row;
  row.set_last_version(number);
  return row.SerializeAsString();
}

absl::StatusOr<uint64_t> DecodeLastVersion(std::string_view bytes) {
  rows::VersionsRow row;
  CLOUDLET_RETURN_IF_ERROR(Parse("versions", bytes, &row));
  return row.last_version();
}

}  // namespace cloudlet::triggers
