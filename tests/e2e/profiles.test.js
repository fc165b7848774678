// Profiles of other tools: every view works on one recording of each, and says what its numbers are.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { heads, opened, rows, show } from './support/views.js';

const VIEWS = ['Findings', 'Flame graph', 'Call tree', 'Functions', 'Sandwich', 'Callers and callees', 'Compare'];

/** Those that say when their calls ran. */
const IN_ORDER = /speedscope|viztracer|perf-/;

/** A recording of each format, its total as the page writes it, and whether it has calls. */
const RECORDINGS = [
  ['py-spy-0.4.3-threads.raw.txt.gz', '130 samples', false],
  ['austin-3.7.0-memory.austin.gz', '13.9 MiB', false],
  ['py-spy-0.4.3.speedscope.json', '890 ms', false],
  ['viztracer-1.1.1.json.gz', '5.6 ms', true],
  ['pyinstrument-5.1.3.json', '641 ms', false],
  ['importtime-3.13.0.txt', '39.6 ms', true],
  ['perf-6.1-python3.15.2-Xperf.script.txt.gz', '601 ms', false],
  ['yappi-1.7.6-wall.callgrind', '375 ms', true],
  ['vprof-0.38-workload.c.json.gz', '439 ms', false],
];

for (const [file, total, counted] of RECORDINGS) {
  pageTest(`every view of ${file}`, async ({ page, screenshot }) => {
    await drop(page, [data(`profiles/${file}`)]);
    await opened(page);
    const totals = await page.getByRole('list', { name: 'Totals' }).getByRole('listitem').allInnerTexts();
    assert.equal(totals[1], total);
    assert.equal(totals.some((text) => /calls?$/.test(text)), counted, totals.join(', '));
    const timed = await page.getByRole('tab', { name: 'Flame chart' }).count();
    assert.equal(timed, IN_ORDER.test(file) ? 1 : 0, 'whether it says when its calls ran');
    for (const view of timed ? [...VIEWS, 'Flame chart'] : VIEWS) {
      await show(page, view);
      await page.waitForTimeout(300);
      await assertAccessible(page, `${view} of ${file}`);
      await screenshot(`profiles-${file.split('-')[0]}-${view.toLowerCase().replaceAll(' ', '-')}`);
    }
    await show(page, 'Functions');
    await rows(page, 'Functions');
    const columns = (await heads(page, 'Functions')).map((head) => head.trim());
    assert.equal(columns.some((head) => /ncalls/.test(head)), counted, columns.join(', '));
  });
}

pageTest('some threads of several', async ({ page, screenshot }) => {
  const threads = { main: 4, 'worker-1': 3, 'worker-2': 2, 'worker-3': 1 };
  const text = Object.entries(threads)
    .map(([name, samples], at) => `thread (${at + 1}): ${name};serve (app.py:1);${name} (app.py:${at + 2}) ${samples}\n`)
    .join('');
  await drop(page, [{ name: 'threads.txt', text }]);
  await opened(page);
  await show(page, 'Functions');
  await rows(page, 'Functions');
  const menu = page.locator('.tracks details');
  await menu.locator('summary').click();
  const button = menu.getByRole('button', { name: 'Show these' });
  assert.ok(await button.isDisabled());
  for (const name of [/worker-1/, /worker-3/]) await menu.getByRole('checkbox', { name }).check();
  await assertAccessible(page, 'some tracks');
  await screenshot('profiles-tracks');
  await button.click();
  await page.getByRole('list', { name: 'Totals' }).getByText('4 samples').waitFor();
  const selector = page.getByRole('combobox', { name: 'Track' });
  assert.equal(await selector.locator('option:checked').innerText(), '2 of 4: 4 samples, 40 %');
  await page.waitForFunction(() => /track=1(,|%2C)3/.test(location.hash));
  await page.reload();
  await page.getByRole('list', { name: 'Totals' }).getByText('4 samples').waitFor();
  await selector.selectOption({ index: 0 });
  await page.getByRole('list', { name: 'Totals' }).getByText('10 samples').waitFor();
});

pageTest('one thread of several', async ({ page, screenshot }) => {
  await drop(page, [data('profiles/py-spy-0.4.3-threads.raw.txt.gz')]);
  await opened(page);
  await show(page, 'Functions');
  await rows(page, 'Functions');
  const selector = page.getByRole('combobox', { name: 'Track' });
  assert.deepEqual(await selector.locator('option').allInnerTexts(), [
    'All 2: 130 samples, 100 %',
    'MainThread: 114 samples, 88 %',
    'worker-1: 16 samples, 12 %',
  ]);
  await selector.selectOption({ index: 2 });
  await page.getByRole('list', { name: 'Totals' }).getByText('16 samples').waitFor();
  const places = (await rows(page, 'Functions')).map((cells) => cells.at(-1));
  assert.ok(places.some((place) => /thread_main/.test(place)), places.join('\n'));
  assert.ok(!places.some((place) => /gen_user/.test(place)), places.join('\n'));
  await assertAccessible(page, 'one track');
  await screenshot('profiles-track');
  await page.waitForFunction(() => /track=1/.test(location.hash));
  await show(page, 'Call tree');
  await page.getByRole('treegrid', { name: 'Call tree' }).getByText(/thread_main/).first().waitFor();
  // Findings are about all of it.
  await show(page, 'Findings');
  await page.getByText('Total 130 samples').waitFor();
  assert.equal(await selector.count(), 0);
  await show(page, 'Flame graph');
  await selector.selectOption({ index: 0 });
  await page.getByRole('list', { name: 'Totals' }).getByText('130 samples').waitFor();
});
