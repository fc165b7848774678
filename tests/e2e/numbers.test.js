// The page shows what each interpreter's own pstats says of its recording: every function of every
// fixture, row by row.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';

import { choose, data } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton, show } from './support/views.js';

const PER_UNIT = { s: 1, ms: 1e3, 'µs': 1e6, ns: 1e9 };

const recordings = (await readdir(data('pstats')))
  .filter((name) => /^\d\.\d+\.prof$/.test(name))
  .map((name) => name.slice(0, -'.prof'.length));

/** Every row of the functions table, scrolled through. */
async function everyRow(page) {
  const grid = page.getByRole('treegrid', { name: 'Functions', exact: true });
  // Of the document looked at, not of the one before it.
  await page.waitForFunction(() => document.querySelectorAll('[role=rowgroup] .cell .name').length > 10);
  const count = Number(await grid.getAttribute('aria-rowcount')) - 1;
  const rows = new Map();
  for (let top = 0; rows.size < count; top += 400) {
    assert.ok(top < 24 * count + 400, `only ${rows.size} of ${count} rows came`);
    await grid.evaluate((table, top) => (table.scrollTop = top), top);
    await page.waitForFunction(() =>
      [...document.querySelectorAll('[role=rowgroup] [role=row]')].every((row) => row.querySelector('.name')),
    );
    const drawn = await grid.locator('[role=rowgroup] [role=row]').evaluateAll((rows) =>
      rows.map((row) => ({
        at: row.getAttribute('aria-rowindex'),
        cells: [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.innerText.trim()),
        place: row.querySelector('.function[title]').getAttribute('title'),
      })),
    );
    for (const row of drawn) rows.set(row.at, row);
  }
  return [...rows.values()];
}

/** What a cell of times may say for `seconds`: rounded, or `<` the least the column can show. */
function assertTime(text, seconds, perUnit, what) {
  const value = Number(text.replaceAll(',', '').replace('<', ''));
  const least = 10 ** -(text.split('.')[1] ?? '').length;
  if (text.startsWith('<')) assert.ok(seconds * perUnit < value, `${what}: ${text} for ${seconds}`);
  else assert.ok(Math.abs(seconds * perUnit - value) <= 0.5001 * least, `${what}: ${text} for ${seconds} s`);
}

/** As pstats prints a function: `file:line(name)`, built-in ones `{name}`. */
const spelt = (file, line, name) =>
  file === '~' && line === 0
    ? name.startsWith('<') && name.endsWith('>')
      ? `{${name.slice(1, -1)}}`
      : name
    : `${file}:${line}(${name})`;

assert.ok(recordings.length >= 10, `fixtures of ten interpreters at least: ${recordings}`);

for (const version of recordings) {
  pageTest(`Python ${version}: the numbers of its own pstats`, async ({ page }) => {
    const oracle = JSON.parse(await readFile(data(`pstats/${version}.json`), 'utf8'));
    await choose(page, [data(`pstats/${version}.prof`)]);
    await documentButton(page, `${version}.prof`).waitFor();
    await show(page, 'Functions');
    const heads = await page.getByRole('treegrid', { name: 'Functions' }).getByRole('columnheader').allInnerTexts();
    const unit = (column) => PER_UNIT[heads[column].match(/(µs|ms|ns|s)\s*[▾▴]?\s*$/)[1]];
    const shown = await everyRow(page);
    assert.equal(shown.length, oracle.functions.length);
    const functions = new Map();
    for (const [file, line, name, ...numbers] of oracle.functions) {
      const key = spelt(file, line, name);
      functions.set(key, [...(functions.get(key) ?? []), numbers]);
    }
    for (const { cells, place } of shown) {
      const numbers = functions.get(place)?.shift();
      assert.ok(numbers, `${place} is not in pstats`);
      const [calls, primitive, self, total] = numbers;
      const count = (number) => number.toLocaleString('en');
      assert.equal(cells[0], calls === primitive ? count(calls) : `${count(calls)}/${count(primitive)}`, place);
      assertTime(cells[1], Number(self), unit(1), `${place} tottime`);
      assertTime(cells[3], Number(total), unit(3), `${place} cumtime`);
      assertTime(cells[2], Number(self) / calls, unit(2), `${place} percall`);
    }
    assert.match(await page.locator('footer').innerText(), new RegExp(`${oracle.calls.toLocaleString('en')}`));
  });
}
