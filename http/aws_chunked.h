// aws-chunked: the coding inside a body whose x-amz-content-sha256 says STREAMING-...
//
//   10000;chunk-signature=<64 hex>\r\n<65,536 bytes>\r\n       signed chunks
//   0;chunk-signature=<64 hex>\r\n
//   x-amz-checksum-crc32c:sOO8/Q==\r\n                        with a trailer
//   x-amz-trailer-signature:<64 hex>\r\n                      of signed chunks
//   \r\n
//
//   CLOUDLET_ASSIGN_OR_RETURN(AwsChunkedDecoder decoder,
//                             AwsChunkedDecoder::Create(who.body_mode(), who.seed(),
//                             head.headers));
//   CLOUDLET_RETURN_IF_ERROR(decoder.Take(bytes, [&](std::string_view data) { ... }));  // as they
//   come CLOUDLET_ASSIGN_OR_RETURN(Headers trailers, decoder.Finish());                // then
//   commit
//
// Data is given on as it comes; a chunk's signature is known only at its end. So nothing counts
// before Finish has said so. Nothing of a chunk is kept but its digest: memory is some kilobytes,
// whatever is sent, and a byte costs the same in chunks of any size (S3's least is 8 KiB).
//
// Errors are S3's: IncompleteBody for framing and lengths, SignatureDoesNotMatch,
// InvalidChunkSizeError, MalformedTrailerError. The first one stays.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
//
// Threads: one thread at a time.
#ifndef CLOUDLET_HTTP_AWS_CHUNKED_H_
#define CLOUDLET_HTTP_AWS_CHUNKED_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/digest.h"
#include "cloudlet/error.h"
#include "http/authenticate.h"
#include "http/message.h"
#include "http/sigv4.h"

namespace cloudlet::http {

inline constexpr uint64_t kMinChunkBytes = 8192;  // of every chunk but the last
inline constexpr size_t kMaxTrailerBytes = 8192;  // of all lines together

class AwsChunkedDecoder {
 public:
  // Reads x-amz-decoded-content-length (MissingContentLength, InvalidArgument) and x-amz-trailer:
  // at most one name, of a checksum (InvalidRequest). REQUIRES: a mode with chunks.
  static absl::StatusOr<AwsChunkedDecoder> Create(BodyMode mode, const StreamSeed& seed,
                                                  const Headers& headers);

  // Data between the frames of `bytes`, in order. Behind an error nothing more is given.
  absl::Status Take(std::string_view bytes, absl::FunctionRef<void(std::string_view)> data);

  // The body has ended: whether it was whole. Gives the trailers, names in lower case.
  absl::StatusOr<Headers> Finish();

  uint64_t decoded_length() const { return decoded_length_; }

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer, kEnd };

  AwsChunkedDecoder(BodyMode mode, const StreamSeed& seed)
      : mode_(mode), seed_(seed), previous_(seed.signature) {}

  bool is_signed() const { return mode_ != BodyMode::kUnsignedChunksTrailer; }
  absl::Status Step(std::string_view& bytes, absl::FunctionRef<void(std::string_view)> data);
  absl::StatusOr<bool> ReadLine(std::string_view& bytes, size_t limit, ErrorCode code);
  absl::Status BeginChunk();
  absl::Status EndChunk();
  absl::Status TakeTrailerLine();
  absl::Status EndTrailer();
  absl::Status CheckSignature(std::string_view text, std::string_view sent);

  // Constant after construction.
  BodyMode mode_;
  StreamSeed seed_;
  uint64_t decoded_length_ = 0;
  std::vector<std::string> announced_;  // lower case

  State state_ = State::kSize;
  absl::Status error_;
  std::string line_;          // of the frame that is being read
  uint64_t taken_ = 0;        // data bytes so far
  uint64_t chunk_bytes_ = 0;  // of the current chunk
  uint64_t chunk_left_ = 0;
  bool small_chunk_ = false;  // the last one may be no other's predecessor
  base::Digest digest_{base::DigestKind::kSha256};
  std::string chunk_signature_;  // as sent
  std::string previous_;         // signature
  size_t trailer_bytes_ = 0;
  bool bare_ = false;         // the line of the trailer just read ended in LF alone,
  bool lf_before_ = false;    // the one before did: this one must be CR LF
  std::string trailer_text_;  // canonical
  std::string trailer_signature_;
  Headers trailers_;
};

// Writes what AwsChunkedDecoder reads. The body is Chunk(...)... and End(...).
class AwsChunkedEncoder {
 public:
  // `seed`: what Signer::SignHeaders gave for the head; unsigned chunks need none.
  explicit AwsChunkedEncoder(BodyMode mode, StreamSeed seed = {})
      : mode_(mode), seed_(std::move(seed)), previous_(seed_.signature) {}

  // REQUIRES: `data` is not empty, and has kMinChunkBytes unless it is the last.
  std::string Chunk(std::string_view data);
  // Names in lower case. REQUIRES: none where the mode has no trailer.
  std::string End(const Headers& trailers = {});

 private:
  std::string Frame(std::string_view data);

  const BodyMode mode_;
  const StreamSeed seed_;
  std::string previous_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_AWS_CHUNKED_H_
