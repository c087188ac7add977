// LocalStore over both engines under the suite of every store, and what is its own: closing,
// reopening, formats, damage, read-only stores, counters.
#include "objstore/local_store.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "objstore/checksum.h"
#include "objstore/keys.h"
#include "objstore/records.h"
#include "objstore/records.pb.h"
#include "objstore/store_conformance.h"
#include "objstore/store_factories.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, ::testing::Values(MemoryFactory()),
                         StoreFactoryName);
INSTANTIATE_TEST_SUITE_P(Rocks, StoreConformance, ::testing::Values(RocksFactory()),
                         StoreFactoryName);
INSTANTIATE_TEST_SUITE_P(Memory, StoreVersions, ::testing::Values(MemoryFactory()),
                         StoreFactoryName);
INSTANTIATE_TEST_SUITE_P(Rocks, StoreVersions, ::testing::Values(RocksFactory()), StoreFactoryName);
INSTANTIATE_TEST_SUITE_P(Memory, StoreUploads, ::testing::Values(MemoryFactory()),
                         StoreFactoryName);
INSTANTIATE_TEST_SUITE_P(Rocks, StoreUploads, ::testing::Values(RocksFactory()), StoreFactoryName);

// --- Closing and reopening ---

TEST(LocalStore, AfterClose_EveryCallIsFailedPrecondition_AndSaysWhere) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, "bkt", "k", Bytes(3 << 20)).ok());
  const GetOptions options;
  auto answer = test.store->Read({"bkt", "k", &options});
  auto sink = test.store->Stage({"bkt", "key", &PlainPut()});
  auto staged = StageBody(*test.store, "bkt", Bytes(3 << 20), 1 << 20);
  ASSERT_TRUE(answer.ok() && sink.ok() && staged.ok());
  ASSERT_TRUE(test.store->Close().ok());
  ASSERT_TRUE(test.store->Close().ok());  // idempotent

  const auto put = Put(*test.store, "bkt", "k", "v");
  EXPECT_EQ(CodeOf(put), "FAILED_PRECONDITION");
  EXPECT_EQ(put.status().message(), "put \"bkt/k\": the store of the test is closed");
  EXPECT_EQ(CodeOf(Delete(*test.store, "bkt", "k")), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(Get(*test.store, "bkt", "k")), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(test.store->List("bkt", {}, {})), "FAILED_PRECONDITION");
  const AttributesOptions attributes;
  EXPECT_EQ(CodeOf(test.store->GetAttributes({"bkt", "k", &attributes})), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(test.store->CreateBucket("other", {}, {})), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(test.store->DeleteBucket("bkt", {})), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(test.store->HeadBucket({"bkt"})), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(test.store->ListBuckets({})), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(test.store->Stage({"bkt", "key", &PlainPut()})), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(test.store->Sync()), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(test.store->health()), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(answer->source->Next()), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf((*sink)->Write("x")), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf((*sink)->Finish()), "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(PutStaged(*test.store, "bkt", "k", *std::move(staged))), "FAILED_PRECONDITION");
}

TEST(LocalStore, Close_SweepsWhatWasReleased) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, "bkt", "k", Bytes(3 << 20)).ok());
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "small").ok());
  EXPECT_EQ(test.Rows(kPayload).size(), 3u);
  ASSERT_TRUE(test.store->Close().ok());
  EXPECT_TRUE(test.Rows(kPayload).empty());
  EXPECT_TRUE(test.Rows(kOwners).empty());
}

