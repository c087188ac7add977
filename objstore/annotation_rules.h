// Which names and payloads of annotations are taken. Pure.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html
#ifndef CLOUDLET_OBJSTORE_ANNOTATION_RULES_H_
#define CLOUDLET_OBJSTORE_ANNOTATION_RULES_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "cloudlet/limits.h"

namespace cloudlet::objstore {

inline constexpr size_t kMaxAnnotationNameBytes = 512;

// InvalidAnnotationName, saying which rule was broken; AnnotationNameTooLong.
absl::Status CheckAnnotationName(std::string_view name);
// InvalidPrefix for what is longer than a name, or has what no name has.
absl::Status CheckAnnotationPrefix(std::string_view prefix);
// InvalidRequest for no bytes, EntityTooLarge.
absl::Status CheckAnnotationSize(size_t bytes, const Limits& limits);
// UnsupportedMediaType for what is not UTF-8.
absl::Status CheckAnnotationText(std::string_view payload);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_ANNOTATION_RULES_H_
