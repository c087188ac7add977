import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

import { startCloudlet } from './cloudlet.mjs';

let cloudlet;
let s3;
before(async () => {
  cloudlet = await startCloudlet();
  s3 = new S3Client(cloudlet.clientOptions);
});
after(async () => {
  s3.destroy();
  await cloudlet.stop();
});

test('an object comes back', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'photos' }));
  await s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'cat.jpg', Body: 'miaow' }));
  const got = await s3.send(new GetObjectCommand({ Bucket: 'photos', Key: 'cat.jpg' }));
  assert.equal(await got.Body.transformToString(), 'miaow');
});

test('what is not there is NoSuchKey', async () => {
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket: 'photos', Key: 'dog.jpg' })), {
    name: 'NoSuchKey',
  });
});
