// Verify: a sound store has no problems, and each kind of damage is seen and named.
#include "objstore/verify.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "base/bytes.h"
#include "gtest/gtest.h"
#include "objstore/annotation_rows.h"
#include "objstore/keys.h"
#include "objstore/local_ledger.h"
#include "objstore/payload.h"
#include "objstore/records.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

// A store with something of everything.
class VerifyTest : public ::testing::Test {
 protected:
  VerifyTest() {
    EXPECT_TRUE(Put(*test_.store, "bkt", "small", "v").ok());
    EXPECT_TRUE(Put(*test_.store, "bkt", "large", Bytes(3 << 20)).ok());
    EXPECT_TRUE(Put(*test_.store, "bkt", "middle", Bytes(5000)).ok());
    EXPECT_TRUE(Put(*test_.store, "bkt", "replaced", Bytes(5000)).ok());
    EXPECT_TRUE(Put(*test_.store, "bkt", "replaced", "small").ok());
    DeliveryRow row;
    row.event = ledger_.ReadEvents(0, 1).value().at(0);
    row.target = {"f", "r"};
    EXPECT_TRUE(ledger_.Settle({.write = {row}}).ok());
  }

  VerifyReport Run() {
    const absl::StatusOr<VerifyReport> report = Verify(test_.state());
    EXPECT_TRUE(report.ok()) << report.status();
    return *report;
  }
  // The problems, one a line.
  std::string Problems() {
    std::string text;
    for (const std::string& problem : Run().problems) text += problem + "\n";
    return text;
  }
  void ExpectProblem(const std::string& about, const std::string& what) {
    const std::string problems = Problems();
    bool found = false;
    for (const std::string& problem : Run().problems) {
      found = found ||
              (problem.find(about) != std::string::npos && problem.find(what) != std::string::npos);
    }
    EXPECT_TRUE(found) << about << " / " << what << " in:\n" << problems;
  }
  std::string HeadKeyOf(std::string_view key) {
    return HeadKey(test_.state().buckets.Find("bkt").value()->id, key);
  }
  std::string Row(kv::Family family, const std::string& key) {
    return std::string(test_.kv().Get(family, key).value().value().view());
  }
  // The head row of `key`, changed and sealed again.
  void Rewrite(std::string_view key, const std::function<void(Head&)>& change) {
    const std::string row = Row(kHeads, HeadKeyOf(key));
    DecodedHead decoded = DecodeHead(row).value();
    change(decoded.head);
    test_.PutRow(kHeads, HeadKeyOf(key),
                 EncodeHead(decoded.head) + std::string(decoded.inline_bytes));
  }
  uint64_t PayloadOf(std::string_view key) {
    return DecodeHeadFixed(Row(kHeads, HeadKeyOf(key))).value().payload_id;
  }
  uint64_t NumberOf(std::string_view key) {
    return DecodeHeadFixed(Row(kHeads, HeadKeyOf(key))).value().number;
  }

  TestStore test_{BucketOptions{.retain_events = true}};
  LocalLedger ledger_{test_.store.get()};
};

TEST_F(VerifyTest, SoundStore_HasCountsAndNoProblems) {
  const VerifyReport report = Run();
  EXPECT_EQ(Problems(), "");
  EXPECT_EQ(report.objects, 4u);
  EXPECT_EQ(report.payloads, 3u);
  EXPECT_EQ(report.garbage_payloads, 1u);
  EXPECT_EQ(report.events, 5u);
  EXPECT_EQ(report.deliveries, 1u);
}

TEST_F(VerifyTest, DamagedHead) {
  std::string row = Row(kHeads, HeadKeyOf("small"));
  row[20] = static_cast<char>(row[20] ^ 1);
  test_.PutRow(kHeads, HeadKeyOf("small"), row);
  ExpectProblem("key \"small\"", "CRC32C");
}

TEST_F(VerifyTest, HeadWithoutABucket) {
  test_.PutRow(kHeads, HeadKey(999, "lost"), Row(kHeads, HeadKeyOf("small")));
  ExpectProblem("key \"lost\"", "no such bucket");
}

TEST_F(VerifyTest, HeadOfAnotherBucket) {
  Rewrite("small", [](Head& head) { head.bucket_id = 999; });
  ExpectProblem("key \"small\"", "of bucket 999");
}

