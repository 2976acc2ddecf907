// How GraphiQL asks the graph: HTTP, and a socket for subscriptions.

import { getOperationAST } from 'graphql';
import { createClient } from 'graphql-ws';

import { fill, learn } from '../plain/assets/blanks.js';
import { failure, post } from '../plain/assets/graph.js';
import { authorization } from '../plain/assets/session.js';
import { socketUrl } from '../plain/assets/settings.js';

// The socket lives as long as there is a subscription, so that the next one
// comes with the token of whoever is signed in then.
const socket = createClient({
  url: socketUrl(),
  connectionParams: async () => {
    const { Authorization } = await authorization();
    return Authorization ? { authorization: Authorization } : {};
  },
});

/** fetcher answers one request of GraphiQL's, or each event of a subscription. */
export async function fetcher({ query, variables, operationName }, { headers, documentAST } = {}) {
  let request;
  try {
    request = { query, variables: fill(variables), operationName };
    // A header of the editor's wins.
    headers = { ...(await authorization()), ...headers };
  } catch (error) {
    return failure(error.message);
  }
  const operation = documentAST && getOperationAST(documentAST, operationName);
  if (operation?.operation === 'subscription') return events(request);
  const { answer } = await post(request, headers);
  if (operationName !== 'IntrospectionQuery') learn(answer);
  return answer;
}

async function* events(request) {
  try {
    for await (const answer of socket.iterate(request)) {
      learn(answer);
      yield answer;
    }
  } catch (error) {
    yield Array.isArray(error) ? { errors: error } : failure(error.message || error.reason || 'The connection was closed.');
  }
}
