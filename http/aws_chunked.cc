// Reads and writes aws-chunked bodies.
#include "http/aws_chunked.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/checksum.h"
#include "cloudlet/error.h"

namespace cloudlet::http {
namespace {

using base::Quoted;
using base::S;
using base::V;

constexpr std::string_view kExtension = ";chunk-signature=";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";
constexpr size_t kMaxSizeDigits = 16;
constexpr size_t kMaxSizeLine = kMaxSizeDigits + kExtension.size() + 64 + 1;  // its CR too

absl::Status Broken(std::string_view what) {
  return MakeError(ErrorCode::kIncompleteBody,
                   absl::StrCat("The request body terminated unexpectedly: ", V(what)));
}
absl::Status BadTrailer(std::string_view what) {
  return MakeError(ErrorCode::kMalformedTrailer, what);
}

std::optional<uint64_t> ParseHex(std::string_view text) {
  if (text.empty() || text.size() > kMaxSizeDigits) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (!absl::ascii_isxdigit(c)) return std::nullopt;
    value = value << 4 | static_cast<uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

std::optional<uint64_t> ParseLength(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;  // far above any object
  uint64_t value = 0;
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

std::string ChunkText(const StreamSeed& seed, std::string_view previous, base::Digest& data) {
  return absl::StrCat("AWS4-HMAC-SHA256-PAYLOAD\n", seed.amz_time, "\n", seed.scope, "\n",
                      V(previous), "\n", V(kEmptySha256), "\n", base::HexLower(data.Finish()));
}
std::string TrailerText(const StreamSeed& seed, std::string_view previous,
                        std::string_view trailers) {
  return absl::StrCat("AWS4-HMAC-SHA256-TRAILER\n", seed.amz_time, "\n", seed.scope, "\n",
                      V(previous), "\n", Sha256Hex(trailers));
}

}  // namespace

absl::StatusOr<AwsChunkedDecoder> AwsChunkedDecoder::Create(BodyMode mode, const StreamSeed& seed,
                                                            const Headers& headers) {
  AwsChunkedDecoder decoder(mode, seed);
  const std::string* const length = headers.Find("x-amz-decoded-content-length");
  if (length == nullptr) {
    return MakeError(ErrorCode::kMissingContentLength,
                     "You must provide the x-amz-decoded-content-length header");
  }
  const std::optional<uint64_t> bytes = ParseLength(*length);
  if (!bytes.has_value() || headers.Count("x-amz-decoded-content-length") != 1) {
    return MakeError(ErrorCode::kInvalidArgument,
                     absl::StrCat("x-amz-decoded-content-length is no length: ", Quoted(*length)));
  }
  decoder.decoded_length_ = *bytes;
  for (const Header& header : headers) {
    if (!SameName(header.name, "x-amz-trailer")) continue;
    const std::string name = absl::AsciiStrToLower(header.value);
    bool is_checksum = false;
    for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
      is_checksum = is_checksum || ChecksumHeader(algorithm) == name;
    }
    if (mode == BodyMode::kSignedChunks || (!is_checksum && name.find(',') == std::string::npos)) {
      return MakeError(ErrorCode::kInvalidRequest,
                       "The value specified in the x-amz-trailer header is not supported");
    }
    if (!is_checksum || !decoder.announced_.empty()) {
      return MakeError(ErrorCode::kInvalidRequest,
                       "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                       "allowed.");
    }
    decoder.announced_.push_back(name);
  }
  return decoder;
}

absl::Status AwsChunkedDecoder::Take(std::string_view bytes,
                                     absl::FunctionRef<void(std::string_view)> data) {
  while (error_.ok() && !bytes.empty()) error_ = Step(bytes, data);
  return error_;
}

absl::Status AwsChunkedDecoder::Step(std::string_view& bytes,
                                     absl::FunctionRef<void(std::string_view)> data) {
  switch (state_) {
    case State::kSize: {
      CLOUDLET_ASSIGN_OR_RETURN(const bool whole,
                                ReadLine(bytes, kMaxSizeLine, ErrorCode::kIncompleteBody));
      return whole ? BeginChunk() : absl::OkStatus();
    }
    case State::kData: {
      const auto piece =
          bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(chunk_left_, bytes.size())));
      bytes.remove_prefix(piece.size());
      if (is_signed()) digest_.Update(piece);
      chunk_left_ -= piece.size();
      taken_ += piece.size();
      data(piece);
      if (chunk_left_ == 0) state_ = State::kDataEnd;
      return absl::OkStatus();
    }
    case State::kDataEnd: {
      CLOUDLET_ASSIGN_OR_RETURN(const bool whole, ReadLine(bytes, 1, ErrorCode::kIncompleteBody));
      if (!whole) return absl::OkStatus();
      if (!line_.empty()) return Broken("no line end behind a chunk");
      state_ = State::kSize;
      return EndChunk();
    }
    case State::kTrailer: {
      CLOUDLET_ASSIGN_OR_RETURN(const bool whole,
                                ReadLine(bytes, kMaxTrailerBytes, ErrorCode::kMalformedTrailer));
      return whole ? TakeTrailerLine() : absl::OkStatus();
    }
    case State::kEnd:
      return Broken("bytes behind the end");
  }
  return Broken("no such state");
}

// Adds to line_ up to the next line end, at most `limit` bytes; true: line_ is whole, without it.
absl::StatusOr<bool> AwsChunkedDecoder::ReadLine(std::string_view& bytes, size_t limit,
                                                 ErrorCode code) {
  const size_t room = limit - line_.size();
  const size_t end = bytes.substr(0, room + 1).find('\n');
  const std::string_view piece = bytes.substr(0, end);
  if (piece.size() > room) return MakeError(code, "a line is too long");
  line_.append(piece);
  bytes.remove_prefix(piece.size());
  if (end == std::string_view::npos) return false;
  bytes.remove_prefix(1);
  if (!line_.empty() && line_.back() == '\r') {
    line_.pop_back();
    bare_ = false;
    return true;
  }
  // Some clients end the line of a trailer with LF CR LF.
  if (state_ != State::kTrailer || line_.empty() || lf_before_) {
    return MakeError(code, "a line ends without a carriage return");
  }
  bare_ = true;
  return true;
}

absl::Status AwsChunkedDecoder::BeginChunk() {
  const std::string line = std::exchange(line_, {});
  const size_t semicolon = line.find(';');
  const std::optional<uint64_t> size = ParseHex(std::string_view(line).substr(0, semicolon));
  if (!size.has_value()) return Broken(absl::StrCat("no size of a chunk: ", Quoted(line)));
  if ((semicolon != std::string::npos) != is_signed()) {
    return Broken(is_signed() ? "a chunk without a signature" : "a signature of an unsigned chunk");
  }
  if (is_signed()) {
    if (!absl::StartsWith(V(std::string_view(line).substr(semicolon)), V(kExtension))) {
      return Broken(absl::StrCat("no signature of a chunk: ", Quoted(line)));
    }
    chunk_signature_ = line.substr(semicolon + kExtension.size());
    digest_ = base::Digest(base::DigestKind::kSha256);
  }
  chunk_bytes_ = chunk_left_ = *size;
  if (*size > decoded_length_ - taken_) {
    return Broken(absl::StrCat("more than the ", decoded_length_, " bytes that were announced"));
  }
  if (*size == 0) {
    if (taken_ != decoded_length_) {
      return Broken(absl::StrCat(taken_, " bytes of ", decoded_length_));
    }
    state_ = State::kTrailer;
    return EndChunk();
  }
  if (small_chunk_) return MakeError(ErrorCode::kInvalidChunkSize);
  small_chunk_ = *size < kMinChunkBytes;
  state_ = State::kData;
  return absl::OkStatus();
}

absl::Status AwsChunkedDecoder::EndChunk() {
  if (!is_signed()) return absl::OkStatus();
  return CheckSignature(ChunkText(seed_, previous_, digest_), chunk_signature_);
}

absl::Status AwsChunkedDecoder::CheckSignature(std::string_view text, std::string_view sent) {
  const std::optional<Mac> mac = MacOf(sent);
  const bool same = SameMac(Hmac(seed_.key, text), mac.value_or(Mac{})) && mac.has_value();
  if (!same) return MakeError(ErrorCode::kSignatureDoesNotMatch);
  previous_ = std::string(sent);
  return absl::OkStatus();
}

absl::Status AwsChunkedDecoder::TakeTrailerLine() {
  const std::string line = std::exchange(line_, {});
  trailer_bytes_ += line.size() + 2;
  if (trailer_bytes_ > kMaxTrailerBytes) return BadTrailer("the trailer is too long");
  if (std::exchange(lf_before_, bare_)) {
    lf_before_ = false;
    if (!line.empty()) return BadTrailer("a line ends in LF alone");
    return absl::OkStatus();
  }
  if (line.empty()) return EndTrailer();
  if (mode_ == BodyMode::kSignedChunks) return Broken("a trailer that the mode does not have");
  if (!trailer_signature_.empty()) return BadTrailer("a line behind the signature of the trailer");
  const size_t colon = line.find(':');
  if (colon == std::string::npos) return BadTrailer(absl::StrCat("no colon: ", Quoted(line)));
  const std::string name = absl::AsciiStrToLower(V(std::string_view(line).substr(0, colon)));
  const std::string_view value =
      S(absl::StripAsciiWhitespace(V(std::string_view(line).substr(colon + 1))));
  for (const char c : value) {
    if (c < ' ' || c > '~')
      return BadTrailer(absl::StrCat("no value of a trailer: ", Quoted(line)));
  }
  if (name == kTrailerSignature && mode_ == BodyMode::kSignedChunksTrailer) {
    if (value.empty()) return BadTrailer("an empty signature of the trailer");
    trailer_signature_ = std::string(value);
    return absl::OkStatus();
  }
  if (std::find(announced_.begin(), announced_.end(), name) == announced_.end()) {
    return BadTrailer(absl::StrCat("a trailer that was not announced: ", Quoted(name)));
  }
  if (trailers_.Count(name) > 0) return BadTrailer(absl::StrCat("two of ", Quoted(name)));
  trailers_.Add(name, value);
  absl::StrAppend(&trailer_text_, name, ":", V(value), "\n");
  return absl::OkStatus();
}

absl::Status AwsChunkedDecoder::EndTrailer() {
  for (const std::string& name : announced_) {
    if (trailers_.Count(name) == 0) return BadTrailer(absl::StrCat("no ", name));
  }
  state_ = State::kEnd;
  if (mode_ != BodyMode::kSignedChunksTrailer) return absl::OkStatus();
  if (trailer_signature_.empty()) return BadTrailer("no signature of the trailer");
  return CheckSignature(TrailerText(seed_, previous_, trailer_text_), trailer_signature_);
}

absl::StatusOr<Headers> AwsChunkedDecoder::Finish() {
  if (error_.ok() && state_ != State::kEnd) {
    error_ = Broken(absl::StrCat(taken_, " bytes of ", decoded_length_, ", and no end"));
  }
  CLOUDLET_RETURN_IF_ERROR(error_);
  return trailers_;
}

std::string AwsChunkedEncoder::Frame(std::string_view data) {
  std::string out = absl::StrFormat("%x", data.size());
  if (mode_ != BodyMode::kUnsignedChunksTrailer) {
    base::Digest digest(base::DigestKind::kSha256);
    digest.Update(data);
    previous_ = HexOf(Hmac(seed_.key, ChunkText(seed_, previous_, digest)));
    absl::StrAppend(&out, V(kExtension), previous_);
  }
  return out + "\r\n";
}

std::string AwsChunkedEncoder::Chunk(std::string_view data) {
  return absl::StrCat(Frame(data), V(data), "\r\n");
}

std::string AwsChunkedEncoder::End(const Headers& trailers) {
  std::string out = Frame({});
  std::string text;
  for (const Header& trailer : trailers) {
    absl::StrAppend(&out, trailer.name, ":", trailer.value, "\r\n");
    absl::StrAppend(&text, trailer.name, ":", trailer.value, "\n");
  }
  if (mode_ == BodyMode::kSignedChunksTrailer) {
    previous_ = HexOf(Hmac(seed_.key, TrailerText(seed_, previous_, text)));
    absl::StrAppend(&out, V(kTrailerSignature), ":", previous_, "\r\n");
  }
  return out + "\r\n";
}

}  // namespace cloudlet::http
