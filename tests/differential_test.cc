// Random operations on a Cloud and on a plain model of one, which must agree in every result and
// every error: over both engines, on disk with closing and opening in between. At the end the event
// log is that of the model and the store is sound.
//
// The seed is printed; CLOUDLET_TEST_SEED repeats a run. CLOUDLET_FULL=1 draws a seed and runs ten
// times as long.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crc.h"
#include "base/random.h"
#include "base/strings.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"
#include "objstore/checksum.h"
#include "objstore/store_testing.h"
#include "tests/differential_model.h"

namespace cloudlet::differential {
namespace {

using objstore::Bytes;
using objstore::CodeOf;
using objstore::Md5Base64;

bool Full() { return std::getenv("CLOUDLET_FULL") != nullptr; }

uint64_t TestSeed() {
  const char* text = std::getenv("CLOUDLET_TEST_SEED");
  if (text != nullptr) return std::strtoull(text, nullptr, 10);
  return Full() ? base::RandomSeed() : 20'300'101;
}

class Differential {
 public:
  Differential(uint64_t seed, std::function<Cloud(std::shared_ptr<Clock>)> open)
      : random_(seed),
        open_(std::move(open)),
        clock_(std::make_shared<objstore::TestClock>()),
        cloud_(open_(clock_)) {
    MakeKeys();
    for (const char* name : {"audit", "plain", "crc"}) CreateBucket(name);
  }

  void Step() {
    ++steps_;
    if (random_.Chance(0.05)) clock_->Advance(absl::Milliseconds(random_.Below(3000)));
    const uint64_t dice = random_.Below(1000);
    if (dice < 360) return StepPut();
    if (dice < 400) return StepWriter();
    if (dice < 550) return StepDelete();
    if (dice < 750) return StepGet();
    if (dice < 800) return StepHead();
    if (dice < 840) return StepReadInto();
    if (dice < 870) return StepReader();
    if (dice < 985) return StepList();
    if (dice < 992) return CreateBucket(BucketName());
    if (dice < 998) return StepDeleteBucket();
    StepBuckets();
  }

  void Reopen() {
    ASSERT_TRUE(cloud_->Close().ok());
    cloud_.reset();
    cloud_.emplace(open_(clock_));
  }

  void ReopenInPlace() {
    const absl::Status reopened = cloud_->Reopen();
    ASSERT_TRUE(reopened.ok()) << reopened;
  }

  // Everything there is, compared.
  void CompareAll() {
    StepBuckets();
    for (const auto& [name, bucket] : model_.buckets()) {
      CompareListing(name, {});
      for (const auto& [key, object] : bucket.objects) CompareGet(name, key, {});
    }
    CompareEvents();
    const auto report = cloud_->VerifyStore();
    ASSERT_TRUE(report.ok()) << report.status();
    for (const std::string& problem : report->problems) ADD_FAILURE() << problem;
    size_t objects = 0;
    for (const auto& [name, bucket] : model_.buckets()) objects += bucket.objects.size();
    EXPECT_EQ(report->objects, objects);
    EXPECT_EQ(report->events, model_.events().size());
  }

  const Model& model() const { return model_; }
  uint64_t errors() const { return errors_; }

 private:
  // --- Choices ---

  void MakeKeys() {
    const std::vector<std::string> letters = {
        "a", "b", "/", "%", " ", std::string(1, '\0'), ".", "\xFF", "\xC3\xA9"};
    for (int i = 0; i < 60; ++i) {
      std::string key;
      for (uint64_t n = 1 + random_.Below(5); n > 0; --n) key += letters[random_.Below(9)];
      keys_.push_back(key);
    }
    keys_.push_back(std::string(1024, 'x'));
    keys_.push_back("..");
    keys_.push_back("a/");
    keys_.push_back("a/b");
  }

  std::string Key() {
    if (random_.Chance(0.005)) return "";
    if (random_.Chance(0.005)) return std::string(1025, 'y');
    return keys_[random_.Below(keys_.size())];
  }

  std::string BucketName() {
    static const char* const kNames[] = {"audit", "audit", "plain", "crc", "comes.and-goes"};
    static const char* const kBad[] = {"absent", "A", "1.2.3.4", "ab"};
    if (random_.Chance(0.02)) return kBad[random_.Below(4)];
    return kNames[random_.Below(5)];
  }

