// After one visit the page works without a network, and what it then is, is one version.

import assert from 'node:assert/strict';

import { data, drop } from './support/files.js';
import { DIST, pageTest } from './support/page.js';
import { serve } from './support/site.js';
import { change, copy, remove } from './support/versions.js';
import { documentButton, opened, ready } from './support/views.js';

const SHOP = [data('shop/shop.prof'), data('shop/shop.sql.jsonl')];
const WELCOME = 'Drop a Python profile and an SQL log';

/** Waits until the page's service worker has everything and answers for the page. */
const controlled = (page) =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    while (!navigator.serviceWorker.controller) await new Promise((resolve) => setTimeout(resolve, 20));
  });

const caches = (page) => page.evaluate(() => window.caches.keys());

/** Requests that fail because there is no network are meant to. */
const OFFLINE = /net::ERR_|Failed to fetch|answer 504/;

/** A test on a copy of the site below `/some/sub/path/`, of which it may deploy other versions. */
function siteTest(name, body) {
  pageTest(
    name,
    {
      site: async () => {
        const folder = await copy(DIST);
        const site = await serve(folder, '/some/sub/path/');
        return { ...site, folder, close: async () => (await site.close(), remove(folder)) };
      },
    },
    body,
  );
}

siteTest('after one visit the page opens and reads files offline', async ({ page, site, forgive }) => {
  await controlled(page);
  await site.stop();
  await page.reload();
  await ready(page);
  await page.getByRole('heading', { name: WELCOME }).waitFor();
  await drop(page, SHOP);
  await opened(page);
  await documentButton(page, 'shop.sql.jsonl').click();
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  await page.goto(site.url + 'index.html');
  await ready(page);
  forgive(OFFLINE);
});

siteTest('so does the sample', async ({ page, site, forgive }) => {
  await controlled(page);
  await site.stop();
  await page.reload();
  await ready(page);
  await page.getByRole('button', { name: 'Try it' }).click();
  await documentButton(page, 'orders.sql.jsonl').waitFor();
  forgive(OFFLINE);
});

siteTest('a page whose host is gone before its first file still reads it', async ({ page, site, forgive }) => {
  // Without the service worker's help: the worker's program is there with the page.
  await page.waitForLoadState('networkidle');
  await page.evaluate(async () => {
    for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
    for (const name of await window.caches.keys()) await window.caches.delete(name);
  });
  await site.stop();
  await drop(page, [SHOP[0]]);
  await opened(page);
  forgive(OFFLINE);
});

siteTest('a new version is there with the next visit, whole, and offline after it', async ({ page, context, site, forgive }) => {
  await controlled(page);
  const [first] = await caches(page);
  const second = await copy(DIST);
  await change(second, 'The second version');
  try {
    site.deploy(second);
    const from = site.requests.length;
    await page.reload();
    await ready(page);
    // The page is the new one, and asks for nothing that only the old one had.
    await page.getByRole('heading', { name: 'The second version' }).waitFor();
    await drop(page, [SHOP[0]]);
    await opened(page);
    assert.ok(site.requests.slice(from).some((path) => /app-[0-9a-f]+_bg\.wasm/.test(path)));

    // The old worker lets go with its last page; the old cache stays until then.
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    assert.equal((await caches(page)).length, 2);
    assert.ok((await caches(page)).includes(first));
    await page.close();
    const next = await context.newPage();
    await next.goto(site.url);
    await ready(next);
    await next.waitForFunction(async (first) => {
      const kept = await window.caches.keys();
      return kept.length === 1 && kept[0] !== first;
    }, first);
    assert.equal((await caches(next)).length, 1);
    await site.stop();
    await next.reload();
    await ready(next);
    await next.getByRole('heading', { name: 'The second version' }).waitFor();
  } finally {
    await remove(second);
  }
  forgive(OFFLINE);
});

siteTest('offline between two versions, the page is wholly the old one', async ({ page, site, forgive }) => {
  await controlled(page);
  const second = await copy(DIST);
  await change(second, 'The second version');
  try {
    site.deploy(second);
    // The new worker waits, with its files; the old one still answers.
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    await site.stop();
    await page.reload();
    await ready(page);
    await page.getByRole('heading', { name: 'Nothing leaves this page' }).waitFor();
    await drop(page, SHOP);
    await opened(page);
  } finally {
    await remove(second);
  }
  forgive(OFFLINE);
});

siteTest('a half-deployed version is never installed', async ({ page, site, forgive }) => {
  await controlled(page);
  const before = await caches(page);
  const torn = await copy(DIST);
  const third = await copy(DIST);
  await change(torn, 'Half of a version');
  await change(third, 'Another half');
  try {
    // The service worker of one version, the page of another.
    const { copyFile } = await import('node:fs/promises');
    await copyFile(`${third}/index.html`, `${torn}/index.html`);
    site.deploy(torn);
    const state = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update().catch(() => {});
      const installing = registration.installing;
      while (installing && installing.state === 'installing') {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return installing?.state ?? (registration.waiting ? 'waiting' : 'none');
    });
    assert.ok(['redundant', 'none'].includes(state), state);
    assert.deepEqual(await caches(page), before);
    await site.stop();
    await page.reload();
    await ready(page);
    await page.getByRole('heading', { name: 'Nothing leaves this page' }).waitFor();
  } finally {
    await remove(torn);
    await remove(third);
  }
  forgive(OFFLINE);
  forgive(/of another version|sw\.js/);
});
