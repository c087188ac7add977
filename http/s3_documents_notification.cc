// The kinds of configuration are one table; so both directions know the same ones.
#include "http/s3_documents_notification.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/destination.h"
#include "cloudlet/error.h"
#include "cloudlet/event.h"
#include "http/s3_errors.h"
#include "http/s3_xml_fields.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

using base::V;

struct Kind {
  std::string_view element;
  std::string_view arn;
  Destination::Kind destination;
};

constexpr Kind kKinds[] = {
    {"TopicConfiguration", "Topic", Destination::Kind::kTopic},
    {"QueueConfiguration", "Queue", Destination::Kind::kQueue},
    {"CloudFunctionConfiguration", "CloudFunction", Destination::Kind::kFunction},
};

constexpr char kDefaultBus[] = "default";

const std::vector<EventType>& AllEvents() {
  static const std::vector<EventType>& all =
      *new std::vector<EventType>{EventType::kObjectCreated, EventType::kObjectRemoved,
                                  EventType::kObjectTagging, EventType::kObjectAnnotation};
  return all;
}

Destination DestinationOf(const Trigger& trigger) {
  return trigger.destination.empty() ? ToFunction(trigger.function) : trigger.destination;
}

std::string EncodeFilter(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c == ' ') {
      encoded += '+';
    } else if (c == '%' || c == '+' || static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppend(&encoded, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    } else {
      encoded += c;
    }
  }
  return encoded;
}

// What is no percent-coding stands for itself.
std::string DecodeFilter(const std::string& text) {
  const absl::StatusOr<std::string> decoded = DecodeListed(text, EncodingType::kUrl);
  return decoded.ok() ? *decoded : text;
}

void WriteRule(XmlWriter* xml, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  xml->Open("FilterRule").Text("Name", name).Text("Value", EncodeFilter(value)).Close();
}

void WriteConfiguration(XmlWriter* xml, const Kind& kind, const Trigger& trigger,
                        std::string_view region) {
  xml->Open(kind.element).Text("Id", trigger.id);
  xml->Text(kind.arn, ArnOf(DestinationOf(trigger), region));
  for (EventType type : trigger.events) {
    xml->Text("Event", absl::StrCat("s3:", V(EventTypeName(type))));
  }
  if (!trigger.prefix.empty() || !trigger.suffix.empty()) {
    xml->Open("Filter").Open("S3Key");
    WriteRule(xml, "Prefix", trigger.prefix);
    WriteRule(xml, "Suffix", trigger.suffix);
    xml->Close().Close();
  }
  xml->Close();
}

absl::Status ReadFilter(const XmlElement& filter, Trigger* trigger) {
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(filter, {}, {"S3Key"}));
  const XmlElement key = filter.Child("S3Key");
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(key, {}, {"FilterRule"}));
  bool has_prefix = false;
  bool has_suffix = false;
  for (const XmlElement rule : key.children()) {
    CLOUDLET_RETURN_IF_ERROR(OnlyChildren(rule, {"Name", "Value"}));
    CLOUDLET_ASSIGN_OR_RETURN(const std::string name, ReadText(rule, "Name"));
    CLOUDLET_ASSIGN_OR_RETURN(const std::string value, ReadText(rule, "Value"));
    const bool is_prefix = absl::EqualsIgnoreCase(name, "prefix");
    if (!is_prefix && !absl::EqualsIgnoreCase(name, "suffix")) {
      return InvalidArgumentError("FilterRule.Name", name,
                                  "filter rule name must be either prefix or suffix");
    }
    if (std::exchange(is_prefix ? has_prefix : has_suffix, true)) {
      return InvalidArgumentError("FilterRule.Name", name,
                                  "Cannot specify more than one prefix or suffix rule in a filter");
    }
    (is_prefix ? trigger->prefix : trigger->suffix) = DecodeFilter(value);
  }
  return absl::OkStatus();
}

