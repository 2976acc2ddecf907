// The playground on narrow and wide screens, before and after its editor is loaded.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { details, open, playground, run, showsText, skip, visit } from './browser.mjs';
import { at } from './shop.mjs';

const phone = { viewport: { width: 390, height: 844 } };
const box = (page, selector) => page.locator(selector).first().boundingBox();

/** picture stores a screenshot if PICTURES names a folder. */
async function picture(page, name) {
  if (!process.env.PICTURES) return;
  mkdirSync(process.env.PICTURES, { recursive: true });
  await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`), fullPage: true });
}

for (const colorScheme of ['light', 'dark']) {
  playground(`on a phone the panes are below each other (${colorScheme})`, { ...phone, colorScheme }, async (page) => {
    await open(page, 'ProductPage');
    await run(page);
    await showsText(page, 'Aurora');
    const [editors, response] = [await box(page, '.graphiql-editors'), await box(page, '.graphiql-response')];
    assert(editors.y + editors.height <= response.y + 1, 'the answer is not below the editors');
    for (const pane of [editors, response]) assert(pane.width >= 330, `a pane is ${pane.width} pixels wide`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(wide <= 390, `the page is ${wide} pixels wide and scrolls sideways`);
    const tall = await page.evaluate(() => document.documentElement.scrollHeight);
    assert(tall <= response.y + response.height + 100, `the page is ${tall} pixels tall, its last pane ends at ${response.y + response.height}`);
    await details(page).getByRole('button', { name: /^Plan/ }).click();
    await details(page).getByRole('list', { name: 'Query plan' }).waitFor();
    await picture(page, `phone-${colorScheme}`);
  });

  playground(`on a wide screen the panes are beside each other (${colorScheme})`, { colorScheme }, async (page) => {
    await run(page);
    await showsText(page, 'categories');
    const [editors, response] = [await box(page, '.graphiql-editors'), await box(page, '.graphiql-response')];
    assert(editors.x + editors.width <= response.x + 1, 'the answer is not beside the editors');
    await picture(page, `wide-${colorScheme}`);
  });
}

playground('it has one heading and landmarks', {}, async (page) => {
  assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
  await page.getByRole('heading', { level: 1, name: 'Cartograph playground' }).waitFor();
  assert.equal(await page.getByRole('main').count(), 1);
  assert.equal(await page.getByRole('banner').count(), 1);
  await page.getByRole('main').getByRole('button', { name: /^Execute query/ }).waitFor();
});

test('playground: before the script has run there is a skeleton', { skip }, () =>
  visit('/', { ...phone, javaScriptEnabled: false }, async (page) => {
    await page.getByRole('heading', { level: 1, name: 'Cartograph playground' }).waitFor();
    await page.getByRole('main').getByText('The editor is loading…').waitFor();
    await picture(page, 'skeleton');
  }),
);

test('playground: the first view shows the operation while the editor is loading', { skip }, () =>
  visit('/docs', { expected: / failed$/ }, async (page, context) => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await context.route(/\/assets\/editor-[^/]*\.js$/, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(at('/'), { waitUntil: 'commit' });
    await page.getByRole('main').getByText('query Browse').waitFor();
    await page.getByRole('button', { name: 'Guest session' }).waitFor();
    release();
    await page.getByRole('button', { name: /^Execute query/ }).waitFor({ timeout: 60_000 });
    assert.equal(await page.locator('#skeleton').count(), 0);
  }),
);

test('playground: scripts are sent as brotli or gzip, and validated by an ETag', { skip }, async () => {
  const html = await (await fetch(at('/'))).text();
  const script = at(/src="(\/assets\/[^"]+\.js)"/.exec(html)[1]);
  const tags = new Set();
  for (const coding of ['br', 'gzip', 'identity']) {
    const response = await fetch(script, { headers: { 'Accept-Encoding': coding } });
    assert.equal(response.headers.get('content-encoding'), coding === 'identity' ? null : coding);
    assert.equal(response.headers.get('vary'), 'Accept-Encoding');
    assert.match(response.headers.get('cache-control'), /immutable/);
    const tag = response.headers.get('etag');
    tags.add(tag);
    const again = await fetch(script, { headers: { 'Accept-Encoding': coding, 'If-None-Match': tag } });
    assert.equal(again.status, 304);
  }
  assert.equal(tags.size, 3);
});

const clipboard = { permissions: ['clipboard-read', 'clipboard-write'] };
playground('an operation is copied as curl, fetch and Apollo Client', clipboard, async (page) => {
  await open(page, 'ProductPage');
  for (const [name, marks] of [
    ['curl', [/^curl 'http:\/\/127\.0\.0\.1:\d+\/graphql'/, /--data-raw '\{"query":/, /aurora-anc-headphones/]],
    ['fetch', [/await fetch\("http/, /query ProductPage/, /"slug": "aurora-anc-headphones"/]],
    ['Apollo Client', [/new ApolloClient/, /gql`/, /client\.query\(/]],
  ]) {
    await page.getByRole('button', { name: /^Copy as curl/ }).click();
    await page.getByRole('menuitem', { name: `Copy as ${name}` }).click();
    await page.getByText(`Copied as ${name}`).waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    for (const mark of marks) assert.match(text, mark);
  }
});
