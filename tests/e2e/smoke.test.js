// The site as it is served: it opens under any path, and its policy holds.

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { serve } from './support/site.js';

pageTest('the page opens', async ({ page }) => {
  assert.equal(await page.title(), 'Flamedrop');
  await page.getByText('Flamedrop').first().waitFor();
});

for (const colorScheme of ['light', 'dark']) {
  pageTest(`the welcome page is accessible, ${colorScheme}`, { colorScheme }, async ({ page }) => {
    await page.getByText('Flamedrop').first().waitFor();
    await assertAccessible(page, 'at first');
  });
}

/** Tries to reach `address` in every way a script could; gives the names of those that worked. */
async function attemptToSend(address) {
  const loaded = (element) =>
    new Promise((resolve, reject) => {
      element.onload = resolve;
      element.onerror = reject;
      if (!('src' in element)) document.head.append(element);
    });
  const attempts = {
    fetch: () => fetch(address, { mode: 'no-cors' }),
    socket: () =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(address.replace('http', 'ws'));
        socket.onopen = resolve;
        socket.onerror = reject;
      }),
    stream: () =>
      new Promise((resolve, reject) => {
        const stream = new EventSource(address);
        stream.onopen = resolve;
        stream.onerror = reject;
      }),
    script: () => import(address + 'a.js'),
    eval: async () => (0, eval)('1'),
  };
  if (typeof document !== 'undefined') {
    attempts.image = () => loaded(Object.assign(new Image(), { src: address }));
    attempts.style = () =>
      loaded(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: address }));
    attempts.beacon = async () => {
      // Chromium says yes before it asks the policy; whether anything arrives is what counts.
      navigator.sendBeacon(address, 'secret');
      throw new Error('not known');
    };
  }
  const worked = [];
  for (const [name, attempt] of Object.entries(attempts)) {
    await attempt().then(
      () => worked.push(name),
      () => {},
    );
  }
  return worked;
}

/**
 * Waits until the policy refused `count` attempts, and forgives what they are meant to cause.
 */
async function takeRefusals({ complaints, forgive }, elsewhere, count) {
  const byPolicy = (complaint) => /Content Security Policy/.test(complaint);
  const patience = AbortSignal.timeout(10_000);
  while (complaints.filter(byPolicy).length < count) {
    assert.ok(!patience.aborted, `fewer than ${count} refusals: ${complaints.join('\n')}`);
    await setTimeout(20);
  }
  forgive(/Content Security Policy/);
  forgive(new RegExp(`^request off origin: ${elsewhere.origin}`));
}

// A server that is there and would answer: only the policy stands between.
pageTest('the page can send nothing to another origin', async ({ page, complaints, forgive }) => {
  const elsewhere = await serve('nowhere', '/');
  try {
    assert.deepEqual(await page.evaluate(attemptToSend, elsewhere.url), []);
    assert.deepEqual(elsewhere.requests, []);
    await takeRefusals({ complaints, forgive }, elsewhere, 8);
  } finally {
    await elsewhere.close();
  }
});

pageTest('nor can the worker of a document', async ({ page, complaints, forgive }) => {
  const elsewhere = await serve('nowhere', '/');
  try {
    await drop(page, [data('shop/shop.prof')]);
    const worker = page.workers()[0] ?? (await page.waitForEvent('worker'));
    assert.deepEqual(await worker.evaluate(attemptToSend, elsewhere.url), []);
    assert.deepEqual(elsewhere.requests, []);
    await takeRefusals({ complaints, forgive }, elsewhere, 5);
  } finally {
    await elsewhere.close();
  }
});
