// Bodies for tests of aws-chunked: written, spoiled, and read in pieces of any size.
//
//   const std::string body = Join(Chunks(mode, {Data(5)}, TrailerFor(mode)));
//   EXPECT_TRUE(Decode(mode, body, HeadersFor(mode, 5)).status.ok());
#ifndef CLOUDLET_HTTP_AWS_CHUNKED_TESTING_H_
#define CLOUDLET_HTTP_AWS_CHUNKED_TESTING_H_

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "http/aws_chunked.h"

namespace cloudlet::http {

inline constexpr BodyMode kModes[] = {BodyMode::kSignedChunks, BodyMode::kSignedChunksTrailer,
                                      BodyMode::kUnsignedChunksTrailer};
inline constexpr char kCrc[] = "x-amz-checksum-crc32c";

inline StreamSeed TestSeed() {
  return {SigningKey(Secret("s"), {"20260228", "r", "s3"}), "20260228T235958Z",
          "20260228/r/s3/aws4_request", std::string(64, 'a')};
}
inline bool HasTrailer(BodyMode mode) { return mode != BodyMode::kSignedChunks; }

inline Headers HeadersFor(BodyMode mode, size_t length) {
  Headers headers = {{"X-Amz-Decoded-Content-Length", absl::StrCat(length)}};
  if (HasTrailer(mode)) headers.Add("x-amz-trailer", kCrc);
  return headers;
}

struct Decoded {
  absl::Status status;
  std::string data;
  Headers trailers;
};

inline Decoded Decode(BodyMode mode, std::string_view body, const Headers& headers, size_t step = 0,
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

inline std::string Data(size_t bytes) {
  std::string data(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) data[i] = static_cast<char>(base::Mix64(i) >> 8);
  return data;
}

inline std::vector<std::string> Chunks(BodyMode mode, const std::vector<std::string>& datas,
                                       const Headers& trailers) {
  AwsChunkedEncoder encoder(mode, TestSeed());
  std::vector<std::string> chunks;
  for (const std::string& data : datas) chunks.push_back(encoder.Chunk(data));
  chunks.push_back(encoder.End(trailers));
  return chunks;
}
inline Headers TrailerFor(BodyMode mode) {
  return HasTrailer(mode) ? Headers{{kCrc, "sOO8/Q=="}} : Headers{};
}
inline std::string Join(const std::vector<std::string>& pieces) {
  std::string all;
  for (const std::string& piece : pieces) all += piece;
  return all;
}

struct Bad {
  const char* name;
  std::function<std::string(std::vector<std::string>)> change;  // of three chunks and the end
  ErrorCode code;
};

inline std::string Edit(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

inline void CheckBad(const std::vector<BodyMode>& modes, const std::vector<Bad>& bads) {
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

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_AWS_CHUNKED_TESTING_H_
