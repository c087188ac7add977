// Question: what does listing cost beside a raw iterator over the very same rows?
//
//   list/page       a page of 1,000 entries with size, ETag and time, from a random place
//   list/versions   a page of 1,000 versions, ten of each key, from a random place; baseline a page
//   of
//                   1,000 current objects of another bucket in the same store (@page)
//   list/lazy       10,000 entries through the lazy listing, per entry range
//   list/prefixes   1,000 common prefixes over 1,000,000 keys (100,000 in a quick run)
// Baselines work on a copy of the store's directory, opened as a plain RocksDB under the same tuned
// options: a raw iterator over the same head rows (@raw), for the prefixes a raw scan over all rows
// that cuts each key at the delimiter (@scan) and a raw seek past each prefix (@seek).
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "bench/harness.h"
#include "bench/raw_store.h"

namespace cloudlet::bench {
namespace {

constexpr int kPrefixes = 1000;
constexpr int kPageKeys = 1000;
constexpr int kLazyKeys = 10000;
constexpr int kVersionedKeys = 1000;
constexpr int kVersionsPerKey = 10;
constexpr size_t kBucketIdBytes = 8;  // in front of each key of the family "heads"

int KeysPerPrefix() { return QuickRun() ? 100 : 1000; }

std::string Digits(int number, int width) {
  std::string text = std::to_string(number);
  return std::string(static_cast<size_t>(width) - text.size(), '0') + text;
}

std::string PrefixName(int prefix) { return "folder-" + Digits(prefix, 4) + "/"; }

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

class World {
 public:
  World() {
    {
      Cloud filling = OpenCloud(dir_.Sub("store"));
      Fill(Value(filling.CreateBucket("bench", {.etag_policy = EtagPolicy::kMd5})));
      FillVersions(Value(filling.CreateBucket("versioned", {.etag_policy = EtagPolicy::kMd5})));
      Check(filling.Close());
    }
    std::filesystem::copy(dir_.Sub("store"), dir_.Sub("copy"),
                          std::filesystem::copy_options::recursive);
    cloud_ = std::make_unique<Cloud>(OpenCloud(dir_.Sub("store")));
    OpenCopy();
  }

  Bucket bucket() { return cloud_->bucket("bench"); }
  Bucket versioned() { return cloud_->bucket("versioned"); }
  static std::string VersionedKey(uint64_t i) {
    return "folder/picture-" + Digits(static_cast<int>(i), 6) + ".jpg";
  }
  // Over the rows of the bucket "bench", which has the lowest id.
  std::unique_ptr<rocksdb::Iterator> RawHeads() {
    rocksdb::ReadOptions options;
    if (!end_.empty()) options.iterate_upper_bound = &end_;
    return std::unique_ptr<rocksdb::Iterator>(
        copy_->db().NewIterator(options, copy_->family("heads")));
  }
  // As it stands in the family "heads".
  std::string RowKey(std::string_view key) const { return bucket_id_ + std::string(key); }

 private:
  static void Fill(const Bucket& bucket) {
    const PutOptions options = OrdinaryPut();
    uint64_t i = 0;
    for (int prefix = 0; prefix < kPrefixes; ++prefix) {
      for (int n = 0; n < KeysPerPrefix(); ++n) {
        const std::string key = PrefixName(prefix) + "picture-" + Digits(n, 6) + ".jpg";
        Check(bucket.Put(key, Body(64, ++i), options).status());
      }
    }
  }

  static void FillVersions(const Bucket& bucket) {
    Check(bucket.SetVersioning(Versioning::kEnabled));
    const PutOptions options = OrdinaryPut();
    for (int version = 0; version < kVersionsPerKey; ++version) {
      for (int n = 0; n < kVersionedKeys; ++n) {
        Check(bucket.Put(VersionedKey(static_cast<uint64_t>(n)), Body(64, 1), options).status());
      }
    }
  }

  void OpenCopy() {
    const rocksdb::Options options = kv::TunedOptions(kv::FamilyKind::kRows, kv::RocksKvOptions());
    std::vector<std::string> names;
    CheckRocks(rocksdb::DB::ListColumnFamilies(options, dir_.Sub("copy"), &names));
    std::erase(names, rocksdb::kDefaultColumnFamilyName);
    copy_ = std::make_unique<RawFamilies>(options, dir_.Sub("copy"), names);
    const std::unique_ptr<rocksdb::Iterator> first = RawHeads();
    first->SeekToFirst();
    if (!first->Valid()) Check(absl::InternalError("the copy has no rows"));
    bucket_id_ = first->key().ToString().substr(0, kBucketIdBytes);
    past_bucket_ = bucket_id_;
    ++past_bucket_.back();  // ids are big-endian, and this one is low
    end_ = past_bucket_;
  }

  const TempDir dir_;
  std::unique_ptr<Cloud> cloud_;
  std::unique_ptr<RawFamilies> copy_;
  std::string bucket_id_;
  std::string past_bucket_;
  rocksdb::Slice end_;  // of past_bucket_
};

using WorldPtr = std::shared_ptr<std::unique_ptr<World>>;

World& Ready(const WorldPtr& world) {
  if (*world == nullptr) *world = std::make_unique<World>();
  return **world;
}

// Where pages begin: the same few hundred places for everyone, so that their blocks are cached.
class Places {
 public:
  std::string Next() { return PrefixName(static_cast<int>(random_.Below(50)) * 16); }

