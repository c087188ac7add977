// Where checkpoints of RocksKv are built: whose the mark there is when several are under way at
// once, and links that lead nowhere.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "objstore/kv/rocks_kv_testing.h"
#include "rocksdb/file_system.h"

namespace cloudlet::kv {
namespace {

namespace fs = std::filesystem;

bool Contains(const absl::Status& status, const std::string& part) {
  return std::string(status.message()).find(part) != std::string::npos;
}

// Where something has happened to a checkpoint's mark between its opening and its locking, the
// first time.
class RacedMarkFs final : public rocksdb::FileSystemWrapper {
 public:
  explicit RacedMarkFs(std::function<void(const std::string&)> meanwhile)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), meanwhile_(std::move(meanwhile)) {}
  const char* Name() const override { return "RacedMarkFs"; }
  rocksdb::IOStatus LockFile(const std::string& path, const rocksdb::IOOptions& options,
                             rocksdb::FileLock** lock, rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = FileSystemWrapper::LockFile(path, options, lock, debug);
    if (fs::path(path).filename() == "CHECKPOINT" && ++mark_locks == 1) meanwhile_(path);
    return status;
  }
  int mark_locks = 0;

 private:
  const std::function<void(const std::string&)> meanwhile_;
};

class RocksKvCheckpointPlace : public RocksKvTest {
 protected:
  void SetUp() override {
    RocksKvTest::SetUp();
    copy_ = root_ + "/copy";
  }
  void OpenWithSomething() {
    Open();
    ASSERT_TRUE(Put(kRows, "k", "v").ok());
  }
  // The row, out of the checkpoint.
  std::string Copied() {
    Close();
    directory_ = copy_;
    options_.file_system = nullptr;
    options_.create_if_missing = false;
    Open();
    return Get(kRows, "k");
  }

  std::string copy_;
};

TEST_F(RocksKvCheckpointPlace, LinkToNothing_IsAlreadyExists) {
  OpenWithSomething();
  fs::create_directory_symlink(root_ + "/nowhere", copy_);
  const absl::Status made = kv_->Checkpoint(copy_);
  EXPECT_TRUE(absl::IsAlreadyExists(made)) << made;
  EXPECT_TRUE(Contains(made, "symbolic link")) << made;
  EXPECT_TRUE(fs::is_symlink(copy_));
  EXPECT_FALSE(fs::exists(root_ + "/nowhere"));
  EXPECT_FALSE(fs::exists(copy_ + ".partial"));
}

// A checkpoint that ended has taken its mark away, and the directory, when ours gets the lock.
TEST_F(RocksKvCheckpointPlace, MarkThatWasTakenAway_IsMadeAnew) {
  const auto raced = std::make_shared<RacedMarkFs>([](const std::string& mark) {
    fs::remove(mark);
    fs::remove(fs::path(mark).parent_path());
  });
  options_.file_system = raced;
  OpenWithSomething();
  const absl::Status made = kv_->Checkpoint(copy_);
  ASSERT_TRUE(made.ok()) << made;
  EXPECT_EQ(raced->mark_locks, 2);
  EXPECT_FALSE(fs::exists(copy_ + ".partial"));
  EXPECT_EQ(Copied(), "v");
}

// And a third one has begun there by then.
TEST_F(RocksKvCheckpointPlace, MarkThatIsAnothersByNow_IsLeftToIt) {
  int third = -1;
  const auto raced = std::make_shared<RacedMarkFs>([&third](const std::string& mark) {
    fs::remove(mark);
    third = ::open(mark.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    EXPECT_EQ(::fcntl(third, F_OFD_SETLK, &lock), 0);  // as another process would
  });
  options_.file_system = raced;
  OpenWithSomething();
  const absl::Status made = kv_->Checkpoint(copy_);
  EXPECT_TRUE(absl::IsFailedPrecondition(made)) << made;
  EXPECT_TRUE(Contains(made, "under way")) << made;
  EXPECT_TRUE(fs::exists(copy_ + ".partial/CHECKPOINT"));
  EXPECT_FALSE(fs::exists(copy_));
  ::close(third);
  const absl::Status again = kv_->Checkpoint(copy_);
  ASSERT_TRUE(again.ok()) << again;
  EXPECT_EQ(Copied(), "v");
}

}  // namespace
}  // namespace cloudlet::kv