TEST(LocalStore, Overwriting_KeepsGarbageWithinBounds) {
  TestStore test;
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(Put(*test.store, "bkt", "k", Bytes(70'000)).ok());
  EXPECT_LE(test.Rows(kPayload).size(), 130u);
}

TEST(LocalStore, Reopen_SweepsWhatACrashLeft) {
  TestStore test;
  auto staged = StageBody(*test.store, "bkt", Bytes(3 << 20), 1 << 20);
  ASSERT_TRUE(staged.ok());
  EXPECT_EQ(test.Rows(kPayload).size(), 3u);
  // Another store over the same content, as after a crash: nobody holds the body there.
  const auto reborn = OpenLocal(TestEnvironment(test.clock), test.engine.Opener());
  ASSERT_TRUE(reborn->Close().ok());
  EXPECT_TRUE(test.Rows(kPayload).empty());
  EXPECT_TRUE(test.Rows(kOwners).empty());
}

TEST(LocalStore, ReopenThatFails_LeavesItClosed_AndCanBeTriedAgain) {
  KeptEngine engine;
  bool fail = false;
  const auto store =
      OpenLocal(TestEnvironment(), [&](Opening) -> absl::StatusOr<std::unique_ptr<kv::Kv>> {
        if (fail) return absl::UnavailableError("the disk is away");
        return engine.Open();
      });
  ASSERT_TRUE(store->CreateBucket("bkt", {}, {}).ok());
  fail = true;
  EXPECT_EQ(CodeOf(store->Reopen()), "ServiceUnavailable");
  EXPECT_EQ(CodeOf(store->HeadBucket({"bkt"})), "FAILED_PRECONDITION");
  fail = false;
  EXPECT_TRUE(store->Reopen().ok());
  EXPECT_TRUE(store->HeadBucket({"bkt"}).ok());
}

TEST(LocalStore, Close_WhileCallsRun_WaitsForThem) {
  TestStore test;
  std::atomic<int> written{0};
  std::vector<std::thread> writers;
  for (int t = 0; t < 3; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0;; ++i) {
        const std::string code =
            CodeOf(Put(*test.store, "bkt", std::to_string(t) + "/" + std::to_string(i), "v"));
        if (code != "OK") {
          EXPECT_EQ(code, "FAILED_PRECONDITION");
          return;
        }
        ++written;
      }
    });
  }
  while (written.load() < 50) std::this_thread::yield();
  ASSERT_TRUE(test.store->Close().ok());
  for (std::thread& writer : writers) writer.join();
  // What was acknowledged is there, and nothing else.
  EXPECT_EQ(test.Rows(kHeads).size(), static_cast<size_t>(written.load()));
}

// --- Formats ---

std::string OpenCode(const KeptEngine& engine, std::string* message = nullptr) {
  KeptEngine copy = engine;
  const auto store = LocalStore::Open(TestEnvironment(), copy.Opener(),
                                      std::make_shared<const base::Logger>(), "of the test");
  if (message != nullptr) *message = store.status().ToString();
  return CodeOf(store);
}

TEST(LocalStore, NewerFormat_IsRefused_AndNothingIsWritten) {
  TestStore test;
  rows::FormatRow row;
  row.set_major(2);
  test.PutRow(kSystem, kFormatKey, row.SerializeAsString());
  const auto before = test.Rows(kSystem);
  const int writes = test.engine.controls->writes;
  std::string message;
  EXPECT_EQ(OpenCode(test.engine, &message), "FAILED_PRECONDITION");
  EXPECT_NE(message.find("format 2"), std::string::npos) << message;
  EXPECT_EQ(test.Rows(kSystem), before);
  EXPECT_EQ(test.engine.controls->writes, writes);
}

TEST(LocalStore, DamagedRowsThatAreReadAtOpen_AreDataLoss) {
  for (const std::string& key : {std::string(kFormatKey), std::string(kLeaseKey)}) {
    for (const std::string& row : {std::string("\xFF"), std::string()}) {
      TestStore test;
      test.PutRow(kSystem, key, row);
      EXPECT_EQ(OpenCode(test.engine), "DATA_LOSS") << key;
    }
  }
  TestStore bucket;
  bucket.PutRow(kBuckets, "bkt", "\xFF");
  EXPECT_EQ(OpenCode(bucket.engine), "DATA_LOSS");
  TestStore garbage;
  garbage.PutRow(kOwners, GarbageKey(7), "x");
  EXPECT_EQ(OpenCode(garbage.engine), "DATA_LOSS");
}

