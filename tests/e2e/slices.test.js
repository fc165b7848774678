// A large log is read in slices by several workers, in the page as on the command line, and what it says is the same;
// also where helpers cannot start, trap, fall silent, or cannot read.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

import { flamedrop } from './support/command_line.js';
import { choose, data } from './support/files.js';
import { firefoxTest } from './support/firefox.js';
import { DIST, pageTest } from './support/page.js';
import { serve } from './support/site.js';
import { opened, ready, rows, show } from './support/views.js';

const folder = await mkdtemp(join(tmpdir(), 'flamedrop-slices-'));
after(() => rm(folder, { recursive: true }));

/** A recording, repeated until it is read in slices; `behind` is what its last lines are. */
async function large(recording, name, behind = '') {
  const bytes = await readFile(data(recording));
  const path = join(folder, name);
  const count = Math.ceil((11 << 20) / bytes.length);
  await writeFile(path, Buffer.concat([...Array(count).fill(bytes), Buffer.from(behind)]));
  return path;
}

// A line in it is none of PostgreSQL's: the place in the diagnostic is counted over all slices.
const LOGS = {
  'PostgreSQL’s log': await large('postgres/client.log', 'large.log'),
  'PostgreSQL’s log as csv': await large('postgres/client.csv', 'large.csv', '\n"not closed\n'),
  'PostgreSQL’s log as json': await large('postgres/client.json', 'large.json', '{"not": closed\n'),
  'MySQL’s slow log': await large('servers/ten.mariadb.slow.log', 'large-slow.log'),
  'Django’s JSON': await large('shop/shop.sql.jsonl', 'large.sql.jsonl', '{"not": closed\n'),
};

/**
 * Runs in the page before anything of it: has workers run `prelude` first, in which `isHelper` says whether another worker
 * started this one, and pretend to so many cores.
 */
function prepare([prelude, cores]) {
  const create = URL.createObjectURL;
  const first = `{
    const isHelper = self.name === 'helper';
    Object.defineProperty(navigator, 'hardwareConcurrency', { value: ${cores} });
    self.slices = 0;
    const Real = Worker;
    self.Worker = class extends Real {
      constructor(url) {
        super(url, { name: 'helper' });
        // A helper's slice comes in an array.
        this.addEventListener('message', ({ data }) => (self.slices += Array.isArray(data) && data[0] ? 1 : 0));
      }
    };
    ${prelude}
  }\n`;
  URL.createObjectURL = (blob) =>
    create.call(URL, blob.type.includes('javascript') ? new Blob([first, blob], { type: blob.type }) : blob);
}

/** A test with the page open, whose workers run `prelude` first. */
const sliced = (name, { prelude = '', cores = 4, path }, body) =>
  pageTest(name, { path, before: (context) => context.addInitScript(prepare, [prelude, cores]) }, async (test) => {
    await ready(test.page);
    await body(test);
  });

/** Opens a log; gives what the page says of it first, and how many slices helpers read. */
async function open(page, path) {
  await choose(page, [path]);
  await opened(page);
  await page.locator('.status .totals li').first().waitFor();
  const totals = await page.locator('.status .totals li').allInnerTexts();
  const slices = await Promise.all(page.workers().map((worker) => worker.evaluate(() => self.slices ?? 0)));
  return { totals, slices: Math.max(0, ...slices) };
}

/** What is said of a log in full: totals, the first queries, what was noticed with its place. */
async function said(page, path) {
  const { totals, slices } = await open(page, path);
  await show(page, 'Queries');
  const queries = await rows(page, 'Queries');
  return { said: { totals, queries: queries.slice(0, 10) }, slices };
}

const summaries = Object.fromEntries(
  await Promise.all(
    Object.entries(LOGS).map(async ([name, path]) => [name, JSON.parse(await flamedrop('summary', '--json', path))]),
  ),
);

/** What the page says of how many statements ran, by the command line. */
const executions = (name) =>
  new RegExp(`(^| )${summaries[name].documents[0].executions.toLocaleString('en')} executions`);

