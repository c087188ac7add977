// The checks of store_check.h.
#include "tests/store_check.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/strings.h"

namespace cloudlet::testing {
namespace {

using base::V;

constexpr size_t kTile = 4096;
constexpr size_t kPage = 1000;

bool IsCreated(const Event& event) {
  return EventTypeCovers(EventType::kObjectCreated, event.type);
}

bool IsRemoved(const Event& event) {
  return EventTypeCovers(EventType::kObjectRemoved, event.type);
}

std::string Shown(const Event& event) {
  return absl::StrCat("event ", event.sequence, " (", V(EventTypeName(event.type)), " ",
                      V(base::Quoted(event.key)), ", ", event.size, " bytes)");
}

}  // namespace

std::string BodyOf(uint64_t op, size_t size) {
  base::Random random(base::Mix64(op + 1));
  std::string tile(kTile, '\0');
  for (size_t i = 0; i < kTile; i += 8) {
    const uint64_t bits = random.Next();
    std::memcpy(&tile[i], &bits, 8);
  }
  std::string body;
  body.reserve(size + kTile);
  for (uint64_t index = 0; body.size() < size; ++index) {
    std::memcpy(tile.data(), &index, 8);
    body += tile;
  }
  body.resize(size);
  return body;
}

std::vector<Event> AllEvents(Cloud& cloud, Problems* problems) {
  std::vector<Event> all;
  while (true) {
    const uint64_t after = all.empty() ? 0 : all.back().sequence;
    absl::StatusOr<std::vector<Event>> page = cloud.Events(after, kPage);
    if (!page.ok()) {
      problems->push_back(page.status().ToString());
      return all;
    }
    for (Event& event : *page) {
      if (!all.empty() && event.sequence <= all.back().sequence) {
        problems->push_back(absl::StrCat(Shown(event), " stands behind ", Shown(all.back())));
        return all;
      }
      all.push_back(std::move(event));
    }
    if (page->size() < kPage) return all;
  }
}

void CompareEventsWithObjects(Cloud& cloud, const std::string& bucket,
                              const std::vector<Event>& events, Problems* problems) {
  std::map<std::string, const Event*> newest;
  for (const Event& event : events) {
    if (event.bucket == bucket && (IsCreated(event) || IsRemoved(event))) {
      newest[event.key] = &event;
    }
  }
  std::set<std::string> found;
  for (const absl::StatusOr<ListEntry>& entry : cloud.bucket(bucket).List()) {
    if (!entry.ok()) {
      problems->push_back(entry.status().ToString());
      return;
    }
    found.insert(entry->key);
    const absl::StatusOr<HeadResult> head = cloud.bucket(bucket).Head(entry->key);
    const auto event = newest.find(entry->key);
    if (!head.ok()) {
      problems->push_back(head.status().ToString());
    } else if (event == newest.end()) {
      problems->push_back(absl::StrCat("object ", V(base::Quoted(entry->key)), " has no event"));
    } else if (!IsCreated(*event->second) || event->second->sequence != head->info.sequence ||
               event->second->etag != head->info.etag || event->second->size != head->info.size ||
               entry->etag != head->info.etag || entry->size != head->info.size) {
      problems->push_back(absl::StrCat(Shown(*event->second), " is the newest of its key, but the ",
                                       "object is of ", head->info.sequence, " and has ",
                                       head->info.size, " bytes"));
    }
  }
  for (const auto& [key, event] : newest) {
    if (IsCreated(*event) && found.count(key) == 0) {
      problems->push_back(
          absl::StrCat(Shown(*event), " is the newest of its key, but there is ", "no object"));
    }
  }
}

void CheckBodies(const Bucket& bucket, uint64_t most_bytes, Problems* problems) {
  for (const absl::StatusOr<ListEntry>& entry : bucket.List()) {
    if (!entry.ok()) {
      problems->push_back(entry.status().ToString());
      return;
    }
    if (entry->size > most_bytes) continue;
    const absl::StatusOr<GetResult> got = bucket.Get(entry->key);
    if (!got.ok()) {
      problems->push_back(got.status().ToString());
      continue;
    }
    const auto op = got->info.metadata.find("op");
    if (op == got->info.metadata.end()) continue;
    const uint64_t number = std::strtoull(op->second.c_str(), nullptr, 10);
    if (got->body != V(BodyOf(number, static_cast<size_t>(got->info.size)))) {
      problems->push_back(absl::StrCat("object ", V(base::Quoted(entry->key)), " of op ", number,
                                       " has other bytes than were put"));
    }
  }
}

void CheckVerify(Cloud& cloud, Problems* problems) {
  const absl::StatusOr<VerifyReport> report = cloud.VerifyStore();
  if (!report.ok()) {
    problems->push_back(report.status().ToString());
    return;
  }
  for (const std::string& problem : report->problems) {
    problems->push_back(absl::StrCat("verify: ", problem));
  }
}

}  // namespace cloudlet::testing
