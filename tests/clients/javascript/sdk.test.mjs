// What people do with the JavaScript SDK, as its defaults have it. The endpoint and the credentials come by the
// environment, as to every SDK.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import test from "node:test";

import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import * as sns from "@aws-sdk/client-sns";
import * as sqs from "@aws-sdk/client-sqs";

const store = new s3.S3Client({ forcePathStyle: true });
const Bucket = "javascript";
const KEY = "räume/a b+c%2F…/ü.txt";

const send = (name, input) => store.send(new s3[`${name}Command`]({ Bucket, ...input }));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("base64");

test("buckets and objects", async (t) => {
  await send("CreateBucket", {});
  await send("PutBucketVersioning", { VersioningConfiguration: { Status: "Enabled" } });

  await t.test("an upload has its checksum as a trailer, and reads are verified", async () => {
    const put = await send("PutObject", { Key: KEY, Body: "one", Metadata: { owner: "me" }, Tagging: "team=a%20b" });
    assert.ok(put.ChecksumCRC32 && put.VersionId);
    const got = await send("GetObject", { Key: KEY, ChecksumMode: "ENABLED" });
    assert.equal(await got.Body.transformToString(), "one");
    assert.deepEqual(got.Metadata, { owner: "me" });
    assert.equal(got.TagCount, 1);
    assert.equal(got.ChecksumCRC32, put.ChecksumCRC32);
  });

  await t.test("a stream of no known length goes in parts", async () => {
    const bytes = Buffer.alloc(6 * 1024 * 1024 + 17, "abc");
    const upload = new Upload({
      client: store, partSize: 5 * 1024 * 1024, params: { Bucket, Key: "parts", Body: Readable.from([bytes]) },
    });
    await upload.done();
    const got = await send("GetObject", { Key: "parts", ChecksumMode: "ENABLED" });
    assert.equal(sha256(await got.Body.transformToByteArray()), sha256(bytes));
    const head = await send("HeadObject", { Key: "parts", PartNumber: 2 });
    assert.equal(head.PartsCount, 2);
  });

  await t.test("each checksum that is chosen is kept", async () => {
    for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
      const put = await send("PutObject", { Key: algorithm, Body: "x", ChecksumAlgorithm: algorithm });
      const seen = await send("GetObjectAttributes", { Key: algorithm, ObjectAttributes: ["Checksum", "ETag"] });
      assert.equal(seen.Checksum[`Checksum${algorithm}`], put[`Checksum${algorithm}`], algorithm);
    }
  });

  await t.test("tags, copies, conditions", async () => {
    const tags = { TagSet: [{ Key: "scan-result", Value: "Clean" }] };
    await send("PutObjectTagging", { Key: KEY, Tagging: tags });
    assert.deepEqual((await send("GetObjectTagging", { Key: KEY })).TagSet, tags.TagSet);
    await send("CopyObject", { Key: "copy", CopySource: `${Bucket}/${encodeURIComponent(KEY)}` });
    assert.deepEqual((await send("GetObjectTagging", { Key: "copy" })).TagSet, tags.TagSet);
    await assert.rejects(send("PutObject", { Key: "copy", Body: "x", IfNoneMatch: "*" }), { name: "PreconditionFailed" });
    await assert.rejects(send("GetObject", { Key: "none" }), s3.NoSuchKey);
  });

  await t.test("lists come page by page, and deletions one and all", async () => {
    const keys = [];
    for await (const page of s3.paginateListObjectsV2({ client: store, pageSize: 2 }, { Bucket })) {
      keys.push(...page.Contents.map((one) => one.Key));
    }
    assert.deepEqual(keys, [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    assert.ok(keys.includes(KEY));
    const done = await send("DeleteObjects", { Delete: { Objects: keys.map((Key) => ({ Key })) } });
    assert.equal(done.Deleted.length, keys.length);
    assert.equal((await send("ListObjectsV2", {})).KeyCount, 0);
    assert.ok((await send("ListObjectVersions", {})).DeleteMarkers.length >= keys.length);
  });

  await t.test("what the stand-in has not is said", async () => {
    await assert.rejects(send("PutBucketReplication", { ReplicationConfiguration: { Role: "r", Rules: [] } }),
      (error) => error.$metadata.httpStatusCode === 501);
  });
});

test("an upload's event comes through topic and queue", async () => {
  const queues = new sqs.SQSClient({});
  const topics = new sns.SNSClient({});
  const allow = (service, action, Resource) => JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: action, Resource }],
  });
  const { TopicArn } = await topics.send(new sns.CreateTopicCommand({ Name: "javascript" }));
  await topics.send(new sns.SetTopicAttributesCommand({
    TopicArn, AttributeName: "Policy", AttributeValue: allow("s3.amazonaws.com", "sns:Publish", TopicArn),
  }));
  const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: "javascript" }));
  const { Attributes } = await queues.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  await queues.send(new sqs.SetQueueAttributesCommand({
    QueueUrl, Attributes: { Policy: allow("sns.amazonaws.com", "sqs:SendMessage", Attributes.QueueArn) },
  }));
  await topics.send(new sns.SubscribeCommand({
    TopicArn, Protocol: "sqs", Endpoint: Attributes.QueueArn, Attributes: { RawMessageDelivery: "true" },
  }));
  await send("PutBucketNotificationConfiguration", {
    NotificationConfiguration: { TopicConfigurations: [{ TopicArn, Events: ["s3:ObjectCreated:*"] }] },
  });
  await send("PutObject", { Key: KEY, Body: "two" });

  const keys = [];
  while (keys.length === 0) {
    const got = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5, MaxNumberOfMessages: 10 }));
    assert.ok(got.Messages?.length, "no event came");
    for (const message of got.Messages) {
      for (const record of JSON.parse(message.Body).Records ?? []) {
        keys.push(decodeURIComponent(record.s3.object.key.replaceAll("+", " ")));
      }
      await queues.send(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    }
  }
  assert.deepEqual(keys, [KEY]);
});
