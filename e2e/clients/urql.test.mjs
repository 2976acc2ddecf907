// urql, which accepts a stream with every request.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { createClient as createSSEClient } from 'graphql-sse';

import { addMugs, bearer, endingWell, endpoint, guest, lines } from './shop.mjs';

function client({ exchanges = [fetchExchange], token, ...options } = {}) {
  const seen = [];
  const watch = async (url, request) => {
    const response = await fetch(url, request);
    seen.push({ url: String(url), method: request.method ?? 'GET', body: request.body, type: response.headers.get('content-type') });
    return new Response(endingWell(response.body), response);
  };
  return {
    seen,
    urql: new Client({
      url: endpoint,
      exchanges,
      fetch: watch,
      fetchOptions: { headers: token ? bearer(token) : {} },
      preferGetMethod: false,
      requestPolicy: 'network-only',
      ...options,
    }),
  };
}

const cartChanged = gql`
  subscription ($id: ID!) {
    cartChanged(cartId: $id) {
      id
      totalQuantity
    }
  }
`;

test('a query is answered as one, by POST and by GET', async () => {
  for (const preferGetMethod of [false, 'force']) {
    const { urql, seen } = client({ preferGetMethod });
    const { data, error } = await urql.query(gql`query ($slug: String!) { product(slug: $slug) { id title } }`, { slug: 'aurora-anc-headphones' }).toPromise();
    assert.equal(error, undefined);
    assert.match(data.product.id, /^prd_/);
    assert.equal(seen[0].method, preferGetMethod ? 'GET' : 'POST');
    assert.match(seen[0].type, /^application\/(graphql-response\+)?json/);
  }
});

test('a mutation is answered, and an error has its code', async () => {
  const { urql } = client({ token: await guest() });
  const { data } = await urql
    .mutation(gql`mutation ($lines: [CartLineAddInput!]!) { cartLinesAdd(lines: $lines) { cart { totalQuantity } userErrors { code } } }`, { lines: lines(2) })
    .toPromise();
  assert.equal(data.cartLinesAdd.cart.totalQuantity, 2);
  const { error } = await urql.query('{ nothing }', {}).toPromise();
  assert.equal(error.graphQLErrors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
});

/** follow adds mugs after the first event and returns the quantities seen until there are three. */
function follow(urql, token, cart) {
  return new Promise((done, failed) => {
    const seen = [];
    const { unsubscribe } = urql.subscription(cartChanged, { id: cart.id }).subscribe(({ data, error }) => {
      if (error) return failed(error);
      seen.push(data.cartChanged.totalQuantity);
      if (seen.length === 1) addMugs(token, 2).catch(failed);
      if (seen.at(-1) === 3) {
        unsubscribe();
        done(seen);
      }
    });
  });
}

test('its fetch exchange runs a subscription', async () => {
  const token = await guest();
  const cart = await addMugs(token, 1);
  const { urql, seen } = client({ token, fetchSubscriptions: true });
  assert.equal((await follow(urql, token, cart))[0], 1);
  assert.match(seen[0].type, /^(text\/event-stream|multipart\/mixed)/);
});

test('a subscription works over graphql-sse', async () => {
  const token = await guest();
  const cart = await addMugs(token, 1);
  const sse = createSSEClient({ url: endpoint, headers: bearer(token) });
  const forward = subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({ subscribe: (sink) => ({ unsubscribe: sse.subscribe({ query, variables }, sink) }) }),
  });
  const { urql } = client({ token, exchanges: [forward, fetchExchange] });
  assert.equal((await follow(urql, token, cart))[0], 1);
  sse.dispose();
});

test('persisted queries are sent by hash, as GET', async () => {
  const { urql, seen } = client({ exchanges: [persistedExchange({ preferGetForPersistedQueries: true }), fetchExchange] });
  const query = gql(`query Urql${process.pid} { categories { slug } }`);
  for (let i = 0; i < 2; i++) {
    const { data, error } = await urql.query(query, {}).toPromise();
    assert.equal(error, undefined);
    assert(data.categories.length > 0);
  }
  const texts = seen.map(({ url }) => new URL(url).searchParams.has('query'));
  assert.deepEqual(texts, [false, true, false], 'sent the hash, registered the text, sent the hash');
});
