#!/bin/bash
# Debian's restic: a backup of a real tree, checked to the last byte, and restored.
. "$(dirname "$0")/common.sh"
export RESTIC_REPOSITORY=s3:$AWS_ENDPOINT_URL/restic-$$ RESTIC_PASSWORD=secret
export RESTIC_CACHE_DIR=$scratch/cache
tree=${1:-/usr/include/c++}

restic -q init
restic -q backup "$tree"
restic -q check --read-data
restic -q restore latest --target "$scratch/restored"
diff -r "$tree" "$scratch/restored/$tree" || fail "the tree came back otherwise"
restic -q forget --prune --keep-last 1
echo "restic: ok"
