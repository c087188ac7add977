// Which triggers are refused, and the book of rules.
#include "triggers/registry.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/clock.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "cloudlet/function.h"
#include "gtest/gtest.h"
#include "triggers/testing/fake_ledger.h"

namespace cloudlet::triggers {
namespace {

class RuleBookTest : public ::testing::Test {
 protected:
  RuleBookTest() {
    ledger_.CreateBucket("b");
    trigger_.bucket = "b";
    trigger_.function = "f";
  }
  FakeLedger ledger_{std::make_shared<FakeDisk>(), RealClock()};
  RuleBook book_;
  Trigger trigger_;
};

TEST_F(RuleBookTest, TriggersWithoutAnIdGetFreshOnes) {
  EXPECT_EQ(book_.Add(ledger_, trigger_).value(), "trigger-1");
  EXPECT_EQ(book_.Add(ledger_, trigger_).value(), "trigger-2");
  ASSERT_TRUE(book_.Remove(ledger_, "b", "trigger-1").ok());
  EXPECT_EQ(book_.Add(ledger_, trigger_).value(), "trigger-1");
}

TEST_F(RuleBookTest, SameIdReplaces) {
  trigger_.id = "mine";
  trigger_.suffix = ".jpg";
  ASSERT_TRUE(book_.Add(ledger_, trigger_).ok());
  trigger_.suffix = ".png";
  ASSERT_TRUE(book_.Add(ledger_, trigger_).ok());
  const std::vector<Trigger> triggers = book_.List(ledger_).value();
  ASSERT_EQ(triggers.size(), 1u);
  EXPECT_EQ(triggers[0].suffix, ".png");
  EXPECT_EQ(triggers[0].events, trigger_.events);
}

TEST_F(RuleBookTest, BadTriggersAreRefused) {
  std::vector<Trigger> bad(6, trigger_);
  bad[0].function = "no such name!";
  bad[1].events.clear();
  bad[2].events = {EventType::kNone};
  bad[3].id = std::string(256, 'i');
  bad[4].prefix = std::string(1025, 'p');
  bad[5].suffix = std::string(1025, 's');
  for (const Trigger& trigger : bad) {
    EXPECT_EQ(ErrorCodeOf(book_.Add(ledger_, trigger).status()), ErrorCode::kInvalidArgument);
  }
  trigger_.bucket = "missing";
  EXPECT_TRUE(IsNoSuchBucket(book_.Add(ledger_, trigger_).status()));
  EXPECT_TRUE(IsNoSuchBucket(book_.Remove(ledger_, "missing", "x")));
  EXPECT_EQ(ErrorCodeOf(book_.Remove(ledger_, "b", "x")), ErrorCode::kInvalidArgument);
}

TEST_F(RuleBookTest, EventTypesThatNothingCausesAreRefused) {
  for (const char* name :
       {"s3:ObjectRestore:*", "s3:ObjectRestore:Post", "s3:ObjectRestore:Completed",
        "s3:ObjectRestore:Delete", "s3:ReducedRedundancyLostObject", "s3:Replication:*",
        "s3:Replication:OperationFailedReplication", "s3:Replication:OperationMissedThreshold",
        "s3:Replication:OperationReplicatedAfterThreshold", "s3:Replication:OperationNotTracked",
        "s3:LifecycleExpiration:*", "s3:LifecycleExpiration:Delete",
        "s3:LifecycleExpiration:DeleteMarkerCreated", "s3:LifecycleTransition",
        "s3:IntelligentTiering", "s3:ObjectRetention:Put"}) {
    const EventType type = EventTypeNamed(name);
    ASSERT_NE(type, EventType::kNone) << name;
    trigger_.events = {EventType::kObjectCreated, type};
    const absl::Status status = book_.Add(ledger_, trigger_).status();
    EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kInvalidArgument) << name;
    EXPECT_NE(std::string(status.message()).find(std::string(name) + " is not implemented"),
              std::string::npos)
        << status;
  }
  EXPECT_TRUE(book_.List(ledger_).value().empty());
}

TEST_F(RuleBookTest, OverlapsAreRefusedWhereAsked_AndNothingIsChanged) {
  constexpr auto kRefuse = TriggerOverlap::kRefuse;
  ASSERT_EQ(book_.Add(ledger_, trigger_, kRefuse).value(), "trigger-1");
  trigger_.function = "g";
  const absl::Status plain = book_.Add(ledger_, trigger_, kRefuse).status();
  EXPECT_EQ(ErrorCodeOf(plain), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(plain.message())
                .find("Configurations overlap. Configurations on the same bucket cannot share a "
                      "common event type."),
            std::string::npos)
      << plain;
  EXPECT_NE(std::string(plain.message()).find("\"trigger-1\""), std::string::npos) << plain;

  trigger_.id = "jpg";
  trigger_.events = {EventType::kObjectCreatedCopy};
  trigger_.suffix = ".jpg";
  const absl::Status filtered = book_.Add(ledger_, trigger_, kRefuse).status();
  EXPECT_EQ(ErrorCodeOf(filtered), ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(filtered.message()).find("Configuration is ambiguously defined."),
            std::string::npos)
      << filtered;
  EXPECT_EQ(book_.List(ledger_).value().size(), 1u);

  trigger_.events = {EventType::kObjectTagging};
  EXPECT_TRUE(book_.Add(ledger_, trigger_, kRefuse).ok());
  EXPECT_TRUE(book_.Add(ledger_, trigger_, kRefuse).ok());  // replaces itself
  ledger_.CreateBucket("c");
  trigger_.bucket = "c";
  EXPECT_TRUE(book_.Add(ledger_, trigger_, kRefuse).ok());
  EXPECT_EQ(book_.List(ledger_).value().size(), 3u);
}

TEST_F(RuleBookTest, ReplacingATriggerIsRefusedWhenItWouldOverlapWithAnother) {
  trigger_.id = "a";
  trigger_.prefix = "a/";
  ASSERT_TRUE(book_.Add(ledger_, trigger_, TriggerOverlap::kRefuse).ok());
  trigger_.id = "b";
  trigger_.prefix = "b/";
  ASSERT_TRUE(book_.Add(ledger_, trigger_, TriggerOverlap::kRefuse).ok());
  trigger_.prefix = "";
  EXPECT_EQ(ErrorCodeOf(book_.Add(ledger_, trigger_, TriggerOverlap::kRefuse).status()),
            ErrorCode::kInvalidArgument);
  const std::vector<Trigger> triggers = book_.List(ledger_).value();
  ASSERT_EQ(triggers.size(), 2u);
  EXPECT_EQ(triggers[1].prefix, "b/");
  EXPECT_TRUE(book_.Add(ledger_, trigger_, TriggerOverlap::kFanOut).ok());
}

}  // namespace
}  // namespace cloudlet::triggers
