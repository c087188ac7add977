// Walk, put what differs, delete what is gone.
#include "examples/static_site/publish.h"

#include <utility>

#include "examples/static_site/layout.h"
#include "examples/static_site/tree.h"

namespace static_site {
namespace {

void CountError(const absl::Status& status, PublishReport* report) {
  ++report->errors;
  if (report->problems.size() < kMaxProblems) report->problems.push_back(status.ToString());
}

// A file that vanished between the walk and its turn is deleted like one that was gone before.
void Remove(const cloudlet::Bucket& bucket, const std::string& path,
            cloudlet::Durability durability, PublishReport* report) {
  absl::StatusOr<cloudlet::DeleteResult> deleted =
      bucket.Delete(FileKey(path), {.durability = durability});
  if (!deleted.ok()) {
    CountError(deleted.status(), report);
  } else if (deleted->existed) {
    ++report->deleted;
  }
}

void PublishFile(const cloudlet::Bucket& bucket, const PublishOptions& options,
                 const std::string& path, PublishReport* report) {
  absl::StatusOr<Upload> upload = UploadFile(bucket, options.source, path, options.upload);
  ++report->done;
  if (!upload.ok()) return CountError(upload.status(), report);
  report->retries += upload->retries;
  report->bytes += upload->bytes;
  switch (upload->outcome) {
    case UploadOutcome::kUnchanged:
      ++report->unchanged;
      break;
    case UploadOutcome::kStored:
      ++report->stored;
      break;
    case UploadOutcome::kUnreadable:
      ++report->unreadable;
      break;
    case UploadOutcome::kGone:
      Remove(bucket, path, options.upload.durability, report);
      break;
    case UploadOutcome::kUnstable:
      CountError(absl::AbortedError("publish \"" + path + "\": it changed while it was read (" +
                                    std::to_string(kMaxUploadAttempts) + " attempts)"),
                 report);
      break;
  }
}

absl::Status RemoveWhatIsGone(const cloudlet::Bucket& bucket, const Tree& tree,
                              cloudlet::Durability durability, PublishReport* report) {
  for (const absl::StatusOr<cloudlet::ListEntry>& entry : bucket.List({.prefix = kFilesPrefix})) {
    if (!entry.ok()) return entry.status();
    const std::string path = PathOfKey(entry->key);
    if (!tree.HasFile(path) && !tree.IsUnknown(path)) Remove(bucket, path, durability, report);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PublishReport> Publish(const cloudlet::Bucket& bucket,
                                      const PublishOptions& options) {
  absl::StatusOr<Tree> tree = WalkTree(options.source);
  if (!tree.ok()) return tree.status();
  PublishReport report;
  report.files = tree->files.size();
  report.symlinks = tree->symlinks;
  report.special = tree->special;
  report.too_long = tree->too_long;
  report.unreadable = tree->unknown.size();
  for (const std::string& path : tree->files) {
    PublishFile(bucket, options, path, &report);
    if (options.progress) options.progress(report);
  }
  const absl::Status removed = RemoveWhatIsGone(bucket, *tree, options.upload.durability, &report);
  if (!removed.ok()) return removed;
  return report;
}

}  // namespace static_site
