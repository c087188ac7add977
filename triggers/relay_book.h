// RelayBook: the topics, or the buses, that there are, as settings in the ledger and as values in
// memory.
//
// Threads: any. One change at a time; what Find gave stays as it was.
#ifndef CLOUDLET_TRIGGERS_RELAY_BOOK_H_
#define CLOUDLET_TRIGGERS_RELAY_BOOK_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "objstore/ledger.h"

namespace cloudlet::triggers {

// `Config` has kTarget, which its settings begin with; Encode(); and a static Decode(bytes).
template <typename Config>
class RelayBook {
 public:
  using Shared = std::shared_ptr<const Config>;

  // Forgets what it has and reads what `ledger` has.
  absl::Status Load(objstore::Ledger& ledger) {
    base::MutexLock change(&change_mu_);
    CLOUDLET_ASSIGN_OR_RETURN(const std::vector<objstore::Setting> settings,
                              ledger.LoadSettings(Config::kTarget));
    std::map<std::string, Shared, std::less<>> configs;
    for (const objstore::Setting& setting : settings) {
      CLOUDLET_ASSIGN_OR_RETURN(Config config, Config::Decode(setting.bytes));
      configs.emplace(setting.name.substr(Config::kTarget.size()),
                      std::make_shared<const Config>(std::move(config)));
    }
    base::MutexLock lock(&mu_);
    configs_ = std::move(configs);
    return absl::OkStatus();
  }

  // Null: there is none.
  Shared Find(std::string_view name) const {
    base::MutexLock lock(&mu_);
    const auto found = configs_.find(name);
    return found == configs_.end() ? nullptr : found->second;
  }

  std::vector<std::string> Names() const {
    base::MutexLock lock(&mu_);
    std::vector<std::string> names;
    for (const auto& [name, config] : configs_) names.push_back(name);
    return names;
  }

  // Gives `change` what is there under the name, or null, and stores what it makes of it. What it
  // answers otherwise is the answer, and nothing has changed.
  absl::Status Change(objstore::Ledger& ledger, std::string_view name,
                      const std::function<absl::StatusOr<Config>(const Config*)>& change) {
    base::MutexLock one(&change_mu_);
    CLOUDLET_ASSIGN_OR_RETURN(Config config, change(Find(name).get()));
    CLOUDLET_RETURN_IF_ERROR(ledger.StoreSetting(SettingOf(name), config.Encode()));
    auto shared = std::make_shared<const Config>(std::move(config));
    base::MutexLock lock(&mu_);
    configs_.insert_or_assign(std::string(name), std::move(shared));
    return absl::OkStatus();
  }

  // That there is none is no error.
  absl::Status Erase(objstore::Ledger& ledger, std::string_view name) {
    base::MutexLock one(&change_mu_);
    if (Find(name) == nullptr) return absl::OkStatus();
    CLOUDLET_RETURN_IF_ERROR(ledger.EraseSetting(SettingOf(name)));
    base::MutexLock lock(&mu_);
    configs_.erase(configs_.find(name));
    return absl::OkStatus();
  }

 private:
  static std::string SettingOf(std::string_view name) {
    return std::string(Config::kTarget) + std::string(name);
  }

  base::Mutex change_mu_;  // held over a write; taken before mu_
  mutable base::Mutex mu_;
  std::map<std::string, Shared, std::less<>> configs_ ABSL_GUARDED_BY(mu_);
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_RELAY_BOOK_H_
