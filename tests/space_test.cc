// Space comes back: what overwrites, deletes, aborted uploads, abandoned writers and killed
// processes leave behind is gone from the directory when the store has been closed, measured in
// bytes of its files.
//
// The bound: live bytes and a tenth, and kSlack for what does not depend on them: logs, rows, the
// MANIFEST. Bodies up to 4 MiB lie in tables with others, which are compacted when a quarter of
// them is dead (docs/adr/0010): there a third of the live bytes, and kNotWorthIt, may stay. Each
// workload writes at least twice what the bound allows. The program is also the process that is
// killed: `--child FOLDER`.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cloudlet/cloud.h"
#include "gtest/gtest.h"
#include "tests/child_process.h"
#include "tests/store_check.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kIngested = 17 * kMiB;  // above 4 MiB: an SST file that is ingested
constexpr uint64_t kSmall = 2 * kMiB;      // chunks that go through the log
constexpr uint64_t kSlack = 16 * kMiB;
constexpr uint64_t kNotWorthIt = 16 * kMiB;  // of tables with smaller bodies

OpenOptions Options() {
  OpenOptions options;
  options.limits.min_part_bytes = 1;
  return options;
}

class SpaceTest : public ::testing::Test {
 protected:
  std::string store() const { return folder_ / "store"; }
  void Open() {
    absl::StatusOr<Cloud> cloud = Cloud::Open(store(), Options());
    ASSERT_TRUE(cloud.ok()) << cloud.status();
    cloud_.emplace(*std::move(cloud));
    ASSERT_TRUE(cloud_->EnsureBucket("bucket").ok());
  }
  Bucket bucket() { return cloud_->bucket("bucket"); }
  void Put(const std::string& key, uint64_t bytes) {
    const absl::StatusOr<PutResult> put = bucket().Put(key, BodyOf(++op_, bytes));
    ASSERT_TRUE(put.ok()) << put.status();
    written_ += bytes;
  }
  void UploadParts(const std::string& key, std::string* id, int parts, uint64_t bytes) {
    *id = bucket().CreateMultipartUpload(key).value();
    for (int number = 1; number <= parts; ++number) {
      ASSERT_TRUE(bucket().UploadPart(key, *id, number, BodyOf(++op_, bytes)).ok());
      written_ += bytes;
    }
  }

  uint64_t DirectoryBytes() const {
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store())) {
      if (entry.is_regular_file()) bytes += entry.file_size();
    }
    return bytes;
  }
  // Closes the store, which sweeps, and measures; what is there is sound. `dead` more may be there.
  void ExpectSpaceIsBack(uint64_t live, uint64_t dead = 0) {
    ASSERT_TRUE(cloud_->Close().ok());
    const uint64_t left = DirectoryBytes();
    std::cout << "  written " << written_ / kMiB << " MiB, live " << live / kMiB
              << " MiB, directory " << left / kMiB << " MiB\n";
    const uint64_t bound = live + live / 10 + dead + kSlack;
    EXPECT_LE(left, bound);
    EXPECT_GE(left, live);
    EXPECT_GE(written_, 2 * bound) << "a test that could not fail";
    Open();
    const VerifyReport report = cloud_->VerifyStore().value();
    EXPECT_EQ(report.problems, std::vector<std::string>{});
    EXPECT_EQ(report.garbage_payloads, 0u);
  }

  TestFolder folder_{"space"};
  std::optional<Cloud> cloud_;
  uint64_t op_ = 0;
  uint64_t written_ = 0;
};

TEST_F(SpaceTest, OverwritesOfIngestedBodies) {
  Open();
  for (int round = 0; round < 6; ++round) {
    Put("a", kIngested);
    Put("b", kIngested);
  }
  ExpectSpaceIsBack(2 * kIngested);
}

TEST_F(SpaceTest, DeletesAndCopies) {
  Open();
  for (int i = 0; i < 10; ++i) Put(absl::StrCat("k", i), kIngested);
  ASSERT_TRUE(bucket().Copy({.bucket = "bucket", .key = "k3"}, "copy").ok());
  Put("kept", kSmall);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(bucket().Delete(absl::StrCat("k", i)).ok());
  ExpectSpaceIsBack(kIngested + kSmall);
}

