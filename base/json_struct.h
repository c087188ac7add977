// protobuf's Struct and its reader of JSON, as the system library has them. Under ThreadSanitizer
// the headers give maps two more members, which the library, built without it, does not have.
// Before other headers of protobuf.
#ifndef CLOUDLET_BASE_JSON_STRUCT_H_
#define CLOUDLET_BASE_JSON_STRUCT_H_

#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#pragma pop_macro("__SANITIZE_THREAD__")

#endif  // CLOUDLET_BASE_JSON_STRUCT_H_
