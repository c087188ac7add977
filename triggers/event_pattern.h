// Event patterns of EventBridge and filter policies of SNS: which events match.
//
//   {"source": ["aws.s3"], "detail": {"object": {"key": [{"prefix": "cats/"}], "size": [{"numeric":
//   [">", 0]}]}}}
//
// Fields are all of an object, alternatives any of a list. A list in the event matches by any of
// its elements; fields within one object of a list must match together. `exists` looks at values,
// not at objects.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
//
// Values; any thread.
#ifndef CLOUDLET_TRIGGERS_EVENT_PATTERN_H_
#define CLOUDLET_TRIGGERS_EVENT_PATTERN_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace google::protobuf {
class Struct;
}  // namespace google::protobuf

namespace cloudlet::triggers {

// A JSON object, read. Numbers are doubles; at most 100 deep.
class JsonObject {
 public:
  // INVALID_ARGUMENT, in words, for a text that is none.
  static absl::StatusOr<JsonObject> Parse(std::string_view text);
  // One whose fields are these texts.
  static JsonObject OfTexts(const std::map<std::string, std::string>& fields);

  const google::protobuf::Struct& fields() const { return *fields_; }

 private:
  explicit JsonObject(std::shared_ptr<const google::protobuf::Struct> fields)
      : fields_(std::move(fields)) {}
  std::shared_ptr<const google::protobuf::Struct> fields_;
};

class EventPattern {
 public:
  // InvalidEventPatternException. At most 4,096 bytes.
  static absl::StatusOr<EventPattern> Parse(std::string_view json);
  // Of a subscription, about the attributes of messages (JsonObject::OfTexts): one level only, and
  // a text that is a number counts as one. An empty object takes all.
  // InvalidParameterValueException.
  static absl::StatusOr<EventPattern> ParseFilterPolicy(std::string_view json);

  bool Matches(const JsonObject& event) const;

 private:
  EventPattern(JsonObject pattern, bool of_texts)
      : pattern_(std::move(pattern)), of_texts_(of_texts) {}
  JsonObject pattern_;
  bool of_texts_;  // texts in the event may be numbers
};

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_EVENT_PATTERN_H_
