// Versions and aliases of functions in the runtime: made, kept as settings of the ledger, and which
// code a run gets.
//
// What is in memory is what is there; the rows are written before it changes.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "cloudlet/function_version.h"
#include "objstore/ledger.h"
#include "triggers/aliases.h"
#include "triggers/delivery.h"
#include "triggers/destinations.h"
#include "triggers/environments.h"
#include "triggers/function_config.h"
#include "triggers/function_name.h"
#include "triggers/invocation.h"
#include "triggers/runtime.h"
#include "triggers/version_rows.h"

namespace cloudlet::triggers {
namespace {

constexpr size_t kMaxDescriptionBytes = 256;

absl::Status NoSuch(std::string_view what, std::string_view name) {
  return MakeError(ErrorCode::kFunctionNotFound,
                   absl::StrCat("there is no ", base::V(what), " ", base::Quoted(name)));
}

// The same handlers with other environments; no options.
std::shared_ptr<Code> SameHandlers(const Code& code) {
  auto copy = std::make_shared<Code>();
  copy->handler = code.handler;
  copy->payload_handler = code.payload_handler;
  copy->original = code.original;
  if (code.environments != nullptr) {
    copy->environments = std::make_shared<EnvironmentPool>(code.environments->factory());
  }
  return copy;
}

// Whether a version would look the same.
bool SameOptions(const FunctionOptions& a, const FunctionOptions& b) {
  return EncodeVersion({a, absl::UnixEpoch()}) == EncodeVersion({b, absl::UnixEpoch()});
}

}  // namespace

std::shared_ptr<const Code> Runtime::DeletedVersion(std::string_view name) {
  auto code = std::make_shared<Code>();
  code->config.name = BaseOf(name);
  code->version = QualifierOf(name);
  code->deleted = true;
  return code;
}

std::string Runtime::RequestIdOf(const Delivery& delivery) const {
  return RequestId(store_id_, delivery.number(), delivery.function->name);
}

std::shared_ptr<const Code> Runtime::CodeFor(const FunctionState& function, uint64_t number) const {
  if (!function.alias.has_value() || function.alias->additional == nullptr) return function.code;
  return CodeFor(function, RequestId(store_id_, number, function.name));
}

std::shared_ptr<const Code> Runtime::CodeFor(const FunctionState& function,
                                             std::string_view request_id) {
  if (!function.alias.has_value()) return function.code;
  const AliasRoute& route = *function.alias;
  const bool other =
      route.additional != nullptr && PicksAdditional(route.options.additional_weight, request_id);
  return other ? route.additional->code : route.main->code;
}

// --- Rows ---

absl::Status Runtime::LoadVersions() {
  if (versions_loaded_) return SaveVersions();
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::Setting> versions,
                            ledger().LoadSettings(kVersionSettings));
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::Setting> lasts,
                            ledger().LoadSettings(kLastVersionSettings));
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::Setting> aliases,
                            ledger().LoadSettings(kAliasSettings));
  const auto split = [](const objstore::Setting& setting, std::string_view prefix) {
    const std::string_view rest = std::string_view(setting.name).substr(prefix.size());
    const size_t slash = rest.find('/');
    return FunctionName{std::string(rest.substr(0, slash)),
                        std::string(slash == rest.npos ? "" : rest.substr(slash + 1))};
  };
  base::MutexLock lock(&mu_);
  for (const objstore::Setting& setting : versions) {
    const FunctionName name = split(setting, kVersionSettings);
    const uint64_t number = VersionNumber(name.qualifier);
    if (number == 0) return absl::DataLossError(absl::StrCat("a setting is called ", setting.name));
    CLOUDLET_ASSIGN_OR_RETURN(PublishedVersion version, DecodeVersion(setting.bytes));
    FunctionState* const state = StateOf(name.Full());
    state->version = std::move(version);
    state->known = true;
    state->code = nullptr;
    state->base->last_version = std::max(state->base->last_version, number);
  }
  for (const objstore::Setting& setting : lasts) {
    CLOUDLET_ASSIGN_OR_RETURN(const uint64_t last, DecodeLastVersion(setting.bytes));
    FunctionBase& base = *StateOf(split(setting, kLastVersionSettings).name)->base;
    base.last_version = std::max(base.last_version, last);
  }
  for (const objstore::Setting& setting : aliases) {
    CLOUDLET_ASSIGN_OR_RETURN(const AliasOptions options, DecodeAlias(setting.bytes));
    FunctionState* const state = StateOf(split(setting, kAliasSettings).Full());
    CLOUDLET_ASSIGN_OR_RETURN(state->alias, RouteOf(*state->base->states.front(), options));
    state->known = true;
  }
  versions_loaded_ = true;
  return absl::OkStatus();
}

