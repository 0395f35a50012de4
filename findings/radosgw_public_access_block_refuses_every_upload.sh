#!/usr/bin/env bash
# radosgw and the block of public access lists
#
# What one would guess: BlockPublicAcls refuses uploads that come with a public access list, and nothing else.
#
# What happens: it refuses every PutObject of the bucket's owner with AccessDenied, with "private" as the list or with none.
# Copies, multipart uploads and tags pass. The other three blocks refuse nothing.
#
# Why it matters here: whoever closes a bucket in the usual way, with all four, cannot write to it any more.
#
# Debian 12's radosgw 16.2.15+ds-0+deb12u2 with python3-boto3 1.26.27+dfsg-1. Seen:
#   BlockPublicAcls: AccessDenied
#   IgnorePublicAcls: written
#   BlockPublicPolicy: written
#   RestrictPublicBuckets: written
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"; [ -z "${gateway:-}" ] || kill "$gateway"' EXIT
"$here/../tests/peers/radosgw.sh" install >&2
"$here/../tests/peers/radosgw.sh" run 0 >"$work/endpoint" 2>/dev/null &
gateway=$!
for _ in $(seq 600); do grep -q '^endpoint:' "$work/endpoint" && break; sleep 0.1; done

/usr/bin/python3 - "$(sed 's/^endpoint: //' "$work/endpoint")" >"$work/seen" <<'PYTHON'
import sys
import boto3
from botocore.exceptions import ClientError
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="cordon",
                  aws_secret_access_key="cordon-dev-secret")
blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
for block in blocks:
    bucket = block.lower()
    s3.create_bucket(Bucket=bucket)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={one: one == block for one in blocks})
    try:
        s3.put_object(Bucket=bucket, Key="key", Body=b"x")
        print(f"{block}: written")
    except ClientError as problem:
        print(f"{block}:", problem.response["Error"]["Code"])
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'EXPECTED' && echo "as found"
BlockPublicAcls: AccessDenied
IgnorePublicAcls: written
BlockPublicPolicy: written
RestrictPublicBuckets: written
EXPECTED
