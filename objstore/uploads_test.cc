// Uploads in a LocalStore, below the suite: what every step leaves in the store, that a reopen at
// any point loses and leaks nothing, what the sweeper frees, what VerifyStore sees, and which
// events there are.
#include "objstore/uploads.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/bytes.h"
#include "gtest/gtest.h"
#include "objstore/keys.h"
#include "objstore/local_ledger.h"
#include "objstore/store_testing.h"
#include "objstore/verify.h"

namespace cloudlet::objstore {
namespace {

class UploadsTest : public ::testing::Test {
 protected:
  LocalStore& store() { return *test_.store; }

  std::string Create() {
    const PutOptions options;
    const auto id = store().CreateMultipartUpload({"bkt", "k", &options, {}, nullptr});
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : "";
  }
  // The part's ETag, or the code of the error.
  std::string Upload(const std::string& id, int number, std::string_view body) {
    const UploadPartOptions options;
    const auto part = store().UploadPart({{"bkt", "k", id, {}, nullptr}, number, &options},
                                         absl::Cord(absl::string_view(body.data(), body.size())));
    return part.ok() ? part->etag : CodeOf(part);
  }
  std::string CompleteCode(const std::string& id, const std::vector<CompletedPart>& parts) {
    Mutation mutation(CompleteMutation{"bkt", "k", id, parts, &complete_});
    return CodeOf(store().Mutate({absl::MakeSpan(&mutation, 1)})[0]);
  }
  std::string AbortCode(const std::string& id) {
    return CodeOf(store().AbortMultipartUpload({"bkt", "k", id, {}, nullptr}));
  }
  // An object with parts of 5 MiB + 70,000 bytes.
  std::string Make() {
    const std::string id = Create();
    const std::string one = Upload(id, 1, Bytes(5 << 20, 1));
    const std::string two = Upload(id, 2, Bytes(70'000, 2));
    EXPECT_EQ(CompleteCode(id, {{1, one}, {2, two}}), "OK");
    return id;
  }
  void ExpectSound() {
    const auto report = Verify(test_.state());
    ASSERT_TRUE(report.ok()) << report.status();
    for (const std::string& problem : report->problems) ADD_FAILURE() << problem;
  }
  void ExpectProblem(const std::string& what) {
    const auto report = Verify(test_.state());
    ASSERT_TRUE(report.ok()) << report.status();
    std::string all;
    for (const std::string& problem : report->problems) all += problem + "\n";
    EXPECT_NE(all.find(what), std::string::npos) << what << " in:\n" << all;
  }
  void SweepAll() {
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(100).ok());
  }
  uint64_t BucketId() { return test_.state().buckets.Find("bkt").value()->id; }

  const CompleteOptions complete_ = {};
  TestStore test_{BucketOptions{.retain_events = true}};
};

// --- A reopen between all steps ---

TEST_F(UploadsTest, AReopenBetweenAnyTwoSteps_LosesNothing_AndLeaksNothing) {
  const std::vector<std::string> bodies = {Bytes(17 << 20, 1), Bytes(5 << 20, 2), "end"};
  std::string id;
  std::vector<CompletedPart> parts(3);
  const std::vector<std::function<void()>> steps = {
      [&] { id = Create(); },
      [&] {
        parts[1] = {2, Upload(id, 2, bodies[1])};
      },
      [&] { Upload(id, 1, Bytes(100'000, 9)); },
      [&] {
        parts[0] = {1, Upload(id, 1, bodies[0])};
      },                                          // instead of the one before
      [&] { Upload(id, 7, Bytes(100'000, 7)); },  // never asked for
      [&] {
        parts[2] = {3, Upload(id, 3, bodies[2])};
      },
      [&] { EXPECT_EQ(CompleteCode(id, {parts[0]}), "OK"); },
      [&] { EXPECT_EQ(CompleteCode(id, {parts[0]}), "OK"); },  // once more
      [&] { EXPECT_TRUE(BodyOf(store(), "bkt", "k") == bodies[0]); },
      [&] { EXPECT_EQ(CodeOf(Put(store(), "bkt", "k", "over")), "OK"); },
      [&] { id = Create(); },
      [&] {
        parts[0] = {1, Upload(id, 1, bodies[1])};
      },
      [&] {
        parts[1] = {2, Upload(id, 2, bodies[2])};
      },
      [&] {
        EXPECT_EQ(CompleteCode(id, {parts[0], parts[1]}), "OK");
      },
      [&] { EXPECT_TRUE(BodyOf(store(), "bkt", "k") == bodies[1] + bodies[2]); },
      [&] { EXPECT_EQ(CodeOf(Delete(store(), "bkt", "k")), "OK"); },
      [&] { id = Create(); },
      [&] { Upload(id, 1, bodies[1]); },
      [&] { EXPECT_EQ(AbortCode(id), "OK"); },
  };
  for (const auto& step : steps) {
    step();
    ExpectSound();
    ASSERT_TRUE(store().Reopen().ok());
    ExpectSound();
  }
  SweepAll();
  ExpectSound();
  EXPECT_TRUE(test_.Rows(kPayload).empty());
  EXPECT_TRUE(test_.Rows(kOwners).empty());
  EXPECT_TRUE(test_.Rows(kUploads).empty());
}

// As after a crash: the write of each step, one after the other, does not come to be.
TEST_F(UploadsTest, AStepWhoseWriteFails_ChangesNothing_AndLeaksNothing) {
  const std::string id = Create();
  const std::string etag = Upload(id, 1, Bytes(5 << 20, 1));
  ASSERT_TRUE(Put(store(), "bkt", "k", "before").ok());
  const std::vector<std::function<std::string()>> steps = {
      [&] { return Upload(id, 1, Bytes(100, 2)); },
      [&] { return Upload(id, 2, Bytes(200'000, 3)); },
      [&] {
        return CompleteCode(id, {{1, etag}});
      },
      [&] { return AbortCode(id); },
  };
  for (const auto& step : steps) {
    test_.engine.controls->fail_writes = absl::UnavailableError("the disk is away");
    EXPECT_EQ(step(), "ServiceUnavailable");
    test_.engine.controls->fail_writes = absl::OkStatus();
    ASSERT_TRUE(store().Reopen().ok());
    SweepAll();
    ExpectSound();
    EXPECT_EQ(BodyOf(store(), "bkt", "k"), "before");
  }
  EXPECT_EQ(CompleteCode(id, {{1, etag}}), "OK");
  EXPECT_TRUE(BodyOf(store(), "bkt", "k") == Bytes(5 << 20, 1));
}

// --- Space ---

TEST_F(UploadsTest, Complete_MovesNoPayload) {
  const std::string id = Create();
  const std::string etag = Upload(id, 1, Bytes(5 << 20, 1));
  const auto before = test_.Rows(kPayload);
  ASSERT_EQ(CompleteCode(id, {{1, etag}}), "OK");
  auto after = test_.Rows(kPayload);
  ASSERT_EQ(after.size(), before.size() + 1);  // the manifest
  after.erase(std::remove_if(after.begin(), after.end(),
                             [](const auto& row) {
                               return ParseChunkKey(row.first)->chunk == kManifestChunk;
                             }),
              after.end());
  EXPECT_EQ(after, before);
}

TEST_F(UploadsTest, WhatAnObjectOfPartsHad_IsFreed_OnceItIsReplacedOrDeleted) {
  for (const bool replace : {true, false}) {
    Make();
    EXPECT_EQ(test_.Rows(kPayload).size(), 7u);  // 5 and 1 chunks, the manifest
    if (replace) {
      ASSERT_TRUE(Put(store(), "bkt", "k", "small").ok());
    } else {
      ASSERT_TRUE(Delete(store(), "bkt", "k").ok());
    }
    ExpectSound();
    SweepAll();
    ExpectSound();
    EXPECT_TRUE(test_.Rows(kPayload).empty());
    EXPECT_TRUE(test_.Rows(kOwners).empty());
  }
}

TEST_F(UploadsTest, NoncurrentVersionsOfParts_AreFreedWhenTheyAreDeleted) {
  ASSERT_TRUE(store().SetVersioning({"bkt"}, Versioning::kEnabled).ok());
  Make();
  const std::string version = HeadOf(store(), "bkt", "k")->info.version_id;
  ASSERT_TRUE(Put(store(), "bkt", "k", "small").ok());
  SweepAll();
  EXPECT_EQ(test_.Rows(kPayload).size(), 7u);
  DeleteOptions options;
  options.version_id = version;
  ASSERT_TRUE(Delete(store(), "bkt", "k", options).ok());
  SweepAll();
  ExpectSound();
  EXPECT_TRUE(test_.Rows(kPayload).empty());
}

TEST_F(UploadsTest, ASharedManifest_IsFreedWithItsLastOwner_InAnyOrder_OverReopens) {
  std::vector<std::string> keys = {"a", "b", "k"};
  do {
    Make();
    for (const std::string_view copy : {"a", "b"}) {
      ASSERT_EQ(CodeOf(Copy(store(), {.key = "k"}, "bkt", copy)), "OK");
    }
    EXPECT_EQ(test_.Rows(kPayload).size(), 7u);  // 6 chunks and one manifest
    for (const std::string& gone : keys) {
      EXPECT_EQ(test_.Rows(kPayload).size(), 7u) << gone;
      EXPECT_EQ(HeadOf(store(), "bkt", gone)->info.parts_count, 2);
      ASSERT_TRUE(Delete(store(), "bkt", gone).ok());
      ASSERT_TRUE(store().Reopen().ok());
      SweepAll();
      ExpectSound();
    }
    EXPECT_TRUE(test_.Rows(kPayload).empty());
    EXPECT_TRUE(test_.Rows(kOwners).empty());
  } while (std::next_permutation(keys.begin(), keys.end()));
}

TEST_F(UploadsTest, MissingReferenceOfACopysManifest_IsSeenByVerify) {
  const std::string id = Make();
  const auto copy = Copy(store(), {.key = "k"}, "bkt", "copy");
  ASSERT_TRUE(copy.ok());
  ExpectSound();
  test_.DeleteRow(kOwners, ReferenceKey(ParseUploadId(id), kVersionOwner, copy->sequence));
  ExpectProblem("has no reference");
}

TEST_F(UploadsTest, ReplacedUnusedAndAbortedParts_AreFreed) {
  const std::string id = Create();
  Upload(id, 1, Bytes(5 << 20, 1));
  const std::string kept = Upload(id, 1, Bytes(100, 2));
  Upload(id, 2, Bytes(70'000, 3));
  SweepAll();
  EXPECT_EQ(test_.Rows(kPayload).size(), 2u);
  ASSERT_EQ(CompleteCode(id, {{1, kept}}), "OK");
  SweepAll();
  EXPECT_EQ(test_.Rows(kPayload).size(), 2u);  // one part and the manifest
  const std::string other = Create();
  Upload(other, 1, Bytes(5 << 20, 1));
  ASSERT_EQ(AbortCode(other), "OK");
  SweepAll();
  ExpectSound();
  EXPECT_EQ(test_.Rows(kPayload).size(), 2u);
}

TEST_F(UploadsTest, APinnedManifest_KeepsItsParts) {
  Make();
  const GetOptions options;
  auto answer = store().Read({"bkt", "k", &options});
  ASSERT_TRUE(answer.ok());
  ASSERT_TRUE(Delete(store(), "bkt", "k").ok());
  SweepAll();
  EXPECT_EQ(test_.Rows(kPayload).size(), 7u);
  answer->source.reset();
  SweepAll();
  EXPECT_TRUE(test_.Rows(kPayload).empty());
}

TEST_F(UploadsTest, ACrashBetweenManifestAndParts_IsSweptAfterTheOpen) {
  Make();
  ASSERT_TRUE(Delete(store(), "bkt", "k").ok());
  // The 'g' row of the manifest is there; the parts are still its own.
  ASSERT_TRUE(store().Reopen().ok());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(1).ok());
  ExpectSound();
  ASSERT_TRUE(store().Reopen().ok());  // the parts' 'g' rows are read
  SweepAll();
  EXPECT_TRUE(test_.Rows(kPayload).empty());
  EXPECT_TRUE(test_.Rows(kOwners).empty());
}

// --- Damage ---

TEST_F(UploadsTest, MissingManifest_IsDataLoss_AndVerifySeesIt) {
  const std::string id = Make();
  test_.DeleteRow(kPayload, ChunkKey(ParseUploadId(id), kManifestChunk));
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k")), "DATA_LOSS");
  EXPECT_EQ(CodeOf(HeadOf(store(), "bkt", "k")), "OK");
  ExpectProblem("is missing or does not check");
  EXPECT_EQ(CodeOf(Delete(store(), "bkt", "k")), "OK");
}

TEST_F(UploadsTest, ManifestOfOtherParts_IsDataLoss_AndVerifySeesIt) {
  const std::string id = Make();
  const std::string key = ChunkKey(ParseUploadId(id), kManifestChunk);
  Manifest manifest = DecodeManifest(test_.kv().Get(kPayload, key)->value().view()).value();
  std::swap(manifest.parts[0], manifest.parts[1]);
  test_.PutRow(kPayload, key, EncodeManifest(manifest));
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k")), "DATA_LOSS");  // once all of it is read
  ExpectProblem("its manifest has");
  manifest.parts.pop_back();
  test_.PutRow(kPayload, key, EncodeManifest(manifest));
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k")), "DATA_LOSS");
  ExpectProblem("does not exist");  // the owner of the part that is not named
}

TEST_F(UploadsTest, MissingChunkOfAPart_IsDataLoss_AndVerifySeesIt) {
  const std::string id = Make();
  const std::string key = ChunkKey(ParseUploadId(id), kManifestChunk);
  const Manifest manifest = DecodeManifest(test_.kv().Get(kPayload, key)->value().view()).value();
  test_.DeleteRow(kPayload, ChunkKey(manifest.parts[0].payload_id, 2));
  EXPECT_EQ(CodeOf(Get(store(), "bkt", "k")), "DATA_LOSS");
  ExpectProblem("with gaps");
}

TEST_F(UploadsTest, MissingReferenceOfAPart_IsSeenByVerify) {
  const std::string id = Make();
  const std::string key = ChunkKey(ParseUploadId(id), kManifestChunk);
  const Manifest manifest = DecodeManifest(test_.kv().Get(kPayload, key)->value().view()).value();
  test_.DeleteRow(kOwners,
                  ReferenceKey(manifest.parts[1].payload_id, kManifestOwner, ParseUploadId(id)));
  ExpectProblem("has no reference");
}

TEST_F(UploadsTest, APartWithoutItsUpload_IsSeenByVerify) {
  const std::string id = Create();
  Upload(id, 3, "body");
  test_.DeleteRow(kUploads, UploadKey(BucketId(), "k", ParseUploadId(id), kUploadItself));
  ExpectProblem("has part 3 and is not there");
}

TEST_F(UploadsTest, AManifestThatDoesNotCheck_HoldsNoOtherGarbageUp) {
  const std::string id = Make();
  test_.PutRow(kPayload, ChunkKey(ParseUploadId(id), kManifestChunk), "damaged row");
  ASSERT_TRUE(Put(store(), "bkt", "other", Bytes(3 << 20)).ok());
  ASSERT_TRUE(Delete(store(), "bkt", "k").ok());
  ASSERT_TRUE(Delete(store(), "bkt", "other").ok());
  SweepAll();
  EXPECT_EQ(test_.Rows(kPayload).size(), 7u);  // of "k" alone
}

// --- Events and observers ---

TEST_F(UploadsTest, OneEventAndOneChange_ForTheComplete_AndNoneForTheRest) {
  std::vector<std::pair<ChangeKind, uint64_t>> changes;
  const ObserverToken token = store().Observe(
      "bkt", [&](const Change& change) { changes.emplace_back(change.kind, change.sequence); });
  const std::string id = Create();
  const std::string etag = Upload(id, 1, "one");
  EXPECT_EQ(CompleteCode(id, {{1, "wrong"}}), "InvalidPart");
  const std::string aborted = Create();
  Upload(aborted, 1, "x");
  EXPECT_EQ(AbortCode(aborted), "OK");
  EXPECT_TRUE(test_.Rows(kEvents).empty());
  EXPECT_EQ(CompleteCode(id, {{1, etag}}), "OK");
  EXPECT_EQ(CompleteCode(id, {{1, etag}}), "OK");
  const auto rows = test_.Rows(kEvents);
  ASSERT_EQ(rows.size(), 1u);
  const auto event = DecodeEvent(rows[0].second);
  ASSERT_TRUE(event.ok());
  const ObjectInfo info = HeadOf(store(), "bkt", "k")->info;
  EXPECT_EQ(event->event.type, EventType::kObjectCreatedCompleteMultipartUpload);
  EXPECT_EQ(event->event.etag, info.etag);
  EXPECT_EQ(event->event.size, 3u);
  EXPECT_EQ(event->event.sequence, info.sequence);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0], std::make_pair(ChangeKind::kWritten, info.sequence));
}

TEST_F(UploadsTest, ARevokedCaller_ChangesNothing) {
  const std::string id = Create();
  const std::atomic<bool> revoked{true};
  const UploadPartOptions options;
  const PutOptions plain;
  EXPECT_EQ(
      CodeOf(store().UploadPart({{"bkt", "k", id, {}, &revoked}, 1, &options}, absl::Cord("x"))),
      "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(store().AbortMultipartUpload({"bkt", "k", id, {}, &revoked})),
            "FAILED_PRECONDITION");
  EXPECT_EQ(CodeOf(store().CreateMultipartUpload({"bkt", "k", &plain, {}, &revoked})),
            "FAILED_PRECONDITION");
  EXPECT_EQ(test_.Rows(kUploads).size(), 1u);
}

}  // namespace
}  // namespace cloudlet::objstore