TEST_F(VerifyTest, HeadKeyThatIsTooShort) {
  test_.PutRow(kHeads, "short", "row");
  ExpectProblem("a head key", "too short");
}

TEST_F(VerifyTest, MissingReference) {
  test_.DeleteRow(kOwners, ReferenceKey(PayloadOf("large"), kVersionOwner, NumberOf("large")));
  ExpectProblem("key \"large\"", "no reference");
}

TEST_F(VerifyTest, ReferenceWithoutAnOwner) {
  test_.PutRow(kOwners, ReferenceKey(PayloadOf("large"), kVersionOwner, 999), "");
  ExpectProblem("its owner 999", "does not exist");
}

TEST_F(VerifyTest, OwnersKeyThatDoesNotParse) {
  test_.PutRow(kOwners, "what", "");
  ExpectProblem("an owners key", "does not parse");
}

TEST_F(VerifyTest, PayloadWithoutAnOwner) {
  test_.PutRow(kPayload, ChunkKey(999, 0), "some chunk");
  ExpectProblem("payload 999", "no owner");
}

TEST_F(VerifyTest, MissingChunk_InTheMiddleAndAtTheEnd) {
  const uint64_t id = PayloadOf("large");
  for (const uint32_t chunk : {1u, 2u}) {
    const std::string row = Row(kPayload, ChunkKey(id, chunk));
    test_.DeleteRow(kPayload, ChunkKey(id, chunk));
    ExpectProblem("key \"large\"", "expected 3145728");
    test_.PutRow(kPayload, ChunkKey(id, chunk), row);
  }
  EXPECT_EQ(Problems(), "");
}

TEST_F(VerifyTest, ChunksThatAddUpButHaveAGap) {
  const uint64_t id = PayloadOf("large");
  const std::string row = Row(kPayload, ChunkKey(id, 1));
  test_.DeleteRow(kPayload, ChunkKey(id, 1));
  test_.PutRow(kPayload, ChunkKey(id, 3), row);
  ExpectProblem("key \"large\"", "gaps");
}

TEST_F(VerifyTest, MissingPayload) {
  test_.DeleteRow(kPayload, ChunkKey(PayloadOf("middle"), 0));
  ExpectProblem("key \"middle\"", "has 0 bytes");
}

TEST_F(VerifyTest, PayloadRowThatDoesNotParse) {
  test_.PutRow(kPayload, "what", "some chunk");
  ExpectProblem("a payload row", "does not parse");
  test_.DeleteRow(kPayload, "what");
  test_.PutRow(kPayload, ChunkKey(PayloadOf("middle"), 0), "short");
  ExpectProblem("a payload row", "does not parse");
}

TEST_F(VerifyTest, TwoObjectsWithOnePayload) {
  Rewrite("middle", [&](Head& head) {
    head.payload_id = PayloadOf("large");
    head.number = NumberOf("large");
  });
  ExpectProblem("key \"middle\"", "shares its payload");
}

TEST_F(VerifyTest, CopiesShareAPayload_EachWithAReference) {
  ASSERT_TRUE(Copy(*test_.store, {.key = "large"}, "bkt", "copy").ok());
  EXPECT_EQ(Problems(), "");
  EXPECT_EQ(PayloadOf("copy"), PayloadOf("large"));
  test_.DeleteRow(kOwners, ReferenceKey(PayloadOf("copy"), kVersionOwner, NumberOf("copy")));
  ExpectProblem("key \"copy\"", "no reference");
}

