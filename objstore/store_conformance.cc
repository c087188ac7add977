// The suite's fixture, and what holds of single objects, their bytes and their headers.
#include "objstore/store_conformance.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/strings.h"

namespace cloudlet::objstore {

std::ostream& operator<<(std::ostream& out, const StoreFactory& factory) {
  return out << factory.name;
}

std::string StoreFactoryName(const ::testing::TestParamInfo<StoreFactory>& info) {
  return info.param.name;
}

void StoreConformance::OpenWith(const Limits& limits, KeyPolicy key_policy) {
  store_.reset();
  clock_ = std::make_shared<TestClock>();
  Environment environment = TestEnvironment(clock_);
  environment.limits = limits;
  environment.key_policy = key_policy;
  store_ = GetParam().open(std::move(environment));
  ASSERT_NE(store_, nullptr);
  ASSERT_TRUE(store_->CreateBucket("bkt", {}, {}).ok());
}

std::string StoreConformance::PutCode(std::string_view key, std::string_view body,
                                      const PutOptions& options) {
  return CodeOf(Put(store(), "bkt", key, body, options));
}
std::string StoreConformance::GetCode(std::string_view key, const GetOptions& options) {
  return CodeOf(Get(store(), "bkt", key, options));
}
std::string StoreConformance::DeleteCode(std::string_view key, const DeleteOptions& options) {
  return CodeOf(Delete(store(), "bkt", key, options));
}

std::vector<std::string> StoreConformance::Fill(std::vector<std::string> keys) {
  std::sort(keys.begin(), keys.end());
  std::vector<std::string> taken;
  for (const std::string& key : keys) {
    if (PutCode(key, "") == "OK") taken.push_back(key);
  }
  EXPECT_FALSE(taken.empty());
  return taken;
}

std::vector<std::string> NastyKeys() {
  std::vector<std::string> keys = {
      "plain",
      "a",
      "a/",
      "a/b",
      "a/b/",
      "a//b",
      "/a",
      "//",
      "/",
      ".",
      "..",
      "../a",
      "a/../b",
      "a/./b",
      " ",
      " lead",
      "trail ",
      "in between",
      "\t",
      "new\nline",
      "\r\n",
      "100%",
      "%2F",
      "%25",
      "%",
      "a+b",
      "a b",
      "a%20b",
      "\\",
      "\"quoted\"",
      "'single'",
      "<xml>&amp;</xml>",
      "?query=1&b",
      "#fragment",
      "*",
      "k:v;w=x,y@z!",
      "{}[]|^`~",
      "\xF0\x9F\xA6\x84",
      "\xF0\x9F\xA6\x84/\xF0\x9F\xA6\x84",
      "stra\xC3\x9F"
      "e",
      "e\xCC\x81",  // two ways to write the same letter
      "\xC3\xA9",   // are two keys
      "\xEF\xBF\xBF",
      "A",
      std::string("\0", 1),
      std::string("\0\0", 2),
      std::string("a\0", 2),
      std::string("a\0b", 3),
      std::string("\x7F", 1),
      std::string(1024, 'x'),
      std::string(1023, 'x'),
  };
  for (const char* bytes : {"\xFF", "\xFF\xFF", "a\xFF", "\x80", "\xFF/\xFF", "\xC3"}) {
    keys.emplace_back(bytes);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

namespace {

constexpr uint64_t kMiB = 1 << 20;

TEST_P(StoreConformance, Put_IsReadBackAtOnce) {
  const auto put = Put(store(), "bkt", "k", "hello world");
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->etag, "5eb63bbbe01eeed093cb22bb8f5acdc3");
  EXPECT_EQ(put->crc64nvme, base::Crc64Nvme("hello world"));
  EXPECT_FALSE(put->request_id.empty());
  const auto got = Get(store(), "bkt", "k");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->body, "hello world");
  EXPECT_EQ(got->info.key, "k");
  EXPECT_EQ(got->info.size, 11u);
  EXPECT_EQ(got->info.etag, put->etag);
  EXPECT_EQ(got->info.sequence, put->sequence);
  EXPECT_EQ(got->info.crc64nvme, put->crc64nvme);
  EXPECT_EQ(got->info.last_modified, clock().Now());
  EXPECT_EQ(got->info.content_type, "binary/octet-stream");
  EXPECT_EQ(got->info.version_id, "");
}

TEST_P(StoreConformance, Put_ReplacesBodyHeadersAndTime) {
  ASSERT_EQ(PutCode("k", "first", {.content_type = "text/plain", .metadata = {{"a", "1"}}}), "OK");
  clock().Advance(absl::Seconds(5));
  ASSERT_EQ(PutCode("k", "2nd"), "OK");
  const auto got = Get(store(), "bkt", "k");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->body, "2nd");
  EXPECT_EQ(got->info.content_type, "binary/octet-stream");
  EXPECT_TRUE(got->info.metadata.empty());
  EXPECT_EQ(got->info.last_modified, clock().Now());
}

TEST_P(StoreConformance, Put_OfTheSameBytes_IsANewWrite) {
  const auto one = Put(store(), "bkt", "k", "same");
  const auto two = Put(store(), "bkt", "k", "same");
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->etag, two->etag);
  EXPECT_LT(one->sequence, two->sequence);
}

