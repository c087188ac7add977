#!/bin/bash
# Debian's awscli: buckets, small and multipart objects, lists, copies, presigned URLs, ranges,
# versions, tags, deletes; Lambda's invoke.
. "$(dirname "$0")/common.sh"
aws=(/usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" --output text)
bucket=awscli-$$

"${aws[@]}" s3 mb "s3://$bucket" >/dev/null
echo "hello, world" >"$scratch/small"
bytes $((20 << 20)) "$scratch/large"
"${aws[@]}" s3 cp --quiet "$scratch/small" "s3://$bucket/dir/a small+one.txt"
"${aws[@]}" s3 cp --quiet "$scratch/large" "s3://$bucket/large"
same "keys" 2 "$("${aws[@]}" s3 ls --recursive "s3://$bucket/" | wc -l)"
"${aws[@]}" s3 cp --quiet "s3://$bucket/large" "$scratch/back"
cmp "$scratch/large" "$scratch/back" || fail "a multipart object came back otherwise"
"${aws[@]}" s3 cp --quiet "s3://$bucket/dir/a small+one.txt" "s3://$bucket/copied/ä€"
same "a copy" "hello, world" "$("${aws[@]}" s3 cp "s3://$bucket/copied/ä€" -)"
url=$("${aws[@]}" s3 presign "s3://$bucket/dir/a small+one.txt")
same "a presigned get" "hello, world" "$(curl -fsS "$url")"
same "a presigned get of another key" 403 \
  "$(curl -s -o /dev/null -w '%{http_code}' "${url/dir/other}")"
"${aws[@]}" s3api get-object --bucket "$bucket" --key large --range bytes=100-199 "$scratch/range" >/dev/null
cmp <(tail -c +101 "$scratch/large" | head -c 100) "$scratch/range" || fail "a range"
"${aws[@]}" s3api put-object-tagging --bucket "$bucket" --key large \
  --tagging 'TagSet=[{Key=animal,Value=cat}]'
same "a tag" cat "$("${aws[@]}" s3api get-object-tagging --bucket "$bucket" --key large --query 'TagSet[0].Value')"

"${aws[@]}" s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
for text in one two; do
  echo "$text" >"$scratch/small"
  "${aws[@]}" s3 cp --quiet "$scratch/small" "s3://$bucket/versioned"
done
"${aws[@]}" s3 rm --quiet "s3://$bucket/versioned"
same "versions" 2 "$("${aws[@]}" s3api list-object-versions --bucket "$bucket" --prefix versioned \
  --query 'length(Versions)')"
same "delete markers" 1 "$("${aws[@]}" s3api list-object-versions --bucket "$bucket" \
  --prefix versioned --query 'length(DeleteMarkers)')"
first=$("${aws[@]}" s3api list-object-versions --bucket "$bucket" --prefix versioned \
  --query 'Versions[-1].VersionId')
"${aws[@]}" s3api get-object --bucket "$bucket" --key versioned --version-id "$first" \
  "$scratch/first" >/dev/null
same "the first version" one "$(cat "$scratch/first")"

mkdir -p "$scratch/tree/sub"
for i in $(seq 1 30); do echo "$i" >"$scratch/tree/sub/$i"; done
"${aws[@]}" s3 sync --quiet "$scratch/tree" "s3://$bucket/tree"
same "nothing to sync again" "" "$("${aws[@]}" s3 sync "$scratch/tree" "s3://$bucket/tree")"
"${aws[@]}" s3api delete-objects --bucket "$bucket" --output json --delete \
  "$("${aws[@]}" s3api list-object-versions --bucket "$bucket" --output json \
    --query '{Objects: [Versions, DeleteMarkers][].{Key: Key, VersionId: VersionId}, Quiet: `true`}')" >/dev/null
"${aws[@]}" s3 rb "s3://$bucket" >/dev/null
"${aws[@]}" s3api head-bucket --bucket "$bucket" 2>/dev/null && fail "the bucket is still there"

if [ -n "${CLOUDLET_ECHO_FUNCTION:-}" ]; then
  "${aws[@]}" lambda invoke --function-name "$CLOUDLET_ECHO_FUNCTION" --cli-binary-format raw-in-base64-out \
    --payload '{"a":1}' "$scratch/out" >/dev/null
  same "an invocation" '{"a":1}' "$(cat "$scratch/out")"
  same "functions" 1 "$("${aws[@]}" lambda list-functions --query 'length(Functions)')"
fi
echo "awscli: ok"
