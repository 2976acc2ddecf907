// Composes the subgraphs' schemas into one supergraph.
//
//   node compose.mjs [supergraph.yaml] [supergraph.graphql]
//
// The first argument is a file in rover's form; the schemas' paths in it are
// relative to its folder. The result begins with a comment that holds a hash
// of everything that went in, so that a Go test can check without Node whether
// it is current: sha256 over the yaml file and each schema file, in the yaml's
// order, every one as "<name>\n<length in bytes>\n<bytes>".
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {basename, dirname, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {compositionHasErrors, composeServices} from '@theguild/federation-composition';
import {parse as parseGraphQL} from 'graphql';
import {parse as parseYAML} from 'yaml';

const here = dirname(fileURLToPath(import.meta.url));
const configPath = resolve(process.argv[2] ?? `${here}/../../supergraph.yaml`);
const outPath = resolve(process.argv[3] ?? `${here}/../supergraph.graphql`);

const hash = createHash('sha256');
function read(name, path) {
  const bytes = readFileSync(path);
  hash.update(`${name}\n${bytes.length}\n`).update(bytes);
  return bytes.toString('utf8');
}

const config = parseYAML(read(basename(configPath), configPath));
const services = Object.entries(config.subgraphs).map(([name, subgraph]) => {
  const text = read(name, resolve(dirname(configPath), subgraph.schema.file));
  try {
    return {name, url: subgraph.routing_url, typeDefs: parseGraphQL(text)};
  } catch (err) {
    console.error(`${name}: ${err.message} (line ${err.locations?.[0]?.line})`);
    process.exit(1);
  }
});

// The composer takes a field that leads back to the query root for a dead end, though
// every subgraph can be reached from there: such graphs are composed without that rule.
const result = composeServices(services, {
  disableValidationRules: process.env.SATISFIABILITY === 'off' ? ['SatisfiabilityRule'] : [],
});
if (compositionHasErrors(result)) {
  for (const err of result.errors) console.error(`${err.extensions?.code ?? 'ERROR'}: ${err.message}`);
  process.exit(1);
}
writeFileSync(
  outPath,
  `# Code generated from ${basename(configPath)} by compose.mjs; DO NOT EDIT.\n# sha256 of the inputs: ${hash.digest('hex')}\n\n${result.supergraphSdl.trimEnd()}\n`,
);
