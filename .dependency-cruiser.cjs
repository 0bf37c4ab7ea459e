/** Who may import whom: docs/architecture.md, section 4. `scripts/check-imports.ts` also checks that modules were seen. */

// Tests, and what only tests import, may build what they need from any room.
const TESTS = '\\.test\\.ts$|(^|/)testing[^/]*\\.ts$|(^|/)testing/|^test/|^scripts/'

/** @type {(name: string, vendor: string, rooms: string) => import('dependency-cruiser').IForbiddenRuleType} */
function wrapper(name, vendor, rooms) {
  return {
    name: `only-${name}`,
    comment: `One wrapper per vendor: ${vendor} is imported by ${rooms} alone.`,
    severity: 'error',
    from: {
      path: '^(libs|services)/',
      pathNot: [`^(${rooms})/`, '^libs/proto/', '^services/http-exporter/page/', TESTS],
    },
    // A type costs nothing at run time and ties nobody to a version.
    to: { path: `(^|/)node_modules/(${vendor})/`, dependencyTypesNot: ['type-only'] },
  }
}

/** @type {(from: string, to: string) => import('dependency-cruiser').IForbiddenRuleType} */
function apart(from, to) {
  return {
    name: `${from}-not-${to}`,
    comment: `libs/${from} and libs/${to} are independent rooms.`,
    severity: 'error',
    from: { path: `^libs/${from}/`, pathNot: TESTS },
    to: { path: `^libs/${to}/` },
  }
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that need each other, if only for a type, are one file, or lack a third.',
      severity: 'error',
      from: { pathNot: '^libs/proto/' },
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'What runs imports only what package.json lists among its dependencies.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: ['^services/http-exporter/page/', TESTS] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'libs-not-services',
      comment: 'A lib never imports a service.',
      severity: 'error',
      from: { path: '^libs/', pathNot: TESTS },
      to: { path: '^services/' },
    },
    {
      name: 'services-apart',
      comment: 'Services meet only through proto and bus.',
      severity: 'error',
      from: { path: '^services/(?!monitors/)([^/]+)/', pathNot: TESTS },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'monitors-apart',
      comment: 'A monitor imports no other monitor and no service.',
      severity: 'error',
      from: { path: '^services/monitors/([^/]+)/', pathNot: TESTS },
      to: { path: '^services/', pathNot: '^services/monitors/$1/' },
    },
    {
      name: 'product-not-tests',
      comment: 'What runs imports nothing that exists for tests or for building.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'model-pure',
      comment: 'libs/model imports nothing but itself: no I/O, no vendor, no clock.',
      severity: 'error',
      from: { path: '^libs/model/', pathNot: TESTS },
      to: { pathNot: '^libs/model/' },
    },
    {
      name: 'view-narrow',
      comment: 'libs/view puts the model into words, and runs in a browser too: it knows nothing else.',
      severity: 'error',
      from: { path: '^libs/view/', pathNot: TESTS },
      to: { pathNot: '^libs/(view|model)/' },
    },
    {
      name: 'model-not-view',
      comment: 'The domain does not know how it is shown, not even in its tests.',
      severity: 'error',
      from: { path: '^libs/model/' },
      to: { path: '^libs/view/' },
    },
    {
      name: 'config-of-kube-a-text',
      comment:
        'Whoever reads a configuration has no client of Kubernetes: only how the way to the API server is written.',
      severity: 'error',
      from: { path: '^libs/config/', pathNot: TESTS },
      to: { path: '^libs/kube/', pathNot: '^libs/kube/override\\.ts$' },
    },
    {
      name: 'durable-alone',
      comment: 'libs/durable writes files for whoever has some to keep: it knows none of them.',
      severity: 'error',
      from: { path: '^libs/durable/', pathNot: TESTS },
      to: { path: '^(libs|services)/', pathNot: '^libs/durable/' },
    },
    {
      name: 'clock-alone',
      comment: 'libs/clock is what everybody waits by; it needs nobody.',
      severity: 'error',
      from: { path: '^libs/clock/', pathNot: TESTS },
      to: { pathNot: '^libs/clock/|^(node:)?timers' },
    },
    {
      name: 'pace-pure',
      comment: 'libs/pace is arithmetic: time and chance are arguments.',
      severity: 'error',
      from: { path: '^libs/pace/', pathNot: TESTS },
      to: { pathNot: '^libs/pace/' },
    },
    {
      name: 'steps-alone',
      comment: 'libs/steps names steps for whoever takes them: it does not know who that is.',
      severity: 'error',
      from: { path: '^libs/steps/', pathNot: TESTS },
      to: { path: '^(libs|services)/', pathNot: '^libs/steps/' },
    },
    {
      name: 'remedies-pure',
      comment:
        'libs/remedies says what may be done about problems: the words of the domain, and of a configuration its types, and what of a program’s arguments is a secret.',
      severity: 'error',
      from: { path: '^libs/remedies/', pathNot: TESTS },
      to: { pathNot: '^libs/(remedies|model)/|^libs/config/secret-arguments\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pattern-alone',
      comment: 'libs/pattern holds texts against expressions: it does not know whose they are.',
      severity: 'error',
      from: { path: '^libs/pattern/', pathNot: TESTS },
      to: { path: '^(libs|services)/', pathNot: '^libs/pattern/' },
    },
    {
      name: 'probe-narrow',
      comment: 'libs/probe asks others over the network: what it needs of this machine it takes from the host.',
      severity: 'error',
      from: { path: '^libs/probe/', pathNot: TESTS },
      to: { path: '^(libs|services)/', pathNot: '^libs/(probe|host|clock)/' },
    },
    {
      name: 'only-host-actions-acts',
      comment: 'What changes the machine is behind one door, and one service goes through it.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: ['^libs/host/acts/', '^services/host-actions/', TESTS] },
      to: { path: '^libs/host/acts/' },
    },
    {
      name: 'only-host-actions-prunes',
      comment: 'What is removed from a container runtime is behind one door, and one service goes through it.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: ['^libs/cri/prune/', '^services/host-actions/', TESTS] },
      to: { path: '^libs/cri/prune/' },
    },
    {
      name: 'cri-narrow',
      comment: 'libs/cri asks the container runtime and reads its answers: it knows no monitor and no model.',
      severity: 'error',
      from: { path: '^libs/cri/', pathNot: TESTS },
      to: { path: '^(libs|services)/', pathNot: '^libs/(cri|rpc|proto|clock|host)/' },
    },
    {
      name: 'cri-of-host-types-only',
      comment: 'libs/cri is given the host to look for sockets; it makes none.',
      severity: 'error',
      from: { path: '^libs/cri/', pathNot: TESTS },
      to: { path: '^libs/host/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-cri-speaks-cri',
      comment:
        'Who may ask a container runtime is root on the node: one lib has the calls, and those of its proto only read.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: ['^libs/(cri|proto)/', TESTS] },
      to: { path: '^libs/proto/runtime/' },
    },
    {
      name: 'monitors-ask-by-probe',
      comment:
        'A monitor asks others over the network by libs/probe, which knows deadlines and whose fault a late answer is.',
      severity: 'error',
      from: { path: '^services/monitors/', pathNot: TESTS },
      to: { path: '^(node:)?(net|tls|https?|http2|dgram|dns|dns/promises)$' },
    },
    {
      name: 'golang-pure',
      comment: 'libs/golang says what Go says of a text: it knows nothing else.',
      severity: 'error',
      from: { path: '^libs/golang/', pathNot: TESTS },
      to: { pathNot: '^libs/golang/|^(node:)?buffer$' },
    },
    {
      name: 'npd-tools-narrow',
      comment: 'libs/npd-tools are programs as functions: they read through the host, and know no monitor.',
      severity: 'error',
      from: { path: '^libs/npd-tools/', pathNot: TESTS },
      to: { path: '^(libs|services)/', pathNot: '^libs/(npd-tools|golang|pattern|host|clock)/' },
    },
    {
      name: 'npd-words-pure',
      comment: 'libs/npd-words is words and counts: golang for the words, the domain for the counts.',
      severity: 'error',
      from: { path: '^libs/npd-words/', pathNot: TESTS },
      to: { pathNot: '^libs/(npd-words|golang|model)/' },
    },
    {
      name: 'log-rules-pure',
      comment:
        'libs/log-rules is rules for logs, for a monitor and the command line: texts, patterns, and the words of the domain.',
      severity: 'error',
      from: { path: '^libs/log-rules/', pathNot: TESTS },
      to: { pathNot: '^libs/(log-rules|pattern|golang|model)/' },
    },
    {
      name: 'service-table-alone',
      comment: 'libs/service-table is data that every room may read: it knows none of them.',
      severity: 'error',
      from: { path: '^libs/service-table/', pathNot: TESTS },
      to: { pathNot: '^libs/service-table/' },
    },
    {
      name: 'wire-narrow',
      comment: 'libs/wire knows the model and the protocols, nothing else.',
      severity: 'error',
      from: { path: '^libs/wire/', pathNot: TESTS },
      to: { pathNot: '^libs/(wire|model|proto)/' },
    },
    {
      name: 'node-feed-narrow',
      comment:
        'libs/node-feed brings the bus to the model for its readers: it knows neither how it is shown nor who it is told.',
      severity: 'error',
      from: { path: '^libs/node-feed/', pathNot: TESTS },
      to: { pathNot: '^libs/(node-feed|bus|wire|model|clock|proto)/' },
    },
    {
      name: 'evaluate-pure',
      comment:
        'evaluate.ts is a function of reading and configuration; what it needs of the kit is #monitor-kit/evaluate.',
      severity: 'error',
      from: { path: '/evaluate\\.ts$' },
      to: {
        path: '(^|/)node_modules/|^libs/(host|bus|rpc|service)/|^libs/monitor-kit/(?!evaluate/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'kit-evaluate-pure',
      comment: 'What judges in a check reads nothing: no I/O, no vendor, no clock.',
      severity: 'error',
      from: { path: '^libs/monitor-kit/evaluate/', pathNot: TESTS },
      to: { pathNot: '^libs/(monitor-kit/evaluate|model)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'evaluate-without-io',
      comment: 'evaluate.ts is a function of reading and configuration.',
      severity: 'error',
      from: { path: '/evaluate\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'monitors-read-through-host',
      comment: 'A monitor reads files through libs/host, which knows prefixes, deadlines and hung mounts.',
      severity: 'error',
      from: { path: '^services/monitors/', pathNot: TESTS },
      to: { path: '^(node:)?fs(/promises)?$' },
    },
    {
      name: 'check-config-for-types-only',
      comment:
        'A check reads its schema as a type: the schema itself is in libs/config/catalog.json, zod is not in a monitor.',
      severity: 'error',
      from: { path: '^services/monitors/', pathNot: [TESTS, '/config\\.ts$'] },
      to: { path: '^services/monitors/.*/config\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    ...[
      ['host', 'bus'],
      ['host', 'rpc'],
      ['bus', 'host'],
      ['bus', 'rpc'],
      ['rpc', 'host'],
      ['rpc', 'bus'],
    ].map(([from, to]) => apart(from, to)),
    {
      name: 'host-logs-above',
      comment: 'Logs are read with files and programs, which know nothing of them.',
      severity: 'error',
      from: { path: '^libs/host/(files|programs)/', pathNot: TESTS },
      to: { path: '^libs/host/(logs/|host|index)' },
    },
    {
      name: 'child-processes-in-host',
      comment: 'Only host.programs starts programs: deadlines, process groups and output limits are in one place.',
      severity: 'error',
      // The command's first file starts the pinned Node, before there is anything of ours to import.
      from: { path: '^(libs|services)/', pathNot: ['^libs/host/programs/', '^services/cli/bin\\.mjs$', TESTS] },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'bus-by-context',
      comment: 'A service is given its way to the bus: over a server, or in memory where its process is the whole set.',
      severity: 'error',
      from: { path: '^(services|libs/(?!bus/|service/))', pathNot: TESTS },
      to: { path: '^libs/bus/(nats\\.ts|memory/)' },
    },
    wrapper('rpc-speaks-grpc', '@grpc/(?:grpc-js|reflection)', 'libs/rpc'),
    wrapper('bus-speaks-nats', 'nats|nkeys\\.js', 'libs/bus'),
    wrapper('service-logs', 'pino', 'libs/service'),
    wrapper('service-measures', 'prom-client', 'libs/service'),
    wrapper('kube-speaks-kubernetes', '@kubernetes/client-node', 'libs/kube'),
    wrapper('config-parses-yaml', 'yaml', 'libs/config'),
    wrapper('probe-speaks-dns', 'dns-packet', 'libs/probe'),
    wrapper('pattern-compiles', 're2js', 'libs/pattern'),
    {
      name: 'zod-in-schemas',
      comment: 'Schemas stand in libs/config and in the config.ts of a check.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: ['^libs/config/', '^services/monitors/.*/config\\.ts$', TESTS] },
      to: { path: '(^|/)node_modules/zod/', dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/|^(libs|services|test)/.*/fixtures/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    moduleSystems: ['es6'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
}
