// Links that bring their files along, and the gallery of a site that publishes recordings.

import assert from 'node:assert/strict';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { assertAccessible } from './support/axe.js';
import { data } from './support/files.js';
import { DIST, pageTest } from './support/page.js';
import { serve } from './support/site.js';
import { copy, remove } from './support/versions.js';
import { documentButton, opened, ready, rows, show } from './support/views.js';

const GALLERY = {
  recordings: [
    { title: 'A request of the shop', files: ['profiles/shop.prof', 'logs/a log.jsonl'], note: 'Before: an N+1.' },
    { title: '</script><img src=x onerror=alert(1)>', files: ['logs/server, gzipped.log.gz'] },
  ],
};

/** The site as GitHub Pages would have it, under the name of a repository, with recordings beside it. */
async function published(gallery = JSON.stringify(GALLERY)) {
  const folder = await copy(DIST);
  for (const name of ['profiles', 'logs']) await mkdir(join(folder, name));
  await copyFile(data('shop/shop.prof'), join(folder, 'profiles/shop.prof'));
  await copyFile(data('shop/shop.sql.jsonl'), join(folder, 'logs/a log.jsonl'));
  await copyFile(data('postgres/prepared.log.gz'), join(folder, 'logs/server, gzipped.log.gz'));
  await writeFile(join(folder, 'gallery.json'), gallery);
  const site = await serve(folder, '/shop-profiles/');
  return { ...site, close: async () => (await site.close(), remove(folder)) };
}

const linkTest = (name, fragment, body) => pageTest(name, { site: () => published(), fragment }, body);

/** Answers that are meant to be bad. */
const takeMissing = (complaints, forgive) => {
  const meant = /404/;
  assert.ok(complaints.some((complaint) => meant.test(complaint)));
  forgive(meant);
};

const OPEN = '#open=profiles/shop.prof,logs/a%20log.jsonl';

linkTest('a link opens the files it lists, on the view it names', `${OPEN}&file=shop.prof&view=functions`, async ({ page }) => {
  await page.getByRole('tab', { name: 'Functions', selected: true }).waitFor();
  const functions = await rows(page, 'Functions');
  assert.ok(functions.length > 5);
  await documentButton(page, 'a log.jsonl').click();
  await show(page, 'Queries');
  // What is in the address brings all of it again, in a browser that has kept nothing.
  const link = page.url();
  assert.match(link, /open=profiles\/shop\.prof,logs\/a/);
  await page.evaluate(() => indexedDB.deleteDatabase('flamedrop'));
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByRole('tab', { name: 'Queries', selected: true }).waitFor();
  assert.equal(await page.getByRole('list', { name: 'Documents' }).getByRole('listitem').count(), 2);
});

linkTest('a link with files only opens the first', OPEN, async ({ page }) => {
  await opened(page);
  await page.locator('.document.current').getByText('shop.prof').waitFor();
  // Nothing of it is kept: a reload has each file once.
  await page.reload();
  await ready(page);
  await opened(page);
  assert.equal(await page.getByRole('list', { name: 'Documents' }).getByRole('listitem').count(), 2);
  // What is closed is no more in the link.
  await page.getByRole('button', { name: 'Close shop.prof' }).click();
  await page.waitForFunction(() => !location.hash.includes('shop.prof'));
  assert.match(page.url(), /open=logs/);
});

linkTest('a file that is missing says so, and the others open', '#open=profiles/none.prof,profiles/shop.prof', async ({ page, complaints, forgive }) => {
  await opened(page);
  await page.locator('.document.current').getByText('shop.prof').waitFor();
  await documentButton(page, 'none.prof').click();
  const alert = page.getByRole('alert');
  await alert.getByRole('heading', { name: 'none.prof could not be read' }).waitFor();
  assert.match(await alert.innerText(), /no such file beside this page[\s\S]*404[\s\S]*Check the path/);
  takeMissing(complaints, forgive);
});

pageTest('another origin is refused before it is asked', { site: () => published() }, async ({ page, complaints }) => {
  const elsewhere = await serve(DIST, '/');
  try {
    for (const address of [`${elsewhere.url}index.html`, elsewhere.url.replace('http:', '') + 'x.prof']) {
      await page.evaluate((address) => (location.hash = `open=${encodeURIComponent(address)}`), address);
      const alert = page.getByRole('alert');
      await alert.getByText('it is on another host').waitFor();
      assert.match(await alert.innerText(), /never asks one[\s\S]*drop it here/);
      await page.getByRole('button', { name: 'Close', exact: true }).click();
    }
    assert.deepEqual(elsewhere.requests, []);
  } finally {
    await elsewhere.close();
  }
  assert.deepEqual(complaints, []);
});

pageTest('the gallery lists recordings, as links', { site: () => published() }, async ({ page, screenshot }) => {
  const gallery = page.getByRole('region', { name: 'Recordings' });
  await gallery.getByText('Before: an N+1.').waitFor();
  await screenshot('gallery');
  await assertAccessible(page, 'the gallery');
  // Text, whatever it is.
  await gallery.getByRole('link', { name: '</script><img src=x onerror=alert(1)>' }).click();
  await documentButton(page, 'server, gzipped.log').waitFor();
  await page.getByRole('tab', { name: 'Queries' }).waitFor();
  await page.goBack();
  await gallery.getByRole('link', { name: 'A request of the shop' }).click();
  await documentButton(page, 'shop.prof').waitFor();
  await documentButton(page, 'a log.jsonl').waitFor();
});

for (const [what, text, problem] of [
  ['no JSON', '{"recordings": [', /cannot be shown/],
  ['an entry without files', '{"recordings": [{"title": "A"}]}', /recording 1 has no list “files”/],
]) {
  pageTest(`a gallery that is wrong says why: ${what}`, { site: () => published(text) }, async ({ page }) => {
    await page.getByRole('status').getByText(problem).waitFor();
  });
}

pageTest('without recordings there is no gallery', async ({ page }) => {
  await page.waitForLoadState('networkidle');
  assert.equal(await page.getByRole('heading', { name: 'Recordings' }).count(), 0);
});
