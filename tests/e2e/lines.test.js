// Lines of code and memory over time: the views that stand for vprof's heat map and memory graph, and the switch of measures.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { opened, rows, show } from './support/views.js';

const tabs = async (page) =>
  (await page.getByRole('tablist', { name: 'Views' }).getByRole('tab').allInnerTexts()).map((text) => text.trim());

for (const colorScheme of ['light', 'dark']) {
  pageTest(`vprof's four views have their counterparts, ${colorScheme}`, { colorScheme }, async ({ page, screenshot }) => {
    await drop(page, [data('profiles/vprof-0.38.cmh.json')]);
    await opened(page);
    assert.deepEqual(await tabs(page), [
      'Findings', 'Flame graph', 'Call tree', 'Functions', 'Sandwich', 'Callers and callees', 'Lines', 'Memory', 'Compare',
    ]);
    await show(page, 'Lines');
    const lines = await rows(page, 'Lines');
    assert.equal(lines.length, 10);
    // Line 5 takes most, runs once, and makes 50 MiB.
    assert.deepEqual(lines[4].slice(0, 3), ['5', '27.29', '1']);
    assert.match(lines[4].at(-1), /bytearray\(50\*1024\*1024\)/);
    await assertAccessible(page, 'Lines');
    await screenshot(`lines-vprof-${colorScheme}`);
    await show(page, 'Memory');
    await page.getByText('at line 11 that ran, vpmem.py:6 in g').waitFor();
    await page.getByText('63.1 MiB').first().waitFor();
    await page.getByRole('group', { name: 'Objects left' }).getByText('psutil._pslinux.Process').waitFor();
    await assertAccessible(page, 'Memory');
    await screenshot(`memory-vprof-${colorScheme}`);
  });
}

pageTest('lines alone, on a phone', { viewport: 'phone' }, async ({ page, screenshot }) => {
  await drop(page, [data('profiles/line_profiler-5.1.0.lprof')]);
  await opened(page);
  assert.deepEqual(await tabs(page), ['Findings', 'Lines']);
  await page.getByText('lpw.py:9 takes 80.6 ms, 98 % of work').first().waitFor();
  await screenshot('lines-phone-findings');
  await show(page, 'Lines');
  await rows(page, 'Lines');
  await assertAccessible(page, 'Lines on a phone');
  await screenshot('lines-phone');
});

pageTest('memory over time, its peak and the function at it', async ({ page, screenshot }) => {
  await drop(page, [data('profiles/memory_profiler-0.61.0.dat')]);
  await opened(page);
  assert.deepEqual(await tabs(page), ['Findings', 'Memory']);
  await show(page, 'Memory');
  await page.getByText(/54.5 MiB/).first().waitFor();
  await page.getByText(/while __main__.big ran/).waitFor();
  await page.getByRole('group', { name: 'Functions' }).getByText('__main__.big').waitFor();
  await assertAccessible(page, 'Memory');
  await screenshot('memory-profiler');
});

pageTest('one measure of several, which the address brings back', async ({ page, screenshot }) => {
  await drop(page, [data('profiles/ddtrace-4.16.0.zstd.pprof')]);
  await opened(page);
  await show(page, 'Functions');
  await rows(page, 'Functions');
  const selector = page.getByLabel('Measure');
  const options = await selector.locator('option').allInnerTexts();
  assert.equal(options.length, 8);
  assert.equal(options[0], 'wall-time: 2.27 s');
  assert.equal(options[5], 'alloc-space: 1.74 GiB');
  await selector.selectOption({ index: 5 });
  await page.getByRole('list', { name: 'Totals' }).getByText('1.74 GiB').waitFor();
  assert.equal(await page.getByRole('combobox', { name: 'Track' }).locator('option').first().innerText(), 'All 2: 1.74 GiB, 100 %');
  await page.waitForFunction(() => /measure=5/.test(location.hash));
  await assertAccessible(page, 'a measure of several');
  await screenshot('measures-functions');
  await show(page, 'Flame graph');
  await page.waitForTimeout(300);
  await screenshot('measures-flame-graph');
  await selector.selectOption({ index: 0 });
  await page.getByRole('list', { name: 'Totals' }).getByText('2.27 s').waitFor();
});

pageTest('from a function to its lines, and back', async ({ page, screenshot }) => {
  await drop(page, [data('profiles/tachyon-3.15.2.bin')]);
  await opened(page);
  await show(page, 'Functions');
  await rows(page, 'Functions');
  await page.getByRole('treegrid', { name: 'Functions' }).getByText('burn', { exact: true }).first().click();
  await show(page, 'Lines');
  const lines = await rows(page, 'Lines');
  assert.ok(lines.some((cells) => cells.includes('burn')), lines.join('\n'));
  await screenshot('lines-tachyon');
  await page.getByRole('grid', { name: 'Lines' }).getByText('gen_user').first().click();
  await page.getByRole('complementary', { name: 'Selected function' }).getByText('gen_user').first().waitFor();
});
