/** Commands of the docs that no test can run here, by how they begin, each with the reason and who tries it instead. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'docker compose up': 'takes an engine with its compose plug-in; `make compose-test` starts the same file',
  'docker exec {node}': 'an example of how one kind of cluster reaches its nodes',
  'docker restart {node}': 'an example of how one kind of cluster reboots its nodes',
  'docker start {node}': 'an example of how one kind of cluster starts a node that is off',
  'kubectl -n kube-system set image daemonset/node-problem-detector':
    "another program's DaemonSet, in a cluster that has it; `make test-cluster` has none",
  'deploy/plugins/go/dist/async-io': 'runs on; test/plugins starts what the same build.sh built into the cache',
  'deploy/plugins/rust/dist/key-quota': 'runs on; test/plugins starts what the same build.sh built into the cache',
  'python3 deploy/plugins/python/dist/monitor.py':
    'runs on; test/plugins starts what the same build.sh built into the cache',
  'docker build --tag': 'takes an engine, and a base image that a registry has',
  'npm ci': 'takes away the packages that this test runs with; `make setup` runs it',
  'npm init --yes --init-type=module':
    'is for the same folder; libs/monitor-kit/package/package.test.ts begins with it',
  'npm install ./node-doctor-monitor-kit-0.1.0.tgz':
    'is for a folder of whoever writes a plug-in; libs/monitor-kit/package/package.test.ts installs it in an empty one',
  'node monitor.ts':
    'is the plug-in of whoever reads; libs/monitor-kit/package/package.test.ts runs the one of its README',
  'node deploy/plugins/typescript/dist/monitor.mjs':
    'stays until it is ended; test/plugins/kit.test.ts builds and runs the same',
  'node deploy/plugins/shell/dist/node_modules/@node-doctor/monitor-kit/shell.mjs':
    'stays until it is ended; test/plugins/kit.test.ts builds and runs the same',
  'apt-get install nats-server util-linux': 'takes root and a mirror; scripts/setup.sh installs the same packages',
}

/** How a command begins that is excused; undefined: it is none. */
export function isNotRun(words: readonly string[]): string | undefined {
  return Object.keys(NOT_RUN).find((begin) => `${words.join(' ')} `.startsWith(`${begin} `))
}