absl::Status ReadDestination(const XmlElement& element, const Kind& kind, std::string_view region,
                             Trigger* trigger) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::string arn, ReadText(element, kind.arn));
  absl::StatusOr<Destination> destination = DestinationOfArn(arn);
  if (!destination.ok() || destination->kind != kind.destination) {
    return InvalidArgumentError(kind.arn, arn, "The ARN could not be parsed");
  }
  if (const std::string here = ArnOf(*destination, region); !region.empty() && arn != here) {
    return InvalidArgumentError(
        kind.arn, arn, absl::StrCat("The ARN is of another region or account; here it is ", here));
  }
  if (kind.destination == Destination::Kind::kFunction) {
    trigger->function = std::move(destination->name);
  } else {
    trigger->destination = *std::move(destination);
  }
  return absl::OkStatus();
}

absl::StatusOr<Trigger> ReadConfiguration(const XmlElement& element, const Kind& kind,
                                          std::string_view region) {
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(element, {"Id", kind.arn, "Event"}, {"Filter"}));
  Trigger trigger;
  trigger.id = TextOr(element, "Id");
  trigger.events.clear();
  CLOUDLET_RETURN_IF_ERROR(ReadDestination(element, kind, region, &trigger));
  for (const XmlElement child : element.children()) {
    if (child.name() != "Event") continue;
    const std::string name = child.text();
    const EventType type = EventTypeNamed(name);
    if (type == EventType::kNone || type == EventType::kInvocation || name.substr(0, 3) != "s3:") {
      return InvalidArgumentError("Event", name, "The event is not supported for notifications");
    }
    trigger.events.push_back(type);
  }
  if (trigger.events.empty()) {
    return MakeError(ErrorCode::kMalformedXml, "a configuration needs at least one Event");
  }
  CLOUDLET_RETURN_IF_ERROR(ReadFilter(element.Child("Filter"), &trigger));
  return trigger;
}

absl::StatusOr<Trigger> ReadTrigger(const XmlElement& element, std::string_view region) {
  for (const Kind& kind : kKinds) {
    if (element.name() == kind.element) return ReadConfiguration(element, kind, region);
  }
  if (element.name() != "EventBridgeConfiguration") {
    return MakeError(ErrorCode::kMalformedXml,
                     absl::StrCat("there is no ", V(base::Quoted(element.name()))));
  }
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(element, {}));
  Trigger trigger;
  trigger.id = kEventBridgeId;
  trigger.events = AllEvents();
  trigger.destination = ToEventBus(kDefaultBus);
  return trigger;
}

}  // namespace

std::string EncodeNotification(const std::vector<Trigger>& triggers, std::string_view region) {
  XmlWriter xml("NotificationConfiguration");
  for (const Kind& kind : kKinds) {
    for (const Trigger& trigger : triggers) {
      if (DestinationOf(trigger).kind != kind.destination) continue;
      WriteConfiguration(&xml, kind, trigger, region);
    }
  }
  for (const Trigger& trigger : triggers) {
    if (DestinationOf(trigger) != ToEventBus(kDefaultBus)) continue;
    xml.Empty("EventBridgeConfiguration");
    break;
  }
  return std::move(xml).Finish();
}

absl::StatusOr<std::vector<Trigger>> DecodeNotification(std::string_view text,
                                                        std::string_view bucket,
                                                        std::string_view region) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "NotificationConfiguration"));
  std::vector<Trigger> triggers;
  std::set<std::string> ids;
  for (const XmlElement child : document.root().children()) {
    CLOUDLET_ASSIGN_OR_RETURN(Trigger trigger, ReadTrigger(child, region));
    trigger.bucket = std::string(bucket);
    if (!trigger.id.empty() && !ids.insert(trigger.id).second) {
      return InvalidArgumentError("Id", trigger.id, "Same ID used for multiple configurations");
    }
    triggers.push_back(std::move(trigger));
  }
  return triggers;
}

}  // namespace cloudlet::http
