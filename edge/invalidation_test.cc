// What unsafe requests make outdated, and how references are resolved.
#include "edge/invalidation.h"

#include <string>
#include <string_view>
#include <vector>

#include "edge/stored_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

std::string Resolved(std::string_view reference) {
  const HttpUrl base = {.authority = "d.example", .path = "/b/c/d;p", .query = "q"};
  const auto url = ResolveUrl(base, reference);
  return url ? ToString(*url) : "none";
}

// RFC 3986 section 5.4, as far as it is about http.
TEST(ResolveUrlTest, TheExamplesOfTheRfc) {
  struct Case {
    std::string_view reference;
    std::string_view url;
  };
  const Case cases[] = {
      {"g", "/b/c/g"},
      {"./g", "/b/c/g"},
      {"g/", "/b/c/g/"},
      {"/g", "/g"},
      {"?y", "/b/c/d;p?y"},
      {"g?y", "/b/c/g?y"},
      {"#s", "/b/c/d;p?q"},
      {"g#s", "/b/c/g"},
      {"g?y#s", "/b/c/g?y"},
      {";x", "/b/c/;x"},
      {"g;x", "/b/c/g;x"},
      {"", "/b/c/d;p?q"},
      {".", "/b/c/"},
      {"./", "/b/c/"},
      {"..", "/b/"},
      {"../", "/b/"},
      {"../g", "/b/g"},
      {"../..", "/"},
      {"../../", "/"},
      {"../../g", "/g"},
      {"../../../g", "/g"},
      {"/./g", "/g"},
      {"/../g", "/g"},
      {"g.", "/b/c/g."},
      {".g", "/b/c/.g"},
      {"g..", "/b/c/g.."},
      {"./../g", "/b/g"},
      {"./g/.", "/b/c/g/"},
      {"g/./h", "/b/c/g/h"},
      {"g/../h", "/b/c/h"},
      {"g;x=1/../y", "/b/c/y"},
      {"g?y/../x", "/b/c/g?y/../x"},
      {"/a//b", "/a//b"},
      {" g ", "/b/c/g"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Resolved(c.reference), "https://d.example" + std::string(c.url)) << c.reference;
  }
}

TEST(ResolveUrlTest, OtherPlaces) {
  EXPECT_EQ(Resolved("//G.example/x"), "https://g.example/x");
  EXPECT_EQ(Resolved("HTTP://g.example"), "http://g.example/");
  EXPECT_EQ(Resolved("https://g.example:443/"), "https://g.example/");
  EXPECT_EQ(Resolved("https://g.example:444/"), "https://g.example:444/");
  EXPECT_EQ(Resolved("mailto:a@b"), "none");
  EXPECT_EQ(Resolved("https:g"), "none");
  EXPECT_EQ(Resolved("//g.example:/"), "https://g.example/");
  EXPECT_EQ(Resolved("http://[::1]:80/"), "http://[::1]/");
  EXPECT_EQ(Resolved("http://[::1]:81/"), "http://[::1]:81/");
  for (std::string_view text : {"//", "//:443", "//g.example:443:443", "//g.example:x",
                                "//user@g.example/", "https://user:1@d.example/"}) {
    EXPECT_EQ(Resolved(text), "none") << text;
  }
  EXPECT_EQ(Resolved("a/b:c"), "https://d.example/b/c/a/b:c");
}

std::vector<std::string> Invalidated(std::string_view method, int status, HttpHeaders headers) {
  std::vector<std::string> out;
  for (const HttpUrl& url : InvalidatedBy(Of(method), Answering(status, std::move(headers)))) {
    out.push_back(ToString(url));
  }
  return out;
}

using Urls = std::vector<std::string>;

TEST(InvalidationTest, ByMethodAndStatus) {
  const Urls own = {"https://d.example/a"};
  for (std::string_view method : {"POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "get"}) {
    for (int status : {200, 201, 204, 303})
      EXPECT_EQ(Invalidated(method, status, {}), own) << method;
    for (int status : {400, 404, 500, 503}) EXPECT_EQ(Invalidated(method, status, {}), Urls());
  }
  for (std::string_view method : {"GET", "HEAD", "OPTIONS", "TRACE"}) {
    EXPECT_EQ(Invalidated(method, 200, {{"Location", "/b"}}), Urls()) << method;
  }
}

TEST(InvalidationTest, LocationsOfTheSameOriginAlone) {
  EXPECT_EQ(Invalidated("POST", 201, {{"Location", "/b"}, {"Content-Location", "c?d"}}),
            (Urls{"https://d.example/a", "https://d.example/b", "https://d.example/c?d"}));
  EXPECT_EQ(Invalidated("POST", 201, {{"Location", "https://D.example:443/b"}}),
            (Urls{"https://d.example/a", "https://d.example/b"}));
  EXPECT_EQ(Invalidated("POST", 201,
                        {{"Location", "https://other.example/b"},
                         {"Content-Location", "http://d.example/b"}}),
            (Urls{"https://d.example/a"}));
  EXPECT_EQ(Invalidated("POST", 201, {{"Location", "/a"}, {"Content-Location", "a"}}),
            (Urls{"https://d.example/a"}));
}

}  // namespace
}  // namespace cloudlet::edge