// A version with an annotation in its row and one beside it; both directions of each tie are cut.
class VerifyAnnotations : public VerifyTest {
 protected:
  VerifyAnnotations() {
    EXPECT_TRUE(Annotate("large", "in-row", "v").ok());
    EXPECT_TRUE(Annotate("large", "beside", std::string(5'000, 'x')).ok());
    EXPECT_EQ(Problems(), "");
    set_ = DecodeHeadFixed(Row(kHeads, HeadKeyOf("large"))).value().annotations_id;
  }
  absl::Status Annotate(std::string_view key, std::string_view name, std::string_view payload) {
    const PutAnnotationOptions options;
    Mutation mutation(PutAnnotationMutation{"bkt", key, name, payload, &options});
    return test_.store->Mutate({absl::MakeSpan(&mutation, 1)}).at(0).status();
  }
  std::string About() const { return "annotations " + std::to_string(set_); }
  StoredAnnotation Stored(std::string_view name) {
    return DecodeAnnotation(Row(kAnnotations, AnnotationKey(set_, name))).value();
  }

  uint64_t set_ = 0;
};

TEST_F(VerifyAnnotations, AreCounted) {
  EXPECT_NE(set_, 0u);
  EXPECT_EQ(Run().annotations, 2u);
  EXPECT_EQ(Run().payloads, 4u);
}

TEST_F(VerifyAnnotations, RowsWithoutTheirVersion) {
  Rewrite("large", [](Head& head) { head.annotations_id = 0; });
  ExpectProblem(About(), "no version has them");
}

TEST_F(VerifyAnnotations, VersionWithoutItsRows) {
  Rewrite("small", [](Head& head) { head.annotations_id = 999; });
  ExpectProblem("key \"small\"", "its annotations 999 are missing");
}

TEST_F(VerifyAnnotations, TwoVersionsWithOneSet) {
  Rewrite("small", [&](Head& head) { head.annotations_id = set_; });
  ExpectProblem("key \"", "shares its annotations");
}

TEST_F(VerifyAnnotations, OfAVersion_AndGarbage) {
  test_.PutRow(kOwners, GarbageKey(set_), std::string(8, '\0') + "a");
  ExpectProblem(About(), "a version has them");
}

TEST_F(VerifyAnnotations, CountThatIsWrongOrMissing) {
  const std::string row = Row(kAnnotations, AnnotationSetKey(set_));
  test_.PutRow(kAnnotations, AnnotationSetKey(set_), EncodeAnnotationSet(3));
  ExpectProblem(About(), "there are 2, its row says 3");
  test_.DeleteRow(kAnnotations, AnnotationSetKey(set_));
  ExpectProblem(About(), "its row says nothing");
  test_.PutRow(kAnnotations, AnnotationSetKey(set_), row);
  test_.DeleteRow(kAnnotations, AnnotationKey(set_, "in-row"));
  ExpectProblem(About(), "there are 1, its row says 2");
}

TEST_F(VerifyAnnotations, DamagedRowOfTheSet) {
  const std::string row = Row(kAnnotations, AnnotationSetKey(set_));
  for (size_t i = 0; i < row.size(); ++i) {
    std::string damaged = row;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(DecodeAnnotationSet(damaged).status())) << i;
    EXPECT_TRUE(absl::IsDataLoss(DecodeAnnotationSet(row.substr(0, i)).status())) << i;
    test_.PutRow(kAnnotations, AnnotationSetKey(set_), damaged);
    ExpectProblem(About(), "its row says nothing");
  }
}

TEST_F(VerifyAnnotations, DamagedRow) {
  std::string row = Row(kAnnotations, AnnotationKey(set_, "in-row"));
  for (size_t i = 0; i < row.size(); ++i) {
    std::string damaged = row;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(DecodeAnnotation(damaged).status())) << i;
  }
  row[3] = static_cast<char>(row[3] ^ 1);
  test_.PutRow(kAnnotations, AnnotationKey(set_, "in-row"), row);
  ExpectProblem(About() + " \"in-row\"", "does not check");
  const GetAnnotationOptions options;
  EXPECT_EQ(CodeOf(test_.store->GetAnnotation({"bkt", "large", "in-row", &options})), "DATA_LOSS");
  test_.PutRow(kAnnotations, "short", row);
  ExpectProblem("the key of an annotation", "does not parse");
}

TEST_F(VerifyAnnotations, PayloadWithoutAReference_OrReferenceWithoutItsAnnotation) {
  const uint64_t id = Stored("beside").payload_id;
  const std::string reference = ReferenceKey(id, kAnnotationsOwner, set_);
  test_.DeleteRow(kOwners, reference);
  ExpectProblem(About() + " \"beside\"", "no reference");
  test_.PutRow(kOwners, reference, "");
  EXPECT_EQ(Problems(), "");
  test_.PutRow(kOwners, ReferenceKey(id, kAnnotationsOwner, 999), "");
  ExpectProblem("its owner 999", "does not exist");
}

TEST_F(VerifyAnnotations, MissingPayload) {
  test_.DeleteRow(kPayload, ChunkKey(Stored("beside").payload_id, 0));
  ExpectProblem(About() + " \"beside\"", "has 0 bytes");
  const GetAnnotationOptions options;
  EXPECT_EQ(CodeOf(test_.store->GetAnnotation({"bkt", "large", "beside", &options})), "DATA_LOSS");
}

TEST_F(VerifyAnnotations, OfAVersionThatIsGone_AreGarbage_UntilTheyAreSwept) {
  ASSERT_TRUE(Put(*test_.store, "bkt", "large", "v").ok());
  EXPECT_EQ(Problems(), "");
  EXPECT_EQ(Run().annotations, 2u);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(100).ok());
  EXPECT_EQ(Problems(), "");
  EXPECT_EQ(Run().annotations, 0u);
  EXPECT_EQ(Run().garbage_payloads, 0u);
  EXPECT_TRUE(test_.Rows(kAnnotations).empty());
}