// After a reopen: what the store may have lost of its last writes.
absl::Status Runtime::SaveVersions() {
  std::map<std::string, std::string> rows;
  {
    base::MutexLock lock(&mu_);
    for (const auto& [name, function] : functions_) {
      const FunctionBase& base = *function->base;
      if (function->version.has_value()) {
        rows.emplace(VersionSetting(BaseOf(name), VersionNumber(QualifierOf(name))),
                     EncodeVersion(*function->version));
      } else if (function->alias.has_value()) {
        rows.emplace(AliasSetting(BaseOf(name), QualifierOf(name)),
                     EncodeAlias(function->alias->options));
      } else if (QualifierOf(name).empty() && base.last_version != 0) {
        rows.emplace(LastVersionSetting(name), EncodeLastVersion(base.last_version));
      }
    }
  }
  // At any moment an alias has the versions that it names.
  const auto store = [&](std::string_view prefix, bool matching) -> absl::Status {
    for (const auto& [name, bytes] : rows) {
      const bool matches = name.compare(0, prefix.size(), prefix) == 0;
      if (matches == matching) CLOUDLET_RETURN_IF_ERROR(ledger().StoreSetting(name, bytes));
    }
    return absl::OkStatus();
  };
  CLOUDLET_RETURN_IF_ERROR(store(kAliasSettings, false));
  CLOUDLET_RETURN_IF_ERROR(store(kAliasSettings, true));
  for (const std::string_view prefix : {kAliasSettings, kVersionSettings}) {
    CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::Setting> stored,
                              ledger().LoadSettings(prefix));
    for (const objstore::Setting& setting : stored) {
      if (rows.count(setting.name) == 0) {
        CLOUDLET_RETURN_IF_ERROR(ledger().EraseSetting(setting.name));
      }
    }
  }
  return absl::OkStatus();
}

// --- Finding ---

FunctionState* Runtime::FindState(std::string_view base, std::string_view qualifier) const {
  const auto found =
      functions_.find(FunctionName{std::string(base), std::string(qualifier)}.Full());
  return found == functions_.end() ? nullptr : found->second.get();
}

absl::StatusOr<FunctionState*> Runtime::Known(std::string_view name) const {
  if (!IsFunctionName(name)) {
    return MakeError(ErrorCode::kInvalidParameterValue,
                     "the name must be 1 to 64 of A-Z a-z 0-9 - _, without a qualifier");
  }
  FunctionState* const function = FindState(name, {});
  if (function == nullptr || !function->known) return NoSuch("function", name);
  return function;
}

absl::StatusOr<FunctionState*> Runtime::Registered(std::string_view name) const {
  CLOUDLET_ASSIGN_OR_RETURN(FunctionState* const function, Known(name));
  if (function->code == nullptr) {
    return MakeError(ErrorCode::kFunctionNotFound, "the function is not registered now");
  }
  return function;
}

absl::StatusOr<AliasRoute> Runtime::RouteOf(const FunctionState& function,
                                            const AliasOptions& options) const {
  AliasRoute route;
  route.options = options;
  const auto find = [&](const std::string& version) -> absl::StatusOr<FunctionState*> {
    mu_.AssertHeld();
    FunctionState* const state =
        FindState(function.name, version == kLatestVersion ? std::string_view() : version);
    if (state == nullptr || (state != &function && !state->version.has_value())) {
      return NoSuch("version", version);
    }
    return state;
  };
  CLOUDLET_ASSIGN_OR_RETURN(route.main, find(options.version));
  if (!options.additional_version.empty()) {
    CLOUDLET_ASSIGN_OR_RETURN(route.additional, find(options.additional_version));
  }
  return route;
}

