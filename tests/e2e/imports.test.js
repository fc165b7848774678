// Hiding what lies between modules and the ones they import: in the pictures and the table, by mouse and keyboard, in
// the address.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { drawn, opened, show } from './support/views.js';

const MANY = 'trees/imports.prof.gz';

const picture = (page) => page.getByRole('application', { name: /^Call tree of .*: [\d,]+ boxes/ });
const hide = (page) => page.getByRole('button', { name: 'Hide imports', exact: true });
const pressed = (page, is) => page.locator(`button[aria-pressed=${is}]`, { hasText: 'Hide imports' }).waitFor();
const crumbs = (page) => page.getByRole('navigation', { name: 'Stack' });
const details = (page) => page.getByRole('complementary', { name: 'Selected function' });

/** How many boxes the picture has. */
async function boxes(page) {
  const name = await picture(page).getAttribute('aria-label');
  return Number(/: ([\d,]+) boxes/.exec(name)[1].replaceAll(',', ''));
}

/** The names in the rows of the call tree that are drawn. */
async function names(page) {
  const grid = page.getByRole('treegrid', { name: 'Call tree' });
  await grid.locator('[role=rowgroup] [role=row]').first().waitFor();
  return (await drawn(grid)).map((cells) => cells.at(-1).replaceAll(/\s+/g, ' '));
}

async function openTree(page, file, view = 'Flame graph') {
  await drop(page, [data(file)]);
  await opened(page);
  await show(page, view);
}

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of ['desktop', 'phone']) {
    const options = { colorScheme, viewport };
    pageTest(`a tree without import frames, ${viewport}, ${colorScheme}`, options, async ({ page, screenshot }) => {
      await openTree(page, MANY);
      await pressed(page, true);
      await page.waitForTimeout(200);
      await assertAccessible(page, 'imports hidden');
      await screenshot('imports-hidden');
      await hide(page).click();
      await pressed(page, false);
      await page.waitForTimeout(200);
      await assertAccessible(page, 'imports shown');
      await screenshot('imports-shown');
      await page.getByRole('button', { name: 'Sunburst', exact: true }).click();
      await hide(page).click();
      await pressed(page, true);
      await page.waitForTimeout(200);
      await screenshot('imports-sunburst');
      await show(page, 'Call tree');
      await pressed(page, true);
      await assertAccessible(page, 'imports in the table');
      await screenshot('imports-table');
    });
  }
}

pageTest('import frames are hidden where there are many, and shown by mouse and keyboard', async ({ page }) => {
  await openTree(page, MANY);
  await pressed(page, true);
  const hidden = await boxes(page);
  await hide(page).click();
  await pressed(page, false);
  await page.waitForFunction(() => /imports=shown/.test(location.hash));
  assert.ok((await boxes(page)) > hidden, `${await boxes(page)} boxes, ${hidden} without import frames`);
  // The button stays where it is, and so does the keyboard.
  await hide(page).press('Space');
  await pressed(page, true);
  await page.waitForFunction(() => !/imports=/.test(location.hash));
  assert.equal(await boxes(page), hidden);
  assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Hide imports');
});

pageTest('one switch for pictures and table, also after a reload and by Back', async ({ page }) => {
  await openTree(page, MANY, 'Call tree');
  await pressed(page, true);
  assert.match((await names(page)).join('\n'), /^▾ run .*\n▾ .*\.py \/usr\/lib\/python3\//);
  await hide(page).click();
  await pressed(page, false);
  await page.getByRole('treegrid', { name: 'Call tree' }).getByText('_find_and_load', { exact: true }).waitFor();
  await show(page, 'Flame graph');
  await pressed(page, false);
  await page.reload();
  await pressed(page, false);
  await hide(page).click();
  await pressed(page, true);
  await page.goBack();
  await page.getByRole('tab', { name: 'Call tree', selected: true }).waitFor();
  await pressed(page, false);
  assert.match((await names(page)).join('\n'), /import_module/);
  // A link can say so.
  await page.evaluate(() => (location.hash = location.hash.replace('imports=shown', 'imports=hidden')));
  await pressed(page, true);
  assert.doesNotMatch((await names(page)).join('\n'), /import_module/);
});

pageTest('what is zoomed to stays so', async ({ page }) => {
  await openTree(page, MANY);
  await pressed(page, true);
  await picture(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const module = crumbs(page).locator('[aria-current]');
  await module.getByText(/\.py$/).waitFor();
  const name = await module.innerText();
  assert.equal(await crumbs(page).getByRole('button').count(), 3, 'all, the root and a module');
  await hide(page).click();
  await pressed(page, false);
  await crumbs(page).getByRole('button', { name: '_find_and_load', exact: true }).waitFor();
  assert.equal(await module.innerText(), name);
  await details(page).getByRole('heading', { name, exact: true }).waitFor();
  // A frame that is about to be hidden gives way to what is above it.
  await crumbs(page).getByRole('button', { name: '_find_and_load', exact: true }).click();
  await hide(page).click();
  await pressed(page, true);
  await module.getByText('run', { exact: true }).waitFor();
});

pageTest('few imports are shown, and without any there is no switch', async ({ page }) => {
  await openTree(page, 'trees/django_forms.prof.gz');
  await pressed(page, false);
  const whole = await boxes(page);
  await hide(page).click();
  await page.waitForFunction(() => /imports=hidden/.test(location.hash));
  assert.ok((await boxes(page)) < whole);
  await openTree(page, 'trees/generators.prof.gz');
  await picture(page).waitFor();
  await page.getByRole('list', { name: 'Colours' }).waitFor();
  assert.equal(await hide(page).count(), 0);
});
