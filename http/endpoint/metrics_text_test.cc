// The form of the metrics' text.
#include "http/endpoint/metrics_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

using testing::HasSubstr;

TEST(MetricsTextTest, EachFamilyHasItsHelpTypeAndValues) {
  CloudStats stats;
  stats.puts = 3;
  Meter meter;
  meter.functions["resize"].invocations = 7;
  meter.functions["a\"b\\c\nd"].duration = absl::Milliseconds(1500);
  meter.buckets["photos"].bytes_uploaded = 12'345'678'901;
  EndpointStats endpoint;
  endpoint.shed = 2;
  const std::string text = MetricsText(stats, meter, endpoint);
  EXPECT_THAT(text, HasSubstr("# HELP cloudlet_puts_total Objects written.\n"
                              "# TYPE cloudlet_puts_total counter\ncloudlet_puts_total 3\n"));
  EXPECT_THAT(text, HasSubstr("cloudlet_function_invocations_total{function=\"resize\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("{function=\"a\\\"b\\\\c\\nd\"} 1.5\n"));
  EXPECT_THAT(text,
              HasSubstr("cloudlet_bucket_uploaded_bytes_total{bucket=\"photos\"} 12345678901\n"));
  EXPECT_THAT(text, HasSubstr("cloudlet_http_connections_shed_total 2\n"));
  EXPECT_EQ(text.back(), '\n');
}

TEST(MetricsTextTest, WithoutFunctionsThereIsNoFamilyOfThem) {
  EXPECT_THAT(MetricsText({}, {}, {}), testing::Not(HasSubstr("function_")));
}

}  // namespace
}  // namespace cloudlet::http