// An alias has code when every version that a run of it may get has.
void Runtime::RefreshAliases(FunctionBase* base, absl::Time now, UserCode* gone) {
  for (FunctionState* state : base->states) {
    if (!state->alias.has_value()) continue;
    const AliasRoute& route = *state->alias;
    const bool whole = route.additional == nullptr || route.options.additional_weight == 0 ||
                       route.additional->code != nullptr;
    std::shared_ptr<const Code> code = whole ? route.main->code : nullptr;
    if (state->code != code) SetCode(state, std::move(code), now, gone);
  }
}

std::vector<Runtime::Bound> Runtime::BoundCode() const {
  std::vector<std::pair<std::string, std::shared_ptr<const Code>>> codes;
  {
    base::MutexLock lock(&mu_);
    for (const auto& [name, function] : functions_) {
      if (function->code == nullptr || function->code->deleted || function->is_relay() ||
          function->alias.has_value()) {
        continue;
      }
      codes.emplace_back(std::string(BaseOf(name)), function->code);
    }
  }
  std::vector<Bound> bound;  // copies of user code are made without the lock
  bound.reserve(codes.size());
  for (auto& [name, code] : codes) {
    bound.push_back({std::move(name), code->version, *code->original, code->options});
  }
  return bound;
}

// --- $LATEST ---

absl::Status Runtime::UpdateFunctionCode(std::string_view name, Handler handler) {
  UserCode gone;  // destroyed without a lock
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  FunctionState* state = nullptr;
  FunctionOptions options;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(state, Registered(name));
    options = state->code->options;
  }
  CLOUDLET_ASSIGN_OR_RETURN(std::shared_ptr<Code> code,
                            MakeCode(name, kLatestVersion, std::move(handler), options));
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  if (state->code == nullptr) return NoSuch("function", name);  // unregistered meanwhile
  ++state->base->revision;
  state->base->changed = now;
  SetCode(state, std::move(code), now, &gone);
  RefreshAliases(state->base.get(), now, &gone);
  return absl::OkStatus();
}

absl::Status Runtime::UpdateFunctionConfiguration(std::string_view name,
                                                  const FunctionOptions& options) {
  CLOUDLET_ASSIGN_OR_RETURN(objstore::FunctionConfig config, ConfigOf(name, options));
  UserCode gone;  // destroyed without a lock
  std::shared_ptr<const Code> before;
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  CLOUDLET_RETURN_IF_ERROR(CheckExists(ledger(), "dead_letter", config.dead_letter));
  CLOUDLET_RETURN_IF_ERROR(CheckExists(ledger(), "on_success", config.on_success));
  CLOUDLET_RETURN_IF_ERROR(CheckExists(ledger(), "on_failure", config.on_failure));
  FunctionState* state = nullptr;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_RETURN_IF_ERROR(CheckCycle(config, RegisteredConfigs()));
    CLOUDLET_ASSIGN_OR_RETURN(state, Registered(name));
    CLOUDLET_RETURN_IF_ERROR(CheckReserved(*state->base, config.reserved_concurrency));
    before = state->code;
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().StoreFunction(config));
  const std::shared_ptr<Code> code = SameHandlers(*before);
  code->config = std::move(config);
  code->dispatch = options.dispatch;
  code->when_throttled = options.when_throttled;
  code->options = options;
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  state->base->config = code->config;
  if (state->code == nullptr) return NoSuch("function", name);  // unregistered meanwhile
  if (!SameOptions(before->options, options)) ++state->base->revision;
  state->base->changed = now;
  SetReserved(state->base.get(), code->config.reserved_concurrency);
  SetCode(state, code, now, &gone);
  RefreshAliases(state->base.get(), now, &gone);
  PostWaiting();  // the reserved concurrency may have changed
  return absl::OkStatus();
}

// --- Versions ---

