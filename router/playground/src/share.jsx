// The button that copies a link to the operation in the editors.

import { ToolbarButton, useGraphiQL } from '@graphiql/react';

import { linkTo } from './link.js';
import { useStatus } from './status.jsx';

export function Share() {
  const { queryEditor, variableEditor } = useGraphiQL(({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }));
  const [status, setStatus] = useStatus();
  const share = async () => {
    const link = linkTo({ query: queryEditor.getValue(), variables: variableEditor?.getValue() });
    history.replaceState(null, '', link);
    try {
      await navigator.clipboard.writeText(link);
      setStatus('Link copied');
    } catch {
      setStatus('Link is in the address bar');
    }
  };
  return (
    <>
      <ToolbarButton onClick={share} label="Share: a link to this operation">
        <svg className="graphiql-toolbar-icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
          <path d="M8.500 11.500a3.500 3.500 0 0 0 5 0l3-3a3.500 3.500 0 0 0-5-5l-1 1M11.500 8.500a3.500 3.500 0 0 0-5 0l-3 3a3.500 3.500 0 0 0 5 5l1-1" />
        </svg>
      </ToolbarButton>
      {status}
    </>
  );
}
