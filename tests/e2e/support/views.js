// Finding things on the page as people do: by role and name.

import assert from 'node:assert/strict';

/** Waits until the page's WebAssembly runs: what was painted before is taken over. */
export const ready = (page) => page.locator('html:not([data-starting])').waitFor();

/** The document's button in the list of open documents. */
export const documentButton = (page, name) =>
  page.getByRole('list', { name: 'Documents' }).getByRole('button', { name, exact: false }).first();

/** Opens a view by its tab, and waits until it is there. */
export async function show(page, view) {
  const tab = page.getByRole('tab', { name: view, exact: true });
  await tab.click();
  await page.locator(`[role=tabpanel]`).waitFor();
  return tab;
}

/** Waits until the document that is looked at has been read. */
export async function opened(page) {
  await page.getByRole('tablist', { name: 'Views' }).waitFor();
}

/** A table by its name; one whose rows open is a tree. */
export const tableOf = (page, name) =>
  page.getByRole('grid', { name, exact: true }).or(page.getByRole('treegrid', { name, exact: true }));

/** The texts of the cells of the rows a table draws now, from the first. */
export async function rows(page, table) {
  const grid = tableOf(page, table);
  await grid.getByRole('row').nth(1).getByRole('gridcell').last().getByText(/./).first().waitFor();
  return drawn(grid);
}

/** The texts of the cells of the rows that `grid` draws now, from the first, as far as they are there. */
export const drawn = (grid) =>
  grid
    .locator('[role=rowgroup] [role=row]')
    .evaluateAll((rows) =>
      rows
        .map((row) => ({
          at: Number(row.getAttribute('aria-rowindex')),
          cells: [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.innerText.trim()),
        }))
        .sort((one, other) => one.at - other.at)
        .map(({ cells }) => cells),
    );

/** The text of a table's column heads. */
export const heads = (page, table) =>
  tableOf(page, table).getByRole('columnheader').allInnerTexts();

/** How many different colours a canvas has; a blank one has one, an undrawn one is transparent. */
const colours = (canvas) =>
  canvas.evaluate((canvas) => {
    // Of a copy: reading the canvas itself often would have the browser warn, and slow it down.
    const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
    const context = copy.getContext('2d', { willReadFrequently: true });
    if (copy.width === 0 || copy.height === 0) return 0;
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });

/** Waits until a canvas shows more than its background. */
export async function waitUntilDrawn(page, canvas) {
  await canvas.waitFor();
  for (let tries = 0; (await colours(canvas)) < 4; tries += 1) {
    assert.ok(tries < 50, 'nothing is drawn');
    await page.waitForTimeout(100);
  }
}
