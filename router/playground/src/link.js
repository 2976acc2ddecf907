// Links to an operation. They stand after the #, which browsers tell no server.

/** linkTo is the address of this page with the operation in it. */
export function linkTo({ query, variables }) {
  const parts = new URLSearchParams({ query });
  if (variables?.trim()) parts.set('variables', variables);
  const url = new URL(location.href);
  url.hash = parts.toString();
  return url.href;
}

/** linked is the operation that a link's hash holds, or null. */
export function linked(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const query = parts.get('query');
  return query ? { query, variables: parts.get('variables') ?? '' } : null;
}
