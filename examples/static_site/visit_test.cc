// Visits: all are answered, most of them near the viewer, and a seed tells which.
#include "examples/static_site/visit.h"

#include <string>

#include "examples/static_site/layout.h"
#include "gtest/gtest.h"

namespace static_site {
namespace {

TEST(VisitTest, MostAreHitsAndASeedTellsWhich) {
  cloudlet::Cloud cloud = cloudlet::Cloud::InMemory();
  const cloudlet::Bucket bucket = cloud.CreateBucket(kBucket).value();
  EXPECT_FALSE(VisitSite(cloud, {.visits = 1}).ok());
  const std::string text(5'000, 'x');
  for (int i = 0; i < 20; ++i) {
    bucket.Put(FileKey("a b/" + std::to_string(i) + ".txt"), text, {.content_type = "text/plain"})
        .value();
  }
  const VisitReport report = VisitSite(cloud, {.visits = 3'000, .seed = 7}).value();
  EXPECT_EQ(report.all.visits, 3'000u);
  EXPECT_EQ(report.all.errors, 0u);
  EXPECT_EQ(report.regions.size(), 8u);
  // Twelve places and twenty files; the shield makes one fetch of the twelve.
  EXPECT_GE(report.all.hits, 3'000u - 12 * 20);
  EXPECT_EQ(report.origin_fetches, 20u);
  // Compressed.
  EXPECT_LT(report.all.bytes, 3'000u * 1'000);
  // Who is near Frankfurt waits less than who is in Australia for what is not in Sydney yet.
  EXPECT_LT(report.regions.at("EU").p95, report.regions.at("AU").p95);
  const VisitReport again = VisitSite(cloud, {.visits = 3'000, .seed = 7}).value();
  EXPECT_EQ(Table(again), Table(report));
}

}  // namespace
}  // namespace static_site
