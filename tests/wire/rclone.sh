#!/bin/bash
# Debian's rclone: a tree there and back, checked; large files in parts; a purge.
. "$(dirname "$0")/common.sh"
export RCLONE_CONFIG=/dev/null RCLONE_S3_PROVIDER=Other RCLONE_S3_ENDPOINT=$AWS_ENDPOINT_URL
export RCLONE_S3_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID RCLONE_S3_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY
export RCLONE_S3_REGION=$AWS_DEFAULT_REGION RCLONE_S3_FORCE_PATH_STYLE=true
remote=:s3:rclone-$$

mkdir -p "$scratch/tree/deep/er" "$scratch/tree/sp ace"
for i in $(seq 1 40); do bytes $((i * 977)) "$scratch/tree/deep/er/$i"; done
bytes $((23 << 20)) "$scratch/tree/large"
echo "ä" >"$scratch/tree/sp ace/ä€ +%&=?.txt"
: >"$scratch/tree/empty"
rclone sync --s3-upload-cutoff 8M --s3-chunk-size 5M "$scratch/tree" "$remote/tree"
rclone check --download "$scratch/tree" "$remote/tree" 2>"$scratch/check" || fail "$(cat "$scratch/check")"
rclone sync "$remote/tree" "$scratch/back"
diff -r "$scratch/tree" "$scratch/back" || fail "the tree came back otherwise"
rclone copyto "$remote/tree/large" "$remote/other/large"
rm "$scratch/tree/deep/er/7"
rclone sync "$scratch/tree" "$remote/tree"
same "files" 42 "$(rclone lsf -R --files-only "$remote/tree" | wc -l)"
rclone purge "$remote"
echo "rclone: ok"
