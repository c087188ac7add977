// Whatever bytes stand in an event, its JSON is valid UTF-8 that a parser takes, and the key comes
// back out of it. CLOUDLET_FULL: a thousand times as many events.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "base/random.h"
#include "cloudlet/event.h"
#include "cloudlet/event_json.h"
#include "gtest/gtest.h"
#include "triggers/event_json_testing.h"

namespace cloudlet::triggers {
namespace {

using base::Random;

// A table of its own of what UTF-8 is: by the code point, not by the bytes as the code does.
bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    int more = 0;
    while (more < 4 && (lead << (more + 1) & 0x80) != 0) ++more;
    if (more < 1 || more > 3 || text.size() - i < static_cast<size_t>(more)) return false;
    uint32_t point = lead & (0x3F >> more);
    for (int k = 0; k < more; ++k) {
      const auto byte = static_cast<unsigned char>(text[i++]);
      if (byte >> 6 != 2) return false;
      point = point << 6 | (byte & 0x3F);
    }
    const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
      return false;
    }
  }
  return true;
}

TEST(EventJsonRandomTest, JudgeOfUtf8) {
  for (const char* good : {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF",
                          "\xE2\x82", "\xF8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

// Any bytes, or pieces that JSON, UTF-8 or the encoding of keys could stumble over.
std::string AnyText(Random* random, size_t most) {
  constexpr std::string_view kPieces[] = {
      "\"", "\\",       "\n",       "\x1F",         "\x7F",         "%",   "+",  " ", "/", "\xC3",
      "a",  "\xC3\xA9", "\xED\xA0", "\xF0\x9F\x98", "\xE2\x80\xA8", "%2F", "\\u"};
  std::string text;
  const size_t size = random->Below(most + 1);
  const bool pieces = random->Chance(0.5);
  while (text.size() < size) {
    if (pieces) {
      text += kPieces[random->Below(std::size(kPieces))];
    } else {
      text += static_cast<char>(random->Below(256));
    }
  }
  return text;
}

Event AnyEvent(Random* random) {
  Event event;
  event.type = AllChanges()[random->Below(AllChanges().size())];
  event.bucket = AnyText(random, 63);
  event.key = AnyText(random, 1024);
  event.size = random->Next();
  event.etag = AnyText(random, 40);
  event.version_id = AnyText(random, 20);
  event.sequence = random->Next();
  event.time = absl::FromUnixMillis(static_cast<int64_t>(random->Below(uint64_t{1} << 42)));
  event.request_id = AnyText(random, 20);
  event.principal = AnyText(random, 64);
  event.source_address = AnyText(random, 40);
  event.trigger_id = AnyText(random, 255);
  event.annotation_name = AnyText(random, 512);
  event.annotation_etag = AnyText(random, 40);
  event.has_annotations = random->Chance(0.5);
  return event;
}

EventJsonOptions AnyOptions(Random* random) {
  EventJsonOptions options;
  options.schema = kSchemas[random->Below(std::size(kSchemas))].schema;
  options.region = AnyText(random, 20);
  options.owner = AnyText(random, 64);
  options.account = AnyText(random, 12);
  if (random->Chance(0.5)) options.aws_generated_tags = {{AnyText(random, 9), AnyText(random, 9)}};
  return options;
}

// The inverse of a form's encoding, as consumers do it.
std::string FormDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] == '%') {
      decoded += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

TEST(EventJsonRandomTest, AnyEvent_GivesJsonAndItsKeyBack) {
  const int events = std::getenv("CLOUDLET_FULL") != nullptr ? 300'000 : 300;
  Random random(20261128);
  for (int i = 0; i < events && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(i);
    const Event event = AnyEvent(&random);
    const EventJsonOptions options = AnyOptions(&random);
    const std::string json = EventJson(event, options);
    ASSERT_TRUE(IsUtf8(json)) << json;
    const auto parsed = ParsedJson(json);
    EXPECT_EQ(FormDecoded(JsonAt(parsed, {"Records", "s3", "object", "key"}).string_value()),
              event.key);
    EXPECT_EQ(JsonAt(parsed, {"Records", "eventName"}).string_value(), EventTypeName(event.type));

    const std::string bridge = EventBridgeJson(event, options);
    ASSERT_TRUE(IsUtf8(bridge)) << bridge;
    const std::string key = JsonAt(ParsedJson(bridge), {"detail", "object", "key"}).string_value();
    if (IsUtf8(event.key)) {
      EXPECT_EQ(key, event.key);
    }

    const std::string test = TestEventJson(event.bucket, event.time, event.request_id);
    ASSERT_TRUE(IsUtf8(test)) << test;
    EXPECT_EQ(JsonAt(ParsedJson(test), {"Event"}).string_value(), "s3:TestEvent");
  }
}

}  // namespace
}  // namespace cloudlet::triggers
