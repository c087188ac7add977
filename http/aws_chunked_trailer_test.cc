// Trailers of aws-chunked bodies: what is announced, what comes, and how it is signed.
#include <string>
#include <vector>

#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/aws_chunked.h"
#include "http/aws_chunked_testing.h"

namespace cloudlet::http {
namespace {

using enum ErrorCode;

TEST(AwsChunkedTrailerTest, Trailers) {
  const auto edit = [](std::string from, std::string to) {
    return [=](Pieces c) { return Edit(Join(c), from, to); };
  };
  CheckBad(
      {BodyMode::kSignedChunksTrailer, BodyMode::kUnsignedChunksTrailer},
      {{"not announced", edit("crc32c:", "crc32:"), kMalformedTrailer},
       {"authorization", edit("x-amz-checksum-crc32c:", "authorization:"), kMalformedTrailer},
       {"content-length", edit("x-amz-checksum-crc32c:", "content-length:"), kMalformedTrailer},
       {"an ACL added",
        edit("x-amz-checksum-crc32c:",
             "x-amz-acl:public-read\r\n"
             "x-amz-checksum-crc32c:"),
        kMalformedTrailer},
       {"twice",
        edit("x-amz-checksum-crc32c:",
             "x-amz-checksum-crc32c:AAAAAA==\r\n"
             "x-amz-checksum-crc32c:"),
        kMalformedTrailer},
       {"absent", edit("x-amz-checksum-crc32c:sOO8/Q==\r\n", ""), kMalformedTrailer},
       {"no colon", edit("crc32c:", "crc32c"), kMalformedTrailer},
       {"no name", edit("x-amz-checksum-crc32c:", ":"), kMalformedTrailer},
       {"a control character", edit("sOO8", "sO\1O8"), kMalformedTrailer},
       {"LF alone", edit("/Q==\r\n", "/Q==\nx"), kMalformedTrailer},
       {"a long value", edit("sOO8", std::string(9000, 'A')), kMalformedTrailer},
       {"many lines",
        [](Pieces c) {
          std::string lines;
          for (int i = 0; i < 4000; ++i) lines += "a:b\r\n";
          return Edit(Join(c), "x-amz-checksum", lines + "x-amz-checksum");
        },
        kMalformedTrailer}});
  CheckBad({BodyMode::kSignedChunksTrailer},
           {{"wrong signature", edit("trailer-signature:", "trailer-signature:0"),
             kSignatureDoesNotMatch},
            {"no signature",
             [](Pieces c) {
               const std::string body = Join(c);
               return body.substr(0, body.find("x-amz-trailer-signature")) + "\r\n";
             },
             kMalformedTrailer},
            {"an empty signature",
             [](Pieces c) {
               const std::string body = Join(c);
               return body.substr(0, body.find("x-amz-trailer-signature")) +
                      "x-amz-trailer-signature:\r\n\r\n";
             },
             kMalformedTrailer},
            {"a changed value", edit("sOO8", "tOO8"), kSignatureDoesNotMatch},
            {"a line behind the signature",
             [](Pieces c) {
               std::string body = Join(c);
               body.resize(body.size() - 2);
               return body + "x-amz-checksum-crc32c:AAAA\r\n\r\n";
             },
             kMalformedTrailer}});
  CheckBad({BodyMode::kUnsignedChunksTrailer},
           {{"a signature", edit("/Q==\r\n", "/Q==\r\nx-amz-trailer-signature:0\r\n"),
             kMalformedTrailer}});
  CheckBad({BodyMode::kSignedChunks}, {{"a trailer",
                                        [](Pieces c) {
                                          std::string body = Join(c);
                                          body.resize(body.size() - 2);
                                          return body + "x-amz-checksum-crc32c:AAAA\r\n\r\n";
                                        },
                                        kIncompleteBody}});
}

TEST(AwsChunkedTrailerTest, LinesOfTrailersMayEndAsSomeClientsEndThem) {
  for (const BodyMode mode : {BodyMode::kSignedChunksTrailer, BodyMode::kUnsignedChunksTrailer}) {
    const std::string body =
        Edit(Join(Chunks(mode, {Data(10)}, TrailerFor(mode))), "/Q==\r\n", "/Q==\n\r\n");
    const Decoded decoded = Decode(mode, body, HeadersFor(mode, 10), 1);
    EXPECT_TRUE(decoded.status.ok()) << decoded.status;
    EXPECT_EQ(decoded.trailers.Get(kCrc), "sOO8/Q==");
  }
}

TEST(AwsChunkedTrailerTest, Announcements) {
  const auto code = [](BodyMode mode, std::vector<const char*> names) {
    Headers headers = {{"x-amz-decoded-content-length", "0"}};
    for (const char* name : names) headers.Add("x-amz-trailer", name);
    return ErrorCodeOf(AwsChunkedDecoder::Create(mode, TestSeed(), headers).status());
  };
  for (const BodyMode mode : {BodyMode::kSignedChunksTrailer, BodyMode::kUnsignedChunksTrailer}) {
    EXPECT_EQ(code(mode, {}), kNone);
    EXPECT_EQ(code(mode, {"X-Amz-Checksum-CRC64NVME"}), kNone);
    EXPECT_EQ(code(mode, {"x-amz-checksum-foo"}), kInvalidRequest);
    EXPECT_EQ(code(mode, {""}), kInvalidRequest);
    EXPECT_EQ(code(mode, {"authorization"}), kInvalidRequest);
    EXPECT_EQ(code(mode, {"x-amz-checksum-crc32", "x-amz-checksum-crc32c"}), kInvalidRequest);
    EXPECT_EQ(code(mode, {"x-amz-checksum-crc32,x-amz-checksum-crc32c"}), kInvalidRequest);
  }
  EXPECT_EQ(code(BodyMode::kSignedChunks, {}), kNone);
  EXPECT_EQ(code(BodyMode::kSignedChunks, {"x-amz-checksum-crc32"}), kInvalidRequest);
}

}  // namespace
}  // namespace cloudlet::http
