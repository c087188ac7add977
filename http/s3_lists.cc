// ListObjects, ListObjectsV2, ListObjectVersions.

#include "http/s3_lists.h"

#include <utility>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "http/s3_documents_list.h"
#include "http/s3_headers.h"
#include "http/s3_operations.h"

namespace cloudlet::http {
namespace {

// max-keys of more than a page is that of a page.
constexpr uint64_t kMaxNumber = INT32_MAX;

absl::StatusOr<ListPageOptions> CommonOptions(const S3Call& call) {
  ListPageOptions options;
  options.prefix = std::string(call.Param("prefix"));
  options.delimiter = std::string(call.Param("delimiter"));
  CLOUDLET_ASSIGN_OR_RETURN(options.max_keys, MaxParam(call, "max-keys"));
  CLOUDLET_ASSIGN_OR_RETURN(options.encoding_type, EncodingParam(call));
  options.fetch_checksum = true;
  return options;
}

// With the options as they hold: a page tells no more than 1,000.
absl::StatusOr<ObjectListDocument> ListOf(const S3Call& call, const ListPageOptions& options) {
  ObjectListDocument list;
  list.bucket = call.address.bucket;
  list.options = options;
  list.options.max_keys = std::min<size_t>(options.max_keys, 1000);
  CLOUDLET_ASSIGN_OR_RETURN(list.page, call.bucket().ListOnePage(options));
  if (!list.page.owner.empty()) list.owner = call.context->owner_of(list.page.owner);
  return list;
}

absl::StatusOr<Response> V1(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(ListPageOptions options, CommonOptions(call));
  options.marker = std::string(call.Param("marker"));
  options.fetch_owner = true;
  CLOUDLET_ASSIGN_OR_RETURN(const ObjectListDocument list, ListOf(call, options));
  return call.Xml(EncodeObjectListV1(list));
}

absl::StatusOr<Response> V2(const S3Call& call) {
  CLOUDLET_ASSIGN_OR_RETURN(ListPageOptions options, CommonOptions(call));
  options.start_after = std::string(call.Param("start-after"));
  if (const QueryParam* token = call.target.Find("continuation-token")) {
    if (token->value.empty()) {
      return InvalidArgumentError("continuation-token", "",
                                  "The continuation token provided is incorrect");
    }
    options.continuation_token = token->value;
  }
  options.fetch_owner = call.Param("fetch-owner") == "true";
  CLOUDLET_ASSIGN_OR_RETURN(const ObjectListDocument list, ListOf(call, options));
  return call.Xml(EncodeObjectListV2(list));
}

absl::StatusOr<Response> Versions(const S3Call& call) {
  VersionListDocument list;
  list.bucket = call.address.bucket;
  VersionPageOptions& options = list.options;
  options.prefix = std::string(call.Param("prefix"));
  options.delimiter = std::string(call.Param("delimiter"));
  options.key_marker = std::string(call.Param("key-marker"));
  options.version_id_marker = std::string(call.Param("version-id-marker"));
  CLOUDLET_ASSIGN_OR_RETURN(options.max_keys, MaxParam(call, "max-keys"));
  CLOUDLET_ASSIGN_OR_RETURN(options.encoding_type, EncodingParam(call));
  CLOUDLET_ASSIGN_OR_RETURN(list.page, call.bucket().ListVersions(options));
  options.max_keys = std::min<size_t>(options.max_keys, 1000);
  list.owner = call.context->owner_of(list.page.owner);
  return call.Xml(EncodeVersionList(list));
}

}  // namespace

absl::StatusOr<size_t> MaxParam(const S3Call& call, std::string_view name) {
  const QueryParam* const param = call.target.Find(name);
  if (param == nullptr || param->value.empty()) return size_t{1000};
  CLOUDLET_ASSIGN_OR_RETURN(const uint64_t number, DecodeNumber(name, param->value, kMaxNumber));
  return static_cast<size_t>(number);
}

absl::StatusOr<EncodingType> EncodingParam(const S3Call& call) {
  const QueryParam* const param = call.target.Find("encoding-type");
  if (param == nullptr) return EncodingType::kNone;
  if (param->value == "url") return EncodingType::kUrl;
  return InvalidArgumentError("encoding-type", param->value,
                              "Invalid Encoding Method specified in Request");
}

Begun ListObjects(const S3CallPtr& call) { return AnswerOf(*call, V1(*call)); }
Begun ListObjectsV2(const S3CallPtr& call) { return AnswerOf(*call, V2(*call)); }
Begun ListObjectVersions(const S3CallPtr& call) { return AnswerOf(*call, Versions(*call)); }

}  // namespace cloudlet::http
