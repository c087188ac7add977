// S3's event message: a golden one per event name and version, the rules of its fields, its test
// message, and what strings become in JSON.
//
// The goldens are triggers/testdata/event_json.txt and event_bridge_json.txt, with lines
// "version name json"; '#' begins a comment. "before-2.4" stands for 2.1 to 2.3.
#include "triggers/event_json.h"

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cloudlet/event.h"
#include "cloudlet/event_json.h"
#include "gtest/gtest.h"
#include "triggers/event_json_testing.h"

namespace cloudlet::triggers {
namespace {

using google::protobuf::Value;

std::map<std::string, std::string> Goldens(const std::string& file) {
  std::map<std::string, std::string> goldens;
  std::ifstream in("triggers/testdata/" + file);
  EXPECT_TRUE(in.good()) << file;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || line[0] == '#') continue;
    const size_t json = line.find(" {");
    goldens[line.substr(0, json)] = line.substr(json + 1);
  }
  return goldens;
}

// Of each version and change, by "version name".
std::map<std::string, std::string> AllOf(std::string (*form)(const Event&,
                                                             const EventJsonOptions&)) {
  std::map<std::string, std::string> all;
  for (const NamedSchema& schema : kSchemas) {
    for (const EventType type : AllChanges()) {
      const std::string name = std::string(schema.name) + " " + std::string(EventTypeName(type));
      all[name] = form(SampleEvent(type), SampleOptions(schema.schema));
    }
  }
  return all;
}

void ExpectGolden(const std::map<std::string, std::string>& got, const std::string& file) {
  const std::map<std::string, std::string> goldens = Goldens(file);
  EXPECT_EQ(goldens.size(), got.size());
  for (const auto& [name, json] : got) {
    const auto golden = goldens.find(name);
    if (golden == goldens.end()) {
      ADD_FAILURE() << file << " has no line\n" << name << " " << json;
      continue;
    }
    EXPECT_EQ(json, golden->second) << name;
    ParsedJson(json);
  }
}

TEST(EventJsonTest, Golden_EveryNameInEveryVersion) {
  ExpectGolden(AllOf(cloudlet::EventJson), "event_json.txt");
}

TEST(EventJsonTest, Golden_EveryNameForEventBridge) {
  ExpectGolden(AllOf(cloudlet::EventBridgeJson), "event_bridge_json.txt");
}

