/** `make test-cluster`: README.md says what it needs. Ends with 1 when a drill failed; what was skipped is listed. */
import { check, nodeNames } from './cluster.ts'
import { costs } from './costs.ts'
import type { Drill, DrillContext } from './drill.ts'
import { endpoints } from './drills/endpoints.ts'
import { apiServer, nodeReboot, partition, problem } from './drills/facts.ts'
import { gpu } from './drills/gpu.ts'
import { rollout } from './drills/install.ts'
import { killed, killedTwice, kubelet, lastWord, uninstall, upgrade } from './drills/life.ts'
import { logs } from './drills/logs.ts'
import { networkProblem } from './drills/network-problem.ts'
import { nodeServices } from './drills/node-services.ts'
import { npd } from './drills/npd.ts'
import { forgotten, plugIn } from './drills/plug-in.ts'
import { remediation, remediationOverlay } from './drills/remediation.ts'
import { second } from './drills/second.ts'
import { walls } from './drills/walls.ts'
import { hook } from './hooks.ts'
import { runCommands } from './troubleshooting.ts'

const QUIET_MS = 60_000

const measure: Drill = {
  name: 'costs',
  needs: ['NODE_SHELL'],
  async run({ nodes, say }) {
    for (const line of await costs(nodes[0] ?? '', QUIET_MS)) say(line)
  },
}

const troubleshooting: Drill = {
  name: 'troubleshooting',
  needs: [],
  async run({ nodes, say }) {
    const failed = runCommands(nodes[0] ?? '')
    check(`every command of docs/troubleshooting.md works: ${failed.join('; ')}`, failed.length === 0)
    say('every command of docs/troubleshooting.md for a cluster works')
  },
}

const DRILLS: readonly Drill[] = [
  rollout,
  problem,
  walls,
  endpoints,
  measure,
  troubleshooting,
  killed,
  killedTwice,
  kubelet,
  partition,
  nodeReboot,
  apiServer,
  nodeServices,
  lastWord,
  plugIn,
  forgotten,
  second,
  upgrade,
  uninstall,
  // Each of these installs what it needs, and takes it off again.
  logs,
  networkProblem,
  npd,
  gpu,
  remediation,
  remediationOverlay,
]

async function main(): Promise<number> {
  if ((process.env['KUBECONFIG'] ?? '') === '') {
    console.error('test-cluster: KUBECONFIG is not set; test/cluster/README.md says what is needed')
    return 2
  }
  const begun = performance.now()
  const only = (process.env['ONLY'] ?? '').split(',').filter((name) => name !== '')
  const nodes = nodeNames()
  console.log(`test-cluster: ${nodes.length} nodes: ${nodes.join(', ')}`)
  const results: string[] = []
  let failed = 0
  for (const drill of DRILLS) {
    if (only.length > 0 && !only.includes(drill.name)) continue
    const missing = drill.needs.filter((name) => hook(name) === '')
    if (missing.length > 0) {
      results.push(`NOT DONE  ${drill.name}: ${missing.join(', ')} not set`)
      continue
    }
    const context: DrillContext = {
      nodes,
      overlay: process.env['OVERLAY'] ?? 'deploy/kustomize/overlays/default',
      image: process.env['IMAGE'] ?? 'node-doctor:dev',
      drillDir: process.env['DRILL_DIR'] ?? '/var/lib/drill',
      say: (text) => console.log(`${new Date().toISOString().slice(11, 19)} ${drill.name}: ${text}`),
    }
    const drillMs = performance.now()
    try {
      await drill.run(context)
      results.push(`ok        ${drill.name} (${((performance.now() - drillMs) / 1000).toFixed(0)} s)`)
    } catch (err) {
      failed++
      const reason = err instanceof Error ? err.message : String(err)
      console.error(`${drill.name}: FAILED: ${reason}`)
      results.push(`FAILED    ${drill.name}: ${reason.split('\n')[0]}`)
    }
  }
  console.log(`\ntest-cluster, ${((performance.now() - begun) / 60_000).toFixed(1)} min:`)
  for (const line of results) console.log(`  ${line}`)
  return failed === 0 ? 0 : 1
}

process.exitCode = await main()
