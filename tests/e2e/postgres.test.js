// A server's log: what happened to its statements, their plans, and the prefix of its lines.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { opened, show } from './support/views.js';

async function openLog(page) {
  await drop(page, [data('sql/postgres/pg15.log')]);
  await opened(page);
}

async function select(page, text, row = 1) {
  await show(page, 'Queries');
  await page.getByRole('searchbox', { name: 'Search' }).fill(text);
  const found = page.getByRole('grid', { name: 'Queries' }).getByRole('row');
  await found.nth(1).filter({ hasText: text }).waitFor();
  await found.nth(row).click();
  return page.getByRole('complementary', { name: 'Selected query' });
}

for (const [viewport, colorScheme] of [['desktop', 'light'], ['desktop', 'dark'], ['phone', 'light']]) {
  pageTest(`events and plans, ${viewport}, ${colorScheme}`, { viewport, colorScheme }, async ({ page, screenshot }) => {
    await openLog(page);
    const totals = page.getByRole('list', { name: 'Totals' });
    await totals.getByText('10 errors').waitFor();
    await totals.getByText('11 temporary files').waitFor();

    const query = await select(page, 'UPDATE t SET b', 2);
    // One line for each kind, with its times; it leads to the events.
    await query.getByRole('button', { name: /^\d+ waits? for (a )?locks? \(/ }).waitFor();
    const plan = query.getByRole('group', { name: 'Plan', exact: true });
    const nodes = plan.getByRole('row');
    assert.match(await nodes.nth(1).innerText(), /^Update on t/);
    assert.match(await nodes.nth(2).innerText(), /Index Scan on t by t_pkey/);
    assert.equal(await plan.getByText('costliest').count(), 1);
    await assertAccessible(page, 'a query with a plan');
    await plan.scrollIntoViewIfNeeded();
    await screenshot('plan');

    const declared = await select(page, 'DECLARE');
    const files = declared.getByRole('button', { name: /temporary files? \(/ });
    await files.scrollIntoViewIfNeeded();
    await screenshot('events');
  });
}

pageTest('a statement of the timeline has its plan', async ({ page, screenshot }) => {
  await openLog(page);
  const query = await select(page, 'SELECT t1.b');
  await query.getByRole('grid', { name: 'Executions' }).getByRole('row').nth(1).click();
  await show(page, 'Timeline');
  const card = page.getByRole('complementary', { name: 'Selected statement' });
  const plan = card.getByRole('group', { name: 'Plan', exact: true });
  assert.match(await plan.innerText(), /Merge Join/);
  await card.getByText('Temporary file of').first().waitFor();
  await assertAccessible(page, 'a statement with a plan');
  await plan.scrollIntoViewIfNeeded();
  await screenshot('statement-plan');
});

pageTest('log_line_prefix is taken from the user', async ({ page, screenshot }) => {
  await openLog(page);
  await page.getByText(/\d+ notices?/).click();
  const form = page.getByLabel(/Paste log_line_prefix/);
  await form.waitFor();
  await assertAccessible(page, 'the form for log_line_prefix');
  await screenshot('log-line-prefix');
  await form.fill("log_line_prefix = '%m [%p] %q%u@%d/%a %h %Q %e: '");
  await page.getByRole('button', { name: 'Read again' }).click();
  await page.getByText('Read again with this log_line_prefix').waitFor();
  await page.getByText(/\d+ notices?/).click();
  await page.getByText('(as given)').waitFor();
  await page.getByRole('list', { name: 'Totals' }).getByText('253 executions').waitFor();
});
