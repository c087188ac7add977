// Decisions about parts: see upload_rules.h. Nothing here does I/O.
#include "objstore/upload_rules.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/crc.h"
#include "base/md5.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/conditions.h"
#include "objstore/part_checksums.h"

namespace cloudlet::objstore {
namespace {

using base::V;

absl::Status CheckOrder(absl::Span<const CompletedPart> wanted) {
  if (wanted.empty()) {
    return MakeError(ErrorCode::kInvalidRequest, "You must specify at least one part");
  }
  int last = 0;
  for (const CompletedPart& part : wanted) {
    if (part.part_number < 1) {
      return MakeError(ErrorCode::kInvalidArgument,
                       absl::StrCat("part number ", part.part_number, " is not at least 1"));
    }
    if (part.part_number <= last) {
      return MakeError(ErrorCode::kInvalidPartOrder,
                       absl::StrCat("part ", part.part_number, " follows part ", last));
    }
    last = part.part_number;
  }
  return absl::OkStatus();
}

absl::Status NoSuchPart(const CompletedPart& wanted, std::string_view has) {
  return MakeError(ErrorCode::kInvalidPart,
                   absl::StrCat("part ", wanted.part_number, " with ETag ",
                                V(base::Quoted(Unquoted(wanted.etag))), ": the upload has ",
                                has.empty() ? "no such part" : V(has)));
}

absl::Status CheckSizes(const Assembled& object, const CompleteOptions& options,
                        const Limits& limits) {
  for (const Part& part : object.parts) {
    if (part.size < limits.min_part_bytes && &part != &object.parts.back()) {
      return MakeError(ErrorCode::kEntityTooSmall,
                       absl::StrCat("part ", part.number, " has ", part.size,
                                    " bytes, the least for one that is not the last is ",
                                    limits.min_part_bytes));
    }
  }
  if (object.size > limits.max_object_bytes) {
    return MakeError(ErrorCode::kEntityTooLarge,
                     absl::StrCat("the parts have ", object.size, " bytes, the limit is ",
                                  limits.max_object_bytes));
  }
  if (options.mp_object_size.has_value() && *options.mp_object_size != object.size) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("mp_object_size is ", *options.mp_object_size,
                                  ", the parts have ", object.size, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status NoPartOfNumber(int part_number, size_t parts) {
  return MakeError(ErrorCode::kInvalidPartNumber,
                   absl::StrCat("part ", part_number, " of an object of ", parts, " parts"));
}

}  // namespace

absl::Status CheckPartNumber(int part_number, const Limits& limits) {
  if (part_number >= 1 && part_number <= limits.max_part_number) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidArgument,
                   absl::StrCat("part number ", part_number, " is not an integer between 1 and ",
                                limits.max_part_number));
}

absl::Status CheckCreateOptions(const PutOptions& options) {
  if (!options.if_match.empty() || !options.if_none_match.empty()) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "a condition is given at the create of an upload, not at its complete");
  }
  if (!options.content_md5.empty() || options.crc32c.has_value() || options.crc64nvme.has_value() ||
      options.checksum.has_value()) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "a digest is given at the create of an upload, not with its parts");
  }
  return absl::OkStatus();
}

Assembled Assemble(std::vector<Part> parts) {
  Assembled object;
  object.parts = std::move(parts);
  base::Md5 md5;
  bool all_md5 = true;
  for (const Part& part : object.parts) {
    object.size += part.size;
    object.crc64nvme = base::Crc64NvmeCombine(object.crc64nvme, part.crc64nvme, part.size);
    md5.Update(base::Md5Bytes(part.etag.digest));
    all_md5 = all_md5 && part.etag.kind == EtagKind::kMd5;
  }
  object.etag.parts = static_cast<uint32_t>(object.parts.size());
  if (all_md5) {
    object.etag.kind = EtagKind::kMd5;
    object.etag.digest = md5.Finish();
  } else {
    object.etag.kind = EtagKind::kCrc64;
    for (size_t i = 0; i < 8; ++i) {
      object.etag.digest[i] = static_cast<uint8_t>(object.crc64nvme >> (8 * i));
    }
  }
  return object;
}

bool NamesExactly(absl::Span<const CompletedPart> wanted, absl::Span<const Part> parts) {
  return std::equal(wanted.begin(), wanted.end(), parts.begin(), parts.end(),
                    [](const CompletedPart& want, const Part& part) {
                      return want.part_number == static_cast<int64_t>(part.number) &&
                             Unquoted(want.etag) == part.etag.Text() &&
                             CheckPartClaim(want, part).ok();
                    });
}

absl::StatusOr<Assembled> AssembleWanted(absl::Span<const CompletedPart> wanted,
                                         std::vector<Part> parts, const CompleteOptions& options,
                                         const Limits& limits) {
  if (absl::Status order = CheckOrder(wanted); !order.ok()) return order;
  std::vector<Part> used;
  std::vector<Part> unused;
  auto part = parts.begin();
  for (const CompletedPart& want : wanted) {
    const auto number = static_cast<uint32_t>(want.part_number);
    for (; part != parts.end() && part->number < number; ++part) unused.push_back(*part);
    if (part == parts.end() || part->number != number) return NoSuchPart(want, {});
    if (const std::string etag = part->etag.Text(); etag != Unquoted(want.etag)) {
      return NoSuchPart(want, etag);
    }
    used.push_back(*part++);
  }
  unused.insert(unused.end(), part, parts.end());
  Assembled object = Assemble(std::move(used));
  object.unused = std::move(unused);
  if (absl::Status sizes = CheckSizes(object, options, limits); !sizes.ok()) return sizes;
  if (options.crc64nvme.has_value() && *options.crc64nvme != object.crc64nvme) {
    return MakeError(ErrorCode::kBadDigest,
                     absl::StrCat("CRC64NVME given ", V(base::Hex16(*options.crc64nvme)),
                                  ", computed ", V(base::Hex16(object.crc64nvme))));
  }
  return object;
}

absl::StatusOr<Extent> ExtentOfPart(absl::Span<const Part> parts, int part_number) {
  Extent extent;
  for (const Part& part : parts) {
    extent.length = part.size;
    if (static_cast<int64_t>(part.number) == part_number) return extent;
    extent.offset += part.size;
  }
  return NoPartOfNumber(part_number, parts.size());
}

absl::StatusOr<Extent> ExtentOfOnlyPart(uint64_t size, int part_number) {
  if (part_number == 1) return Extent{0, size};
  return NoPartOfNumber(part_number, 1);
}

}  // namespace cloudlet::objstore
