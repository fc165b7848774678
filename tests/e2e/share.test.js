// Handing on: the page saves itself with documents in it, and that file opens from the disk, in Chromium and
// in Firefox, with equal numbers.

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { firefoxTest, ROWS } from './support/firefox.js';
import { DIST, openPage, pageTest } from './support/page.js';
import { documentButton, opened, rows, show } from './support/views.js';

const PROFILE = data('sample/orders.prof');
const LOG = data('sample/orders.sql.jsonl');

async function openBoth(page) {
  await drop(page, [PROFILE, LOG]);
  await documentButton(page, 'orders.sql.jsonl').waitFor();
  await opened(page);
}

/** Opens the dialog, lets `choose` change what it offers, and gives the saved file's path and text. */
async function save(page, choose = async () => {}) {
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByRole('menuitem', { name: 'Save as page…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save as page' });
  await choose(dialog);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Save', exact: true }).click(),
  ]);
  await dialog.getByText(/^Saved: orders\.html, /).waitFor();
  const path = await download.path();
  await dialog.getByRole('button', { name: 'Close' }).click();
  return { path, text: await readFile(path, 'utf8') };
}

/** A saved file, in a folder of its own. */
const alone = (path) => async () => {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-saved-'));
  await copyFile(path, join(folder, 'report.html'));
  return {
    url: pathToFileURL(folder + '/').href,
    origin: 'file://',
    close: () => rm(folder, { recursive: true, force: true }),
  };
};

/** As many rows as fit whatever else is shown above the table. */
const TOP = 15;

/** What the documents' tables say. */
async function numbers(page) {
  await documentButton(page, 'orders.prof').click();
  await show(page, 'Functions');
  const functions = (await rows(page, 'Functions')).slice(0, TOP);
  await documentButton(page, 'orders.sql.jsonl').click();
  await show(page, 'Queries');
  return { functions, queries: (await rows(page, 'Queries')).slice(0, TOP) };
}

/** The documents in a saved page, unpacked. */
const contents = (text) =>
  [...text.matchAll(/<script type="application\/gzip" data-document="([^"]*)">([^<]*)<\/script>/g)].map(
    ([, name, base64]) => ({ name, bytes: gunzipSync(Buffer.from(base64, 'base64')) }),
  );

pageTest('a saved page has equal numbers, and nothing that was left out', {}, async ({ page, screenshot }) => {
  await openBoth(page);
  const expected = await numbers(page);
  const { path, text } = await save(page, async (dialog) => {
    await dialog.getByText('Left out: SQL literals and comments, parameters.').waitFor();
    await screenshot('save-page');
    await assertAccessible(page);
  });
  const log = await readFile(LOG, 'utf8');
  const secret = 'irrgtvaad36e04epdx0dwvad35y6dkg1';
  assert.ok(log.includes(secret));
  const documents = contents(text);
  assert.deepEqual(documents.map(({ name }) => name), ['orders.prof', 'orders.sql.jsonl']);
  for (const bytes of [Buffer.from(text), ...documents.map(({ bytes }) => bytes)]) {
    assert.ok(!bytes.includes(secret));
  }
  assert.match(text, /<!-- Saved by Flamedrop\./);
  const saved = await openPage({ site: alone(path), path: 'report.html' });
  try {
    await opened(saved.page);
    // Where it was saved.
    await saved.page.getByRole('tab', { name: 'Queries', selected: true }).waitFor();
    await saved.page.getByText(/^This page contains orders\.prof/).waitFor();
    assert.deepEqual(await numbers(saved.page), expected);
    await assertAccessible(saved.page);
    await saved.screenshot('saved-page');
    // It makes another one of itself.
    const again = await save(saved.page);
    assert.equal(contents(again.text).length, 2);
    assert.deepEqual(saved.complaints, []);
  } finally {
    await saved.close();
  }
  // And gives its documents back.
  const other = await openPage();
  try {
    await drop(other.page, [{ name: 'report.html', bytes: await readFile(path) }]);
    await documentButton(other.page, 'orders.sql.jsonl').waitFor();
    await opened(other.page);
    assert.deepEqual(await numbers(other.page), expected);
    assert.deepEqual(other.complaints, []);
  } finally {
    await other.close();
  }
});

