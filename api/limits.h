// S3's limits as numbers, overridable per Cloud so that a test of a limit needs no gigabytes.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html and .../BucketRestrictions.html
#ifndef CLOUDLET_API_LIMITS_H_
#define CLOUDLET_API_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace cloudlet {

// A Cloud copies it at open, and refuses 0 where nothing could be stored or listed; raising a limit
// above S3's is an extension, and a store keeps what was written under it.
struct Limits {
  // Above: KeyTooLongError. At most 1024 (keys are laid out for that).
  size_t max_key_bytes = 1024;
  size_t max_user_metadata_bytes = 2048;  // sum of names and values; above: MetadataTooLarge
  // Sum of the system header values; above: MetadataTooLarge.
  size_t max_system_metadata_bytes = 2048;
  uint64_t max_object_bytes = 53'687'091'200'000;  // 50 TB (48.8 TiB); above: EntityTooLarge
  size_t max_list_page = 1000;  // entries in one page; a larger request is cut to it
  size_t max_buckets = 10'000;  // above: TooManyBuckets
  // Source of a Copy, or of an UploadPartCopy without a range; above: InvalidRequest.
  uint64_t max_copy_bytes = uint64_t{5} << 30;
  // Of a multipart upload: every part but the last has at least so many bytes (EntityTooSmall at
  // the complete), none has more (EntityTooLarge), and part numbers end here (InvalidArgument).
  uint64_t min_part_bytes = 5 << 20;
  uint64_t max_part_bytes = uint64_t{5} << 30;
  int max_part_number = 10'000;  // at most 100,000
  // Of one version; above: AnnotationLimitExceeded. At most 1,000 (a copy takes them all at once).
  uint32_t max_annotations = 1'000;
  uint64_t max_annotation_bytes = 1 << 20;  // of a payload; above: EntityTooLarge. At most 1 MiB
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_LIMITS_H_
