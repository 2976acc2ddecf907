// The query plan as an expandable tree.

const titles = {
  Sequence: 'Sequence',
  Parallel: 'Parallel',
  Schema: 'Introspection, answered by the router',
  Deferred: 'Deferred',
};

export function Plan({ root }) {
  if (!root.subgraph && !root.children?.length && root.kind !== 'Schema') {
    return <p className="details-none">No subgraph is needed.</p>;
  }
  return (
    <ul className="plan" aria-label="Query plan">
      <Node node={root} />
    </ul>
  );
}

function Node({ node: { kind, subgraph, path, label, query, requires = [], children = [] } }) {
  const places = children.filter((child) => child.kind === 'Entities');
  const steps = children.filter((child) => child.kind !== 'Entities');
  const title = titles[kind] ?? (kind === 'Stream' ? `Events of ${subgraph}` : subgraph);
  return (
    <li className={`plan-${kind.toLowerCase()}`}>
      {query ? (
        <details>
          <summary>
            <Head {...{ title, path, label, requires, places }} />
          </summary>
          <pre>{query.trim()}</pre>
        </details>
      ) : (
        <Head {...{ title, path, label, requires, places }} />
      )}
      {steps.length > 0 && (
        <ul>
          {steps.map((child, i) => (
            <Node key={i} node={child} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Head({ title, path, label, requires, places }) {
  const all = [...(path ? [{ path, requires }] : []), ...places];
  return (
    <>
      <strong>{title}</strong>
      {label && <em> {label}</em>}
      {all.map((place, i) => (
        <span key={i} className="plan-place" title={(place.requires ?? []).join('\n')}>
          {' '}
          {place.path}
        </span>
      ))}
    </>
  );
}

/** count returns the maximum number of fetches, and of sequential rounds. */
export function count({ kind, children = [] }) {
  const own = kind === 'Fetch' ? 1 : 0;
  const below = children.map(count);
  const sum = (name) => below.reduce((total, one) => total + one[name], 0);
  const rounds = kind === 'Parallel' ? Math.max(0, ...below.map((one) => one.rounds)) : sum('rounds');
  return { fetches: own + sum('fetches'), rounds: own + rounds };
}
