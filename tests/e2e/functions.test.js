// The table of functions: in groups, with who calls whom below a row, with the columns and widths one wants.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { opened, rows, show, tableOf } from './support/views.js';

const table = (page) => tableOf(page, 'Functions');
const row = (page, name) =>
  table(page).getByRole('row').filter({ has: page.locator('.name', { hasText: new RegExp(`^${name}$`) }) }).first();

async function openFunctions(page) {
  await page.getByRole('button', { name: 'Keys' }).waitFor();
  await drop(page, [data('shop/shop.prof')]);
  await opened(page);
  await show(page, 'Functions');
  return rows(page, 'Functions');
}

pageTest('a row opens to who calls it and whom it calls', async ({ page, screenshot }) => {
  await openFunctions(page);
  await page.getByRole('searchbox', { name: 'Search' }).fill('ordering.py');
  const orders = row(page, 'orders');
  await orders.waitFor();
  assert.equal(await orders.getAttribute('aria-expanded'), 'false');
  const before = (await rows(page, 'Functions')).length;
  await orders.locator('.twisty').click();
  const mark = table(page).locator('.mark');
  await mark.getByText('called by', { exact: true }).first().waitFor();
  await mark.getByText('calls', { exact: true }).first().waitFor();
  assert.equal(await orders.getAttribute('aria-expanded'), 'true');
  await screenshot('function-open');
  await assertAccessible(page, 'an open function');
  // What is below it is walked with the keys, and leads to that function.
  await orders.click();
  await page.keyboard.press('ArrowDown');
  const caller = table(page).locator('[role=row][aria-selected=true]');
  await caller.locator('.mark').waitFor();
  assert.equal(await caller.getAttribute('aria-level'), '2');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowLeft');
  await mark.first().waitFor({ state: 'detached' });
  assert.equal((await rows(page, 'Functions')).length, before);
  await page.keyboard.press('ArrowRight');
  await mark.first().waitFor();
  // In another order it is closed.
  await page.getByRole('columnheader', { name: /cumtime/ }).getByRole('button').click();
  await mark.first().waitFor({ state: 'detached' });
});

pageTest('functions by package, module and layer', async ({ page, screenshot }) => {
  const all = await openFunctions(page);
  const by = page.getByLabel('Group by');
  await by.selectOption({ label: 'Package' });
  const django = row(page, 'django');
  await django.waitFor();
  assert.match(await django.innerText(), /[\d,]+ functions/);
  assert.ok((await rows(page, 'Functions')).length < all.length);
  await page.waitForFunction(() => location.hash.includes('grouped=package'));
  await django.click();
  await page.keyboard.press('ArrowRight');
  const second = table(page).locator('[role=row][aria-level="2"]');
  await second.first().waitFor();
  await screenshot('functions-by-package');
  await assertAccessible(page, 'functions by package');
  // A function in a group opens as any does.
  await second.first().locator('.twisty').click();
  await table(page).locator('[role=row][aria-level="3"]').first().waitFor();
  await page.reload();
  await row(page, 'django').waitFor();
  await by.selectOption({ label: 'Layer' });
  await row(page, 'Database driver and ORM').waitFor();
  await by.selectOption({ label: 'Module' });
  await row(page, 'django/db/models/query.py').waitFor();
  // The search is for functions.
  await page.getByRole('searchbox', { name: 'Search' }).fill('ordering.py');
  await page.waitForFunction(() => document.querySelectorAll('[role=treegrid] [role=rowgroup] [role=row]').length < 3);
  await by.selectOption({ label: 'Function' });
  await row(page, 'orders').waitFor();
});

