// The views of a log that answer questions: groups of statements, tables, requests, comparisons. Their
// numbers agree, whatever they are grouped by; links bring them back; the keyboard is enough.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { drawn, opened, show } from './support/views.js';

const LOGS = {
  postgres: data('sql/postgres/pg15.log'),
  mysql: data('mysql/mariadb-10.11.slow.log'),
  django: data('sql/django/postgresql_json.log'),
  shop: data('shop/shop.sql.jsonl'),
  silk: data('silk/dumpdata.json'),
  orders: data('findings/clean-orders.sql.jsonl'),
};

const number = (text) => Number(text.replaceAll(/[^\d.-]/g, ''));

async function open(page, ...logs) {
  await drop(page, logs.map((log) => LOGS[log]));
  await opened(page);
}

/** The rows a table draws now, once they are there: of the first, whatever is known. */
async function rows(page, name) {
  const grid = page.getByRole('grid', { name, exact: true });
  await grid.getByRole('row').nth(1).getByRole('gridcell').first().getByText(/./).first().waitFor();
  return drawn(grid);
}

/** The cells of a chart's table. */
async function chartCells(chart) {
  await chart.getByText('As a table').click();
  await chart.locator('tbody td.number').first().waitFor();
  return chart.locator('tbody td.number').allInnerTexts();
}

/** Every row of a table, also those that are drawn only when they come into view. */
async function allRows(page, name) {
  const grid = page.getByRole('grid', { name, exact: true });
  await rows(page, name);
  const known = new Map();
  for (let top = 0; ; top += 300) {
    await grid.evaluate((table, top) => table.scrollTo(0, top), top);
    await page.waitForTimeout(60);
    for (let tries = 0; tries < 50; tries += 1) {
      const drawn = await grid.locator('[role=rowgroup] [role=row]').evaluateAll((rows) =>
        rows.map((row) => [
          row.getAttribute('aria-rowindex'),
          [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.innerText.trim()),
        ]),
      );
      for (const [at, cells] of drawn) known.set(at, cells);
      if (drawn.every(([, cells]) => cells.some((cell) => cell !== ''))) break;
      await page.waitForTimeout(40);
    }
    if (await grid.evaluate((table) => table.scrollTop + table.clientHeight >= table.scrollHeight - 1)) break;
  }
  await grid.evaluate((table) => table.scrollTo(0, 0));
  assert.equal(known.size + 1, Number(await grid.getAttribute('aria-rowcount')));
  return [...known.values()];
}

