// Reads and lists: see differential_model.h.
#include <string>
#include <vector>

#include "tests/differential_machine.h"
#include "tests/differential_model.h"

namespace cloudlet::differential {
namespace {

// Where the bytes lie that a part number or a range asks for.
std::string ExtentCode(const GetOptions& options, const ModelVersion& object, Extent* extent) {
  *extent = {0, object.body.size()};
  if (!options.part_number.has_value()) {
    return options.range.has_value() ? RangeCode(*options.range, object.body.size(), extent) : "OK";
  }
  if (options.range.has_value()) return "InvalidRequest";
  const int number = *options.part_number;
  if (number < 1 || number > kMaxPartNumber) return "InvalidArgument";
  if (object.parts.empty()) return number == 1 ? "OK" : "InvalidPartNumber";
  extent->length = 0;
  for (const auto& [part, size] : object.parts) {
    extent->offset += extent->length;
    extent->length = size;
    if (part == number) return "OK";
  }
  return "InvalidPartNumber";
}

// Empty where a key is not rolled up.
std::string CommonPrefix(const std::string& key, const std::string& prefix,
                         const std::string& delimiter) {
  if (delimiter.empty() || key.size() < prefix.size()) return "";
  const size_t at = key.find(delimiter, prefix.size());
  return at == std::string::npos ? "" : key.substr(0, at + delimiter.size());
}

bool BeginsWith(const std::string& text, const std::string& begin) {
  return text.compare(0, begin.size(), begin) == 0;
}

// What the lists with a marker leave out: keys up to it, and all of a common prefix that it is, or
// lies in. Its own key, too, unless a second marker says from where on it counts.
bool IsPassed(const std::string& key, const std::string& prefix, const std::string& delimiter,
              const std::string& marker, bool second_marker) {
  if (marker.empty() || marker < prefix) return false;
  const std::string common = CommonPrefix(marker, prefix, delimiter);
  if (!common.empty()) return key < common || BeginsWith(key, common);
  return second_marker ? key < marker : key <= marker;
}

// Adds an entry, or the common prefix that it is rolled into.
void AddEntry(ModelEntry entry, const std::string& prefix, const std::string& delimiter,
              std::vector<ModelEntry>* entries) {
  const std::string common = CommonPrefix(entry.key, prefix, delimiter);
  if (common.empty()) {
    entries->push_back(std::move(entry));
  } else if (entries->empty() || !entries->back().is_prefix || entries->back().key != common) {
    entries->push_back({common, true});
  }
}

}  // namespace

ModelRead Model::Read(const std::string& bucket, const std::string& key,
                      const GetOptions& options) const {
  ModelRead read;
  const auto answer = [&](std::string code) {
    read.code = std::move(code);
    return read;
  };
  const ModelVersion* object = nullptr;
  const std::string code = VersionCode(bucket, key, options.version_id, &object);
  if (code != "OK") return answer(code);
  const Verdict verdict = Judge(ConditionsOf(options), object->etag, object->modified);
  if (verdict == Verdict::kFail) return answer("PreconditionFailed");
  read.object = object;
  read.not_modified = verdict == Verdict::kNotModified;
  return answer(read.not_modified ? "OK" : ExtentCode(options, *object, &read.extent));
}

std::string Model::AttributesCode(const std::string& bucket, const std::string& key,
                                  const AttributesOptions& options,
                                  const ModelVersion** found) const {
  if (const std::string code = PlaceCode(bucket, key); code != "OK") return code;
  const bool asks = options.etag || options.checksum || options.object_size ||
                    options.storage_class || options.object_parts;
  if (!asks) return "InvalidRequest";
  if (options.part_number_marker < 0) return "InvalidArgument";
  return VersionCode(bucket, key, options.version_id, found);
}

std::vector<ModelEntry> Model::List(const std::string& bucket, const ListOptions& options,
                                    const std::string& marker) const {
  std::vector<ModelEntry> entries;
  for (const auto& [key, versions] : buckets_.at(bucket).keys) {
    if (versions.front().is_marker || !BeginsWith(key, options.prefix)) continue;
    if (!options.start_after.empty() && key <= options.start_after) continue;
    if (IsPassed(key, options.prefix, options.delimiter, marker, false)) continue;
    AddEntry({key, false, true, &versions.front()}, options.prefix, options.delimiter, &entries);
  }
  return entries;
}

std::vector<ModelEntry> Model::ListVersions(const std::string& bucket,
                                            const VersionPageOptions& options) const {
  std::vector<ModelEntry> entries;
  for (const auto& [key, versions] : buckets_.at(bucket).keys) {
    if (!BeginsWith(key, options.prefix)) continue;
    const bool here = key == options.key_marker && !options.version_id_marker.empty();
    if (IsPassed(key, options.prefix, options.delimiter, options.key_marker, here)) continue;
    bool passed = here;
    for (const ModelVersion& version : versions) {
      if (!passed) {
        AddEntry({key, false, &version == &versions.front(), &version}, options.prefix,
                 options.delimiter, &entries);
      }
      if (version.id == options.version_id_marker) passed = false;
    }
  }
  return entries;
}

std::vector<ModelEntry> Model::ListUploads(const std::string& bucket,
                                           const UploadPageOptions& options) const {
  std::vector<ModelEntry> entries;
  bool passed = !options.upload_id_marker.empty();
  for (const auto& [name, upload] : buckets_.at(bucket).uploads) {
    const std::string& key = name.first;
    if (!BeginsWith(key, options.prefix)) continue;
    const bool here = key == options.key_marker && !options.upload_id_marker.empty();
    if (IsPassed(key, options.prefix, options.delimiter, options.key_marker, here)) continue;
    if (!here || !passed) {
      AddEntry({key, false, false, nullptr, &upload}, options.prefix, options.delimiter, &entries);
    }
    if (upload.id == options.upload_id_marker) passed = false;
  }
  return entries;
}

}  // namespace cloudlet::differential