for (const [name, path] of Object.entries(LOGS)) {
  sliced(`${name}, read by several workers, says what the command line says`, {}, async ({ page }) => {
    const { totals, slices } = await open(page, path);
    assert.ok(slices >= 1, `helpers read ${slices} slices`);
    assert.match(totals.join(' '), executions(name));
  });
}

const FAULTS = {
  'there is one core': { cores: 1 },
  'workers start no workers': { prelude: `if (!isHelper) self.Worker = class { constructor() { throw new Error('none'); } };` },
  'helpers do not answer': { prelude: `if (isHelper) { self.onmessage = null; Object.defineProperty(self, 'onmessage', { set() {} }); }` },
  'helpers end at once': { prelude: `if (isHelper) throw new Error('no');` },
  'helpers trap on their way': {
    prelude: `if (isHelper) {
      const { readAsArrayBuffer } = FileReaderSync.prototype;
      let count = 0;
      FileReaderSync.prototype.readAsArrayBuffer = function (blob) {
        count += 1;
        if (count > 3) setTimeout(() => { throw new Error('trapped'); });
        return readAsArrayBuffer.call(this, blob);
      };
    }`,
  },
  'helpers fall silent': {
    prelude: `if (isHelper) {
      const post = self.postMessage;
      self.postMessage = (...what) => { if (!Array.isArray(what[0])) post.apply(self, what); };
    }`,
  },
  'helpers cannot read the file': {
    prelude: `if (isHelper) FileReaderSync.prototype.readAsArrayBuffer = () => { throw new Error('gone'); };`,
  },
  'slices come damaged': {
    prelude: `if (isHelper) {
      const post = self.postMessage;
      self.postMessage = (...what) => {
        const [slice] = what;
        if (Array.isArray(slice)) new Uint8Array(slice[0])[slice[0].byteLength >> 1] ^= 1;
        post.apply(self, what);
      };
    }`,
  },
};

let whole;
for (const [fault, how] of Object.entries(FAULTS)) {
  sliced(`a large log is read where ${fault}`, how, async ({ page }) => {
    const what = await said(page, LOGS['PostgreSQL’s log']);
    // The first of these reads it in one piece.
    whole ??= what.said;
    assert.deepEqual(what.said, whole);
  });
}

sliced('what was noticed is where it is in the file', {}, async ({ page }) => {
  const path = LOGS['Django’s JSON'];
  const { slices } = await open(page, path);
  assert.ok(slices >= 1, `helpers read ${slices} slices`);
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n').length;
  await page.getByText(/notice/).first().click();
  await page.getByText(`line ${lines}: {"not": closed`).first().waitFor();
});

sliced('a log that is closed while it is read takes its helpers with it', {}, async ({ page }) => {
  await choose(page, [LOGS['PostgreSQL’s log']]);
  await page.waitForFunction(() => document.querySelector('.documents'));
  await page.reload();
  await ready(page);
  const { totals } = await open(page, LOGS['PostgreSQL’s log']);
  assert.ok(totals.length > 0);
});

/** A test of Firefox: opens the page at `address`, and a large log in it. */
const inFirefox = (place, address) =>
  firefoxTest(`Firefox reads a large log with several workers, ${place}`, async (browser) => {
    const site = await serve(DIST);
    try {
      await browser.open(address(site));
      await browser.choose('input[type=file]', [LOGS['PostgreSQL’s log']]);
      const totals = await browser.until(
        'the totals',
        `return [...document.querySelectorAll('.status .totals li')].map((one) => one.innerText).join(' ');`,
      );
      assert.match(totals, executions('PostgreSQL’s log'));
      assert.deepEqual(await browser.complaints(site.origin), []);
    } finally {
      await site.close();
    }
  });

inFirefox('from a host', (site) => site.url);
inFirefox('from the disk', () => `file://${join(DIST, 'flamedrop.html')}`);