/** What `act` saves: the file's name, and what is in it. */
async function saved(page, act) {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

/** What the bar over the queries says of all of them. */
async function whole(page) {
  const text = await page.locator('.view-bar .sum').innerText();
  const [, count, calls, total] = /^([\d,]+) rows? · ([\d,]+) executions(?: · ([\d.,]+) )?/.exec(text) ?? assert.fail(text);
  return { count: number(count), calls: number(calls), total: total === undefined ? undefined : number(total) };
}

for (const log of ['postgres', 'mysql', 'django', 'shop', 'silk', 'orders']) {
  pageTest(`the sums of any grouping are the whole: ${log}`, async ({ page }) => {
    await open(page, log);
    await show(page, 'Queries');
    await rows(page, 'Queries');
    const choice = page.getByLabel('Group by');
    await page.waitForFunction(() => document.querySelectorAll('.choice option').length > 1);
    const kinds = await choice.locator('option').evaluateAll((options) => options.map((option) => option.value));
    assert.ok(kinds.includes('table') && kinds.includes('operation'), `${kinds}`);
    let first;
    for (const kind of kinds) {
      await choice.selectOption(kind);
      await page.waitForTimeout(250);
      const found = await allRows(page, 'Queries');
      const said = await whole(page);
      first ??= said;
      assert.deepEqual({ ...said, count: 0 }, { ...first, count: 0 }, kind);
      assert.equal(found.length, said.count, kind);
      const sum = (column) => found.reduce((sum, cells) => sum + (number(cells[column]) || 0), 0);
      assert.equal(sum(1), said.calls, `calls by ${kind}`);
      // Every cell is rounded to hundredths.
      if (said.total !== undefined) {
        assert.ok(Math.abs(sum(2) - said.total) <= 0.005 * (found.length + 1) + 1e-9, `time by ${kind}: ${sum(2)}, ${said.total}`);
      }
    }
  });
}

pageTest('columns are chosen, and remembered', async ({ page }) => {
  await open(page, 'mysql');
  await show(page, 'Queries');
  await rows(page, 'Queries');
  const heads = () => page.getByRole('grid', { name: 'Queries' }).getByRole('columnheader').allInnerTexts();
  assert.ok(!(await heads()).some((head) => head.startsWith('Rows examined')));
  await page.getByText('Columns', { exact: true }).click();
  const list = page.getByRole('group', { name: 'Columns' });
  for (const name of ['Rows examined', 'Std dev', 'V/M', 'First', 'Last', 'Distinct', 'Impact']) {
    await list.getByLabel(name, { exact: true }).check();
  }
  await list.getByLabel('p95', { exact: true }).uncheck();
  await assertAccessible(page, 'the choice of columns');
  await page.keyboard.press('Escape');
  const chosen = await heads();
  assert.ok(chosen.some((head) => head.startsWith('Rows examined')) && chosen.some((head) => head.startsWith('V/M')), `${chosen}`);
  assert.ok(!chosen.some((head) => head.startsWith('p95')), `${chosen}`);
  await page.waitForFunction(() => /columns=[^&]*rows-examined/.test(location.hash));
  await page.waitForTimeout(300);
  await page.reload();
  await rows(page, 'Queries');
  assert.deepEqual(await heads(), chosen);
});

pageTest('a group is a link, and has the whole width', async ({ page }) => {
  await open(page, 'orders');
  await show(page, 'Queries');
  await rows(page, 'Queries');
  await page.getByLabel('Group by').selectOption('caller');
  await page.waitForTimeout(250);
  const grid = page.getByRole('grid', { name: 'Queries' });
  await grid.focus();
  const details = page.getByRole('complementary', { name: 'Selected group' });
  const heading = details.getByRole('heading', { level: 2 });
  await page.keyboard.press('ArrowDown');
  const first = await heading.innerText();
  await page.keyboard.press('ArrowDown');
  await heading.filter({ hasNotText: first.replace(/^Caller\s+/, '') }).waitFor();
  await details.getByRole('heading', { name: 'What it runs' }).waitFor();
  const name = await details.getByRole('heading', { level: 2 }).innerText();
  const calls = number(await details.getByText('Calls', { exact: true }).first().locator('xpath=following-sibling::dd').innerText());
  const executions = page.getByRole('grid', { name: 'Executions' });
  assert.equal(Number(await executions.getAttribute('aria-rowcount')), calls + 1);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /wide=yes/.test(location.hash) && /group-by=caller/.test(location.hash));
  await grid.waitFor({ state: 'hidden' });
  await page.waitForTimeout(300);
  await page.reload();
  assert.equal(await details.getByRole('heading', { level: 2 }).innerText(), name);
  await grid.waitFor({ state: 'hidden' });
  await page.keyboard.press('Escape');
  await grid.waitFor();
  // From what it runs to that query, and back.
  await details.locator('table').last().getByRole('button').first().click();
  await page.getByRole('complementary', { name: 'Selected query' }).getByRole('heading', { name: 'Who runs it' }).waitFor();
  await page.goBack();
  await details.getByRole('heading', { name: name.replaceAll(/\s+/g, ' ') }).waitFor();
});

pageTest('charts are walked with the keys, and are tables as well', async ({ page }) => {
  await open(page, 'postgres');
  await show(page, 'Queries');
  await rows(page, 'Queries');
  await page.getByRole('grid', { name: 'Queries' }).getByRole('row').nth(1).click();
  const details = page.getByRole('complementary', { name: 'Selected query' });
  const calls = number(await details.getByText('Calls', { exact: true }).first().locator('xpath=following-sibling::dd').innerText());
  const picture = details.getByRole('application', { name: /^Executions by duration/ });
  await picture.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await details.getByText(/: [\d,]+ executions\.$/).first().waitFor();
  for (const chart of ['Executions by duration', 'Executions over time']) {
    const fold = details.locator('.chart').filter({ has: page.getByRole('application', { name: new RegExp(`^${chart}`) }) });
    const cells = await chartCells(fold);
    assert.equal(cells.reduce((sum, cell) => sum + number(cell), 0), calls, chart);
  }
});

