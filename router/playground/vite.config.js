import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

import { defineConfig } from 'vite';

// GraphiQL brings its fonts inside its style sheet, 380 kB of them; the page
// uses the machine's own. The editor's icons are a font, and stay.
const withoutFonts = {
  name: 'without-fonts',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('.css')) return undefined;
    return { code: code.replace(/@font-face\s*\{[^}]*\}/g, (face) => (/codicon/i.test(face) ? face : '')), map: null };
  },
};

// The program embeds the assets compressed, by each coding that browsers accept.
const compressed = {
  name: 'compressed',
  apply: 'build',
  async closeBundle() {
    const dir = new URL('dist/assets/', import.meta.url).pathname;
    await Promise.all(
      (await readdir(dir)).map(async (name) => {
        const file = join(dir, name);
        const content = await readFile(file);
        await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
        await writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
        await rm(file);
      }),
    );
  },
};

export default defineConfig({
  plugins: [withoutFonts, compressed],
  worker: { format: 'es' },
  build: {
    // A data: URI in the page would be against its policy.
    assetsInlineLimit: 0,
    license: { fileName: 'assets/licenses.txt' },
    chunkSizeWarningLimit: 6000,
    rolldownOptions: {
      // "use client" is for servers that render React; there is none.
      checks: { moduleLevelDirective: false },
    },
  },
  server: {
    proxy: { '/graphql': { target: 'http://127.0.0.1:4000', ws: true } },
  },
});
