// Going through large tables by keyboard, and finding one's way back: selections, history, files that
// share a name.

import assert from 'node:assert/strict';

import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { opened, show, tableOf } from './support/views.js';

/** A pstats file of `count` functions, `function_0` with most self time, as Python 3 would marshal it. */
function madeProfile(count) {
  const parts = [];
  const int = (value) => {
    const bytes = Buffer.alloc(5);
    bytes.write('i');
    bytes.writeInt32LE(value, 1);
    parts.push(bytes);
  };
  const float = (value) => {
    const bytes = Buffer.alloc(9);
    bytes.write('g');
    bytes.writeDoubleLE(value, 1);
    parts.push(bytes);
  };
  const sized = (code, size) => {
    const bytes = Buffer.alloc(5);
    bytes.write(code);
    bytes.writeInt32LE(size, 1);
    parts.push(bytes);
  };
  const text = (value) => {
    sized('u', Buffer.byteLength(value));
    parts.push(Buffer.from(value));
  };
  parts.push(Buffer.from('{'));
  for (let index = 0; index < count; index++) {
    sized('(', 3);
    text('/srv/app/many.py');
    int(index + 1);
    text(`function_${index}`);
    sized('(', 5);
    int(1);
    int(1);
    float((count - index) * 1e-4);
    float((count - index) * 1e-4);
    parts.push(Buffer.from('{0'));
  }
  parts.push(Buffer.from('0'));
  return Buffer.concat(parts);
}

const selectedRow = (page, table) =>
  tableOf(page, table).locator('[role=row][aria-selected=true]');

const details = (page) => page.getByRole('complementary', { name: 'Selected function' });

/** Opens 3,000 functions, and goes to the last of them with the keys. */
async function selectLastOfMany(page) {
  await drop(page, [{ name: 'many.prof', bytes: madeProfile(3000) }]);
  await opened(page);
  await show(page, 'Functions');
  const table = page.getByRole('treegrid', { name: 'Functions', exact: true });
  await table.getByText('function_0', { exact: true }).waitFor();
  await table.focus();
  await page.keyboard.press('End');
  await details(page).getByRole('heading', { name: 'function_2999' }).waitFor();
}

pageTest('the keys reach every row of a large table', async ({ page }) => {
  await selectLastOfMany(page);
  assert.equal(await selectedRow(page, 'Functions').getAttribute('aria-rowindex'), '3001');
  await page.keyboard.press('ArrowUp');
  await details(page).getByRole('heading', { name: 'function_2998' }).waitFor();
  await page.keyboard.press('Home');
  await details(page).getByRole('heading', { name: 'function_0', exact: true }).waitFor();
  for (let page_ = 0; page_ < 5; page_++) await page.keyboard.press('PageDown');
  await page.waitForFunction(
    () => Number(document.querySelector('[role=row][aria-selected=true]')?.getAttribute('aria-rowindex')) > 100,
  );
});

pageTest('a selection has its row in every view, and after a reload', async ({ page }) => {
  await selectLastOfMany(page);
  await show(page, 'Flame graph');
  await show(page, 'Functions');
  await selectedRow(page, 'Functions').getByText('function_2999').waitFor();
  await page.reload();
  await selectedRow(page, 'Functions').getByText('function_2999').waitFor();
});

pageTest('a selected function of next to no time has its row in the call tree', async ({ page }) => {
  await selectLastOfMany(page);
  // Its rows come together with what is selected in them.
  await show(page, 'Call tree');
  await selectedRow(page, 'Call tree').getByText('function_2999').waitFor();
});

pageTest('the keys in the flame graph start at what was selected elsewhere', async ({ page }) => {
  await drop(page, [data('shop/shop.prof')]);
  await opened(page);
  await show(page, 'Functions');
  await page.getByRole('searchbox', { name: 'Search' }).fill('ordering.py');
  await page.getByRole('treegrid', { name: 'Functions' }).getByText('orders', { exact: true }).click();
  await details(page).getByRole('heading', { name: 'orders' }).waitFor();
  await show(page, 'Flame graph');
  // The tree is asked for with its first picture.
  await page.getByRole('application', { name: /^Call tree of shop\.prof: [\d,]+ boxes/ }).focus();
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => location.hash.includes('box='));
  assert.equal(await details(page).getByRole('heading').first().innerText(), 'orders');
});

pageTest('Back goes from a callee to where one came from', async ({ page }) => {
  await drop(page, [data('shop/shop.prof')]);
  await opened(page);
  await show(page, 'Callers and callees');
  const heading = page.locator('.summary').getByRole('heading');
  const first = await heading.innerText();
  await page.getByRole('grid', { name: 'Callees' }).locator('[role=rowgroup] [role=row]').first().click();
  await page.waitForFunction((first) => document.querySelector('.summary h2')?.innerText !== first, first);
  await page.goBack();
  await page.waitForFunction((first) => document.querySelector('.summary h2')?.innerText === first, first);
  assert.equal(await page.getByRole('tab', { selected: true }).innerText(), 'Callers and callees');
});

pageTest('two files of one name stay apart', async ({ page }) => {
  await drop(page, [data('shop/shop.prof')]);
  await opened(page);
  await drop(page, [{ name: 'shop.prof', bytes: madeProfile(7) }]);
  await page.locator('footer').getByText('7 functions').waitFor();
  await page.reload();
  await page.locator('footer').getByText('7 functions').waitFor();
  await page.goBack();
  await page.locator('footer').getByText('984 functions').waitFor();
});

pageTest('an address that cannot be shown is not pretended', async ({ page }) => {
  await drop(page, [data('shop/shop.prof')]);
  await opened(page);
  await page.evaluate(() => (location.hash = '#file=shop.prof&view=timeline'));
  await page.getByRole('tab', { name: 'Findings', selected: true }).waitFor();
  await page.evaluate(() => (location.hash = '#file=gone.prof&view=functions'));
  await page.getByRole('heading', { name: 'Drop a Python profile and an SQL log' }).waitFor();
  await page.getByText(/gone\.prof is not open in this browser/).waitFor();
});

pageTest('of several files the readable one is looked at', async ({ page }) => {
  await drop(page, [{ name: 'notes.txt', text: 'Dear diary' }, data('shop/shop.sql.jsonl')]);
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
});

pageTest('searches count in logs, too', async ({ page }) => {
  await drop(page, [data('shop/shop.sql.jsonl')]);
  await opened(page);
  await page.getByRole('searchbox', { name: 'Search' }).fill('shop_product');
  await page.locator('.search .found').getByText('1 match', { exact: true }).waitFor();
});
