// In the order of the fields that SNS has.
#include "triggers/sns_json.h"

#include <map>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/json_text.h"
#include "base/strings.h"
#include "cloudlet/destination.h"

namespace cloudlet::triggers {
namespace {

std::string TopicArn(const TopicMessage& message) {
  return ArnOf(ToTopic(message.topic), message.region);
}

void WriteAttributes(const std::map<std::string, std::string>& attributes, base::JsonWriter* out) {
  out->Open("MessageAttributes");
  for (const auto& [name, value] : attributes) {
    out->Open(name);
    out->Text("Type", "String");
    out->Text("Value", value);
    out->Close();
  }
  out->Close();
}

// In functions' events the names of the fields of addresses end otherwise than in notifications.
void WriteUnsigned(std::string_view certificate, std::string_view unsubscribe,
                   base::JsonWriter* out) {
  out->Text("SignatureVersion", "1");
  out->Text("Signature", "");
  out->Text(certificate, "");
  out->Text(unsubscribe, "");
}

}  // namespace

std::string SnsEventJson(const TopicMessage& message, std::string_view subscription_id) {
  base::JsonWriter out;
  out.Open();
  out.Open("Records", '[');
  out.Open();
  out.Text("EventSource", "aws:sns");
  out.Text("EventVersion", "1.0");
  out.Text("EventSubscriptionArn", absl::StrCat(TopicArn(message), ":", base::V(subscription_id)));
  out.Open("Sns");
  out.Text("Type", "Notification");
  out.Text("MessageId", message.id);
  out.Text("TopicArn", TopicArn(message));
  if (message.subject.empty()) {
    out.Null("Subject");
  } else {
    out.Text("Subject", message.subject);
  }
  out.Text("Message", message.message);
  out.Text("Timestamp", base::JsonTime(message.time));
  WriteUnsigned("SigningCertUrl", "UnsubscribeUrl", &out);
  WriteAttributes(message.attributes, &out);
  out.Close();
  out.Close();
  out.Close(']');
  out.Close();
  return out.Take();
}

std::string SnsNotificationJson(const TopicMessage& message) {
  base::JsonWriter out;
  out.Open();
  out.Text("Type", "Notification");
  out.Text("MessageId", message.id);
  out.Text("TopicArn", TopicArn(message));
  if (!message.subject.empty()) out.Text("Subject", message.subject);
  out.Text("Message", message.message);
  out.Text("Timestamp", base::JsonTime(message.time));
  WriteUnsigned("SigningCertURL", "UnsubscribeURL", &out);
  if (!message.attributes.empty()) WriteAttributes(message.attributes, &out);
  out.Close();
  return out.Take();
}

}  // namespace cloudlet::triggers
