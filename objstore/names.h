// Which bucket names, keys and headers are taken. Pure.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html,
// .../object-keys.html and
// .../UsingMetadata.html
#ifndef CLOUDLET_OBJSTORE_NAMES_H_
#define CLOUDLET_OBJSTORE_NAMES_H_

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/caller.h"
#include "cloudlet/cloud.h"
#include "cloudlet/limits.h"
#include "cloudlet/object.h"

namespace cloudlet::objstore {

// InvalidBucketName, saying which rule was broken.
absl::Status CheckBucketName(std::string_view name);
// KeyTooLongError; InvalidArgument for an empty key, or one that is not UTF-8 where the policy asks
// for it.
absl::Status CheckKey(std::string_view key, const Limits& limits, KeyPolicy policy);
// The system headers and metadata of `options` as they are to be stored: metadata names in lower
// case. InvalidArgument (CR, LF or NUL in a value, a name that is no HTTP token, two names that
// differ only in case), MetadataTooLarge; `stored`, which must be new, may then hold a part of
// them.
absl::Status CheckHeaders(const PutOptions& options, const Limits& limits, ObjectInfo* stored);
// The response headers that a read asks for: InvalidRequest from an anonymous caller,
// InvalidArgument for a CR, LF or NUL.
absl::Status CheckResponseHeaders(const ResponseHeaders& response, const Caller& caller);
// Shows these, where they are not empty, in place of those that are stored.
void SetResponseHeaders(const ResponseHeaders& response, ObjectInfo* info);
// InvalidArgument for what is none of Durability's values.
absl::Status CheckDurability(Durability durability);

bool IsUtf8(std::string_view bytes);
// Takes one character in UTF-8 from the front of `bytes`, which must not be empty; nullopt, taking
// nothing, when there is none.
std::optional<char32_t> ConsumeCodePoint(std::string_view* bytes);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_NAMES_H_
