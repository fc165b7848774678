// Files get in by every way there is, each a document of its own, and stay until they are closed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { assertAccessible } from './support/axe.js';
import { choose, data, drop, paste } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton, opened, show, tableOf } from './support/views.js';

const SHOP = [data('shop/shop.prof'), data('shop/shop.sql.jsonl')];
/** The views of a profile and of its log. */
const BOTH = [
  ...['Findings', 'Flame graph', 'Call tree', 'Functions', 'Sandwich', 'Callers and callees', 'Compare functions'],
  ...['Overview', 'Timeline', 'Queries', 'Tables', 'Requests', 'Compare queries'],
];
const tabs = (page) => page.getByRole('tab').allInnerTexts();

pageTest('a profile and a log, dropped together', async ({ page }) => {
  await drop(page, SHOP);
  await opened(page);
  // They are a pair: one tab with the views of both.
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  assert.equal(await page.getByRole('list', { name: 'Documents' }).getByRole('listitem').count(), 1);
  assert.deepEqual(await tabs(page), BOTH);
  await documentButton(page, 'shop.sql.jsonl').click();
  await page.getByRole('tab', { name: 'Findings', selected: true }).waitFor();
  assert.deepEqual(await tabs(page), BOTH);
  assert.match(page.url(), /file=shop\.sql\.jsonl/);
});

pageTest('a pair is walked through, closed and had back as one', async ({ page, screenshot }) => {
  await drop(page, SHOP);
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  await show(page, 'Queries');
  await tableOf(page, 'Queries').waitFor();
  assert.match(page.url(), /file=shop\.sql\.jsonl/);
  await screenshot('pair');
  await assertAccessible(page, 'a pair');
  await show(page, 'Flame graph');
  await page.waitForFunction(() => location.hash.includes('file=shop.prof'));
  // By key from one half to the other, and back; the tabs keep the keyboard.
  await page.getByRole('tab', { name: 'Compare functions' }).focus();
  await page.keyboard.press('ArrowRight');
  const focused = (name) => page.locator(':focus', { hasText: name }).and(page.getByRole('tab', { selected: true })).waitFor();
  await focused('Overview');
  await page.keyboard.press('ArrowRight');
  await focused('Timeline');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await focused('Compare functions');
  await page.getByRole('button', { name: 'Close shop.prof and shop.sql.jsonl' }).click();
  await page.getByText('shop.prof and shop.sql.jsonl closed').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('tab', { name: 'Compare functions', selected: true }).waitFor();
  // Who says that they do not belong together has a tab for each.
  await show(page, 'Findings');
  await page.getByRole('combobox', { name: /^Together with/ }).selectOption({ label: 'none' });
  await page.getByRole('tab', { name: 'Timeline' }).waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('list', { name: 'Documents' }).getByRole('listitem').count(), 2);
  assert.deepEqual((await tabs(page)).at(-1), 'Compare');
});

pageTest('files chosen in the file input', async ({ page }) => {
  await choose(page, SHOP);
  await opened(page);
  await documentButton(page, 'shop.prof').waitFor();
  await documentButton(page, 'shop.sql.jsonl').waitFor();
});

pageTest('a pasted log', async ({ page }) => {
  await paste(page, await readFile(data('shop/shop.sql.log'), 'utf8'));
  await page.getByRole('tab', { name: 'Queries' }).waitFor();
});

pageTest('a gzipped log', async ({ page }) => {
  await drop(page, [data('postgres/prepared.log.gz')]);
  await page.getByRole('tab', { name: 'Queries' }).waitFor();
});

pageTest('a phone has two rows above the views', { viewport: 'phone' }, async ({ page }) => {
  await drop(page, SHOP);
  await opened(page);
  // Search and menus in the first row, files in the second.
  const tops = await page.locator('header.bar > *').evaluateAll((all) =>
    all.map((one) => one.getBoundingClientRect()).map(({ top, height }) => top + height / 2),
  );
  assert.equal(new Set(tops.map((top) => Math.round(top / 20))).size, 2, `${tops}`);
});

