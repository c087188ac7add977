// Names of checksums, one table for both directions. They are the enum and the header names of S3's
// service model: botocore/data/s3/2006-03-01/service-2.json, shapes ChecksumAlgorithm, ChecksumType
// and PutObjectRequest.
#include "cloudlet/checksum.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace cloudlet {
namespace {

struct AlgorithmRow {
  ChecksumAlgorithm algorithm;
  std::string_view name;
  std::string_view header;
  size_t bytes;
};

constexpr AlgorithmRow kAlgorithms[] = {
    {ChecksumAlgorithm::kCrc32, "CRC32", "x-amz-checksum-crc32", 4},
    {ChecksumAlgorithm::kCrc32c, "CRC32C", "x-amz-checksum-crc32c", 4},
    {ChecksumAlgorithm::kCrc64nvme, "CRC64NVME", "x-amz-checksum-crc64nvme", 8},
    {ChecksumAlgorithm::kSha1, "SHA1", "x-amz-checksum-sha1", 20},
    {ChecksumAlgorithm::kSha256, "SHA256", "x-amz-checksum-sha256", 32},
    {ChecksumAlgorithm::kSha512, "SHA512", "x-amz-checksum-sha512", 64},
    {ChecksumAlgorithm::kMd5, "MD5", "x-amz-checksum-md5", 16},
    {ChecksumAlgorithm::kXxhash64, "XXHASH64", "x-amz-checksum-xxhash64", 8},
    {ChecksumAlgorithm::kXxhash3, "XXHASH3", "x-amz-checksum-xxhash3", 8},
    {ChecksumAlgorithm::kXxhash128, "XXHASH128", "x-amz-checksum-xxhash128", 16},
};

struct TypeRow {
  ChecksumType type;
  std::string_view name;
};

constexpr TypeRow kTypes[] = {
    {ChecksumType::kFullObject, "FULL_OBJECT"},
    {ChecksumType::kComposite, "COMPOSITE"},
};

const AlgorithmRow* RowOf(ChecksumAlgorithm algorithm) {
  for (const AlgorithmRow& row : kAlgorithms) {
    if (row.algorithm == algorithm) return &row;
  }
  return nullptr;
}

// ASCII only, whatever the host's locale.
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool EqualsUpper(std::string_view text, std::string_view upper) {
  if (text.size() != upper.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (Upper(text[i]) != upper[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view ChecksumAlgorithmName(ChecksumAlgorithm algorithm) {
  const AlgorithmRow* const row = RowOf(algorithm);
  return row == nullptr ? std::string_view() : row->name;
}

std::optional<ChecksumAlgorithm> ChecksumAlgorithmNamed(std::string_view name) {
  for (const AlgorithmRow& row : kAlgorithms) {
    if (EqualsUpper(name, row.name)) return row.algorithm;
  }
  return std::nullopt;
}

std::string_view ChecksumHeader(ChecksumAlgorithm algorithm) {
  const AlgorithmRow* const row = RowOf(algorithm);
  return row == nullptr ? std::string_view() : row->header;
}

size_t ChecksumBytes(ChecksumAlgorithm algorithm) {
  const AlgorithmRow* const row = RowOf(algorithm);
  return row == nullptr ? 0 : row->bytes;
}

std::string_view ChecksumTypeName(ChecksumType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return row.name;
  }
  return {};
}

std::optional<ChecksumType> ChecksumTypeNamed(std::string_view name) {
  for (const TypeRow& row : kTypes) {
    if (EqualsUpper(name, row.name)) return row.type;
  }
  return std::nullopt;
}

}  // namespace cloudlet
