// A browser that can reach nothing but the router, for the tests of pages: any
// request to another place fails the test.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test, { after, before } from 'node:test';
import { chromium } from 'playwright-core';

import { at, endpoint } from './shop.mjs';

const browserPath = find();
export const skip = browserPath ? false : 'there is no Chromium; CHROMIUM can say where one is';
if (skip) console.log(`pages: skipped, ${skip}`);

/** find looks for a browser of the machine. */
function find() {
  const named = process.env.CHROMIUM;
  if (named) return named;
  const folders = process.env.PATH.split(delimiter);
  return ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

const timeout = 15_000; // milliseconds
const loadTimeout = 60_000; // of the editor, which is several megabytes of scripts to compile
let browser;
before(async () => {
  if (skip) return;
  // Nothing resolves, so that what slips past the routes below fails as well.
  browser = await chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--disable-background-networking'],
  });
});
after(() => browser?.close());

/** visit calls use with the page of a new visitor. Errors in the page, except those that match expected, fail the test. */
export async function visit(path, { expected, ...options }, use) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const problems = [];
  await context.route(
    (url) => url.origin !== new URL(endpoint).origin,
    (route) => {
      problems.push(`a request to ${route.request().url()}`);
      return route.abort();
    },
  );
  context.setDefaultTimeout(timeout);
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(`an exception: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && problems.push(`an error: ${message.text()}`));
  page.on('requestfailed', (request) => problems.push(`${request.url()} failed`));
  try {
    await page.goto(at(path));
    await use(page, context);
    assert.deepEqual(problems.filter((problem) => !expected?.test(problem)), []);
  } catch (error) {
    const picture = join(tmpdir(), `page-${Date.now()}.png`);
    await page.screenshot({ path: picture }).catch(() => {});
    error.message += `\nThe page then: ${picture}; its problems: ${problems.join(', ') || 'none'}`;
    throw error;
  } finally {
    await context.close();
  }
}

export const playground = (name, { path = '/', ...options }, use) =>
  test(`playground: ${name}`, { skip }, () =>
    visit(path, options, async (page, context) => {
      await page.getByRole('button', { name: /^Execute query/ }).waitFor({ timeout: loadTimeout });
      await page.locator('.graphiql-query-editor .view-line').first().waitFor({ timeout: loadTimeout });
      await use(page, context);
    }),
  );

/** open waits until the editor holds the tab's operation: it changes a moment after the tab. */
export const open = async (page, tab) => {
  await page.getByRole('tab', { name: tab, exact: true }).click();
  await page.locator('.graphiql-query-editor .view-lines', { hasText: tab }).waitFor();
};
export const run = (page) => page.getByRole('button', { name: /^Execute query/ }).click();
/** showsText waits until the answer shows text; what is further down is not drawn. */
export const showsText = (page, text) => page.locator('.result-window .view-lines', { hasText: text }).waitFor();
export const details = (page) => page.getByRole('region', { name: 'Execution details' });
export const signIn = async (page, name) => {
  await page.getByRole('button', { name: new RegExp(`^Sign in as ${name}`) }).click();
  await page.getByText(`Signed in as ${name}`).waitFor();
};
