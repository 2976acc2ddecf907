// The playground, the reference and the guide in a browser.

import assert from 'node:assert/strict';
import test from 'node:test';

import { details, open, playground, run, showsText, signIn, skip, visit } from './browser.mjs';

playground('an example runs and shows cost, requests and plan', {}, async (page) => {
  await open(page, 'ProductPage');
  await run(page);
  await showsText(page, 'Aurora');
  await details(page).getByText(/cost [\d,]+ of [\d,]+/).waitFor();
  await details(page).getByRole('button', { name: /requests$/ }).click();
  const rows = details(page).locator('.requests tbody tr');
  assert((await rows.count()) >= 2, 'a product page needs more than one subgraph');
  await rows.filter({ hasText: 'product' }).first().waitFor();
  await details(page).getByRole('button', { name: /^Plan/ }).click();
  const plan = details(page).getByRole('list', { name: 'Query plan' });
  await plan.getByText('order', { exact: true }).first().click();
  await plan.getByText('_entities').waitFor();
});

const dear = '{ search(first: 100) { nodes { id variants(first: 100) { nodes { id } } } } }';
playground('a refused operation shows its dearest paths', { path: `/#${new URLSearchParams({ query: dear })}`, expected: /status of 400/ }, async (page) => {
  await page.locator('.graphiql-query-editor .view-lines', { hasText: 'variants' }).waitFor();
  await run(page);
  await showsText(page, 'COST_EXCEEDED');
  await details(page).getByRole('button', { name: 'Dearest paths' }).click();
  await details(page).getByText(/^search\.nodes\.variants\.nodes costs 10,000\. Lower first of search/).waitFor();
  await details(page).getByRole('button', { name: /^Plan/ }).click();
  await details(page).getByRole('list', { name: 'Query plan' }).getByText('product').first().waitFor();
});

playground('operations run with the session of the demo account', {}, async (page) => {
  await signIn(page, 'Ada');
  await open(page, 'MyOrders');
  await run(page);
  await showsText(page, 'ada@demo.test');
  const kept = await page.evaluate(() => JSON.stringify(localStorage));
  assert.doesNotMatch(kept, /oken/, 'a token outlives the tab');
  assert.doesNotMatch(page.url(), /oken/);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Guest session' }).waitFor();
});

playground('the examples run in order, up to a tracked order', {}, async (page) => {
  await signIn(page, 'Ada');
  for (const [tab, text] of [['AddToCart', 'crt_'], ['Checkout', 'chk_'], ['PlaceOrder', 'ord_']]) {
    await open(page, tab);
    await run(page);
    await showsText(page, text);
  }
  await open(page, 'TrackOrder');
  await run(page);
  await showsText(page, 'orderChanged');
  await details(page).getByText(/^\d+ events?$/).waitFor();
  await page.getByRole('button', { name: /^Stop query/ }).click();
});

playground('a link opens the operation for another visitor', { permissions: ['clipboard-read', 'clipboard-write'] }, async (page, context) => {
  await open(page, 'ProductPage');
  await page.getByRole('button', { name: /^Share/ }).click();
  await page.getByText('Link copied').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, page.url());
  const other = await context.newPage();
  await other.goto(link);
  await other.locator('.graphiql-query-editor', { hasText: 'ProductPage' }).waitFor();
  await other.locator('.graphiql-editor-tool', { hasText: 'aurora-anc-headphones' }).waitFor();
  await run(other);
  await showsText(other, 'Aurora');
});

playground('the dark colour scheme is respected', { colorScheme: 'dark' }, async (page) => {
  const [ground, ink] = await page.evaluate(() => {
    const style = getComputedStyle(document.querySelector('.bar'));
    return [style.backgroundColor, style.color].map((colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0));
  });
  assert(ground < 150 && ink > 500, `the bar is ${ground} on ${ink}`);
  assert.equal(await page.evaluate(() => document.querySelector('.monaco-editor').classList.contains('vs-dark')), true);
});

playground('the keyboard suffices', {}, async (page) => {
  await page.locator('.graphiql-query-editor .view-line').first().click();
  await page.keyboard.press('Control+Enter');
  await showsText(page, 'categories');
});

playground('completion uses the schema, and the panels open', {}, async (page) => {
  await page.getByRole('button', { name: /Show Documentation Explorer/ }).click();
  await page.getByRole('link', { name: 'Query', exact: true }).or(page.locator('.graphiql-doc-explorer a', { hasText: 'Query' })).first().click();
  await page.locator('.graphiql-doc-explorer', { hasText: 'categories' }).waitFor();
  await page.getByRole('button', { name: /Show Examples/ }).click();
  await page.getByRole('region', { name: 'Examples' }).getByRole('button', { name: /^My orders/ }).click();
  await page.getByRole('tab', { name: /^MyOrders/, selected: true }).waitFor();
  await page.getByRole('button', { name: /Show GraphiQL Explorer/ }).click();
  await page.locator('.graphiql-explorer-root').waitFor();
});

