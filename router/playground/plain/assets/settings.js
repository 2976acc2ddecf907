// What the server says about this page.

const { endpoint = '/graphql', version = '', people = [], partners = [], operations = [] } = JSON.parse(
  document.getElementById('settings').textContent,
);

export { endpoint, version, people, partners, operations };

/** The graph's address for subscriptions. */
export function socketUrl() {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** "ProductPage" as people write it: "Product page". */
export const titleOf = (name) => name.replace(/(?<=.)[A-Z]/g, (letter) => ' ' + letter.toLowerCase());
