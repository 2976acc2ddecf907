// Sends operations over HTTP.

import { endpoint } from './settings.js';

/**
 * post sends one operation and returns {answer, status, millis, bytes}. A
 * failed request or an invalid response becomes an answer with an error.
 */
export async function post(request, headers = {}) {
  const started = performance.now();
  const done = (answer, status, bytes) => ({ answer, status, bytes, millis: Math.round(performance.now() - started) });
  let response, text;
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        Accept: 'application/graphql-response+json, application/json;q=0.9',
        'Content-Type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(request),
    });
    text = await response.text();
  } catch {
    return done(failure(`No response from ${endpoint}. Is the server still running?`), 0, 0);
  }
  try {
    return done(JSON.parse(text), response.status, text.length);
  } catch {
    return done(failure(`The server answered ${response.status}: ${text.slice(0, 500)}`), response.status, text.length);
  }
}

export const failure = (message) => ({ errors: [{ message }] });
