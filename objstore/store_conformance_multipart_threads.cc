// What must hold while many threads use uploads of one store, and of one key.
#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/mutex.h"
#include "base/random.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

constexpr int kThreads = 4;

void OnThreads(const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) threads.emplace_back([&body, t] { body(t); });
  for (std::thread& thread : threads) thread.join();
}

// What part `number` has when it was uploaded for the `time`th time.
std::string BytesOfPart(int number, int time) {
  constexpr uint64_t kSizes[] = {20, 900, 5'000, 70'000, 1'200'000};
  const auto seed = static_cast<uint64_t>(number) * 100 + static_cast<uint64_t>(time) + 1;
  return Bytes(kSizes[seed % 5], seed);
}

}  // namespace

TEST_P(StoreUploads, Threads_PartsFromAllSides_MakeTheObjectOfThoseThatWereTaken) {
  const std::string id = Create("k");
  OnThreads([&](int t) {
    base::Random random(static_cast<uint64_t>(t) + 1);
    for (int i = 0; i < 30; ++i) {
      const int number = static_cast<int>(random.Next() % 20) + 1;
      const std::string etag =
          UploadOne("k", id, number, BytesOfPart(number, static_cast<int>(random.Next() % 8)));
      ASSERT_EQ(etag.size(), 32u) << etag;
    }
  });
  const auto page = store().ListParts({"bkt", "k", id, {}, nullptr}, {});
  ASSERT_TRUE(page.ok());
  std::vector<CompletedPart> parts;
  std::string expected;
  for (const PartEntry& part : page->parts) {
    parts.push_back({part.part_number, part.etag});
    for (int time = 0; time < 8; ++time) {
      const std::string body = BytesOfPart(part.part_number, time);
      if (Md5Hex(body) == part.etag) expected += body;
    }
  }
  ASSERT_EQ(CompleteCode("k", id, parts), "OK");
  EXPECT_TRUE(Body("k") == expected);
}

TEST_P(StoreUploads, Threads_CompletesOfOneUpload_AreOneChange) {
  for (int round = 0; round < 20; ++round) {
    const std::string id = Create("k");
    const auto parts = UploadAll("k", id, {BytesOfPart(1, round), BytesOfPart(2, round)});
    base::Mutex mu;
    std::vector<uint64_t> sequences;
    OnThreads([&](int) {
      const auto put = Complete("k", id, parts);
      ASSERT_TRUE(put.ok()) << put.status();
      base::MutexLock lock(&mu);
      sequences.push_back(put->sequence);
    });
    EXPECT_EQ(std::count(sequences.begin(), sequences.end(), sequences[0]), kThreads);
  }
}

TEST_P(StoreUploads, Threads_IfNoneMatchStar_HasOneWinner_AndTheOthersKeepTheirUploads) {
  for (int round = 0; round < 15; ++round) {
    const std::string key = absl::StrCat("k", round);
    std::atomic<int> winners{0};
    OnThreads([&](int t) {
      const std::string id = Create(key);
      const auto parts = UploadAll(key, id, {BytesOfPart(t + 1, round)});
      CompleteOptions options;
      options.if_none_match = "*";
      const std::string code = CompleteCode(key, id, parts, options);
      if (code == "OK") {
        ++winners;
      } else {
        ASSERT_EQ(code, "PreconditionFailed");
        ASSERT_EQ(Parts(key, id).size(), 1u);
        ASSERT_EQ(AbortCode(key, id), "OK");
      }
    });
    EXPECT_EQ(winners.load(), 1);
  }
  EXPECT_TRUE(Uploads().empty());
}

// What is left over is for the verification when the store is let go of.
TEST_P(StoreUploads, Threads_PartsThatRaceWithTheEnd_AreInTheUploadOrNowhere) {
  for (int round = 0; round < 20; ++round) {
    const std::string id = Create("k");
    const auto parts = UploadAll("k", id, {BytesOfPart(1, 0)});
    OnThreads([&](int t) {
      if (t == 0) {
        const std::string code = round % 2 == 0 ? CompleteCode("k", id, parts) : AbortCode("k", id);
        ASSERT_EQ(code, "OK");
        return;
      }
      for (int time = 0; time < 3; ++time) {
        const std::string body = BytesOfPart(t + 1, time);
        const std::string answer = UploadOne("k", id, t + 1, body);
        ASSERT_TRUE(answer == Md5Hex(body) || answer == "NoSuchUpload") << answer;
      }
    });
    EXPECT_EQ(Parts("k", id), std::vector<std::string>({"NoSuchUpload"}));
    if (round % 2 == 0) {
      EXPECT_TRUE(Body("k") == BytesOfPart(1, 0));
    }
  }
}

TEST_P(StoreUploads, Threads_EachReadDuringCompletesAndDeletes_IsOneWholeObject) {
  ASSERT_TRUE(Make("k", {BytesOfPart(1, 0), BytesOfPart(2, 0)}).ok());
  std::atomic<bool> done{false};
  std::atomic<int> reads{0};
  OnThreads([&](int t) {
    if (t < 2) {
      for (int i = 0; i < 40; ++i) {
        const std::string id = Create("k");
        const auto parts = UploadAll("k", id, {BytesOfPart(t + 1, i), BytesOfPart(3, i)});
        ASSERT_EQ(CompleteCode("k", id, parts), "OK");
        if (i % 8 == 7) {
          ASSERT_EQ(DeleteCode("k"), "OK");
        }
        if (i % 5 == 4) {
          ASSERT_EQ(PutCode("k", BytesOfPart(4, i)), "OK");
        }
      }
      done.store(true);
      return;
    }
    while (!done.load() || reads.load() < 20) {
      const auto got = Get(store(), "bkt", "k");
      if (!got.ok()) {
        ASSERT_EQ(CodeOf(got), "NoSuchKey");
        if (done.load()) return;
        continue;
      }
      ASSERT_EQ(got->body.size(), got->info.size);
      ASSERT_EQ(base::Crc64Nvme(got->body), got->info.crc64nvme);
      ++reads;
    }
  });
}

}  // namespace cloudlet::objstore
