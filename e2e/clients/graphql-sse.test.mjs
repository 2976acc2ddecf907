// graphql-sse, in both of its modes.

import assert from 'node:assert/strict';
import test from 'node:test';
import { createClient } from 'graphql-sse';

import { addMugs, bearer, endpoint, guest, lines } from './shop.mjs';

const cartChanged = 'subscription ($id: ID!) { cartChanged(cartId: $id) { totalQuantity } }';

for (const singleConnection of [false, true]) {
  const mode = singleConnection ? 'on a single connection' : 'on distinct connections';
  const client = (token) => createClient({ url: endpoint, singleConnection, retryAttempts: 0, headers: token ? bearer(token) : {} });

  test(`queries and mutations ${mode}`, async () => {
    const sse = client(await guest());
    const answers = [];
    for await (const answer of sse.iterate({ query: '{ categories { slug } }' })) answers.push(answer);
    assert.equal(answers.length, 1);
    assert(answers[0].data.categories.length > 0);
    const add = 'mutation ($lines: [CartLineAddInput!]!) { cartLinesAdd(lines: $lines) { cart { totalQuantity } } }';
    for await (const { data } of sse.iterate({ query: add, variables: { lines: lines(1) } })) {
      assert.equal(data.cartLinesAdd.cart.totalQuantity, 1);
    }
    sse.dispose();
  });

  test(`subscriptions side by side ${mode}`, async (t) => {
    const token = await guest();
    const cart = await addMugs(token, 1);
    const sse = client(token);
    t.after(() => sse.dispose());
    const streams = [1, 2].map(() => sse.iterate({ query: cartChanged, variables: { id: cart.id } }));
    for (const { value } of await Promise.all(streams.map((stream) => stream.next()))) {
      assert.equal(value.data.cartChanged.totalQuantity, 1);
    }
    await addMugs(token, 2);
    // Earlier events may be repeated first.
    const until = async (stream, quantity) => {
      while ((await stream.next()).value.data.cartChanged.totalQuantity !== quantity);
    };
    await Promise.all(streams.map((stream) => until(stream, 3)));
    await Promise.all(streams.map((stream) => stream.return()));
  });

  test(`an invalid document is an error in ${mode}`, async () => {
    const sse = client();
    const result = await new Promise((done) => {
      const answers = [];
      sse.subscribe(
        { query: '{ nothing }' },
        { next: (answer) => answers.push(answer), error: done, complete: () => done(answers[0]) },
      );
    });
    assert.match(JSON.stringify(result.errors ?? result.message ?? result), /nothing|400/);
    sse.dispose();
  });
}
