// Links to an operation, in the fragment of the URL: browsers do not send it.

/** linkTo returns this page's URL with an operation. */
export function linkTo({ query, variables }) {
  const parts = new URLSearchParams({ query });
  if (variables?.trim()) parts.set('variables', variables);
  const url = new URL(location.href);
  url.hash = parts.toString();
  return url.href;
}

/** linked returns the operation of a URL's fragment, or null. */
export function linked(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const query = parts.get('query');
  return query ? { query, variables: parts.get('variables') ?? '' } : null;
}
