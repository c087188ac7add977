// Leaving a function with somebody else's error.
//
//   CLOUDLET_RETURN_IF_ERROR(store.Sync());
//   CLOUDLET_ASSIGN_OR_RETURN(std::string body, store.Read(key));
//
// Both work in functions that return absl::Status or absl::StatusOr<T>. The left side of the
// second may not contain a comma outside parentheses.
#ifndef CLOUDLET_BASE_STATUS_MACROS_H_
#define CLOUDLET_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define CLOUDLET_STATUS_CONCAT_INNER(a, b) a##b
#define CLOUDLET_STATUS_CONCAT(a, b) CLOUDLET_STATUS_CONCAT_INNER(a, b)

// Evaluates `...`, an absl::Status, once and returns it from the enclosing function unless OK.
#define CLOUDLET_RETURN_IF_ERROR(...)                                            \
  do {                                                                           \
    if (::absl::Status cloudlet_status = (__VA_ARGS__); !cloudlet_status.ok()) { \
      return cloudlet_status;                                                    \
    }                                                                            \
  } while (false)

// Evaluates `...`, an absl::StatusOr, once; moves its value into `lhs` (an assignable expression
// or a declaration) or returns its status from the enclosing function.
#define CLOUDLET_ASSIGN_OR_RETURN(lhs, ...)                                                   \
  CLOUDLET_ASSIGN_OR_RETURN_INNER(CLOUDLET_STATUS_CONCAT(cloudlet_status_or_, __LINE__), lhs, \
                                  __VA_ARGS__)

#define CLOUDLET_ASSIGN_OR_RETURN_INNER(result, lhs, ...) \
  auto result = (__VA_ARGS__);                            \
  if (!result.ok()) return std::move(result).status();    \
  lhs = *std::move(result)

#endif  // CLOUDLET_BASE_STATUS_MACROS_H_
