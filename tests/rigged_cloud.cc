// Opening Clouds and engines past the public API: see rigged_cloud.h.
#include "tests/rigged_cloud.h"

#include "cloud/core.h"
#include "objstore/keys.h"

namespace cloudlet::testing {
namespace {

// As cloud/core.cc has them: kinds only tune.
kv::RocksKvOptions EngineOptions() {
  kv::RocksKvOptions engine;
  for (const std::string& name : objstore::FamilyNames()) {
    const auto family = static_cast<kv::Family>(engine.families.size());
    kv::FamilyKind kind = kv::FamilyKind::kRows;
    if (family == objstore::kPayload) kind = kv::FamilyKind::kPayload;
    if (family == objstore::kEvents || family == objstore::kDeliveries) kind = kv::FamilyKind::kLog;
    engine.families.push_back({name, kind});
  }
  return engine;
}

}  // namespace

absl::StatusOr<Cloud> OpenRigged(const std::string& directory, const OpenOptions& options,
                                 const Rig& rig) {
  internal::CorePlan plan = internal::PlanFor(directory, options);
  if (rig.workers.has_value()) plan.workers = *rig.workers;
  kv::RocksKvOptions engine = EngineOptions();
  engine.create_if_missing = options.create_if_missing;
  engine.block_cache_bytes = options.block_cache_bytes;
  engine.write_buffer_bytes = rig.write_buffer_bytes;
  engine.log = options.log;
  engine.file_system = rig.file_system;
  engine.now = rig.now;
  if (options.on_data_loss == OnDataLoss::kAccept) engine.on_loss = kv::OnLoss::kAccept;
  plan.open_engine = internal::RocksOpener(directory, engine);
  return CloudAccess::Start(plan);
}

absl::StatusOr<std::unique_ptr<kv::Kv>> OpenEngine(const std::string& directory) {
  return kv::OpenRocksKv(directory, EngineOptions());
}

}  // namespace cloudlet::testing
