// Tags: pairs of text on an object or a bucket.
//
//   bucket.Put("cat.jpg", bytes, {.tags = {{"animal", "cat"}, {"project", "zoo"}}});
//   bucket.SetTags("cat.jpg", {{"animal", "cat"}});  // replaces all of them
//   bucket.GetTags("cat.jpg")->tags;
//
// A set has at most 10 tags on an object and 50 on a bucket, no two with the same key. A key has 1
// to 128 characters and a value 0 to 256, both in UTF-8; as in S3, a character above U+FFFF counts
// as two. They are Unicode letters, numbers and separators and _ . : / = + - @; upper and lower
// case differ. Keys that begin with "aws:", in any case, are S3's own. InvalidTag for what is not
// so. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html and
// https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/allocation-tag-restrictions.html
#ifndef CLOUDLET_API_TAGS_H_
#define CLOUDLET_API_TAGS_H_

#include <string>
#include <vector>

namespace cloudlet {

struct Tag {
  std::string key = {};
  std::string value = {};

  friend bool operator==(const Tag& a, const Tag& b) {
    return a.key == b.key && a.value == b.value;
  }
  friend bool operator!=(const Tag& a, const Tag& b) { return !(a == b); }
};

// Taken in any order, given back in the order of the keys' bytes.
using TagSet = std::vector<Tag>;

}  // namespace cloudlet

#endif  // CLOUDLET_API_TAGS_H_
