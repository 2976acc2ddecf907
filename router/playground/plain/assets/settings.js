// The page's settings, written by the server.

const { endpoint = '/graphql', version = '', demoAccounts = [], apiClients = [], operations = [] } = JSON.parse(
  document.getElementById('settings').textContent,
);

export { endpoint, version, demoAccounts, apiClients, operations };

/** The graph's address for subscriptions. */
export function socketUrl() {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** titleOf converts "ProductPage" to "Product page". */
export const titleOf = (name) => name.replace(/(?<=.)[A-Z]/g, (letter) => ' ' + letter.toLowerCase());
