// A profile and an SQL log of one run: statements under the frames that ran them, and one range for both.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton, opened, rows, show } from './support/views.js';

const PAIR = [data('pair/orders.json.gz'), data('pair/orders.sql.jsonl')];

const chart = (page) => page.getByRole('application', { name: /^Flame chart of / });
const strip = (page) => page.getByRole('application', { name: /^Time range: / });
const said = (page, name) => page.evaluate((name) => new URLSearchParams(location.hash.slice(1)).getAll(name), name);
const spoken = (page) => page.locator('.picture > [aria-live=polite]');
const aligned = (page) => page.getByText(/^Statements of orders\.sql\.jsonl are put by the time of day, to ± 100 µs/);
const only = (page) => page.getByText(/^Only .* to .*, in orders\.sql\.jsonl as well/);

/** Shows a document by its tab. */
const look = async (page, name) => {
  await documentButton(page, name).click();
  await opened(page);
};

/** Opens both, and the profile in the flame chart with the log's statements. */
async function charted(page) {
  await drop(page, PAIR);
  await opened(page);
  await look(page, 'orders.json');
  await show(page, 'Flame chart');
  await chart(page).waitFor();
  await aligned(page).waitFor();
  await page.waitForTimeout(500);
  return chart(page).boundingBox();
}

async function drag(page, box, [from, to], y) {
  await page.mouse.move(box.x + from * box.width, box.y + y);
  await page.mouse.down();
  for (let step = 1; step <= 8; step += 1) {
    await page.mouse.move(box.x + (from + ((to - from) * step) / 8) * box.width, box.y + y);
  }
  await page.mouse.up();
}

for (const colorScheme of ['light', 'dark']) {
  pageTest(`statements under the frames that ran them, ${colorScheme}`, { colorScheme }, async ({ page, screenshot }) => {
    await charted(page);
    await screenshot('flame-chart-statements');
    await assertAccessible(page, 'flame chart with statements');
    // By keyboard: from one to the next, then to its executions, and back to the moment.
    await chart(page).focus();
    await page.keyboard.press('q');
    await spoken(page).getByText(/^SELECT .*shop_order.* Duration/).waitFor();
    await page.keyboard.press('q');
    await page.keyboard.press('q');
    await spoken(page).getByText(/^SELECT .*shop_customer.* Duration/).waitFor();
    await page.keyboard.press('Q');
    await page.keyboard.press('q');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Selected query' }).getByText('shop_customer').first().waitFor();
    await rows(page, 'Executions');
    const statement = await said(page, 'statement');
    assert.equal(statement.length, 1);
    await screenshot('flame-chart-executions');
    await page.getByRole('button', { name: 'Show in the flame chart of orders.json' }).click();
    await chart(page).waitFor();
    await spoken(page).getByText(/^SELECT .*shop_customer.* Duration/).waitFor();
    assert.deepEqual(await said(page, 'statement'), statement);
    // Closer to it.
    await page.waitForFunction(() => /range=/.test(location.hash));
    await page.waitForTimeout(500);
    await screenshot('flame-chart-statement');
  });
}

pageTest('by mouse: hover says the statement, a click leads to it', async ({ page }) => {
  const box = await charted(page);
  const card = page.locator('.hover-card.placed');
  // The main thread's statements stand at the lower edge; the one that waited for the other thread is the longest.
  let found = false;
  for (let share = 0.3; share < 0.95 && !found; share += 0.01) {
    await page.mouse.move(box.x + box.width * share, box.y + box.height - 14);
    await page.waitForTimeout(50);
    found = (await card.count()) > 0 && /in the profile; click: its executions/.test(await card.innerText());
  }
  assert.ok(found, 'a statement at the lower edge');
  await page.mouse.down();
  await page.mouse.up();
  await page.getByRole('complementary', { name: 'Selected query' }).waitFor();
  await rows(page, 'Executions');
});

pageTest('one range holds for both, wherever it is drawn', async ({ page, screenshot }) => {
  const box = await charted(page);
  await drag(page, box, [0.5, 0.75], 12);
  await only(page).waitFor();
  assert.equal((await said(page, 'between')).length, 1);
  await screenshot('flame-chart-statements-range');
  // The log's views are about the same.
  await look(page, 'orders.sql.jsonl');
  await page.waitForFunction(() => /only=range%3A|only=range:/.test(location.hash));
  await show(page, 'Queries');
  const drawn = await strip(page).getAttribute('aria-label');
  assert.match(drawn, /^Time range: 10\.\d* ms from /);
  // And taken back there, they are taken back here.
  await strip(page).focus();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !/only=range/.test(location.hash));
  await look(page, 'orders.json');
  await only(page).waitFor({ state: 'detached' });
  assert.deepEqual(await said(page, 'between'), []);
  // Drawn in the log, it holds for the profile; a reload has it in both.
  await look(page, 'orders.sql.jsonl');
  await strip(page).focus();
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => /only=range/.test(location.hash));
  await page.reload();
  await strip(page).waitFor();
  await look(page, 'orders.json');
  await show(page, 'Flame chart');
  await only(page).waitFor();
  const between = (await said(page, 'between'))[0].split('-').map(Number);
  assert.ok(between[0] > 0.02 && between[1] > between[0] && between[1] < 0.05, between);
  await page.getByRole('button', { name: 'Show all of the time' }).click();
  await only(page).waitFor({ state: 'detached' });
  await look(page, 'orders.sql.jsonl');
  assert.deepEqual(await said(page, 'only'), []);
});

pageTest('as a table, and in the picture', async ({ page }) => {
  await charted(page);
  await page.getByText('Statements on screen').first().click();
  const listed = page.getByRole('region', { name: 'Statements on screen' });
  await listed.getByRole('row').nth(15).waitFor();
  assert.equal(await listed.getByRole('row').count(), 1 + 15);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as SVG' }).click();
  const stream = await (await saved).createReadStream();
  let text = '';
  for await (const piece of stream) text += piece;
  for (const word of ['<svg', 'MainThread', 'SQL · default']) assert.ok(text.includes(word), word);
  await listed.getByRole('button', { name: /shop_order/ }).first().click();
  await page.getByRole('complementary', { name: 'Selected query' }).waitFor();
});

pageTest('on a phone', { viewport: 'phone', touch: true }, async ({ page, screenshot }) => {
  const box = await charted(page);
  await screenshot('flame-chart-statements-phone');
  await assertAccessible(page, 'flame chart with statements on a phone');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
  let found = false;
  for (let share = 0.5; share < 0.95 && !found; share += 0.03) {
    await page.touchscreen.tap(box.x + box.width * share, box.y + box.height - 14);
    await page.waitForTimeout(150);
    found = (await said(page, 'view'))[0] === 'queries';
  }
  assert.ok(found, 'a tap leads to the executions');
});

pageTest('why statements cannot stand there is said', async ({ page }) => {
  // VizTracer's command line does not write the time of day.
  await drop(page, [
    { name: 'orders.json.gz', bytes: await readFile(data('profiles/viztracer-1.1.1.json.gz')) },
    PAIR[1],
  ]);
  await opened(page);
  await look(page, 'orders.json');
  await show(page, 'Flame chart');
  await page.getByText(/cannot stand here: the profile does not say at what time of day it began\.$/).waitFor();
});
