// Golden events: one per type that this store makes.
#include "triggers/event_json.h"

#include <string>

#include "absl/time/time.h"
#include "cloudlet/event.h"
#include "gtest/gtest.h"

namespace cloudlet::triggers {
namespace {

Event Created() {
  Event event;
  event.type = EventType::kObjectCreatedPut;
  event.bucket = "mybucket";
  event.key = "red flower.jpg";
  event.size = 1469;
  event.etag = "d41d8cd98f00b204e9800998ecf8427f";
  event.sequence = 0x55AED6DCD90281E5;
  event.time = absl::FromUnixMillis(1'784'227'333'683);
  event.request_id = "C3D13FE58DE4C810";
  event.principal = "alice";
  event.source_address = "127.0.0.1";
  event.trigger_id = "testConfigRule";
  return event;
}

// What all events of these tests begin with.
std::string Head(const std::string& name) {
  return R"({"Records":[{"eventVersion":"2.5","eventSource":"aws:s3","awsRegion":"eu-central-1",)"
         R"("eventTime":"2026-07-16T18:42:13.683Z","eventName":")" +
         name +
         R"(","userIdentity":{"principalId":"alice"},)"
         R"("requestParameters":{"sourceIPAddress":"127.0.0.1"},)"
         R"("responseElements":{"x-amz-request-id":"C3D13FE58DE4C810",)"
         R"("x-amz-id-2":"OaddtiJMLNs6VF+BDM1+oMtqTKbMF4gY"},)"
         R"("s3":{"s3SchemaVersion":"1.0","configurationId":"testConfigRule",)"
         R"("bucket":{"name":"mybucket","ownerIdentity":{"principalId":"owner"},)"
         R"("arn":"arn:aws:s3:::mybucket"},)";
}

TEST(EventJsonTest, Golden_ObjectCreatedPut) {
  EXPECT_EQ(EventJson(Created(), "eu-central-1", "owner"),
            Head("ObjectCreated:Put") +
                R"("object":{"key":"red+flower.jpg","size":1469,)"
                R"("eTag":"d41d8cd98f00b204e9800998ecf8427f","sequencer":"55AED6DCD90281E5"}}}]})");
}

TEST(EventJsonTest, Golden_ObjectRemovedDelete) {
  Event event = Created();
  event.type = EventType::kObjectRemovedDelete;
  event.etag.clear();
  event.size = 0;
  event.sequence = 26;
  EXPECT_EQ(EventJson(event, "eu-central-1", "owner"),
            Head("ObjectRemoved:Delete") +
                R"("object":{"key":"red+flower.jpg","sequencer":"000000000000001A"}}}]})");
}

TEST(EventJsonTest, Golden_DeleteMarkerCreated) {
  Event event = Created();
  event.type = EventType::kObjectRemovedDeleteMarkerCreated;
  event.version_id = "v1";
  EXPECT_EQ(EventJson(event, "eu-central-1", "owner"),
            Head("ObjectRemoved:DeleteMarkerCreated") +
                R"("object":{"key":"red+flower.jpg","eTag":"d41d8cd98f00b204e9800998ecf8427e",)"
                R"("versionId":"v1","sequencer":"55AED6DCD90281E5"}}}]})");
}

// As S3 has it: the ETag, no size and no sequencer.
TEST(EventJsonTest, Golden_ObjectTagging) {
  Event event = Created();
  event.type = EventType::kObjectTaggingPut;
  event.version_id = "v1";
  EXPECT_EQ(EventJson(event, "eu-central-1", "owner"),
            Head("ObjectTagging:Put") +
                R"("object":{"key":"red+flower.jpg",)"
                R"("eTag":"d41d8cd98f00b204e9800998ecf8427f","versionId":"v1"}}}]})");
  event.type = EventType::kObjectTaggingDelete;
  event.version_id.clear();
  EXPECT_EQ(EventJson(event, "eu-central-1", "owner"),
            Head("ObjectTagging:Delete") + R"("object":{"key":"red+flower.jpg",)"
                                           R"("eTag":"d41d8cd98f00b204e9800998ecf8427f"}}}]})");
}

// As of an object that is there: S3 does not document more.
TEST(EventJsonTest, Golden_ObjectAnnotation) {
  Event event = Created();
  event.type = EventType::kObjectAnnotationDelete;
  event.annotation_name = "labels";
  EXPECT_EQ(EventJson(event, "eu-central-1", "owner"),
            Head("ObjectAnnotation:Delete") +
                R"("object":{"key":"red+flower.jpg","size":1469,)"
                R"("eTag":"d41d8cd98f00b204e9800998ecf8427f","sequencer":"55AED6DCD90281E5"}}}]})");
}

TEST(EventJsonTest, NullVersionIsNotShown) {
  Event event = Created();
  event.version_id = "null";
  EXPECT_EQ(EventJson(event, "r", "o").find("versionId"), std::string::npos);
}

TEST(EventJsonTest, OwnerStandsInForAnEmptyPrincipal) {
  Event event = Created();
  event.principal.clear();
  EXPECT_NE(
      EventJson(event, "r", "the-owner").find(R"("userIdentity":{"principalId":"the-owner"})"),
      std::string::npos);
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

TEST(EventJsonTest, StringsAreEscapedAndAlwaysUtf8) {
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
    AppendJsonString(&out, row.text);
    EXPECT_EQ(out, row.json);
  }
}

}  // namespace
}  // namespace cloudlet::triggers
