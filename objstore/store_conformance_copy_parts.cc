// What holds of copies and renames of objects with parts: the parts come along, and neither side
// feels what becomes of the other.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/random.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using Texts = std::vector<std::string>;

std::string CopyCode(ObjectStore& store, const CopySource& source, std::string_view key,
                     const CopyOptions& options = {}) {
  return CodeOf(Copy(store, source, "bkt", key, options));
}

GetOptions PartNumbered(int number) {
  GetOptions options;
  options.part_number = number;
  return options;
}

// Of different lengths, so that boundaries show.
Texts Bodies(uint64_t seed) {
  return {Bytes(1'500'000 + seed, seed), Bytes(70'000, seed + 1), Bytes(10, seed + 2)};
}
std::string Joined(const Texts& bodies) {
  std::string all;
  for (const std::string& body : bodies) all += body;
  return all;
}

}  // namespace

TEST_P(StoreUploads, Copy_OfAnObjectWithParts_HasItsPartsAndEtag_AndOutlivesIt) {
  const Texts bodies = Bodies(1);
  const auto put = Make("k", bodies);
  ASSERT_TRUE(put.ok()) << put.status();
  const auto copy = Copy(store(), {.key = "k"}, "bkt", "copy");
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->etag, CompositeMd5(bodies));
  ASSERT_EQ(DeleteCode("k"), "OK");
  if (GetParam().reopen != nullptr) {
    ASSERT_TRUE(GetParam().reopen(store()).ok());
  }
  const auto got = Get(store(), "bkt", "copy");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_TRUE(got->body == Joined(bodies));
  EXPECT_EQ(got->info.etag, put->etag);
  EXPECT_EQ(got->info.crc64nvme, put->crc64nvme);
  EXPECT_EQ(got->info.checksum, put->checksum);
  EXPECT_EQ(got->info.sequence, copy->sequence);
  EXPECT_EQ(got->info.parts_count, 3);
  for (int number = 1; number <= 3; ++number) {
    EXPECT_TRUE(Get(store(), "bkt", "copy", PartNumbered(number))->body ==
                bodies[static_cast<size_t>(number) - 1])
        << number;
  }
}

