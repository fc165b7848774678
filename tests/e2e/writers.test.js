// pstats files by each tool, and files that are none: what the page says of them, in both schemes.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { heads, opened, rows, show } from './support/views.js';

const SCHEMES = ['light', 'dark'];

/** A recording by each tool; what the status line says of it; the head of the first column of Functions; a notice. */
const RECORDINGS = [
  ['yappi-builtins.prof.gz', 'pstats by yappi', 'ncalls', null],
  ['yappi-nap.prof', 'pstats by yappi', 'ncalls', /yappi recorded no built-in functions/],
  ['yappi-asyncio-wall.prof.gz', 'pstats by yappi', 'ncalls', /waits of tasks overlap/],
  ['profile-module-wall.prof', 'pstats by profile', 'ncalls', /times of callers are estimated/],
  ['cprofile-gevent.prof.gz', 'cProfile / pstats', 'ncalls', /greenlets \(gevent\)/],
  ['pyinstrument-levels.prof', 'pstats by pyinstrument', 'tottime', /once per level/],
  ['sampling.prof.gz', 'pstats by profiling.sampling', 'samples', /samples of lines, no calls/],
  ['zero-primitive-calls.prof', 'cProfile / pstats', 'ncalls', /at least the self time/],
  ['timer-without-unit-all-zero.prof', 'cProfile / pstats', 'ncalls', /calls but no times/],
  ['stripped.prof.gz', 'cProfile / pstats', 'ncalls', /whose code it is cannot be told/],
];

for (const colorScheme of SCHEMES) {
  for (const [file, format, first, notice] of RECORDINGS) {
    pageTest(`${file}, ${colorScheme}`, { colorScheme }, async ({ page, screenshot }) => {
      await drop(page, [data(`pstats/writers/${file}`)]);
      await opened(page);
      const totals = await page.getByRole('list', { name: 'Totals' }).getByRole('listitem').allInnerTexts();
      assert.equal(totals[0], format);
      if (notice) {
        await page.locator('.noticed summary').click();
        assert.match(await page.locator('.noticed ul').innerText(), notice);
        await page.locator('.noticed summary').click();
      }
      const name = file.replace(/\.prof(\.gz)?$/, '');
      for (const view of ['Findings', 'Flame graph', 'Call tree', 'Functions']) {
        await show(page, view);
        await page.waitForTimeout(200);
        await assertAccessible(page, `${view} of ${file}`);
        await screenshot(`writers-${name}-${view.toLowerCase().replaceAll(' ', '-')}`);
      }
      await rows(page, 'Functions');
      assert.match((await heads(page, 'Functions'))[0], new RegExp(`^${first}`));
      assert.doesNotMatch(await page.locator('body').innerText(), /-1 calls|NaN|infinity/);
    });
  }
}

/** Files that are none: what they look like, and what to try. */
const WRONG = [
  ['printed-table.txt', /a table that cProfile or pstats printed/, /python -m cProfile -o app\.prof app\.py/],
  ['app.py', /a Python program/, /python -m cProfile -o app\.prof app\.py/],
  ['yappi.ystat', /yappi's own statistics/, /type="pstat"/],
  ['stats.pickle', /a pickled dict of statistics/, /dump_stats\("app\.prof"\)/],
  ['pyinstrument.html', /pyinstrument's web page/, /pyinstrument -r pstats/],
];

for (const colorScheme of SCHEMES) {
  pageTest(`wrong files, ${colorScheme}`, { colorScheme }, async ({ page, screenshot }) => {
    const files = await Promise.all(
      WRONG.map(async ([name]) => ({ name, bytes: await readFile(data(`wrong/${name}`)) })),
    );
    const others = [
      { name: 'picture.png', bytes: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex') },
      { name: 'empty.prof', bytes: Buffer.alloc(0) },
      { name: 'notes.txt', text: 'Dear diary' },
    ];
    const expected = [
      ...WRONG,
      ['picture.png', /a PNG picture/, /Drop the recording itself/],
      ['empty.prof', /the file is empty/, /python -m cProfile -o app\.prof app\.py/],
      ['notes.txt', /a text file/, /Supported\s+Profiles:[^\n]*\s+Memory and lines:[^\n]*\s+SQL logs:/],
    ];
    for (const [index, file] of [...files, ...others].entries()) {
      const [name, looksLike, advice] = expected[index];
      await drop(page, [file]);
      const alert = page.getByRole('alert');
      await alert.getByRole('heading', { name: `${name} could not be read` }).waitFor();
      const text = await alert.innerText();
      assert.match(text, looksLike);
      assert.match(text, advice);
      await assertAccessible(page, name);
      await screenshot(`wrong-${name}`);
      // The card stands under its title.
      const [title, card] = await Promise.all([
        alert.getByRole('heading').boundingBox(),
        alert.locator('dl').boundingBox(),
      ]);
      assert.ok(Math.abs(title.x - card.x) < 1 && card.y >= title.y + title.height, JSON.stringify([title, card]));
    }
  });
}

pageTest('a tar archive opens as its files', async ({ page }) => {
  await drop(page, [data('wrong/profile-in.tar.gz')]);
  await opened(page);
  await page.getByRole('list', { name: 'Documents' }).getByRole('button', { name: 'G-multiple-roots.prof' }).first().waitFor();
});

pageTest('one scheme of colours', async ({ page }) => {
  await drop(page, [data('pstats/writers/yappi-builtins.prof.gz')]);
  await opened(page);
  const key = (list, text) =>
    page
      .getByRole('list', { name: list })
      .getByRole('listitem')
      .filter({ hasText: text })
      .locator('.key')
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);
  const found = await key('Layers', /serialisation/i);
  await show(page, 'Flame graph');
  assert.equal(await key('Colours', /serialisation/i), found);
  await show(page, 'Functions');
  const square = page.locator('.swatch.serialisation').first();
  assert.equal(await square.evaluate((element) => getComputedStyle(element).backgroundColor), found);
});
