// The adaptor from RocksDB's printf-like logger to LogOptions. RocksDB complains at each open that
// it could not write its OPTIONS file, which we refuse on purpose: those lines are dropped.
#include "objstore/kv/rocks_kv_log.h"

#include <cstdarg>
#include <cstdio>
#include <string>

#include "absl/time/clock.h"

namespace cloudlet::kv {

namespace {

rocksdb::InfoLogLevel ToRocks(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return rocksdb::InfoLogLevel::DEBUG_LEVEL;
    case LogLevel::kInfo:
      return rocksdb::InfoLogLevel::INFO_LEVEL;
    case LogLevel::kWarning:
      return rocksdb::InfoLogLevel::WARN_LEVEL;
    case LogLevel::kError:
      return rocksdb::InfoLogLevel::ERROR_LEVEL;
    case LogLevel::kOff:
      break;
  }
  return rocksdb::InfoLogLevel::NUM_INFO_LOG_LEVELS;
}

LogLevel FromRocks(rocksdb::InfoLogLevel level) {
  switch (level) {
    case rocksdb::InfoLogLevel::DEBUG_LEVEL:
      return LogLevel::kDebug;
    case rocksdb::InfoLogLevel::WARN_LEVEL:
      return LogLevel::kWarning;
    case rocksdb::InfoLogLevel::ERROR_LEVEL:
    case rocksdb::InfoLogLevel::FATAL_LEVEL:
      return LogLevel::kError;
    default:
      return LogLevel::kInfo;
  }
}

std::string Format(const char* format, va_list args) {
  va_list again;
  va_copy(again, args);
  char small[512];
  const int size = std::vsnprintf(small, sizeof(small), format, args);
  std::string text;
  if (size >= 0 && static_cast<size_t>(size) < sizeof(small)) {
    text.assign(small, static_cast<size_t>(size));
  } else if (size >= 0) {
    text.resize(static_cast<size_t>(size) + 1);
    std::vsnprintf(text.data(), text.size(), format, again);
    text.pop_back();
  }
  va_end(again);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class SilentLogger final : public rocksdb::Logger {
 public:
  SilentLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::NUM_INFO_LOG_LEVELS) {}
  using rocksdb::Logger::Logv;
  void LogHeader(const char*, va_list) override {}
  void Logv(const char*, va_list) override {}
};

class SinkLogger final : public rocksdb::Logger {
 public:
  explicit SinkLogger(const LogOptions& log) : rocksdb::Logger(ToRocks(log.level)), log_(log) {}

  void LogHeader(const char* format, va_list args) override {
    Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, args);
  }
  void Logv(const char* format, va_list args) override {
    Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, args);
  }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list args) override {
    if (level < GetInfoLogLevel()) return;
    const std::string text = Format(format, args);
    if (text.find("persist options") != std::string::npos) return;
    log_.sink(LogEntry{FromRocks(level), absl::Now(), "rocksdb", text});
  }

 private:
  const LogOptions log_;
};

}  // namespace

std::shared_ptr<rocksdb::Logger> NewRocksLogger(const LogOptions& log) {
  if (log.sink == nullptr || log.level == LogLevel::kOff) return std::make_shared<SilentLogger>();
  return std::make_shared<SinkLogger>(log);
}

void LogLine(const LogOptions& log, LogLevel level, std::string_view message) {
  if (log.sink == nullptr || level < log.level || log.level == LogLevel::kOff) return;
  log.sink(LogEntry{level, absl::Now(), "objstore", message});
}

}  // namespace cloudlet::kv
