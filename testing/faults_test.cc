// Injected faults: which calls they strike, how, and what they say when they never did.
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"
#include "gtest/gtest-spi.h"

namespace cloudlet::testing {
namespace {

using ::testing::HasSubstr;

class Faults : public ::testing::Test {
 protected:
  void Fill(const std::string& key, const std::string& body) {
    ASSERT_THAT(bucket_.Put(key, body), IsOk());
  }
  // All that a reader gives before its end or error.
  std::pair<std::string, absl::Status> ReadAll(const std::string& key) {
    absl::StatusOr<ObjectReader> reader = bucket_.OpenReader(key);
    std::string bytes;
    while (reader.ok()) {
      const absl::StatusOr<absl::Cord> piece = reader->ReadPiece();
      if (!piece.ok()) return {bytes, piece.status()};
      if (piece->empty()) return {bytes, absl::OkStatus()};
      bytes += std::string(*piece);
    }
    return {bytes, reader.status()};
  }

  FakeCloud fake_;
  Bucket bucket_ = fake_.cloud().CreateBucket("bucket").value();
};

TEST_F(Faults, OnceByDefault_BeforeAnythingIsDone) {
  const Fault fault = fake_.Inject({.ops = {FaultOp::kPut}, .error = ErrorCode::kSlowDown});
  EXPECT_THAT(bucket_.Put("k", "v"), HasErrorCode(ErrorCode::kSlowDown));
  EXPECT_THAT(bucket_.Get("k"), HasErrorCode(ErrorCode::kNoSuchKey));
  EXPECT_THAT(bucket_.Put("k", "v"), IsOk());
  EXPECT_EQ(fault.matched(), 2u);
  EXPECT_EQ(fault.fired(), 1u);
}

TEST_F(Faults, AfterCommit_TheAcknowledgementIsLost_NotTheChangeNorItsEvent) {
  int events = 0;
  ASSERT_THAT(fake_.cloud().RegisterFunction("f",
                                             [&](const Event&, FunctionContext&) {
                                               ++events;
                                               return absl::OkStatus();
                                             }),
              IsOk());
  ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "bucket", .function = "f"}), IsOk());
  const Fault fault = fake_.Inject({.ops = {FaultOp::kPut}, .point = FaultPoint::kAfterCommit});
  EXPECT_THAT(bucket_.Put("k", "v"), HasErrorCode(ErrorCode::kInternalError));
  EXPECT_THAT(bucket_.Get("k"), ObjectIs("v"));
  ASSERT_THAT(fake_.Settle(), IsOk());
  EXPECT_EQ(events, 1);
}

TEST_F(Faults, ByBucketKeyAndCount) {
  const Bucket other = fake_.cloud().CreateBucket("other").value();
  const Fault fault = fake_.Inject({.ops = {FaultOp::kPut, FaultOp::kDelete},
                                    .bucket = "buck*",
                                    .key = "a/?",
                                    .nth = 2,
                                    .every = 2,
                                    .times = 2});
  EXPECT_THAT(other.Put("a/1", ""), IsOk());
  EXPECT_THAT(bucket_.Put("a/12", ""), IsOk());
  EXPECT_THAT(bucket_.Get("a/1"), HasErrorCode(ErrorCode::kNoSuchKey));
  std::string struck;
  for (int i = 0; i < 8; ++i) struck += bucket_.Put("a/1", "").ok() ? '.' : 'x';
  EXPECT_EQ(struck, ".x.x....");
  EXPECT_EQ(fault.matched(), 8u);
  EXPECT_EQ(fault.fired(), 2u);
}

TEST_F(Faults, ByProbability_TheSameForTheSameSeed) {
  const auto struck = [](uint64_t seed) {
    FakeCloud fake({.seed = seed});
    const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
    const Fault fault = fake.Inject({.times = FaultSpec::kAlways, .probability = 0.25});
    std::string result;
    for (int i = 0; i < 400; ++i)
      result += bucket.Head("k").status().code() == absl::StatusCode::kNotFound ? '.' : 'x';
    EXPECT_GT(fault.fired(), 60u);
    EXPECT_LT(fault.fired(), 140u);
    return result;
  };
  EXPECT_EQ(struck(1), struck(1));
  EXPECT_NE(struck(1), struck(2));
}

TEST_F(Faults, OnlyConditionalWrites) {
  const Fault fault =
      fake_.Inject({.only_conditional = true, .error = ErrorCode::kConditionalRequestConflict});
  EXPECT_THAT(bucket_.Put("k", "v"), IsOk());
  EXPECT_THAT(bucket_.Put("k", "v", {.if_match = "*"}),
              HasErrorCode(ErrorCode::kConditionalRequestConflict));
}

