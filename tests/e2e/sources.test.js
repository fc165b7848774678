// To the code: places open in the editor that the user chose, and are copied; source that is dropped is shown in lines and
// in a function's panel; a function leads to its statements, and a statement to its function.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton, opened, ready, rows, show, tableOf } from './support/views.js';

const SAMPLE = [data('sample/orders.prof'), data('sample/orders.sql.jsonl')];
const VIEW = '/srv/shop/shop/views/ordering.py';

/** The program of the recordings. */
const source = async (path) => {
  const text = await readFile(fileURLToPath(new URL(`../shop/${path}`, import.meta.url)), 'utf8');
  return { name: path.split('/').at(-1), text };
};

const panel = (page, name = 'Selected function') => page.getByRole('complementary', { name });
const dialog = (page) => page.getByRole('dialog', { name: 'Editor', exact: true });

/** Selects the shop's view of orders in the table of functions. */
async function selectView(page) {
  await show(page, 'Functions');
  await rows(page, 'Functions');
  await page.getByRole('searchbox', { name: 'Search' }).fill('ordering.py');
  await tableOf(page, 'Functions').getByText('orders', { exact: true }).first().click();
  await panel(page).getByRole('heading', { name: 'orders' }).waitFor();
}

/** Chooses an editor in the dialog, which is open, and mappings. */
async function chooseEditor(page, title, paths = '') {
  await dialog(page).getByLabel(title).check();
  if (paths) await dialog(page).getByLabel('One mapping a line, for containers and other machines').fill(paths);
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await dialog(page).waitFor({ state: 'hidden' });
}

for (const colorScheme of ['light', 'dark']) {
  pageTest(`a function opens in the editor that was chosen, ${colorScheme}`, { colorScheme }, async ({ page, screenshot }) => {
    await drop(page, [SAMPLE[0]]);
    await opened(page);
    await selectView(page);
    // None is chosen yet: the button asks for one.
    await panel(page).getByRole('button', { name: 'Open in an editor…' }).click();
    await dialog(page).getByLabel('VS Code').check();
    await dialog(page).getByText('/app/shop/views.py:12 opens as vscode://file/app/shop/views.py:12').waitFor();
    await assertAccessible(page, 'the dialog of the editor');
    await screenshot('editor-dialog');
    await chooseEditor(page, 'VS Code', '/srv/shop/ → /home/me/my shop/');
    const link = panel(page).getByRole('link', { name: `Open in VS Code: ${VIEW}:18` });
    assert.equal(await link.getAttribute('href'), 'vscode://file/home/me/my%20shop/shop/views/ordering.py:18');
    await assertAccessible(page, 'a function with its editor');
    await screenshot('editor-link');
    // It is kept for the next visit, and no address has it.
    assert.ok(!page.url().includes('vscode'));
    await page.reload();
    await opened(page);
    await selectView(page);
    await panel(page).getByRole('link', { name: `Open in VS Code: ${VIEW}:18` }).waitFor();
  });
}

pageTest('an address of one’s own is one of an editor', async ({ page }) => {
  await drop(page, [SAMPLE[0]]);
  await opened(page);
  await page.keyboard.press('?');
  await page.getByRole('button', { name: 'Editor and paths…' }).click();
  await dialog(page).getByLabel('Another: an address of your own').check();
  const address = dialog(page).getByLabel('Address, with {path} or {file}, and {line}');
  const save = dialog(page).getByRole('button', { name: 'Save' });
  for (const bad of ['javascript:alert({path})', 'https://example.org{path}', 'vscode://file', 'vscode://file{path} x']) {
    await address.fill(bad);
    await dialog(page).getByText(/^An address (begins|needs|has)/).waitFor();
    assert.ok(await save.isDisabled(), bad);
  }
  await address.fill('vscode://vscode-remote/wsl+Ubuntu{path}:{line}');
  await dialog(page).getByText('opens as vscode://vscode-remote/wsl+Ubuntu/app/shop/views.py:12').waitFor();
  await save.click();
  await selectView(page);
  const link = panel(page).getByRole('link', { name: `Open in the editor: ${VIEW}:18` });
  assert.equal(await link.getAttribute('href'), `vscode://vscode-remote/wsl+Ubuntu${VIEW}:18`);
});

