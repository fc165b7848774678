// Opens one file in the built page, in Chromium, so many times, and prints the best run as JSON: seconds
// from the choice of the file to the document on screen, and the WebAssembly memory of all workers then.
// With "tree", of a profile: seconds to its flame graph on screen, which is asked for as soon as it can be;
// with "timeline", of a log: to its timeline; with "findings": to what there is to fix first.
//
// With the folders of two sites each is opened so many times, in turns, after once for nothing; then it is the
// median seconds of each, all of them, and the totals that both show.
//
// usage: page.mjs FILE [TIMES] [open|tree|timeline|findings] [SITE SITE]

import { DIST, launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';

const [file, times = '3', view = 'open', ...sites] = process.argv.slice(2);

/** Runs in the page: notes the time of the choice and texts on canvases, and lets workers tell their memory. */
function instrument() {
  addEventListener('change', () => (self.chosen = performance.now()), { capture: true });
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (...values) {
    this.canvas.written = true;
    return fillText.apply(this, values);
  };
  const prelude = `{
    const instantiate = WebAssembly.instantiate;
    WebAssembly.instantiate = async (...arguments_) => {
      const result = await instantiate(...arguments_);
      self.wasmMemory = (result.instance ?? result).exports.memory;
      return result;
    };
  }\n`;
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) =>
    create.call(URL, blob.type.includes('javascript') ? new Blob([prelude, blob], { type: blob.type }) : blob);
}

/** Runs in the page: resolves with the seconds since the file was chosen, once what is waited for is there. */
function appears(view) {
  // Its label says how many boxes there are once it has them, and the largest are written on.
  const labels = { tree: /^Call tree of .* box/, timeline: /^Timeline of/ };
  const drawn = (canvas) => labels[view].test(canvas?.getAttribute('aria-label')) && canvas.written;
  const tabs = { tree: 'Flame graph', timeline: 'Timeline', findings: 'Findings' };
  const there = () => {
    if (view === 'open') return document.querySelector('.status .totals li');
    const tab = [...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent.trim() === tabs[view]);
    if (tab?.getAttribute('aria-selected') === 'false') tab.click();
    if (view === 'findings') return document.querySelector('#first-title');
    return [...document.querySelectorAll('[role=tabpanel] canvas')].some(drawn);
  };
  return new Promise((resolve, reject) => {
    const look = () => {
      if (there()) resolve((performance.now() - self.chosen) / 1000);
      else if (document.querySelector('[role=alert] h2')) reject(new Error(document.querySelector('[role=alert]').innerText));
      else requestAnimationFrame(look);
    };
    look();
  });
}

async function open(browser, url) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(instrument);
    await page.goto(url);
    await page.waitForFunction(() => document.querySelector('input[type=file]') && self.wasmBindings !== null);
    // The page may still be taking the painted welcome page over.
    await page.waitForTimeout(1500);
    await page.locator('input[type=file]').first().setInputFiles(file);
    const seconds = await page.evaluate(appears, view);
    const totals = await page.locator('.status .totals li').allInnerTexts();
    const memories = await Promise.all(
      page.workers().map((worker) => worker.evaluate(() => self.wasmMemory?.buffer.byteLength ?? 0)),
    );
    return { seconds, memory: memories.reduce((a, b) => a + b, 0), totals };
  } finally {
    await context.close();
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** The best of so many runs. */
async function best(browser, site) {
  let best;
  for (let run = 0; run < Number(times); run++) {
    const one = await open(browser, site.url);
    if (!best || one.seconds < best.seconds) best = one;
  }
  return best;
}

/** Each site in turns; who begins changes from pair to pair. */
async function inTurns(browser, sites) {
  const runs = sites.map(() => []);
  for (let pair = -1; pair < Number(times); pair++) {
    for (const which of pair % 2 ? [1, 0] : [0, 1]) {
      const one = await open(browser, sites[which].url);
      if (pair >= 0) runs[which].push(one);
    }
  }
  return runs.map((of) => ({
    seconds: median(of.map(({ seconds }) => seconds)),
    every: of.map(({ seconds }) => seconds),
    memory: Math.max(...of.map(({ memory }) => memory)),
    totals: of[0].totals,
  }));
}

const served = await Promise.all((sites.length ? sites : [DIST]).map((root) => serve(root)));
const browser = await launch();
try {
  const answer = served.length === 2 ? await inTurns(browser, served) : await best(browser, served[0]);
  console.log(JSON.stringify(answer));
} finally {
  await browser.close();
  for (const site of served) await site.close();
}
