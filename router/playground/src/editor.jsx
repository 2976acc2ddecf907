// GraphiQL with the examples, details of execution, and links and snippets to copy.

import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';

import { operations } from '../plain/assets/settings.js';
import { examples } from './examples.jsx';
import { CopyAs } from './copy.jsx';
import { fetcher } from './fetcher.js';
import { Details } from './details.jsx';
import { linked } from './link.js';
import { Share } from './share.jsx';
import { storage } from './storage.js';
import './main.css';
import './details.css';

const link = linked(location.hash);
const tabs = [...(link ? [link] : []), ...operations.map(({ query, variables }) => ({ query, variables }))];
const plugins = [examples, explorerPlugin({ showAttribution: false })];

/** render replaces what is in root by the editor. */
export function render(root) {
  createRoot(root).render(
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      defaultTabs={tabs.length > 0 ? tabs : undefined}
      initialQuery={link?.query}
      initialVariables={link?.variables}
      defaultEditorToolsVisibility="variables"
      plugins={plugins}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>{' '}</GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, merge, copy }) => (
          <>
            {prettify}
            {merge}
            {copy}
            <Share />
            <CopyAs />
          </>
        )}
      </GraphiQL.Toolbar>
      <GraphiQL.Footer>
        <Details />
      </GraphiQL.Footer>
    </GraphiQL>,
  );
}