std::vector<std::string> InObject(const std::string& field) {
  return {"Records", "s3", "object", field};
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html, and
// what S3 was seen to send.
TEST(EventJsonTest, FieldsOfTheObject_ByEvent) {
  const struct {
    EventType type;
    bool size;
    const char* etag;  // null: none
    bool sequencer;
    bool has_annotation;
  } rows[] = {
      {EventType::kObjectCreatedPut, true, "d41d8cd98f00b204e9800998ecf8427f", true, false},
      {EventType::kObjectCreatedPost, true, "d41d8cd98f00b204e9800998ecf8427f", true, false},
      {EventType::kObjectCreatedCopy, true, "d41d8cd98f00b204e9800998ecf8427f", true, true},
      {EventType::kObjectCreatedCompleteMultipartUpload, true, "d41d8cd98f00b204e9800998ecf8427f",
       true, false},
      {EventType::kObjectRemovedDelete, false, nullptr, true, false},
      {EventType::kObjectRemovedDeleteMarkerCreated, false, "d41d8cd98f00b204e9800998ecf8427e",
       true, false},
      {EventType::kObjectTaggingPut, false, "d41d8cd98f00b204e9800998ecf8427f", false, false},
      {EventType::kObjectTaggingDelete, false, "d41d8cd98f00b204e9800998ecf8427f", false, false},
      {EventType::kObjectAnnotationPut, false, "d41d8cd98f00b204e9800998ecf8427f", true, false},
      {EventType::kObjectAclPut, false, "d41d8cd98f00b204e9800998ecf8427f", false, false},
      {EventType::kObjectAnnotationDelete, false, "d41d8cd98f00b204e9800998ecf8427f", true, false},
  };
  EXPECT_EQ(std::size(rows), AllChanges().size());
  for (const auto& row : rows) {
    SCOPED_TRACE(EventTypeName(row.type));
    const auto json = ParsedJson(EventJson(SampleEvent(row.type), SampleOptions()));
    EXPECT_EQ(JsonAt(json, InObject("key")).string_value(), "red+flower.jpg");
    EXPECT_EQ(JsonAt(json, InObject("versionId")).string_value(), "v1");
    EXPECT_EQ(JsonAt(json, InObject("size")).kind_case(),
              row.size ? Value::kNumberValue : Value::KIND_NOT_SET);
    EXPECT_EQ(JsonAt(json, InObject("eTag")).kind_case(),
              row.etag != nullptr ? Value::kStringValue : Value::KIND_NOT_SET);
    EXPECT_EQ(JsonAt(json, InObject("eTag")).string_value(), row.etag != nullptr ? row.etag : "");
    EXPECT_EQ(JsonAt(json, InObject("sequencer")).string_value(),
              row.sequencer ? "55AED6DCD90281E5" : "");
    EXPECT_EQ(JsonAt(json, InObject("hasObjectAnnotation")).kind_case(),
              row.has_annotation ? Value::kBoolValue : Value::KIND_NOT_SET);
  }
}

TEST(EventJsonTest, VersionsBelongedToTheKindOfEvent_UntilTheyBecameOne) {
  const struct {
    EventType type;
    const char* before;
  } rows[] = {
      {EventType::kObjectCreatedPut, "2.1"}, {EventType::kObjectRemovedDeleteMarkerCreated, "2.1"},
      {EventType::kObjectTaggingPut, "2.3"}, {EventType::kObjectTaggingDelete, "2.3"},
      {EventType::kObjectAclPut, "2.3"},     {EventType::kObjectAnnotationPut, "2.4"}};
  const auto version = [](EventType type, EventSchema schema) {
    const auto json = ParsedJson(EventJson(SampleEvent(type), SampleOptions(schema)));
    return JsonAt(json, {"Records", "eventVersion"}).string_value();
  };
  for (const auto& row : rows) {
    EXPECT_EQ(version(row.type, EventSchema::kBefore2_4), row.before);
    EXPECT_EQ(version(row.type, EventSchema::k2_4), "2.4");
    EXPECT_EQ(version(row.type, EventSchema::k2_5), "2.5");
    EXPECT_EQ(version(row.type, EventSchema::k2_6), "2.6");
  }
}

TEST(EventJsonTest, NoVersionIdWithoutVersioning) {
  for (const char* id : {"", "null"}) {
    Event event = SampleEvent(EventType::kObjectCreatedPut);
    event.version_id = id;
    EXPECT_EQ(EventJson(event).find("versionId"), std::string::npos);
    EXPECT_EQ(EventBridgeJson(event).find("version-id"), std::string::npos);
  }
}

TEST(EventJsonTest, CopiesTellWhetherTheyHaveAnnotations_FromVersion24) {
  Event event = SampleEvent(EventType::kObjectCreatedCopy);
  for (const bool has : {false, true}) {
    event.has_annotations = has;
    const auto json = ParsedJson(EventJson(event, SampleOptions(EventSchema::k2_4)));
    EXPECT_EQ(JsonAt(json, InObject("hasObjectAnnotation")).bool_value(), has);
  }
  EXPECT_EQ(EventJson(event, SampleOptions(EventSchema::kBefore2_4)).find("Annotation"),
            std::string::npos);
}

TEST(EventJsonTest, GeneratedTagsStandInTheBucket_FromVersion25) {
  const Event event = SampleEvent(EventType::kObjectRemovedDelete);
  EventJsonOptions options = SampleOptions(EventSchema::k2_5);
  options.aws_generated_tags = {{"aws:cloudformation:stack-name", "s"}, {"aws:b", "\"2\""}};
  EXPECT_NE(EventJson(event, options)
                .find(R"("arn":"arn:aws:s3:::mybucket","awsGeneratedTags":)"
                      R"({"aws:cloudformation:stack-name":"s","aws:b":"\"2\""}},"object":)"),
            std::string::npos);
  EXPECT_NE(EventBridgeJson(event, options)
                .find(R"("bucket":{"name":"mybucket","aws-generated-tags":)"
                      R"({"aws:cloudformation:stack-name":"s","aws:b":"\"2\""}},"object":)"),
            std::string::npos);
  options.schema = EventSchema::k2_4;
  EXPECT_EQ(EventJson(event, options).find("aws:b"), std::string::npos);
  EXPECT_EQ(EventBridgeJson(event, options).find("aws:b"), std::string::npos);
}

