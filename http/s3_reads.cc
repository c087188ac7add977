// GetObject, HeadObject, GetObjectAttributes.

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "base/status_macros.h"
#include "http/http_date.h"
#include "http/s3_documents_object.h"
#include "http/s3_headers.h"
#include "http/s3_object_headers.h"
#include "http/s3_operations.h"

namespace cloudlet::http {
namespace {

// What is read at once, so that a small answer is one write.
constexpr uint64_t kWholeBytes = 64 << 10;

class ReaderSource : public BodySource {
 public:
  explicit ReaderSource(ObjectReader reader) : reader_(std::move(reader)) {}
  absl::StatusOr<absl::Cord> Next() override { return reader_.ReadPiece(); }

 private:
  ObjectReader reader_;
};

absl::StatusOr<absl::Cord> ReadAll(ObjectReader* reader) {
  absl::Cord whole;
  for (;;) {
    CLOUDLET_ASSIGN_OR_RETURN(absl::Cord piece, reader->ReadPiece());
    if (piece.empty()) return whole;
    whole.Append(std::move(piece));
  }
}

// The head of an answer that gives `length` bytes of the object from `offset`.
Response HeadOf(const S3Call& call, const GetOptions& options, const ObjectInfo& info,
                uint64_t offset, uint64_t length) {
  const bool partial = (options.range.has_value() || options.part_number.has_value()) && length > 0;
  Response response = call.Ok(partial ? 206 : 200);
  ObjectHeadersOptions told;
  if (partial) told.content_range = ContentRange{offset, length, info.size};
  told.part = options.part_number.has_value();
  const bool composite_part = told.part && info.checksum.type == ChecksumType::kComposite;
  told.checksum =
      WantsChecksum(call.head.headers) && (!partial || length == info.size || composite_part);
  EncodeObjectHeaders(info, told, &response.headers);
  return response;
}

Response NotModified(const S3Call& call, const ObjectInfo& info) {
  Response response = call.Ok(304);
  EncodeNotModifiedHeaders(info, &response.headers);
  return response;
}

absl::StatusOr<Response> Get(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const GetOptions options,
                            DecodeGetOptions(call.head.headers, call.target.query));
  CLOUDLET_ASSIGN_OR_RETURN(ObjectReader reader,
                            call.bucket().OpenReader(call.address.key, options));
  if (reader.not_modified()) return NotModified(call, reader.info());
  const uint64_t length = reader.length();
  Response response = HeadOf(call, options, reader.info(), reader.position(), length);
  if (length <= kWholeBytes) {
    CLOUDLET_ASSIGN_OR_RETURN(response.body, ReadAll(&reader));
  } else {
    response.content_length = length;
    response.body = std::make_unique<ReaderSource>(std::move(reader));
  }
  return response;
}

absl::StatusOr<Response> Head(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const GetOptions options,
                            DecodeGetOptions(call.head.headers, call.target.query));
  CLOUDLET_ASSIGN_OR_RETURN(const HeadResult head, call.bucket().Head(call.address.key, options));
  if (head.not_modified) return NotModified(call, head.info);
  Response response = HeadOf(call, options, head.info, head.offset, head.length);
  response.content_length = head.length;
  return response;
}

absl::StatusOr<Response> Attributes(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(const AttributesOptions options,
                            DecodeAttributesOptions(call.head.headers, call.target.query));
  CLOUDLET_ASSIGN_OR_RETURN(const ObjectAttributes attributes,
                            call.bucket().GetAttributes(call.address.key, options));
  Response response = call.Xml(EncodeAttributes(attributes));
  response.headers.Add("Last-Modified", FormatHttpDate(attributes.last_modified));
  if (!attributes.version_id.empty()) {
    response.headers.Add("x-amz-version-id", attributes.version_id);
  }
  return response;
}

}  // namespace

Begun GetObject(const S3CallPtr& call) { return AnswerOf(*call, Get(*call)); }
Begun HeadObject(const S3CallPtr& call) { return AnswerOf(*call, Head(*call)); }
Begun GetObjectAttributes(const S3CallPtr& call) { return AnswerOf(*call, Attributes(*call)); }

}  // namespace cloudlet::http
