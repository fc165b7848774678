// A second version of the built site, to deploy over the first.

import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const sha256 = (content, encoding) => createHash('sha256').update(content).digest(encoding);

/** A copy of the folder `dist`; gives its path. Remove it with `remove`. */
export async function copy(dist) {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-site-'));
  await cp(dist, folder, { recursive: true });
  return folder;
}

export const remove = (folder) => rm(folder, { recursive: true, force: true });

/**
 * Makes the site in `folder` another version, as a new build would: every hashed name changes, the page
 * says `title` where it said "Nothing leaves this page", and the service worker knows both.
 */
export async function change(folder, title) {
  const names = (await readdir(folder)).filter((name) => /-[0-9a-f]{8,}(_bg)?\.\w+$/.test(name));
  const renamed = new Map(
    names.map((name) => [name, name.replace(/-([0-9a-f]+)/, (_, hash) => `-${sha256(hash + title, 'hex').slice(0, 16)}`)]),
  );
  for (const [before, after] of renamed) await rename(join(folder, before), join(folder, after));
  let page = await readFile(join(folder, 'index.html'), 'utf8');
  for (const [before, after] of renamed) page = page.replaceAll(before, after);
  page = page.replace('Nothing leaves this page', title);
  // The script that starts the page names its files: the policy must have its new hash.
  const hashes = [...page.matchAll(/<script(?: type="module")?>([^]*?)<\/script>/g)]
    .map(([, script]) => ` 'sha256-${sha256(script, 'base64')}'`)
    .join('');
  page = page.replace(/('wasm-unsafe-eval')(?: 'sha256-[^']+')*/, `$1${hashes}`);
  await writeFile(join(folder, 'index.html'), page);
  let worker = await readFile(join(folder, 'sw.js'), 'utf8');
  for (const [before, after] of renamed) worker = worker.replaceAll(before, after);
  worker = worker
    .replace(/\["", "[0-9a-f]+"\]/, `["", "${sha256(page, 'hex')}"]`)
    .replace(/PREFIX \+ '[0-9a-f]+'/, `PREFIX + '${sha256(page, 'hex').slice(0, 16)}'`);
  await writeFile(join(folder, 'sw.js'), worker);
}
