// The flame chart: when calls ran, track by track, and the range of time that all views are about.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { opened, rows, show } from './support/views.js';

const VIZTRACER = data('profiles/viztracer-1.1.1.json.gz');

const chart = (page) => page.getByRole('application', { name: /^Flame chart of / });
const minimap = (page) => page.getByRole('application', { name: /^All of the time/ });
const total = (page, text) => page.getByRole('list', { name: 'Totals' }).getByText(text).first();
/** What the address says under a name. */
const said = (page, name) => page.evaluate((name) => new URLSearchParams(location.hash.slice(1)).get(name), name);
const saying = (page, pattern) =>
  page.waitForFunction((pattern) => new RegExp(pattern).test(location.hash), pattern.source);

/** Opens a recording in the flame chart, drawn. */
async function charted(page, file = VIZTRACER) {
  await drop(page, [file]);
  await opened(page);
  await show(page, 'Flame chart');
  await chart(page).waitFor();
  await page.waitForTimeout(500);
  return chart(page).boundingBox();
}

/** Drags from one place on an element to another; places are shares of its width, and CSS pixels from its top. */
async function drag(page, box, [from, to], y) {
  await page.mouse.move(box.x + from * box.width, box.y + y);
  await page.mouse.down();
  for (let step = 1; step <= 8; step += 1) {
    await page.mouse.move(box.x + (from + ((to - from) * step) / 8) * box.width, box.y + y);
  }
  await page.mouse.up();
}

pageTest('a trace in time order, by keyboard', async ({ page, screenshot }) => {
  await charted(page);
  assert.match(await chart(page).getAttribute('aria-label'), /471 calls, 5\.6\d* ms/);
  await assertAccessible(page, 'flame chart');
  await screenshot('flame-chart');
  await chart(page).focus();
  const spoken = page.locator('[aria-live=polite]').filter({ hasText: /Level/ });
  await page.keyboard.press('ArrowDown');
  await spoken.getByText(/exec.* Level 1/).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await spoken.getByText(/burn.* Level 4/).waitFor();
  await page.keyboard.press('ArrowRight');
  await spoken.getByText(/^burn, .* Start 1\.36 ms\. Level 4/).waitFor();
  assert.match(await said(page, 'span'), /^0\.\d+$/);
  // Zoomed to it, further in, along, and out again.
  await page.keyboard.press('Enter');
  await saying(page, /range=0\.001/);
  const range = await said(page, 'range');
  await page.keyboard.press('w');
  await page.waitForFunction((range) => !location.hash.includes(range), range);
  await page.keyboard.press('d');
  await page.waitForTimeout(400);
  await screenshot('flame-chart-zoomed');
  await page.keyboard.press('0');
  await page.waitForFunction(() => !/range=/.test(location.hash));
  await page.keyboard.press('ArrowUp');
  await spoken.getByText(/^main, .* Level 3/).waitFor();
});

pageTest('pointer: hover, select, zoom, minimap', async ({ page, screenshot }) => {
  const box = await charted(page);
  const card = page.locator('.hover-card.placed');
  // The first row: below axis and name.
  await page.mouse.move(box.x + box.width / 2, box.y + 26 + 20 + 10);
  await card.getByText('exec', { exact: false }).first().waitFor();
  assert.match(await card.innerText(), /Total[\s\S]*5\.6\d* ms[\s\S]*100 %[\s\S]*Self[\s\S]*Start/);
  await page.mouse.dblclick(box.x + box.width * 0.6, box.y + 26 + 20 + 3 * 20 + 10);
  await page.getByRole('complementary', { name: 'Selected function' }).getByText('burn').first().waitFor();
  await saying(page, /range=0\.001/);
  // The minimap moves it.
  const map = await minimap(page).boundingBox();
  await page.mouse.click(map.x + map.width * 0.1, map.y + 30);
  await saying(page, /range=0\.000/);
  const before = await said(page, 'range');
  await minimap(page).focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((before) => !location.hash.includes(before), before);
  await page.getByRole('button', { name: 'Reset zoom' }).click();
  await page.waitForFunction(() => !/range=/.test(location.hash));
  await drag(page, map, [0.2, 0.5], 30);
  await saying(page, /range=0\.00[01]/);
  await page.mouse.move(box.x + box.width / 2, box.y + 100);
  await page.mouse.wheel(0, -300);
  await page.waitForTimeout(500);
  await screenshot('flame-chart-selected');
});

