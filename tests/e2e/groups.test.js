// Many recordings in one tab: a folder, an archive, or what was dropped at once.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { assertAccessible } from './support/axe.js';
import { flamedrop } from './support/command_line.js';
import { data, drop } from './support/files.js';
import { DIST, pageTest } from './support/page.js';
import { documentButton, drawn, opened, rows, show, tableOf } from './support/views.js';

const RUNS = ['before-1', 'before-2', 'after-1', 'after-2'];
const recording = (name) => data(`compare/${name}.prof`);

/** Recordings under the names that tools give them. */
const named = async (...pairs) =>
  Promise.all(pairs.map(async ([name, from]) => ({ name, bytes: await readFile(data(from)) })));

/** Waits until all files of the group that is looked at are read and judged; gives what is said of them. */
async function allRead(page) {
  const said = page.getByRole('status').filter({ hasText: /recordings?(, |$)/ }).filter({ hasNotText: 'looked through' });
  await said.waitFor();
  return said.innerText();
}

/** Only what is looked at has a worker. */
async function noWorkers(page, but) {
  for (let tries = 0; page.workers().length > but && tries < 50; tries += 1) await page.waitForTimeout(100);
  assert.equal(page.workers().length, but);
}

const recordings = (page) => tableOf(page, 'Recordings');
const tabs = (page) => page.getByRole('list', { name: 'Documents' }).locator('.name .text');
const row = (page, name) => recordings(page).locator('[role=rowgroup] [role=row]').filter({ hasText: name });
const choose = (page, name) => row(page, name).getByRole('checkbox').click();
/** The rows once all are there; the last cell may be empty. */
const listed = async (page) => {
  await recordings(page).locator('[role=rowgroup] [role=row]').first().waitFor();
  return drawn(recordings(page));
};
const names = async (page) => (await drawn(recordings(page))).map((cells) => cells[0].split('\n')[0]);