TEST_P(StoreConformance, Put_AcrossSizeClasses_LeavesTheLastBody) {
  const uint64_t sizes[] = {3 * kMiB, 0, 70'000, 10, 17 * kMiB, 2'000, 65'536, 1};
  uint64_t seed = 0;
  for (const uint64_t size : sizes) {
    const std::string body = Bytes(size, ++seed);
    ASSERT_EQ(PutCode("k", body), "OK") << size;
    EXPECT_EQ(Body("k") == body, true) << size;
  }
  EXPECT_EQ(Listed(), std::vector<std::string>{"k"});
}

TEST_P(StoreConformance, EmptyObject_IsAnObject) {
  ASSERT_EQ(PutCode("empty", ""), "OK");
  const auto got = Get(store(), "bkt", "empty");
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->body, "");
  EXPECT_EQ(got->info.size, 0u);
  EXPECT_EQ(got->info.etag, "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Listed(), std::vector<std::string>{"empty"});
  EXPECT_TRUE(Delete(store(), "bkt", "empty")->existed);
}

TEST_P(StoreConformance, EverySize_AroundEachThreshold_ReadsBackWithItsDigests) {
  for (const uint64_t size :
       {uint64_t{0}, uint64_t{1}, uint64_t{1023}, uint64_t{1024}, uint64_t{1025}, uint64_t{65535},
        uint64_t{65536}, uint64_t{65537}, kMiB - 1, kMiB, kMiB + 1, 5 * kMiB, 16 * kMiB - 1,
        16 * kMiB, 16 * kMiB + 1}) {
    const std::string body = Bytes(size, size + 1);
    const std::string key = absl::StrCat("size", size);
    const auto put = Put(store(), "bkt", key, body);
    ASSERT_TRUE(put.ok()) << size << ": " << put.status();
    EXPECT_EQ(put->etag, Md5Hex(body)) << size;
    EXPECT_EQ(put->crc64nvme, base::Crc64Nvme(body)) << size;
    const auto got = Get(store(), "bkt", key);
    ASSERT_TRUE(got.ok()) << size << ": " << got.status();
    EXPECT_EQ(got->body == body, true) << size;
    EXPECT_EQ(got->info.size, size);
    EXPECT_EQ(got->info.etag, put->etag);
    if (size > 0) {
      const auto last = Get(store(), "bkt", key, {.range = ByteRange::Suffix(1)});
      ASSERT_TRUE(last.ok()) << last.status();
      EXPECT_EQ(last->body, body.substr(size - 1)) << size;
    }
    ASSERT_EQ(DeleteCode(key), "OK");
  }
}

TEST_P(StoreConformance, CordOfManyPieces_IsStoredWhole) {
  for (const uint64_t size : {uint64_t{900}, uint64_t{60'000}, uint64_t{200'000}, 3 * kMiB}) {
    const std::string body = Bytes(size);
    absl::Cord cord;
    for (size_t at = 0; at < size; at += 777) {
      cord.Append(
          absl::MakeCordFromExternal(base::V(std::string_view(body).substr(at, 777)), [] {}));
    }
    const PutOptions options;
    Mutation mutation(PutMutation{"bkt", "k", cord, &options});
    const auto verdicts = store().Mutate({absl::MakeSpan(&mutation, 1)});
    ASSERT_TRUE(verdicts.at(0).ok()) << verdicts[0].status();
    EXPECT_EQ(Body("k") == body, true) << size;
  }
}

TEST_P(StoreConformance, Head_TellsAllButTheBody) {
  PutOptions options;
  options.content_type = "text/html";
  options.metadata = {{"a", "1"}};
  ASSERT_EQ(PutCode("k", Bytes(100'000), options), "OK");
  const auto head = HeadOf(store(), "bkt", "k");
  const auto got = Get(store(), "bkt", "k");
  ASSERT_TRUE(head.ok() && got.ok()) << head.status();
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->info.size, 100'000u);
  EXPECT_EQ(head->info.etag, got->info.etag);
  EXPECT_EQ(head->info.content_type, "text/html");
  EXPECT_EQ(head->info.metadata, got->info.metadata);
  EXPECT_EQ(head->info.sequence, got->info.sequence);
}

TEST_P(StoreConformance, AbsentKey_IsNoSuchKey_AndNamesIt) {
  const auto got = Get(store(), "bkt", "not there");
  EXPECT_EQ(CodeOf(got), "NoSuchKey");
  EXPECT_NE(got.status().message().find("bkt/not there"), absl::string_view::npos) << got.status();
  EXPECT_EQ(CodeOf(HeadOf(store(), "bkt", "not there")), "NoSuchKey");
}

TEST_P(StoreConformance, Delete_TellsWhetherThereWasAnything) {
  ASSERT_EQ(PutCode("k", "v"), "OK");
  const auto first = Delete(store(), "bkt", "k");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->existed);
  EXPECT_GT(first->sequence, 0u);
  EXPECT_EQ(Body("k"), "NoSuchKey");
  EXPECT_TRUE(Listed().empty());
  const auto second = Delete(store(), "bkt", "k");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(second->existed);
  EXPECT_EQ(second->sequence, 0u);
}

TEST_P(StoreConformance, NastyKeys_AreObjectsOfTheirOwn) {
  const bool any_bytes = store().capabilities().arbitrary_keys;
  std::vector<std::string> keys;
  for (const std::string& key : NastyKeys()) {
    const std::string code = PutCode(key, "body of " + key);
    if (code == "OK") keys.push_back(key);
    EXPECT_TRUE(code == "OK" || !any_bytes) << base::Quoted(key) << ": " << code;
  }
  EXPECT_GE(keys.size(), 45u);
  EXPECT_EQ(Listed(), keys);
  for (const std::string& key : keys) {
    EXPECT_EQ(Body(key), "body of " + key) << base::Quoted(key);
  }
  for (const std::string& key : keys) {
    EXPECT_TRUE(Delete(store(), "bkt", key)->existed) << base::Quoted(key);
    EXPECT_EQ(Body(key), "NoSuchKey");
  }
  EXPECT_TRUE(Listed().empty());
}

TEST_P(StoreConformance, BadKeys_AreRefusedByEveryVerb) {
  for (const auto& [key, code] : {std::pair<std::string, std::string>{"", "InvalidArgument"},
                                  {std::string(1025, 'k'), "KeyTooLongError"}}) {
    EXPECT_EQ(PutCode(key, "v"), code);
    EXPECT_EQ(GetCode(key), code);
    EXPECT_EQ(CodeOf(HeadOf(store(), "bkt", key)), code);
    EXPECT_EQ(DeleteCode(key), code);
  }
}

TEST_P(StoreConformance, Utf8Policy_RefusesOtherBytes) {
  OpenWith({}, KeyPolicy::kUtf8);
  EXPECT_FALSE(store().capabilities().arbitrary_keys);
  EXPECT_EQ(PutCode("\xFF", "v"), "InvalidArgument");
  EXPECT_EQ(GetCode("\xFF"), "InvalidArgument");
  EXPECT_EQ(DeleteCode("\xFF"), "InvalidArgument");
  EXPECT_EQ(PutCode("\xF0\x9F\xA6\x84", "v"), "OK");
}

TEST_P(StoreConformance, Headers_ComeBackAsGiven_MetadataNamesInLowerCase) {
  PutOptions options;
  options.content_type = "text/html; charset=utf-8";
  options.cache_control = "max-age=60";
  options.content_disposition = "attachment; filename=\"a b\"";
  options.content_encoding = "gzip";
  options.content_language = "de, en";
  options.expires = "Thu, 01 Jan 2032 00:00:00 GMT";
  options.website_redirect_location = "/elsewhere";
  options.metadata = {{"MiXed-Case", "Value Keeps CASE"}, {"empty", ""}, {"raw", "\xFF\xFE"}};
  for (const uint64_t size : {uint64_t{10}, 2 * kMiB}) {
    ASSERT_EQ(PutCode("k", Bytes(size), options), "OK");
    const auto got = Get(store(), "bkt", "k");
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->info.content_type, options.content_type);
    EXPECT_EQ(got->info.cache_control, options.cache_control);
    EXPECT_EQ(got->info.content_disposition, options.content_disposition);
    EXPECT_EQ(got->info.content_encoding, options.content_encoding);
    EXPECT_EQ(got->info.content_language, options.content_language);
    EXPECT_EQ(got->info.expires, options.expires);
    EXPECT_EQ(got->info.website_redirect_location, options.website_redirect_location);
    EXPECT_EQ(
        got->info.metadata,
        (UserMetadata{{"mixed-case", "Value Keeps CASE"}, {"empty", ""}, {"raw", "\xFF\xFE"}}));
  }
}

TEST_P(StoreConformance, BadHeaders_AreRefused_AndNothingIsWritten) {
  EXPECT_EQ(PutCode("k", "v", {.metadata = {{"name", std::string(2045, 'v')}}}),
            "MetadataTooLarge");
  EXPECT_EQ(PutCode("k", "v", {.content_type = std::string(2049, 't')}), "MetadataTooLarge");
  EXPECT_EQ(PutCode("k", "v", {.metadata = {{"A", "1"}, {"a", "2"}}}), "InvalidArgument");
  EXPECT_EQ(PutCode("k", "v", {.metadata = {{"bad name", "1"}}}), "InvalidArgument");
  EXPECT_EQ(PutCode("k", "v", {.cache_control = "a\r\nb: c"}), "InvalidArgument");
  EXPECT_EQ(Body("k"), "NoSuchKey");
}

TEST_P(StoreConformance, Digests_Right_AreTaken_AndCrc32cIsKept) {
  for (const uint64_t size :
       {uint64_t{0}, uint64_t{11}, uint64_t{5'000}, uint64_t{70'000}, 17 * kMiB}) {
    const std::string body = Bytes(size);
    PutOptions options;
    options.content_md5 = Md5Base64(body);
    options.crc32c = base::Crc32c(body);
    options.crc64nvme = base::Crc64Nvme(body);
    ASSERT_EQ(PutCode("k", body, options), "OK") << size;
    EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.crc32c, base::Crc32c(body));
  }
}

TEST_P(StoreConformance, Digests_WrongOrMalformed_AreRefused_AndTheOldObjectStays) {
  ASSERT_EQ(PutCode("k", "old"), "OK");
  for (const uint64_t size :
       {uint64_t{0}, uint64_t{11}, uint64_t{5'000}, uint64_t{70'000}, 17 * kMiB}) {
    const std::string body = Bytes(size);
    EXPECT_EQ(PutCode("k", body, {.content_md5 = Md5Base64(body + "x")}), "BadDigest") << size;
    EXPECT_EQ(PutCode("k", body, {.content_md5 = "nonsense"}), "InvalidDigest");
    EXPECT_EQ(PutCode("k", body, {.content_md5 = base::Base64Encode("short")}), "InvalidDigest");
    EXPECT_EQ(PutCode("k", body, {.crc32c = base::Crc32c(body) + 1}), "BadDigest");
    EXPECT_EQ(PutCode("k", body, {.crc64nvme = base::Crc64Nvme(body) + 1}), "BadDigest");
  }
  EXPECT_EQ(Body("k"), "old");
}

TEST_P(StoreConformance, EtagPolicyCrc64_GivesAnOpaqueEtagThatConditionsTake) {
  ASSERT_TRUE(store().CreateBucket("crc", {.etag_policy = EtagPolicy::kCrc64}, {}).ok());
  const auto put = Put(store(), "crc", "k", "123456789");
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->etag, "ae8b14860a799888-crc64");
  EXPECT_EQ(CodeOf(Get(store(), "crc", "k", {.if_match = "\"" + put->etag + "\""})), "OK");
  EXPECT_EQ(CodeOf(Put(store(), "crc", "k", "2", {.if_match = "ffffffffffffffff-crc64"})),
            "PreconditionFailed");
  const auto md5 = Put(store(), "crc", "k", "2", {.content_md5 = Md5Base64("3")});
  EXPECT_EQ(CodeOf(md5), "BadDigest");
}

TEST_P(StoreConformance, ObjectLimit_IsEntityTooLarge) {
  Limits limits;
  limits.max_object_bytes = 100'000;
  OpenWith(limits, KeyPolicy::kBytes);
  EXPECT_EQ(PutCode("k", Bytes(100'000)), "OK");
  EXPECT_EQ(PutCode("k", Bytes(100'001)), "EntityTooLarge");
  EXPECT_EQ(CodeOf(StageBody(store(), "bkt", Bytes(100'001), 1000)), "EntityTooLarge");
  EXPECT_TRUE(StageBody(store(), "bkt", Bytes(100'000), 1000).ok());
}

}  // namespace
}  // namespace cloudlet::objstore
