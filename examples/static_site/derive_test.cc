// Derived objects follow their files, whatever order and number of events there is.
#include "examples/static_site/derive.h"

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "examples/static_site/compress.h"
#include "examples/static_site/describe.h"
#include "examples/static_site/gzip.h"
#include "examples/static_site/layout.h"
#include "examples/static_site/search_index.h"
#include "examples/static_site/site.h"
#include "examples/static_site/words.h"
#include "gtest/gtest.h"

namespace static_site {
namespace {

using cloudlet::Bucket;
using cloudlet::Cloud;

class DeriveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<Bucket> site = InstallSite(cloud_, cloudlet::Dispatch::kManual);
    ASSERT_TRUE(site.ok()) << site.status();
  }

  void PutFile(const std::string& path, const std::string& bytes,
               const std::string& type = "text/plain") {
    ASSERT_TRUE(bucket_.Put(FileKey(path), bytes, {.content_type = type}).ok());
  }
  void DeliverAll() { ASSERT_TRUE(cloud_.RunUntilIdle().ok()); }
  void DeriveAll(const std::string& path) {
    ASSERT_TRUE(Compress(bucket_, path).ok());
    ASSERT_TRUE(Describe(bucket_, path).ok());
    ASSERT_TRUE(CollectWords(bucket_, path).ok());
    ASSERT_TRUE(BuildShard(bucket_, ShardOf(path)).ok());
  }

  // The body; "(none)" without an object.
  std::string Body(const std::string& key) {
    absl::StatusOr<cloudlet::GetResult> got = bucket_.Get(key);
    return got.ok() ? std::string(got->body) : "(none)";
  }
  // Number of the last change of every object, by key.
  std::map<std::string, uint64_t> Sequences() {
    std::map<std::string, uint64_t> sequences;
    for (const absl::StatusOr<cloudlet::ListEntry>& entry : bucket_.List()) {
      sequences[entry->key] = bucket_.Head(entry->key)->info.sequence;
    }
    return sequences;
  }

  Cloud cloud_ = Cloud::InMemory();
  Bucket bucket_ = cloud_.bucket(kBucket);
};

std::string LongText(const std::string& word) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += word + " see http://h/" + word + "\n";
  return text;
}

TEST_F(DeriveTest, PutDerivesEverything) {
  PutFile("a.txt", LongText("apple"));
  DeliverAll();
  EXPECT_EQ(Gunzip(Body("gz/a.txt.gz")).value(), LongText("apple"));
  EXPECT_EQ(bucket_.Head("gz/a.txt.gz")->info.content_encoding, "gzip");
  const std::string etag = bucket_.Head("files/a.txt")->info.etag;
  EXPECT_EQ(Body("meta/a.txt.json"), "{\"path\":\"a.txt\",\"size\":2500,\"etag\":\"" + etag +
                                         "\",\"content_type\":\"text/plain\","
                                         "\"links\":[\"http://h/apple\"]}\n");
  EXPECT_EQ(Body(WordsKey("a.txt")), "apple\nhttp\nsee\n");
  EXPECT_EQ(Body(IndexKey(ShardOf("a.txt"))),
            "{\"files\":[\"a.txt\"],\"words\":{\"apple\":[0],\"http\":[0],\"see\":[0]}}\n");
}

TEST_F(DeriveTest, BinaryHasNoGzipAndNoWords) {
  PutFile("a.png", std::string(1000, 'x'), "image/png");
  DeliverAll();
  EXPECT_EQ(Body("gz/a.png.gz"), "(none)");
  EXPECT_EQ(Body(WordsKey("a.png")), "(none)");
  EXPECT_NE(Body("meta/a.png.json"), "(none)");
}

TEST_F(DeriveTest, EmptyFileIsDescribed) {
  PutFile("empty", "");
  DeliverAll();
  EXPECT_NE(Body("meta/empty.json"), "(none)");
  EXPECT_EQ(Body(WordsKey("empty")), "");
}

