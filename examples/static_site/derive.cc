// The one loop that all derivations share: compare, write on condition, compare again.
#include "examples/static_site/derive.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "examples/static_site/layout.h"

namespace static_site {
namespace {

using cloudlet::Bucket;

// Each round that does not end means that somebody else wrote meanwhile.
constexpr int kMaxRounds = 1000;

// Somebody else changed the source or the derived object under us: look again.
bool HasMoved(const absl::Status& status) {
  const cloudlet::ErrorCode code = cloudlet::ErrorCodeOf(status);
  return code == cloudlet::ErrorCode::kPreconditionFailed ||
         code == cloudlet::ErrorCode::kNoSuchKey ||
         code == cloudlet::ErrorCode::kConditionalRequestConflict;
}

// What is known of the object, or nullopt when there is none.
absl::StatusOr<std::optional<cloudlet::ObjectInfo>> Look(const Bucket& bucket,
                                                         const std::string& key) {
  absl::StatusOr<cloudlet::HeadResult> head = bucket.Head(key);
  if (head.ok()) return std::optional<cloudlet::ObjectInfo>(std::move(head->info));
  if (cloudlet::IsNoSuchKey(head.status())) return std::optional<cloudlet::ObjectInfo>();
  return head.status();
}

std::string MadeFrom(const cloudlet::ObjectInfo& derived) {
  const auto found = derived.metadata.find(kMadeFrom);
  return found == derived.metadata.end() ? "" : found->second;
}

// Replaces or removes what was found under the derived key, on condition that it is still there
// unchanged.
absl::Status Write(const Bucket& bucket, const Derivation& derivation, const std::string& identity,
                   const std::optional<cloudlet::ObjectInfo>& found) {
  if (identity.empty()) {
    return bucket.Delete(derivation.key, {.if_match = found->etag}).status();
  }
  cloudlet::PutOptions options;
  options.metadata[kMadeFrom] = identity;
  if (found.has_value()) {
    options.if_match = found->etag;
  } else {
    options.if_none_match = "*";
  }
  return derivation.make(identity, std::move(options));
}

}  // namespace

absl::Status BringUpToDate(const Bucket& bucket, const Derivation& derivation) {
  for (int round = 0; round < kMaxRounds; ++round) {
    // First the derived object, then the source: what is written on condition of the former is then
    // never older.
    absl::StatusOr<std::optional<cloudlet::ObjectInfo>> found = Look(bucket, derivation.key);
    if (!found.ok()) return found.status();
    absl::StatusOr<std::string> identity = derivation.source();
    if (!identity.ok()) return identity.status();
    const std::string have = found->has_value() ? MadeFrom(**found) : "";
    if (have == *identity && found->has_value() == !identity->empty()) return absl::OkStatus();
    const absl::Status written = Write(bucket, derivation, *identity, *found);
    if (!written.ok() && !HasMoved(written)) return written;
  }
  return absl::AbortedError("derive " + derivation.key + ": its source kept changing (" +
                            std::to_string(kMaxRounds) + " rounds)");
}

absl::Status BringUpToDate(const Bucket& bucket, const FileDerivation& derivation) {
  const std::string source_key = FileKey(derivation.path);
  return BringUpToDate(
      bucket,
      Derivation{
          .key = derivation.key,
          .source = [&]() -> absl::StatusOr<std::string> {
            absl::StatusOr<std::optional<cloudlet::ObjectInfo>> file = Look(bucket, source_key);
            if (!file.ok()) return file.status();
            if (!file->has_value() || !derivation.is_wanted(**file)) return std::string();
            return (*file)->etag;
          },
          .make = [&](const std::string& identity, cloudlet::PutOptions options) -> absl::Status {
            absl::StatusOr<cloudlet::ObjectReader> reader =
                bucket.OpenReader(source_key, {.if_match = identity});
            if (!reader.ok()) return reader.status();
            return derivation.make(*reader, options);
          }});
}

absl::StatusOr<std::string> ReadPrefix(cloudlet::ObjectReader& reader, size_t limit) {
  std::string bytes(static_cast<size_t>(std::min<uint64_t>(limit, reader.info().size)), '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    absl::StatusOr<size_t> read = reader.Read(bytes.data() + have, bytes.size() - have);
    if (!read.ok()) return read.status();
    if (*read == 0) break;
    have += *read;
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace static_site
