// XML: what is refused, what is read, and that what is written is read again.
#include "http/xml.h"

#include <string>
#include <string_view>
#include <utility>

#include "cloudlet/error.h"
#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

bool Malformed(std::string_view text, std::string_view root = "A") {
  const absl::StatusOr<XmlDocument> document = XmlDocument::Parse(text, root);
  return ErrorCodeOf(document.status()) == ErrorCode::kMalformedXml;
}

std::string TextOf(std::string_view xml) {
  const absl::StatusOr<XmlDocument> document = XmlDocument::Parse(xml, "A");
  return document.ok() ? document->root().text() : std::string(document.status().message());
}

TEST(XmlTest, ReadsElementsTextsAndAttributes) {
  const absl::StatusOr<XmlDocument> document = XmlDocument::Parse(
      "\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!-- c --><A x:k='v&gt;'><B>1</B><C/>\n<B>2</B></A> ",
      "A");
  ASSERT_TRUE(document.ok()) << document.status();
  const XmlElement root = document->root();
  EXPECT_EQ(root.Attribute("k"), "v>");
  EXPECT_EQ(root.Attribute("other"), "");
  std::string names;
  for (XmlElement child : root.children()) names += std::string(child.name()) + child.text();
  EXPECT_EQ(names, "B1CB2");
  EXPECT_EQ(root.ChildText("B"), "1");
  EXPECT_EQ(root.ChildText("C"), "");
  EXPECT_EQ(root.ChildText("D"), std::nullopt);
  EXPECT_FALSE(root.Child("D").Child("E").exists());
  EXPECT_EQ(root.Child("D").name(), "");
  EXPECT_EQ(root.Child("D").text(), "");
}

TEST(XmlTest, NamespacesAreNotLookedAt) {
  EXPECT_TRUE(XmlDocument::Parse("<s3:A xmlns:s3='any'><s3:B>1</s3:B></s3:A>", "A").ok());
  EXPECT_TRUE(XmlDocument::Parse("<A xmlns='http://other/'/>", "A").ok());
  EXPECT_EQ(XmlDocument::Parse("<s:A><s:B>1</s:B></s:A>", "A")->root().ChildText("B"), "1");
}

TEST(XmlTest, TextIsWhole) {
  EXPECT_EQ(TextOf("<A>a<!-- c -->b<![CDATA[<&>]]>&lt;&#65;&#x42;&quot;&apos;</A>"), "ab<&><AB\"'");
  EXPECT_EQ(TextOf("<A> </A>"), " ");
  EXPECT_EQ(TextOf("<A>&#x1;&#13;</A>"), "\x01\r");
  EXPECT_EQ(TextOf("<A>\xC3\xA4</A>"), "\xC3\xA4");
}

TEST(XmlTest, MalformedTexts) {
  for (std::string_view text : {"",
                                " ",
                                "A",
                                "<A>",
                                "<A></B>",
                                "</A>",
                                "<A/><A/>",
                                "<A/>x",
                                "x<A/>",
                                "<A>&none;</A>",
                                "<A>&#0;</A>",
                                "<A>&#xD800;</A>",
                                "<A>&#x110000;</A>",
                                "<A>&#x;</A>",
                                "<A>&#12a;</A>",
                                "<A>&amp</A>",
                                "<A>&</A>",
                                "<A k='&x;'/>",
                                "<!DOCTYPE A><A/>",
                                "<!DOCTYPE A [<!ENTITY x 'y'>]><A>&x;</A>",
                                "<A><!ELEMENT b></A>",
                                "<A>\xFF</A>",
                                "<A><!-- </A>",
                                "<A><![CDATA[ </A>",
                                "<![CDATA[x]]><A/>",
                                "<?xml <A/>",
                                "<A",
                                "<A k='>",
                                "<A <B/></A>",
                                "<B/>",
                                "<A><B></A></B>",
                                "<A></A></A>",
                                "<A>&#123456789;</A>"}) {
    EXPECT_TRUE(Malformed(text)) << text;
  }
  EXPECT_TRUE(Malformed(std::string_view("<A>\0</A>", 8)));
  EXPECT_TRUE(Malformed(std::string("<\0A\0/\0>\0", 8)));
  EXPECT_TRUE(XmlDocument::Parse("<B/>", "").ok());
}

TEST(XmlTest, BoundsOfSizeDepthAndElements) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "<A>";
    for (int i = 0; i < depth; ++i) text += "</A>";
    return text;
  };
  EXPECT_FALSE(Malformed(nested(kXmlDepth)));
  EXPECT_TRUE(Malformed(nested(kXmlDepth + 1)));
  EXPECT_TRUE(Malformed(nested(100'000)));
  const std::string large = "<A>" + std::string(kXmlBytes - 7, 'x') + "</A>";
  EXPECT_EQ(large.size(), kXmlBytes);
  EXPECT_FALSE(Malformed(large));
  EXPECT_TRUE(Malformed(large + " "));
  EXPECT_TRUE(XmlDocument::Parse(large + " ", "A", kLargeXmlBytes).ok());
  std::string many = "<A>";
  for (size_t i = 0; i < kXmlElements; ++i) many += "<b/>";
  EXPECT_TRUE(Malformed(many + "</A>"));
}

TEST(XmlTest, WhatIsWrittenIsRead) {
  const std::string key = "a<b>&\"'\r\n\t\x01\x7F\xC3\xA4\xEF\xBF\xBF ";
  XmlWriter xml("A");
  xml.Text("Key", key).Number("N", 7).Bool("Yes", true).Bool("No", false).Empty("E");
  xml.Open("B").OpenWith("C", "k=\"v\"").Text("D", " ").TextIfAny("F", "").TextIfAny("G", "g");
  const std::string text = std::move(xml).Finish();
  const absl::StatusOr<XmlDocument> document = XmlDocument::Parse(text, "A");
  ASSERT_TRUE(document.ok()) << document.status() << text;
  const XmlElement root = document->root();
  EXPECT_EQ(root.Attribute("xmlns"), kS3Namespace);
  EXPECT_EQ(root.ChildText("Key"), key);
  EXPECT_EQ(root.ChildText("N"), "7");
  EXPECT_EQ(root.ChildText("Yes"), "true");
  EXPECT_EQ(root.ChildText("No"), "false");
  EXPECT_TRUE(root.Child("E").exists());
  EXPECT_EQ(root.Child("B").Child("C").Attribute("k"), "v");
  EXPECT_EQ(root.Child("B").Child("C").ChildText("D"), " ");
  EXPECT_FALSE(root.Child("B").Child("C").Child("F").exists());
  EXPECT_EQ(root.Child("B").Child("C").ChildText("G"), "g");
}

TEST(XmlTest, Escapes) {
  std::string out;
  AppendXmlEscaped(&out, std::string_view("\"&<>\x01\r\0\xFF", 8));
  EXPECT_EQ(out, "&quot;&amp;&lt;&gt;&#x1;&#xd;\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(XmlWriter("Error", "").Finish(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error></Error>");
}

}  // namespace
}  // namespace cloudlet::http