  std::string Body() {
    const uint64_t seed = random_.Next();
    const uint64_t dice = random_.Below(10'000);
    uint64_t size = random_.Below(100);
    if (dice < 1000) size = 1020 + random_.Below(10);
    if (dice < 300) size = 65'530 + random_.Below(12);
    if (dice < 100) size = random_.Below(300'000);
    if (dice < 20) size = (1 << 20) - 2 + random_.Below(4);
    if (dice < 10) size = random_.Below(4 << 20);
    if (dice < 1) size = (16 << 20) - 2 + random_.Below(4);
    return Bytes(size, seed);
  }

  // Nothing, "*", the current ETag, or another one.
  std::string Condition(const std::string& bucket, const std::string& key, double chance) {
    if (!random_.Chance(chance)) return "";
    const std::string current = model_.EtagOf(bucket, key);
    switch (random_.Below(5)) {
      case 0:
        return "*";
      case 1:
        return "0123456789abcdef0123456789abcdef";
      case 2:
        return current.empty() ? "*" : "\"" + current + "\"";
      default:
        return current.empty() ? "fedcba9876543210-crc64" : current;
    }
  }

  PutOptions PutChoice(const std::string& bucket, const std::string& key, const std::string& body) {
    PutOptions options;
    options.if_match = Condition(bucket, key, 0.1);
    options.if_none_match = Condition(bucket, key, 0.1);
    if (random_.Chance(0.2)) options.content_type = "text/" + std::to_string(random_.Below(9));
    if (random_.Chance(0.2)) options.metadata["name"] = std::to_string(random_.Next());
    if (random_.Chance(0.005)) options.metadata["bad name"] = "";
    if (random_.Chance(0.005)) options.metadata["large"] = std::string(2045, 'v');
    if (random_.Chance(0.1)) options.content_md5 = Md5Base64(body);
    if (random_.Chance(0.01)) options.content_md5 = Md5Base64(body + "x");
    if (random_.Chance(0.01)) options.content_md5 = "nonsense";
    if (random_.Chance(0.1)) options.crc32c = base::Crc32c(body);
    if (random_.Chance(0.01)) options.crc32c = base::Crc32c(body) + 1;
    if (random_.Chance(0.1)) options.crc64nvme = base::Crc64Nvme(body);
    if (random_.Chance(0.01)) options.crc64nvme = base::Crc64Nvme(body) + 1;
    if (random_.Chance(0.01)) options.durability = Durability::kSync;
    if (random_.Chance(0.1)) ChooseChecksum(body, &options);
    return options;
  }

  // One that is right, wrong, malformed, or only named; beside what is there already.
  void ChooseChecksum(const std::string& body, PutOptions* options) {
    const ChecksumAlgorithm algorithm = kChecksumAlgorithms[random_.Below(10)];
    if (random_.Chance(0.3)) options->checksum_algorithm = kChecksumAlgorithms[random_.Below(10)];
    if (random_.Chance(0.3)) return;
    options->checksum = objstore::StoredChecksum{algorithm, ChecksumType::kFullObject, 0,
                                                 objstore::DigestOf(algorithm, body)}
                            .Shown();
    if (random_.Chance(0.3)) options->checksum_algorithm = algorithm;
    std::string& value = options->checksum->value;
    if (random_.Chance(0.1)) value[0] = value[0] == 'A' ? 'B' : 'A';
    if (random_.Chance(0.1)) value.resize(value.size() - 1);
  }

  GetOptions GetChoice(const std::string& bucket, const std::string& key) {
    GetOptions options;
    options.if_match = Condition(bucket, key, 0.1);
    options.if_none_match = Condition(bucket, key, 0.1);
    const absl::Time around = clock_->Now() - absl::Milliseconds(random_.Below(20'000));
    if (random_.Chance(0.1)) options.if_modified_since = around;
    if (random_.Chance(0.1)) options.if_unmodified_since = around;
    if (!random_.Chance(0.3)) return options;
    const uint64_t size =
        model_.Exists(bucket, key) ? model_.buckets().at(bucket).objects.at(key).body.size() : 0;
    ByteRange range;
    if (random_.Chance(0.7)) range.first = random_.Below(size + 2);
    if (random_.Chance(0.7)) range.last = range.first.value_or(0) + random_.Below(size + 2);
    options.range = range;
    return options;
  }

  // --- Steps ---

  void CreateBucket(const std::string& name) {
    BucketOptions options;
    options.retain_events = name == "audit";
    options.etag_policy = name == "crc" ? EtagPolicy::kCrc64 : EtagPolicy::kMd5;
    Expect(CodeOf(cloud_->CreateBucket(name, options)), model_.CreateBucket(name, options),
           "create bucket " + name);
  }

  void StepDeleteBucket() {
    const std::string name = random_.Chance(0.5) ? "comes.and-goes" : BucketName();
    Expect(CodeOf(cloud_->DeleteBucket(name)), model_.DeleteBucket(name), "delete bucket " + name);
  }

  void StepBuckets() {
    const auto listed = cloud_->ListBuckets();
    ASSERT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> names;
    std::vector<std::string> expected;
    for (const BucketEntry& entry : *listed) names.push_back(entry.name);
    for (const auto& [name, bucket] : model_.buckets()) expected.push_back(name);
    EXPECT_EQ(names, expected);
  }

  void TakePut(const std::string& bucket, const std::string& key, const std::string& body,
               const PutOptions& options, const absl::StatusOr<PutResult>& put) {
    const std::string expected = model_.PutCode(bucket, key, body, options);
    Expect(CodeOf(put), expected, "put " + bucket + "/" + base::Quoted(key));
    if (!put.ok() || expected != "OK") return;
    EXPECT_GT(put->sequence, last_sequence_);
    last_sequence_ = put->sequence;
    model_.Put(bucket, key, body, options, *put, clock_->Now());
    EXPECT_EQ(put->etag, model_.EtagOf(bucket, key));
    EXPECT_EQ(put->crc64nvme, base::Crc64Nvme(body));
    EXPECT_EQ(put->checksum, model_.buckets().at(bucket).objects.at(key).checksum);
  }

  void StepPut() {
    const std::string bucket = BucketName();
    const std::string key = Key();
    const std::string body = Body();
    const PutOptions options = PutChoice(bucket, key, body);
    TakePut(bucket, key, body, options, cloud_->bucket(bucket).Put(key, body, options));
  }

  // In pieces; one time in four dropped before its commit.
  void StepWriter() {
    const std::string bucket = BucketName();
    const std::string key = Key();
    const std::string body = Body();
    const PutOptions options = PutChoice(bucket, key, body);
    auto writer = cloud_->bucket(bucket).OpenWriter(key, options);
    Expect(CodeOf(writer), model_.OpenWriterCode(bucket, key, options),
           "open writer of " + bucket + "/" + base::Quoted(key));
    if (!writer.ok()) return;
    for (size_t at = 0; at < body.size();) {
      const size_t piece = 1 + random_.Below(200'000);
      const absl::Status written = writer->Write(std::string_view(body).substr(at, piece));
      ASSERT_TRUE(written.ok()) << written;
      at += piece;
    }
    if (random_.Chance(0.25)) return;
    TakePut(bucket, key, body, options, writer->Commit());
  }

  void StepDelete() {
    const std::string bucket = BucketName();
    const std::string key = Key();
    DeleteOptions options;
    options.if_match = Condition(bucket, key, 0.2);
    const std::string expected = model_.DeleteCode(bucket, key, options);
    const auto removed = cloud_->bucket(bucket).Delete(key, options);
    Expect(CodeOf(removed), expected, "delete " + bucket + "/" + base::Quoted(key));
    if (!removed.ok() || expected != "OK") return;
    EXPECT_EQ(removed->existed, model_.Exists(bucket, key));
    if (removed->existed) {
      EXPECT_GT(removed->sequence, last_sequence_);
      last_sequence_ = removed->sequence;
    } else {
      EXPECT_EQ(removed->sequence, 0u);
    }
    model_.Delete(bucket, key, *removed, clock_->Now());
  }

  void StepGet() {
    const std::string bucket = BucketName();
    const std::string key = Key();
    CompareGet(bucket, key, GetChoice(bucket, key));
  }

  void CompareGet(const std::string& bucket, const std::string& key, const GetOptions& options) {
    const ModelRead expected = model_.Read(bucket, key, options);
    const auto got = cloud_->bucket(bucket).Get(key, options);
    Expect(CodeOf(got), expected.code, "get " + bucket + "/" + base::Quoted(key));
    if (!got.ok() || expected.object == nullptr) return;
    EXPECT_EQ(got->not_modified, expected.not_modified);
    EXPECT_EQ(got->offset, expected.offset);
    EXPECT_TRUE(got->body == expected.body)
        << "bodies differ: " << got->body.size() << " and " << expected.body.size() << " bytes";
    CompareInfo(got->info, key, *expected.object);
  }

  void CompareInfo(const ObjectInfo& info, const std::string& key, const ModelObject& object) {
    EXPECT_EQ(info.key, key);
    EXPECT_EQ(info.size, object.body.size());
    EXPECT_EQ(info.etag, object.etag);
    EXPECT_EQ(info.sequence, object.sequence);
    EXPECT_EQ(info.last_modified, object.modified);
    EXPECT_EQ(info.content_type, object.content_type);
    EXPECT_EQ(info.metadata, object.metadata);
    EXPECT_EQ(info.checksum, object.checksum);
  }

  void StepHead() {
    const std::string bucket = BucketName();
    const std::string key = Key();
    const GetOptions options = GetChoice(bucket, key);
    const ModelRead expected = model_.Read(bucket, key, options);
    const auto head = cloud_->bucket(bucket).Head(key, options);
    Expect(CodeOf(head), expected.code, "head " + bucket + "/" + base::Quoted(key));
    if (!head.ok() || expected.object == nullptr) return;
    EXPECT_EQ(head->not_modified, expected.not_modified);
    CompareInfo(head->info, key, *expected.object);
  }

  void StepReadInto() {
    const std::string bucket = BucketName();
    const std::string key = Key();
    const GetOptions options = GetChoice(bucket, key);
    ModelRead expected = model_.Read(bucket, key, options);
    std::string buffer(random_.Chance(0.5) ? 50 : 400'000, '?');
    const size_t wanted = expected.not_modified ? 0 : expected.body.size();
    if (expected.code == "OK" && wanted > buffer.size()) expected.code = "OUT_OF_RANGE";
    const auto read = cloud_->bucket(bucket).ReadInto(key, buffer.data(), buffer.size(), options);
    Expect(CodeOf(read), expected.code, "read into " + bucket + "/" + base::Quoted(key));
    if (!read.ok() || expected.object == nullptr) return;
    EXPECT_EQ(read->not_modified, expected.not_modified);
    EXPECT_EQ(read->bytes, wanted);
    EXPECT_EQ(read->offset, expected.offset);
    EXPECT_TRUE(buffer.compare(0, wanted, expected.body, 0, wanted) == 0);
    EXPECT_TRUE(buffer.find_first_not_of('?', wanted) == std::string::npos);
  }

  // A reader gives the object as it was opened, whatever happens to the key.
  void StepReader() {
    const std::string bucket = BucketName();
    const std::string key = Key();
    const GetOptions options = GetChoice(bucket, key);
    const ModelRead expected = model_.Read(bucket, key, options);
    auto reader = cloud_->bucket(bucket).OpenReader(key, options);
    Expect(CodeOf(reader), expected.code, "open reader of " + bucket + "/" + base::Quoted(key));
    if (!reader.ok() || expected.object == nullptr) return;
    EXPECT_EQ(reader->not_modified(), expected.not_modified);
    const std::string body = expected.not_modified ? "" : expected.body;
    for (uint64_t n = random_.Below(3); n > 0; --n) StepPut();
    StepDelete();
    std::string read;
    std::string buffer(1 + random_.Below(100'000), '?');
    while (true) {
      const auto bytes = reader->Read(buffer.data(), buffer.size());
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      if (*bytes == 0) break;
      read.append(buffer, 0, *bytes);
    }
    EXPECT_TRUE(read == body) << read.size() << " and " << body.size() << " bytes";
  }

  void StepList() {
    const std::string bucket = BucketName();
    ListOptions options;
    const std::string some = keys_[random_.Below(keys_.size())];
    if (random_.Chance(0.5)) options.prefix = some.substr(0, random_.Below(3));
    if (random_.Chance(0.5)) options.delimiter = random_.Chance(0.7) ? "/" : some.substr(0, 2);
    if (random_.Chance(0.3)) options.start_after = keys_[random_.Below(keys_.size())];
    CompareListing(bucket, options);
  }

  void CompareListing(const std::string& bucket, const ListOptions& options) {
    const std::string code = model_.BucketCode(bucket);
    ListPageOptions page_options;
    page_options.prefix = options.prefix;
    page_options.delimiter = options.delimiter;
    page_options.start_after = options.start_after;
    page_options.max_keys = random_.Chance(0.5) ? 1000 : 1 + random_.Below(5);
    std::vector<ListEntry> entries;
    while (true) {
      const auto page = cloud_->bucket(bucket).ListOnePage(page_options);
      Expect(CodeOf(page), code, "list " + bucket);
      if (!page.ok() || code != "OK") return;
      EXPECT_LE(page->entries.size(), page_options.max_keys);
      entries.insert(entries.end(), page->entries.begin(), page->entries.end());
      if (!page->is_truncated) break;
      ASSERT_FALSE(page->entries.empty());
      page_options.continuation_token = page->next_continuation_token;
    }
    const std::vector<ModelEntry> expected = model_.List(bucket, options);
    ASSERT_EQ(entries.size(), expected.size())
        << bucket << " prefix " << base::Quoted(options.prefix) << " delimiter "
        << base::Quoted(options.delimiter) << " after " << base::Quoted(options.start_after);
    for (size_t i = 0; i < entries.size(); ++i) {
      ASSERT_EQ(entries[i].key, expected[i].key);
      ASSERT_EQ(entries[i].is_prefix, expected[i].is_prefix);
      if (expected[i].is_prefix) continue;
      EXPECT_EQ(entries[i].size, expected[i].object->body.size());
      EXPECT_EQ(entries[i].etag, expected[i].object->etag);
      EXPECT_EQ(entries[i].last_modified, expected[i].object->modified);
    }
  }

  void CompareEvents() {
    std::vector<Event> events;
    uint64_t after = 0;
    while (true) {
      const auto page = cloud_->Events(after, 777);
      ASSERT_TRUE(page.ok()) << page.status();
      if (page->empty()) break;
      events.insert(events.end(), page->begin(), page->end());
      after = events.back().sequence;
    }
    const std::vector<ModelEvent>& expected = model_.events();
    ASSERT_EQ(events.size(), expected.size());
    for (size_t i = 0; i < events.size(); ++i) {
      ASSERT_EQ(events[i].sequence, expected[i].sequence) << i;
      EXPECT_EQ(events[i].type, expected[i].type);
      EXPECT_EQ(events[i].bucket, expected[i].bucket);
      EXPECT_EQ(events[i].key, expected[i].key);
      EXPECT_EQ(events[i].size, expected[i].size);
      EXPECT_EQ(events[i].etag, expected[i].etag);
      EXPECT_EQ(events[i].time, expected[i].time);
      EXPECT_EQ(events[i].request_id, expected[i].request_id);
    }
  }

  void Expect(const std::string& code, const std::string& expected, const std::string& what) {
    EXPECT_EQ(code, expected) << what << ", step " << steps_;
    if (code != "OK") ++errors_;
  }

  base::Random random_;
  const std::function<Cloud(std::shared_ptr<Clock>)> open_;
  const std::shared_ptr<objstore::TestClock> clock_;
  std::optional<Cloud> cloud_;
  Model model_;
  std::vector<std::string> keys_;
  uint64_t steps_ = 0;
  uint64_t errors_ = 0;
  uint64_t last_sequence_ = 0;
};

// What was compared was worth comparing.
void ExpectSubstance(const Differential& differential, int steps) {
  size_t objects = 0;
  for (const auto& [name, bucket] : differential.model().buckets()) {
    objects += bucket.objects.size();
  }
  EXPECT_GT(objects, 50u);
  EXPECT_GT(differential.model().events().size(), static_cast<size_t>(steps) / 10);
  EXPECT_GT(differential.errors(), static_cast<uint64_t>(steps) / 10);
}

TEST(Differential, InMemory_AgreesWithTheModel) {
  const uint64_t seed = TestSeed();
  std::cout << "CLOUDLET_TEST_SEED=" << seed << std::endl;
  SCOPED_TRACE("CLOUDLET_TEST_SEED=" + std::to_string(seed));
  const int steps = Full() ? 500'000 : 50'000;
  Differential differential(seed, [](std::shared_ptr<Clock> clock) {
    return Cloud::InMemory({.clock = std::move(clock), .seed = 5});
  });
  for (int step = 0; step < steps; ++step) {
    differential.Step();
    if (step % 5000 == 4999) differential.CompareAll();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "step " << step;
  }
  ExpectSubstance(differential, steps);
}

TEST(Differential, OnDisk_AgreesWithTheModel_AlsoOverReopens) {
  const uint64_t seed = TestSeed() + 1;
  std::cout << "CLOUDLET_TEST_SEED=" << seed - 1 << std::endl;
  SCOPED_TRACE("CLOUDLET_TEST_SEED=" + std::to_string(seed - 1));
  const std::string directory = ::testing::TempDir() + "/differential";
  std::filesystem::remove_all(directory);
  const int steps = Full() ? 100'000 : 8'000;
  {
    Differential differential(seed, [&](std::shared_ptr<Clock> clock) {
      auto cloud = Cloud::Open(directory, {.clock = std::move(clock), .seed = 5});
      EXPECT_TRUE(cloud.ok()) << cloud.status();
      return *std::move(cloud);
    });
    for (int step = 0; step < steps; ++step) {
      differential.Step();
      if (step % 1000 == 499) differential.Reopen();
      if (step % 2000 == 999) differential.ReopenInPlace();
      if (step % 2000 == 1999) differential.CompareAll();
      ASSERT_FALSE(::testing::Test::HasFailure()) << "step " << step;
    }
    differential.Reopen();
    differential.CompareAll();
    ExpectSubstance(differential, steps);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace cloudlet::differential