pageTest('tables: who reads and writes them, by which columns', async ({ page }) => {
  await open(page, 'postgres');
  await show(page, 'Queries');
  await rows(page, 'Queries');
  const { total } = await whole(page);
  await show(page, 'Tables');
  await rows(page, 'Tables');
  const found = await allRows(page, 'Tables');
  const parts = found.reduce((sum, cells) => sum + (number(cells[3]) || 0), 0);
  assert.ok(parts > 0 && parts <= total + 0.005 * found.length, `${parts} of ${total}`);
  await page.getByRole('grid', { name: 'Tables' }).focus();
  await page.keyboard.press('ArrowDown');
  const details = page.getByRole('complementary', { name: 'Selected table' });
  await details.getByRole('heading', { level: 2 }).waitFor();
  const table = await details.getByRole('heading', { level: 2 }).innerText();
  await page.waitForFunction(() => /table=\d/.test(location.hash));
  const chart = details.locator('.chart');
  const values = await chartCells(chart);
  const [reads, writes] = [found.find((cells) => cells[0] === table)].map((cells) => [number(cells[1]), number(cells[2])])[0];
  assert.equal(values.reduce((sum, cell) => sum + number(cell), 0), reads + writes);
  await page.waitForTimeout(300);
  await page.reload();
  assert.equal(await details.getByRole('heading', { level: 2 }).innerText(), table);
  await details.getByRole('button', { name: 'Its queries' }).click();
  await page.getByRole('tab', { name: 'Queries', selected: true }).waitFor();
  await page.getByRole('list', { name: 'Conditions' }).getByText(`Table: ${table}`).waitFor();
  await page.waitForTimeout(300);
  for (const cells of await rows(page, 'Queries')) assert.match(cells.join(' '), new RegExp(table.split('.').at(-1)));
});

pageTest('tables over time are a picture that is walked and saved', async ({ page }) => {
  await open(page, 'postgres');
  await show(page, 'Tables');
  const [first] = await rows(page, 'Tables');
  await page.getByRole('button', { name: 'Over time', exact: true }).click();
  const picture = page.getByRole('application', { name: /^Reads and writes of each table/ });
  await picture.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.getByText(new RegExp(`^${first[0]}, .* reads, \\d+ writes\\.$`)).waitFor();
  await page.getByRole('complementary', { name: 'Selected table' }).getByRole('heading', { name: first[0], exact: true }).waitFor();
  await page.waitForFunction(() => /tables=over-time/.test(location.hash));
  const svg = await saved(page, () => page.getByRole('button', { name: 'Tables over time: save as SVG' }).click());
  assert.equal(svg.name, 'pg15.log.tables-over-time.svg');
  assert.ok(svg.text.includes(first[0]) && svg.text.includes('<rect'));
  // The picture has the numbers of the table.
  await page.locator('.matrix').getByText('Copy, save').click();
  const json = await saved(page, () => page.locator('.matrix').getByRole('button', { name: 'Save as JSON' }).click());
  const own = JSON.parse(json.text).filter((row) => row.table === first[0]);
  assert.equal(own.reduce((sum, row) => sum + row.reads, 0), number(first[1]));
  assert.equal(own.reduce((sum, row) => sum + row.writes, 0), number(first[2]));
  await page.keyboard.press('Escape');
  await picture.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('list', { name: 'Conditions' }).getByText(`Table: ${first[0]}`).waitFor();
});

pageTest('a request is copied, drawn and filtered by, and so is its view', async ({ page }) => {
  await open(page, 'silk');
  await show(page, 'Requests');
  await rows(page, 'Requests');
  const grid = page.getByRole('grid', { name: 'Requests', exact: true });
  await grid.getByRole('row').nth(1).click();
  const steps = await allRows(page, 'Statements of the request');
  const request = page.getByRole('region', { name: 'Selected request' });
  await request.getByText('Copy, save').click();
  const json = await saved(page, () => request.getByRole('button', { name: 'Save as JSON' }).click());
  assert.equal(JSON.parse(json.text).length, steps.length);
  await page.keyboard.press('Escape');
  const svg = await saved(page, () => request.getByRole('button', { name: 'Save as SVG' }).click());
  assert.equal(svg.text.match(/<rect/g).length - 1, steps.length);
  const summary = page.getByRole('region', { name: 'Filter' }).locator('.summary');
  await request.getByRole('button', { name: 'Only this request' }).click();
  await summary.getByText(new RegExp(`^${steps.length} of `)).waitFor();
  await page.getByRole('button', { name: /^Remove filter/ }).click();
  await page.getByRole('button', { name: 'By view' }).click();
  const [view] = await rows(page, 'Requests');
  await grid.getByRole('row').nth(1).click();
  await page.getByRole('region', { name: 'Selected view' }).getByRole('button', { name: 'Only requests of this view' }).click();
  await summary.getByText(new RegExp(`^${view[2]} of `)).waitFor();
});

