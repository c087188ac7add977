// A part of the suite of kv_conformance.h: random operations on a Kv and on a std::map per family,
// which must agree. A failure prints the seed; CLOUDLET_TEST_SEED runs another.
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "objstore/kv/kv_conformance.h"

namespace cloudlet::kv {
namespace {

using Model = std::map<std::string, std::string>;
using Models = std::vector<Model>;

uint64_t TestSeed() {
  const char* text = std::getenv("CLOUDLET_TEST_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20240607;
}

void EraseRange(Model& model, const std::string& begin, const std::string& end) {
  if (begin < end) model.erase(model.lower_bound(begin), model.lower_bound(end));
}

// A moment of the store and the model's copy of it.
struct Moment {
  std::shared_ptr<const Snapshot> snapshot;
  Models models;
};

class Differential {
 public:
  Differential(Kv& kv, uint64_t seed) : kv_(kv), random_(seed), now_(kv.families().size()) {}

  void Step() {
    const uint64_t dice = random_.Below(100);
    if (dice < 45) {
      WriteBatch();
    } else if (dice < 65) {
      ComparePoints();
    } else if (dice < 85) {
      CompareWalk();
    } else if (dice < 90) {
      TakeMoment();
    } else if (dice < 94) {
      if (!moments_.empty()) moments_.erase(moments_.begin() + random_.Below(moments_.size()));
    } else if (dice < 97) {
      Ingest();
    } else {
      Reclaim();
    }
  }

  // Every family from end to end, both ways.
  void CompareAll() {
    for (Family family = 0; family < now_.size(); ++family) {
      auto it = kv_.NewIterator(family, {});
      it->SeekToFirst();
      for (const auto& row : now_[family]) {
        ExpectAt(*it, &row);
        it->Next();
      }
      ExpectAt(*it, nullptr);
      it->SeekForPrev("\xff\xff\xff\xff\xff\xff");
      for (auto row = now_[family].rbegin(); row != now_[family].rend(); ++row) {
        ExpectAt(*it, &*row);
        it->Prev();
      }
      ExpectAt(*it, nullptr);
    }
  }

  const std::vector<Model>& now() const { return now_; }

 private:
  Family RandomFamily() { return static_cast<Family>(random_.Below(now_.size())); }

  // Few letters and short, so that keys meet again.
  std::string RandomKey() {
    static constexpr char kLetters[] = {'\0', 'a', 'b', '\x7f', '\x80', '\xff'};
    std::string key;
    for (uint64_t left = 1 + random_.Below(5); left > 0; --left) {
      key.push_back(kLetters[random_.Below(sizeof(kLetters))]);
    }
    return key;
  }
  std::string RandomValue() {
    const uint64_t size = random_.Chance(0.05) ? random_.Below(5000) : random_.Below(20);
    return std::string(size, static_cast<char>(random_.Below(256)));
  }

  void WriteBatch() {
    auto batch = kv_.NewBatch();
    for (uint64_t left = 1 + random_.Below(12); left > 0; --left) AddOperation(*batch);
    static constexpr Durability kLevels[] = {Durability::kNone, Durability::kBuffered};
    const absl::Status status = kv_.Write(*batch, kLevels[random_.Below(2)]);
    EXPECT_TRUE(status.ok()) << status;
  }

  void AddOperation(Batch& batch) {
    const Family family = RandomFamily();
    const std::string key = RandomKey();
    const uint64_t dice = random_.Below(20);
    if (dice < 12) {
      const std::string value = RandomValue();
      batch.Put(family, key, value);
      now_[family][key] = value;
    } else if (dice < 14) {
      const std::string first = RandomValue(), second = RandomValue();
      const std::vector<std::string_view> parts = {first, second};
      batch.PutParts(family, key, parts);
      now_[family][key] = first + second;
    } else if (dice < 19) {
      batch.Delete(family, key);
      now_[family].erase(key);
    } else {
      // Mostly narrow, so that the store does not stay empty.
      const std::string end = random_.Chance(0.2) ? RandomKey() : key + "\xff";
      batch.DeleteRange(family, key, end);
      EraseRange(now_[family], key, end);
    }
  }

  // The model to compare with, and the snapshot that goes with it.
  const Models& RandomMoment(const Snapshot** snapshot) {
    const uint64_t index = random_.Below(moments_.size() + 2);
    if (index >= moments_.size()) {
      *snapshot = nullptr;
      return now_;
    }
    *snapshot = moments_[index].snapshot.get();
    return moments_[index].models;
  }

  void ComparePoints() {
    const Snapshot* snapshot = nullptr;
    const Family family = RandomFamily();
    const Model& model = RandomMoment(&snapshot)[family];
    std::vector<std::string> keys;
    for (int i = 0; i < 8; ++i) keys.push_back(RandomKey());
    auto many = kv_.MultiGet(family, keys, {.snapshot = snapshot});
    ASSERT_TRUE(many.ok()) << many.status();
    ASSERT_EQ(many->size(), keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      auto one = kv_.Get(family, keys[i], {.snapshot = snapshot});
      ASSERT_TRUE(one.ok()) << one.status();
      const auto expected = model.find(keys[i]);
      ASSERT_EQ(one->has_value(), expected != model.end());
      ASSERT_EQ((*many)[i].has_value(), expected != model.end());
      if (expected == model.end()) continue;
      ASSERT_EQ((*one)->view(), expected->second);
      ASSERT_EQ((*many)[i]->view(), expected->second);
    }
  }

  static void ExpectAt(const Iterator& it, const Model::value_type* row) {
    ASSERT_EQ(it.Valid(), row != nullptr) << it.status();
    ASSERT_TRUE(it.status().ok()) << it.status();
    if (row == nullptr) return;
    ASSERT_EQ(it.key(), row->first);
    ASSERT_EQ(it.value(), row->second);
  }

  // A walk within random bounds from a random place, turning at random.
  void CompareWalk() {
    IteratorOptions options;
    const Family family = RandomFamily();
    Model model = RandomMoment(&options.snapshot)[family];
    if (random_.Chance(0.5)) options.lower = RandomKey();
    if (random_.Chance(0.5)) options.upper = RandomKey();
    model.erase(model.begin(), model.lower_bound(options.lower));
    if (!options.upper.empty()) model.erase(model.lower_bound(options.upper), model.end());
    auto it = kv_.NewIterator(family, options);
    for (int seeks = 0; seeks < 3; ++seeks) {
      const std::string target = RandomKey();
      auto expected = model.end();
      switch (random_.Below(3)) {
        case 0:
          it->SeekToFirst();
          expected = model.begin();
          break;
        case 1:
          it->Seek(target);
          expected = model.lower_bound(target);
          break;
        default:
          it->SeekForPrev(target);
          expected = model.upper_bound(target);
          expected = expected == model.begin() ? model.end() : std::prev(expected);
      }
      Wander(*it, model, expected);
    }
  }

  void Wander(Iterator& it, const Model& model, Model::const_iterator expected) {
    const double forward = random_.Unit();
    for (int moves = 0; moves < 30; ++moves) {
      ExpectAt(it, expected == model.end() ? nullptr : &*expected);
      if (expected == model.end() || ::testing::Test::HasFatalFailure()) return;
      if (random_.Chance(forward)) {
        it.Next();
        ++expected;
      } else {
        it.Prev();
        expected = expected == model.begin() ? model.end() : std::prev(expected);
      }
    }
  }

  void TakeMoment() {
    if (moments_.size() < 4) moments_.push_back({kv_.TakeSnapshot(), now_});
  }

  // A bulk write into a stretch that is empty.
  void Ingest() {
    const Family family = RandomFamily();
    Model& model = now_[family];
    const std::string first = RandomKey();
    auto writer = kv_.NewBulkWriter(family);
    ASSERT_TRUE(writer.ok()) << writer.status();
    Model added;
    for (uint64_t left = 1 + random_.Below(5); left > 0; --left) {
      added[first + std::to_string(left)] = RandomValue();
    }
    if (model.lower_bound(added.begin()->first) != model.upper_bound(added.rbegin()->first)) return;
    for (const auto& [key, value] : added) {
      const std::string_view part = value;
      ASSERT_TRUE((*writer)->Add(key, {&part, 1}).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
    std::vector<std::unique_ptr<BulkWriter>> writers;
    writers.push_back(*std::move(writer));
    const absl::Status status = kv_.Ingest(std::move(writers));
    ASSERT_TRUE(status.ok()) << status;
    model.insert(added.begin(), added.end());
  }

  // No reader may need the range any more.
  void Reclaim() {
    if (!moments_.empty()) return;
    const Family family = RandomFamily();
    const std::string begin = RandomKey();
    const std::string end = begin + "\xff";
    const absl::Status status = kv_.Reclaim(family, begin, end);
    ASSERT_TRUE(status.ok()) << status;
    EraseRange(now_[family], begin, end);
  }

  Kv& kv_;
  base::Random random_;
  Models now_;
  std::vector<Moment> moments_;
};

TEST_P(KvConformance, Differential_AgreesWithMaps) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE("CLOUDLET_TEST_SEED=" + std::to_string(seed));
  Differential differential(kv(), seed);
  for (int step = 0; step < 3000; ++step) {
    differential.Step();
    if (step % 500 == 499) differential.CompareAll();
    ASSERT_FALSE(HasFailure()) << "step " << step;
  }
  size_t rows = 0;
  for (const Model& model : differential.now()) rows += model.size();
  EXPECT_GT(rows, 300u);  // else the walks above compared next to nothing
}

TEST_P(KvConformance, Differential_AgreesWithMapsAfterReopen) {
  if (!GetParam().durable) GTEST_SKIP() << "nothing is kept by " << GetParam().name;
  const uint64_t seed = TestSeed();
  SCOPED_TRACE("CLOUDLET_TEST_SEED=" + std::to_string(seed));
  base::Random random(seed);
  Model model;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 200; ++i) {
      const std::string key = std::to_string(random.Below(300));
      const std::string value = std::to_string(random.Next());
      auto batch = kv().NewBatch();
      if (random.Chance(0.05)) {
        batch->DeleteRange(kConformanceRows, key, key + "5");
        EraseRange(model, key, key + "5");
      }
      batch->Put(kConformanceRows, key, value);
      model[key] = value;
      ASSERT_TRUE(kv().Write(*batch, Durability::kBuffered).ok());
    }
    ASSERT_NO_FATAL_FAILURE(Reopen());
    ASSERT_EQ(Forward(kConformanceRows), Rows(model.begin(), model.end())) << "round " << round;
  }
}

}  // namespace
}  // namespace cloudlet::kv