TEST_P(StoreUploads, Copy_OfAnObjectWithParts_DoesNotFeelWhatBecomesOfTheOthers) {
  Texts keys = {"source", "a", "b"};
  do {
    const Texts bodies = Bodies(2);
    ASSERT_TRUE(Make("source", bodies).ok());
    ASSERT_EQ(CopyCode(store(), {.key = "source"}, "a"), "OK");
    ASSERT_EQ(CopyCode(store(), {.key = "a"}, "b"), "OK");
    ASSERT_EQ(DeleteCode(keys[0]), "OK");
    ASSERT_EQ(PutCode(keys[1], "something else"), "OK");
    for (int i = 0; i < 80; ++i) ASSERT_EQ(PutCode("other", Bytes(70'000)), "OK");  // sweeps
    EXPECT_TRUE(Body(keys[2]) == Joined(bodies)) << keys[2];
  } while (std::next_permutation(keys.begin(), keys.end()));
}

TEST_P(StoreUploads, Copy_OfAnObjectWithParts_OntoItself_KeepsThem) {
  const Texts bodies = Bodies(3);
  ASSERT_TRUE(Make("k", bodies).ok());
  EXPECT_EQ(CopyCode(store(), {.key = "k"}, "k"), "InvalidRequest");
  ASSERT_EQ(CopyCode(store(), {.key = "k"}, "k",
                     {.metadata_directive = MetadataDirective::kReplace, .metadata = {{"a", "1"}}}),
            "OK");
  for (int i = 0; i < 80; ++i) ASSERT_EQ(PutCode("other", Bytes(70'000)), "OK");  // sweeps
  const auto got = Get(store(), "bkt", "k");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_TRUE(got->body == Joined(bodies));
  EXPECT_EQ(got->info.metadata, (UserMetadata{{"a", "1"}}));
  EXPECT_EQ(got->info.parts_count, 3);
}

TEST_P(StoreUploads, Copy_OfAnOldVersionWithParts_RestoresIt) {
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  const Texts bodies = Bodies(4);
  const auto old = Make("k", bodies);
  ASSERT_TRUE(old.ok());
  ASSERT_EQ(PutCode("k", "new"), "OK");
  ASSERT_EQ(CopyCode(store(), {.key = "k", .version_id = old->version_id}, "k"), "OK");
  ASSERT_EQ(DeleteCode("k", {.version_id = old->version_id}), "OK");
  EXPECT_TRUE(Body("k") == Joined(bodies));
}

TEST_P(StoreUploads, Rename_OfAnObjectWithParts_MovesThem) {
  const Texts bodies = Bodies(5);
  const auto put = Make("k", bodies);
  ASSERT_TRUE(put.ok());
  ASSERT_TRUE(Make("new", {Bytes(70'000)}).ok());
  ASSERT_EQ(CodeOf(Rename(store(), "bkt", "k", "new")), "OK");
  EXPECT_EQ(GetCode("k"), "NoSuchKey");
  EXPECT_TRUE(Body("new") == Joined(bodies));
  EXPECT_TRUE(Get(store(), "bkt", "new", PartNumbered(2))->body == bodies[1]);
}

// The answer to the first may have been lost: but only that of the version that it made.
TEST_P(StoreUploads, ACompleteThatIsRepeated_DoesNotTakeACopyForItsObject) {
  const std::string id = Create("k");
  const auto parts = UploadAll("k", id, Bodies(6));
  const auto put = Complete("k", id, parts);
  ASSERT_TRUE(put.ok());
  ASSERT_EQ(CopyCode(store(), {.key = "k"}, "copy"), "OK");
  EXPECT_EQ(Complete("k", id, parts)->sequence, put->sequence);
  EXPECT_EQ(CompleteCode("copy", id, parts), "NoSuchUpload");
  ASSERT_EQ(
      CopyCode(store(), {.key = "k"}, "k", {.metadata_directive = MetadataDirective::kReplace}),
      "OK");
  EXPECT_EQ(CompleteCode("k", id, parts), "NoSuchUpload");
  ASSERT_EQ(CodeOf(Rename(store(), "bkt", "k", "renamed")), "OK");
  EXPECT_EQ(CompleteCode("k", id, parts), "NoSuchUpload");
  EXPECT_EQ(CompleteCode("renamed", id, parts), "NoSuchUpload");
}

// What is left over is for the verification when the store is let go of.
TEST_P(StoreUploads, Threads_CopiesOfObjectsWithParts_LeaveEachReaderAWholeObject) {
  constexpr uint64_t kKeys = 4;
  constexpr int kWriters = 3;
  const auto key = [](uint64_t i) { return absl::StrCat("k", i % kKeys); };
  std::atomic<int> copied{0};
  std::atomic<int> writers{kWriters};
  const auto write = [&](uint64_t seed) {
    base::Random random(seed);
    for (int i = 0; i < 60; ++i) {
      const uint64_t dice = random.Below(10);
      std::string code;
      if (dice < 2) {
        code = CodeOf(Make(key(random.Next()), {Bytes(70'000, random.Next()), Bytes(3'000)}));
      } else if (dice < 4) {
        code = DeleteCode(key(random.Next()));
      } else if (dice < 9) {
        const std::string source = key(random.Next());
        code = CopyCode(store(), {.key = source}, key(random.Next()),
                        {.metadata_directive = MetadataDirective::kReplace});
        copied += code == "OK" ? 1 : 0;
      } else {
        const uint64_t from = random.Below(kKeys);
        code = CodeOf(Rename(store(), "bkt", key(from), key(from + 1 + random.Below(kKeys - 1))));
      }
      ASSERT_TRUE(code == "OK" || code == "NoSuchKey") << code;
    }
    --writers;
  };
  ASSERT_TRUE(Make("k0", {Bytes(70'000), Bytes(3'000)}).ok());
  ASSERT_EQ(CopyCode(store(), {.key = "k0"}, "k1"), "OK");
  std::vector<std::thread> threads;
  for (uint64_t t = 1; t <= kWriters; ++t) threads.emplace_back(write, t);
  base::Random random(100);
  while (writers.load() > 0) {
    const auto got = Get(store(), "bkt", key(random.Next()));
    if (CodeOf(got) == "NoSuchKey") continue;
    EXPECT_TRUE(got.ok()) << got.status();
    if (!got.ok()) break;
    EXPECT_EQ(got->body.size(), got->info.size);
    EXPECT_EQ(base::Crc64Nvme(got->body), got->info.crc64nvme);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(copied.load(), 0);
}

}  // namespace cloudlet::objstore