pageTest('requests: a waterfall, from which one goes to a statement', async ({ page }) => {
  await open(page, 'orders');
  await show(page, 'Requests');
  await rows(page, 'Requests');
  const heads = (await page.getByRole('grid', { name: 'Requests', exact: true }).getByRole('columnheader').allInnerTexts()).map((head) => head.split('\n')[0].trim());
  const cell = (cells, name) => cells[heads.findIndex((head) => head.startsWith(name))];
  const [request] = await rows(page, 'Requests');
  await page.getByRole('grid', { name: 'Requests', exact: true }).focus();
  await page.keyboard.press('ArrowDown');
  await rows(page, 'Statements of the request');
  const steps = await allRows(page, 'Statements of the request');
  assert.equal(steps.length, number(cell(request, 'Statements')));
  const durations = steps.reduce((sum, cells) => sum + (number(cells[4]) || 0), 0);
  assert.ok(Math.abs(durations - number(cell(request, 'Database'))) <= 0.005 * steps.length + 0.01, `${durations}`);
  const waterfall = page.getByRole('grid', { name: 'Statements of the request' });
  await waterfall.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const card = page.getByRole('complementary', { name: 'Selected statement' });
  await card.getByRole('heading', { name: 'Statement' }).waitFor();
  await page.waitForFunction(() => /request=\d/.test(location.hash) && /statement=\d/.test(location.hash));
  await page.waitForTimeout(300);
  await page.reload();
  await card.getByRole('heading', { name: 'Statement' }).waitFor();
  await page.keyboard.press('Escape');
  await card.waitFor({ state: 'hidden' });
  await page.keyboard.press('Escape');
  await waterfall.waitFor({ state: 'hidden' });
});

pageTest('Apdex follows its threshold', async ({ page }) => {
  await open(page, 'silk');
  await show(page, 'Requests');
  await page.getByRole('button', { name: 'By view' }).click();
  await rows(page, 'Requests');
  const apdex = async () => number((await rows(page, 'Requests'))[0].at(-1));
  const threshold = page.getByLabel('Apdex threshold');
  await threshold.fill('100000');
  await threshold.press('Enter');
  await page.waitForFunction(() => /apdex=100000/.test(location.hash));
  await page.waitForTimeout(200);
  const loose = await apdex();
  await threshold.fill('0.001');
  await threshold.press('Enter');
  await page.waitForFunction(() => /apdex=0.001/.test(location.hash));
  await page.waitForTimeout(200);
  assert.ok((await apdex()) < loose && loose === 1, `${loose}`);
});

pageTest('two logs are compared', async ({ page }) => {
  await drop(page, [data('findings/clean-orders.sql.jsonl'), data('findings/duplicates-orders.sql.jsonl')]);
  await opened(page);
  await page.getByRole('list', { name: 'Documents' }).getByRole('button', { name: /duplicates-orders/ }).first().click();
  await show(page, 'Compare');
  await page.getByLabel('Before:').selectOption({ label: 'clean-orders.sql.jsonl' });
  await page.getByRole('combobox', { name: /^Totals/ }).selectOption('log');
  await page.getByRole('status').filter({ hasText: /clean-orders/ }).first().waitFor();
  const found = await allRows(page, 'Comparison');
  const said = await page.locator('.view-bar .sum').innerText();
  const [, before, after] = /: .*? in ([\d,]+) calls.*? in ([\d,]+) calls/.exec(said) ?? assert.fail(said);
  const sides = found.map((cells) => cells[3].split(/→|to/).map(number));
  assert.equal(sides.reduce((sum, [before]) => sum + before, 0), number(before), said);
  assert.equal(sides.reduce((sum, cells) => sum + cells.at(-1), 0), number(after), said);
  const changes = found.map((cells) => number(cells[1].replace('−', '-')));
  assert.deepEqual(changes, changes.toSorted((one, other) => other - one), 'what hurts is first');
  await page.getByRole('grid', { name: 'Comparison' }).focus();
  await page.keyboard.press('ArrowDown');
  const details = page.getByRole('complementary', { name: 'Selected comparison' });
  await details.getByText(/chance/).first().waitFor();
  await page.waitForFunction(() => /against=log/.test(location.hash) && /compared=0/.test(location.hash));
  await page.waitForTimeout(300);
  await page.reload();
  await details.getByText(/chance/).first().waitFor();
  assert.equal((await allRows(page, 'Comparison')).length, found.length);
});

