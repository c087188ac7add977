// An empty S3 on a free port, for a test:
//
//   const cloudlet = await startCloudlet();
//   const s3 = new S3Client(cloudlet.clientOptions);
//   ...
//   await cloudlet.stop();
//
// The program is the one that CLOUDLET names, or `cloudlet` on the PATH.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export async function startCloudlet(extraArguments = []) {
  const credentials = { accessKeyId: 'AKIDNODETEST', secretAccessKey: 'node-secret' };
  const program = process.env.CLOUDLET ?? 'cloudlet';
  const child = spawn(program, ['serve', '--in-memory', '--port', '0', '--quiet', ...extraArguments], {
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit').catch(() => {
    throw new Error(`${program} is no program: set CLOUDLET to where it is`);
  });
  // The address is printed once requests are answered.
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), exited.then(() => [''])]);
  const url = first[0];
  if (!url) throw new Error(`${program} serve ended`);
  return {
    url,
    clientOptions: { endpoint: url, region: 'us-east-1', credentials, forcePathStyle: true },
    async stop() {
      child.kill('SIGKILL'); // nothing of it is to stay
      await exited;
    },
  };
}
