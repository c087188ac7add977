// The publisher: what is put, what is left alone, what is skipped, and what happens when files move
// under its hands.
#include "examples/static_site/publish.h"

#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cloudlet/cloud.h"
#include "examples/static_site/layout.h"
#include "examples/static_site/temp_tree.h"
#include "examples/static_site/tree.h"
#include "gtest/gtest.h"

namespace static_site {
namespace {

namespace fs = std::filesystem;
using cloudlet::Bucket;
using cloudlet::Cloud;

class PublishTest : public ::testing::Test {
 protected:
  PublishReport Run() { return Run({.source = tree_.root()}); }
  PublishReport Run(const PublishOptions& options) {
    absl::StatusOr<PublishReport> report = Publish(bucket_, options);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : PublishReport{};
  }

  std::string Body(const std::string& path) {
    absl::StatusOr<cloudlet::GetResult> got = bucket_.Get(FileKey(path));
    return got.ok() ? std::string(got->body) : "(none)";
  }

  TempTree tree_;
  Cloud cloud_ = Cloud::InMemory();
  Bucket bucket_ = cloud_.CreateBucket(kBucket).value();
};

TEST_F(PublishTest, FirstRunPutsAllFiles) {
  tree_.Write("a.txt", "apple");
  tree_.Write("b/c.html", "<p>pear");
  tree_.Write("b/d/empty", "");
  const PublishReport report = Run();
  EXPECT_EQ(report.files, 3u);
  EXPECT_EQ(report.stored, 3u);
  EXPECT_EQ(report.bytes, 12u);
  EXPECT_EQ(Body("a.txt"), "apple");
  EXPECT_EQ(Body("b/c.html"), "<p>pear");
  EXPECT_EQ(Body("b/d/empty"), "");
  EXPECT_EQ(bucket_.Head(FileKey("b/c.html"))->info.content_type, "text/html; charset=utf-8");
}

TEST_F(PublishTest, SecondRunDoesNothing) {
  tree_.Write("a.txt", "apple");
  tree_.Write("b/c", "pear");
  Run();
  const uint64_t puts = cloud_.stats().puts;
  const PublishReport report = Run();
  EXPECT_EQ(report.unchanged, 2u);
  EXPECT_EQ(report.stored, 0u);
  EXPECT_EQ(report.deleted, 0u);
  EXPECT_EQ(cloud_.stats().puts, puts);
}

TEST_F(PublishTest, ChangedFileAloneIsPutAgain) {
  tree_.Write("a.txt", "apple");
  tree_.Write("b.txt", "pear");
  Run();
  tree_.Write("b.txt", "plum", 30);  // the same size, another time
  const PublishReport report = Run();
  EXPECT_EQ(report.stored, 1u);
  EXPECT_EQ(report.unchanged, 1u);
  EXPECT_EQ(Body("b.txt"), "plum");
}

TEST_F(PublishTest, FileWrittenJustNowIsReadAgain) {
  tree_.Write("a.txt", "apple", 0);
  EXPECT_EQ(Run().stored, 1u);
  EXPECT_EQ(Run().stored, 1u);
}

TEST_F(PublishTest, ObjectsWhoseFileIsGoneAreDeleted) {
  tree_.Write("a.txt", "apple");
  tree_.Write("b/c", "pear");
  Run();
  tree_.Remove("b");
  const PublishReport report = Run();
  EXPECT_EQ(report.deleted, 1u);
  EXPECT_EQ(Body("b/c"), "(none)");
  EXPECT_EQ(Body("a.txt"), "apple");
}

TEST_F(PublishTest, SymlinksAndSpecialFilesAreCountedAndSkipped) {
  tree_.Write("a.txt", "apple");
  tree_.Write("real/b.txt", "pear");
  fs::create_symlink("a.txt", tree_.root() / "link");
  fs::create_symlink("nowhere", tree_.root() / "dangling");
  fs::create_directory_symlink("real", tree_.root() / "folder");
  fs::create_directory_symlink("..", tree_.root() / "real" / "loop");
  ASSERT_EQ(::mkfifo((tree_.root() / "pipe").c_str(), 0600), 0);
  const PublishReport report = Run();
  EXPECT_EQ(report.files, 2u);
  EXPECT_EQ(report.stored, 2u);
  EXPECT_EQ(report.symlinks, 4u);
  EXPECT_EQ(report.special, 1u);
  EXPECT_EQ(Body("link"), "(none)");
}

TEST_F(PublishTest, NameThatMakesNoKeyIsCountedAndSkipped) {
  std::string folder;
  while (folder.size() + 201 <= kMaxPathBytes) folder += std::string(200, 'd') + "/";
  const size_t room = kMaxPathBytes - folder.size();
  tree_.Write(folder + std::string(room, 'f'), "fits");
  tree_.Write(folder + std::string(room + 1, 'f'), "does not");
  const PublishReport report = Run();
  EXPECT_EQ(report.stored, 1u);
  EXPECT_EQ(report.too_long, 1u);
  EXPECT_EQ(report.errors, 0u);
}

TEST_F(PublishTest, NamesAreBytes) {
  tree_.Write("caf\xe9\n\x01.txt", "latin-1");
  EXPECT_EQ(Run().stored, 1u);
  EXPECT_EQ(Body("caf\xe9\n\x01.txt"), "latin-1");
}

TEST_F(PublishTest, FileBecomingASymlinkIsDeleted) {
  tree_.Write("a.txt", "apple");
  tree_.Write("b.txt", "pear");
  Run();
  tree_.Remove("b.txt");
  fs::create_symlink("a.txt", tree_.root() / "b.txt");
  EXPECT_EQ(Run().deleted, 1u);
  EXPECT_EQ(Body("b.txt"), "(none)");
}

// Takes from this thread, for a while, the capabilities by which root reads what nobody may read.
class WithoutPrivileges {
 public:
  WithoutPrivileges() {
    EXPECT_EQ(::syscall(SYS_capget, &header_, before_), 0);
    __user_cap_data_struct fewer[2] = {before_[0], before_[1]};
    fewer[0].effective &= ~((1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH));
    EXPECT_EQ(::syscall(SYS_capset, &header_, fewer), 0);
  }
  ~WithoutPrivileges() { EXPECT_EQ(::syscall(SYS_capset, &header_, before_), 0); }

