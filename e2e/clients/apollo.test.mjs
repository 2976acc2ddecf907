// Apollo Client 4, as web applications use it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, ServerError, gql } from '@apollo/client';
import { Defer20220824Handler } from '@apollo/client/incremental';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';

import { addMugs, bearer, endingWell, endpoint, guest, lines, mug } from './shop.mjs';

/** watched is fetch that keeps what it sent and got. */
function watched() {
  const seen = [];
  const watch = async (url, options) => {
    const response = await fetch(url, options);
    seen.push({ url: String(url), method: options?.method ?? 'GET', body: options?.body, status: response.status, headers: response.headers });
    return new Response(endingWell(response.body), response);
  };
  return { seen, fetch: watch };
}

function client({ Link = HttpLink, before = [], token, ...options } = {}) {
  const wire = watched();
  const link = new Link({ uri: endpoint, fetch: wire.fetch, headers: token ? bearer(token) : {}, ...options });
  return {
    seen: wire.seen,
    apollo: new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.from([...before, link]),
      incrementalHandler: new Defer20220824Handler(),
      clientAwareness: { name: 'e2e', version: '1' },
    }),
  };
}

const productPage = gql`
  query ProductPage($slug: String!) {
    product(slug: $slug) {
      id
      title
      priceRange {
        min {
          formatted
        }
      }
    }
  }
`;
const slug = 'aurora-anc-headphones';

test('a query is answered, and cached by its entities', async () => {
  const { apollo, seen } = client();
  const { data } = await apollo.query({ query: productPage, variables: { slug } });
  assert.match(data.product.priceRange.min.formatted, /\d/);
  await apollo.query({ query: productPage, variables: { slug } });
  assert.equal(seen.length, 1, 'the second time the cache answers');
  assert.equal(apollo.readFragment({ id: `Product:${data.product.id}`, fragment: gql`fragment F on Product { title }` }).title, data.product.title);
  assert.match(seen[0].headers.get('content-type'), /^application\/graphql-response\+json/);
});

test('a mutation returns its userErrors', async () => {
  const { apollo } = client({ token: await guest() });
  const mutation = gql`
    mutation Add($lines: [CartLineAddInput!]!) {
      cartLinesAdd(lines: $lines) {
        cart { id totalQuantity }
        userErrors { code message path }
      }
    }
  `;
  const { data } = await apollo.mutate({ mutation, variables: { lines: lines(1) } });
  assert.equal(data.cartLinesAdd.cart.totalQuantity, 1);
  const { data: refused } = await apollo.mutate({ mutation, variables: { lines: [{ variantId: mug, quantity: -1 }] } });
  assert.equal(refused.cartLinesAdd.userErrors.length, 1);
  assert.notEqual(refused.cartLinesAdd.userErrors[0].code, '');
});

