// The first view: the bar, and the operation that the editor will open. The editor
// is several times as large as everything else and is loaded after them.

import '../plain/assets/bar.css';
import { showBar } from '../plain/assets/bar.js';
import { operations } from '../plain/assets/settings.js';
import { linked } from './link.js';

showBar(document.getElementById('bar'));
document.getElementById('skeleton-operation').textContent = (linked(location.hash) ?? operations[0])?.query ?? '';

const page = document.getElementById('graphiql');

async function openEditor() {
  try {
    const { render } = await import('./editor.jsx');
    render(page);
    page.removeAttribute('aria-busy');
  } catch (error) {
    const status = page.querySelector('[role="status"]');
    status?.replaceChildren(`The editor could not be loaded: ${error.message} Reload the page to try again.`);
    throw error;
  }
}

// After the first frame, so that the editor's script does not delay it. A page in a
// background tab has no frames, and loads the editor when it is shown.
requestAnimationFrame(() => setTimeout(openEditor));