 private:
  __user_cap_header_struct header_ = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2] = {};
};

TEST_F(PublishTest, WhatCannotBeReadIsCountedAndKept) {
  tree_.Write("open.txt", "apple");
  tree_.Write("shut.txt", "pear");
  tree_.Write("shut/inside.txt", "plum");
  Run();
  tree_.Write("shut.txt", "another pear", 30);
  fs::permissions(tree_.root() / "shut.txt", fs::perms::none);
  fs::permissions(tree_.root() / "shut", fs::perms::none);
  PublishReport report;
  {
    WithoutPrivileges ordinary;
    report = Run();
  }
  fs::permissions(tree_.root() / "shut", fs::perms(0755));
  EXPECT_EQ(report.unchanged, 1u);
  EXPECT_EQ(report.unreadable, 2u);
  EXPECT_EQ(report.deleted, 0u);
  EXPECT_EQ(report.errors, 0u);
  EXPECT_EQ(Body("shut.txt"), "pear");
  EXPECT_EQ(Body("shut/inside.txt"), "plum");
}

TEST_F(PublishTest, MissingSourceDeletesNothing) {
  tree_.Write("a.txt", "apple");
  Run();
  EXPECT_TRUE(absl::IsNotFound(Publish(bucket_, {.source = tree_.root() / "no"}).status()));
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Publish(bucket_, {.source = tree_.root() / "a.txt"}).status()));
  EXPECT_EQ(Body("a.txt"), "apple");
}

