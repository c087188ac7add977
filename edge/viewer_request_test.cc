// Who is let in.
#include "edge/viewer_request.h"

#include <string>

#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

HttpRequest At(std::string path, std::optional<std::string> query = std::nullopt) {
  HttpRequest request = {.url = {.authority = "d.example"}};
  request.url.path = std::move(path);
  request.url.query = std::move(query);
  return request;
}

TEST(ViewerRequestTest, MalformedOnesAreRefused) {
  EXPECT_EQ(WhyMalformed(At("/a/b%20c", "d=e?f")), 0);
  EXPECT_EQ(WhyMalformed(At("")), 400);
  EXPECT_EQ(WhyMalformed(At("a")), 400);
  EXPECT_EQ(WhyMalformed(At("/a b")), 400);
  EXPECT_EQ(WhyMalformed(At(std::string("/a\0b", 4))), 400);
  EXPECT_EQ(WhyMalformed(At("/a\r\nX: y")), 400);
  EXPECT_EQ(WhyMalformed(At("/a?b")), 400);
  EXPECT_EQ(WhyMalformed(At("/a#b")), 400);
  EXPECT_EQ(WhyMalformed(At("/a", "b c")), 400);
  EXPECT_EQ(WhyMalformed(At("/" + std::string(8'200, 'a'))), 414);
  HttpRequest request = At("/a");
  request.headers.Add("X", "a\r\nb");
  EXPECT_EQ(WhyMalformed(request), 400);
  request.headers = {{"X Y", "a"}};
  EXPECT_EQ(WhyMalformed(request), 400);
  request.headers = {};
  request.method = "GET /";
  EXPECT_EQ(WhyMalformed(request), 400);
  request = At("/a");
  request.url.authority = "d.example/x";
  EXPECT_EQ(WhyMalformed(request), 400);
}

TEST(ViewerRequestTest, Countries) {
  using Restriction = GeoRestriction;
  EXPECT_FALSE(IsRestricted(Restriction::kNone, {}, "DE"));
  EXPECT_FALSE(IsRestricted(Restriction::kAllowList, {"DE"}, "DE"));
  EXPECT_TRUE(IsRestricted(Restriction::kAllowList, {"DE"}, "FR"));
  EXPECT_TRUE(IsRestricted(Restriction::kBlockList, {"DE"}, "DE"));
  EXPECT_FALSE(IsRestricted(Restriction::kBlockList, {"DE"}, "FR"));
  EXPECT_FALSE(IsRestricted(Restriction::kAllowList, {"DE"}, ""));
}

TEST(ViewerRequestTest, Methods) {
  using Methods = AllowedMethods;
  for (const auto allowed : {Methods::kGetHead, Methods::kGetHeadOptions, Methods::kAll}) {
    EXPECT_TRUE(IsAllowed(allowed, "GET"));
    EXPECT_TRUE(IsAllowed(allowed, "HEAD"));
    EXPECT_EQ(IsAllowed(allowed, "OPTIONS"), allowed != Methods::kGetHead);
    EXPECT_EQ(IsAllowed(allowed, "DELETE"), allowed == Methods::kAll);
    EXPECT_FALSE(IsAllowed(allowed, "TRACE"));
    EXPECT_FALSE(IsAllowed(allowed, "get"));
  }
  EXPECT_TRUE(IsAllowed(Methods::kAny, "M-SEARCH"));
}

}  // namespace
}  // namespace cloudlet::edge