pageTest('a range of time holds for all views, and is taken back', async ({ page, screenshot }) => {
  const box = await charted(page);
  await total(page, '5.6 ms').waitFor();
  await drag(page, box, [0.25, 0.75], 12);
  const note = page.getByText(/^Only .* to /);
  await note.waitFor();
  await total(page, '2.8').waitFor();
  await screenshot('flame-chart-range');
  await assertAccessible(page, 'flame chart with a range');
  const between = await said(page, 'between');
  assert.match(between, /^0\.001\d+-0\.004\d+$/);
  await show(page, 'Functions');
  const names = (await rows(page, 'Functions')).map((cells) => cells.at(-1));
  assert.ok(names.some((name) => /burn/.test(name)), names.join('\n'));
  assert.ok(!names.some((name) => /fib/.test(name)), 'fib runs at the end');
  await show(page, 'Flame graph');
  await page.getByRole('application', { name: /^Call tree of .* 2\.8\d* ms/ }).waitFor();
  // Findings stay about the whole, and say so.
  await show(page, 'Findings');
  await page.getByText('Findings are about all of the time').waitFor();
  await show(page, 'Flame chart');
  await note.waitFor();
  // A reload shows the same range.
  await page.reload();
  await page.getByText(/^Only .* to /).waitFor();
  assert.equal(await said(page, 'between'), between);
  await page.getByRole('button', { name: 'Show all of the time' }).click();
  await total(page, '5.6 ms').waitFor();
  assert.equal(await said(page, 'between'), null);
});

pageTest('matches are marked, counted and walked', async ({ page, screenshot }) => {
  await charted(page);
  await page.keyboard.press('/');
  await page.keyboard.type('fib');
  await page.getByText('465 calls match').waitFor();
  await chart(page).focus();
  await page.keyboard.press('n');
  await page.locator('[aria-live=polite]').getByText(/^fib, .* Level 4/).waitFor();
  await screenshot('flame-chart-search');
});

pageTest('tracks one under the other, in the dark', { colorScheme: 'dark' }, async ({ page, screenshot }) => {
  await charted(page, data('profiles/py-spy-0.4.3.chrometrace.json.gz'));
  await screenshot('flame-chart-tracks');
  await assertAccessible(page, 'flame chart of two tracks');
  // One of them alone.
  await page.getByRole('combobox', { name: 'Track' }).selectOption({ index: 2 });
  await page.waitForTimeout(500);
  await screenshot('flame-chart-one-track');
  await page.getByText('Longest on screen').first().click();
  const listed = page.getByRole('region', { name: 'Longest on screen' });
  await listed.getByRole('button', { name: 'thread_main' }).click();
  await page.getByRole('complementary', { name: 'Selected function' }).getByText('thread_main').first().waitFor();
});

pageTest('samples without a clock say so', async ({ page, screenshot }) => {
  await charted(page, data('profiles/py-spy-0.4.3.speedscope.json'));
  await page.getByText(/^Samples in their order/).waitFor();
  await screenshot('flame-chart-order');
});

pageTest('what has no order has no flame chart', async ({ page }) => {
  await drop(page, [data('profiles/py-spy-0.4.3.raw.txt.gz')]);
  await opened(page);
  assert.equal(await page.getByRole('tab', { name: 'Flame chart' }).count(), 0);
});

pageTest('on a phone', { viewport: 'phone', touch: true }, async ({ page, screenshot }) => {
  const box = await charted(page);
  await assertAccessible(page, 'flame chart on a phone');
  await screenshot('flame-chart-phone');
  await page.touchscreen.tap(box.x + box.width * 0.6, box.y + 26 + 20 + 3 * 20 + 10);
  await saying(page, /span=0\.\d+/);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing sticks out');
});

pageTest('the picture as SVG', async ({ page }) => {
  await charted(page);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as SVG' }).click();
  const stream = await (await saved).createReadStream();
  let text = '';
  for await (const piece of stream) text += piece;
  for (const word of ['<svg', 'Flame chart', 'MainThread', '>burn<', ' ms<']) assert.ok(text.includes(word), word);
});

pageTest('the picture as PNG', async ({ page }) => {
  await charted(page);
  await page.getByRole('button', { name: 'Share' }).click();
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Picture as PNG', exact: true }).click(),
  ]);
  assert.match(saved.suggestedFilename(), /^viztracer.*\.png$/);
  const bytes = await readFile(await saved.path());
  // https://www.w3.org/TR/png/#5PNG-file-signature, then the header with the size in the screen's pixels.
  assert.equal(bytes.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n');
  const size = await page.evaluate(() => {
    const canvas = document.querySelector("canvas[aria-roledescription='flame chart']");
    return [canvas.width, canvas.height];
  });
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], size);
});

pageTest('findings in order of time', async ({ page, screenshot }) => {
  await drop(page, [data('rules/ask_in_turn.trace.json.gz')]);
  await opened(page);
  await show(page, 'Findings');
  const title = /^price \(turns\.py:\d+\) waits 6 times in turn, .* while 4 other threads are idle$/;
  await page.getByRole('heading', { name: title }).waitFor();
  await screenshot('findings-waits-in-turn');
  await assertAccessible(page, 'a finding in order of time');
});
