// S3's event notification as JSON, one record per message, event version 2.5.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
//   key         form-url-encoded (a space is "+"), slashes kept
//   size, eTag  both on ObjectCreated, neither on ObjectRemoved:Delete; on a delete marker the
//               eTag of no bytes
//   versionId   only where the object has one
//   sequencer   16 upper-case hex digits
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_EVENT_JSON_H_
#define CLOUDLET_TRIGGERS_EVENT_JSON_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/event.h"

namespace cloudlet::triggers {

// {"Records":[...]} without white space. `owner` is the canonical id of the bucket's owner.
std::string EventJson(const Event& event, std::string_view region, std::string_view owner);

// `key` as it stands in an event.
std::string EncodeEventKey(std::string_view key);

// Appends `text` as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD.
void AppendJsonString(std::string* out, std::string_view text);

// 2026-07-16T18:42:13.683Z
std::string JsonTime(absl::Time time);

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_EVENT_JSON_H_
