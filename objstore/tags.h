// Which tags are taken: the rules of cloudlet/tags.h. Pure.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html and
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html (the characters)
#ifndef CLOUDLET_OBJSTORE_TAGS_H_
#define CLOUDLET_OBJSTORE_TAGS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "cloudlet/tags.h"

namespace cloudlet::objstore {

inline constexpr size_t kMaxObjectTags = 10;
inline constexpr size_t kMaxBucketTags = 50;
// In UTF-16, as S3 counts.
inline constexpr size_t kMaxTagKeyUnits = 128;
inline constexpr size_t kMaxTagValueUnits = 256;

// `tags` as they are to be stored: in the order of their keys. InvalidTag, saying which rule was
// broken; `stored` is left alone then.
absl::Status CheckTags(const TagSet& tags, size_t max_tags, TagSet* stored);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_TAGS_H_
