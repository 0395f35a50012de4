#!/usr/bin/env bash
# moto and the event of a multipart upload
#
# What one would guess: completing a multipart upload raises one event, s3:ObjectCreated:CompleteMultipartUpload, as at S3.
# Who subscribes to s3:ObjectCreated:* gets one message for one new object, but for the rare double delivery of a queue.
#
# What happens: moto 5.1.1 raises two at once for the same object, s3:ObjectCreated:Put and
# s3:ObjectCreated:CompleteMultipartUpload, with the same ETag and size and without the field sequencer that would tell
# that they are of one state. Plain uploads and copies raise one each.
#
# Why it matters here: two workers of a pipeline take up the same object in the same moment, each time. Where the store
# does not keep to conditions on top of that, one writes over what the other has just made. It is a good test of whether
# double deliveries are harmless, and a bad surprise for who counts messages.
#
# Debian 13's python3-moto 5.1.1 with Debian 12's python3-boto3 1.26.27+dfsg-1. Seen:
#   put: ObjectCreated:Put
#   complete: ObjectCreated:CompleteMultipartUpload ObjectCreated:Put (1 ETag, no sequencer)
#   copy: ObjectCreated:Copy
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"; [ -z "${server:-}" ] || kill "$server"' EXIT
export CORDON_CACHE=$work AWS_EC2_METADATA_DISABLED=true  # a folder for the packages; no Cordon is in this
"$here/../tests/peers/moto.sh" install >&2
find "$work" -maxdepth 8 -name 'moto-5.1.1.dist-info' | grep -q . || { echo "another version of moto came" >&2; exit 1; }
"$here/../tests/peers/moto.sh" run 0 >"$work/endpoint" 2>/dev/null &
server=$!
for _ in $(seq 100); do grep -q '^endpoint:' "$work/endpoint" && break; sleep 0.1; done

/usr/bin/python3 - "$(sed 's/^endpoint: //' "$work/endpoint")" >"$work/seen" <<'PYTHON'
import json, sys
import boto3
to = dict(endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
s3, sqs = boto3.client("s3", **to), boto3.client("sqs", **to)
queue = sqs.create_queue(QueueName="events")["QueueUrl"]
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
s3.create_bucket(Bucket="uploads")
s3.put_bucket_notification_configuration(Bucket="uploads", NotificationConfiguration={
    "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]})

def records():
    found = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            found += json.loads(message["Body"]).get("Records", [])
    return found

def names(found):
    return " ".join(sorted(record["eventName"] for record in found))

records()
s3.put_object(Bucket="uploads", Key="plain", Body=b"one")
print("put:", names(records()))
upload = dict(Bucket="uploads", Key="parts")
upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
part = s3.upload_part(**upload, PartNumber=1, Body=b"two")
s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
found = records()
objects = [record["s3"]["object"] for record in found]
print("complete:", names(found), f"({len({o['eTag'] for o in objects})} ETag, "
      f"{'a' if any('sequencer' in o for o in objects) else 'no'} sequencer)")
s3.copy_object(Bucket="uploads", Key="copy", CopySource="uploads/plain")
print("copy:", names(records()))
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'EXPECTED' && echo "as found"
put: ObjectCreated:Put
complete: ObjectCreated:CompleteMultipartUpload ObjectCreated:Put (1 ETag, no sequencer)
copy: ObjectCreated:Copy
EXPECTED
