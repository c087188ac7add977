// Bad input through the public API: each refusal has its S3 code, names the call, what it was about
// and, where there is one, the remedy; and it has changed nothing and written no event.
//
// Every case runs against a bucket that retains its events and against the same picture of it,
// taken before.
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"

namespace cloudlet::testing {
namespace {

using base::V;

constexpr char kBucketName[] = "bucket";

class BadInput : public ::testing::Test {
 protected:
  BadInput() : BadInput(InMemoryOptions{}) {}
  explicit BadInput(const InMemoryOptions& options)
      : cloud_(Cloud::InMemory(options)),
        bucket_(cloud_.CreateBucket(kBucketName, {.retain_events = true}).value()) {
    bucket_.Put("there", "0123456789").value();
    bucket_.Put("large", std::string(100'000, 'l')).value();
    bucket_.Put("empty", "").value();
    before_ = Picture();
  }
  ~BadInput() override {
    EXPECT_EQ(Picture(), before_) << "something has changed";
    const absl::StatusOr<VerifyReport> report = cloud_.VerifyStore();
    EXPECT_TRUE(report.ok()) << report.status();
    if (report.ok()) {
      EXPECT_EQ(report->problems, std::vector<std::string>{});
    }
  }

  // Everything that a change would show in.
  std::string Picture() {
    std::string text;
    const std::vector<BucketEntry> buckets = cloud_.ListBuckets().value();
    for (const BucketEntry& bucket : buckets) {
      absl::StrAppend(&text, "bucket ", bucket.name, "\n");
    }
    for (const absl::StatusOr<ListEntry>& entry : bucket_.List()) {
      const HeadResult head = bucket_.Head(entry->key).value();
      absl::StrAppend(&text, V(base::Quoted(entry->key)), " ", entry->size, " ", entry->etag, " ",
                      head.info.sequence, " ", head.info.content_type, "\n");
    }
    const std::vector<Event> events = cloud_.Events().value();
    for (const Event& event : events) {
      absl::StrAppend(&text, "event ", event.sequence, "\n");
    }
    absl::StrAppend(&text, "puts ", cloud_.stats().puts, " deletes ", cloud_.stats().deletes, "\n");
    absl::StrAppend(&text, "triggers ", cloud_.ListTriggers().value().size(), "\n");
    return text;
  }

  // `status` has the code, and its message has all the parts.
  static void ExpectError(const absl::Status& status, ErrorCode code,
                          const std::vector<std::string>& parts) {
    EXPECT_EQ(ErrorCodeOf(status), code) << status;
    EXPECT_EQ(status.code(), InfoOf(code).canonical) << status;
    const std::string message(status.message());
    for (const std::string& part : parts) {
      EXPECT_NE(message.find(part), std::string::npos) << "no " << part << " in: " << message;
    }
    EXPECT_NE(message.find(InfoOf(code).name), std::string::npos) << message;
  }

  // Every call on an object `key` of `bucket` is refused alike.
  static void ExpectAllCallsFail(const Bucket& bucket, std::string_view key, ErrorCode code,
                                 const std::vector<std::string>& parts) {
    const auto with = [&](const char* verb) {
      std::vector<std::string> all = parts;
      all.push_back(verb);
      return all;
    };
    char buffer[16];
    ExpectError(bucket.Put(key, "x").status(), code, with("put "));
    ExpectError(bucket.Put(key, absl::Cord("x")).status(), code, with("put "));
    ExpectError(bucket.Put(key, std::string(100'000, 'x')).status(), code, with("put "));
    ExpectError(bucket.Get(key).status(), code, with("get "));
    ExpectError(bucket.ReadInto(key, buffer, sizeof(buffer)).status(), code, with("get "));
    ExpectError(bucket.Head(key).status(), code, with("head "));
    ExpectError(bucket.Delete(key).status(), code, with("delete "));
    ExpectError(bucket.OpenReader(key).status(), code, with("open reader of "));
    ExpectError(WriteStreamed(bucket, key, "x", {}), code, {});
  }

  static absl::Status WriteStreamed(const Bucket& bucket, std::string_view key,
                                    std::string_view body, const PutOptions& options) {
    absl::StatusOr<ObjectWriter> writer = bucket.OpenWriter(key, options);
    if (!writer.ok()) return writer.status();
    const absl::Status written = writer->Write(body);
    if (!written.ok()) return written;
    return writer->Commit().status();
  }

  Cloud cloud_;
  Bucket bucket_;
  std::string before_;
};

// --- Buckets ---

TEST_F(BadInput, BucketName_IsRefusedWithTheRuleItBreaks) {
  const std::vector<std::string> names = {
      "",
      "a",
      "ab",
      std::string(64, 'a'),
      std::string(300, 'b'),
      "Abc",
      "ABC",
      "a_b",
      "a b",
      " abc",
      "abc ",
      "-abc",
      "abc-",
      ".abc",
      "abc.",
      "a..b",
      "a/b",
      "/abc",
      "abc/",
      "a\\b",
      "a:b",
      "a?b",
      "a#b",
      "a%41",
      "a+b",
      "a*b",
      "192.168.5.4",
      "1.2.3.4",
      "999.999.999.999",
      "xn--abc",
      "sthree-abc",
      "amzn-s3-demo-abc",
      "abc-s3alias",
      "abc--ol-s3",
      "abc.mrap",
      "abc--x-s3",
      "abc--table-s3",
      "b\xC3\xA4r",
      "abc\n",
      "abc\t",
      std::string("a\0b", 3),
      "\xFF\xFF\xFF",
      "..",
      "...",
      "---",
  };
  for (const std::string& name : names) {
    SCOPED_TRACE(base::Quoted(name));
    const std::string shown = name.empty() ? "create bucket" : base::Quoted(name);
    ExpectError(cloud_.CreateBucket(name).status(), ErrorCode::kInvalidBucketName,
                {"create bucket", shown, "InvalidBucketName: "});
    ExpectError(cloud_.DeleteBucket(name), ErrorCode::kInvalidBucketName, {"delete bucket"});
    ExpectError(cloud_.bucket(name).Put("k", "x").status(), ErrorCode::kInvalidBucketName,
                {"put \""});
    ExpectError(cloud_.bucket(name).Get("k").status(), ErrorCode::kInvalidBucketName, {"get"});
    ExpectError(cloud_.bucket(name).ListOnePage().status(), ErrorCode::kInvalidBucketName,
                {"list"});
    ExpectError(cloud_.bucket(name).Info().status(), ErrorCode::kInvalidBucketName,
                {"head bucket"});
  }
}

TEST_F(BadInput, Bucket_MissingIsNamedWithTheRemedy) {
  const Bucket missing = cloud_.bucket("missing");
  ExpectAllCallsFail(missing, "cat.jpg", ErrorCode::kNoSuchBucket,
                     {"\"missing/cat.jpg\"", "Cloud::CreateBucket"});
  const std::vector<std::string> parts = {"\"missing\"", "Cloud::CreateBucket"};
  ExpectError(missing.ListOnePage().status(), ErrorCode::kNoSuchBucket, parts);
  ExpectError(missing.List().Next().value().status(), ErrorCode::kNoSuchBucket, parts);
  ExpectError(missing.Info().status(), ErrorCode::kNoSuchBucket, parts);
  ExpectError(cloud_.DeleteBucket("missing"), ErrorCode::kNoSuchBucket, {"\"missing\""});
  ExpectError(missing.OpenWriter("k").status(), ErrorCode::kNoSuchBucket, {"missing"});
  ExpectError(cloud_.AddTrigger({.bucket = "missing", .function = "f"}).status(),
              ErrorCode::kNoSuchBucket, {"missing"});
  ExpectError(cloud_.RemoveTrigger("missing", "id"), ErrorCode::kNoSuchBucket, {"missing"});
}

TEST_F(BadInput, Bucket_TwiceOrNotEmptyIsRefused) {
  ExpectError(cloud_.CreateBucket(kBucketName).status(), ErrorCode::kBucketAlreadyOwnedByYou,
              {"create bucket", "\"bucket\""});
  ExpectError(cloud_.DeleteBucket(kBucketName), ErrorCode::kBucketNotEmpty,
              {"delete bucket", "\"bucket\"", "delete them first"});
}

TEST_F(BadInput, Caller_WithoutRightsIsDenied) {
  const Bucket theirs = bucket_.As(Caller::Anonymous());
  ExpectAllCallsFail(theirs, "there", ErrorCode::kAccessDenied, {"\"bucket/there\""});
  ExpectError(theirs.ListOnePage().status(), ErrorCode::kAccessDenied, {"list", "\"bucket\""});
  ExpectError(theirs.Info().status(), ErrorCode::kAccessDenied, {"\"bucket\""});
}

// --- Keys ---

TEST_F(BadInput, Key_EmptyOrTooLongIsRefused) {
  ExpectAllCallsFail(bucket_, "", ErrorCode::kInvalidArgument, {"\"bucket\"", "empty"});
  for (const size_t size : {1025, 1100, 100'000}) {
    ExpectAllCallsFail(bucket_, std::string(size, 'k'), ErrorCode::kKeyTooLong,
                       {"\"bucket/kkk", absl::StrCat(size, " bytes"), "1024"});
  }
}

TEST_F(BadInput, Key_AbsentIsNoSuchKeyButDeletingItIsNoError) {
  for (const std::string& key : {std::string("absent"), std::string("ther"), std::string("there/"),
                                 std::string("there\0", 6), std::string(1024, 'k')}) {
    ExpectError(bucket_.Get(key).status(), ErrorCode::kNoSuchKey, {"get \"bucket/"});
    ExpectError(bucket_.Head(key).status(), ErrorCode::kNoSuchKey, {"head \"bucket/"});
    ExpectError(bucket_.OpenReader(key).status(), ErrorCode::kNoSuchKey,
                {"open reader of \"bucket/"});
    const absl::StatusOr<DeleteResult> removed = bucket_.Delete(key);
    ASSERT_TRUE(removed.ok()) << removed.status();
    EXPECT_FALSE(removed->existed);
    EXPECT_EQ(removed->sequence, 0u);
  }
}

class BadInputUtf8 : public BadInput {
 protected:
  BadInputUtf8() : BadInput({.key_policy = KeyPolicy::kUtf8}) {}
};

TEST_F(BadInputUtf8, Key_ThatIsNotUtf8IsRefusedWithTheRemedy) {
  for (const char* key : {"\xFF", "a\x80", "\xC3", "a\xC3", "\xC0\xAF", "\xE0\x80\xAF",
                          "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"}) {
    ExpectAllCallsFail(bucket_, key, ErrorCode::kInvalidArgument,
                       {"\"bucket/", "KeyPolicy::kBytes"});
  }
}

// --- Metadata ---

TEST_F(BadInput, UserMetadata_OverTheLimitIsRefusedWithBothNumbers) {
  PutOptions options;
  options.metadata["name"] = std::string(2045, 'v');
  for (const std::string_view key : {"there", "new"}) {
    ExpectError(bucket_.Put(key, "x", options).status(), ErrorCode::kMetadataTooLarge,
                {"put", absl::StrCat("\"bucket/", V(key), "\""), "2049", "2048"});
    ExpectError(WriteStreamed(bucket_, key, "x", options), ErrorCode::kMetadataTooLarge, {"2048"});
  }
}

TEST_F(BadInput, SystemMetadata_OverTheLimitIsRefusedWithBothNumbers) {
  PutOptions options;
  options.cache_control = std::string(1500, 'c');
  options.content_disposition = std::string(549, 'd');
  ExpectError(bucket_.Put("there", "x", options).status(), ErrorCode::kMetadataTooLarge,
              {"put", "\"bucket/there\"", "2049", "2048"});
}

TEST_F(BadInput, Metadata_ThatHttpCannotCarryIsRefused) {
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a:b"), std::string("a\n"),
        std::string("b\xC3\xA4"), std::string("a\0", 2), std::string("(a)")}) {
    PutOptions options;
    options.metadata[name] = "v";
    ExpectError(bucket_.Put("there", "x", options).status(), ErrorCode::kInvalidArgument,
                {"put", "\"bucket/there\"", base::Quoted(name)});
  }
  for (const std::string& value :
       {std::string("a\r\nSet-Cookie: x"), std::string("a\n"), std::string("a\0b", 3)}) {
    PutOptions options;
    options.metadata["name"] = value;
    ExpectError(bucket_.Put("there", "x", options).status(), ErrorCode::kInvalidArgument,
                {"put", "\"bucket/there\"", "name"});
    for (std::string PutOptions::*header :
         {&PutOptions::content_type, &PutOptions::cache_control, &PutOptions::content_disposition,
          &PutOptions::content_encoding, &PutOptions::content_language, &PutOptions::expires,
          &PutOptions::website_redirect_location}) {
      PutOptions with;
      with.*header = value;
      ExpectError(bucket_.Put("there", "x", with).status(), ErrorCode::kInvalidArgument,
                  {"put", "\"bucket/there\"", "CR, LF or NUL"});
    }
  }
  PutOptions twice;
  twice.metadata = {{"Name", "1"}, {"name", "2"}};
  ExpectError(bucket_.Put("there", "x", twice).status(), ErrorCode::kInvalidArgument,
              {"put", "\"bucket/there\"", "twice"});
}

// --- Ranges ---

TEST_F(BadInput, Range_OutsideTheObjectIsRefusedWithRangeAndSize) {
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  const std::pair<const char*, ByteRange> cases[] = {
      {"there", ByteRange::From(10)},      {"there", ByteRange::From(11)},
      {"there", ByteRange::From(kMax)},    {"there", ByteRange::Of(10, 5)},
      {"there", ByteRange::Suffix(0)},     {"there", ByteRange{5, 4}},
      {"there", ByteRange{9, 0}},          {"there", ByteRange{std::nullopt, std::nullopt}},
      {"empty", ByteRange::From(0)},       {"empty", ByteRange::Of(0, 1)},
      {"empty", ByteRange::Suffix(5)},     {"large", ByteRange::From(100'000)},
      {"large", ByteRange{100'000, kMax}},
  };
  for (const auto& [key, range] : cases) {
    GetOptions options;
    options.range = range;
    char buffer[16];
    const std::string name = absl::StrCat("\"bucket/", key, "\"");
    const std::string size = absl::StrCat(bucket_.Head(key)->info.size, " bytes");
    const auto refused = ErrorCode::kInvalidRange;
    ExpectError(bucket_.Get(key, options).status(), refused, {"get", name, "bytes=", size});
    ExpectError(bucket_.Head(key, options).status(), refused, {"head", name, "bytes=", size});
    ExpectError(bucket_.OpenReader(key, options).status(), refused,
                {"open reader of", name, "bytes=", size});
    ExpectError(bucket_.ReadInto(key, buffer, sizeof(buffer), options).status(), refused,
                {"get", name, "bytes=", size});
  }
  GetOptions beyond;
  beyond.range = ByteRange{8, 1000};
  EXPECT_EQ(bucket_.Get("there", beyond)->body, "89") << "an end beyond the end is the end";
  beyond.range = ByteRange::Suffix(1000);
  EXPECT_EQ(bucket_.Get("there", beyond)->body, "0123456789");
}

TEST_F(BadInput, ReadInto_TooSmallBufferIsOutOfRangeWithBothNumbers) {
  char buffer[9];
  const absl::Status status = bucket_.ReadInto("there", buffer, sizeof(buffer)).status();
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  for (const char* part : {"\"bucket/there\"", "9 bytes", "10"}) {
    EXPECT_NE(std::string(status.message()).find(part), std::string::npos) << status;
  }
}

// --- Conditions ---

TEST_F(BadInput, Condition_ThatFailsOnAWriteChangesNothing) {
  const std::string etag = bucket_.Head("there")->info.etag;
  const std::string other(32, '0');
  const auto failed = ErrorCode::kPreconditionFailed;
  const std::vector<std::string> put = {"put", "\"bucket/there\"", etag};
  for (const std::string_view body : {std::string_view("x"), std::string_view(before_)}) {
    ExpectError(bucket_.Put("there", body, {.if_match = other}).status(), failed, put);
    ExpectError(bucket_.Put("there", body, {.if_none_match = "*"}).status(), failed, put);
    ExpectError(bucket_.Put("there", body, {.if_none_match = etag}).status(), failed, put);
    ExpectError(bucket_.Put("there", body, {.if_match = "\"" + other + "\""}).status(), failed,
                put);
  }
  ExpectError(bucket_.Put("there", std::string(100'000, 'x'), {.if_none_match = "*"}).status(),
              failed, put);
  ExpectError(WriteStreamed(bucket_, "there", "x", {.if_none_match = "*"}), failed, put);
  for (const char* condition : {"*", "0123456789abcdef0123456789abcdef"}) {
    ExpectError(bucket_.Put("new", "x", {.if_match = condition}).status(), ErrorCode::kNoSuchKey,
                {"put", "\"bucket/new\"", "If-Match"});
    ExpectError(bucket_.Delete("new", {.if_match = condition}).status(), ErrorCode::kNoSuchKey,
                {"delete", "\"bucket/new\"", "If-Match"});
  }
  ExpectError(bucket_.Delete("there", {.if_match = other}).status(), failed,
              {"delete", "\"bucket/there\"", etag});
}

TEST_F(BadInput, Condition_ThatFailsOnAReadNamesTheCurrentEtag) {
  const HeadResult head = bucket_.Head("there").value();
  GetOptions other;
  other.if_match = std::string(32, '0');
  GetOptions earlier;
  earlier.if_unmodified_since = head.info.last_modified - absl::Hours(1);
  for (const GetOptions& options : {other, earlier}) {
    const auto failed = ErrorCode::kPreconditionFailed;
    ExpectError(bucket_.Get("there", options).status(), failed,
                {"get", "\"bucket/there\"", head.info.etag});
    ExpectError(bucket_.Head("there", options).status(), failed,
                {"head", "\"bucket/there\"", head.info.etag});
    ExpectError(bucket_.OpenReader("there", options).status(), failed, {"\"bucket/there\""});
  }
}

// --- Digests ---

TEST_F(BadInput, Digest_ThatDoesNotMatchNamesBothAndLeavesNothing) {
  for (const size_t size : {10, 5'000, 70'000, 3'000'000, 17'000'000}) {
    const std::string body(size, 'b');
    PutOptions md5;
    md5.content_md5 = "AAAAAAAAAAAAAAAAAAAAAA==";
    PutOptions crc32c;
    crc32c.crc32c = 0xDEADBEEF;
    PutOptions crc64;
    crc64.crc64nvme = 0x0123456789ABCDEF;
    const std::pair<PutOptions*, const char*> cases[] = {{&md5, "00000000000000000000000000000000"},
                                                         {&crc32c, "EADBEEF"},
                                                         {&crc64, "0123456789ABCDEF"}};
    for (const auto& [options, value] : cases) {
      SCOPED_TRACE(value);
      for (const char* key : {"there", "new"}) {
        const std::string name = absl::StrCat("\"bucket/", key, "\"");
        const absl::Status status = bucket_.Put(key, body, *options).status();
        ExpectError(status, ErrorCode::kBadDigest, {"put", name});
        std::string upper(status.message());
        for (char& c : upper) c = static_cast<char>(::toupper(static_cast<unsigned char>(c)));
        std::string wanted(value);
        for (char& c : wanted) c = static_cast<char>(::toupper(static_cast<unsigned char>(c)));
        EXPECT_NE(upper.find(wanted), std::string::npos) << status;
        ExpectError(WriteStreamed(bucket_, key, body, *options), ErrorCode::kBadDigest, {name});
      }
    }
  }
}

TEST_F(BadInput, Digest_ThatIsNoneIsRefused) {
  for (const char* md5 :
       {"x", "AAAA",
        "AAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAA=", "d41d8cd98f00b204e9800998ecf8427e",
        "AAAAAAAAAAAAAAAAAAAAA*==", "AAAAAAAAAAAAAAAAAAAAAA==\n", "AAAAAAAAAAAAAAAAAAAAAB=="}) {
    PutOptions options;
    options.content_md5 = md5;
    ExpectError(bucket_.Put("there", "x", options).status(), ErrorCode::kInvalidDigest,
                {"put", "\"bucket/there\""});
    ExpectError(WriteStreamed(bucket_, "there", "x", options), ErrorCode::kInvalidDigest,
                {"\"bucket/there\""});
  }
}

TEST_F(BadInput, Checksum_ThatDoesNotMatchOrIsNoneLeavesNothing) {
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    const std::string name(ChecksumAlgorithmName(algorithm));
    SCOPED_TRACE(name);
    PutOptions options;
    options.checksum = Checksum{algorithm, ChecksumType::kFullObject,
                                base::Base64Encode(std::string(ChecksumBytes(algorithm), '\1'))};
    const std::string value = options.checksum->value;
    for (const size_t size : {10, 5'000, 70'000, 3'000'000}) {
      const std::string body(size, 'b');
      ExpectError(bucket_.Put("there", body, options).status(), ErrorCode::kBadDigest,
                  {"put", "\"bucket/there\"", name, value});
      ExpectError(WriteStreamed(bucket_, "new", body, options), ErrorCode::kBadDigest,
                  {"\"bucket/new\"", name, value});
    }
    for (const std::string& malformed : {std::string("x"), value + "A", value.substr(4)}) {
      options.checksum->value = malformed;
      const std::string header(ChecksumHeader(algorithm));
      ExpectError(bucket_.Put("there", "x", options).status(), ErrorCode::kInvalidRequest,
                  {"put", "\"bucket/there\"", header, malformed});
      ExpectError(WriteStreamed(bucket_, "new", "x", options), ErrorCode::kInvalidRequest,
                  {"\"bucket/new\"", header, malformed});
    }
  }
}

// --- Limits of sizes and lists ---

class BadInputSmall : public BadInput {
 protected:
  BadInputSmall()
      : BadInput({.limits = {.max_key_bytes = 8, .max_object_bytes = 100'000, .max_buckets = 1}}) {}
};

TEST_F(BadInputSmall, Object_OverTheLimitIsEntityTooLargeWithBothNumbers) {
  const std::string body(100'001, 'x');
  ExpectError(bucket_.Put("there", body).status(), ErrorCode::kEntityTooLarge,
              {"put", "\"bucket/there\"", "100001", "100000"});
  ExpectError(WriteStreamed(bucket_, "new", body, {}), ErrorCode::kEntityTooLarge,
              {"\"bucket/new\"", "100000"});
  ExpectError(bucket_.Put("123456789", "x").status(), ErrorCode::kKeyTooLong, {"9 bytes", "8"});
}

TEST_F(BadInputSmall, Buckets_OverTheLimitAreTooMany) {
  ExpectError(cloud_.CreateBucket("second").status(), ErrorCode::kTooManyBuckets,
              {"create bucket", "\"second\"", "1 buckets"});
}

TEST_F(BadInput, List_WithAMadeUpTokenIsRefused) {
  for (const std::string& token :
       {std::string("x"), std::string("AAAA"), std::string(5000, 'a'), std::string("\0", 1)}) {
    ListPageOptions options;
    options.continuation_token = token;
    ExpectError(bucket_.ListOnePage(options).status(), ErrorCode::kInvalidArgument,
                {"list", "\"bucket\""});
  }
}

// --- Functions and triggers ---

TEST_F(BadInput, Enum_WithAValueOfNoneIsRefused) {
  ExpectError(cloud_.CreateBucket("more", {.etag_policy = static_cast<EtagPolicy>(42)}).status(),
              ErrorCode::kInvalidArgument, {"create bucket", "etag_policy", "42"});
  const auto never = static_cast<Durability>(99);
  ExpectError(bucket_.Put("k", "x", {.durability = never}).status(), ErrorCode::kInvalidArgument,
              {"put ", "durability", "99"});
  ExpectError(bucket_.Delete("there", {.durability = never}).status(), ErrorCode::kInvalidArgument,
              {"delete ", "durability", "99"});
  ExpectError(WriteStreamed(bucket_, "k", "x", {.durability = never}), ErrorCode::kInvalidArgument,
              {"durability", "99"});
}

TEST(BadCaller, HopsBelowZeroCountAsZero) {
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = cloud.CreateBucket("bucket", {.retain_events = true}).value();
  Caller caller;
  caller.causation.hops = std::numeric_limits<int>::min();
  ASSERT_TRUE(bucket.As(caller).Put("k", "v").ok());
  EXPECT_EQ(cloud.Events()->at(0).causation.hops, 0);
}

TEST_F(BadInput, Function_WithABadNameOrOptionIsRefused) {
  const Function works = [](const Event&, FunctionContext&) { return absl::OkStatus(); };
  const auto invalid = ErrorCode::kInvalidParameterValue;
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a/b"),
                                  std::string("b\xC3\xA4"), std::string(65, 'f')}) {
    ExpectError(cloud_.RegisterFunction(name, works), invalid, {});
  }
  ExpectError(cloud_.RegisterFunction("f", Function()), invalid, {"f"});
  std::vector<FunctionOptions> bad(8);
  bad[0].max_retry_attempts = -1;
  bad[1].max_retry_attempts = 3;
  bad[2].max_event_age = absl::Seconds(59);
  bad[3].max_event_age = absl::Hours(7);
  bad[4].timeout = absl::Milliseconds(999);
  bad[5].timeout = absl::Minutes(16);
  bad[6].reserved_concurrency = -1;
  bad[7].timeout = absl::InfiniteDuration();
  for (size_t i = 0; i < bad.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectError(cloud_.RegisterFunction("f", works, bad[i]), invalid, {"f"});
  }
  const auto missing = ErrorCode::kFunctionNotFound;
  ExpectError(cloud_.UnregisterFunction("f"), missing, {"f"});
  ExpectError(cloud_.function_stats("f").status(), missing, {"f"});
  ASSERT_TRUE(cloud_.RegisterFunction("f", works).ok());
  ExpectError(cloud_.RegisterFunction("f", works), ErrorCode::kFunctionConflict, {"f"});
}

TEST_F(BadInput, Trigger_ThatCannotBeIsRefused) {
  const auto invalid = ErrorCode::kInvalidArgument;
  std::vector<Trigger> bad(6, {.bucket = kBucketName, .function = "f"});
  bad[0].function = "";
  bad[1].function = "not a name";
  bad[2].events = {};
  bad[3].events = {EventType::kNone};
  bad[4].id = std::string(256, 'i');
  bad[5].prefix = std::string(1025, 'p');
  for (size_t i = 0; i < bad.size(); ++i) {
    SCOPED_TRACE(i);
    ExpectError(cloud_.AddTrigger(bad[i]).status(), invalid, {});
  }
  ExpectError(cloud_.RemoveTrigger(kBucketName, "no-such-id"), invalid,
              {"\"bucket\"", "no-such-id"});
}

// --- Streams ---

TEST_F(BadInput, Writer_AfterCommitOrErrorAnswersTheSame) {
  // Not through bucket_: a committed object is a change.
  Cloud cloud = Cloud::InMemory();
  const Bucket bucket = cloud.CreateBucket("streams").value();
  ObjectWriter done = bucket.OpenWriter("k").value();
  ASSERT_TRUE(done.Commit().ok());
  for (const absl::Status& status : {done.Write("x"), done.Commit().status()}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_NE(std::string(status.message()).find("\"streams/k\""), std::string::npos) << status;
  }
  ObjectWriter failed = bucket.OpenWriter("k", {.if_none_match = "*"}).value();
  const absl::Status first = failed.Commit().status();
  EXPECT_TRUE(IsPreconditionFailed(first)) << first;
  EXPECT_EQ(failed.Commit().status(), first);
  EXPECT_EQ(failed.Write("x"), first);
  { ObjectWriter dropped = bucket.OpenWriter("dropped").value(); }
  EXPECT_TRUE(IsNoSuchKey(bucket.Get("dropped").status()));
}

}  // namespace
}  // namespace cloudlet::testing