TEST_F(DeriveTest, LargeFileIsCompressedPieceByPiece) {
  std::string large;
  while (large.size() < (3 << 20)) large += std::to_string(large.size() * 7919) + " ";
  PutFile("large.txt", large);
  DeliverAll();
  EXPECT_EQ(Gunzip(Body("gz/large.txt.gz")).value(), large);
}

TEST_F(DeriveTest, DeleteRemovesAllThatWasDerived) {
  PutFile("a.txt", LongText("apple"));
  DeliverAll();
  ASSERT_TRUE(bucket_.Delete("files/a.txt").ok());
  DeliverAll();
  EXPECT_TRUE(Sequences().empty());
}

TEST_F(DeriveTest, BecomingBinaryRemovesWhatATextHad) {
  PutFile("a", LongText("apple"));
  DeliverAll();
  PutFile("a", LongText("apple") + "x", "application/octet-stream");
  DeliverAll();
  EXPECT_EQ(Body("gz/a.gz"), "(none)");
  EXPECT_EQ(Body(WordsKey("a")), "(none)");
  EXPECT_EQ(Body(IndexKey(ShardOf("a"))), "(none)");
}

TEST_F(DeriveTest, DuplicatesWriteNothing) {
  PutFile("a.txt", LongText("apple"));
  DeliverAll();
  const std::map<std::string, uint64_t> before = Sequences();
  EXPECT_EQ(before.size(), 5u);
  DeriveAll("a.txt");
  DeriveAll("a.txt");
  EXPECT_EQ(Sequences(), before);
}

TEST_F(DeriveTest, LateEventsSeeTheCurrentFile) {
  PutFile("a.txt", LongText("old"));
  PutFile("a.txt", LongText("newer"));
  DeriveAll("a.txt");  // as for the second event, before the first is delivered
  const std::map<std::string, uint64_t> before = Sequences();
  DeliverAll();
  EXPECT_EQ(Sequences(), before);
  EXPECT_EQ(Body(WordsKey("a.txt")), "http\nnewer\nsee\n");
}

TEST_F(DeriveTest, LatePutEventDoesNotBringBackADeletedFile) {
  PutFile("a.txt", LongText("apple"));
  ASSERT_TRUE(bucket_.Delete("files/a.txt").ok());
  DeriveAll("a.txt");
  DeliverAll();
  EXPECT_TRUE(Sequences().empty());
}

TEST_F(DeriveTest, ShardListsFilesInOrderAndLosesThoseDeleted) {
  // Two paths of one shard.
  std::string first = "f0", second;
  for (int i = 1; second.empty(); ++i) {
    const std::string path = "f" + std::to_string(i);
    if (ShardOf(path) == ShardOf(first)) second = path;
  }
  PutFile(first, "apple pear");
  PutFile(second, "apple plum");
  DeliverAll();
  const std::string index = IndexKey(ShardOf(first));
  EXPECT_EQ(Body(index), "{\"files\":[\"" + first + "\",\"" + second +
                             "\"],\"words\":{\"apple\":[0,1],\"pear\":[0],\"plum\":[1]}}\n");
  ASSERT_TRUE(bucket_.Delete(FileKey(first)).ok());
  DeliverAll();
  EXPECT_EQ(Body(index),
            "{\"files\":[\"" + second + "\"],\"words\":{\"apple\":[0],\"plum\":[0]}}\n");
}

