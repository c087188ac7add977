// The tree's algorithms. Priorities fall on the way down and equal keys have equal priorities, so a
// key that is not found before the priorities fall below its own is absent.
#include "objstore/kv/persistent_treap.h"

#include <cstring>

#include "base/random.h"

namespace cloudlet::kv {
namespace {

uint64_t LoadLittleEndian(const char* bytes, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return value;
}

uint64_t PriorityOf(std::string_view key) {
  uint64_t hash = 0x9e3779b97f4a7c15u + key.size();
  for (; key.size() >= 8; key.remove_prefix(8)) {
    hash = base::Mix64(hash ^ LoadLittleEndian(key.data(), 8));
  }
  return base::Mix64(hash ^ LoadLittleEndian(key.data(), key.size()));
}

bool Above(const TreapRow& a, const TreapRow& b) {
  return a.priority() != b.priority() ? a.priority() > b.priority() : a.key() < b.key();
}

// Cuts `tree` into keys < `key` and keys >= `key`.
std::pair<TreapRef, TreapRef> Split(TreapRef tree, std::string_view key) {
  TreapRef low, high;
  TreapRef* low_end = &low;
  TreapRef* high_end = &high;
  while (tree) {
    TreapNode* node = tree.Mutable();
    if (node->row.key() < key) {
      TreapRef rest = std::move(node->right);
      *low_end = std::move(tree);
      low_end = &node->right;
      tree = std::move(rest);
    } else {
      TreapRef rest = std::move(node->left);
      *high_end = std::move(tree);
      high_end = &node->left;
      tree = std::move(rest);
    }
  }
  return {std::move(low), std::move(high)};
}

// Every key of `low` is below every key of `high`.
TreapRef Join(TreapRef low, TreapRef high) {
  TreapRef root;
  TreapRef* end = &root;
  while (low && high) {
    if (Above(low->row, high->row)) {
      TreapNode* node = low.Mutable();
      TreapRef rest = std::move(node->right);
      *end = std::move(low);
      end = &node->right;
      low = std::move(rest);
    } else {
      TreapNode* node = high.Mutable();
      TreapRef rest = std::move(node->left);
      *end = std::move(high);
      end = &node->left;
      high = std::move(rest);
    }
  }
  *end = low ? std::move(low) : std::move(high);
  return root;
}

}  // namespace

TreapRow::TreapRow(std::string_view key, absl::Span<const std::string_view> parts)
    : key_size_(key.size()), priority_(PriorityOf(key)) {
  for (std::string_view part : parts) value_size_ += part.size();
  auto bytes = std::make_shared_for_overwrite<char[]>(key_size_ + value_size_);
  char* end = bytes.get();
  auto append = [&end](std::string_view part) {
    if (part.empty()) return;
    std::memcpy(end, part.data(), part.size());
    end += part.size();
  };
  append(key);
  for (std::string_view part : parts) append(part);
  bytes_ = std::move(bytes);
}

TreapRef::TreapRef(TreapRow row) : node_(new TreapNode(std::move(row))) {}

TreapRef::TreapRef(const TreapRef& other) noexcept : node_(other.node_) {
  if (node_ != nullptr) node_->holders.fetch_add(1, std::memory_order_relaxed);
}

// Recursion is as deep as the tree.
TreapRef::~TreapRef() {
  if (node_ != nullptr && node_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete node_;
}

TreapNode* TreapRef::Mutable() {
  // A sole holder cannot lose that while it does not copy the pointer itself. Acquire: the reads of
  // those who let go come before our writes.
  if (node_->holders.load(std::memory_order_acquire) != 1) {
    TreapRef copy;
    copy.node_ = new TreapNode(*node_);
    std::swap(node_, copy.node_);
  }
  return node_;
}

const TreapRow* Treap::Find(std::string_view key) const {
  const TreapNode* node = root_.get();
  while (node != nullptr) {
    const int order = key.compare(node->row.key());
    if (order == 0) return &node->row;
    node = order < 0 ? node->left.get() : node->right.get();
  }
  return nullptr;
}

const TreapRow* Treap::LowerBound(std::string_view key) const {
  const TreapRow* best = nullptr;
  const TreapNode* node = root_.get();
  while (node != nullptr) {
    if (node->row.key() < key) {
      node = node->right.get();
    } else {
      best = &node->row;
      node = node->left.get();
    }
  }
  return best;
}

void Treap::Put(const TreapRow& row) {
  const std::string_view key = row.key();
  TreapRef* slot = &root_;
  while (*slot && Above((*slot)->row, row)) {
    TreapNode* node = slot->Mutable();
    slot = key < node->row.key() ? &node->left : &node->right;
  }
  if (*slot && (*slot)->row.key() == key) {
    slot->Mutable()->row = row;
    return;
  }
  auto [low, high] = Split(std::move(*slot), key);
  TreapRef added(row);
  TreapNode* node = added.Mutable();
  node->left = std::move(low);
  node->right = std::move(high);
  *slot = std::move(added);
}

void Treap::Erase(std::string_view key) {
  if (Find(key) == nullptr) return;  // nothing to copy then
  TreapRef* slot = &root_;
  while ((*slot)->row.key() != key) {
    TreapNode* node = slot->Mutable();
    slot = key < node->row.key() ? &node->left : &node->right;
  }
  TreapNode* node = slot->Mutable();
  TreapRef low = std::move(node->left);
  TreapRef high = std::move(node->right);
  *slot = Join(std::move(low), std::move(high));
}

Treap Treap::EraseRange(std::string_view begin, std::string_view end) {
  Treap taken;
  if (begin >= end) return taken;
  const TreapRow* first = LowerBound(begin);
  if (first == nullptr || first->key() >= end) return taken;
  auto [low, rest] = Split(std::move(root_), begin);
  auto [middle, high] = Split(std::move(rest), end);
  taken.root_ = std::move(middle);
  root_ = Join(std::move(low), std::move(high));
  return taken;
}

uint64_t Treap::ByteSize() const {
  uint64_t bytes = 0;
  std::vector<const TreapNode*> open;
  if (root_) open.push_back(root_.get());
  while (!open.empty()) {
    const TreapNode* node = open.back();
    open.pop_back();
    bytes += node->row.size();
    if (node->left) open.push_back(node->left.get());
    if (node->right) open.push_back(node->right.get());
  }
  return bytes;
}

void TreapCursor::SeekToFirst() {
  path_.clear();
  for (auto* n = treap_.root(); n != nullptr; n = n->left.get()) path_.push_back(n);
}

void TreapCursor::SeekToLast() {
  path_.clear();
  for (auto* n = treap_.root(); n != nullptr; n = n->right.get()) path_.push_back(n);
}

void TreapCursor::SeekAtLeast(std::string_view key) {
  path_.clear();
  size_t found = 0;  // length of the path to the best row so far
  for (const TreapNode* node = treap_.root(); node != nullptr;) {
    path_.push_back(node);
    const int order = key.compare(node->row.key());
    if (order <= 0) found = path_.size();
    if (order == 0) break;
    node = order < 0 ? node->left.get() : node->right.get();
  }
  path_.resize(found);
}

void TreapCursor::SeekAtMost(std::string_view key) {
  path_.clear();
  size_t found = 0;
  for (const TreapNode* node = treap_.root(); node != nullptr;) {
    path_.push_back(node);
    const int order = key.compare(node->row.key());
    if (order >= 0) found = path_.size();
    if (order == 0) break;
    node = order < 0 ? node->left.get() : node->right.get();
  }
  path_.resize(found);
}

void TreapCursor::Next() {
  const TreapNode* from = path_.back();
  if (from->right) {
    for (auto* n = from->right.get(); n != nullptr; n = n->left.get()) path_.push_back(n);
    return;
  }
  for (path_.pop_back(); !path_.empty() && path_.back()->right.get() == from; path_.pop_back()) {
    from = path_.back();
  }
}

void TreapCursor::Prev() {
  const TreapNode* from = path_.back();
  if (from->left) {
    for (auto* n = from->left.get(); n != nullptr; n = n->right.get()) path_.push_back(n);
    return;
  }
  for (path_.pop_back(); !path_.empty() && path_.back()->left.get() == from; path_.pop_back()) {
    from = path_.back();
  }
}

}  // namespace cloudlet::kv
