// The documents of DeleteObjects: what is to be deleted, and what became of it.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
#ifndef CLOUDLET_HTTP_S3_DOCUMENTS_DELETE_H_
#define CLOUDLET_HTTP_S3_DOCUMENTS_DELETE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cloudlet/delete_many.h"

namespace cloudlet::http {

inline constexpr size_t kMaxDeletes = 1000;

struct ObjectToDelete {
  std::string key = {};
  std::string version_id = {};
  std::string if_match = {};  // ETag of the object identifier

  friend bool operator==(const ObjectToDelete& a, const ObjectToDelete& b) {
    return a.key == b.key && a.version_id == b.version_id && a.if_match == b.if_match;
  }
};

struct DeleteDocument {
  std::vector<ObjectToDelete> objects = {};
  bool quiet = false;
};
std::string EncodeDelete(const DeleteDocument& request);
// MalformedXML for none or more than 1,000 objects; NotImplemented for the conditions that only
// directory buckets have (LastModifiedTime, Size).
absl::StatusOr<DeleteDocument> DecodeDelete(std::string_view xml);
// For Bucket::DeleteMany; valid as long as `request`.
std::vector<DeleteItem> ItemsOf(const DeleteDocument& request);

std::string EncodeDeleteResult(const DeleteManyResult& result);
// Statuses carry the codes and messages of the document, results what S3 tells of them.
absl::StatusOr<DeleteManyResult> DecodeDeleteResult(std::string_view xml);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_DOCUMENTS_DELETE_H_