 private:
  base::Random random_{7};
};

void ExpectCount(size_t got, size_t expected) {
  if (got != expected) Check(absl::InternalError("a listing has the wrong length"));
}

void CloudletPage(benchmark::State& state, World& world) {
  const Bucket bucket = world.bucket();
  Places places;
  for (auto _ : state) {
    const ListPage page =
        Value(bucket.ListOnePage({.start_after = places.Next(), .max_keys = kPageKeys}));
    ExpectCount(page.entries.size(), kPageKeys);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kPageKeys);
}

void CloudletVersions(benchmark::State& state, World& world) {
  const Bucket bucket = world.versioned();
  base::Random random(7);
  for (auto _ : state) {
    const std::string from =
        World::VersionedKey(random.Below(kVersionedKeys - kPageKeys / kVersionsPerKey - 1));
    const VersionPage page =
        Value(bucket.ListVersions({.key_marker = from, .max_keys = kPageKeys}));
    ExpectCount(page.entries.size(), kPageKeys);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kPageKeys);
}

void CloudletLazy(benchmark::State& state, World& world) {
  const Bucket bucket = world.bucket();
  Places places;
  for (auto _ : state) {
    int seen = 0;
    for (const absl::StatusOr<ListEntry>& entry : bucket.List({.start_after = places.Next()})) {
      Check(entry.status());
      if (++seen == kLazyKeys) break;
    }
    ExpectCount(static_cast<size_t>(seen), kLazyKeys);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kLazyKeys);
}

void RawRows(benchmark::State& state, World& world, int rows) {
  Places places;
  for (auto _ : state) {
    const std::unique_ptr<rocksdb::Iterator> it = world.RawHeads();
    int seen = 0;
    uint64_t bytes = 0;
    const std::string from = world.RowKey(places.Next());
    for (it->Seek(from); it->Valid() && seen < rows; it->Next(), ++seen) {
      bytes += it->key().size() + it->value().size();
    }
    CheckRocks(it->status());
    benchmark::DoNotOptimize(bytes);
    ExpectCount(static_cast<size_t>(seen), static_cast<size_t>(rows));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * rows);
}

void CloudletPrefixes(benchmark::State& state, World& world) {
  const Bucket bucket = world.bucket();
  for (auto _ : state) {
    const ListPage page = Value(bucket.ListOnePage({.delimiter = "/", .max_keys = kPrefixes}));
    ExpectCount(page.entries.size(), kPrefixes);
  }
}

void RawScan(benchmark::State& state, World& world) {
  for (auto _ : state) {
    const std::unique_ptr<rocksdb::Iterator> it = world.RawHeads();
    std::vector<std::string> prefixes;
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      const std::string_view key(it->key().data() + kBucketIdBytes,
                                 it->key().size() - kBucketIdBytes);
      const std::string_view prefix = key.substr(0, key.find('/') + 1);
      if (prefixes.empty() || prefixes.back() != prefix) prefixes.emplace_back(prefix);
    }
    CheckRocks(it->status());
    ExpectCount(prefixes.size(), kPrefixes);
  }
}

void RawSeeks(benchmark::State& state, World& world) {
  for (auto _ : state) {
    const std::unique_ptr<rocksdb::Iterator> it = world.RawHeads();
    std::vector<std::string> prefixes;
    it->SeekToFirst();
    while (it->Valid()) {
      const std::string_view row(it->key().data(), it->key().size());
      std::string past(row.substr(0, row.find('/', kBucketIdBytes) + 1));
      prefixes.push_back(past.substr(kBucketIdBytes));
      ++past.back();
      it->Seek(ToSlice(past));
    }
    CheckRocks(it->status());
    ExpectCount(prefixes.size(), kPrefixes);
  }
}

}  // namespace

void RegisterBenchmarks() {
  const WorldPtr world = std::make_shared<std::unique_ptr<World>>();
  const auto row = [&](const std::string& name, int iterations, auto function) {
    Row(name, Work(iterations),
        [world, function](benchmark::State& state) { function(state, Ready(world)); });
  };
  row("cloudlet/list/page", 300, CloudletPage);
  row("baseline/list/page@raw", 300, [](auto& state, World& w) { RawRows(state, w, kPageKeys); });
  row("cloudlet/list/versions", 300, CloudletVersions);
  row("baseline/list/versions@page", 300, CloudletPage);
  row("cloudlet/list/lazy", 30, CloudletLazy);
  row("baseline/list/lazy@raw", 30, [](auto& state, World& w) { RawRows(state, w, kLazyKeys); });
  row("cloudlet/list/prefixes", 20, CloudletPrefixes);
  row("baseline/list/prefixes@seek", 20, RawSeeks);
  row("baseline/list/prefixes@scan", 2, RawScan);
}

}  // namespace cloudlet::bench