pageTest('columns are chosen and stay', async ({ page }) => {
  await openFunctions(page);
  const heads = async () => (await table(page).getByRole('columnheader').allInnerTexts()).map((head) => head.split(/\s/)[0]);
  assert.deepEqual(await heads(), ['ncalls', 'tottime', 'percall', 'cumtime', 'percall', 'self', 'total', 'function']);
  await page.getByText('Columns', { exact: true }).click();
  await page.getByLabel('Self time per call').uncheck();
  await page.getByLabel('Total time per call').uncheck();
  assert.deepEqual(await heads(), ['ncalls', 'tottime', 'cumtime', 'self', 'total', 'function']);
  await page.reload();
  await rows(page, 'Functions');
  assert.deepEqual(await heads(), ['ncalls', 'tottime', 'cumtime', 'self', 'total', 'function']);
  await page.getByText('Columns', { exact: true }).click();
  await page.getByRole('button', { name: 'As at first' }).click();
  assert.equal((await heads()).length, 8);
});

pageTest('columns are as wide as one makes them', async ({ page }) => {
  await openFunctions(page);
  const head = page.getByRole('columnheader', { name: /tottime/ }).first();
  const edge = page.getByRole('separator', { name: 'Width of tottime' });
  const width = async () => (await head.boundingBox()).width;
  const first = await width();
  const place = await edge.boundingBox();
  await page.mouse.move(place.x + place.width / 2, place.y + 8);
  await page.mouse.down();
  await page.mouse.move(place.x + place.width / 2 + 60, place.y + 8, { steps: 4 });
  await page.mouse.up();
  assert.ok(Math.abs((await width()) - first - 60) < 6, `${await width()} of ${first}`);
  // Its head was not pressed: the order is the same.
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  await edge.focus();
  await page.keyboard.press('ArrowLeft');
  const narrower = await width();
  assert.ok(Math.abs(narrower - first - 44) < 6);
  await page.reload();
  await rows(page, 'Functions');
  assert.equal(await width(), narrower);
  await edge.focus();
  await page.keyboard.press('Home');
  assert.equal(await width(), first);
  // So is the panel beside the table.
  await table(page).getByRole('row').nth(1).click();
  const panel = page.getByRole('complementary', { name: 'Selected function' });
  const wide = (await panel.boundingBox()).width;
  await page.getByRole('separator', { name: 'Width of the panel' }).focus();
  await page.keyboard.press('ArrowLeft');
  assert.ok((await panel.boundingBox()).width > wide);
});

pageTest('what has a name that says nothing leads with its file', async ({ page }) => {
  await openFunctions(page);
  const box = page.getByRole('searchbox', { name: 'Search' });
  for (const name of ['<lambda>', '__init__']) {
    await box.fill(name);
    // Files are searched as well: `logging/__init__.py` has functions of any name.
    await page.waitForFunction(
      (name) =>
        [...document.querySelectorAll('[role=treegrid] [role=rowgroup] [role=row]')].every((row) => row.innerText.includes(name)),
      name,
    );
    const names = await table(page).locator('[role=rowgroup] .name').allInnerTexts();
    const named = names.filter((each) => each.endsWith(` ${name}`));
    assert.ok(named.length > 0 && named.every((each) => /^\S+:\d+ /.test(each)), names.join('\n'));
    assert.ok(!names.includes(name), name);
  }
});

pageTest('on a phone the column it is sorted by is in sight', { viewport: 'phone', touch: true }, async ({ page, screenshot }) => {
  await openFunctions(page);
  const inSight = () =>
    page.waitForFunction(() => {
      const place = (what) => document.querySelector(`[role=treegrid] .head ${what}`).getBoundingClientRect();
      const [sorted, name] = [place('[aria-sort]'), place('.leading')];
      return sorted.left >= name.right - 1 && sorted.right <= innerWidth + 1;
    });
  await inSight();
  const other = page.getByRole('columnheader', { name: /cumtime/ }).getByRole('button');
  await other.scrollIntoViewIfNeeded();
  await other.tap();
  await page.locator('[role=columnheader][aria-sort]').getByText('cumtime').waitFor();
  await inSight();
  await row(page, '.*').locator('.twisty').tap();
  await table(page).locator('.mark').first().waitFor();
  await screenshot('functions-phone');
  await assertAccessible(page, 'functions on a phone');
});
