// What holds of appends: the object grows by a part, and nobody who reads or shares what it was
// feels it.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "objstore/store_conformance.h"

namespace cloudlet::objstore {
namespace {

using Texts = std::vector<std::string>;

std::string PartAt(ObjectStore& store, std::string_view key, int number) {
  GetOptions options;
  options.part_number = number;
  const auto got = Get(store, "bkt", key, options);
  return got.ok() ? got->body : CodeOf(got);
}

std::string AppendCode(ObjectStore& store, std::string_view key, std::string_view body,
                       const AppendOptions& options = {}) {
  return CodeOf(Append(store, "bkt", key, body, options));
}

AppendOptions At(uint64_t offset) {
  AppendOptions options;
  options.write_offset = offset;
  return options;
}

}  // namespace

TEST_P(StoreUploads, Append_GrowsAnObjectOfAnySizeByAPart) {
  for (const uint64_t size : {0, 10, 1024, 1025, 65'536, 65'537, 1'500'000}) {
    SCOPED_TRACE(size);
    const Texts bodies = {Bytes(size, 1), Bytes(100, 2), Bytes(70'000, 3)};
    PutOptions put;
    put.content_type = "text/plain";
    put.metadata["name"] = "value";
    put.checksum_algorithm = ChecksumAlgorithm::kSha256;
    ASSERT_EQ(PutCode("k", bodies[0], put), "OK");
    clock().Advance(absl::Seconds(5));
    ASSERT_EQ(AppendCode(store(), "k", bodies[1], At(size)), "OK");
    const auto last = Append(store(), "bkt", "k", bodies[2], At(size + 100));
    ASSERT_TRUE(last.ok()) << last.status();
    const std::string whole = bodies[0] + bodies[1] + bodies[2];
    const auto got = Get(store(), "bkt", "k");
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_TRUE(got->body == whole);
    EXPECT_EQ(got->info.etag, CompositeMd5(bodies));
    EXPECT_EQ(got->info.etag, last->etag);
    EXPECT_EQ(last->size, whole.size());
    EXPECT_EQ(last->crc64nvme, base::Crc64Nvme(whole));
    EXPECT_EQ(got->info.crc64nvme, base::Crc64Nvme(whole));
    EXPECT_EQ(got->info.checksum.algorithm, ChecksumAlgorithm::kCrc64nvme);
    EXPECT_EQ(got->info.sequence, last->sequence);
    EXPECT_EQ(got->info.last_modified, clock().Now());
    EXPECT_EQ(got->info.content_type, "text/plain");
    EXPECT_EQ(got->info.metadata.at("name"), "value");
    EXPECT_EQ(got->info.parts_count, 3);
    if (size != 0) {
      EXPECT_TRUE(PartAt(store(), "k", 1) == bodies[0]);
    }
    EXPECT_TRUE(PartAt(store(), "k", 3) == bodies[2]);
  }
}

TEST_P(StoreUploads, Append_OfALargeBody_AndAfterReopening) {
  const Texts bodies = {Bytes(17 << 20, 1), Bytes(3, 2)};
  ASSERT_EQ(AppendCode(store(), "k", bodies[0], At(0)), "OK");
  if (GetParam().reopen != nullptr) {
    ASSERT_TRUE(GetParam().reopen(store()).ok());
  }
  ASSERT_EQ(AppendCode(store(), "k", bodies[1]), "OK");
  EXPECT_TRUE(Body("k") == bodies[0] + bodies[1]);
}

TEST_P(StoreUploads, Append_ToAnObjectWithParts_GoesOnAfterItsLastPart) {
  const Texts bodies = {Bytes(9'000, 1), Bytes(80'000, 2)};
  ASSERT_TRUE(Make("k", bodies).ok());
  ASSERT_EQ(AppendCode(store(), "k", "more"), "OK");
  EXPECT_TRUE(Body("k") == bodies[0] + bodies[1] + "more");
  EXPECT_EQ(PartAt(store(), "k", 3), "more");
  EXPECT_TRUE(PartAt(store(), "k", 2) == bodies[1]);
}

TEST_P(StoreUploads, Append_ToNothing_MakesAnObjectOfOnePart) {
  EXPECT_EQ(AppendCode(store(), "k", "first", At(1)), "InvalidWriteOffset");
  EXPECT_EQ(Body("k"), "NoSuchKey");
  ASSERT_EQ(AppendCode(store(), "k", "first", At(0)), "OK");
  EXPECT_EQ(Body("k"), "first");
  EXPECT_EQ(AppendCode(store(), "k", "first", At(0)), "InvalidWriteOffset");
  EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.content_type, "binary/octet-stream");
  ASSERT_EQ(AppendCode(store(), "empty", ""), "OK");
  EXPECT_EQ(Body("empty"), "");
}

TEST_P(StoreUploads, Append_ThatIsRefused_LeavesTheObjectAsItWas) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  const auto before = HeadOf(store(), "bkt", "k");
  EXPECT_EQ(AppendCode(store(), "k", "x", At(3)), "InvalidWriteOffset");
  EXPECT_EQ(AppendCode(store(), "k", "x", At(5)), "InvalidWriteOffset");
  AppendOptions options;
  options.if_match = "other";
  EXPECT_EQ(AppendCode(store(), "k", "x", options), "PreconditionFailed");
  EXPECT_EQ(AppendCode(store(), "absent", "x", options), "NoSuchKey");
  options = {};
  options.content_md5 = Md5Base64("y");
  EXPECT_EQ(AppendCode(store(), "k", "x", options), "BadDigest");
  options.content_md5 = "nonsense";
  EXPECT_EQ(AppendCode(store(), "k", "x", options), "InvalidDigest");
  options = {};
  options.checksum = Checksum{ChecksumAlgorithm::kCrc32, ChecksumType::kFullObject, "AAAAAA=="};
  EXPECT_EQ(AppendCode(store(), "k", "x", options), "BadDigest");
  EXPECT_EQ(CodeOf(Append(store(), "absent", "k", "x")), "NoSuchBucket");
  EXPECT_EQ(AppendCode(store(), std::string(1025, 'k'), "x"), "KeyTooLongError");
  const auto after = HeadOf(store(), "bkt", "k");
  EXPECT_EQ(after->info.etag, before->info.etag);
  EXPECT_EQ(after->info.sequence, before->info.sequence);
  EXPECT_EQ(Body("k"), "body");
  options = {};
  options.content_md5 = Md5Base64("x");
  options.if_match = before->info.etag;
  EXPECT_EQ(AppendCode(store(), "k", "x", options), "OK");
  EXPECT_EQ(AppendCode(store(), "k", "x", options), "PreconditionFailed") << "the ETag is another";
}

TEST_P(StoreUploads, Append_HasTheLimitsOfPartsAndObjects) {
  for (int i = 1; i <= 20; ++i) ASSERT_EQ(AppendCode(store(), "k", absl::StrCat(i, ".")), "OK");
  EXPECT_EQ(AppendCode(store(), "k", "x"), "TooManyParts");
  EXPECT_EQ(HeadOf(store(), "bkt", "k")->info.parts_count, 20);
  Limits limits;
  limits.max_object_bytes = 10;
  limits.max_part_bytes = 6;
  OpenWith(limits, KeyPolicy::kBytes);
  ASSERT_EQ(AppendCode(store(), "k", "123456"), "OK");
  EXPECT_EQ(AppendCode(store(), "j", "1234567"), "EntityTooLarge");
  EXPECT_EQ(AppendCode(store(), "k", "12345"), "EntityTooLarge");
  EXPECT_EQ(AppendCode(store(), "k", "1234"), "OK");
  EXPECT_EQ(Body("k"), "1234561234");
}

TEST_P(StoreUploads, Append_IsNotImplementedWithVersioning) {
  ASSERT_EQ(PutCode("k", "body"), "OK");
  for (const Versioning versioning : {Versioning::kEnabled, Versioning::kSuspended}) {
    ASSERT_TRUE(store().SetVersioning({"bkt"}, versioning).ok());
    EXPECT_EQ(AppendCode(store(), "k", "x"), "NotImplemented");
  }
  EXPECT_EQ(Body("k"), "body");
}

TEST_P(StoreUploads, Append_LeavesReadersAndCopiesWhatTheyHave) {
  const Texts bodies = {Bytes(2'500'000, 1), Bytes(1'200'000, 2)};
  ASSERT_EQ(PutCode("k", bodies[0]), "OK");
  ASSERT_EQ(AppendCode(store(), "k", bodies[1]), "OK");
  const std::string before = bodies[0] + bodies[1];
  ASSERT_TRUE(Copy(store(), {.key = "k"}, "bkt", "copy").ok());
  const GetOptions options;
  auto reading = store().Read({"bkt", "k", &options});
  ASSERT_TRUE(reading.ok());
  for (int i = 0; i < 5; ++i) ASSERT_EQ(AppendCode(store(), "k", "more"), "OK");
  ASSERT_EQ(AppendCode(store(), "copy", "of the copy"), "OK");
  ASSERT_EQ(DeleteCode("k"), "OK");
  for (int i = 0; i < 200; ++i) ASSERT_EQ(PutCode("busy", Bytes(2'000, 9)), "OK");  // sweeps
  std::string read;
  while (true) {
    const auto piece = reading->source->Next();
    ASSERT_TRUE(piece.ok()) << piece.status();
    if (piece->empty()) break;
    read += std::string(*piece);
  }
  EXPECT_TRUE(read == before);
  EXPECT_TRUE(Body("copy") == before + "of the copy");
}

TEST_P(StoreUploads, Append_FromManyThreads_KeepsEveryPiece_AndOneIsFirstAtAnOffset) {
  std::vector<std::thread> threads;
  std::vector<int> first(4, 0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t, &first] {
      for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(AppendCode(store(), "log", absl::StrCat("<", t, i, ">")), "OK");
      }
      first[static_cast<size_t>(t)] = AppendCode(store(), "one", "x", At(0)) == "OK" ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string log = Body("log");
  EXPECT_EQ(log.size(), 64u);
  for (int t = 0; t < 4; ++t) {
    size_t from = 0;
    for (int i = 0; i < 4; ++i) {
      from = log.find(absl::StrCat("<", t, i, ">"), from);
      ASSERT_NE(from, std::string::npos) << "each thread's pieces are in its order";
    }
  }
  EXPECT_EQ(first[0] + first[1] + first[2] + first[3], 1);
  EXPECT_EQ(Body("one"), "x");
}

}  // namespace cloudlet::objstore