absl::StatusOr<std::string> Runtime::PublishVersion(std::string_view name,
                                                    std::string_view description) {
  if (description.size() > kMaxDescriptionBytes) {
    return MakeError(
        ErrorCode::kInvalidParameterValue,
        absl::StrCat("description must be at most 256 bytes (is ", description.size(), ")"));
  }
  UserCode gone;  // destroyed without a lock
  std::shared_ptr<const Code> latest;
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  const absl::Time now = environment_->clock->Now();
  uint64_t revision = 0;
  uint64_t number = 0;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* const state, Registered(name));
    const FunctionBase& base = *state->base;
    if (base.published_revision == base.revision) return absl::StrCat(base.published_version);
    latest = state->code;
    revision = base.revision;
    number = base.last_version + 1;
  }
  const std::shared_ptr<Code> code = SameHandlers(*latest);
  code->config = latest->config;
  code->dispatch = latest->dispatch;
  code->when_throttled = latest->when_throttled;
  code->version = absl::StrCat(number);
  code->options = latest->options;
  if (!description.empty()) {
    code->config.description = description;
    code->options.description = description;
  }
  PublishedVersion version{code->options, now};
  CLOUDLET_RETURN_IF_ERROR(
      ledger().StoreSetting(VersionSetting(name, number), EncodeVersion(version)));
  base::MutexLock lock(&mu_);
  FunctionState* const state = StateOf(FunctionName{std::string(name), code->version}.Full());
  state->base->last_version = number;
  state->base->published_version = number;
  state->base->published_revision = revision;
  state->version = std::move(version);
  state->known = true;
  SetCode(state, code, now, &gone);
  return code->version;
}

absl::Status Runtime::BindVersion(std::string_view name, std::string_view version,
                                  Handler handler) {
  UserCode gone;  // destroyed without a lock
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  FunctionState* state = nullptr;
  FunctionOptions options;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_RETURN_IF_ERROR(Known(name).status());
    state = VersionNumber(version) != 0 ? FindState(name, version) : nullptr;
    if (state == nullptr || !state->version.has_value()) return NoSuch("version", version);
    if (state->code != nullptr) {
      return MakeError(ErrorCode::kFunctionConflict,
                       absl::StrCat("version ", base::Quoted(version), " has its code already"));
    }
    CLOUDLET_RETURN_IF_ERROR(CheckReserved(*state->base, state->base->reserved()));
    options = state->version->options;
  }
  CLOUDLET_ASSIGN_OR_RETURN(std::shared_ptr<Code> code,
                            MakeCode(name, version, std::move(handler), options));
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  SetReserved(state->base.get(), state->base->reserved());
  SetCode(state, std::move(code), now, &gone);
  RefreshAliases(state->base.get(), now, &gone);
  return absl::OkStatus();
}

absl::Status Runtime::DeleteVersion(std::string_view name, std::string_view version) {
  UserCode gone;  // destroyed without a lock
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  FunctionState* state = nullptr;
  const uint64_t number = VersionNumber(version);
  uint64_t last = 0;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_RETURN_IF_ERROR(Known(name).status());
    if (number == 0) {
      return MakeError(ErrorCode::kInvalidParameterValue,
                       "only a published version can be deleted, by its number");
    }
    state = FindState(name, version);
    if (state == nullptr || !state->version.has_value()) return NoSuch("version", version);
    for (const FunctionState* other : state->base->states) {
      if (!other->alias.has_value()) continue;
      if (other->alias->main != state && other->alias->additional != state) continue;
      return MakeError(ErrorCode::kFunctionConflict,
                       absl::StrCat("version ", base::Quoted(version), " is named by alias ",
                                    base::Quoted(QualifierOf(other->name))));
    }
    last = state->base->last_version;
  }
  if (number == last) {
    CLOUDLET_RETURN_IF_ERROR(
        ledger().StoreSetting(LastVersionSetting(name), EncodeLastVersion(last)));
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().EraseSetting(VersionSetting(name, number)));
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  FunctionBase& base = *state->base;
  if (base.published_version == number) base.published_revision = 0;
  state->version.reset();
  state->known = false;
  SetCode(state, DeletedVersion(state->name), now, &gone);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<FunctionVersion>> Runtime::ListVersions(std::string_view name) const {
  std::map<uint64_t, FunctionVersion> versions;  // $LATEST is 0
  base::MutexLock lock(&mu_);
  CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* const function, Known(name));
  FunctionVersion& latest = versions[0];
  const objstore::FunctionConfig& config = function->base->config;
  latest.version = kLatestVersion;
  latest.arn = FunctionArn(options_.region, absl::StrCat(base::V(name), ":$LATEST"));
  latest.description = config.description;
  latest.bound = function->code != nullptr;
  latest.last_modified = function->base->changed;
  latest.timeout = config.timeout;
  latest.memory_mb = config.memory_mb;
  for (const FunctionState* state : function->base->states) {
    if (!state->version.has_value()) continue;
    const FunctionOptions& options = state->version->options;
    FunctionVersion version;
    version.version = QualifierOf(state->name);
    version.arn = FunctionArn(options_.region, state->name);
    version.description = options.description;
    version.bound = state->code != nullptr;
    version.last_modified = state->version->published;
    version.timeout = options.timeout;
    version.memory_mb = options.memory_mb;
    versions.emplace(VersionNumber(version.version), std::move(version));
  }
  std::vector<FunctionVersion> list;
  list.reserve(versions.size());
  for (auto& [number, version] : versions) list.push_back(std::move(version));
  return list;
}