TEST_F(Faults, OfTheCallsOfCloud) {
  Cloud& cloud = fake_.cloud();
  const auto struck = [&](FaultOp op, FaultPoint point) {
    return fake_.Inject({.ops = {op}, .point = point, .error = ErrorCode::kSlowDown});
  };
  {
    const Fault before = struck(FaultOp::kCreateBucket, FaultPoint::kBefore);
    EXPECT_THAT(cloud.CreateBucket("new"), HasErrorCode(ErrorCode::kSlowDown));
    EXPECT_THAT(cloud.bucket("new").Head("k"), HasErrorCode(ErrorCode::kNoSuchBucket));
  }
  const Fault created = struck(FaultOp::kCreateBucket, FaultPoint::kAfterCommit);
  EXPECT_THAT(cloud.EnsureBucket("new"), HasErrorCode(ErrorCode::kSlowDown));
  EXPECT_THAT(cloud.EnsureBucket("new"), IsOk());
  const Fault listed = struck(FaultOp::kListBuckets, FaultPoint::kBefore);
  EXPECT_THAT(cloud.ListBuckets(), HasErrorCode(ErrorCode::kSlowDown));
  EXPECT_EQ(cloud.ListBuckets()->size(), 2u);
  const Fault deleted = struck(FaultOp::kDeleteBucket, FaultPoint::kAfterCommit);
  EXPECT_THAT(cloud.DeleteBucket("new"), HasErrorCode(ErrorCode::kSlowDown));
  EXPECT_THAT(cloud.DeleteBucket("new"), HasErrorCode(ErrorCode::kNoSuchBucket));
  const Fault synced = struck(FaultOp::kSync, FaultPoint::kBefore);
  EXPECT_THAT(cloud.Sync(), HasErrorCode(ErrorCode::kSlowDown));
  EXPECT_THAT(cloud.Sync(), IsOk());
}

TEST_F(Faults, EndWithTheirHandle) {
  {
    const Fault fault = fake_.Inject({.times = FaultSpec::kAlways});
    EXPECT_THAT(bucket_.Put("k", "v"), HasErrorCode(ErrorCode::kInternalError));
  }
  EXPECT_THAT(bucket_.Put("k", "v"), IsOk());
}

TEST_F(Faults, StrikeTheCallsOfHandlers) {
  ASSERT_THAT(fake_.cloud().CreateBucket("out"), IsOk());
  int runs = 0;
  ASSERT_THAT(
      fake_.cloud().RegisterFunction("f",
                                     [&](const Event& event, FunctionContext& context) {
                                       ++runs;
                                       return context.bucket("out").Put(event.key, "").status();
                                     }),
      IsOk());
  ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "bucket", .function = "f"}), IsOk());
  const Fault fault = fake_.Inject({.ops = {FaultOp::kPut}, .bucket = "out"});
  ASSERT_THAT(bucket_.Put("k", "v"), IsOk());
  EXPECT_EQ(fake_.Settle().value().simulated, absl::Seconds(60));
  EXPECT_EQ(runs, 2);
  EXPECT_THAT(fake_.cloud().bucket("out").Get("k"), ObjectIs(""));
}

// --- In the middle of a body ---

TEST_F(Faults, MidBodyOfAWrite_WholeOrThroughAWriter) {
  const FaultSpec spec = {.ops = {FaultOp::kPut},
                          .point = FaultPoint::kMidBody,
                          .at_byte = 5,
                          .error = ErrorCode::kIncompleteBody};
  {
    const Fault fault = fake_.Inject(spec);
    EXPECT_THAT(bucket_.Put("k", "12345"), IsOk());  // has no byte 5
    EXPECT_THAT(bucket_.Put("k", "123456"), HasErrorCode(ErrorCode::kIncompleteBody));
    EXPECT_THAT(bucket_.Get("k"), ObjectIs("12345"));
  }
  const Fault fault = fake_.Inject(spec);
  ObjectWriter writer = bucket_.OpenWriter("w").value();
  EXPECT_THAT(writer.Write("1234"), IsOk());
  EXPECT_EQ(fault.fired(), 0u);
  EXPECT_THAT(writer.Write("5678"), HasErrorCode(ErrorCode::kIncompleteBody));
  EXPECT_THAT(writer.Commit(), HasErrorCode(ErrorCode::kIncompleteBody));
  EXPECT_EQ(fault.fired(), 1u);
  EXPECT_THAT(bucket_.Head("w"), HasErrorCode(ErrorCode::kNoSuchKey));
}

TEST_F(Faults, MidBodyOfAPart) {
  const std::string upload = bucket_.CreateMultipartUpload("k").value();
  const Fault fault =
      fake_.Inject({.ops = {FaultOp::kUploadPart}, .point = FaultPoint::kMidBody, .at_byte = 2});
  EXPECT_THAT(bucket_.UploadPart("k", upload, 1, "123"), HasErrorCode(ErrorCode::kInternalError));
  EXPECT_THAT(bucket_.UploadPart("k", upload, 1, "123"), IsOk());
}

