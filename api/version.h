// The version of cloudlet that these headers belong to, for the preprocessor and at run time.
//
// SemVer: within one minor version sources keep compiling; before 1.0 a minor version may break
// them, and CHANGELOG says how. There is no stable ABI: Abseil types are part of the API. See
// docs/compatibility.md.
#ifndef CLOUDLET_API_VERSION_H_
#define CLOUDLET_API_VERSION_H_

#define CLOUDLET_VERSION_MAJOR 0
#define CLOUDLET_VERSION_MINOR 1
#define CLOUDLET_VERSION_PATCH 0
// Ascending over releases: major * 10000 + minor * 100 + patch.
#define CLOUDLET_VERSION \
  (CLOUDLET_VERSION_MAJOR * 10000 + CLOUDLET_VERSION_MINOR * 100 + CLOUDLET_VERSION_PATCH)

namespace cloudlet {

inline constexpr char kVersion[] = "0.1.0";
// The major format number of the stores that this version writes; it opens this one and older ones.
inline constexpr int kStoreFormat = 1;

}  // namespace cloudlet

#endif  // CLOUDLET_API_VERSION_H_
