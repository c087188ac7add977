// The functions over bytes: content types, links, JSON, gzip, keys.
#include <string>
#include <vector>

#include "examples/static_site/content_type.h"
#include "examples/static_site/gzip.h"
#include "examples/static_site/json.h"
#include "examples/static_site/layout.h"
#include "examples/static_site/links.h"
#include "gtest/gtest.h"

namespace static_site {
namespace {

using Strings = std::vector<std::string>;

TEST(ContentTypeTest, ExtensionDecides) {
  EXPECT_EQ(ContentTypeOf("a/B.PNG", "no png at all"), "image/png");
  EXPECT_EQ(ContentTypeOf("a/x.html", "<p>"), "text/html; charset=utf-8");
  EXPECT_EQ(ContentTypeOf("changelog.Debian.gz", "\x1f\x8b"), "application/gzip");
}

TEST(ContentTypeTest, FirstBytesDecideWithoutExtension) {
  EXPECT_EQ(ContentTypeOf("README", "read me\n"), "text/plain; charset=utf-8");
  EXPECT_EQ(ContentTypeOf("page", "<!DOCTYPE HTML><p>"), "text/html; charset=utf-8");
  EXPECT_EQ(ContentTypeOf("blob", std::string("\x7f"
                                              "ELF\0\0",
                                              6)),
            "application/octet-stream");
  EXPECT_EQ(ContentTypeOf("a.d/.profile", ""), "text/plain; charset=utf-8");
}

TEST(ContentTypeTest, TextWithNulIsBinary) {
  EXPECT_EQ(ContentTypeOf("x.txt", std::string("a\0b", 3)), "application/octet-stream");
}

TEST(ContentTypeTest, CharsetOnlyForUtf8) {
  EXPECT_EQ(ContentTypeOf("x.txt", "caf\xe9"), "text/plain");
  EXPECT_EQ(ContentTypeOf("x.txt", "caf\xc3\xa9"), "text/plain; charset=utf-8");
  // Cut in the middle of a character by the limit of what is looked at.
  EXPECT_EQ(ContentTypeOf("x.txt", std::string(kSniffBytes - 1, 'a') + "\xc3\xa9"),
            "text/plain; charset=utf-8");
}

TEST(ContentTypeTest, CompressibleIsWhatIsTextInside) {
  EXPECT_TRUE(IsCompressible("text/html; charset=utf-8"));
  EXPECT_TRUE(IsCompressible("application/json"));
  EXPECT_TRUE(IsCompressible("image/svg+xml"));
  EXPECT_FALSE(IsCompressible("image/png"));
  EXPECT_FALSE(IsCompressible("application/gzip"));
}

TEST(LinksTest, HtmlGivesHrefAndSrcOnceInOrder) {
  EXPECT_EQ(LinksInHtml("<a class=x HREF=\"b.html?x=1&amp;y=2\">t</a><img src='i.png'/>"
                        "<a href=plain>p</a><a href = \" b \" ><a href=\"i.png\">"),
            (Strings{"b.html?x=1&y=2", "i.png", "plain", "b"}));
}

TEST(LinksTest, HtmlOutsideTagsAndBrokenTagsGiveNothing) {
  EXPECT_EQ(LinksInHtml("href=\"no\" <p>src=no</p>"), Strings{});
  EXPECT_EQ(LinksInHtml("<a href"), Strings{});
  EXPECT_EQ(LinksInHtml("<a href="), Strings{});
  EXPECT_EQ(LinksInHtml("<a href=\"unclosed"), Strings{"unclosed"});
  EXPECT_EQ(LinksInHtml("<a title=\"1 > 0\" href=x>"), Strings{"x"});
  EXPECT_EQ(LinksInHtml("<"), Strings{});
}

TEST(LinksTest, TextGivesUrlsWithoutTheSentenceAroundThem) {
  EXPECT_EQ(UrlsInText("See http://a.org/x, (https://b.org/y?z=1) or <http://a.org/x>."),
            (Strings{"http://a.org/x", "https://b.org/y?z=1"}));
  EXPECT_EQ(UrlsInText("http https: http:// https://."), Strings{});
}

TEST(LinksTest, NumberOfLinksIsBounded) {
  std::string text;
  for (size_t i = 0; i < kMaxLinks + 5; ++i) text += "http://h/" + std::to_string(i) + "\n";
  EXPECT_EQ(UrlsInText(text).size(), kMaxLinks);
}

TEST(JsonTest, EscapesWhatMustBeAndKeepsUtf8) {
  EXPECT_EQ(JsonString("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\u000a\\u0001\"");
  EXPECT_EQ(JsonString("\xc3\xa9 \xe9 \xed\xa0\x80"), "\"\xc3\xa9 \\u00e9 \\u00ed\\u00a0\\u0080\"");
  EXPECT_EQ(JsonStrings({"a", "b"}), "[\"a\",\"b\"]");
  EXPECT_EQ(JsonStrings({}), "[]");
}

TEST(GzipTest, RoundTripsWithoutATimeInTheHeader) {
  std::string plain;
  for (int i = 0; i < 100'000; ++i) plain += std::to_string(i * 7919) + "\n";
  GzipEncoder encoder;
  std::string packed;
  ASSERT_TRUE(encoder.Append(std::string_view(plain).substr(0, 1000), &packed).ok());
  ASSERT_TRUE(encoder.Append(std::string_view(plain).substr(1000), &packed).ok());
  ASSERT_TRUE(encoder.Finish(&packed).ok());
  EXPECT_EQ(packed.substr(4, 4), std::string(4, '\0'));
  EXPECT_LT(packed.size(), plain.size() / 2);
  EXPECT_EQ(Gunzip(packed).value(), plain);
}

TEST(GzipTest, CutStreamIsDataLoss) {
  GzipEncoder encoder;
  std::string packed;
  ASSERT_TRUE(encoder.Append("hello", &packed).ok());
  ASSERT_TRUE(encoder.Finish(&packed).ok());
  packed.pop_back();
  EXPECT_TRUE(absl::IsDataLoss(Gunzip(packed).status()));
}

TEST(LayoutTest, KeysAndPathsAreInverse) {
  const std::string path = "a/b c.txt";
  for (const std::string& key : {FileKey(path), GzipKey(path), MetaKey(path), WordsKey(path)}) {
    EXPECT_EQ(PathOfKey(key), path) << key;
  }
  EXPECT_EQ(ShardOfWordsKey(WordsKey(path)), ShardOf(path));
  EXPECT_EQ(PathOfKey(IndexKey("0a")), "");
  EXPECT_EQ(PathOfKey("files/"), "");
  EXPECT_EQ(ShardOfWordsKey("words/ab"), "");
}

TEST(LayoutTest, LongestPathMakesKeysThatFit) {
  const std::string path(kMaxPathBytes, 'x');
  for (const std::string& key : {FileKey(path), GzipKey(path), MetaKey(path), WordsKey(path)}) {
    EXPECT_LE(key.size(), 1024u);
  }
}

// These are in stores: another hash would leave words in shards where nobody looks for them.
TEST(LayoutTest, ShardsStayWhereTheyAre) {
  EXPECT_EQ(StableHash(""), 0xcbf29ce484222325u);
  EXPECT_EQ(StableHash("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(ShardOf("a"), "c0");
  EXPECT_EQ(AllShards().size(), 256u);
}

}  // namespace
}  // namespace static_site
