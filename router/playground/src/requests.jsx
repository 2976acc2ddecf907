// The requests to subgraphs on a time line.

/** Requests draws a bar for each fetch; times are in milliseconds. */
export function Requests({ trace: { duration, fetches } }) {
  if (fetches.length === 0) return <p className="details-none">No request to a subgraph.</p>;
  const whole = Math.max(duration, ...fetches.map((fetch) => fetch.start + fetch.duration), 0.001);
  const share = (millis) => `${Math.min(100, (100 * millis) / whole).toFixed(2)}%`;
  return (
    <table className="requests">
      <caption>{brief(duration)} in the router</caption>
      <thead>
        <tr>
          <th scope="col">Subgraph</th>
          <th scope="col">Start</th>
          <th scope="col">Duration</th>
          <th scope="col">Bytes</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {fetches.map(({ subgraph, start, duration: took, bytes, failure }, i) => (
          <tr key={i} className={failure ? 'failed' : undefined}>
            <th scope="row">
              {subgraph} {failure && <small>{failure}</small>}
            </th>
            <td>{brief(start)}</td>
            <td>{brief(took)}</td>
            <td>{bytes}</td>
            <td className="requests-line" aria-hidden="true">
              <span style={{ marginLeft: share(start), width: share(took) }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const brief = (millis) => `${millis < 10 ? millis.toFixed(1) : Math.round(millis)} ms`;
