// CRC-32C and CRC-64/NVME, the two checksums kept over objects and rows, and CRC-32, which S3's
// clients send.
//
// A result can be extended: Crc32c(b, Crc32c(a)) is the CRC of a followed by b. Combine joins
// the CRCs of two pieces without their bytes, in under a microsecond, whatever their length.
// Carry-less multiplication and the CRC32 instruction are used where the processor has them
// (found out at run time), tables elsewhere. All functions are pure and thread-safe.
#ifndef CLOUDLET_BASE_CRC_H_
#define CLOUDLET_BASE_CRC_H_

#include <cstdint>
#include <string_view>

namespace cloudlet::base {

// CRC-32 (ISO-HDLC, that of zlib and Ethernet): "123456789" gives 0xCBF43926, no bytes give 0.
uint32_t Crc32(std::string_view bytes, uint32_t crc = 0);

// CRC-32C (Castagnoli): "123456789" gives 0xE3069283, no bytes give 0.
uint32_t Crc32c(std::string_view bytes, uint32_t crc = 0);

// CRC-64/NVME: "123456789" gives 0xAE8B14860A799888, no bytes give 0.
uint64_t Crc64Nvme(std::string_view bytes, uint64_t crc = 0);

// The CRC of a followed by b, from the CRC of each and the length of b in bytes.
uint32_t Crc32Combine(uint32_t crc_a, uint32_t crc_b, uint64_t size_b);
uint32_t Crc32cCombine(uint32_t crc_a, uint32_t crc_b, uint64_t size_b);
uint64_t Crc64NvmeCombine(uint64_t crc_a, uint64_t crc_b, uint64_t size_b);

// The table-driven forms, for comparison in tests and benchmarks; the results are the same.
uint32_t Crc32Portable(std::string_view bytes, uint32_t crc = 0);
uint32_t Crc32cPortable(std::string_view bytes, uint32_t crc = 0);
uint64_t Crc64NvmePortable(std::string_view bytes, uint64_t crc = 0);

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_CRC_H_
