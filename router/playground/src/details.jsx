// Execution details below the answer: cost, duration, requests to subgraphs, and
// the query plan.

import { useEffect, useState, useSyncExternalStore } from 'react';
import { useGraphiQL } from '@graphiql/react';

import * as details from './details.js';
import { Plan, count } from './plan.jsx';
import { Requests } from './requests.jsx';

const number = new Intl.NumberFormat('en');
const viewKey = 'graphiql:detailsFlex';

export function Details() {
  const tab = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.id);
  useEffect(() => details.show(tab), [tab]);
  const run = useSyncExternalStore(details.subscribe, () => details.of(tab));
  const [view, setView] = useState(() => localStorage.getItem(viewKey) ?? '');
  const choose = (next) => {
    setView(next);
    localStorage.setItem(viewKey, next);
  };
  if (!run) return <section className="details" aria-label="Execution details" />;
  const { cost, plan, trace } = run;
  const views = [
    cost?.paths && { id: 'cost', title: 'Dearest paths', content: <Dearest paths={cost.paths} /> },
    trace && { id: 'requests', title: quantity(trace.fetches.length, 'request'), content: <Requests trace={trace} /> },
    plan && { id: 'plan', title: `Plan, ${quantity(count(plan).rounds, 'round')}`, content: <Plan root={plan} /> },
  ].filter(Boolean);
  const shown = views.find(({ id }) => id === view);
  return (
    <section className="details" aria-label="Execution details">
      <div className="details-line">
        <Figures run={run} cost={cost} />
        <span className="details-views">
          {views.map(({ id, title }) => (
            <button key={id} type="button" aria-expanded={shown?.id === id} aria-controls="details-view" onClick={() => choose(shown?.id === id ? '' : id)}>
              {title}
            </button>
          ))}
        </span>
      </div>
      <div id="details-view" className="details-view" hidden={!shown} tabIndex={shown ? 0 : -1}>
        {shown?.content}
      </div>
    </section>
  );
}

/** Figures summarise the run in one line. */
function Figures({ run: { status, millis, bytes, events }, cost }) {
  if (events !== undefined) return <span role="status">{events === 0 ? 'Listening' : quantity(events, 'event')}</span>;
  return (
    <span role="status">
      {status === 200 ? '' : `${status || 'No response'} · `}
      {number.format(millis)} ms · {number.format(bytes)} bytes
      {cost && ` · cost ${number.format(cost.estimate)}${cost.limit ? ` of ${number.format(cost.limit)}` : ''}`}
    </span>
  );
}

/** Dearest lists what adds most to the cost of a refused operation. */
function Dearest({ paths }) {
  return (
    <ol aria-label="Dearest paths">
      {paths.map(({ path, cost, change }) => (
        <li key={path}>
          <strong>{path}</strong> costs {number.format(cost)}. {change}
        </li>
      ))}
    </ol>
  );
}

export const quantity = (n, noun) => `${number.format(n)} ${noun}${n === 1 ? '' : 's'}`;
