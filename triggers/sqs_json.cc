// Written by hand in Lambda's order of fields: equal messages give equal bytes.
#include "triggers/sqs_json.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/json_text.h"
#include "base/strings.h"
#include "cloudlet/destination.h"

namespace cloudlet::triggers {
namespace {

std::string Millis(absl::Time time) { return absl::StrCat(absl::ToUnixMillis(time)); }

}  // namespace

std::string SqsRecordJson(const Message& message, std::string_view queue, std::string_view region,
                          std::string_view sender) {
  base::JsonWriter out;
  out.Open();
  out.Text("messageId", message.id);
  out.Text("receiptHandle", message.receipt_handle);
  out.Text("body", message.body);
  out.Open("attributes");
  out.Text("ApproximateReceiveCount", absl::StrCat(message.receive_count));
  out.Text("SentTimestamp", Millis(message.sent));
  out.Text("SenderId", sender);
  out.Text("ApproximateFirstReceiveTimestamp", Millis(message.first_received));
  out.Close();
  out.Open("messageAttributes");
  for (const auto& [name, value] : message.attributes) {
    out.Open(name);
    out.Text("stringValue", value);
    out.Open("stringListValues", '[');
    out.Close(']');
    out.Open("binaryListValues", '[');
    out.Close(']');
    out.Text("dataType", "String");
    out.Close();
  }
  out.Close();
  out.Text("md5OfBody", base::HexLower(base::DigestOf(base::DigestKind::kMd5, message.body)));
  out.Text("eventSource", "aws:sqs");
  out.Text("eventSourceARN", ArnOf(ToQueue(std::string(queue)), region));
  out.Text("awsRegion", region);
  out.Close();
  return out.Take();
}

}  // namespace cloudlet::triggers
