// RocksDB's info log, sent to the host's log callback with component "rocksdb".
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_LOG_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_LOG_H_

#include <memory>
#include <string_view>

#include "cloudlet/log.h"
#include "rocksdb/env.h"

namespace cloudlet::kv {

// A logger that calls `log.sink` for lines at or above `log.level`; without a sink it drops all
// (a null rocksdb::Options::info_log would make RocksDB write a LOG file instead).
std::shared_ptr<rocksdb::Logger> NewRocksLogger(const LogOptions& log);

// One line of the engine's own, component "objstore".
void LogLine(const LogOptions& log, LogLevel level, std::string_view message);

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_LOG_H_
