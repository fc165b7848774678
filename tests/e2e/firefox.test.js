// Dropping in Firefox: its entries of directories are its own, and nothing else here sees them.

import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { data } from './support/files.js';
import { firefoxTest } from './support/firefox.js';
import { DIST } from './support/page.js';
import { serve } from './support/site.js';

const recording = (name) => data(`compare/${name}.prof`);

/** For scripts in the page: `names` has what the group's table lists, from its first row to its last. */
const NAMES = `
  const table = document.querySelector('[role=grid][aria-label=Recordings]');
  const names = new Set();
  // Only the rows that can be seen are drawn.
  for (let top = 0; top < table.scrollHeight; top += table.clientHeight / 2) {
    table.scrollTop = top;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    for (const row of table.querySelectorAll('[role=rowgroup] [role=row]')) {
      names.add(row.querySelector('[role=gridcell] .name').innerText.trim());
    }
  }
  table.scrollTop = 0;`;

/** The row of a recording, for XPath. */
const row = (name) => `//*[@role="grid"][@aria-label="Recordings"]//*[@role="row"][contains(., "${name}")]`;
const button = (name) => `//button[normalize-space()="${name}"]`;

/** A test with the page open; it fails as well if anything was complained of. */
function pageInFirefox(name, body) {
  firefoxTest(name, async (browser) => {
    const site = await serve(DIST);
    const folder = await mkdtemp(join(tmpdir(), 'flamedrop-dropped-'));
    try {
      await browser.open(site.url);
      await body(browser, folder, site);
      assert.deepEqual(await browser.complaints(site.origin), [], 'the page must be silent and keep to its origin');
    } finally {
      await site.close();
      await rm(folder, { recursive: true });
    }
  });
}

/** Waits until all files of a group are read, and it says how many recordings there are. */
const allRead = (browser, sentence) =>
  browser.until(
    `“${sentence}”`,
    `const said = [...document.querySelectorAll('[role=status]')].map((status) => status.innerText.trim());
    return said.some((text) => text === args[0] || text.startsWith(args[0] + ', total '));`,
    sentence,
  );

const listed = (browser) => browser.evaluate(`${NAMES} return [...names].sort();`);
const tabs = (browser) =>
  browser.evaluate(
    `return [...document.querySelectorAll('.documents .name .text')].map((name) => name.innerText.trim());`,
  );

/** What is listed as no recording: names, and why. */
async function leftOut(browser) {
  await browser.click('//details[contains(@class, "others")]/summary');
  return browser.until(
    'the files that are left out',
    `const all = [...document.querySelectorAll('details.others[open] li')];
    return all.length > 0 && all.map((one) => ['.name', '.why'].map((part) => one.querySelector(part).innerText));`,
  );
}

/** Opens a recording of the group that is looked at, and waits until its flame graph is drawn. */
async function openRecording(browser, name) {
  await browser.click(row(name));
  await browser.click(button('Open recording'));
  const tab = '//*[@role="tab"][normalize-space()="Flame graph"]';
  await browser.until('its tab', `return Boolean(document.evaluate(args[0], document, null, 9).singleNodeValue);`, tab);
  await browser.click(tab);
  await browser.until(
    'the flame graph',
    `const tab = document.querySelector('[role=tab][aria-selected=true]');
    const canvas = document.querySelector('[role=tabpanel] canvas');
    if (tab?.innerText.trim() !== 'Flame graph' || !canvas?.width || !canvas.height) return false;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    // A blank one has one colour.
    return new Set(new Uint32Array(data.buffer)).size > 3;`,
  );
}

pageInFirefox('files that are dropped in Firefox are a group', async (browser) => {
  await browser.drop(['before-1', 'before-2', 'after-1'].map(recording));
  await allRead(browser, '3 recordings');
  assert.deepEqual(await tabs(browser), ['3 files']);
  assert.deepEqual(await listed(browser), ['after-1.prof', 'before-1.prof', 'before-2.prof']);
  await openRecording(browser, 'before-1.prof');
  assert.deepEqual(await tabs(browser), ['3 files', 'before-1.prof']);
});