/** What `flamedrop open` writes of a folder of runs of one program, each in a folder of its own. */
async function written() {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-written-'));
  for (const [run, name] of ['after-1', 'before-1', 'before-2'].entries()) {
    await mkdir(join(folder, 'runs', `${run + 1}`), { recursive: true });
    await copyFile(recording(name), join(folder, 'runs', `${run + 1}`, 'app.prof'));
  }
  const page = ['--page', join(DIST, 'flamedrop.html'), '--output', join(folder, 'all.html')];
  await flamedrop('open', '--no-browser', ...page, join(folder, 'runs'));
  return {
    url: pathToFileURL(folder + '/').href,
    origin: 'file://',
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

pageTest(
  'a folder that the command line opens is one tab as well',
  { site: written, path: 'all.html' },
  async ({ page, screenshot }) => {
    assert.match(await allRead(page), /^3 recordings, total [\d.]+ m?s$/);
    assert.deepEqual(await tabs(page).allInnerTexts(), ['runs']);
    await listed(page);
    assert.deepEqual((await names(page)).sort(), ['1/app.prof', '2/app.prof', '3/app.prof']);
    assert.equal(await page.getByRole('complementary', { name: 'This page' }).innerText(), 'This page contains runs (3 recordings). Nothing was left out of them.');
    await screenshot('group-written');
    await row(page, '1/app.prof').dblclick();
    await opened(page);
    assert.deepEqual(await tabs(page).allInnerTexts(), ['runs', '1/app.prof']);
  },
);

pageTest('a profile of a group opens with its log', async ({ page }) => {
  await drop(page, [...RUNS.map(recording), data('shop/shop.prof'), data('shop/shop.sql.jsonl')]);
  await allRead(page);
  await row(page, 'shop.prof').dblclick();
  await opened(page);
  // One tab with the views of both.
  assert.deepEqual(await tabs(page).allInnerTexts(), ['6 files', 'shop.prof', '.sql.jsonl']);
  await show(page, 'Functions');
  await show(page, 'Queries');
  await rows(page, 'Queries');
});

pageTest('a threshold that is changed judges the recordings of a group anew', async ({ page }) => {
  await drop(page, [...RUNS.map(recording), data('shop/shop.sql.jsonl')]);
  await allRead(page);
  const findings = async () => Number((await row(page, 'shop.sql.jsonl').locator('[role=gridcell]').allInnerTexts())[5]);
  const before = await findings();
  assert.ok(before > 1, `${before}`);
  await row(page, 'shop.sql.jsonl').dblclick();
  await opened(page);
  await show(page, 'Findings');
  await page.getByText(/loads shop_customer row by row/).first().waitFor();
  await page.locator('summary', { hasText: 'Thresholds' }).click();
  const threshold = page.locator('.rule', { hasText: 'N+1' }).locator('input').first();
  // Chromium without a window may not have drawn what was unfolded.
  await threshold.evaluate((input) => {
    input.value = '100000';
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await page.getByText('One threshold is not the default').waitFor();
  await documentButton(page, '5 files').click();
  await page.waitForFunction(
    (before) => {
      const row = [...document.querySelectorAll('[role=rowgroup] [role=row]')].find((row) => row.textContent.includes('shop.sql.jsonl'));
      const said = row?.querySelectorAll('[role=gridcell]')[5]?.textContent;
      return said && Number(said) < before;
    },
    before,
  );
  await noWorkers(page, 1);
});

pageTest('many files are one tab, a line each, by total', async ({ page, screenshot }) => {
  await drop(page, [...RUNS.map(recording), { name: 'notes.txt', text: 'Dear diary' }]);
  assert.match(await allRead(page), /^4 recordings, total [\d.]+ m?s$/);
  assert.deepEqual(await tabs(page).allInnerTexts(), ['5 files']);
  await row(page, 'after').first().waitFor();
  const table = await drawn(recordings(page));
  assert.equal(table.length, 4);
  // Before the change it took longer.
  assert.match(table[0][0], /before/);
  assert.match(table.at(-1)[0], /after/);
  assert.deepEqual(table.slice(0, 2).map((cells) => cells[4]), ['find', 'find']);
  assert.equal(table.find(([name]) => name === 'before-1.prof')[2], '122,715');
  // What is none is listed, and why.
  const others = page.getByText('1 file left out: no profile and no log');
  await others.click();
  await page.getByRole('listitem').filter({ hasText: 'notes.txt' }).getByText(/cannot read|text file/).waitFor();
  await assertAccessible(page, 'a group');
  await screenshot('group');
  await noWorkers(page, 0);
  // Another order, which the address has.
  await page.getByRole('columnheader', { name: 'recording' }).getByRole('button').click();
  await page.waitForFunction(() => /recordings-sort=-name/.test(location.hash));
  assert.deepEqual(await names(page), ['after-1.prof', 'after-2.prof', 'before-1.prof', 'before-2.prof']);
  await page.getByRole('searchbox', { name: 'Search' }).fill('BEFORE');
  await page.waitForFunction(() => document.querySelectorAll('[role=rowgroup] [role=row]').length === 2);
});

pageTest('recordings are known by the requests they are of', async ({ page, screenshot }) => {
  await drop(
    page,
    await named(
      ['20261128-224237-GET-books-12.prof', 'compare/before-1.prof'],
      ['POST.orders.31ms.1764487957.prof', 'compare/after-1.prof'],
      ['books_12_0b2f1a3c-9a0e-4f0f-8c55-0c9f4b8f2c11.prof', 'compare/after-2.prof'],
    ),
  );
  await allRead(page);
  for (const request of ['GET /books/12', 'POST /orders', '/books/12']) {
    await recordings(page).getByText(request, { exact: true }).waitFor();
  }
  await recordings(page).getByText('POST.orders.31ms.1764487957.prof').waitFor();
  await screenshot('group-requests');
});

pageTest('one is opened in a tab of its own, by mouse and by keys', async ({ page }) => {
  await drop(page, RUNS.map(recording));
  await allRead(page);
  await row(page, 'after-1.prof').dblclick();
  await page.getByRole('tab', { name: 'Flame graph' }).waitFor();
  assert.deepEqual(await tabs(page).allInnerTexts(), ['4 files', 'after-1.prof']);
  await noWorkers(page, 1);
  await documentButton(page, '4 files').click();
  await recordings(page).focus();
  await page.keyboard.press('Home');
  const first = (await names(page))[0];
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Flame graph' }).waitFor();
  assert.deepEqual(await tabs(page).allInnerTexts(), ['4 files', 'after-1.prof', first]);
  // Opened twice it is there once.
  await documentButton(page, '4 files').click();
  await row(page, 'after-1.prof').dblclick();
  await page.getByRole('tab', { name: 'Flame graph' }).waitFor();
  assert.equal(await tabs(page).count(), 3);
});

pageTest('two are compared, the earlier one with the later one', async ({ page }) => {
  await drop(page, RUNS.map(recording));
  await allRead(page);
  const compare = page.getByRole('button', { name: 'Compare two' });
  assert.ok(await compare.isDisabled());
  await choose(page, 'before-1.prof');
  await choose(page, 'after-1.prof');
  await page.getByRole('status').filter({ hasText: '2 chosen' }).waitFor();
  await compare.click();
  await page.getByRole('status').filter({ hasText: ' before, ' }).getByText(/new, \d+ gone/).waitFor();
  assert.equal(await page.getByLabel('Before:').inputValue().then(Boolean), true);
});

pageTest('several are compared with several', async ({ page, screenshot }) => {
  await drop(page, RUNS.map(recording));
  await allRead(page);
  const before = page.getByRole('button', { name: 'Set as before' });
  assert.ok(await before.isDisabled());
  await choose(page, 'before-1.prof');
  await choose(page, 'before-2.prof');
  await before.click();
  const compare = page.getByRole('button', { name: /with 2 before$|^Compare 2 before/ });
  assert.ok(await compare.isDisabled());
  assert.equal(await recordings(page).getByText('before', { exact: true }).count(), 2);
  // What is before is not after as well.
  await choose(page, 'before-1.prof');
  assert.ok(await compare.isDisabled());
  await choose(page, 'before-1.prof');
  await choose(page, 'after-1.prof');
  await choose(page, 'after-2.prof');
  await screenshot('group-before');
  await page.getByRole('button', { name: 'Compare 2 before with 2 after' }).click();
  await page.getByText(/on average of 2 before, .* on average of 2 after/).waitFor();
  await documentButton(page, '4 files').click();
  await page.getByRole('button', { name: 'None is before' }).click();
  await before.waitFor();
});

pageTest('those that are chosen are merged, by keys', async ({ page, screenshot }) => {
  await drop(page, RUNS.map(recording));
  await allRead(page);
  await page.getByRole('button', { name: 'Merge all 4 profiles' }).waitFor();
  await page.getByRole('searchbox', { name: 'Search' }).fill('before');
  await page.waitForFunction(() => document.querySelectorAll('[role=rowgroup] [role=row]').length === 2);
  await recordings(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  await page.getByRole('status').filter({ hasText: '2 chosen' }).waitFor();
  await screenshot('group-chosen');
  await page.getByRole('button', { name: 'Merge 2 profiles' }).click();
  await documentButton(page, '2 profiles merged').waitFor();
  await opened(page);
  await page.getByRole('list', { name: 'Totals' }).getByText('245,430').waitFor();
});

pageTest('the functions of all recordings', async ({ page, screenshot }) => {
  await drop(page, [...RUNS.map(recording), data('profiles/py-spy-0.4.3.raw.txt.gz')]);
  await allRead(page);
  await show(page, 'Functions');
  const table = await rows(page, 'Functions of all recordings');
  assert.match(table[0].at(-1), /^find/);
  assert.equal(table[0][3], '2 of 4');
  await page.getByText('1 profile measures something different.').waitFor();
  await assertAccessible(page, 'functions of a group');
  await screenshot('group-functions');
  // To where it took most.
  await tableOf(page, 'Functions of all recordings').locator('[role=rowgroup] [role=row]').first().dblclick();
  await page.getByRole('heading', { name: /find/ }).first().waitFor();
  assert.equal(await tabs(page).count(), 2);
});

pageTest('a folder and an archive are groups, and outlive a reload', async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-group-'));
  try {
    await mkdir(join(folder, 'runs', 'second'), { recursive: true });
    for (const name of ['before-1', 'before-2']) {
      await copyFile(recording(name), join(folder, 'runs', `${name}.prof`));
    }
    await copyFile(recording('after-1'), join(folder, 'runs', 'second', 'after-1.prof'));
    await writeFile(join(folder, 'runs', 'notes.txt'), 'What was tried on Monday: nothing that helped.\n');
    execFileSync('zip', ['-q', '-r', join(folder, 'all.zip'), 'runs'], { cwd: folder });
    // What a browser's own drag and drop gives: no script can make a folder's entry.
    const session = await page.context().newCDPSession(page);
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      await session.send('Input.dispatchDragEvent', {
        type,
        x: 400,
        y: 300,
        data: { items: [], files: [join(folder, 'runs')], dragOperationsMask: 1 },
      });
    }
    assert.match(await allRead(page), /^3 recordings/);
    assert.deepEqual(await tabs(page).allInnerTexts(), ['runs']);
    await recordings(page).getByText('second/after-1.prof').waitFor();
    await page.getByText('1 file left out').waitFor();
    await drop(page, [join(folder, 'all.zip')]);
    await documentButton(page, 'all.zip').waitFor();
    await recordings(page).getByText('runs/second/after-1.prof').waitFor();
    assert.match(await allRead(page), /^3 recordings/);
    await page.getByText('1 file left out').waitFor();
    // Both are kept whole.
    await page.waitForTimeout(500);
    await page.reload();
    await documentButton(page, 'runs').click();
    await recordings(page).getByText('second/after-1.prof').waitFor();
    assert.deepEqual((await tabs(page).allInnerTexts()).sort(), ['all.zip', 'runs']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

pageTest('nothing that can be read', async ({ page, screenshot }) => {
  await drop(page, [1, 2, 3].map((each) => ({ name: `note-${each}.txt`, text: 'Dear diary' })));
  await page.getByRole('heading', { name: 'No recordings' }).waitFor();
  await page.getByText('3 files left out: no profile and no log').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'note-2.txt' }).waitFor();
  await assertAccessible(page, 'a group without recordings');
  await screenshot('group-empty');
});

pageTest('a profile, its log and a schema are no group', async ({ page }) => {
  await drop(page, [data('shop/shop.prof'), data('shop/shop.sql.jsonl'), { name: 'schema.sql', text: 'CREATE TABLE "a" ("id" integer PRIMARY KEY);\n' }]);
  await opened(page);
  assert.equal(await tabs(page).count(), 3);
});

for (const colorScheme of ['light', 'dark']) {
  pageTest(`a group on a phone, ${colorScheme}`, { viewport: 'phone', touch: true, colorScheme }, async ({ page, screenshot }) => {
    await drop(page, RUNS.map(recording));
    await allRead(page);
    await row(page, 'before-1.prof').getByRole('checkbox').tap();
    await page.getByRole('status').filter({ hasText: '1 chosen' }).waitFor();
    await screenshot('group');
    await row(page, 'after-2.prof').tap();
    await page.getByRole('button', { name: 'Open recording' }).tap();
    await page.getByRole('tab', { name: 'Flame graph' }).waitFor();
    await assertAccessible(page, 'a recording of a group');
  });
}

pageTest('what was closed at once can be had back, as it was looked at', async ({ page }) => {
  await drop(page, [data('shop/shop.prof'), data('shop/shop.sql.jsonl')]);
  await opened(page);
  await drop(page, RUNS.map(recording));
  await allRead(page);
  await drop(page, [{ name: 'extra.prof', bytes: await readFile(recording('after-3')) }]);
  await opened(page);
  await show(page, 'Functions');
  const list = page.getByText('All 4', { exact: true });
  await list.click();
  await page.getByRole('button', { name: 'Close all' }).click();
  await page.getByText('4 files closed').waitFor();
  assert.equal(await tabs(page).count(), 0);
  await page.getByRole('button', { name: 'Undo' }).click();
  // Once both are read again the first two are a pair.
  await tabs(page).getByText('.sql.jsonl', { exact: true }).waitFor();
  assert.deepEqual(await tabs(page).allInnerTexts(), ['shop.prof', '.sql.jsonl', '4 files', 'extra.prof']);
  // As it was looked at.
  await tableOf(page, 'Functions').waitFor();
  await documentButton(page, '4 files').click();
  assert.equal((await listed(page)).length, 4);
  // And kept again.
  await page.waitForTimeout(500);
  await page.reload();
  await documentButton(page, 'shop.prof').waitFor();
  assert.equal(await tabs(page).count(), 4);
});

pageTest('a file that was recorded again is read again, where one was', async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-again-'));
  try {
    const file = join(folder, 'app.prof');
    await copyFile(recording('before-1'), file);
    const session = await page.context().newCDPSession(page);
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      await session.send('Input.dispatchDragEvent', {
        type,
        x: 400,
        y: 300,
        data: { items: [], files: [file], dragOperationsMask: 1 },
      });
    }
    await opened(page);
    await show(page, 'Functions');
    await tableOf(page, 'Functions').getByText('find', { exact: true }).click();
    await page.getByRole('heading', { name: /find/ }).first().waitFor();
    await page.getByRole('button', { name: 'Read again' }).waitFor();
    await page.keyboard.press('Shift+R');
    await page.getByText('app.prof has not changed').waitFor();
    await copyFile(recording('after-1'), file);
    await page.keyboard.press('Shift+R');
    await page.getByText(/^app\.prof was read again: .* → .*, 4 functions new, 1 gone$/).waitFor();
    // Still in the same view, with the function selected where its line moved to.
    await tableOf(page, 'Functions').waitFor();
    await page.getByText(/stock\.py:38/).first().waitFor();
    await page.getByRole('heading', { name: /find/ }).first().waitFor();
  } finally {
    await rm(folder, { recursive: true });
  }
});

pageTest('a long name is cut in its middle, and whole for who reads it', async ({ page, screenshot }) => {
  const name = '20261128-224237-GET-catalogue-books-by-author-12.prof';
  await drop(page, await named([name, 'compare/after-1.prof'], ['short.prof', 'compare/after-2.prof']));
  await opened(page);
  assert.deepEqual(await tabs(page).allInnerTexts(), [name, 'short.prof']);
  const painted = await tabs(page).evaluateAll((all) => all.map((one) => getComputedStyle(one, '::after').content));
  assert.match(painted[0], /thor-12\.prof/);
  assert.equal(painted[1], 'none');
  await assertAccessible(page, 'long names');
  await screenshot('tabs-long');
});