pageTest('a setting that was tampered with makes no link', async ({ page }) => {
  await page.evaluate(() => {
    localStorage.setItem('flamedrop.editor', 'own');
    localStorage.setItem('flamedrop.editor-address', 'javascript:alert(1)//{path}');
  });
  await page.reload();
  await ready(page);
  await drop(page, [SAMPLE[0]]);
  await opened(page);
  await selectView(page);
  await panel(page).getByRole('button', { name: 'Open in an editor…' }).waitFor();
  assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
});

pageTest('a finding’s line of code opens in the editor', async ({ page }) => {
  await page.evaluate(() => localStorage.setItem('flamedrop.editor', 'pycharm'));
  await page.reload();
  await ready(page);
  await drop(page, SAMPLE);
  await opened(page);
  await page.locator('.finding summary').first().click();
  const link = page.locator('.finding').getByRole('link', { name: /^Open in PyCharm: / }).first();
  assert.match(await link.getAttribute('href'), /^pycharm:\/\/open\?file=\/[^&]+\.(py|html)&line=\d+$/);
});

for (const viewport of ['desktop', 'phone']) {
  pageTest(`dropped source stands in the panel of a function, ${viewport}`, { viewport }, async ({ page, screenshot }) => {
    await drop(page, [SAMPLE[0]]);
    await opened(page);
    await selectView(page);
    assert.equal(await panel(page).getByRole('group', { name: 'Source' }).count(), 0);
    // As it was when the sample was recorded: three lines shorter at the top.
    const { name, text } = await source('shop/views/ordering.py');
    await drop(page, [{ name, text: text.split('\n').slice(3).join('\n') }]);
    await page.getByText('1 source file: functions and lines show their code').waitFor();
    const code = panel(page).getByRole('group', { name: 'Source' });
    await code.getByText('def orders(request):').waitFor();
    assert.match(await code.innerText(), /18\s*@login_required/);
    // Nothing was opened as a document.
    assert.equal(await documentButton(page, 'ordering.py').count(), 0);
    await assertAccessible(page, 'a function with its source');
    await screenshot('source-panel');
  });
}

pageTest('source of another version is said to be', async ({ page }) => {
  await drop(page, [SAMPLE[0]]);
  await opened(page);
  await drop(page, [{ name: 'ordering.py', text: '# moved\n'.repeat(30) }]);
  await selectView(page);
  await panel(page).getByText('The function is not at this line: the source is of another version than the recording.').waitFor();
});

pageTest('dropped source stands between the lines that have numbers', async ({ page, screenshot }) => {
  await drop(page, [data('profiles/line_profiler-5.1.0.lprof')]);
  await opened(page);
  await show(page, 'Lines');
  const before = await rows(page, 'Lines');
  await page.getByText('The file has no source: drop the .py files here, or their folder.').waitFor();
  const text = Array.from({ length: 40 }, (_, at) => `line_${at + 1} = ${at + 1}`).join('\n');
  await drop(page, [{ name: 'lpw.py', text }]);
  await tableOf(page, 'Lines').getByText('line_1 = 1', { exact: true }).waitFor();
  const after = await rows(page, 'Lines');
  assert.ok(after.length > before.length);
  assert.deepEqual(after.slice(0, 3).map((cells) => cells[0]), ['1', '2', '3']);
  for (const cells of before) {
    const same = after.find((other) => other[0] === cells[0]);
    if (same) assert.deepEqual(same.slice(0, 3), cells.slice(0, 3));
  }
  await assertAccessible(page, 'lines with their source');
  await screenshot('lines-source');
});

pageTest('from a function to its statements, and from a statement to its function', async ({ page, screenshot }) => {
  await drop(page, SAMPLE);
  await opened(page);
  await documentButton(page, 'orders.prof').click();
  await selectView(page);
  const statements = panel(page).getByRole('region', { name: 'Statements' });
  await statements.getByText('It runs, in orders.sql.jsonl').waitFor();
  await screenshot('function-statements');
  await statements.getByRole('button', { name: /^\d+ statements?, / }).click();
  await page.waitForFunction(() => location.hash.includes('file=orders.sql.jsonl') && location.hash.includes('ordering.py'));
  await rows(page, 'Queries');
  // By what ran them, and back.
  await page.getByLabel('Group by').selectOption('caller');
  const callers = page.getByRole('grid', { name: 'Queries' });
  await callers.getByText(/ordering\.py:\d+\(orders\)/).first().click();
  await panel(page, 'Selected group').getByRole('button', { name: 'Show orders in orders.prof' }).click();
  await panel(page).getByRole('heading', { name: 'orders' }).waitFor();
});
