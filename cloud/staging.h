// Staging of the runs of transactional functions: a StagingStore, and handles of its buckets.
//
// Threads: as triggers::Staging.
#ifndef CLOUDLET_CLOUD_STAGING_H_
#define CLOUDLET_CLOUD_STAGING_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloud/gateway.h"
#include "objstore/staging_store.h"
#include "triggers/transaction.h"

namespace cloudlet::internal {

class CloudStaging final : public triggers::Staging {
 public:
  // `store` shares ownership of whatever its calls need.
  CloudStaging(std::shared_ptr<objstore::ObjectStore> store, objstore::StagingOptions options)
      : store_(std::make_shared<objstore::StagingStore>(std::move(store), std::move(options))) {}

  Bucket bucket(std::string_view name, Caller caller,
                std::shared_ptr<const std::atomic<bool>> revoked) override {
    return Bucket(std::make_shared<Gateway>(store_, std::move(revoked)), std::string(name),
                  std::move(caller));
  }
  Request TakeRequest() override {
    objstore::StagingStore::Request taken = store_->TakeRequest();
    return {std::move(taken.mutations), std::move(taken.caller), taken.durability,
            taken.has_conflict};
  }
  std::vector<std::string> Lines() const override { return store_->Lines(); }

 private:
  const std::shared_ptr<objstore::StagingStore> store_;
};

}  // namespace cloudlet::internal

#endif  // CLOUDLET_CLOUD_STAGING_H_