TEST_F(DeriveTest, RepairMendsWhatEventsDidNot) {
  PutFile("a.txt", LongText("apple"));
  PutFile("b.txt", LongText("pear"));
  DeliverAll();
  const std::map<std::string, uint64_t> before = Sequences();
  ASSERT_TRUE(bucket_.Delete("gz/a.txt.gz").ok());
  ASSERT_TRUE(bucket_.Delete("files/b.txt").ok());  // its event is not delivered
  ASSERT_TRUE(RepairSite(bucket_).ok());
  EXPECT_EQ(Gunzip(Body("gz/a.txt.gz")).value(), LongText("apple"));
  EXPECT_EQ(Body("meta/b.txt.json"), "(none)");
  EXPECT_EQ(Body(IndexKey(ShardOf("b.txt"))), "(none)");
  EXPECT_EQ(Sequences().size(), before.size() / 2);
}

// --- Races, played out step by step: what others do happens inside `make`. ---

class RaceTest : public DeriveTest {
 protected:
  // A copy of files/x under the key "copy"; `meanwhile` runs before its first write.
  Derivation Copy(std::function<void()> meanwhile) {
    return {.key = "copy",
            .source = [this]() -> absl::StatusOr<std::string> {
              absl::StatusOr<cloudlet::HeadResult> head = bucket_.Head("files/x");
              if (cloudlet::IsNoSuchKey(head.status())) return std::string();
              return head->info.etag;
            },
            .make =
                [this, meanwhile](const std::string& identity, cloudlet::PutOptions options) {
                  absl::StatusOr<cloudlet::GetResult> got =
                      bucket_.Get("files/x", {.if_match = identity});
                  if (!got.ok()) return got.status();
                  if (makes_++ == 0) meanwhile();
                  return bucket_.Put("copy", got->body, options).status();
                }};
  }

  int makes_ = 0;
};

TEST_F(RaceTest, OlderWriteLosesAgainstANewerOne) {
  PutFile("x", "old");
  const Derivation slow = Copy([&] {
    PutFile("x", "new");
    ASSERT_TRUE(BringUpToDate(bucket_, Copy([] {})).ok());
    EXPECT_EQ(Body("copy"), "new");
  });
  ASSERT_TRUE(BringUpToDate(bucket_, slow).ok());
  EXPECT_EQ(Body("copy"), "new");
}

TEST_F(RaceTest, FileDeletedWhileItsCopyIsMade) {
  PutFile("x", "old");
  const Derivation slow = Copy([&] {
    ASSERT_TRUE(bucket_.Delete("files/x").ok());
    ASSERT_TRUE(BringUpToDate(bucket_, Copy([] {})).ok());
  });
  ASSERT_TRUE(BringUpToDate(bucket_, slow).ok());
  EXPECT_EQ(Body("copy"), "(none)");
}

TEST_F(RaceTest, FileThatChangesThereAndBack) {
  PutFile("x", "this");
  ASSERT_TRUE(BringUpToDate(bucket_, Copy([] {})).ok());
  PutFile("x", "that");
  makes_ = 0;
  // The copy says "this" and the file says "this" again, so the other function has nothing to do;
  // the slow one, which saw "that", must mend what it writes.
  const Derivation slow = Copy([&] {
    PutFile("x", "this");
    ASSERT_TRUE(BringUpToDate(bucket_, Copy([] {})).ok());
  });
  ASSERT_TRUE(BringUpToDate(bucket_, slow).ok());
  EXPECT_EQ(Body("copy"), "this");
}

TEST_F(RaceTest, OtherErrorsAreHandedOn) {
  PutFile("x", "old");
  Derivation broken = Copy([] {});
  broken.make = [](const std::string&, const cloudlet::PutOptions&) {
    return absl::ResourceExhaustedError("no room");
  };
  EXPECT_TRUE(absl::IsResourceExhausted(BringUpToDate(bucket_, broken)));
}

TEST_F(RaceTest, SourceThatNeverRestsEndsInAborted) {
  PutFile("x", "0");
  Derivation restless = Copy([] {});
  int change = 0;
  restless.source = [&]() -> absl::StatusOr<std::string> { return std::to_string(++change); };
  EXPECT_TRUE(absl::IsAborted(BringUpToDate(bucket_, restless)));
}

}  // namespace
}  // namespace static_site
