// Flamedrop's offline copy of itself: one cache for each version, filled completely or not at all.
'use strict';

/** Paths below the scope ('' is the page itself) and the SHA-256 of what must be there. */
const FILES = new Map(/* FILES */);

const { scope } = registration;
// The origin may have other scopes, with caches of their own.
const PREFIX = `flamedrop ${scope} `;
const CACHE = PREFIX + '/* VERSION */';

/** Longer than this nobody waits for a network that may not be there; milliseconds. */
const PATIENCE = 4000;

const isHashed = (path) => /-[0-9a-f]{8,}(_bg)?\.\w+$/.test(path);
const addressOf = (path) => new URL(path, scope).href;
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** The file, if the host has it exactly as this version wants it. */
async function download(path, digest) {
  const response = await fetch(addressOf(path), { cache: isHashed(path) ? 'default' : 'no-cache' });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const body = await response.arrayBuffer();
  if (hex(await crypto.subtle.digest('SHA-256', body)) !== digest) {
    throw new Error(`${path} is of another version`);
  }
  // A new answer: one that was redirected to may not be given to a navigation.
  const type = response.headers.get('content-type');
  return new Response(body, { headers: type ? { 'content-type': type } : {} });
}

async function install() {
  const all = await Promise.all(
    [...FILES].map(async ([path, digest]) => [addressOf(path), await download(path, digest)]),
  );
  try {
    const cache = await caches.open(CACHE);
    await Promise.all(all.map(([address, response]) => cache.put(address, response)));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

/** Runs once no page of an older version's worker is left: its cache serves nobody any more. */
async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  // The page that brought this worker: it too works offline from now on.
  await clients.claim();
}

const kept = async (path) => (await caches.open(CACHE)).match(addressOf(path));

/** From the network, as new as it is; from the cache where there is no network. */
async function newest(request, path) {
  const fetched = fetch(request, { cache: 'no-cache' });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  try {
    const response = await Promise.race([fetched, late]);
    if (response && response.status < 500) return response;
  } catch {
    // Offline.
  }
  return (await kept(path)) ?? fetched;
}

addEventListener('install', (event) => event.waitUntil(install()));
addEventListener('activate', (event) => event.waitUntil(activate()));
addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return;
  const asked = new URL(request.url).pathname.slice(new URL(scope).pathname.length);
  const path = asked === 'index.html' ? '' : asked;
  // The page's name does not tell its version, those of the files it names do. So whichever version
  // the page is of, it gets its own files, from here or from the host.
  if (!FILES.has(path)) return;
  if (isHashed(path)) event.respondWith(kept(path).then((response) => response ?? fetch(request)));
  else event.respondWith(newest(request, path));
});
