// See entries.h.
#include "http/fuzz/entries.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "http/http_date.h"
#include "http/http_range.h"
#include "http/message.h"
#include "http/s3_address.h"
#include "http/s3_copy_headers.h"
#include "http/s3_documents_acl.h"
#include "http/s3_documents_bucket.h"
#include "http/s3_documents_delete.h"
#include "http/s3_documents_list.h"
#include "http/s3_documents_multipart.h"
#include "http/s3_documents_notification.h"
#include "http/s3_documents_object.h"
#include "http/s3_errors.h"
#include "http/s3_headers.h"
#include "http/s3_metadata.h"
#include "http/s3_object_headers.h"
#include "http/s3_route.h"
#include "http/uri.h"

namespace cloudlet::http::fuzz {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

// The front of `rest` up to a line break, which goes too.
std::string_view TakeLine(std::string_view* rest) {
  const size_t end = rest->find('\n');
  const std::string_view line = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return line;
}

Headers HeadersOf(std::string_view bytes) {
  Headers headers;
  while (!bytes.empty()) {
    const std::string_view line = TakeLine(&bytes);
    const size_t colon = line.find(": ");
    if (colon != std::string_view::npos) headers.Add(line.substr(0, colon), line.substr(colon + 2));
  }
  return headers;
}

}  // namespace

void FuzzXml(std::string_view xml) {
  if (const auto tags = DecodeTagging(xml); tags.ok()) {
    Check(*DecodeTagging(EncodeTagging(*tags)) == *tags);
  }
  if (const auto request = DecodeDelete(xml); request.ok()) {
    Check(DecodeDelete(EncodeDelete(*request))->objects == request->objects);
  }
  if (const auto parts = DecodeComplete(xml); parts.ok()) {
    Check(DecodeComplete(EncodeComplete(*parts))->size() == parts->size());
  }
  if (const auto list = DecodeObjectList(xml); list.ok()) {
    Check(DecodeObjectList(EncodeObjectListV1(*list)).ok());
    Check(DecodeObjectList(EncodeObjectListV2(*list)).ok());
  }
  if (const auto list = DecodeVersionList(xml); list.ok()) {
    Check(DecodeVersionList(EncodeVersionList(*list)).ok());
  }
  if (const auto acl = DecodeAcl(xml); acl.ok()) {
    Check(DecodeAcl(EncodeAcl(*acl))->grants == acl->grants);
    (void)CannedAclOf(*acl, AclOf::kBucket);
  }
  if (const auto triggers = DecodeNotification(xml, "b"); triggers.ok()) {
    Check(DecodeNotification(EncodeNotification(*triggers, "r"), "b").ok());
  }
  if (const auto error = DecodeError(xml, 400); error.ok()) (void)StatusOf(*error);
  if (const auto copied = DecodeCopied(xml); copied.ok()) (void)EncodeCopyObjectResult(*copied);
  (void)DecodeBucketList(xml);
  (void)DecodeCreateBucket(xml);
  (void)DecodeLocation(xml);
  (void)DecodeVersioning(xml);
  (void)DecodeDeleteResult(xml);
  (void)DecodeCreatedUpload(xml);
  (void)DecodeCompletedUpload(xml);
  (void)DecodePartList(xml);
  (void)DecodeUploadList(xml);
  (void)DecodeAttributes(xml);
  (void)DecodeAnnotationPut(xml);
  (void)DecodeAnnotationList(xml);
  (void)DecodePosted(xml);
}

void FuzzHeaders(std::string_view bytes) {
  const Headers headers = HeadersOf(bytes);
  (void)CheckSupportedHeaders(headers);
  (void)DecodePutOptions(headers);
  (void)DecodeCreateUploadOptions(headers);
  (void)DecodeAppendOptions(headers);
  (void)DecodeUploadPartOptions(headers);
  (void)DecodeCompleteOptions(headers);
  (void)DecodeGetOptions(headers, {});
  (void)DecodeDeleteOptions(headers, {});
  (void)DecodeAttributesOptions(headers, {});
  (void)DecodeCopySource(headers);
  (void)DecodeCopyOptions(headers);
  (void)DecodeUploadPartCopyOptions(headers);
  (void)DecodeRenameSource(headers, "b");
  (void)DecodeRenameOptions(headers);
  (void)DecodeObjectHeaders(headers);
  (void)DecodePutHeaders(headers);
  (void)DecodeDeleteHeaders(headers);
}

void FuzzValues(std::string_view text) {
  if (const auto range = ParseRange(text); range.has_value()) {
    Check(ParseRange(FormatRange(*range)).has_value());
  }
  if (const auto range = ParseContentRange(text); range.has_value()) {
    Check(ParseContentRange(FormatContentRange(*range)).has_value());
  }
  (void)ParseCopySourceRange(text);
  if (const auto time = ParseHttpDate(text); time.has_value()) (void)FormatHttpDate(*time);
  if (const auto time = ParseIsoTime(text); time.has_value()) (void)FormatIsoTime(*time);
  if (const auto source = ParseCopySource(text); source.ok()) {
    const auto again = ParseCopySource(FormatCopySource(*source));
    Check(again.ok() && again->key == source->key && again->version_id == source->version_id);
  }
  if (const auto tags = DecodeTaggingHeader(text); tags.ok()) {
    Check(*DecodeTaggingHeader(EncodeTaggingHeader(*tags)) == *tags);
  }
  // No header has these.
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return;
  const std::string decoded = DecodeHeaderText(text);
  const std::string encoded = EncodeHeaderText(decoded);
  if (encoded != decoded) Check(DecodeHeaderText(encoded) == decoded);
}

void FuzzRoute(std::string_view bytes) {
  const std::string_view method = TakeLine(&bytes);
  const std::string_view host = TakeLine(&bytes);
  const std::string_view path = TakeLine(&bytes);
  const auto address = S3AddressOf(host, path, {"localhost"});
  const auto query = ParseQuery(TakeLine(&bytes));
  if (!address.ok() || !query.ok()) return;
  const Headers headers = HeadersOf(bytes);
  (void)RouteS3(
      {.method = method, .scope = address->scope(), .query = &*query, .headers = &headers});
}

}  // namespace cloudlet::http::fuzz