pageTest('hostile names stay text in a saved page', {}, async ({ page }) => {
  const hostile = '</script><img src=x onerror=alert(1)>';
  const line = {
    time: '2026-11-23T09:07:26.519Z',
    name: 'django.db.backends',
    duration: 0.004,
    sql: `SELECT "${hostile}"."id" FROM "${hostile}" /* --><!-- */ WHERE "a" = 1`,
  };
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`.repeat(3));
  await drop(page, [{ name: `${hostile}.jsonl`, bytes }]);
  await opened(page);
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByRole('menuitem', { name: 'Save as page…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save as page' });
  await dialog.getByRole('checkbox', { name: /literals/ }).uncheck();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Save', exact: true }).click(),
  ]);
  const saved = await openPage({ site: alone(await download.path()), path: 'report.html' });
  try {
    await opened(saved.page);
    assert.equal(await saved.page.locator('img').count(), 0);
    await saved.page.getByText(/^This page contains <\/script><img src=x/).waitFor();
    await show(saved.page, 'Queries');
    const [[query]] = await rows(saved.page, 'Queries');
    assert.ok(query.includes(hostile), query);
    await show(saved.page, 'Tables');
    await saved.page.getByText(hostile).first().waitFor();
    assert.equal(await saved.page.locator('img').count(), 0);
    assert.deepEqual(saved.complaints, []);
  } finally {
    await saved.close();
  }
});

pageTest('of a log only the results can be saved; other views say so', {}, async ({ page }) => {
  await openBoth(page);
  const expected = await numbers(page);
  const { path } = await save(page, (dialog) => dialog.getByLabel('Only the results').check());
  const saved = await openPage({ site: alone(path), path: 'report.html' });
  try {
    await opened(saved.page);
    const { functions, queries } = await numbers(saved.page);
    assert.deepEqual(functions, expected.functions);
    // How durations are spread, and when statements ran, is known of single statements only.
    const known = expected.queries.map((cells, row) =>
      cells.map((cell, column) => (queries[row][column] === '–' ? '–' : cell)),
    );
    assert.deepEqual(queries, known);
    assert.ok(queries[0].filter((cell) => cell !== '–').length > 5, queries[0].join(' '));
    await show(saved.page, 'Timeline');
    await saved.page.getByRole('heading', { name: 'Timeline is not in this file' }).waitFor();
    await show(saved.page, 'Findings');
    assert.deepEqual(saved.complaints, []);
  } finally {
    await saved.close();
  }
});

pageTest('the menu works by keyboard', {}, async ({ page }) => {
  await openBoth(page);
  const button = page.getByRole('button', { name: 'Share' });
  await button.focus();
  await page.keyboard.press('ArrowDown');
  const first = page.getByRole('menuitem').first();
  await first.waitFor();
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  const isFocused = (item) => item === document.activeElement;
  await page.waitForFunction(isFocused, await first.elementHandle());
  await page.keyboard.press('Escape');
  await page.waitForFunction(isFocused, await button.elementHandle());
});

pageTest('exports are what the command line writes', {}, async ({ page }) => {
  await drop(page, [PROFILE]);
  await opened(page);
  await show(page, 'Functions');
  const exported = async (label) => {
    await page.getByRole('button', { name: 'Share' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: label }).click(),
    ]);
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
  };
  const speedscope = await exported('Profile for speedscope');
  assert.equal(speedscope.name, 'orders.speedscope.json');
  assert.match(JSON.parse(speedscope.text).$schema, /speedscope/);
  const csv = await exported('Functions as CSV');
  assert.match(csv.text, /^calls,primitive calls,/);
  await show(page, 'Flame graph');
  await page.locator('canvas').first().waitFor();
  // Until the tree is drawn there is no picture to write.
  await page.waitForTimeout(1500);
  const svg = await exported('Picture as SVG');
  assert.match(svg.text, /^<svg [\s\S]*<\/svg>\s*$/);
});

firefoxTest('Firefox opens a saved page from file://', async (browser) => {
  const kept = join(tmpdir(), 'flamedrop-firefox.html');
  const { page, close } = await openPage();
  let expected;
  try {
    await openBoth(page);
    expected = await numbers(page);
    const { path } = await save(page);
    // The download goes with its page.
    await copyFile(path, kept);
  } finally {
    await close();
  }
  try {
    await browser.open(pathToFileURL(kept).href);
    const queries = await browser.until('the queries', `${ROWS} return drawn().length > 3 && drawn()[0].every(Boolean) && drawn();`);
    const shown = Math.min(queries.length, expected.queries.length);
    assert.ok(shown > 3);
    assert.deepEqual(queries.slice(0, shown), expected.queries.slice(0, shown));
    assert.deepEqual(await browser.complaints('file://'), []);
  } finally {
    await rm(kept, { force: true });
  }
});
