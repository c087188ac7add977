// Names of canned ACLs.
#include "cloudlet/acl.h"

#include <cstddef>
#include <iterator>

namespace cloudlet {
namespace {

// By their numbers.
constexpr std::string_view kNames[] = {
    "private",       "public-read",       "public-read-write",         "authenticated-read",
    "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write",
};

}  // namespace

std::string_view CannedAclName(CannedAcl acl) {
  const auto number = static_cast<size_t>(acl);
  return number < std::size(kNames) ? kNames[number] : std::string_view();
}

std::optional<CannedAcl> CannedAclNamed(std::string_view name) {
  for (size_t number = 0; number < std::size(kNames); ++number) {
    if (kNames[number] == name) return static_cast<CannedAcl>(number);
  }
  return std::nullopt;
}

}  // namespace cloudlet
