/** The doors between rooms. Each comment says what to do instead. */
module.exports = {
  forbidden: [
    {
      name: 'compiler-is-pure',
      comment:
        'The compiler is a pure function: hand it what it needs as an argument, or do it in cli/ or runtime/.',
      severity: 'error',
      from: { path: '^compiler/' },
      to: { path: '^(cli|runtime)/|^(node:)?(fs|net|http|https|child_process|os|worker_threads)(/|$)' },
    },
    {
      name: 'ir-imports-nothing',
      comment: 'Every room reads ir.ts; a type that it needs belongs into it.',
      severity: 'error',
      from: { path: '^compiler/ir\\.ts$' },
      to: { path: '.' },
    },
    {
      name: 'targets-are-strangers',
      comment:
        'A target knows the contract and not its neighbours; what two of them share belongs into compiler/.',
      severity: 'error',
      from: { path: '^compiler/targets/([^/]+)/' },
      to: { path: '^compiler/targets/[^/]+/', pathNot: '^compiler/targets/$1/' },
    },
    {
      name: 'runtime-reads-what-was-written',
      comment: 'The runtime knows the manifest and the types of the IR; compile in cli/ and pass the result.',
      severity: 'error',
      from: { path: '^runtime/' },
      to: {
        path: '^compiler/',
        pathNot: '^compiler/(manifest|ir|hash|json|text|duration|time-format|fixtures)\\.ts$',
      },
    },
    {
      name: 'runtime-does-not-talk',
      comment: 'The runtime reports through Progress and Failure; printing is the command line’s.',
      severity: 'error',
      from: { path: '^runtime/' },
      to: { path: '^cli/' },
    },
    {
      name: 'kafkajs-has-one-door',
      comment: 'Talk to Kafka through runtime/engines/kafka-*.ts.',
      severity: 'error',
      from: { path: '^(cli|runtime|compiler)/', pathNot: '^runtime/engines/kafka[a-z-]*\\.ts$' },
      to: { path: 'node_modules/kafkajs/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'duckdb-has-one-door',
      comment: 'Run queries through runtime/embedded/.',
      severity: 'error',
      from: { path: '^(cli|runtime|compiler)/', pathNot: '^runtime/embedded/' },
      to: { path: 'node_modules/@duckdb/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'faker-has-one-door',
      comment: 'Make records through runtime/produce/.',
      severity: 'error',
      from: { path: '^(cli|runtime|compiler)/', pathNot: '^runtime/produce/' },
      to: { path: 'node_modules/@faker-js/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'handlebars-has-one-door',
      comment: 'Lay text out through compiler/render.ts.',
      severity: 'error',
      from: { path: '^(cli|runtime|compiler)/', pathNot: '^compiler/render\\.ts$' },
      to: { path: 'node_modules/handlebars/' },
    },
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one idea, or hide a third one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import leads nowhere. (The launcher’s bundle is only there once it is built.)',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^\\./main\\.cjs$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^compiler/precompiled/' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