TEST(EventJsonTest, OptionsStandInForWhatTheEventDoesNotSay) {
  Event event = SampleEvent(EventType::kObjectCreatedPut);
  event.principal.clear();
  EventJsonOptions options = SampleOptions();
  auto json = ParsedJson(EventJson(event, options));
  EXPECT_EQ(JsonAt(json, {"Records", "userIdentity", "principalId"}).string_value(), "owner");
  EXPECT_EQ(JsonAt(json, {"Records", "s3", "configurationId"}).string_value(), "testConfigRule");
  options.configuration_id = "mine";
  json = ParsedJson(EventJson(event, options));
  EXPECT_EQ(JsonAt(json, {"Records", "s3", "configurationId"}).string_value(), "mine");
}

TEST(EventJsonTest, WhatIsNoChangeOfTheStoreHasNoForm) {
  for (int i = 0; i < 256; ++i) {
    const auto type = static_cast<EventType>(i);
    const bool is_change = (i >= 1 && i <= 10) || type == EventType::kObjectAclPut;
    EXPECT_EQ(EventJson(SampleEvent(type)).empty(), !is_change) << i;
    EXPECT_EQ(EventBridgeJson(SampleEvent(type)).empty(), !is_change) << i;
  }
}

TEST(EventJsonTest, FunctionsGetTheSameForm) {
  const Event event = SampleEvent(EventType::kObjectCreatedCopy);
  EXPECT_EQ(EventJson(event, "eu-central-1", "owner"), EventJson(event, SampleOptions()));
}

TEST(EventJsonTest, Golden_TestEvent) {
  EXPECT_EQ(TestEventJson("mybucket", absl::FromUnixMillis(1'784'227'333'683), "C3D13FE58DE4C810"),
            R"({"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-07-16T18:42:13.683Z",)"
            R"("Bucket":"mybucket","RequestId":"C3D13FE58DE4C810",)"
            R"("HostId":"OaddtiJMLNs6VF+BDM1+oMtqTKbMF4gY"})");
}

TEST(EventJsonTest, KeysAreFormEncodedWithSlashesKept) {
  const struct {
    std::string key;
    std::string encoded;
  } rows[] = {
      {"a/b-c_d.e*f", "a/b-c_d.e*f"},
      {"a b", "a+b"},
      {"a+b", "a%2Bb"},
      {"100%", "100%25"},
      {"\xC3\xA9", "%C3%A9"},
      {std::string("\0\xFF", 2), "%00%FF"},
      {"~\"&=", "%7E%22%26%3D"},
  };
  for (const auto& row : rows) EXPECT_EQ(EncodeEventKey(row.key), row.encoded);
}

TEST(JsonTextTest, StringsAreEscapedAndAlwaysUtf8) {
  const struct {
    std::string text;
    std::string json;
  } rows[] = {
      {"plain", R"("plain")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"line\nbreak\x01", R"("line\nbreak\u0001")"},
      {"\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\""},
      {"\xFF", "\"\xEF\xBF\xBD\""},
      {"\xC3", "\"\xEF\xBF\xBD\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},  // a surrogate
      {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                  // overlong
  };
  for (const auto& row : rows) {
    std::string out;
    base::AppendJsonString(&out, row.text);
    EXPECT_EQ(out, row.json);
  }
}

}  // namespace
}  // namespace cloudlet::triggers
