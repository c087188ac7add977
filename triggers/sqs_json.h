// A batch of messages as Lambda gives it to a function.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
//
// Pure functions; any thread.
#ifndef CLOUDLET_TRIGGERS_SQS_JSON_H_
#define CLOUDLET_TRIGGERS_SQS_JSON_H_

#include <string>
#include <string_view>

#include "cloudlet/queue.h"

namespace cloudlet::triggers {

// One element of "Records". Bytes of the body that are no UTF-8 become U+FFFD; the MD5 is that of
// the body as it was sent.
std::string SqsRecordJson(const Message& message, std::string_view queue, std::string_view region,
                          std::string_view sender);

inline constexpr std::string_view kSqsEventBegin = "{\"Records\":[";
inline constexpr std::string_view kSqsEventEnd = "]}";

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_SQS_JSON_H_
