// Attributes of an object, as many as are asked for: what a head tells, and its parts.
//
//   absl::StatusOr<ObjectAttributes> film =
//       bucket.GetAttributes("film.mp4", {.object_size = true, .object_parts = true});
//   if (film.ok() && film->object_parts.has_value()) Show(film->object_parts->total_parts_count);
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
#ifndef CLOUDLET_API_ATTRIBUTES_H_
#define CLOUDLET_API_ATTRIBUTES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/checksum.h"

namespace cloudlet {

struct AttributesOptions {
  // What is asked for: S3's x-amz-object-attributes. None of them: InvalidRequest.
  bool etag = false;
  bool checksum = false;
  bool object_size = false;
  bool storage_class = false;
  bool object_parts = false;

  // As in GetOptions.
  std::string version_id = {};
  // Of the object's parts only those with a higher number; negative: InvalidArgument.
  int part_number_marker = 0;
  size_t max_parts = 1000;  // in the list; cut to Limits::max_list_page; 0: an empty list
};

struct ObjectPart {
  int part_number = 0;
  uint64_t size = 0;  // bytes
  Checksum checksum = {};
};

// How an object was put together by a multipart upload.
struct ObjectParts {
  int total_parts_count = 0;
  // Whether the parts are listed. As in S3 they are where the object's checksum is kComposite, one
  // over the parts' own; elsewhere only their count is told, and nothing below is set. (A head by
  // part number gives the place and length of any part.)
  bool listed = false;
  std::vector<ObjectPart> parts = {};  // by ascending number
  int part_number_marker = 0;          // as in the options
  size_t max_parts = 0;                // as in the options, cut
  bool is_truncated = false;           // more follow
  int next_part_number_marker = 0;     // set when truncated
};

// All but the first two are set only when asked for.
struct ObjectAttributes {
  absl::Time last_modified = {};  // as in ObjectInfo, and the version id
  std::string version_id = {};
  std::optional<std::string> etag = {};  // without quotes
  // As in ObjectInfo; a kComposite one without the number of parts behind it, as S3 writes it here.
  std::optional<Checksum> checksum = {};
  std::optional<uint64_t> object_size = {};       // bytes
  std::optional<std::string> storage_class = {};  // "STANDARD": there is no other
  // Absent, too, for an object that no multipart upload made.
  std::optional<ObjectParts> object_parts = {};
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_ATTRIBUTES_H_
