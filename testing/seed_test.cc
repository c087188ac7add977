// Folders of the machine as objects.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "cloudlet/testing.h"
#include "cloudlet/testing/gtest.h"
#include "cloudlet/testing/matchers.h"

namespace cloudlet::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Seed : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(std::getenv("TEST_TMPDIR")) / "seed";
    fs::remove_all(root_);
    fs::create_directories(root_ / "a" / "empty");
    Write("b.txt", "b");
    Write("a/x", std::string("\0\n", 2));
    Write("a-b", "");
  }
  void Write(const std::string& path, const std::string& bytes) {
    std::ofstream(root_ / path, std::ios::binary) << bytes;
  }

  fs::path root_;
  FakeCloud fake_;
};

TEST_F(Seed, FilesBecomeObjects_InTheOrderOfTheirKeys) {
  fs::create_symlink("b.txt", root_ / "link");
  EXPECT_EQ(fake_.SeedFromDirectory("bucket", root_).value(), 4u);
  const Bucket bucket = fake_.cloud().bucket("bucket");
  EXPECT_THAT(bucket.Get("b.txt"), ObjectIs("b"));
  EXPECT_THAT(bucket.Get("link"), ObjectIs("b"));
  EXPECT_THAT(bucket.Get("a/x"), ObjectIs(std::string("\0\n", 2)));
  EXPECT_EQ(fake_.log().ToText(),
            "+0       written bucket/a-b #2\n+0       written bucket/a/x #3\n"
            "+0       written bucket/b.txt #4\n+0       written bucket/link #5\n");
  // Again, into a bucket that is there.
  EXPECT_EQ(fake_.SeedFromDirectory("bucket", root_ / "a").value(), 1u);
  EXPECT_THAT(bucket.Get("x"), IsOk());
}

TEST_F(Seed, SaysWhatItCannotTake) {
  EXPECT_THAT(fake_.SeedFromDirectory("bucket", root_ / "missing"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("missing")));
  EXPECT_THAT(fake_.SeedFromDirectory("bucket", root_ / "b.txt"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("b.txt")));
  EXPECT_THAT(fake_.SeedFromDirectory("Not A Bucket", root_),
              HasErrorCode(ErrorCode::kInvalidBucketName));
  fs::create_symlink("nowhere", root_ / "dangling");
  EXPECT_THAT(fake_.SeedFromDirectory("bucket", root_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("dangling")));
  fs::remove(root_ / "dangling");
  ASSERT_EQ(mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(fake_.SeedFromDirectory("bucket", root_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("neither a file")));
}

}  // namespace
}  // namespace cloudlet::testing