TEST_F(PublishTest, FileThatChangesWhileReadIsReadAgain) {
  tree_.Write("a.txt", "old text");
  int reads = 0;
  const PublishReport report =
      Run({.source = tree_.root(), .upload = {.after_read = [&](const fs::path&) {
                                     if (reads++ == 0) tree_.Write("a.txt", "new text", 30);
                                   }}});
  EXPECT_EQ(report.retries, 1u);
  EXPECT_EQ(report.stored, 1u);
  EXPECT_EQ(report.errors, 0u);
  EXPECT_EQ(Body("a.txt"), "new text");
}

TEST_F(PublishTest, FileThatNeverRestsIsAnErrorAndItsObjectStays) {
  tree_.Write("a.txt", "first");
  tree_.Write("b.txt", "calm");
  Run();
  tree_.Write("a.txt", "x", 50);
  const PublishReport report =
      Run({.source = tree_.root(), .upload = {.after_read = [&](const fs::path& name) {
                                     std::ofstream(name, std::ios::app) << "x";
                                   }}});
  EXPECT_EQ(report.retries, 2u);
  EXPECT_EQ(report.errors, 1u);
  EXPECT_EQ(report.stored, 0u);
  EXPECT_EQ(report.unchanged, 1u);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_NE(report.problems[0].find("a.txt"), std::string::npos) << report.problems[0];
  EXPECT_EQ(Body("a.txt"), "first");
}

std::string LargeBytes(size_t size) {
  std::string bytes;
  while (bytes.size() < size) bytes += std::to_string(bytes.size() * 7919) + "\n";
  bytes.resize(size);
  return bytes;
}

TEST_F(PublishTest, FilesOfAllSizesAroundABlockArrive) {
  constexpr size_t kBlock = 1 << 20;
  for (const size_t size : {kBlock - 1, kBlock, kBlock + 1, 3 * kBlock + 17}) {
    const std::string name = std::to_string(size);
    tree_.Write(name, LargeBytes(size));
    Run();
    EXPECT_EQ(Body(name), LargeBytes(size)) << size;
  }
}

TEST_F(PublishTest, LargeFileThatChangesWhileReadIsReadAgain) {
  tree_.Write("large", LargeBytes(3 << 20));
  int reads = 0;
  const PublishReport report =
      Run({.source = tree_.root(), .upload = {.after_read = [&](const fs::path&) {
                                     if (++reads == 2) tree_.Write("large", "small now", 30);
                                   }}});
  EXPECT_EQ(report.retries, 1u);
  EXPECT_EQ(Body("large"), "small now");
}

TEST_F(PublishTest, FileThatVanishesAfterTheWalkIsDeleted) {
  tree_.Write("a.txt", "apple");
  tree_.Write("b.txt", "pear");
  Run();
  tree_.Write("a.txt", "plum", 30);
  const PublishReport report =
      Run({.source = tree_.root(),
           .upload = {.after_read = [&](const fs::path&) { tree_.Remove("b.txt"); }}});
  EXPECT_EQ(report.stored, 1u);
  EXPECT_EQ(report.deleted, 1u);
  EXPECT_EQ(report.errors, 0u);
  EXPECT_EQ(Body("b.txt"), "(none)");
}

TEST_F(PublishTest, StoreThatRefusesIsCountedPerFile) {
  tree_.Write("a.txt", "apple");
  const Bucket missing = cloud_.bucket("no-such-bucket");
  EXPECT_TRUE(cloudlet::IsNoSuchBucket(Publish(missing, {.source = tree_.root()}).status()));
  absl::StatusOr<Upload> upload = UploadFile(missing, tree_.root(), "a.txt");
  EXPECT_TRUE(cloudlet::IsNoSuchBucket(upload.status())) << upload.status();
}

}  // namespace
}  // namespace static_site
