// The examples as a panel, for tabs that were closed or changed.

import { useEffect, useRef } from 'react';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';

import { operations, titleOf } from '../plain/assets/settings.js';

export const examples = { title: 'Examples', icon: Icon, content: Panel };

function Icon() {
  return (
    <svg viewBox="0 0 20 20" width="1em" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
      <path d="M4 4.500h12M4 10h12M4 15.500h7" />
    </svg>
  );
}

function Panel() {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, tabs, variableEditor } = useGraphiQL(({ queryEditor, tabs, variableEditor }) => ({ queryEditor, tabs, variableEditor }));
  const opening = useRef(null);
  // A new tab is empty; it is filled once it is there.
  useEffect(() => {
    if (opening.current === null) return;
    queryEditor.setValue(opening.current.query);
    variableEditor.setValue(opening.current.variables);
    opening.current = null;
  }, [tabs.length, queryEditor, variableEditor]);
  const open = (operation) => {
    opening.current = operation;
    addTab();
  };
  return (
    <section aria-label="Examples">
      <h2 className="examples-title">Examples</h2>
      <p className="examples-lead">Each opens in a new tab. Run them in order: later ones use values of earlier ones.</p>
      <ol className="examples">
        {operations.map((operation) => (
          <li key={operation.name}>
            <button type="button" onClick={() => open(operation)}>
              <strong>{titleOf(operation.name)}</strong>
              <span>{comment(operation.query)}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** comment returns the comment above an operation. */
const comment = (query) =>
  query
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map((line) => line.slice(1).trim())
    .join(' ');
