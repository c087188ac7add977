// FakeCloud::SeedFromDirectory: a folder of the machine as the objects of a bucket.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cloudlet/testing/fake_cloud.h"

namespace cloudlet::testing {
namespace {

namespace fs = std::filesystem;

absl::Status FileError(const fs::path& path, std::error_code error) {
  const std::string message = absl::StrCat("seed from \"", path.string(), "\": ", error.message());
  if (error == std::errc::no_such_file_or_directory) return absl::NotFoundError(message);
  if (error == std::errc::permission_denied) return absl::PermissionDeniedError(message);
  return absl::InvalidArgumentError(message);
}

struct File {
  std::string key;
  fs::path path;
};

// In the order of the keys.
absl::StatusOr<std::vector<File>> FilesUnder(const fs::path& root) {
  std::vector<File> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(root, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::file_status status = entry->status(error);
    if (error || !fs::exists(status)) {
      return FileError(entry->path(),
                       error ? error : std::make_error_code(std::errc::no_such_file_or_directory));
    }
    if (fs::is_directory(status)) continue;
    if (!fs::is_regular_file(status)) {
      return absl::InvalidArgumentError(
          absl::StrCat("seed from \"", entry->path().string(), "\": neither a file nor a folder"));
    }
    files.push_back({entry->path().lexically_relative(root).generic_string(), entry->path()});
  }
  if (error) return FileError(root, error);
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.key < b.key; });
  return files;
}

absl::StatusOr<std::string> Content(const fs::path& path) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (error) return FileError(path, error);
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return FileError(path, std::make_error_code(std::errc::permission_denied));
  std::string bytes;
  bytes.reserve(size);
  bytes.assign(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  if (stream.bad()) return FileError(path, std::make_error_code(std::errc::io_error));
  return bytes;
}

}  // namespace

absl::StatusOr<uint64_t> FakeCloud::SeedFromDirectory(std::string_view bucket_name,
                                                      const std::string& path) {
  CLOUDLET_ASSIGN_OR_RETURN(const std::vector<File> files, FilesUnder(path));
  CLOUDLET_ASSIGN_OR_RETURN(const Bucket bucket, cloud_.EnsureBucket(bucket_name));
  uint64_t put = 0;
  for (const File& file : files) {
    CLOUDLET_ASSIGN_OR_RETURN(const std::string body, Content(file.path));
    CLOUDLET_RETURN_IF_ERROR(bucket.Put(file.key, body).status());
    ++put;
  }
  return put;
}

}  // namespace cloudlet::testing
