// What a run is billed as, and Lambda's lines about it, byte for byte.
#include "triggers/report_lines.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"

namespace cloudlet::triggers {
namespace {

InvocationReport Report() {
  InvocationReport report;
  report.version = "$LATEST";
  report.request_id = "id";
  report.duration = absl::Microseconds(12'340);
  report.billed = absl::Milliseconds(13);
  report.memory_mb = 128;
  return report;
}

TEST(ReportLinesTest, AsLambdaWritesThem) {
  InvocationReport report = Report();
  EXPECT_EQ(report.StartLine(), "START RequestId: id Version: $LATEST");
  EXPECT_EQ(report.EndLine(), "END RequestId: id");
  const std::string plain =
      "REPORT RequestId: id\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t"
      "Max Memory Used: 128 MB";
  EXPECT_EQ(report.ReportLine(), plain);
  report.init_duration = absl::Milliseconds(120);
  EXPECT_EQ(report.ReportLine(), plain + "\tInit Duration: 120.00 ms");
  report.error = "Runtime.Error: with: colons";
  EXPECT_EQ(report.ReportLine(),
            plain + "\tInit Duration: 120.00 ms\tStatus: error\tError Type: Runtime.Error");
  report.timed_out = true;
  EXPECT_EQ(report.ReportLine(), plain + "\tInit Duration: 120.00 ms\tStatus: timeout");
}

TEST(ReportLinesTest, BilledIsTheWholeRoundedUpOnce) {
  const auto billed = [](absl::Duration duration, absl::Duration init) {
    return Billed({duration, init});
  };
  EXPECT_EQ(billed({}, {}), absl::ZeroDuration());
  EXPECT_EQ(billed(absl::Nanoseconds(1), {}), absl::Milliseconds(1));
  EXPECT_EQ(billed(absl::Milliseconds(1), {}), absl::Milliseconds(1));
  EXPECT_EQ(billed(absl::Microseconds(1'001), {}), absl::Milliseconds(2));
  EXPECT_EQ(billed(absl::Microseconds(400), absl::Microseconds(500)), absl::Milliseconds(1));
  EXPECT_EQ(billed(absl::Microseconds(600), absl::Microseconds(500)), absl::Milliseconds(2));
}

TEST(ReportLinesTest, GbSecondsAreBilledTimeTimesSize) {
  EXPECT_DOUBLE_EQ(GbSeconds(absl::Seconds(2), 1024), 2);
  EXPECT_DOUBLE_EQ(GbSeconds(absl::Milliseconds(1), 128), 0.000125);
}

TEST(ReportLinesTest, TheTailIsTheEnd) {
  LogTail tail;
  EXPECT_EQ(tail.Text(), "");
  tail.Add("one");
  tail.Add("two");
  EXPECT_EQ(tail.Text(), "one\ntwo\n");
  const std::string line(100, 'x');
  for (int i = 0; i < 1000; ++i) tail.Add(line);
  tail.Add("end");
  EXPECT_EQ(tail.Text().size(), 4096u);
  EXPECT_EQ(tail.Text().substr(4096 - 6), "x\nend\n");
}

}  // namespace
}  // namespace cloudlet::triggers
