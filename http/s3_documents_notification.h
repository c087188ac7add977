// NotificationConfiguration: a bucket's triggers as S3 writes them, both directions.
//
// A trigger of a function is a CloudFunctionConfiguration, one of a queue or topic its own kind,
// one of the event bus "default" the EventBridgeConfiguration, which takes every event. Filters
// travel with '%', '+', spaces and control characters percent-encoded, as S3 has them.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_NotificationConfiguration.html
#ifndef CLOUDLET_HTTP_S3_DOCUMENTS_NOTIFICATION_H_
#define CLOUDLET_HTTP_S3_DOCUMENTS_NOTIFICATION_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cloudlet/function.h"

namespace cloudlet::http {

// The id of the trigger that an EventBridgeConfiguration makes, so that making it again changes
// nothing.
inline constexpr char kEventBridgeId[] = "EventBridgeConfiguration";

// Triggers of other destinations (buses of other names: S3 has none there) are left out.
std::string EncodeNotification(const std::vector<Trigger>& triggers, std::string_view region);
// Of `bucket`; ids may be empty. MalformedXML: a configuration without destination or events, or
// with elements that it has not. InvalidArgument: an ARN of another kind, an event that S3 has not,
// a filter rule that is neither prefix nor suffix or is there twice, an id twice; with a region, an
// ARN of another region or account.
absl::StatusOr<std::vector<Trigger>> DecodeNotification(std::string_view xml,
                                                        std::string_view bucket,
                                                        std::string_view region = {});

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_DOCUMENTS_NOTIFICATION_H_