TEST_F(Faults, MidBodyOfARead_GivesWhatWasBefore) {
  const std::string large(3'000'000, 'x');
  Fill("small", "0123456789");
  Fill("large", large);
  for (const auto& [key, body, at] :
       {std::tuple("small", std::string("0123456789"), uint64_t{4}),
        std::tuple("large", large, uint64_t{2'500'000}), std::tuple("large", large, uint64_t{0})}) {
    const Fault fault = fake_.Inject({.ops = {FaultOp::kGet},
                                      .times = 2,
                                      .point = FaultPoint::kMidBody,
                                      .at_byte = at,
                                      .error = ErrorCode::kServiceUnavailable});
    const auto [bytes, status] = ReadAll(key);
    EXPECT_EQ(bytes.size(), at);
    EXPECT_EQ(bytes, body.substr(0, at));
    EXPECT_THAT(status, HasErrorCode(ErrorCode::kServiceUnavailable));
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string("bucket/") + key));
    EXPECT_THAT(bucket_.Get(key), HasErrorCode(ErrorCode::kServiceUnavailable));
    EXPECT_EQ(fault.fired(), 2u);
    EXPECT_EQ(std::string(bucket_.Get(key)->body), body);
  }
}

TEST_F(Faults, MidBodyOfARead_CountsInTheRangeAskedFor_AndFiresWhenReached) {
  Fill("k", "0123456789");
  const Fault fault =
      fake_.Inject({.ops = {FaultOp::kGet}, .point = FaultPoint::kMidBody, .at_byte = 4});
  EXPECT_THAT(bucket_.Get("k", {.range = ByteRange::From(6)}), ObjectIs("6789"));
  EXPECT_THAT(bucket_.Get("missing"), HasErrorCode(ErrorCode::kNoSuchKey));
  EXPECT_EQ(fault.matched(), 0u);
  ObjectReader reader = bucket_.OpenReader("k", {.range = ByteRange::From(5)}).value();
  char buffer[8];
  EXPECT_EQ(reader.Read(buffer, 4).value(), 4u);
  EXPECT_EQ(fault.fired(), 0u);
  EXPECT_THAT(reader.Read(buffer, 1), HasErrorCode(ErrorCode::kInternalError));
  EXPECT_EQ(fault.fired(), 1u);
}

TEST_F(Faults, DamageOfARead) {
  Fill("k", "0123456789");
  {
    const Fault fault = fake_.Inject(
        {.point = FaultPoint::kMidBody, .at_byte = 3, .damage = FaultDamage::kCorrupt});
    EXPECT_THAT(bucket_.Get("k"), ObjectIs("0122456789"));  // '3' ^ 1
  }
  {
    const Fault fault = fake_.Inject({.ops = {FaultOp::kGet},
                                      .point = FaultPoint::kMidBody,
                                      .at_byte = 3,
                                      .damage = FaultDamage::kTruncate});
    const GetResult got = bucket_.Get("k").value();
    EXPECT_EQ(got.body, "012");
    EXPECT_EQ(got.info.size, 10u);
  }
  EXPECT_THAT(bucket_.Get("k"), ObjectIs("0123456789"));
}

// --- Time ---

TEST_F(Faults, LatencyPassesOnTheSimulatedClock) {
  const absl::Time start = fake_.clock().Now();
  {
    const Fault slow =
        fake_.Inject({.times = 2, .error = ErrorCode::kNone, .latency = absl::Seconds(2)});
    EXPECT_THAT(bucket_.Put("k", "v"), IsOk());
    EXPECT_EQ(fake_.clock().Now() - start, absl::Seconds(2));
    // It lets the call pass, so what stands behind it strikes too.
    const Fault fails = fake_.Inject({.error = ErrorCode::kSlowDown});
    EXPECT_THAT(bucket_.Put("k", "w"), HasErrorCode(ErrorCode::kSlowDown));
    EXPECT_EQ(fake_.clock().Now() - start, absl::Seconds(4));
  }
  const Fault jitter = fake_.Inject({.times = 50,
                                     .error = ErrorCode::kNone,
                                     .latency = absl::Seconds(1),
                                     .jitter = absl::Seconds(1)});
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most = absl::ZeroDuration();
  for (int i = 0; i < 50; ++i) {
    const absl::Time before = fake_.clock().Now();
    EXPECT_THAT(bucket_.Get("k"), ObjectIs("v"));
    least = std::min(least, fake_.clock().Now() - before);
    most = std::max(most, fake_.clock().Now() - before);
  }
  EXPECT_GE(least, absl::Seconds(1));
  EXPECT_LE(most, absl::Seconds(2));
  EXPECT_GT(most - least, absl::Milliseconds(500));
}

