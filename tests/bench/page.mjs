// Opens one file in the built page, in Chromium, so many times, and prints the best run as JSON: seconds
// from the choice of the file to the document on screen, and the WebAssembly memory of all workers then.
// With "tree", of a profile: seconds to its flame graph on screen, which is asked for as soon as it can be.
//
// usage: page.mjs FILE [TIMES] [tree]

import { DIST, launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';

const [file, times = '3', view] = process.argv.slice(2);

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
  const drawn = (canvas) => /^Call tree of .* box/.test(canvas?.getAttribute('aria-label')) && canvas.written;
  const there = () => {
    if (view !== 'tree') return document.querySelector('.status .totals li');
    const tab = [...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent.trim() === 'Flame graph');
    if (tab?.getAttribute('aria-selected') === 'false') tab.click();
    return drawn(document.querySelector('[role=tabpanel] canvas'));
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

const site = await serve(DIST);
const browser = await launch();
try {
  let best;
  for (let run = 0; run < Number(times); run++) {
    const one = await open(browser, site.url);
    if (!best || one.seconds < best.seconds) best = one;
  }
  console.log(JSON.stringify(best));
} finally {
  await browser.close();
  await site.close();
}
