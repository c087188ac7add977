// aws-chunked bodies: AWS's published ones, and what is wrong in every mode, in pieces of every
// size.
#include "http/aws_chunked.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/aws_chunked_testing.h"
#include "http/sign_request.h"

namespace cloudlet::http {
namespace {

using enum ErrorCode;

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
TEST(AwsChunkedTest, ReadsAndWritesThePublishedBody) {
  const Signer signer({"AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")},
                      "us-east-1");
  RequestHead head;
  head.method = "PUT";
  head.target = "/examplebucket/chunkObject.txt";
  head.headers = {{"Host", "s3.amazonaws.com"},
                  {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                  {"Content-Encoding", "aws-chunked"},
                  {"x-amz-decoded-content-length", "66560"},
                  {"Content-Length", "66824"}};
  const StreamSeed seed = signer
                              .SignHeaders(head, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                                           absl::FromUnixSeconds(1369353600))
                              .value();
  ASSERT_EQ(seed.signature, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  AwsChunkedEncoder encoder(BodyMode::kSignedChunks, seed);
  std::string body = encoder.Chunk(std::string(65536, 'a'));
  body += encoder.Chunk(std::string(1024, 'a'));
  body += encoder.End();
  EXPECT_EQ(body.size(), 66824u);
  for (const char* signature :
       {"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"}) {
    EXPECT_NE(body.find(signature), std::string::npos) << signature;
  }
  const Decoded decoded = Decode(BodyMode::kSignedChunks, body, head.headers, 1000, seed);
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_TRUE(decoded.data == std::string(66560, 'a'));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
TEST(AwsChunkedTest, ReadsAndWritesThePublishedTrailer) {
  const Scope scope = {"20130524", "us-east-1", "s3"};
  const StreamSeed seed = {SigningKey(Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), scope),
                           "20130524T000000Z", scope.ToString(),
                           "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"};
  AwsChunkedEncoder encoder(BodyMode::kSignedChunksTrailer, seed);
  std::string body = encoder.Chunk(std::string(65536, 'a'));
  body += encoder.Chunk(std::string(1024, 'a'));
  body += encoder.End({{kCrc, "sOO8/Q=="}});
  for (const char* signature :
       {"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        "x-amz-trailer-signature:"
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"}) {
    EXPECT_NE(body.find(signature), std::string::npos) << signature;
  }
  const Decoded decoded = Decode(BodyMode::kSignedChunksTrailer, body,
                                 HeadersFor(BodyMode::kSignedChunksTrailer, 66560), 777, seed);
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.trailers.Get(kCrc), "sOO8/Q==");
}

// As botocore's AwsChunkedWrapper writes it.
TEST(AwsChunkedTest, ReadsBotocoresBody) {
  const Decoded decoded =
      Decode(BodyMode::kUnsignedChunksTrailer,
             "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n",
             {{"x-amz-decoded-content-length", "11"}, {"X-Amz-Trailer", "x-amz-checksum-crc32"}});
  EXPECT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.data, "hello world");
  EXPECT_EQ(decoded.trailers.Get("x-amz-checksum-crc32"), "DUoRhQ==");
}

TEST(AwsChunkedTest, PiecesMayBeCutAnywhere) {
  for (const BodyMode mode : kModes) {
    for (const std::vector<std::string>& datas : {std::vector<std::string>{},
                                                  {Data(1)},
                                                  {Data(8192), Data(1)},
                                                  {Data(8192), Data(9000), Data(100)}}) {
      const std::string all = Join(datas);
      const std::string body = Join(Chunks(mode, datas, TrailerFor(mode)));
      for (const size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{64}, size_t{97},
                                size_t{1000}, size_t{0}}) {
        const Decoded decoded = Decode(mode, body, HeadersFor(mode, all.size()), step);
        EXPECT_TRUE(decoded.status.ok()) << decoded.status;
        EXPECT_EQ(decoded.data, all);
        EXPECT_EQ(decoded.trailers.Get(kCrc), TrailerFor(mode).Get(kCrc));
      }
    }
  }
}

// Every body that is cut, and every one with a changed byte of a frame, is refused.
TEST(AwsChunkedTest, NothingLessAndNothingElse) {
  for (const BodyMode mode : kModes) {
    const std::string body = Join(Chunks(mode, {Data(5)}, TrailerFor(mode)));
    const Headers headers = HeadersFor(mode, 5);
    ASSERT_TRUE(Decode(mode, body, headers).status.ok());
    for (size_t size = 0; size < body.size(); ++size) {
      const Decoded decoded = Decode(mode, body.substr(0, size), headers);
      EXPECT_EQ(ErrorCodeOf(decoded.status), kIncompleteBody) << size << decoded.status;
    }
    if (mode == BodyMode::kUnsignedChunksTrailer) continue;
    for (size_t i = 0; i < body.size(); ++i) {
      std::string changed = body;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_FALSE(Decode(mode, changed, headers).status.ok()) << i << " in " << body;
    }
  }
}

TEST(AwsChunkedTest, SignedChunksInTheirOrder) {
  const auto broken = [](size_t i) {
    return [i](Pieces chunks) {
      const size_t at = chunks[i].find("signature=") + 10;
      chunks[i][at] = chunks[i][at] == '0' ? '1' : '0';
      return Join(chunks);
    };
  };
  CheckBad(
      {BodyMode::kSignedChunks, BodyMode::kSignedChunksTrailer},
      {{"first signature", broken(0), kSignatureDoesNotMatch},
       {"middle signature", broken(1), kSignatureDoesNotMatch},
       {"last signature", broken(2), kSignatureDoesNotMatch},
       {"final signature", broken(3), kSignatureDoesNotMatch},
       {"a changed byte",
        [](Pieces c) {
          c[1][c[1].size() - 3] ^= 1;
          return Join(c);
        },
        kSignatureDoesNotMatch},
       {"swapped", [](Pieces c) { return c[1] + c[0] + c[2] + c[3]; }, kSignatureDoesNotMatch},
       {"replayed", [](Pieces c) { return c[0] + c[0] + c[2] + c[3]; }, kSignatureDoesNotMatch},
       {"dropped", [](Pieces c) { return c[1] + c[2] + c[3]; }, kSignatureDoesNotMatch},
       {"no signature", [](Pieces c) { return "2000\r\n" + c[0].substr(c[0].find('\n') + 1); },
        kIncompleteBody},
       {"another extension", [](Pieces c) { return Edit(Join(c), "chunk-sig", "chunk_sig"); },
        kIncompleteBody},
       {"an extension more", [](Pieces c) { return Edit(Join(c), "\r\n", ";x=y\r\n"); },
        kSignatureDoesNotMatch},
       {"upper case",
        [](Pieces c) {
          const size_t at = c[0].find("signature=") + 10;
          for (size_t i = at; i < at + 64; ++i) {
            if (c[0][i] >= 'a' && c[0][i] <= 'f') c[0][i] = static_cast<char>(c[0][i] - 32);
          }
          return Join(c);
        },
        kSignatureDoesNotMatch},
       {"a short signature",
        [](Pieces c) {
          c[0].erase(c[0].find("signature=") + 10, 1);
          return Join(c);
        },
        kSignatureDoesNotMatch}});
}

TEST(AwsChunkedTest, Frames) {
  const auto size = [](const char* text) {
    return [text](Pieces c) {
      c[0].replace(0, 4, text);
      return Join(c);
    };
  };
  CheckBad(
      {std::begin(kModes), std::end(kModes)},
      {{"no final chunk", [](Pieces c) { return c[0] + c[1] + c[2]; }, kIncompleteBody},
       {"nothing", [](const Pieces&) { return ""; }, kIncompleteBody},
       {"data behind the end", [](Pieces c) { return Join(c) + "x"; }, kIncompleteBody},
       {"a line behind the end", [](Pieces c) { return Join(c) + "\r\n"; }, kIncompleteBody},
       {"size not hexadecimal", size("20g0"), kIncompleteBody},
       {"size with 0x", size("0x2000"), kIncompleteBody},
       {"negative size", size("-2000"), kIncompleteBody},
       {"size with a sign", size("+2000"), kIncompleteBody},
       {"size with a space", size("2000 "), kIncompleteBody},
       {"no size", size(""), kIncompleteBody},
       {"size over 64 bits", size("10000000000002000"), kIncompleteBody},
       {"size near 64 bits", size("ffffffffffffffff"), kIncompleteBody},
       {"a little more than is announced", size("800000"), kIncompleteBody},
       {"LF alone behind the size", [](Pieces c) { return Edit(Join(c), "\r\n", "\n"); },
        kIncompleteBody},
       {"no line end behind the data",
        [](Pieces c) { return c[0].substr(0, c[0].size() - 2) + c[1] + c[2] + c[3]; },
        kIncompleteBody},
       {"LF alone behind the data",
        [](Pieces c) { return c[0].substr(0, c[0].size() - 2) + "\n" + c[1] + c[2] + c[3]; },
        kIncompleteBody},
       {"a long line", [](const Pieces&) { return std::string(100000, '0'); }, kIncompleteBody},
       {"an HTTP chunk around it", [](Pieces c) { return "4f00\r\n" + Join(c) + "\r\n0\r\n\r\n"; },
        kIncompleteBody}});
  CheckBad({BodyMode::kUnsignedChunksTrailer},
           {{"a signature",
             [](Pieces c) {
               return Edit(Join(c), "\r\n", ";chunk-signature=" + std::string(64, 'a') + "\r\n");
             },
             kIncompleteBody}});
}

TEST(AwsChunkedTest, ChunksAreNotSmall) {
  for (const BodyMode mode : kModes) {
    std::vector<std::string> datas(100000, "x");
    const std::string many = Join(Chunks(mode, datas, TrailerFor(mode)));
    Decoded decoded = Decode(mode, many, HeadersFor(mode, datas.size()));
    EXPECT_EQ(ErrorCodeOf(decoded.status), kInvalidChunkSize);
    EXPECT_EQ(decoded.data, "x");
    const std::string two = Join(Chunks(mode, {Data(8191), Data(8192)}, TrailerFor(mode)));
    decoded = Decode(mode, two, HeadersFor(mode, 8191 + 8192));
    EXPECT_EQ(ErrorCodeOf(decoded.status), kInvalidChunkSize);
  }
}

TEST(AwsChunkedTest, TheLengthIsExact) {
  for (const BodyMode mode : kModes) {
    const std::string body = Join(Chunks(mode, {Data(100)}, TrailerFor(mode)));
    const auto code = [&](std::optional<std::string> length, bool twice = false) {
      Headers headers;
      if (length.has_value()) headers.Add("x-amz-decoded-content-length", *length);
      if (twice) headers.Add("x-amz-decoded-content-length", *length);
      if (HasTrailer(mode)) headers.Add("x-amz-trailer", kCrc);
      return ErrorCodeOf(Decode(mode, body, headers).status);
    };
    EXPECT_EQ(code("100"), kNone);
    EXPECT_EQ(code("99"), kIncompleteBody);
    EXPECT_EQ(code("101"), kIncompleteBody);
    EXPECT_EQ(code("0"), kIncompleteBody);
    EXPECT_EQ(code(std::nullopt), kMissingContentLength);
    for (const char* bad : {"", "-1", "+100", "1e2", "0x64", "100 ", "9999999999999999999"}) {
      EXPECT_EQ(code(bad), kInvalidArgument) << bad;
    }
    EXPECT_EQ(code("100", true), kInvalidArgument);
    // Nothing beyond what was announced is ever given on.
    EXPECT_LE(Decode(mode, body, HeadersFor(mode, 50)).data.size(), 50u);
  }
}

TEST(AwsChunkedTest, AnErrorStays) {
  auto decoder = AwsChunkedDecoder::Create(BodyMode::kUnsignedChunksTrailer, {},
                                           {{"x-amz-decoded-content-length", "1"}})
                     .value();
  const auto none = [](std::string_view) { ADD_FAILURE(); };
  EXPECT_EQ(decoder.decoded_length(), 1u);
  EXPECT_FALSE(decoder.Take("zz\r\n", none).ok());
  EXPECT_FALSE(decoder.Take("1\r\nx\r\n0\r\n\r\n", none).ok());
  EXPECT_FALSE(decoder.Finish().ok());
}

}  // namespace
}  // namespace cloudlet::http
