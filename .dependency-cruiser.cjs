/** Which way the doors open: main → cli → server → graphql → features → { solver → matching, ledger, database }. */
const FEATURES =
  'caregivers|communities|fit|funding|identity|imports|jobs|matchruns|needs|notices|orders|retention|services';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'matching-imports-nothing',
      comment: 'The core is pure: nothing from outside its folder, no package, no Node module.',
      severity: 'error',
      from: { path: '^src/matching/' },
      to: { pathNot: '^src/matching/' },
    },
    {
      name: 'the-solver-knows-only-the-core',
      comment: 'Threads for the core: what the core is asked about is not its concern.',
      severity: 'error',
      from: { path: '^src/solver/' },
      to: { pathNot: '^src/(solver|matching)/|^(node:)?(os|util|worker_threads|zlib)$' },
    },
    {
      name: 'threads-are-the-solvers-own',
      comment: 'Others call what its index.ts exports.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/solver/' },
      to: { path: '^src/solver/', pathNot: '^src/solver/index\\.ts$' },
    },
    {
      name: 'nothing-imports-main',
      severity: 'error',
      from: { path: '^(src|prisma|test)/', pathNot: '^src/(main|cli/)' },
      to: { path: '^src/(main\\.ts|cli/)' },
    },
    {
      name: 'only-the-command-line-imports-server',
      severity: 'error',
      from: { path: '^(src|prisma)/', pathNot: '^src/(main\\.ts|cli/|server/)' },
      to: { path: '^src/server/' },
    },
    {
      name: 'rules-and-stores-know-no-graphql',
      comment: 'Only *.graphql.ts of a feature may use the builder.',
      severity: 'error',
      from: { path: `^src/(${FEATURES}|ledger|database)/`, pathNot: '\\.graphql\\.ts$' },
      to: { path: '^(src/graphql/|node_modules/(@pothos|graphql|graphql-yoga)/)' },
    },
    {
      name: 'the-foundations-know-no-feature',
      severity: 'error',
      from: { path: '^src/(database|ledger|[^/]+\\.ts$)', pathNot: '^src/(main\\.ts|.*\\.graphql\\.ts$)' },
      to: { path: `^src/(${FEATURES})/`, pathNot: '^src/identity/(viewer|policy)\\.ts$' },
    },
    {
      name: 'features-do-not-reach-into-stores-of-others',
      comment: 'A feature calls what another exports in its index.ts.',
      severity: 'error',
      from: { path: `^src/(${FEATURES})/` },
      to: { path: `^src/(${FEATURES}|ledger)/.*\\.store\\.ts$`, pathNot: '^src/$1/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { pathNot: '^src/generated/' } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/generated/' },
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'] },
  },
};
