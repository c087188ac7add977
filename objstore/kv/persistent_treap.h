// Treap: an ordered map from byte strings to byte strings whose copy is one pointer.
//
// A copy shares every node with its original. A change copies the nodes on its path that somebody
// else also holds, and alters in place those that nobody else does. The shape follows from the set
// of keys alone: a heap by (hash of the key, key), a search tree by key; expected depth is about 2
// log2(n).
//
// Threads: distinct Treaps may be used from distinct threads even where they share nodes; one Treap
// is used as a plain value is. Bytes never change once made.
#ifndef CLOUDLET_OBJSTORE_KV_PERSISTENT_TREAP_H_
#define CLOUDLET_OBJSTORE_KV_PERSISTENT_TREAP_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace cloudlet::kv {

// A key and a value in one allocation that never moves nor changes. Copies share it.
class TreapRow {
 public:
  TreapRow() = default;
  // The value is the concatenation of `parts`.
  TreapRow(std::string_view key, absl::Span<const std::string_view> parts);

  std::string_view key() const { return {bytes_.get(), key_size_}; }
  std::string_view value() const { return {bytes_.get() + key_size_, value_size_}; }
  size_t size() const { return key_size_ + value_size_; }
  // A fixed hash of the key.
  uint64_t priority() const { return priority_; }
  // Keeps key() and value() valid.
  const std::shared_ptr<const char[]>& bytes() const { return bytes_; }

 private:
  std::shared_ptr<const char[]> bytes_;
  size_t key_size_ = 0;
  size_t value_size_ = 0;
  uint64_t priority_ = 0;
};

struct TreapNode;

// Counted pointer to a node.
class TreapRef {
 public:
  TreapRef() = default;
  explicit TreapRef(TreapRow row);  // a node without children
  TreapRef(const TreapRef& other) noexcept;
  TreapRef(TreapRef&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  TreapRef& operator=(TreapRef other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~TreapRef();

  // The node to be altered; the pointer's own copy of it first, where somebody else holds it too.
  TreapNode* Mutable();
  const TreapNode* get() const { return node_; }
  const TreapNode* operator->() const { return node_; }
  explicit operator bool() const { return node_ != nullptr; }

 private:
  TreapNode* node_ = nullptr;
};

struct TreapNode {
  explicit TreapNode(TreapRow r) : row(std::move(r)) {}
  TreapNode(const TreapNode& other) : left(other.left), right(other.right), row(other.row) {}
  TreapNode& operator=(const TreapNode&) = delete;

  std::atomic<uint32_t> holders{1};
  TreapRef left;
  TreapRef right;
  TreapRow row;
};

class Treap {
 public:
  // Null where the key is absent. Valid until this Treap changes.
  const TreapRow* Find(std::string_view key) const;
  // The first row whose key is >= `key`; null where there is none.
  const TreapRow* LowerBound(std::string_view key) const;
  // Adds the row or replaces the one with its key.
  void Put(const TreapRow& row);
  void Erase(std::string_view key);
  // Takes out every key in [begin, end) and returns what it took.
  Treap EraseRange(std::string_view begin, std::string_view end);
  // Bytes of keys and values; walks the whole tree.
  uint64_t ByteSize() const;
  bool empty() const { return !root_; }
  // Null where it is empty.
  const TreapNode* root() const { return root_.get(); }

 private:
  TreapRef root_;
};

// A position in a Treap, of which it holds a copy.
class TreapCursor {
 public:
  explicit TreapCursor(Treap treap) : treap_(std::move(treap)) {}

  bool Valid() const { return !path_.empty(); }
  // Requires Valid().
  const TreapRow& row() const { return path_.back()->row; }

  void Clear() { path_.clear(); }
  void SeekToFirst();
  void SeekToLast();
  void SeekAtLeast(std::string_view key);  // first row >= key
  void SeekAtMost(std::string_view key);   // last row <= key
  // Both require Valid(); past either end the cursor is not valid any more.
  void Next();
  void Prev();

 private:
  Treap treap_;
  std::vector<const TreapNode*> path_;  // from the root to the current node
};

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_PERSISTENT_TREAP_H_
