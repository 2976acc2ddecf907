import { defineConfig } from 'vite';

// GraphiQL brings its fonts inside its style sheet, 380 kB of them; the page
// uses the machine's own.
const withoutFonts = {
  name: 'without-fonts',
  enforce: 'pre',
  transform(code, id) {
    if (id.endsWith('.css')) return { code: code.replace(/@font-face\s*\{[^}]*\}/g, ''), map: null };
  },
};

export default defineConfig({
  plugins: [withoutFonts],
  build: {
    // A data: URI in the page would be against its policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      // "use client" is for servers that render React; there is none.
      checks: { moduleLevelDirective: false },
    },
  },
  server: {
    proxy: { '/graphql': { target: 'http://127.0.0.1:4000', ws: true } },
  },
});