TEST(LocalStore, StoreId_IsDrawnOnce) {
  TestStore test;
  const uint64_t id = test.state().store_id;
  EXPECT_NE(id, 0u);
  ASSERT_TRUE(test.store->Reopen().ok());
  EXPECT_EQ(test.state().store_id, id);
}

// --- Damage ---

TEST(LocalStore, FlippedBitInAnObject_IsDataLossThatNamesIt_NeverWrongBytes) {
  const std::vector<uint64_t> sizes = {1000, 5'000, 2 << 20};
  for (const uint64_t size : sizes) {
    TestStore test;
    const std::string body = Bytes(size);
    ASSERT_TRUE(Put(*test.store, "bkt", "photo.jpg", body).ok());
    ASSERT_TRUE(Put(*test.store, "bkt", "sound", "as ever").ok());
    for (const kv::Family family : {kHeads, kPayload}) {
      for (const auto& [key, value] : test.Rows(family)) {
        if (family == kHeads && KeyOfHead(key) == "sound") continue;
        for (size_t at = 0; at < value.size(); at += 1 + value.size() / 150) {
          std::string damaged = value;
          damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
          test.PutRow(family, key, damaged);
          const auto got = Get(*test.store, "bkt", "photo.jpg");
          ASSERT_EQ(CodeOf(got), "DATA_LOSS") << size << " family " << family << " byte " << at;
          ASSERT_NE(got.status().message().find("bkt/photo.jpg"), absl::string_view::npos)
              << got.status();
          ASSERT_EQ(BodyOf(*test.store, "bkt", "sound"), "as ever");
        }
        test.PutRow(family, key, value);
      }
    }
    EXPECT_EQ(BodyOf(*test.store, "bkt", "photo.jpg") == body, true);
  }
}

TEST(LocalStore, FlippedBitInAChecksum_IsDataLoss_NeverAnotherChecksum) {
  TestStore test;
  PutOptions options;
  options.checksum_algorithm = ChecksumAlgorithm::kSha256;
  const auto put = Put(*test.store, "bkt", "k", "body", options);
  ASSERT_TRUE(put.ok()) << put.status();
  const auto [key, row] = test.Rows(kHeads).at(0);
  const std::string digest = DigestOf(ChecksumAlgorithm::kSha256, "body");
  const size_t end = row.find(digest) + digest.size();
  ASSERT_EQ(row.substr(end), "body");
  for (size_t bit = (end - digest.size() - 6 - 5) * 8; bit < end * 8; ++bit) {  // the whole section
    std::string damaged = row;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    test.PutRow(kHeads, key, damaged);
    EXPECT_EQ(CodeOf(HeadOf(*test.store, "bkt", "k")), "DATA_LOSS") << "bit " << bit;
    EXPECT_EQ(CodeOf(Get(*test.store, "bkt", "k")), "DATA_LOSS") << "bit " << bit;
  }
  test.PutRow(kHeads, key, row);
  EXPECT_EQ(HeadOf(*test.store, "bkt", "k")->info.checksum, put->checksum);
}

TEST(LocalStore, RefusedChecksum_WritesNoRowAndNoEvent) {
  TestStore test({.retain_events = true});
  PutOptions right;
  right.checksum_algorithm = ChecksumAlgorithm::kSha1;
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "old", right).ok());
  const auto heads = test.Rows(kHeads);
  ASSERT_EQ(test.Rows(kEvents).size(), 1u);
  for (const uint64_t size : {uint64_t{3}, uint64_t{5'000}}) {
    for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
      PutOptions wrong;
      wrong.checksum = Checksum{algorithm, ChecksumType::kFullObject,
                                base::Base64Encode(DigestOf(algorithm, "other"))};
      EXPECT_EQ(CodeOf(Put(*test.store, "bkt", "k", Bytes(size), wrong)), "BadDigest");
      wrong.checksum->value += "x";
      EXPECT_EQ(CodeOf(Put(*test.store, "bkt", "k", Bytes(size), wrong)), "InvalidRequest");
    }
  }
  EXPECT_EQ(test.Rows(kHeads), heads);
  EXPECT_EQ(test.Rows(kEvents).size(), 1u);
  EXPECT_TRUE(test.Rows(kPayload).empty());
}

