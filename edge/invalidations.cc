// CloudFront's quotas, identifiers and caller references.
#include "edge/invalidations.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "edge/path_pattern.h"

namespace cloudlet::edge {
namespace {

constexpr size_t kMostPaths = 3'000;
constexpr size_t kMostWildcards = 15;
// So many invalidations and paths are remembered once they are completed.
constexpr size_t kRemembered = 1'000;
constexpr size_t kPathsRemembered = 10'000;

size_t WildcardsAmong(absl::Span<const std::string> paths) {
  return static_cast<size_t>(std::count_if(
      paths.begin(), paths.end(), [](const std::string& path) { return path.back() == '*'; }));
}

// "I2J0I21PCUYOIK".
std::string IdOf(uint64_t number) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string id = "I";
  uint64_t bits = base::Mix64(number);
  for (int i = 0; i < 13; ++i) {
    if (i == 7) bits = base::Mix64(bits + number);
    id += kDigits[bits % 36];
    bits /= 36;
  }
  return id;
}

}  // namespace

absl::Status CheckInvalidationPaths(absl::Span<const std::string> paths) {
  if (paths.empty() || paths.size() > kMostPaths) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalidate: 1 to ", kMostPaths, " paths (", paths.size(), ")"));
  }
  for (const std::string& path : paths) CLOUDLET_RETURN_IF_ERROR(CheckInvalidationPath(path));
  return absl::OkStatus();
}

absl::StatusOr<Invalidations::Begun> Invalidations::Begin(absl::Span<const std::string> paths,
                                                          const InvalidateOptions& options,
                                                          absl::Time now, absl::Time completed_at) {
  base::MutexLock lock(&mu_);
  if (!options.caller_reference.empty()) {
    for (const Entry& entry : entries_) {
      const Invalidation& one = entry.invalidation;
      if (one.caller_reference != options.caller_reference) continue;
      if (absl::MakeConstSpan(one.paths) == paths) return Begun{At(entry, now), false};
      return absl::InvalidArgumentError(
          absl::StrCat("invalidate: InvalidationBatchAlreadyExists: caller_reference ",
                       base::Quoted(one.caller_reference), " was given with other paths"));
    }
  }
  size_t files = paths.size();
  size_t wildcards = WildcardsAmong(paths);
  // Each takes as long as the others, so those in progress are the newest.
  for (auto at = entries_.rbegin(); at != entries_.rend() && at->completed_at > now; ++at) {
    files += at->invalidation.paths.size();
    wildcards += WildcardsAmong(at->invalidation.paths);
  }
  const bool at_once = completed_at <= now;
  if (!at_once && (files > kMostPaths || wildcards > kMostWildcards)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("invalidate: TooManyInvalidationsInProgress: ", files, " paths and ",
                     wildcards, " with '*' would be in progress (at most ", kMostPaths, " and ",
                     kMostWildcards, "): wait until earlier ones are completed"));
  }
  Entry entry;
  entry.completed_at = completed_at;
  entry.invalidation.id = IdOf(seed_ + ++count_);
  entry.invalidation.create_time = now;
  entry.invalidation.caller_reference = options.caller_reference;
  entry.invalidation.paths.assign(paths.begin(), paths.end());
  paths_ += paths.size();
  entries_.push_back(std::move(entry));
  Forget(now);
  return Begun{At(entries_.back(), now), true};
}

void Invalidations::CountRemoved(std::string_view id, uint64_t removed) {
  base::MutexLock lock(&mu_);
  for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) {
    if (at->invalidation.id != id) continue;
    at->invalidation.removed = removed;
    return;
  }
}

absl::StatusOr<Invalidation> Invalidations::Get(std::string_view id, absl::Time now) const {
  base::MutexLock lock(&mu_);
  for (const Entry& entry : entries_) {
    if (entry.invalidation.id == id) return At(entry, now);
  }
  return absl::NotFoundError(
      absl::StrCat("get invalidation ", base::Quoted(id), ": NoSuchInvalidation"));
}

std::vector<Invalidation> Invalidations::List(absl::Time now) const {
  std::vector<Invalidation> all;
  base::MutexLock lock(&mu_);
  for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) all.push_back(At(*at, now));
  return all;
}

Invalidation Invalidations::At(const Entry& entry, absl::Time now) {
  Invalidation out = entry.invalidation;
  out.status =
      entry.completed_at <= now ? InvalidationStatus::kCompleted : InvalidationStatus::kInProgress;
  return out;
}

void Invalidations::Forget(absl::Time now) {
  while ((entries_.size() > kRemembered || paths_ > kPathsRemembered) &&
         entries_.front().completed_at <= now && entries_.size() > 1) {
    paths_ -= entries_.front().invalidation.paths.size();
    entries_.pop_front();
  }
}

}  // namespace cloudlet::edge
