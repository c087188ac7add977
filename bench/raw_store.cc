// Raw RocksDB and plain files, as baselines.
#include "bench/raw_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "rocksdb/version.h"

// In no public header, but exported by the library: "Supported on x86" or why not.
namespace rocksdb::crc32c {
std::string IsFastCrc32Supported();
}  // namespace rocksdb::crc32c

namespace cloudlet::bench {
namespace {

constexpr uint64_t kRowBytes = 1 << 10;
constexpr double kBloomBitsPerKey = 10;

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

rocksdb::Options OptionsFor(uint64_t value_bytes) {
  const kv::RocksKvOptions defaults;
  if (value_bytes <= kRowBytes) return kv::TunedOptions(kv::FamilyKind::kRows, defaults);
  rocksdb::Options options = kv::TunedOptions(kv::FamilyKind::kPayload, defaults);
  // Our payload family needs no filter, since its keys are never looked up in vain. Here they are.
  options.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>()->filter_policy.reset(
      rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  return options;
}

[[noreturn]] void Fail(const std::string& what) {
  std::perror(("benchmark failed: " + what).c_str());
  std::exit(1);
}

void WriteAll(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written <= 0) Fail(path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void ReadAll(int file, char* buffer, uint64_t size, const std::string& path) {
  for (uint64_t at = 0; at < size;) {
    const ssize_t got = read(file, buffer + at, size - at);
    if (got <= 0) Fail(path);
    at += static_cast<uint64_t>(got);
  }
}

int OpenToRead(const std::string& path, uint64_t* size) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat about = {};
  if (file < 0 || fstat(file, &about) != 0) Fail(path);
  *size = static_cast<uint64_t>(about.st_size);
  return file;
}

// The path of the first file mapped into this process whose path contains `name`.
std::string MappedFile(std::string_view name) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(name) != std::string::npos) return line.substr(line.find('/'));
  }
  return "";
}

}  // namespace

std::string RocksDbBuild() {
  std::string text = std::to_string(ROCKSDB_MAJOR) + "." + std::to_string(ROCKSDB_MINOR) + "." +
                     std::to_string(ROCKSDB_PATCH);
  text += MappedFile("librocksdb").find("-release/") != std::string::npos
              ? ", our release build"
              : ", the distribution's package";
  return text + ", CRC32C: " + rocksdb::crc32c::IsFastCrc32Supported();
}

std::string RawOptionsText() { return kv::DescribeOptions(kv::RocksKvOptions()); }

void CheckRocks(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "benchmark failed: %s\n", status.ToString().c_str());
  std::exit(1);
}

RawStore::RawStore(const std::string& directory, uint64_t value_bytes) {
  rocksdb::Options options = OptionsFor(value_bytes);
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  CheckRocks(rocksdb::DB::Open(options, directory, &db));
  db_.reset(db);
}

void RawStore::Put(std::string_view key, std::string_view value, Sync sync) {
  rocksdb::WriteOptions write;
  write.sync = sync == Sync::kYes;
  write.protection_bytes_per_key = kv::kProtectionBytesPerKey;
  CheckRocks(db_->Put(write, ToSlice(key), ToSlice(value)));
}

bool RawStore::Get(std::string_view key, rocksdb::PinnableSlice* value) {
  value->Reset();
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), ToSlice(key), value);
  if (!status.IsNotFound()) CheckRocks(status);
  return status.ok();
}

RawFamilies::RawFamilies(const rocksdb::Options& options, const std::string& directory,
                         const std::vector<std::string>& families) {
  rocksdb::DBOptions db_options(options);
  db_options.create_if_missing = true;
  db_options.create_missing_column_families = true;
  const rocksdb::ColumnFamilyOptions family_options(options);
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  all.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options);
  for (const std::string& name : families) all.emplace_back(name, family_options);
  rocksdb::DB* db = nullptr;
  CheckRocks(rocksdb::DB::Open(db_options, directory, all, &handles_, &db));
  db_.reset(db);
}

RawFamilies::~RawFamilies() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    CheckRocks(db_->DestroyColumnFamilyHandle(handle));
  }
}

rocksdb::ColumnFamilyHandle* RawFamilies::family(std::string_view name) const {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    if (handle->GetName() == name) return handle;
  }
  Fail("no family " + std::string(name));
}

std::string FileStore::PathOf(const std::string& key) const {
  std::string name = key;
  std::replace(name.begin(), name.end(), '/', '_');
  return directory_ + "/" + name;
}

void FileStore::Put(const std::string& key, std::string_view bytes, Sync sync) {
  const std::string path = PathOf(key);
  const std::string beside = path + ".new";
  const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) Fail(beside);
  WriteAll(file, bytes, beside);
  if (sync == Sync::kYes && fdatasync(file) != 0) Fail(beside);
  if (close(file) != 0 || std::rename(beside.c_str(), path.c_str()) != 0) Fail(beside);
}

std::unique_ptr<char[]> FileStore::Read(const std::string& key, uint64_t* size) {
  const std::string path = PathOf(key);
  const int file = OpenToRead(path, size);
  std::unique_ptr<char[]> buffer(new char[*size]);  // not zeroed
  ReadAll(file, buffer.get(), *size, path);
  close(file);
  return buffer;
}

uint64_t FileStore::ReadInto(const std::string& key, char* buffer) {
  const std::string path = PathOf(key);
  uint64_t size = 0;
  const int file = OpenToRead(path, &size);
  ReadAll(file, buffer, size, path);
  close(file);
  return size;
}

}  // namespace cloudlet::bench