pageTest('tables and charts are saved as they are shown', async ({ page }) => {
  await open(page, 'postgres');
  await show(page, 'Queries');
  await rows(page, 'Queries');
  const said = await whole(page);
  await page.getByText('Copy, save').click();
  await assertAccessible(page, 'the menu of a table');
  const json = await saved(page, () => page.getByRole('button', { name: 'Save as JSON' }).click());
  assert.equal(json.name, 'pg15.log.queries.json');
  const found = JSON.parse(json.text);
  assert.equal(found.length, said.count);
  assert.equal(found.reduce((sum, row) => sum + row.calls, 0), said.calls);
  assert.ok(Math.abs(found.reduce((sum, row) => sum + (row.total_ms ?? 0), 0) - said.total) < 0.01);
  const csv = await saved(page, () => page.getByRole('button', { name: 'Save as CSV' }).click());
  assert.match(csv.text, /^text,calls,total \(ms\),share,/);
  await page.keyboard.press('Escape');
  await page.getByRole('grid', { name: 'Queries' }).getByRole('row').nth(1).click();
  const svg = await saved(page, () => page.getByRole('button', { name: 'Executions by duration: save as SVG' }).click());
  assert.equal(svg.name, 'executions-by-duration.svg');
  assert.match(svg.text, /^<svg[^]*<rect/);
  // Every execution, and both forms of the SQL.
  const details = page.getByRole('complementary', { name: 'Selected query' });
  const executions = details.getByRole('region', { name: 'Executions' });
  await executions.getByText('Copy, save').click();
  const own = await saved(page, () => executions.getByRole('button', { name: 'Save as JSON' }).click());
  assert.equal(own.name, 'pg15.log.executions.json');
  assert.equal(JSON.parse(own.text).length, number((await rows(page, 'Queries'))[0][1]));
  await show(page, 'Timeline');
  const picture = await saved(page, () => page.getByRole('button', { name: 'Save as SVG' }).click());
  assert.match(picture.text, /^<svg[^]*pid \d+/);
  await show(page, 'Compare');
  await page.getByLabel('Before:').selectOption('earlier');
  await rows(page, 'Comparison');
  await page.getByText('Copy, save').click();
  const sides = await saved(page, () => page.getByRole('button', { name: 'Save as CSV' }).click());
  assert.match(sides.text, /,calls before,calls after,mean before \(ms\),mean after \(ms\),/);
});

pageTest('a log is compared with what was before', async ({ page }) => {
  await open(page, 'postgres');
  await show(page, 'Compare');
  // Nothing is compared unasked.
  await page.getByText('Choose what to compare with').waitFor();
  await page.getByLabel('Before:').selectOption('earlier');
  const found = await allRows(page, 'Comparison');
  assert.ok(found.length > 10);
  await page.getByRole('status').filter({ hasText: /Before, .* After, / }).first().waitFor();
  const verdicts = new Set(found.map((cells) => cells[2]));
  assert.ok([...verdicts].some((verdict) => verdict.startsWith('new')), `${[...verdicts]}`);
});

for (const viewport of ['desktop', 'phone']) {
  for (const colorScheme of ['light', 'dark']) {
    pageTest(`queries, tables, requests, compare: ${viewport}, ${colorScheme}`, { viewport, colorScheme }, async ({ page, screenshot }) => {
      const look = async (name) => {
        await page.waitForTimeout(350);
        await assertAccessible(page, name);
        await screenshot(name);
      };
      await open(page, 'postgres');
      await show(page, 'Queries');
      await rows(page, 'Queries');
      await look('groups');
      await page.getByLabel('Group by').selectOption('table');
      await look('groups-by-table');
      await page.getByLabel('Group by').selectOption('query');
      await page.waitForTimeout(200);
      await page.getByRole('grid', { name: 'Queries' }).getByRole('row').nth(2).click();
      await look('group');
      await page.getByRole('button', { name: 'Whole width' }).click();
      await look('group-wide');
      await page.keyboard.press('Escape');
      await show(page, 'Tables');
      await rows(page, 'Tables');
      await look('tables');
      await page.getByRole('grid', { name: 'Tables' }).getByRole('row').nth(1).click();
      await page.getByRole('complementary', { name: 'Selected table' }).waitFor();
      await look('table');
      await show(page, 'Compare');
      await page.getByLabel('Before:').selectOption('earlier');
      await rows(page, 'Comparison');
      await page.getByRole('grid', { name: 'Comparison' }).getByRole('row').nth(1).click();
      await look('compare');
      await drop(page, [LOGS.orders]);
      await page.getByRole('list', { name: 'Documents' }).getByRole('button', { name: /clean-orders/ }).first().waitFor();
      await opened(page);
      await show(page, 'Requests');
      await rows(page, 'Requests');
      await page.getByRole('grid', { name: 'Requests', exact: true }).getByRole('row').nth(1).click();
      await rows(page, 'Statements of the request');
      await look('requests');
      await page.getByRole('grid', { name: 'Statements of the request' }).getByRole('row').nth(3).click();
      await look('request-statement');
      await page.getByRole('button', { name: 'By view' }).click();
      await look('requests-by-view');
    });
  }
}
