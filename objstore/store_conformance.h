// What every ObjectStore must do, as tests: one suite that each store's own test instantiates.
//
//   INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, ::testing::Values(factory),
//                            StoreFactoryName);
//
// The factory's open() makes a new empty store; the owner of that store is its in-process caller. A
// test has one store at a time. A store's positive capabilities widen what is asked of it.
#ifndef CLOUDLET_OBJSTORE_STORE_CONFORMANCE_H_
#define CLOUDLET_OBJSTORE_STORE_CONFORMANCE_H_

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "objstore/store.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {

struct StoreFactory {
  std::string name = {};  // letters and digits only
  std::function<std::shared_ptr<ObjectStore>(Environment)> open = {};
  // Closes the store and opens it again from what it has kept, under the same pointer. Null: it
  // keeps nothing.
  std::function<absl::Status(ObjectStore&)> reopen = nullptr;
};

std::ostream& operator<<(std::ostream& out, const StoreFactory& factory);
std::string StoreFactoryName(const ::testing::TestParamInfo<StoreFactory>& info);

class StoreConformance : public ::testing::TestWithParam<StoreFactory> {
 protected:
  void SetUp() override { OpenWith({}, KeyPolicy::kBytes); }
  // A new store with a bucket "bkt", instead of the one there is.
  void OpenWith(const Limits& limits, KeyPolicy key_policy);

  ObjectStore& store() { return *store_; }
  TestClock& clock() { return *clock_; }

  // On the bucket "bkt"; bodies, or codes.
  std::string PutCode(std::string_view key, std::string_view body, const PutOptions& options = {});
  std::string GetCode(std::string_view key, const GetOptions& options = {});
  std::string DeleteCode(std::string_view key, const DeleteOptions& options = {});
  std::string Body(std::string_view key) { return BodyOf(store(), "bkt", key); }
  std::vector<std::string> Listed(const ListPageOptions& options = {}) {
    return ListAll(store(), "bkt", options);
  }
  // Writes empty objects under those of `keys` that the store takes; returns these in byte order.
  std::vector<std::string> Fill(std::vector<std::string> keys);

 private:
  std::shared_ptr<TestClock> clock_;
  std::shared_ptr<ObjectStore> store_;
};

// The same for versions: to be instantiated beside StoreConformance. All on the bucket "bkt".
class StoreVersions : public StoreConformance {
 protected:
  void Set(Versioning versioning);
  // The version id of what was put.
  std::string PutVersion(std::string_view key, std::string_view body);
  // That of the delete marker that a delete puts.
  std::string PutMarker(std::string_view key);
  // "marker <id>", "gone <id>", "nothing", or the code of the error.
  std::string DeleteText(std::string_view key, std::string_view version_id = {});
  std::string BodyAt(std::string_view key, std::string_view version_id);
  // "<key> <version id> [marker] [latest]", or "<prefix>>", page by page to the end; or the code of
  // the error.
  std::vector<std::string> Versions(VersionPageOptions options = {});
};

// The same for multipart uploads. Parts may be small, there are 20 numbers; all on the bucket
// "bkt".
class StoreUploads : public StoreConformance {
 protected:
  void SetUp() override;

  // The upload id, or the code of the error.
  std::string Create(std::string_view key, const PutOptions& options = {});
  // The part's ETag, or the code of the error.
  std::string UploadOne(std::string_view key, std::string_view id, int number,
                        std::string_view body, const UploadPartOptions& options = {});
  // Uploads `bodies` as parts 1, 2, ...: what a complete of them names.
  std::vector<CompletedPart> UploadAll(std::string_view key, std::string_view id,
                                       const std::vector<std::string>& bodies);
  absl::StatusOr<PutResult> Complete(std::string_view key, std::string_view id,
                                     const std::vector<CompletedPart>& parts,
                                     const CompleteOptions& options = {});
  std::string CompleteCode(std::string_view key, std::string_view id,
                           const std::vector<CompletedPart>& parts,
                           const CompleteOptions& options = {}) {
    return CodeOf(Complete(key, id, parts, options));
  }
  std::string AbortCode(std::string_view key, std::string_view id);
  // An object of these parts, made by an upload.
  absl::StatusOr<PutResult> Make(std::string_view key, const std::vector<std::string>& bodies);
  // "<number>:<size>", page by page to the end; or the code of the error.
  std::vector<std::string> Parts(std::string_view key, std::string_view id,
                                 PartPageOptions options = {});
  // "<key> <id>", or "<prefix>>", page by page to the end; or the code of the error.
  std::vector<std::string> Uploads(UploadPageOptions options = {});
};

// The ETag of an object of these parts.
std::string CompositeMd5(const std::vector<std::string>& bodies);

// Keys that other stores trip over: each is an object of its own.
std::vector<std::string> NastyKeys();

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_STORE_CONFORMANCE_H_
