// What the router told of the latest run, below its answer: cost, time, the
// requests to subgraphs, and the plan that they follow.

import { useEffect, useState, useSyncExternalStore } from 'react';
import { useGraphiQL } from '@graphiql/react';

import * as insights from './insights.js';
import { Plan, count } from './plan.jsx';
import { Requests } from './requests.jsx';

const number = new Intl.NumberFormat('en');
const remembered = 'graphiql:insightFlex';

export function Insight() {
  const tab = useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex]?.id);
  useEffect(() => insights.show(tab), [tab]);
  const insight = useSyncExternalStore(insights.subscribe, () => insights.of(tab));
  const [view, setView] = useState(() => localStorage.getItem(remembered) ?? '');
  const choose = (next) => {
    setView(next);
    localStorage.setItem(remembered, next);
  };
  if (!insight) return <section className="insight" aria-label="How it was answered" />;
  const { cost, plan, trace } = insight;
  const views = [
    trace && { id: 'requests', title: said(trace.fetches.length, 'request'), content: <Requests trace={trace} /> },
    plan && { id: 'plan', title: `Plan, ${said(count(plan).rounds, 'round')}`, content: <Plan root={plan} /> },
  ].filter(Boolean);
  const shown = views.find(({ id }) => id === view);
  return (
    <section className="insight" aria-label="How it was answered">
      <div className="insight-line">
        <Figures insight={insight} cost={cost} />
        <span className="insight-views">
          {views.map(({ id, title }) => (
            <button key={id} type="button" aria-expanded={shown?.id === id} aria-controls="insight-view" onClick={() => choose(shown?.id === id ? '' : id)}>
              {title}
            </button>
          ))}
        </span>
      </div>
      <div id="insight-view" className="insight-view" hidden={!shown} tabIndex={shown ? 0 : -1}>
        {shown?.content}
      </div>
    </section>
  );
}

/** Figures are the run in one line. */
function Figures({ insight: { status, millis, bytes, events }, cost }) {
  if (events !== undefined) return <span role="status">{events === 0 ? 'Listening' : said(events, 'event')}</span>;
  return (
    <span role="status">
      {status === 200 ? '' : `${status || 'No answer'} · `}
      {number.format(millis)} ms · {number.format(bytes)} bytes
      {cost && ` · cost ${number.format(cost.estimate)}${cost.limit ? ` of ${number.format(cost.limit)}` : ''}`}
    </span>
  );
}

export const said = (n, noun) => `${number.format(n)} ${noun}${n === 1 ? '' : 's'}`;
