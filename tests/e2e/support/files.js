// Giving files to the page in the three ways a user can.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The path of a file under tests/data. */
export const data = (path) => fileURLToPath(new URL(`../../data/${path}`, import.meta.url));

/** Paths, or `{name, text}` or `{name, bytes}` for files that exist nowhere else. */
async function contents(files) {
  return Promise.all(
    files.map(async (file) => {
      const bytes = typeof file === 'string' ? await readFile(file) : Buffer.from(file.bytes ?? file.text);
      return { name: file.name ?? basename(file), base64: bytes.toString('base64') };
    }),
  );
}

/** A DataTransfer in the page that holds `files`. */
async function dataTransfer(page, files) {
  return page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of files) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
    }
    return transfer;
  }, await contents(files));
}

/** Drags `files` into the page and drops them on `target`. */
export async function drop(page, files, target = 'body') {
  const dataTransferHandle = await dataTransfer(page, files);
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent(target, type, {
      dataTransfer: dataTransferHandle,
      bubbles: true,
      cancelable: true,
      composed: true,
    });
  }
}

/** Chooses `files` (paths) in the page's file input. */
export async function choose(page, files) {
  await page.locator('input[type=file]').first().setInputFiles(files);
}

/** Pastes a text, as Ctrl+V does. */
export async function paste(page, text, target = 'body') {
  const clipboardData = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.setData('text/plain', text);
    return transfer;
  }, text);
  await page.locator(target).evaluate((element, clipboardData) => {
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    element.dispatchEvent(event);
  }, clipboardData);
}
