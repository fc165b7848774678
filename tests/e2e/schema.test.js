// A database's schema, beside the log it belongs to.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton } from './support/views.js';

const LOG = data('findings/unindexed.sql.jsonl');
const SCHEMA = data('schema/sqlite.sql');

const candidate = (page) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3, name: /An index on shop_product/ }) });

pageTest('findings of a log know the indexes of a schema that is opened later', async ({ page }) => {
  await drop(page, [LOG]);
  await candidate(page).locator('summary').click();
  await candidate(page).getByText(/until its schema is opened as well/).waitFor();
  await drop(page, [SCHEMA]);
  await documentButton(page, 'sqlite.sql').waitFor();
  await documentButton(page, 'unindexed.sql.jsonl').click();
  await page.getByText('Indexes as in sqlite.sql').waitFor();
  await candidate(page).locator('summary').click();
  await candidate(page).getByText(/PRIMARY KEY \(id\).*shop_product_category_id/).waitFor();
  assert.equal(await candidate(page).getByText(/until its schema is opened as well/).count(), 0);
});

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of ['desktop', 'phone']) {
    pageTest(`a schema is a table, ${viewport}, ${colorScheme}`, { viewport, colorScheme }, async ({ page, screenshot }) => {
      await drop(page, [SCHEMA]);
      const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'shop_orderline', exact: true }) });
      assert.match(await row.innerText(), /PRIMARY KEY \(id\)[\s\S]*shop_orderline_order_id_\w+ \(order_id\)[\s\S]*order_id → shop_order/);
      await page.getByText(/superfluous: .* serves as well/).first().waitFor();
      await assertAccessible(page);
      await screenshot('schema');
      await page.getByRole('searchbox').fill('exchangerate');
      await page.waitForFunction(() => document.querySelectorAll('.schema-tables tbody tr').length === 1);
    });
  }
}
