import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import 'graphiql/style.css';

import '../plain/assets/bar.css';
import { showBar } from '../plain/assets/bar.js';
import { operations } from '../plain/assets/settings.js';
import { examples } from './examples.jsx';
import { fetcher } from './fetcher.js';
import './main.css';

const tabs = operations.map(({ query, variables }) => ({ query, variables }));

showBar(document.getElementById('bar'));
createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={tabs.length > 0 ? tabs : undefined}
    defaultEditorToolsVisibility="variables"
    plugins={[examples]}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>{' '}</GraphiQL.Logo>
  </GraphiQL>,
);
