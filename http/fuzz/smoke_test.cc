// A short seeded run of every fuzzer: known inputs with bytes changed, cut, doubled and swapped.
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "gtest/gtest.h"
#include "http/fuzz/entries.h"

namespace cloudlet::http::fuzz {
namespace {

const std::vector<std::string>& Seeds() {
  static const std::vector<std::string> seeds = {
      "<Tagging><TagSet><Tag><Key>a&#x1;</Key><Value>b</Value></Tag></TagSet></Tagging>",
      "<Delete><Object><Key>a</Key><VersionId>v</VersionId></Object><Quiet>true</Quiet></Delete>",
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag><ChecksumCRC32>"
      "AAAA</ChecksumCRC32></Part></CompleteMultipartUpload>",
      "<ListBucketResult><EncodingType>url</EncodingType><Prefix>%20</Prefix><CommonPrefixes>"
      "<Prefix>a%2B</Prefix></CommonPrefixes></ListBucketResult>",
      "<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:r:0:q</Queue><Event>"
      "s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>",
      "<?xml version='1.0'?><!-- c --><A xmlns='u'><![CDATA[<x>]]>&amp;&#65;</A>",
      "x-amz-copy-source: /b/k%20?versionId=v\nx-amz-meta-a: =?UTF-8?Q?=C3=A4?=\n"
      "x-amz-checksum-crc32: AAAA\nx-amz-tagging: a=b&c=d\nRange: bytes=1-2\n",
      "bytes=1-2",
      "bytes 1-2/3",
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "2020-01-01T00:00:00.000Z",
      "b/k%2Fl?versionId=v",
      "a=b&c=%C3%A4",
      "=?UTF-8?B?w6Q=?= =?utf-8?q?b?=",
      "GET\nb.localhost:80\n/a//b%2F\nversionId=v&response-expires=x\n",
      "PUT\nlocalhost\n/b/k\nuploadId=u&partNumber=1\nx-amz-copy-source: b/k\n"};
  return seeds;
}

std::string Mutated(std::string text, base::Random* random) {
  const uint64_t changes = random->Below(6);
  for (uint64_t i = 0; i < changes && !text.empty(); ++i) {
    const size_t at = random->Below(text.size());
    switch (random->Below(4)) {
      case 0:
        text[at] = static_cast<char>(random->Below(256));
        break;
      case 1:
        text.erase(at, random->Below(8));
        break;
      case 2:
        text.insert(at, text.substr(random->Below(text.size()), random->Below(16)));
        break;
      default:
        text.insert(at, 1, "<>&%;=\"'/?\n+-"[random->Below(13)]);
    }
  }
  return text;
}

TEST(FuzzSmokeTest, EveryFuzzerTakesWhatHasChangedALittle) {
  base::Random random(20'261'129);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = Mutated(Seeds()[random.Below(Seeds().size())], &random);
    FuzzXml(text);
    FuzzHeaders(text);
    FuzzValues(text);
    FuzzRoute(text);
  }
}

}  // namespace
}  // namespace cloudlet::http::fuzz