TEST(LocalStore, List_OverADamagedHead_IsDataLossThatNamesIt) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, "bkt", "photo.jpg", "v").ok());
  const auto row = test.Rows(kHeads).at(0);
  test.PutRow(kHeads, row.first, row.second.substr(1));
  const auto page = test.store->List("bkt", {}, {});
  EXPECT_EQ(CodeOf(page), "DATA_LOSS");
  EXPECT_NE(page.status().message().find("photo.jpg"), absl::string_view::npos) << page.status();
}

TEST(LocalStore, NewestVersion_ThatIsNoMarkerOrCannotBeRead_IsNoPlainNoSuchKey) {
  TestStore test;
  ASSERT_TRUE(test.store->SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "1").ok());
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "2").ok());
  ASSERT_TRUE(Put(*test.store, "bkt", "m", "1").ok());
  ASSERT_TRUE(Delete(*test.store, "bkt", "m").ok());
  test.engine.controls->fail_walks = absl::UnavailableError("no walk");
  EXPECT_EQ(CodeOf(HeadOf(*test.store, "bkt", "m")), "ServiceUnavailable");
  test.engine.controls->fail_walks = absl::OkStatus();
  EXPECT_EQ(CodeOf(HeadOf(*test.store, "bkt", "m")), "NoSuchKey");
  const auto marker = test.Rows(kVersions).at(1);  // behind the first version of "k"
  test.PutRow(kVersions, marker.first, marker.second.substr(1));
  EXPECT_EQ(CodeOf(HeadOf(*test.store, "bkt", "m")), "DATA_LOSS");
  test.DeleteRow(kHeads, test.Rows(kHeads).at(0).first);
  EXPECT_EQ(CodeOf(HeadOf(*test.store, "bkt", "k")), "DATA_LOSS");
}

TEST(LocalStore, SwappedChunks_AreDataLoss) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, "bkt", "k", Bytes(2 << 20)).ok());
  const auto rows = test.Rows(kPayload);
  ASSERT_EQ(rows.size(), 2u);
  test.PutRow(kPayload, rows[0].first, rows[1].second);
  test.PutRow(kPayload, rows[1].first, rows[0].second);
  EXPECT_EQ(BodyOf(*test.store, "bkt", "k"), "DATA_LOSS");
}

// --- Read-only stores, durability, counters ---

TEST(LocalStore, LatchedEngine_IsServiceUnavailable_WhileReadsGoOn) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "v").ok());
  test.engine.controls->fail_writes = absl::UnavailableError("the log could not be written");
  const auto put = Put(*test.store, "bkt", "k", "2");
  EXPECT_TRUE(IsReadOnly(put.status())) << put.status();
  EXPECT_NE(put.status().message().find("log could not be written"), absl::string_view::npos);
  EXPECT_TRUE(IsReadOnly(Delete(*test.store, "bkt", "k").status()));
  EXPECT_TRUE(IsReadOnly(test.store->CreateBucket("more", {}, {})));
  EXPECT_TRUE(IsReadOnly(Put(*test.store, "bkt", "k", Bytes(100'000)).status()));
  EXPECT_EQ(BodyOf(*test.store, "bkt", "k"), "v");
  EXPECT_EQ(ListAll(*test.store, "bkt"), std::vector<std::string>{"k"});
}

TEST(LocalStore, SyncDurability_ReachesTheEngine) {
  TestStore test;
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "v").ok());
  const int before = test.engine.controls->synced_writes;
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "v").ok());
  EXPECT_EQ(test.engine.controls->synced_writes, before);
  ASSERT_TRUE(Put(*test.store, "bkt", "k", "v", {.durability = Durability::kSync}).ok());
  EXPECT_EQ(test.engine.controls->synced_writes, before + 1);
  ASSERT_TRUE(Delete(*test.store, "bkt", "k", {.durability = Durability::kSync}).ok());
  EXPECT_EQ(test.engine.controls->synced_writes, before + 2);
  // What it finds is gone durably, even if another call had deleted it without a sync.
  ASSERT_TRUE(Delete(*test.store, "bkt", "k", {.durability = Durability::kSync}).ok());
  EXPECT_EQ(test.engine.controls->synced_writes, before + 3);
}