playground('every control has an accessible name', {}, async (page) => {
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll('button, a[href], input, textarea, [role="tab"]')]
      .filter((element) => element.getClientRects().length > 0)
      .filter((element) => !(element.getAttribute('aria-label') || element.textContent.trim() || element.title || element.labels?.length))
      .map((element) => element.outerHTML.slice(0, 120)),
  );
  assert.deepEqual(nameless, []);
});

playground('the schema can be downloaded', {}, async (page) => {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Schema file' }).click()]);
  assert.equal(download.suggestedFilename(), 'schema.graphql');
});

playground('an API key authenticates until sign-out', {}, async (page) => {
  const keys = [];
  page.on('request', (request) => request.method() === 'POST' && keys.push(request.headers()['x-api-key']));
  await page.getByRole('button', { name: /^Use the API key of Partner/ }).click();
  await page.getByText('Signed in as Partner').waitFor();
  await run(page);
  await showsText(page, 'categories');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Guest session' }).waitFor();
  await run(page);
  await showsText(page, 'categories');
  assert.match(keys.find(Boolean), /^ck_/);
  assert.equal(keys.at(-1), undefined, 'the key is sent after signing out');
});

test('reference: every type is there, and is found', { skip }, () =>
  visit('/docs', {}, async (page) => {
    await page.keyboard.press('/');
    await page.keyboard.type('minorUnits');
    await page.getByRole('status').getByText(/^\d+ found/).waitFor();
    await page.keyboard.press('Enter');
    assert.match(page.url(), /#Money\.minorUnits$/);
    await page.getByRole('link', { name: 'Money', exact: true }).first().waitFor();
    await page.getByLabel('Search').fill('nothing is called so');
    await page.getByText('Nothing found').waitFor();
  }),
);

test('reference: an example opens in the playground', { skip }, () =>
  visit('/docs', {}, async (page) => {
    await page.getByText('Product page', { exact: true }).click();
    await page.getByRole('link', { name: 'Open in the playground' }).first().click();
    await page.locator('.graphiql-query-editor', { hasText: 'ProductPage' }).waitFor();
  }),
);

for (const colorScheme of ['light', 'dark']) {
  test(`reference: it can be read when ${colorScheme}`, { skip }, () =>
    visit('/docs', { colorScheme }, async (page) => {
      const contrast = await page.evaluate(() => {
        const light = (colour) => {
          const parts = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
          return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const paper = light(getComputedStyle(document.querySelector('article')).backgroundColor);
        return ['article dd', '.links', '.mark.needs', 'h2 small', '.type'].map((selector) => {
          const ink = light(getComputedStyle(document.querySelector(selector)).color);
          return { selector, ratio: (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) };
        });
      });
      for (const { selector, ratio } of contrast) assert(ratio >= 4.5, `${selector} has a contrast of ${ratio.toFixed(1)}, want 4.5`);
    }),
  );
}

test('guide: types and codes are found from the guide', { skip }, () =>
  visit('/docs/guide', {}, async (page) => {
    await page.getByLabel('Search').fill('QUANTITY_LIMIT');
    await page.locator('#found').getByRole('link', { name: /^Mutation\.cartLinesAdd/ }).click();
    await page.getByRole('heading', { name: /^cartLinesAdd/, level: 2 }).waitFor();
    assert.match(page.url(), /\/docs#Mutation\.cartLinesAdd$/);
  }),
);

test('reference: the example of a root field opens in the playground', { skip }, () =>
  visit('/docs#Query.product', {}, async (page) => {
    const entry = page.locator('[id="Query.product"]');
    await entry.getByText('Example', { exact: true }).click();
    await entry.getByRole('link', { name: 'Open in the playground' }).click();
    await page.locator('.graphiql-query-editor', { hasText: 'query Product' }).waitFor();
  }),
);

test('guide: its chapters are found from the reference', { skip }, () =>
  visit('/docs', {}, async (page) => {
    await page.getByLabel('Search').fill('refresh token');
    await page.locator('#found').getByRole('link', { name: /^Authentication: Refreshing/ }).click();
    await page.getByRole('heading', { name: 'Authentication', level: 1 }).waitFor();
    assert.match(page.url(), /\/docs\/guide#authentication-refreshing$/);
  }),
);
