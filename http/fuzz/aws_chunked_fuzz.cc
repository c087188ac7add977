// aws-chunked bodies: cut in any way they read the same, and never give more than was announced.
// The first byte says the mode, the second how the rest is cut.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "http/aws_chunked.h"
#include "http/fuzz/fuzz.h"

namespace cloudlet::http {
namespace {

constexpr BodyMode kModes[] = {BodyMode::kSignedChunks, BodyMode::kSignedChunksTrailer,
                               BodyMode::kUnsignedChunksTrailer};
constexpr uint64_t kLength = 8200;

StreamSeed Seed() {
  return {SigningKey(Secret("s"), {"20260228", "r", "s3"}), "20260228T235958Z",
          "20260228/r/s3/aws4_request", std::string(64, 'a')};
}

struct Result {
  absl::Status status;
  std::string data;
  Headers trailers;
};

Result Decode(BodyMode mode, std::string_view body, size_t step) {
  Headers headers = {{"x-amz-decoded-content-length", std::to_string(kLength)}};
  if (mode != BodyMode::kSignedChunks) headers.Add("x-amz-trailer", "x-amz-checksum-crc32");
  AwsChunkedDecoder decoder = AwsChunkedDecoder::Create(mode, Seed(), headers).value();
  Result result;
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, step);
    const auto take = [&](std::string_view data) { result.data += data; };
    if (!decoder.Take(piece, take).ok()) break;
    body.remove_prefix(piece.size());
  }
  const auto trailers = decoder.Finish();
  result.status = trailers.status();
  if (trailers.ok()) result.trailers = *trailers;
  return result;
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() {
  static const std::vector<std::string>* const seeds = [] {
    auto* made = new std::vector<std::string>;
    for (int mode = 0; mode < 3; ++mode) {
      AwsChunkedEncoder encoder(kModes[mode], Seed());
      std::string text = {static_cast<char>(mode), static_cast<char>(7)};
      text += encoder.Chunk(std::string(8192, 'x'));
      text += encoder.Chunk("the rest");
      text += encoder.End(mode == 0 ? Headers{} : Headers{{"x-amz-checksum-crc32", "AAAAAA=="}});
      made->push_back(text);
    }
    made->push_back(std::string("\2\1") + "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:a\n\r\n\r\n");
    return made;
  }();
  return *seeds;
}

}  // namespace cloudlet::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cloudlet::http;  // NOLINT(google-build-using-namespace): here alone
  using cloudlet::ErrorCodeOf;
  if (size < 2) return 0;
  const BodyMode mode = kModes[data[0] % 3];
  const std::string_view body = TextOf(data + 2, size - 2);
  const Result whole = Decode(mode, body, std::max<size_t>(1, body.size()));
  const Result cut = Decode(mode, body, 1 + data[1]);
  RequireClientError(whole.status);
  Require(ErrorCodeOf(whole.status) == ErrorCodeOf(cut.status));
  Require(whole.data == cut.data && whole.data.size() <= kLength);
  if (whole.status.ok()) {
    Require(whole.data.size() == kLength);
    Require(whole.trailers.list().size() == (mode == BodyMode::kSignedChunks ? 0u : 1u));
    Require(whole.trailers.list() == cut.trailers.list());
  }
  return 0;
}
