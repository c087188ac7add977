// The first program with cloudlet: store an object and read it back, then let a put fire a
// function.
//
// Run it with `bazel run //:quickstart` in this folder.
#include <iostream>

#include "cloudlet/cloud.h"

namespace {

// Put and get.
void HelloWorld() {
  cloudlet::Cloud cloud = cloudlet::Cloud::InMemory();  // or Cloud::Open("/some/directory")
  cloudlet::Bucket bucket = cloud.EnsureBucket("hello").value();
  bucket.Put("greeting", "hello, world").value();
  std::cout << bucket.Get("greeting").value().body << "\n";
}

// A put fires a function, which writes another object.
void PutFiresFunction() {
  cloudlet::Cloud cloud = cloudlet::Cloud::InMemory();
  cloudlet::Bucket inbox = cloud.EnsureBucket("inbox").value();
  cloudlet::Bucket outbox = cloud.EnsureBucket("outbox").value();
  auto reply = [](const cloudlet::Event& event, cloudlet::FunctionContext& context) {
    return context.bucket("outbox").Put(event.key, "seen: " + event.key).status();
  };
  cloud.RegisterFunction("reply", reply).IgnoreError();
  cloud
      .AddTrigger({.id = "reply",
                   .bucket = "inbox",
                   .function = "reply",
                   .events = {cloudlet::EventType::kObjectCreated}})
      .value();
  inbox.Put("letter", "dear cloud").value();
  cloud.RunUntilIdle().value();
  std::cout << outbox.Get("letter").value().body << "\n";
}

}  // namespace

int main() {
  HelloWorld();
  PutFiresFunction();
}
