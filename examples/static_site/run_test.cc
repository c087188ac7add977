// The whole job, over a store on disk that is closed and opened again between runs.
#include <string>

#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "examples/static_site/layout.h"
#include "examples/static_site/report.h"
#include "examples/static_site/site.h"
#include "examples/static_site/temp_tree.h"
#include "gtest/gtest.h"

namespace static_site {
namespace {

using cloudlet::Cloud;

class RunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 20; ++i) {
      const std::string number = std::to_string(i);
      tree_.Write("text/" + number + ".txt", "word" + number + " common " + std::string(500, 'a'));
    }
    tree_.Write("index.html", "<a href=\"text/1.txt\">one</a>");
  }

  std::string store() const { return (store_.root() / "store").string(); }

  // Opens the store, runs the job, hands the Cloud to `look`, closes.
  template <typename Look>
  void RunAndLook(Look look) {
    absl::StatusOr<Cloud> cloud = Cloud::Open(store());
    ASSERT_TRUE(cloud.ok()) << cloud.status();
    absl::StatusOr<RunReport> report = RunSite(*cloud, {.source = tree_.root()});
    ASSERT_TRUE(report.ok()) << report.status();
    look(*cloud, *report);
    ASSERT_TRUE(cloud->Close().ok());
  }

  TempTree tree_;
  TempTree store_;
};

TEST_F(RunTest, FirstRunDerivesAllSecondRunDoesNothing) {
  RunAndLook([](Cloud&, RunReport& report) {
    EXPECT_EQ(report.publish.stored, 21u);
    EXPECT_FALSE(report.has_errors());
    EXPECT_EQ(report.objects["files/"], 21u);
    EXPECT_EQ(report.objects["gz/"], 20u);
    EXPECT_EQ(report.objects["meta/"], 21u);
    EXPECT_EQ(report.objects["words/"], 21u);
    EXPECT_GE(report.objects["index/"], 1u);
    EXPECT_EQ(report.events, 42u);  // of 21 files and their words
    EXPECT_GE(report.functions.invocations, 4u * 21u);
  });
  RunAndLook([](Cloud& cloud, RunReport& report) {
    EXPECT_EQ(report.publish.unchanged, 21u);
    EXPECT_EQ(report.events, 0u);
    EXPECT_EQ(report.functions.invocations, 0u);
    EXPECT_EQ(cloud.stats().puts, 0u);
  });
}

TEST_F(RunTest, ChangesAloneCauseWork) {
  RunAndLook([](Cloud&, RunReport&) {});
  tree_.Write("text/3.txt", "changed", 30);
  tree_.Remove("text/4.txt");
  RunAndLook([](Cloud& cloud, RunReport& report) {
    EXPECT_EQ(report.publish.stored, 1u);
    EXPECT_EQ(report.publish.deleted, 1u);
    EXPECT_EQ(report.events, 4u);
    EXPECT_EQ(report.objects["files/"], 20u);
    EXPECT_EQ(report.objects["meta/"], 20u);
    EXPECT_EQ(report.objects["words/"], 20u);
    EXPECT_EQ(cloud.bucket(kBucket).Get(WordsKey("text/3.txt")).value().body, "changed\n");
  });
}

TEST_F(RunTest, EventsThatWaitedAreDeliveredInTheNextRun) {
  {
    absl::StatusOr<Cloud> cloud = Cloud::Open(store());
    ASSERT_TRUE(cloud.ok()) << cloud.status();
    absl::StatusOr<cloudlet::Bucket> bucket = InstallSite(*cloud, cloudlet::Dispatch::kManual);
    ASSERT_TRUE(bucket.ok()) << bucket.status();
    ASSERT_TRUE(Publish(*bucket, {.source = tree_.root()}).ok());
    ASSERT_TRUE(cloud->Close().ok());  // nothing has been delivered
  }
  RunAndLook([](Cloud&, RunReport& report) {
    EXPECT_EQ(report.publish.unchanged, 21u);
    EXPECT_EQ(report.objects["meta/"], 21u);
    EXPECT_EQ(report.objects["words/"], 21u);
    EXPECT_FALSE(report.has_errors());
  });
}

TEST_F(RunTest, DeadLettersBringAboutARepair) {
  RunAndLook([](Cloud& cloud, RunReport&) {
    const cloudlet::Bucket site = cloud.bucket(kBucket);
    ASSERT_TRUE(site.Delete("meta/index.html.json").ok());
    ASSERT_TRUE(cloud.bucket(kDeadLetterBucket).Put("aws/lambda/async/describe/x", "{}").ok());
  });
  RunAndLook([](Cloud& cloud, RunReport& report) {
    EXPECT_EQ(report.repaired, 1u);
    EXPECT_TRUE(cloud.bucket(kBucket).Head("meta/index.html.json").ok());
    EXPECT_FALSE(cloud.bucket(kDeadLetterBucket).List().Next().has_value());
  });
}

TEST_F(RunTest, ProgressAndTableTellTheNumbers) {
  absl::StatusOr<Cloud> cloud = Cloud::Open(store());
  ASSERT_TRUE(cloud.ok()) << cloud.status();
  Progress last;
  absl::StatusOr<RunReport> report = RunSite(
      *cloud,
      {.source = tree_.root(), .progress = [&](const Progress& progress) { last = progress; }});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(last.done, 21u);
  EXPECT_EQ(last.pending, 0u);
  EXPECT_EQ(ProgressLine(last), "finishing: 0 deliveries pending");
  EXPECT_NE(Table(*report).find("21 (21 new or changed, 0 unchanged, 0 deleted)"),
            std::string::npos)
      << Table(*report);
}

}  // namespace
}  // namespace static_site
