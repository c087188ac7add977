// Objects that share bytes, killed with -9 in the middle of anything: copies, renames, appends,
// completes, tags, annotations, overwrites and deletes from several threads on the same few keys,
// with and without versioning. After each life the store is sound and every byte of every version,
// part and annotation is there: full reads are checked against their checksums, so that what one
// side has lost by the other's end shows.
//
// The program is also the process that is killed: `--child FOLDER SEED`. There
// is a life for five of CLOUDLET_KILL_CYCLES, at least 8.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "cloudlet/cloud.h"
#include "cloudlet/error.h"
#include "gtest/gtest.h"
#include "tests/child_process.h"
#include "tests/store_check.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {
namespace {

constexpr int kThreads = 3;
constexpr char kPlain[] = "plain";
constexpr char kVersioned[] = "versioned";

OpenOptions Options() {
  OpenOptions options;
  options.limits.min_part_bytes = 0;
  return options;
}

// Opens the store and makes what it must have.
std::optional<Cloud> OpenStore(const std::string& folder, Problems* problems) {
  absl::StatusOr<Cloud> cloud = Cloud::Open(folder + "/store", Options());
  if (!cloud.ok()) {
    problems->push_back(cloud.status().ToString());
    return std::nullopt;
  }
  for (const char* name : {kPlain, kVersioned}) {
    if (const auto made = cloud->EnsureBucket(name); !made.ok()) {
      problems->push_back(made.status().ToString());
    }
  }
  const absl::Status set = cloud->bucket(kVersioned).SetVersioning(Versioning::kEnabled);
  if (!set.ok()) problems->push_back(set.ToString());
  return *std::move(cloud);
}

// One thread of a life: random changes until the process is killed.
class Writer {
 public:
  Writer(Cloud& cloud, uint64_t seed)
      : random_(seed), plain_(cloud.bucket(kPlain)), versioned_(cloud.bucket(kVersioned)) {}

