// The menu that copies the operation in the editors as a program.

import { ToolbarButton, ToolbarMenu, useGraphiQL } from '@graphiql/react';

import { endpoint } from '../plain/assets/settings.js';
import { apollo, curl, fetched, requestOf } from './snippets.js';
import { useStatus } from './status.jsx';

const forms = [
  ['curl', curl],
  ['fetch', fetched],
  ['Apollo Client', apollo],
];

export function CopyAs() {
  const { queryEditor, variableEditor, headerEditor } = useGraphiQL(({ queryEditor, variableEditor, headerEditor }) => ({
    queryEditor,
    variableEditor,
    headerEditor,
  }));
  const [status, setStatus] = useStatus();
  // The session's token is left out: a copied program may be shown to others.
  const copy = (name, write) => async () => {
    try {
      const editors = { query: queryEditor.getValue(), variables: variableEditor?.getValue(), headers: headerEditor?.getValue() };
      await navigator.clipboard.writeText(write(requestOf(editors, { endpoint, href: location.href })));
      setStatus(`Copied as ${name}`);
    } catch (error) {
      setStatus(error instanceof SyntaxError ? 'Variables or headers are not JSON' : 'The clipboard cannot be written');
    }
  };
  return (
    <>
      <ToolbarMenu
        button={
          <ToolbarButton label="Copy as curl, fetch or Apollo Client">
            <svg className="graphiql-toolbar-icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
              <path d="M6.500 6 2.500 10l4 4M13.500 6l4 4-4 4M11.500 4.500l-3 11" />
            </svg>
          </ToolbarButton>
        }
      >
        {forms.map(([name, write]) => (
          <ToolbarMenu.Item key={name} onSelect={copy(name, write)}>
            Copy as {name}
          </ToolbarMenu.Item>
        ))}
      </ToolbarMenu>
      {status}
    </>
  );
}
