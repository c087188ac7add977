// Metadata: names, doubles, and texts beyond ASCII in both directions.
#include "http/s3_metadata.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace cloudlet::http {
namespace {

TEST(S3MetadataTest, ComesBack) {
  const UserMetadata metadata = {
      {"a", "1"}, {"b", ""}, {"c", "\xC3\xA4 \xE2\x82\xAC"}, {"d", "=?x"}};
  Headers headers;
  EncodeMetadata(metadata, &headers);
  EXPECT_EQ(headers.Get("x-amz-meta-c"), "=?UTF-8?B?w6Qg4oKs?=");
  EXPECT_EQ(DecodeMetadata(headers), metadata);
}

TEST(S3MetadataTest, NamesAreLowerCaseAndDoublesAreJoined) {
  EXPECT_EQ(DecodeMetadata({{"X-Amz-Meta-Color", "red"},
                            {"x-amz-meta-color", "blue"},
                            {"x-amz-metadata-directive", "COPY"},
                            {"Content-Type", "x"}}),
            (UserMetadata{{"color", "red,blue"}}));
}

TEST(S3MetadataTest, EncodedWords) {
  EXPECT_EQ(DecodeHeaderText("=?UTF-8?Q?Hello_World=C3=A9?="), "Hello World\xC3\xA9");
  EXPECT_EQ(DecodeHeaderText("=?utf-8?b?w6Q=?="), "\xC3\xA4");
  EXPECT_EQ(DecodeHeaderText("=?ISO-8859-1?Q?=E4?="), "\xC3\xA4");
  EXPECT_EQ(DecodeHeaderText("a =?utf-8?b?w6Q=?= b"), "a \xC3\xA4 b");
  EXPECT_EQ(DecodeHeaderText("=?utf-8?b?w6Q=?= =?utf-8?q?b?= =?utf-8?q?c?="),
            "\xC3\xA4"
            "bc");
  EXPECT_EQ(DecodeHeaderText("=?utf-8?b?w6Q=?= =?"), "\xC3\xA4 =?");
}

TEST(S3MetadataTest, WhatIsNoEncodedWordStays) {
  for (std::string_view text :
       {"", "=?", "=?=?=?", "=?utf-8?b?w6Q=", "=?utf-8?b?!?=", "=?utf-8?q?=4?=", "=?utf-8?q?=zz?=",
        "=?utf-8?x?a?=", "=?koi8-r?b?w6Q=?=", "=?utf-8?b?/w==?=", "=?utf-8?q?=0D=0A?=",
        "=?utf-8?q?=00?=", "=?utf-8?bb?a?=", "=?utf-8?", "=?utf-8?b?a?x"}) {
    EXPECT_EQ(DecodeHeaderText(text), text);
  }
}

TEST(S3MetadataTest, UnencodedBytes) {
  EXPECT_EQ(DecodeHeaderText("\xC3\xA4"), "\xC3\xA4");
  EXPECT_EQ(DecodeHeaderText("\xE4"), "\xC3\xA4");
  EXPECT_EQ(EncodeHeaderText("\xE4"), EncodeHeaderText("\xC3\xA4"));
}

}  // namespace
}  // namespace cloudlet::http
