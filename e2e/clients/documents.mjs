// Compiles the documents of two applications against a schema, as their builds
// do: Relay's compiler and graphql-codegen write code, and a manifest of
// the documents that the router accepts by id.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** compile works in the empty folder dir and returns the manifests' files. */
export async function compile(sdl, dir) {
  writeFileSync(join(dir, 'schema.graphql'), sdl);
  cpSync(here('documents'), dir, { recursive: true });
  symlinkSync(here('node_modules'), join(dir, 'node_modules'));
  return { relay: relay(dir), codegen: await codegen(dir) };
}

function relay(dir) {
  const manifest = join(dir, 'relay.json');
  writeFileSync(manifest, '{}');
  mkdirSync(join(dir, 'artifacts'));
  const config = {
    src: '.',
    schema: 'schema.graphql',
    language: 'javascript',
    artifactDirectory: 'artifacts',
    persistConfig: { file: 'relay.json', algorithm: 'SHA256' },
  };
  writeFileSync(join(dir, 'relay.config.json'), JSON.stringify(config));
  execFileSync(process.execPath, [here('node_modules/relay-compiler/cli.js'), 'relay.config.json'], { cwd: dir, stdio: 'pipe' });
  return manifest;
}

async function codegen(dir) {
  const { generate } = await import('@graphql-codegen/cli');
  await generate(
    {
      cwd: dir,
      silent: true,
      schema: 'schema.graphql',
      documents: ['app.ts'],
      emitLegacyCommonJSImports: false,
      generates: {
        'generated/': {
          preset: 'client',
          presetConfig: { persistedDocuments: true },
          config: { strictScalars: true, scalars: scalars(readFileSync(join(dir, 'schema.graphql'), 'utf8')) },
        },
      },
    },
    true,
  );
  return join(dir, 'generated/persisted-documents.json');
}

/** scalars names the type of each of the schema's own: strict code leaves none open. */
function scalars(sdl) {
  const types = Object.fromEntries([...sdl.matchAll(/^scalar (\w+)/gm)].map(([, name]) => [name, 'string']));
  assert('DateTime' in types, 'the schema has no DateTime');
  return { ...types, Long: 'number' };
}
