// A server's statistics: their queries, and what ran between two states of them.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton, show } from './support/views.js';

const totals = (page) => page.getByRole('list', { name: 'Totals' }).innerText();
const executions = async (page) => Number((await totals(page)).match(/([\d,]+) executions/)[1].replaceAll(',', ''));

pageTest('what ran between two states is a document of its own', async ({ page, screenshot }) => {
  await drop(page, [data('statistics/first.csv')]);
  await page.getByRole('tab', { name: 'Queries' }).waitFor();
  const first = await executions(page);
  await show(page, 'Queries');
  await page.getByRole('grid', { name: 'Queries' }).getByText('shop_product').first().waitFor();
  await screenshot('statistics');
  await show(page, 'Compare');
  await page.getByText('Open an earlier export of the same server as well').waitFor();
  await drop(page, [data('statistics/second.csv')]);
  await documentButton(page, 'second.csv').click();
  await page.getByRole('tab', { name: 'Compare' }).waitFor();
  const second = await executions(page);
  await show(page, 'Compare');
  await page.getByRole('button', { name: 'Show what ran since first.csv' }).waitFor();
  await assertAccessible(page, 'Compare of statistics');
  await screenshot('statistics-compare');
  await page.getByRole('button', { name: 'Show what ran since first.csv' }).press('Enter');
  await documentButton(page, 'second.csv − first.csv').waitFor();
  await page.getByRole('tab', { name: 'Queries' }).waitFor();
  await page.waitForFunction((sum) => document.querySelector('.totals').innerText.replaceAll(',', '').includes(`${sum} executions`), second - first);
  assert.equal(await executions(page), second - first);
});