/** A log in three parts, cut between two lines; the middle one gzipped. */
async function rotated() {
  const whole = await readFile(data('postgres/client.log'));
  const cut = (share) => whole.indexOf(10, Math.floor(whole.length * share)) + 1;
  return [
    { name: 'app.log', bytes: whole.subarray(cut(0.6)) },
    { name: 'app.log.1.gz', bytes: gzipSync(whole.subarray(cut(0.3), cut(0.6))) },
    { name: 'app.log.2', bytes: whole.subarray(0, cut(0.3)) },
  ];
}

const total = (page) => page.getByRole('list', { name: 'Totals' }).locator('li', { hasText: /execution/ }).innerText();

pageTest('the parts of a rotated log are one log until they are opened apart', async ({ page, screenshot }) => {
  await drop(page, [data('postgres/client.log')]);
  await page.getByRole('tab', { name: 'Queries' }).waitFor();
  const whole = await total(page);
  await drop(page, await rotated());
  await documentButton(page, 'app.log').waitFor();
  await page.getByRole('tab', { name: 'Queries' }).waitFor();
  assert.equal(await total(page), whole);
  await page.getByText(/notices?$/).click();
  await page.getByText('3 files are read as one log, in order of time: app.log.2, app.log.1.gz, app.log').waitFor();
  await screenshot('rotated');
  await assertAccessible(page, 'a rotated log');
  // What is kept is one file as well.
  await page.reload();
  await documentButton(page, 'app.log').click();
  await page.getByRole('tab', { name: 'Queries' }).waitFor();
  assert.equal(await total(page), whole);
  await page.getByText(/notices?$/).click();
  await page.getByRole('button', { name: 'Open the files apart' }).click();
  for (const name of ['app.log.2', 'app.log.1', 'app.log']) {
    await documentButton(page, name).waitFor();
  }
});

pageTest('what is in an archive', async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-'));
  try {
    execFileSync('zip', ['-q', '-j', join(folder, 'all.zip'), ...SHOP]);
    await drop(page, [join(folder, 'all.zip')]);
    await documentButton(page, 'shop.prof').waitFor();
    await documentButton(page, 'shop.sql.jsonl').click();
    await page.getByRole('tab', { name: 'Timeline' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'all.zip' }).count(), 0);
  } finally {
    await rm(folder, { recursive: true });
  }
});

pageTest('the sample', async ({ page }) => {
  await page.getByRole('button', { name: 'Try it' }).click();
  await opened(page);
  await documentButton(page, 'orders.prof').waitFor();
  await documentButton(page, 'orders.sql.jsonl').waitFor();
});

pageTest('a bad file says what is wrong and leaves the others alone', async ({ page, screenshot }) => {
  await drop(page, [SHOP[0]]);
  await opened(page);
  const whole = await readFile(SHOP[0]);
  await drop(page, [{ name: 'cut.prof', bytes: whole.subarray(0, 2000) }, { name: 'notes.txt', text: 'Dear diary' }]);
  const alert = page.getByRole('alert');
  await alert.getByRole('heading', { name: 'cut.prof could not be read' }).waitFor();
  assert.match(await alert.innerText(), /Looks like\s+cProfile \/ pstats[\s\S]*byte/);
  await screenshot('failed');
  await assertAccessible(page, 'a failed file');
  await documentButton(page, 'notes.txt').click();
  await alert.getByRole('heading', { name: 'notes.txt could not be read' }).waitFor();
  assert.match(await alert.innerText(), /Looks like\s+a text file/);
  await documentButton(page, 'shop.prof').click();
  await opened(page);
});

