// See rocks_kv_files.h.
#include "objstore/kv/rocks_kv_files.h"

#include <algorithm>
#include <memory>

namespace cloudlet::kv {

using rocksdb::IOOptions;
using rocksdb::IOStatus;

std::string ParentDirectory(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool IsDirectory(rocksdb::FileSystem& fs, const std::string& path) {
  bool is_directory = false;
  return fs.IsDirectory(path, IOOptions(), &is_directory, nullptr).ok() && is_directory;
}

IOStatus SyncDirectory(rocksdb::FileSystem& fs, const std::string& directory) {
  std::unique_ptr<rocksdb::FSDirectory> handle;
  IOStatus status = fs.NewDirectory(directory, IOOptions(), &handle, nullptr);
  return status.ok() ? handle->Fsync(IOOptions(), nullptr) : status;
}

IOStatus CreateDirectories(rocksdb::FileSystem& fs, const std::string& directory) {
  const std::string parent = ParentDirectory(directory);
  if (parent != "." && parent != "/" && !IsDirectory(fs, parent)) {
    IOStatus status = CreateDirectories(fs, parent);
    if (!status.ok()) return status;
  }
  const bool was_there = IsDirectory(fs, directory);
  IOStatus status = fs.CreateDirIfMissing(directory, IOOptions(), nullptr);
  if (!status.ok()) return status;
  std::unique_ptr<rocksdb::FSDirectory> handle;
  status = fs.NewDirectory(parent, IOOptions(), &handle, nullptr);
  // A host may have been given a directory inside one that it must not read.
  if (!status.ok()) return was_there ? IOStatus::OK() : status;
  return handle->Fsync(IOOptions(), nullptr);
}

IOStatus ListDirectory(rocksdb::FileSystem& fs, const std::string& directory,
                       std::vector<std::string>* names) {
  IOStatus status = fs.GetChildren(directory, IOOptions(), names, nullptr);
  if (status.IsPathNotFound()) status = IOStatus::NotFound(directory);
  const auto is_dots = [](const std::string& name) { return name == "." || name == ".."; };
  names->erase(std::remove_if(names->begin(), names->end(), is_dots), names->end());
  return status;
}

}  // namespace cloudlet::kv