  // What goes wrong is a problem unless racing threads explain it.
  absl::Status Step() {
    const Bucket& bucket = random_.Chance(0.5) ? plain_ : versioned_;
    const std::string key = Key();
    const uint64_t dice = random_.Below(100);
    if (dice < 20) return bucket.Put(key, Body(), {.tags = {{"a", "1"}}}).status();
    if (dice < 45) return bucket.Copy({.bucket = Other(), .key = Key()}, key, Replace()).status();
    if (dice < 55) return plain_.Rename(Key(), key).status();
    if (dice < 65) return plain_.Append(key, Body()).status();
    if (dice < 75) return Upload(bucket, key);
    if (dice < 80) return bucket.SetTags(key, {{"b", "2"}}).status();
    if (dice < 85) {
      return bucket.PutAnnotation(key, Name(), std::string(random_.Below(3'000) + 1, 'n')).status();
    }
    if (dice < 88) return bucket.DeleteAnnotation(key, Name()).status();
    if (dice < 95) return bucket.Delete(key).status();
    return DeleteSomeVersion();
  }

 private:
  std::string Key() { return absl::StrCat("k", random_.Below(6)); }
  std::string Name() { return absl::StrCat("n", random_.Below(3)); }
  std::string Other() { return random_.Chance(0.5) ? kPlain : kVersioned; }
  std::string Body() {
    static constexpr uint64_t kSizes[] = {0, 500, 1'500, 70'000, 1'100'000};
    return BodyOf(random_.Next(), kSizes[random_.Below(5)]);
  }
  CopyOptions Replace() {
    CopyOptions options;
    if (random_.Chance(0.5)) options.metadata_directive = MetadataDirective::kReplace;
    return options;
  }

  absl::Status Upload(const Bucket& bucket, const std::string& key) {
    const absl::StatusOr<std::string> id = bucket.CreateMultipartUpload(key);
    if (!id.ok()) return id.status();
    std::vector<CompletedPart> parts;
    for (int number = 1; number <= 3; ++number) {
      const absl::StatusOr<UploadPartResult> part = bucket.UploadPart(key, *id, number, Body());
      if (!part.ok()) return part.status();
      parts.push_back({number, part->etag});
    }
    if (random_.Chance(0.1)) return absl::OkStatus();  // left open
    if (random_.Chance(0.2)) return bucket.AbortMultipartUpload(key, *id);
    return bucket.CompleteMultipartUpload(key, *id, parts).status();
  }

  absl::Status DeleteSomeVersion() {
    const absl::StatusOr<VersionPage> page = versioned_.ListVersions();
    if (!page.ok() || page->entries.empty()) return page.status();
    for (size_t i = 0; i < page->entries.size() / 2; ++i) {
      const VersionEntry& entry = page->entries[random_.Below(page->entries.size())];
      const auto gone = versioned_.Delete(entry.key, {.version_id = entry.version_id});
      if (!gone.ok()) return gone.status();
    }
    return absl::OkStatus();
  }

  base::Random random_;
  const Bucket plain_;
  const Bucket versioned_;
};

// Errors that other threads' changes explain.
bool IsOfARace(const absl::Status& status) {
  switch (ErrorCodeOf(status)) {
    case ErrorCode::kNoSuchKey:
    case ErrorCode::kNoSuchVersion:
    case ErrorCode::kInvalidRequest:    // a copy or rename onto itself
    case ErrorCode::kMethodNotAllowed:  // a delete marker is current
    case ErrorCode::kTooManyParts:
      return true;
    default:
      return false;
  }
}

int RunChild(const std::string& folder, uint64_t seed) {
  Problems problems;
  std::optional<Cloud> cloud = OpenStore(folder, &problems);
  for (const std::string& problem : problems) std::cerr << problem << std::endl;
  if (!problems.empty()) return 1;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&cloud, seed, t] {
      Writer writer(*cloud, seed * kThreads + static_cast<uint64_t>(t));
      while (true) {
        const absl::Status status = writer.Step();
        if (!status.ok() && !IsOfARace(status)) {
          std::cerr << status << std::endl;
          ::_exit(2);
        }
        if (::write(STDOUT_FILENO, "s", 1) != 1) ::_exit(3);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 4;
}

// Reads all there is of one version.
void ReadVersion(const Bucket& bucket, const VersionEntry& entry, Problems* problems) {
  GetOptions options;
  if (bucket.name() == kVersioned) options.version_id = entry.version_id;
  const absl::StatusOr<GetResult> got = bucket.Get(entry.key, options);
  if (!got.ok() || got->body.size() != entry.size) {
    problems->push_back(absl::StrCat(entry.key, ": ", got.status().ToString()));
  }
  ListAnnotationsOptions list;
  list.version_id = options.version_id;
  const absl::StatusOr<AnnotationPage> page = bucket.ListAnnotations(entry.key, list);
  if (!page.ok()) return problems->push_back(page.status().ToString());
  for (const AnnotationInfo& info : page->entries) {
    const auto annotation =
        bucket.GetAnnotation(entry.key, info.name, {.version_id = options.version_id});
    if (!annotation.ok()) problems->push_back(annotation.status().ToString());
  }
}

// How many versions there are.
size_t ReadAll(Cloud& cloud, Problems* problems) {
  size_t count = 0;
  for (const char* name : {kPlain, kVersioned}) {
    const Bucket bucket = cloud.bucket(name);
    VersionPageOptions options;
    while (true) {
      const absl::StatusOr<VersionPage> page = bucket.ListVersions(options);
      if (!page.ok()) {
        problems->push_back(page.status().ToString());
        break;
      }
      for (const VersionEntry& entry : page->entries) {
        if (!entry.is_delete_marker) ReadVersion(bucket, entry, problems);
      }
      count += page->entries.size();
      if (!page->is_truncated) break;
      options.key_marker = page->next_key_marker;
      options.version_id_marker = page->next_version_id_marker;
    }
  }
  CheckVerify(cloud, problems);
  return count;
}

uint64_t Cycles() {
  const char* cycles = std::getenv("CLOUDLET_KILL_CYCLES");
  const uint64_t wanted = cycles != nullptr ? std::strtoull(cycles, nullptr, 10) : 8;
  return std::max<uint64_t>(wanted / 5, 8);
}

TEST(SharedKill, NothingThatIsSharedIsLost) {
  const TestFolder folder("shared_kill");
  base::Random random(20'301'129);
  size_t versions = 0;
  uint64_t steps = 0;
  const uint64_t cycles = Cycles();
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    SCOPED_TRACE(cycle);
    ChildProcess child({"--child", folder.path(), std::to_string(cycle)}, folder / "stderr");
    ASSERT_TRUE(child.started());
    const uint64_t wanted = 30 + random.Below(300);
    ASSERT_EQ(child.Read(wanted), wanted) << child.Wait().ToString();
    steps += wanted;
    child.Kill();
    const ChildEnd end = child.Wait();
    ASSERT_TRUE(end.killed()) << end.ToString();
    Problems problems;
    std::optional<Cloud> cloud = OpenStore(folder.path(), &problems);
    ASSERT_TRUE(cloud.has_value()) << problems[0];
    versions += ReadAll(*cloud, &problems);
    ASSERT_TRUE(problems.empty()) << problems[0];
    ASSERT_TRUE(cloud->Close().ok());
  }
  std::cout << cycles << " kills after " << steps << " calls, " << versions
            << " versions read after them\n";
  EXPECT_GT(versions, cycles);
}

}  // namespace
}  // namespace cloudlet::testing

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--child") {
    return cloudlet::testing::RunChild(argv[2], std::strtoull(argv[3], nullptr, 10));
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