// Bodies that go through the log lie in tables with others. What is dead in these is compacted away
// while the store is open, and the rest of it at Close.
TEST_F(SpaceTest, DeletesOfSmallerBodies) {
  Open();
  for (int i = 0; i < 120; ++i) Put(absl::StrCat("k", i), (64 << 10) << (i % 8));
  Put("kept", kSmall);
  for (int i = 0; i < 120; ++i) ASSERT_TRUE(bucket().Delete(absl::StrCat("k", i)).ok());
  ExpectSpaceIsBack(kSmall, kNotWorthIt);
}

// Every fourth lives.
TEST_F(SpaceTest, DeletesAmongSmallerBodies) {
  Open();
  uint64_t live = 0;
  for (int i = 0; i < 128; ++i) Put(absl::StrCat("k", i), kSmall);
  for (int i = 0; i < 128; ++i) {
    if (i % 4 == 3) {
      live += kSmall;
    } else {
      ASSERT_TRUE(bucket().Delete(absl::StrCat("k", i)).ok());
    }
  }
  ExpectSpaceIsBack(live, live / 3 + kNotWorthIt);
}

TEST_F(SpaceTest, AbortedUploadsAndAbandonedWriters) {
  Open();
  for (int round = 0; round < 4; ++round) {
    const std::string key = absl::StrCat("k", round);
    std::string id;
    UploadParts(key, &id, 2, kIngested);
    ASSERT_TRUE(bucket().AbortMultipartUpload(key, id).ok());
    ObjectWriter writer = bucket().OpenWriter(key).value();
    ASSERT_TRUE(writer.Write(BodyOf(++op_, kIngested)).ok());
    written_ += kIngested;
  }
  ExpectSpaceIsBack(0);
}

// A replaced part is garbage, one of the object is not.
TEST_F(SpaceTest, ReplacedPartsAndCompletedUploads) {
  Open();
  std::string id;
  for (int round = 0; round < 4; ++round) {
    UploadParts("film", &id, 1, kIngested);
    std::vector<CompletedPart> parts;
    for (int again = 0; again < 2; ++again) {
      const std::string body = BodyOf(++op_, kIngested);
      const UploadPartResult part = bucket().UploadPart("film", id, 1, body).value();
      parts = {{1, part.etag}};
      written_ += kIngested;
    }
    ASSERT_TRUE(bucket().CompleteMultipartUpload("film", id, parts).ok());
  }
  ExpectSpaceIsBack(kIngested);
}

TEST_F(SpaceTest, WhatAKilledProcessWasWriting) {
  Open();
  Put("kept", kSmall);
  ASSERT_TRUE(cloud_->Close().ok());
  cloud_.reset();
  for (int life = 0; life < 3; ++life) {
    ChildProcess child({"--child", folder_.path()}, folder_ / "stderr");
    ASSERT_TRUE(child.started());
    ASSERT_EQ(child.Read(1, 'w'), 1u) << child.Wait().ToString();
    child.Kill();
    ASSERT_TRUE(child.Wait().killed());
    written_ += 4 * kIngested;
  }
  EXPECT_GT(DirectoryBytes(), 3 * kIngested);
  Open();
  const UploadPage open = bucket().ListMultipartUploads().value();
  EXPECT_EQ(open.entries.size(), 3u);
  for (const UploadEntry& upload : open.entries) {
    ASSERT_TRUE(bucket().AbortMultipartUpload(upload.key, upload.upload_id).ok());
  }
  ExpectSpaceIsBack(kSmall);
}

// Has an object half written by a writer, another overwritten, an upload with a part.
int RunChild(const std::string& folder) {
  absl::StatusOr<Cloud> cloud = Cloud::Open(folder + "/store", Options());
  if (!cloud.ok()) return 1;
  const Bucket bucket = cloud->bucket("bucket");
  ObjectWriter writer = bucket.OpenWriter("half").value();
  if (!writer.Write(BodyOf(1, kIngested)).ok()) return 2;
  for (uint64_t op : {2, 3}) {
    if (!bucket.Put("overwritten", BodyOf(op, kIngested)).ok()) return 3;
  }
  if (!bucket.Delete("overwritten").ok()) return 4;
  const std::string id = bucket.CreateMultipartUpload("upload").value();
  if (!bucket.UploadPart("upload", id, 1, BodyOf(4, kIngested)).ok()) return 5;
  if (::write(STDOUT_FILENO, "w", 1) != 1) return 6;
  while (true) ::pause();
}

}  // namespace
}  // namespace cloudlet::testing

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--child") {
    return cloudlet::testing::RunChild(argv[2]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
