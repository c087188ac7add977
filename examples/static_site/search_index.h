// The function that derives a shard of the search index, index/<nn>.json, from the objects under
// words/<nn>/.
//
//   {"files":["a.txt","b/c.html"],"words":{"hello":[0,1],"world":[1]}}
// Numbers are positions in "files", which is sorted: so each word has a sorted list of paths.
#ifndef EXAMPLES_STATIC_SITE_SEARCH_INDEX_H_
#define EXAMPLES_STATIC_SITE_SEARCH_INDEX_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cloudlet/cloud.h"

namespace static_site {

// Makes index/<nn>.json the index over all objects under words/<nn>/, or removes it when there are
// none. May be called at any time, any number of times.
absl::Status BuildShard(const cloudlet::Bucket& bucket, const std::string& shard);

// The words of each file, by path.
using WordsByPath = std::map<std::string, std::vector<std::string>>;
std::string ShardToJson(const WordsByPath& files);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_SEARCH_INDEX_H_
