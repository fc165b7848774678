// The command line, as it is built from here.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** What the command line prints; compiled first, if it is not. */
export async function flamedrop(...args) {
  const command = ['run', '--quiet', '--bin', 'flamedrop', '--', ...args];
  const { stdout } = await promisify(execFile)('cargo', command, { cwd: repository, maxBuffer: 1 << 28 });
  return stdout;
}
