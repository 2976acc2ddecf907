// Data of the demo shop that tests need, read with fetch.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

/** The graph's address. */
export const endpoint = process.env.CARTOGRAPH_GRAPHQL;
assert(endpoint, 'CARTOGRAPH_GRAPHQL is not set; run these tests by npm test');

/** The same for WebSockets. */
export const socketUrl = endpoint.replace(/^http/, 'ws');

/** at is the address of another page of the router. */
export const at = (path) => new URL(path, endpoint).href;

/** send returns the data, and fails on errors. */
export async function send(query, variables, token) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, `the shop answers ${JSON.stringify(errors)}`);
  return data;
}

/** bearer is the header of who holds the token. */
export const bearer = (token) => ({ Authorization: `Bearer ${token}` });

/** guest is the access token of a new guest. */
export async function guest() {
  const { guestSessionCreate } = await send('mutation { guestSessionCreate { session { accessToken } } }');
  return guestSessionCreate.session.accessToken;
}

/** mug is a variant of which there is plenty. */
export const mug = 'var_01KE6P4YM0G1TBFYE2H1VCWWNV';

export const lines = (quantity) => [{ variantId: mug, quantity }];

const add = 'mutation ($lines: [CartLineAddInput!]!) { cartLinesAdd(lines: $lines) { cart { id version totalQuantity } userErrors { code message } } }';

/** addMugs puts mugs into the cart of the token's owner and returns the cart. */
export async function addMugs(token, quantity) {
  const { cartLinesAdd } = await send(add, { lines: lines(quantity) }, token);
  assert.deepEqual(cartLinesAdd.userErrors, []);
  return cartLinesAdd.cart;
}

/** order buys a mug for the token's owner and returns {id, number}. */
export async function order(token) {
  const cart = await addMugs(token, 1);
  const { checkoutCreate } = await send(
    `mutation ($input: CheckoutCreateInput!) {
      checkoutCreate(input: $input) { checkout { id cost { total { amount currencyCode } } } userErrors { message } }
    }`,
    {
      input: {
        cartId: cart.id,
        email: 'eve@example.test',
        shippingAddress: { name: 'Eve Byron', line1: '12 Analytical Row', city: 'Portland', region: 'OR', postalCode: '97201', countryCode: 'US' },
        idempotencyKey: randomUUID(),
      },
    },
    token,
  );
  assert.deepEqual(checkoutCreate.userErrors, []);
  const { id, cost } = checkoutCreate.checkout;
  const { orderPlace } = await send(
    'mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) { order { id number } userErrors { message } } }',
    { input: { checkoutId: id, expectedTotal: cost.total, payment: { token: 'tok_ok' }, idempotencyKey: randomUUID() } },
    token,
  );
  assert.deepEqual(orderPlace.userErrors, []);
  return orderPlace.order;
}

/**
 * endingWell is a stream that closes where its source is broken off: clients
 * break off what they no longer read, and leave that rejection unhandled.
 */
export function endingWell(source) {
  const { readable, writable } = new TransformStream();
  source.pipeTo(writable, { preventAbort: true }).catch(() => writable.close().catch(() => {}));
  return readable;
}
