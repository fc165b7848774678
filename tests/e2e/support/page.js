// A test of the page: `pageTest('what it does', async ({ page }) => { … })`.
//
// Every such test also fails on a request to another origin, on an answer that is not 2xx, on a
// console error or warning, on an uncaught exception and on a violation of the content security
// policy, in the page or in its workers. One browser serves a test file; each test has a fresh
// profile in it.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';

import { chromium } from 'playwright-core';

import { serve } from './site.js';
import { ready } from './views.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Sizes that tests use by name. */
export const VIEWPORTS = {
  desktop: { width: 1400, height: 900 },
  phone: { width: 390, height: 844 },
  wide: { width: 2560, height: 1440 },
};

/** The built site. */
export const DIST = process.env.FLAMEDROP_DIST ?? here('../../../dist/');

const TIMEOUT = 120_000;

/** A browser in which nothing but this machine has an address. */
export const launch = (...args) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Also what slips past the checks cannot get out.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ...args,
    ],
  });

let started;

/** The site and the browser of this test file; started with its first test. */
function running() {
  started ??= Promise.all([
    serve(DIST),
    launch(),
  ]);
  return started;
}

after(async () => {
  if (!started) return;
  const [site, browser] = await started;
  await browser.close();
  await site.close();
});

/**
 * Opens the page in a fresh profile and notes whatever it does wrong.
 *
 * @param {object} [options]
 * @param {'desktop'|'phone'|'wide'|{width: number, height: number}} [options.viewport]
 * @param {'light'|'dark'} [options.colorScheme]
 * @param {string} [options.fragment] the URL's fragment, with #
 * @param {boolean} [options.touch]
 * @param {() => Promise<object>} [options.site] starts the site to open instead of dist/, as `serve` gives it
 * @param {string} [options.path] what to open there, instead of its index.html
 * @param {(context: object) => Promise} [options.before] done before the page is asked for, and given
 *   back; then nothing waits for the page's WebAssembly
 */
export async function openPage(options = {}) {
  const [dist, browser] = await running();
  const site = (await options.site?.()) ?? dist;
  const viewport = VIEWPORTS[options.viewport ?? 'desktop'] ?? options.viewport;
  const context = await browser.newContext({
    viewport,
    colorScheme: options.colorScheme ?? 'light',
    hasTouch: options.touch ?? false,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  context.setDefaultTimeout(20_000);
  const [complaints, forgive] = watch(context, site.origin);
  const before = await options.before?.(context);
  const page = await context.newPage();
  await page.goto(site.url + (options.path ?? '') + (options.fragment ?? ''));
  await page.getByRole('heading', { level: 1 }).waitFor();
  if (!options.before) await ready(page);
  return {
    page,
    before,
    context,
    site,
    complaints,
    forgive,
    close: async () => {
      await context.close();
      if (site !== dist) await site.close();
    },
    /** Keeps a picture of the page in tests/e2e/screenshots/. */
    screenshot: async (name) => {
      await mkdir(here('../screenshots'), { recursive: true });
      const scheme = options.colorScheme ?? 'light';
      await page.screenshot({ path: here(`../screenshots/${name}-${viewport.width}-${scheme}.png`) });
    },
  };
}

/**
 * Collects into an array whatever pages of `context` do that they must not, and gives with it
 * `forgive(pattern)`: takes what matches out, and leaves out what matches from then on. A request that is
 * meant to fail may be told of after the test's last step.
 */
function watch(context, origin) {
  const complaints = [];
  const forgiven = [];
  const complain = (complaint) => {
    if (!forgiven.some((pattern) => pattern.test(complaint))) complaints.push(complaint);
  };
  const forgive = (pattern) => {
    forgiven.push(pattern);
    complaints.splice(0, complaints.length, ...complaints.filter((complaint) => !pattern.test(complaint)));
  };
  const own = (url) => url.startsWith(origin + '/') || /^(blob:|data:|about:)/.test(url);
  context.on('request', (request) => {
    if (!own(request.url())) complain(`request off origin: ${request.url()}`);
  });
  context.on('response', (response) => {
    if (own(response.url()) && !response.ok() && response.status() !== 304) {
      complain(`answer ${response.status()}: ${response.url()}`);
    }
  });
  // Those of workers too. A violation of the policy is a console error, but a worker's reaches only
  // the worker itself, so it is made one there.
  context.on('console', (message) => {
    if (['error', 'warning', 'assert'].includes(message.type())) {
      complain(`console ${message.type()}: ${message.text()}`);
    }
  });
  context.on('weberror', (error) => complain(`uncaught: ${error.error()}`));
  context.on('page', (page) => {
    page.on('crash', () => complain('the page crashed'));
    page.on('worker', (worker) => worker.evaluate(reportViolations).catch(() => {}));
  });
  return [complaints, forgive];
}

function reportViolations() {
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    console.error(`Content Security Policy, in a worker: ${violatedDirective} refused ${blockedURI}`),
  );
}

/**
 * A test with the page open; `options.todo` says what is missing where it is known to fail. `body` is given what `openPage` returns; it may `forgive` what it
 * provokes.
 */
export function pageTest(name, options, body) {
  if (typeof options === 'function') [options, body] = [{}, options];
  test(name, { timeout: TIMEOUT, todo: options.todo }, async () => {
    const opened = await openPage(options);
    try {
      await body(opened);
      // What was posted last may still be on its way here.
      if (!opened.page.isClosed()) await opened.page.evaluate(() => new Promise(requestAnimationFrame));
    } catch (error) {
      // What it looked like, and what the page said: the failure alone rarely tells.
      await opened.screenshot(`failed-${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}`).catch(() => {});
      if (opened.complaints.length > 0) error.message += `\nThe page: ${opened.complaints.join('\n')}`;
      throw error;
    } finally {
      await opened.close();
    }
    assert.deepEqual(opened.complaints, [], 'the page must be silent and keep to its origin');
  });
}
