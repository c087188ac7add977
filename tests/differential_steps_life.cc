// Ends of lives of a store, of differential_harness.h: closing, reopening, kills.
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/differential_harness.h"

namespace cloudlet::differential {

using objstore::CodeOf;

void Differential::Open() {
  absl::StatusOr<Cloud> cloud = machine_->Open(clock_);
  Expect(CodeOf(cloud), "OK", "open");
  cloud_.emplace(std::move(cloud).value());
}

void Differential::StepCloseAndOpen() {
  Expect(CodeOf(cloud_->Close()), "OK", "close");
  cloud_.reset();
  Open();
}

void Differential::StepReopen() { Expect(CodeOf(cloud_->Reopen()), "OK", "reopen"); }

// What was not committed by then is not there.
void Differential::StepKill() {
  std::optional<ObjectWriter> writer;
  std::optional<PartWriter> part_writer;
  const Place at = PlaceWithObject();
  if (auto opened = cloud_->bucket(at.bucket).OpenWriter(at.key); opened.ok()) {
    writer.emplace(*std::move(opened));
    EXPECT_TRUE(writer->Write(Body()).ok());
  }
  const UploadChoice upload = AnyUpload();
  auto part = cloud_->bucket(upload.bucket).OpenPartWriter(upload.key, upload.id, 1);
  if (part.ok()) {
    part_writer.emplace(*std::move(part));
    EXPECT_TRUE(part_writer->Write(objstore::Bytes(random_.Below(100'000))).ok());
  }
  machine_->Kill();
  writer.reset();
  part_writer.reset();
  cloud_.reset();
  Open();
}

}  // namespace cloudlet::differential