// --- Aliases ---

Alias Runtime::AliasOf(const FunctionState& function) const {
  return Alias{std::string(QualifierOf(function.name)), FunctionArn(options_.region, function.name),
               function.alias->options};
}

absl::StatusOr<Alias> Runtime::StoreAlias(std::string_view function, std::string_view alias,
                                          const AliasOptions& options, bool is_new) {
  CLOUDLET_RETURN_IF_ERROR(CheckAlias(alias, options));
  UserCode gone;  // destroyed without a lock
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  AliasRoute route;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* const latest, Known(function));
    const FunctionState* const state = FindState(function, alias);
    const bool there = state != nullptr && state->alias.has_value();
    if (is_new && there) {
      return MakeError(ErrorCode::kFunctionConflict, "an alias of this name is there already");
    }
    if (!is_new && !there) return NoSuch("alias", alias);
    CLOUDLET_ASSIGN_OR_RETURN(route, RouteOf(*latest, options));
  }
  CLOUDLET_RETURN_IF_ERROR(
      ledger().StoreSetting(AliasSetting(function, alias), EncodeAlias(options)));
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  FunctionState* const state =
      StateOf(FunctionName{std::string(function), std::string(alias)}.Full());
  state->alias = std::move(route);
  state->known = true;
  RefreshAliases(state->base.get(), now, &gone);
  return AliasOf(*state);
}

absl::StatusOr<Alias> Runtime::CreateAlias(std::string_view function, std::string_view alias,
                                           const AliasOptions& options) {
  return StoreAlias(function, alias, options, /*is_new=*/true);
}

absl::StatusOr<Alias> Runtime::UpdateAlias(std::string_view function, std::string_view alias,
                                           const AliasOptions& options) {
  return StoreAlias(function, alias, options, /*is_new=*/false);
}

absl::Status Runtime::DeleteAlias(std::string_view function, std::string_view alias) {
  UserCode gone;  // destroyed without a lock
  base::MutexLock registration(&registration_mu_);
  CLOUDLET_RETURN_IF_ERROR(Refuse());
  FunctionState* state = nullptr;
  {
    base::MutexLock lock(&mu_);
    CLOUDLET_RETURN_IF_ERROR(Known(function).status());
    state = FindState(function, alias);
    if (state == nullptr || !state->alias.has_value()) return absl::OkStatus();
  }
  CLOUDLET_RETURN_IF_ERROR(ledger().EraseSetting(AliasSetting(function, alias)));
  const absl::Time now = environment_->clock->Now();
  base::MutexLock lock(&mu_);
  state->alias.reset();
  state->known = false;
  SetCode(state, nullptr, now, &gone);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Alias>> Runtime::ListAliases(std::string_view function) const {
  std::map<std::string, Alias> aliases;
  base::MutexLock lock(&mu_);
  CLOUDLET_ASSIGN_OR_RETURN(const FunctionState* const latest, Known(function));
  for (const FunctionState* state : latest->base->states) {
    if (state->alias.has_value()) aliases.emplace(state->name, AliasOf(*state));
  }
  std::vector<Alias> list;
  list.reserve(aliases.size());
  for (auto& [name, alias] : aliases) list.push_back(std::move(alias));
  return list;
}

}  // namespace cloudlet::triggers
