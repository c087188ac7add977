// aws-chunked bodies: AWS's published ones, and what is wrong in every mode, in pieces of every
// size.
#include "http/aws_chunked.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/sign_request.h"

namespace cloudlet::http {
namespace {

using base::V;
using enum ErrorCode;

constexpr BodyMode kModes[] = {BodyMode::kSignedChunks, BodyMode::kSignedChunksTrailer,
                               BodyMode::kUnsignedChunksTrailer};
constexpr char kCrc[] = "x-amz-checksum-crc32c";

StreamSeed TestSeed() {
  return {SigningKey(Secret("s"), {"20260228", "r", "s3"}), "20260228T235958Z",
          "20260228/r/s3/aws4_request", std::string(64, 'a')};
}
bool HasTrailer(BodyMode mode) { return mode != BodyMode::kSignedChunks; }

Headers HeadersFor(BodyMode mode, size_t length) {
  Headers headers = {{"X-Amz-Decoded-Content-Length", absl::StrCat(length)}};
  if (HasTrailer(mode)) headers.Add("x-amz-trailer", kCrc);
  return headers;
}

struct Decoded {
  absl::Status status;
  std::string data;
  Headers trailers;
};

Decoded Decode(BodyMode mode, std::string_view body, const Headers& headers, size_t step = 0,
               const StreamSeed& seed = TestSeed()) {
  Decoded decoded;
  auto decoder = AwsChunkedDecoder::Create(mode, seed, headers);
  if (!decoder.ok()) return {decoder.status(), "", {}};
  if (step == 0) step = std::max<size_t>(1, body.size());
  while (!body.empty()) {
    const absl::Status status =
        decoder->Take(body.substr(0, step), [&](std::string_view data) { decoded.data += data; });
    if (!status.ok()) break;  // stays for Finish
    body.remove_prefix(std::min(step, body.size()));
  }
  auto trailers = decoder->Finish();
  decoded.status = trailers.status();
  if (trailers.ok()) decoded.trailers = *trailers;
  return decoded;
}

std::string Data(size_t bytes) {
  std::string data(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) data[i] = static_cast<char>(base::Mix64(i) >> 8);
  return data;
}

std::vector<std::string> Chunks(BodyMode mode, const std::vector<std::string>& datas,
                                const Headers& trailers) {
  AwsChunkedEncoder encoder(mode, TestSeed());
  std::vector<std::string> chunks;
  for (const std::string& data : datas) chunks.push_back(encoder.Chunk(data));
  chunks.push_back(encoder.End(trailers));
  return chunks;
}
Headers TrailerFor(BodyMode mode) {
  return HasTrailer(mode) ? Headers{{kCrc, "sOO8/Q=="}} : Headers{};
}
std::string Join(const std::vector<std::string>& pieces) {
  std::string all;
  for (const std::string& piece : pieces) all += piece;
  return all;
}

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

struct Bad {
  const char* name;
  std::function<std::string(std::vector<std::string>)> change;  // of three chunks and the end
  ErrorCode code;
};

std::string Edit(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

void CheckBad(const std::vector<BodyMode>& modes, const std::vector<Bad>& bads) {
  const std::vector<std::string> datas = {Data(8192), Data(8193), Data(10)};
  for (const BodyMode mode : modes) {
    for (const Bad& bad : bads) {
      const std::string body = bad.change(Chunks(mode, datas, TrailerFor(mode)));
      for (const size_t step : {size_t{0}, size_t{1}}) {
        const Decoded decoded = Decode(mode, body, HeadersFor(mode, 8192 + 8193 + 10), step);
        EXPECT_EQ(ErrorCodeOf(decoded.status), bad.code)
            << bad.name << " in mode " << static_cast<int>(mode) << ": " << decoded.status;
      }
    }
  }
}

using Pieces = std::vector<std::string>;

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

TEST(AwsChunkedTest, Trailers) {
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

TEST(AwsChunkedTest, LinesOfTrailersMayEndAsSomeClientsEndThem) {
  for (const BodyMode mode : {BodyMode::kSignedChunksTrailer, BodyMode::kUnsignedChunksTrailer}) {
    const std::string body =
        Edit(Join(Chunks(mode, {Data(10)}, TrailerFor(mode))), "/Q==\r\n", "/Q==\n\r\n");
    const Decoded decoded = Decode(mode, body, HeadersFor(mode, 10), 1);
    EXPECT_TRUE(decoded.status.ok()) << decoded.status;
    EXPECT_EQ(decoded.trailers.Get(kCrc), "sOO8/Q==");
  }
}

TEST(AwsChunkedTest, Announcements) {
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