test('an error has its code and the request id', async () => {
  const { apollo } = client();
  await assert.rejects(apollo.query({ query: gql`{ nothing }` }), (error) => {
    assert(CombinedGraphQLErrors.is(error), `${error}`);
    assert.equal(error.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    assert.match(error.errors[0].extensions.requestId, /^req_/);
    return true;
  });
});

test('a denied field leaves the rest of the answer', async () => {
  const { apollo } = client();
  const { data, error } = await apollo.query({ query: gql`{ categories { slug } me { id } }`, errorPolicy: 'all' });
  assert(data.categories.length > 0);
  assert.equal(data.me, null);
  assert(!error || CombinedGraphQLErrors.is(error));
});

test('operations of one moment are sent as one batch, in order', async () => {
  const { apollo, seen } = client({ Link: BatchHttpLink });
  const results = await Promise.allSettled([
    apollo.query({ query: gql`{ categories { slug } }` }),
    apollo.query({ query: gql`{ nothing }` }),
    apollo.query({ query: productPage, variables: { slug } }),
  ]);
  assert.equal(seen.length, 1);
  assert.equal(JSON.parse(seen[0].body).length, 3);
  assert(results[0].value.data.categories.length > 0);
  assert.equal(results[1].reason.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  assert.equal(results[2].value.data.product.id.slice(0, 4), 'prd_');
});

test('a batch that is too long is refused with an error for each operation', async () => {
  const { apollo } = client({ Link: BatchHttpLink, batchMax: 20 });
  const queries = Array.from({ length: 11 }, (_, i) => apollo.query({ query: gql(`query Q${i} { categories { slug } }`) }));
  for (const { reason } of await Promise.allSettled(queries)) {
    assert(ServerError.is(reason), `${reason}`);
    assert.equal(reason.statusCode, 400);
    assert.match(reason.bodyText, /batch/i);
  }
});

/** persisted is the link of automatic persisted queries. */
const persisted = (options) => new PersistedQueryLink({ sha256: (text) => createHash('sha256').update(text).digest('hex'), ...options });

test('a persisted query is sent in full once, then by its hash', async () => {
  const query = gql(`query Once${process.pid}Post { categories { slug name } }`);
  const { apollo, seen } = client({ before: [persisted()] });
  for (let i = 0; i < 2; i++) {
    const { data } = await apollo.query({ query, fetchPolicy: 'no-cache' });
    assert(data.categories.length > 0);
  }
  const texts = seen.map(({ body }) => 'query' in JSON.parse(body));
  assert.deepEqual(texts, [false, true, false], 'sent the hash, registered the text, sent the hash');
  assert(seen.every(({ status }) => status === 200));
});

test('a hashed query is a cacheable GET', async () => {
  const query = gql(`query Once${process.pid}Get { categories { slug } }`);
  const { apollo, seen } = client({ before: [persisted({ useGETForHashedQueries: true })] });
  for (let i = 0; i < 2; i++) await apollo.query({ query, fetchPolicy: 'no-cache' });
  assert.deepEqual(seen.map(({ method }) => method), ['GET', 'POST', 'GET']);
  assert.match(seen[2].url, /persistedQuery/);
  assert.doesNotMatch(seen[2].url, /[?&]query=/);
});

test('deferred fields arrive later', async () => {
  const { apollo, seen } = client();
  const query = gql`
    query Late($slug: String!) {
      product(slug: $slug) {
        id
        title
        ... @defer(label: "delivery") {
          variants(first: 1) {
            nodes {
              id
              deliveryEstimates(countryCode: "US") {
                method {
                  name
                }
              }
            }
          }
        }
      }
    }
  `;
  const parts = await new Promise((done, failed) => {
    const states = [];
    apollo.watchQuery({ query, variables: { slug } }).subscribe({
      next({ data, dataState, error }) {
        if (error) failed(error);
        if (dataState === 'empty') return;
        states.push({ dataState, late: data.product.variants !== undefined });
        if (dataState === 'complete') done(states);
      },
      error: failed,
    });
  });
  assert.match(seen[0].headers.get('content-type'), /^multipart\/mixed.*deferSpec=20220824/);
  assert.deepEqual(parts[0], { dataState: 'streaming', late: false });
  assert.deepEqual(parts.at(-1), { dataState: 'complete', late: true });
});

test('a subscription works over multipart HTTP', async () => {
  const token = await guest();
  const cart = await addMugs(token, 1);
  const { apollo, seen } = client({ token });
  const query = gql`
    subscription Cart($id: ID!) {
      cartChanged(cartId: $id) {
        id
        totalQuantity
      }
    }
  `;
  const quantities = await new Promise((done, failed) => {
    const seenSoFar = [];
    const subscription = apollo.subscribe({ query, variables: { id: cart.id } }).subscribe({
      next({ data, error }) {
        if (error) failed(error);
        seenSoFar.push(data.cartChanged.totalQuantity);
        if (seenSoFar.length === 1) addMugs(token, 2).catch(failed);
        if (seenSoFar.at(-1) !== 3) return;
        subscription.unsubscribe();
        done(seenSoFar);
      },
      error: failed,
    });
  });
  assert.equal(quantities[0], 1);
  assert.match(seen[0].headers.get('content-type'), /^multipart\/mixed.*subscriptionSpec=1\.0/);
});
