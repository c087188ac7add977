// Directories, by way of a rocksdb::FileSystem: what opening and checkpointing share.
#ifndef CLOUDLET_OBJSTORE_KV_ROCKS_KV_FILES_H_
#define CLOUDLET_OBJSTORE_KV_ROCKS_KV_FILES_H_

#include <string>
#include <vector>

#include "rocksdb/file_system.h"

namespace cloudlet::kv {

// "." for a name without one.
std::string ParentDirectory(const std::string& path);

bool IsDirectory(rocksdb::FileSystem& fs, const std::string& path);

// Makes the names in `directory` durable.
rocksdb::IOStatus SyncDirectory(rocksdb::FileSystem& fs, const std::string& directory);

// Creates `directory` and its missing parents; what is created is made durable in its parent, and
// so is a `directory` that is there: whoever made it may have failed before it was.
rocksdb::IOStatus CreateDirectories(rocksdb::FileSystem& fs, const std::string& directory);

// What is in `directory`, without "." and "..". NotFound when there is no such directory.
rocksdb::IOStatus ListDirectory(rocksdb::FileSystem& fs, const std::string& directory,
                                std::vector<std::string>* names);

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_ROCKS_KV_FILES_H_
