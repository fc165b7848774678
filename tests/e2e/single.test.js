// flamedrop.html: the whole page in one file, opened from the disk as by a double-click.

import assert from 'node:assert/strict';
import { copyFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { data, drop } from './support/files.js';
import { firefoxTest, ROWS } from './support/firefox.js';
import { DIST, openPage, pageTest } from './support/page.js';
import { documentButton, opened, rows, show } from './support/views.js';

const PROFILE = data('shop/shop.prof');
const LOG = data('shop/shop.sql.jsonl');

/** flamedrop.html in a folder of its own: nothing stands beside it. */
async function alone() {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-single-'));
  await copyFile(join(DIST, 'flamedrop.html'), join(folder, 'flamedrop.html'));
  return {
    url: pathToFileURL(folder + '/').href,
    origin: 'file://',
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const singleTest = (name, options, body) =>
  pageTest(name, { site: alone, path: 'flamedrop.html', ...options }, body);

/** What the Functions table shows of the shop's profile. */
async function functions(page) {
  await drop(page, [PROFILE]);
  await opened(page);
  await show(page, 'Functions');
  return rows(page, 'Functions');
}

singleTest('Chromium reads a profile and a log from file://', {}, async ({ page, screenshot }) => {
  await page.getByText('python -m cProfile').first().waitFor();
  const found = await functions(page);
  const site = await openPage();
  try {
    assert.deepEqual(found, await functions(site.page), 'as the site shows it');
  } finally {
    await site.close();
  }
  await drop(page, [LOG]);
  await documentButton(page, 'shop.sql.jsonl').click();
  await show(page, 'Timeline');
  await screenshot('single');
});

singleTest('it has the sample within itself', {}, async ({ page }) => {
  await page.getByRole('button', { name: 'Try it' }).click();
  await documentButton(page, 'orders.prof').waitFor();
  await documentButton(page, 'orders.sql.jsonl').click();
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
});

singleTest('it keeps to itself: its policy refuses every host', {}, async ({ page, complaints, forgive }) => {
  const worked = await page.evaluate(() =>
    fetch('http://127.0.0.1:9/', { mode: 'no-cors' }).then(
      () => 'fetched',
      (error) => String(error),
    ),
  );
  assert.match(worked, /Failed to fetch/);
  const refused = complaints.filter((complaint) => /Content Security Policy/.test(complaint));
  assert.ok(refused.length > 0, 'refused by the policy, not by the network');
  forgive(/Content Security Policy|Failed to fetch|127\.0\.0\.1:9\//);
});

singleTest(
  'a link to a file beside it says why it cannot be followed',
  { fragment: '#open=profiles/a.prof' },
  async ({ page }) => {
    const alert = page.getByRole('alert');
    await alert.getByRole('heading', { name: 'a.prof could not be read' }).waitFor();
    assert.match(await alert.innerText(), /opened from a file[\s\S]*Drop the file here/);
  },
);

/** For scripts in Firefox: a view's tab. */
const TAB = `const tab = (name) => [...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent.trim() === name);`;

/** The site's own page from the disk: what lies beside it is there, and the browser loads nothing of it. */
async function site() {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-disk-'));
  await cp(DIST, folder, { recursive: true });
  return {
    url: pathToFileURL(folder + '/').href,
    origin: 'file://',
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

pageTest(
  'the site, opened from the disk, says that it needs a web server',
  { site, path: 'index.html', before: async () => {} },
  async ({ page, forgive, screenshot }) => {
    await page.getByText('This page needs a web server. With Python, in its folder: python -m http.server').waitFor();
    await screenshot('disk');
    forgive(/./);
  },
);

firefoxTest('Firefox reads a profile and a log from file://', async (browser) => {
  const site = await alone();
  try {
    await browser.open(`${site.url}flamedrop.html`);
    await browser.choose('#files', [PROFILE, LOG]);
    await browser.until('the tab Functions', `${TAB} tab('Functions')?.click(); return Boolean(tab('Functions'));`);
    const found = await browser.until('the functions', `${ROWS} return drawn().length > 5 && drawn()[0].every(Boolean) && drawn();`);
    // The profile and its log are a pair: one tab has the views of both.
    await browser.until('the tab Timeline', `${TAB} tab('Timeline')?.click(); return Boolean(tab('Timeline'));`);
    await browser.until('the queries', `return document.querySelectorAll('canvas').length > 0;`);
    assert.deepEqual(await browser.complaints('file://'), []);
    const chromium = await openPage();
    try {
      const expected = await functions(chromium.page);
      const shown = Math.min(expected.length, found.length);
      assert.ok(shown > 5);
      assert.deepEqual(found.slice(0, shown), expected.slice(0, shown), 'as Chromium shows it');
    } finally {
      await chromium.close();
    }
  } finally {
    await site.close();
  }
});