TEST(LocalStore, Stats_CountEffects) {
  TestStore test{BucketOptions{.retain_events = true}};
  ASSERT_TRUE(Put(*test.store, "bkt", "a", "12345").ok());
  ASSERT_TRUE(Put(*test.store, "bkt", "b", Bytes(3 << 20)).ok());
  ASSERT_FALSE(Put(*test.store, "bkt", "a", "x", {.if_none_match = "*"}).ok());
  ASSERT_TRUE(Get(*test.store, "bkt", "a").ok());
  ASSERT_TRUE(Get(*test.store, "bkt", "b").ok());
  ASSERT_TRUE(HeadOf(*test.store, "bkt", "b").ok());
  ASSERT_FALSE(Get(*test.store, "bkt", "c").ok());
  ASSERT_TRUE(Delete(*test.store, "bkt", "a").ok());
  ASSERT_TRUE(Delete(*test.store, "bkt", "a").ok());
  const CloudStats stats = test.store->stats();
  EXPECT_EQ(stats.puts, 2u);
  EXPECT_EQ(stats.deletes, 1u);
  EXPECT_EQ(stats.gets, 2u);
  EXPECT_EQ(stats.bytes_written, 5u + (3 << 20));
  EXPECT_EQ(stats.bytes_read, 5u + (3 << 20));
  EXPECT_EQ(stats.events, 3u);
}

TEST(LocalStore, StagedForABucketThatWasReplaced_IsAborted) {
  for (const EtagPolicy policy : {EtagPolicy::kMd5, EtagPolicy::kCrc64}) {
    TestStore test;
    auto staged = StageBody(*test.store, "bkt", "body", 10);
    ASSERT_TRUE(staged.ok());
    ASSERT_TRUE(test.store->DeleteBucket("bkt", {}).ok());
    ASSERT_TRUE(test.store->CreateBucket("bkt", {.etag_policy = policy}, {}).ok());
    EXPECT_EQ(CodeOf(PutStaged(*test.store, "bkt", "k", *std::move(staged))), "ABORTED");
  }
}

TEST(LocalStore, Reopen_OfAnEngineWithoutTheStoreIsFailedPrecondition_AndWritesNothing) {
  KeptEngine kept;
  const auto store = OpenLocal(TestEnvironment(), [&](Opening opening) {
    if (opening == Opening::kAgain) kept = KeptEngine();
    return absl::StatusOr<std::unique_ptr<kv::Kv>>(kept.Open());
  });
  ASSERT_NE(store, nullptr);
  const absl::Status reopened = store->Reopen();
  EXPECT_TRUE(absl::IsFailedPrecondition(reopened)) << reopened;
  EXPECT_FALSE((*kept.content->Get(kSystem, kFormatKey)).has_value());
}

TEST(LocalStore, DigestThatWasNotAnnouncedToStage_IsInvalidRequest) {
  TestStore test;
  ASSERT_TRUE(test.store->CreateBucket("crc", {.etag_policy = EtagPolicy::kCrc64}, {}).ok());
  auto staged = StageBody(*test.store, "crc", "body", 10);
  ASSERT_TRUE(staged.ok());
  EXPECT_EQ(CodeOf(PutStaged(*test.store, "crc", "k", *std::move(staged),
                             {.content_md5 = Md5Base64("body")})),
            "InvalidRequest");
}

}  // namespace
}  // namespace cloudlet::objstore