// A reopened store finds them by their rows.
TEST_F(VerifyAnnotations, OfAVersionThatIsGone_AreSweptAfterAReopen) {
  ASSERT_TRUE(Delete(*test_.store, "bkt", "large").ok());
  ASSERT_TRUE(test_.store->Reopen().ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(100).ok());
  EXPECT_EQ(Problems(), "");
  EXPECT_TRUE(test_.Rows(kAnnotations).empty());
}

// To let go of a thousand is one row of the commit, and they are freed in steps.
TEST_F(VerifyAnnotations, AThousand_AreLetGoOfInOneRow) {
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(Annotate("small", "n" + std::to_string(i), std::string(1'100, 'x')).ok());
  }
  EXPECT_FALSE(Annotate("small", "one-more", "v").ok());
  const size_t owners = test_.Rows(kOwners).size();
  ASSERT_TRUE(Put(*test_.store, "bkt", "small", "w").ok());
  EXPECT_EQ(test_.Rows(kOwners).size(), owners + 1);
  EXPECT_EQ(Problems(), "");
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(100).ok());
  EXPECT_EQ(Problems(), "");
  EXPECT_EQ(Run().annotations, 2u);
  EXPECT_EQ(test_.Rows(kPayload).size(), 5u);  // 3 chunks of "large", "middle", "beside"
}

TEST_F(VerifyTest, DamagedEvent) {
  const std::string key = EventKey(kRetainedTag, NumberOf("small"));
  std::string row = Row(kEvents, key);
  row.back() = static_cast<char>(row.back() ^ 1);
  test_.PutRow(kEvents, key, row);
  ExpectProblem("event " + std::to_string(NumberOf("small")), "CRC32C");
  test_.PutRow(kEvents, "what", row);
  ExpectProblem("an event key", "does not parse");
}

TEST_F(VerifyTest, EventUnderAnotherNumber) {
  test_.PutRow(kEvents, EventKey(kRetainedTag, 999),
               Row(kEvents, EventKey(kRetainedTag, NumberOf("small"))));
  ExpectProblem("event 999", "holds event");
}

TEST_F(VerifyTest, TransientEventBelowTheWatermark) {
  const uint64_t number = NumberOf("small");
  ASSERT_TRUE(ledger_.Settle({.watermark = number}).ok());
  EXPECT_EQ(Problems(), "");
  test_.PutRow(kEvents, EventKey(kTransientTag, number),
               Row(kEvents, EventKey(kRetainedTag, number)));
  ExpectProblem("event " + std::to_string(number), "below the watermark");
}

TEST_F(VerifyTest, DamagedWatermark) {
  test_.PutRow(kSystem, kWatermarkKey, "short");
  ExpectProblem("the watermark row", "does not parse");
}

TEST_F(VerifyTest, DamagedDelivery) {
  test_.PutRow(kDeliveries, DeliveryKeyOf(NumberOf("small"), "g"), "\xFF");
  ExpectProblem("a delivery", "does not parse");
}

TEST_F(VerifyTest, Problems_AreCutAtOneHundred) {
  for (uint64_t id = 1000; id < 1200; ++id) test_.PutRow(kPayload, ChunkKey(id, 0), "some chunk");
  EXPECT_EQ(Run().problems.size(), 100u);
}

TEST_F(VerifyTest, GarbageThatWasSwept_IsGone) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(test_.state().garbage->Sweep(100).ok());
  EXPECT_EQ(Run().garbage_payloads, 0u);
  EXPECT_EQ(Run().payloads, 2u);
  EXPECT_EQ(Problems(), "");
}

}  // namespace
}  // namespace cloudlet::objstore
