// Events for the tests of their JSON, and a parser that is not ours.
#ifndef CLOUDLET_TRIGGERS_EVENT_JSON_TESTING_H_
#define CLOUDLET_TRIGGERS_EVENT_JSON_TESTING_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "base/json_struct.h"
#include "cloudlet/event.h"
#include "cloudlet/event_json.h"
#include "gtest/gtest.h"

namespace cloudlet::triggers {

// Every change that a store can make.
inline std::vector<EventType> AllChanges() {
  return {EventType::kObjectCreatedPut,    EventType::kObjectCreatedPost,
          EventType::kObjectCreatedCopy,   EventType::kObjectCreatedCompleteMultipartUpload,
          EventType::kObjectRemovedDelete, EventType::kObjectRemovedDeleteMarkerCreated,
          EventType::kObjectTaggingPut,    EventType::kObjectTaggingDelete,
          EventType::kObjectAnnotationPut, EventType::kObjectAnnotationDelete,
          EventType::kObjectAclPut};
}

struct NamedSchema {
  EventSchema schema;
  const char* name;
};
inline constexpr NamedSchema kSchemas[] = {{EventSchema::kBefore2_4, "before-2.4"},
                                           {EventSchema::k2_4, "2.4"},
                                           {EventSchema::k2_5, "2.5"},
                                           {EventSchema::k2_6, "2.6"}};

// A change of "red flower.jpg", version v1, with all that the store tells of it.
inline Event SampleEvent(EventType type) {
  Event event;
  event.type = type;
  event.bucket = "mybucket";
  event.key = "red flower.jpg";
  event.version_id = "v1";
  event.sequence = 0x55AED6DCD90281E5;
  event.time = absl::FromUnixMillis(1'784'227'333'683);
  event.request_id = "C3D13FE58DE4C810";
  event.principal = "alice";
  event.source_address = "127.0.0.1";
  event.trigger_id = "testConfigRule";
  if (!EventTypeCovers(EventType::kObjectRemoved, type)) {
    event.size = 1469;
    event.etag = "d41d8cd98f00b204e9800998ecf8427f";
  }
  if (EventTypeCovers(EventType::kObjectAnnotation, type)) event.annotation_name = "labels";
  if (type == EventType::kObjectAnnotationPut) {
    event.annotation_size = 24;
    event.annotation_etag = "05df351ea190dffc26f55c74425b9d7a";
  }
  return event;
}

inline EventJsonOptions SampleOptions(EventSchema schema = EventSchema::k2_5) {
  EventJsonOptions options;
  options.schema = schema;
  options.region = "eu-central-1";
  options.owner = "owner";
  options.account = "111122223333";
  return options;
}

// The object that `json` is. Fails the test when it is none.
inline google::protobuf::Struct ParsedJson(const std::string& json) {
  google::protobuf::Struct parsed;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &parsed);
  EXPECT_TRUE(status.ok()) << status.message() << ": " << json;
  return parsed;
}

// The value at `path`, names from the outside in; of a list, its first element. One of no kind when
// there is none.
inline google::protobuf::Value JsonAt(const google::protobuf::Struct& parsed,
                                      const std::vector<std::string>& path) {
  google::protobuf::Value at;
  *at.mutable_struct_value() = parsed;
  for (const std::string& name : path) {
    if (at.has_list_value()) {
      if (at.list_value().values().empty()) return {};
      at = google::protobuf::Value(at.list_value().values(0));
    }
    const auto found = at.struct_value().fields().find(name);
    if (found == at.struct_value().fields().end()) return {};
    at = google::protobuf::Value(found->second);
  }
  return at;
}

}  // namespace cloudlet::triggers

#endif  // CLOUDLET_TRIGGERS_EVENT_JSON_TESTING_H_
