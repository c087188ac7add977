// Question: what does reading an object cost, by size, when it has been read before?
//
//   get/<size>/get     Get: a Cord over the blocks where they lie
//   get/<size>/into    ReadInto one buffer that is used again and again
//   get/<size>/stream  OpenReader and Read by 1 MiB (64 MiB only); /pieces: ReadPiece, no copy
// Full reads: every byte is checked against the object's checksum.
// Baselines: raw RocksDB Get into a PinnableSlice (@raw), the same copied into one buffer
// (@raw+copy), reading a file into one fresh buffer of its size (@file) and into a buffer that is
// used again and again (@file-reused), and, up to 1 MiB, a read transaction of LMDB, whose value
// stays in its map and is not looked at (@lmdb). All stores were closed and opened again after the
// puts, so that the bytes come out of tables; what fits lies in the block cache (64 MiB on both
// sides), the rest in the system's page cache.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "bench/harness.h"
#include "bench/lmdb_store.h"
#include "bench/raw_store.h"

namespace cloudlet::bench {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kLargestInLmdb = kMiB;

int ObjectsOf(uint64_t size) {
  return static_cast<int>(std::clamp<uint64_t>(2 * kMiB / size, 1, 1000));
}

// The stores that all rows read. Made when the first row runs.
class World {
 public:
  World() : files_(dir_.path()) {
    {
      Cloud filling = OpenCloud(dir_.Sub("store"));
      const Bucket bucket = Value(filling.CreateBucket("bench"));
      const PutOptions options = OrdinaryPut();
      ForEachObject([&](uint64_t, const std::string& key, std::string_view body) {
        Check(bucket.Put(key, body, options).status());
      });
      Check(filling.Close());
    }
    cloud_ = std::make_unique<Cloud>(OpenCloud(dir_.Sub("store")));
    FillBaselines();
  }

  Bucket bucket() { return cloud_->bucket("bench"); }
  LmdbStore& lmdb() { return *lmdb_; }
  FileStore& files() { return files_; }
  // One database for what lies in rows, one for what lies in payload.
  RawStore& raw(uint64_t size) { return size <= 1024 ? *rows_ : *payload_; }

  static std::vector<std::string> KeysOf(uint64_t size) {
    return Keys(ObjectsOf(size), /*series=*/size);
  }

 private:
  template <typename Use>
  static void ForEachObject(Use use) {
    for (const SizeClass& size : SizeClasses()) {
      uint64_t i = 0;
      for (const std::string& key : KeysOf(size.bytes)) use(size.bytes, key, Body(size.bytes, ++i));
    }
  }

  void OpenBaselines() {
    rows_.reset();
    payload_.reset();
    lmdb_.reset();
    rows_ = std::make_unique<RawStore>(dir_.Sub("rows"), 1024);
    payload_ = std::make_unique<RawStore>(dir_.Sub("payload"), kMiB);
    std::filesystem::create_directory(dir_.Sub("lmdb"));
    lmdb_ = std::make_unique<LmdbStore>(dir_.Sub("lmdb"));
  }

  void FillBaselines() {
    OpenBaselines();
    ForEachObject([&](uint64_t size, const std::string& key, std::string_view body) {
      raw(size).Put(key, body);
      if (size <= kLargestInLmdb) lmdb_->Put(key, body);
      files_.Put(key, body);
    });
    OpenBaselines();
  }

  const TempDir dir_;
  std::unique_ptr<Cloud> cloud_;
  std::unique_ptr<RawStore> rows_;
  std::unique_ptr<RawStore> payload_;
  std::unique_ptr<LmdbStore> lmdb_;
  FileStore files_;
};

// Calls read(key) for the state's iterations; it returns the number of bytes read.
template <typename Read>
void ReadLoop(benchmark::State& state, uint64_t size, Read read) {
  const std::vector<std::string> keys = World::KeysOf(size);
  const auto read_whole = [&](const std::string& key) {
    if (read(key) != size) Check(absl::InternalError("a read is short"));
  };
  for (int round = 0; round < 2; ++round) {
    for (const std::string& key : keys) read_whole(key);
  }
  size_t i = 0;
  for (auto _ : state) {
    read_whole(keys[i]);
    i = i + 1 == keys.size() ? 0 : i + 1;
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * size));
}

uint64_t StreamRead(const Bucket& bucket, const std::string& key, std::vector<char>& buffer) {
  ObjectReader reader = Value(bucket.OpenReader(key));
  uint64_t total = 0;
  while (true) {
    const size_t got = Value(reader.Read(buffer.data(), buffer.size()));
    if (got == 0) return total;
    total += got;
  }
}

