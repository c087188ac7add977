#!/bin/bash
# Debian's s3cmd: buckets, objects, multipart, copy, list, delete.
. "$(dirname "$0")/common.sh"
host=${AWS_ENDPOINT_URL#*//}
s3cmd=(s3cmd --no-ssl "--host=$host" "--host-bucket=$host" "--access_key=$AWS_ACCESS_KEY_ID"
  "--secret_key=$AWS_SECRET_ACCESS_KEY" "--region=$AWS_DEFAULT_REGION" --config=/dev/null --no-progress -q)
bucket=s3cmd-$$

"${s3cmd[@]}" mb "s3://$bucket"
bytes 1000 "$scratch/small"
bytes $((17 << 20)) "$scratch/large"
"${s3cmd[@]}" put "$scratch/small" "s3://$bucket/dir/small"
"${s3cmd[@]}" --multipart-chunk-size-mb=5 put "$scratch/large" "s3://$bucket/large"
"${s3cmd[@]}" get "s3://$bucket/large" "$scratch/back"
cmp "$scratch/large" "$scratch/back" || fail "a multipart object came back otherwise"
"${s3cmd[@]}" cp "s3://$bucket/dir/small" "s3://$bucket/copy"
"${s3cmd[@]}" mv "s3://$bucket/copy" "s3://$bucket/moved"
same "keys" 3 "$("${s3cmd[@]/#-q/--no-progress}" ls --recursive "s3://$bucket" | wc -l)"
"${s3cmd[@]}" del --recursive --force "s3://$bucket"
"${s3cmd[@]}" rb "s3://$bucket"
echo "s3cmd: ok"
