// Conditional requests: pure decisions over the options and the current object.
//
// RFC 9110 section 13.2.2 with S3's answers: a failed If-Match or If-Unmodified-Since is 412, a
// failed If-None-Match or If-Modified-Since on a read is 304, on a write and on the source of a
// copy 412; If-Match on a write without an object is 404.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
#ifndef CLOUDLET_OBJSTORE_CONDITIONS_H_
#define CLOUDLET_OBJSTORE_CONDITIONS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cloudlet/object.h"

namespace cloudlet::objstore {

// An ETag without the quotes that it may have.
std::string_view Unquoted(std::string_view etag);

// Whether `condition` ("*", or ETags separated by commas, quoted or not, weak marks ignored) names
// `etag`.
bool EtagConditionMatches(std::string_view condition, std::string_view etag);

enum class ReadVerdict { kProceed, kNotModified, kPreconditionFailed };

// For an object that exists. Dates are compared in whole seconds, as HTTP writes them.
ReadVerdict CheckRead(const GetOptions& options, std::string_view etag, int64_t modified_ms);

// The 412 of a CheckRead with these arguments that gave kPreconditionFailed: names the condition,
// what it asked for and what there is.
absl::Status FailedRead(const GetOptions& options, std::string_view etag, int64_t modified_ms);

// Of requests that look at an object only to make another one of it, or to replace it.
struct SourceConditions {
  std::string_view if_match = {};
  std::string_view if_none_match = {};
  std::optional<absl::Time> if_modified_since = {};
  std::optional<absl::Time> if_unmodified_since = {};
};

// For the source of a copy, which exists: the precedence of a read, and what would be 304 is 412.
absl::Status CheckSource(const SourceConditions& conditions, std::string_view etag,
                         int64_t modified_ms);

// For the object that a rename replaces; `etag` nullopt when there is none: an If-Match is 404
// then, an If-Modified-Since 412.
absl::Status CheckReplaced(const SourceConditions& conditions, std::optional<std::string_view> etag,
                           int64_t modified_ms);

// For a write or delete; `etag` is that of the current object, nullopt when there is none.
absl::Status CheckWrite(std::string_view if_match, std::string_view if_none_match,
                        std::optional<std::string_view> etag);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_CONDITIONS_H_
