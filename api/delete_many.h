// Deleting up to 1,000 objects in one call: Bucket::DeleteMany.
//
//   absl::StatusOr<cloudlet::DeleteManyResult> gone =
//       bucket.DeleteMany({{"a"}, {"b", version}, {.key = "c", .if_match = etag}});
//   for (const cloudlet::DeleteFailure& failure : gone->failures) Show(failure.status);
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
#ifndef CLOUDLET_API_DELETE_MANY_H_
#define CLOUDLET_API_DELETE_MANY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cloudlet/object.h"

namespace cloudlet {

// What is to be deleted, as by Delete. The key must stay as it is until the call returns.
struct DeleteItem {
  std::string_view key = {};
  std::string version_id = {};  // as DeleteOptions::version_id
  std::string if_match = {};    // as DeleteOptions::if_match; S3's ETag of the object identifier
};

struct DeleteManyOptions {
  // Only what failed is told, in `failures`; `deleted` stays empty.
  bool quiet = false;
  Durability durability = Durability::kBuffered;
};

// A key that is not there (any more), which is no failure where there was none before.
struct DeletedObject {
  std::string key = {};
  std::string version_id = {};  // as the item gave it
  DeleteResult result = {};     // as Delete answers
};

struct DeleteFailure {
  std::string key = {};
  std::string version_id = {};  // as the item gave it
  absl::Status status = {};     // as Delete answers
};

// Together one entry for each item; each list is in the order of the items.
struct DeleteManyResult {
  std::vector<DeletedObject> deleted = {};
  std::vector<DeleteFailure> failures = {};
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_DELETE_MANY_H_