uint64_t StreamPieces(const Bucket& bucket, const std::string& key) {
  ObjectReader reader = Value(bucket.OpenReader(key));
  uint64_t total = 0;
  while (true) {
    const absl::Cord piece = Value(reader.ReadPiece());
    if (piece.empty()) return total;
    total += piece.size();
  }
}

using WorldPtr = std::shared_ptr<std::unique_ptr<World>>;

World& Ready(const WorldPtr& world) {
  if (*world == nullptr) *world = std::make_unique<World>();
  return **world;
}

void RegisterGets(const WorldPtr& world, const SizeClass& size, const std::string& row) {
  const uint64_t bytes = size.bytes;
  const int gets = Work(size.gets);
  Row("cloudlet/" + row + "/get", gets, [world, bytes](benchmark::State& state) {
    const Bucket bucket = Ready(world).bucket();
    ReadLoop(state, bytes,
             [&](const std::string& key) { return Value(bucket.Get(key)).body.size(); });
  });
  Row("cloudlet/" + row + "/into", gets, [world, bytes](benchmark::State& state) {
    const Bucket bucket = Ready(world).bucket();
    std::vector<char> buffer(bytes);
    ReadLoop(state, bytes, [&](const std::string& key) {
      return Value(bucket.ReadInto(key, buffer.data(), buffer.size())).bytes;
    });
  });
  if (bytes < 64 * kMiB) return;
  Row("cloudlet/" + row + "/stream", gets, [world, bytes](benchmark::State& state) {
    const Bucket bucket = Ready(world).bucket();
    std::vector<char> buffer(kMiB);
    ReadLoop(state, bytes, [&](const std::string& key) { return StreamRead(bucket, key, buffer); });
  });
  Row("cloudlet/" + row + "/pieces", gets, [world, bytes](benchmark::State& state) {
    const Bucket bucket = Ready(world).bucket();
    ReadLoop(state, bytes, [&](const std::string& key) { return StreamPieces(bucket, key); });
  });
}

void RegisterRaw(const WorldPtr& world, const SizeClass& size, const std::string& row) {
  const uint64_t bytes = size.bytes;
  const int gets = Work(size.gets);
  Row("baseline/" + row + "@raw", gets, [world, bytes](benchmark::State& state) {
    RawStore& raw = Ready(world).raw(bytes);
    rocksdb::PinnableSlice value;
    ReadLoop(state, bytes,
             [&](const std::string& key) { return raw.Get(key, &value) ? value.size() : 0; });
  });
  Row("baseline/" + row + "@raw+copy", gets, [world, bytes](benchmark::State& state) {
    RawStore& raw = Ready(world).raw(bytes);
    rocksdb::PinnableSlice value;
    std::vector<char> buffer(bytes);
    ReadLoop(state, bytes, [&](const std::string& key) -> uint64_t {
      if (!raw.Get(key, &value)) return 0;
      std::memcpy(buffer.data(), value.data(), value.size());
      benchmark::DoNotOptimize(buffer.data());
      return value.size();
    });
  });
}

void RegisterLmdb(const WorldPtr& world, const SizeClass& size, const std::string& row) {
  const uint64_t bytes = size.bytes;
  if (bytes > kLargestInLmdb) return;
  Row("baseline/" + row + "@lmdb", Work(size.gets), [world, bytes](benchmark::State& state) {
    LmdbStore& lmdb = Ready(world).lmdb();
    ReadLoop(state, bytes, [&](const std::string& key) {
      const std::optional<std::string_view> value = lmdb.Get(key);
      return value.has_value() ? value->size() : 0;
    });
  });
}

void RegisterFiles(const WorldPtr& world, const SizeClass& size, const std::string& row) {
  const uint64_t bytes = size.bytes;
  const int gets = Work(size.gets);
  Row("baseline/" + row + "@file", gets, [world, bytes](benchmark::State& state) {
    FileStore& files = Ready(world).files();
    ReadLoop(state, bytes, [&](const std::string& key) {
      uint64_t got = 0;
      benchmark::DoNotOptimize(files.Read(key, &got));
      return got;
    });
  });
  Row("baseline/" + row + "@file-reused", gets, [world, bytes](benchmark::State& state) {
    FileStore& files = Ready(world).files();
    std::vector<char> buffer(bytes);
    ReadLoop(state, bytes,
             [&](const std::string& key) { return files.ReadInto(key, buffer.data()); });
  });
}

}  // namespace

void RegisterBenchmarks() {
  const WorldPtr world = std::make_shared<std::unique_ptr<World>>();
  for (const SizeClass& size : SizeClasses()) {
    const std::string row = std::string("get/") + size.name;
    RegisterGets(world, size, row);
    RegisterRaw(world, size, row);
    RegisterLmdb(world, size, row);
    RegisterFiles(world, size, row);
  }
}

}  // namespace cloudlet::bench