pageTest('open files outlive a reload, until they are closed', async ({ page }) => {
  await drop(page, [SHOP[0], { name: 'orders.sql.jsonl', text: await readFile(SHOP[1], 'utf8') }]);
  await opened(page);
  await page.waitForTimeout(300);
  await page.reload();
  await documentButton(page, 'shop.prof').waitFor();
  await page.getByRole('button', { name: 'Close shop.prof' }).click();
  await documentButton(page, 'shop.prof').waitFor({ state: 'detached' });
  await page.waitForTimeout(300);
  await page.reload();
  await documentButton(page, 'orders.sql.jsonl').waitFor();
  assert.equal(await documentButton(page, 'shop.prof').count(), 0);
});

pageTest('nothing is kept when the switch is off, or after Forget', async ({ page }) => {
  const keep = page.getByRole('checkbox', { name: 'Keep opened files in this browser' });
  await keep.uncheck();
  await drop(page, SHOP);
  await opened(page);
  await page.reload();
  await keep.waitFor();
  assert.equal(await page.getByRole('list', { name: 'Documents' }).getByRole('listitem').count(), 0);
  assert.equal(await keep.isChecked(), false);

  await keep.check();
  await drop(page, SHOP);
  await opened(page);
  await page.getByRole('button', { name: 'Flamedrop', exact: true }).click();
  // It asks first.
  page.once('dialog', (dialog) => dialog.dismiss());
  await page.getByRole('button', { name: 'Delete saved files' }).click();
  assert.equal(await page.getByRole('list', { name: 'Documents' }).getByRole('listitem').count(), 1);
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Delete saved files' }).click();
  await page.getByText('All files are closed, and saved copies deleted').waitFor();
  await page.reload();
  await keep.waitFor();
  assert.equal(await page.getByRole('list', { name: 'Documents' }).getByRole('listitem').count(), 0);
});

pageTest('what a file is called says nothing of what it is', async ({ page }) => {
  const [profile, log] = await Promise.all(SHOP.map((file) => readFile(file)));
  await drop(page, [
    { name: 'orders.log', bytes: profile },
    { name: 'orders.prof', bytes: log },
  ]);
  await documentButton(page, 'orders.log').click();
  await page.getByRole('tab', { name: 'Flame graph' }).waitFor();
  await documentButton(page, 'orders.prof').click();
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  // One worker each: the one that was asked first has ended.
  assert.equal(page.workers().length, 2);
});

pageTest('a worker that dies takes only its own document along', async ({ page, complaints, forgive }) => {
  await drop(page, [SHOP[0]]);
  await opened(page);
  const doomed = page.workers()[0];
  await drop(page, [SHOP[1]]);
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  await doomed.evaluate(() => setTimeout(() => { throw new Error('planted'); }));
  await documentButton(page, 'shop.prof').click();
  const alert = page.getByRole('alert');
  await alert.getByRole('heading', { name: 'shop.prof could not be read' }).waitFor();
  assert.match(await alert.innerText(), /its worker stopped \(.*planted/);
  await documentButton(page, 'shop.sql.jsonl').click();
  await page.getByRole('tab', { name: 'Queries' }).click();
  await page.getByRole('grid', { name: 'Queries' }).getByText(/shop_orderline/).first().waitFor();
  // Told to the user, and to nobody else.
  const planted = complaints.filter((complaint) => complaint.includes('planted'));
  assert.ok(planted.length <= 1, `${complaints}`);
  forgive(/planted/);
});

pageTest('a folder of few recordings is opened with all that is in it', async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-folder-'));
  try {
    await mkdir(join(folder, 'runs', '.hidden'), { recursive: true });
    for (const [from, to] of [
      ['compare/before-1.prof', 'runs/run10.prof'],
      ['compare/after-1.prof', 'runs/run2.prof'],
      ['compare/after-2.prof', 'runs/.hidden/run1.prof'],
    ]) {
      await copyFile(data(from), join(folder, to));
    }
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
    await documentButton(page, 'run10.prof').waitFor();
    const documents = page.getByRole('list', { name: 'Documents' }).locator('.name');
    // How far each is read stands below its name while it is.
    const names = (await documents.allInnerTexts()).map((text) => text.split('\n')[0]);
    assert.deepEqual(names, ['run2.prof', 'run10.prof']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