TEST_F(Faults, ACallThatHangsTimesItsHandlerOut) {
  Fill("input", "v");
  int runs = 0;
  ASSERT_THAT(
      fake_.cloud().RegisterFunction("f",
                                     [&](const Event&, FunctionContext& context) {
                                       ++runs;
                                       return context.bucket("bucket").Get("input").status();
                                     }),
      IsOk());
  ASSERT_THAT(fake_.cloud().AddTrigger({.bucket = "bucket", .function = "f", .prefix = "in/"}),
              IsOk());
  const Fault hang = fake_.Inject(
      {.ops = {FaultOp::kGet}, .error = ErrorCode::kNone, .latency = absl::Minutes(5)});
  ASSERT_THAT(bucket_.Put("in/1", ""), IsOk());
  ASSERT_THAT(fake_.Settle(), IsOk());
  const FunctionStats stats = fake_.cloud().function_stats("f").value();
  EXPECT_EQ(stats.timeouts, 1u);
  EXPECT_EQ(stats.successes, 1u);
  EXPECT_EQ(runs, 2);
}

TEST_F(Faults, AReadMayStallInItsMiddle) {
  Fill("k", "0123456789");
  const absl::Time start = fake_.clock().Now();
  const Fault stall = fake_.Inject({.ops = {FaultOp::kGet},
                                    .point = FaultPoint::kMidBody,
                                    .at_byte = 5,
                                    .error = ErrorCode::kNone,
                                    .latency = absl::Minutes(1)});
  ObjectReader reader = bucket_.OpenReader("k").value();
  char buffer[8];
  EXPECT_EQ(reader.Read(buffer, 5).value(), 5u);
  EXPECT_EQ(fake_.clock().Now(), start);
  EXPECT_EQ(reader.Read(buffer, 8).value(), 5u);
  EXPECT_EQ(fake_.clock().Now() - start, absl::Minutes(1));
}

// --- What is wrong with a test ---

TEST_F(Faults, OneThatNeverFiredFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(
      { const Fault fault = fake_.Inject({.ops = {FaultOp::kPut}, .key = "never"}); },
      "an injected fault never fired: fault of put on \"*/never\", 1 time: InternalError: matched "
      "0, fired 0");
  // Moving the handle is not its end, assigning to it is.
  EXPECT_NONFATAL_FAILURE(
      {
        Fault first = fake_.Inject({.ops = {FaultOp::kPut}});
        Fault second = std::move(first);
        second = fake_.Inject({.times = FaultSpec::kAlways});
      },
      "never fired");
  // These may go without having fired.
  const Fault always = fake_.Inject({.times = FaultSpec::kAlways});
  const Fault perhaps = fake_.Inject({.probability = 0.5});
}

TEST_F(Faults, AHandleMayOutliveItsFakeCloud) {
  std::optional<Fault> fault;
  {
    FakeCloud fake;
    const Bucket bucket = fake.cloud().CreateBucket("bucket").value();
    fault.emplace(fake.Inject({}));
    EXPECT_THAT(bucket.Put("k", "v"), HasErrorCode(ErrorCode::kInternalError));
  }
  EXPECT_EQ(fault->fired(), 1u);
}

using FaultsDeathTest = Faults;

TEST_F(FaultsDeathTest, WhatIsNoFaultEndsTheProcess) {
  const std::vector<std::pair<FaultSpec, std::string>> wrong = {
      {{.nth = 0}, "count from 1"},
      {{.times = 0}, "count from 1"},
      {{.probability = 0}, "probability"},
      {{.error = ErrorCode::kNone}, "neither error nor latency nor damage"},
      {{.latency = absl::Seconds(-1)}, "not negative"},
      {{.damage = FaultDamage::kCorrupt}, "middle of a body"},
      {{.at_byte = 3}, "at_byte is of"},
      {{.ops = {FaultOp::kList}, .point = FaultPoint::kMidBody}, "list has no body"},
      {{.ops = {FaultOp::kPut}, .point = FaultPoint::kMidBody, .damage = FaultDamage::kTruncate},
       "read alone"},
  };
  for (const auto& [spec, why] : wrong) {
    EXPECT_DEATH({ const Fault fault = fake_.Inject(spec); }, "not a fault: .*" + why);
  }
}

TEST_F(FaultsDeathTest, WithoutAFrameworkAnUnfiredFaultEndsTheProcess) {
  EXPECT_DEATH(
      {
        SetTestHooks({});
        const Fault fault = fake_.Inject({});
      },
      "an injected fault never fired");
}

}  // namespace
}  // namespace cloudlet::testing