/** More than a hundred recordings: that many Chromium tells of at a time, Firefox of all at once. */
const MANY = 105;

/** Makes a directory with something of everything in it; gives the names of what is to be listed. */
async function variety(root) {
  const copies = { 'nested/deep/after run.prof': recording('after-1'), 'nested/Läufe & 50 % #2?.prof': recording('after-2') };
  for (let number = 1; number <= MANY; number += 1) copies[`run-${number}.prof`] = recording('before-1');
  copies['shop.sql.log'] = data('shop/shop.sql.log');
  // Not even looked at.
  const hidden = { '.hidden/secret.prof': recording('after-3'), '.secret.prof': recording('after-3') };
  for (const [name, from] of Object.entries({ ...copies, ...hidden })) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await copyFile(from, join(root, name));
  }
  await mkdir(join(root, 'nothing in it'));
  await writeFile(join(root, 'notes.txt'), 'What was tried on Monday: nothing that helped.\n');
  await writeFile(join(root, 'nested', 'nothing.log'), '');
  return Object.keys(copies).sort();
}

pageInFirefox('a directory that is dropped in Firefox is a group, whatever is in it', async (browser, folder) => {
  const names = await variety(join(folder, 'runs'));
  await browser.drop([join(folder, 'runs')]);
  await allRead(browser, `${names.length} recordings`);
  assert.deepEqual(await tabs(browser), ['runs']);
  assert.deepEqual(await listed(browser), names);
  const others = await leftOut(browser);
  assert.deepEqual(others.map(([name]) => name), ['nested/nothing.log', 'notes.txt']);
  for (const [name, why] of others) assert.ok(why.length > 5, `${name}: ${why}`);
  // One from far within is read again, by itself.
  await browser.type('input[type=search]', 'deep');
  await browser.until('one row', `return document.querySelectorAll('[role=rowgroup] [role=row]').length === 1;`);
  await openRecording(browser, 'after run.prof');
  assert.deepEqual(await tabs(browser), ['runs', 'after run.prof']);
});

pageInFirefox('a directory and files beside it are one group in Firefox', async (browser, folder) => {
  await mkdir(join(folder, 'runs', 'second'), { recursive: true });
  await copyFile(recording('before-1'), join(folder, 'runs', 'before.prof'));
  await copyFile(recording('after-1'), join(folder, 'runs', 'second', 'after.prof'));
  await browser.drop([recording('before-2'), join(folder, 'runs'), data('shop/shop.sql.log')]);
  await allRead(browser, '4 recordings');
  assert.deepEqual(await tabs(browser), ['4 files']);
  assert.deepEqual(await listed(browser), ['before-2.prof', 'runs/before.prof', 'runs/second/after.prof', 'shop.sql.log']);
});

firefoxTest('what a page in Firefox does wrong is complained of', async (browser) => {
  const site = await serve(DIST);
  try {
    await browser.open(site.url);
    assert.deepEqual(await browser.complaints(site.origin), []);
    await browser.evaluate(`
      const planted = \`
        console.error('said by a worker');
        fetch('http://127.0.0.1:9/worker').catch(() => setTimeout(() => { throw new Error('thrown by a worker'); }));
      \`;
      new Worker(URL.createObjectURL(new Blob([planted])));
      console.warn('said by the page');
      Promise.reject(new Error('thrown by the page'));
      fetch('http://127.0.0.1:9/page').catch(() => {});`);
    const all = [/said by a worker/, /connect-src.*:9\/worker/, /thrown by a worker/, /said by the page/, /thrown by the page/, /connect-src.*:9\/page/];
    const missing = async () => {
      const complaints = await browser.complaints(site.origin);
      return all.filter((one) => !complaints.some((complaint) => one.test(complaint)));
    };
    for (let tries = 0; tries < 100 && (await missing()).length > 0; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(await missing(), []);
  } finally {
    await site.close();
  }
});
