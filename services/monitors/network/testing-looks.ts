/**
 * Looks at the network that it is started in: all checks, with the keys of its argument, once for each line that it is sent. It answers
 * with a line of what they said. With `as-monitor` behind the keys it asks, as the monitor does, whether this is the node's network.
 */
import { createInterface } from 'node:readline'
import { createHost } from '#host'
import { startCheck } from '#monitor-kit/testing'
import { createNetworkShared } from './host-network.ts'
import { network } from './monitor.ts'

const configs = JSON.parse(process.argv[2] ?? '{}') as Readonly<Record<string, unknown>>
const own = createNetworkShared(createHost({ root: '' }))
const shared = process.argv[3] === 'as-monitor' ? own : { ...own, hostNetwork: () => Promise.resolve({ kind: 'same' }) }
const checks = network.checks
  .filter(({ type }) => type in configs)
  .map((check) => startCheck(check, { root: '', config: configs[check.type], shared }))

for await (const _ of createInterface({ input: process.stdin })) {
  const results = await Promise.all(checks.map((check) => check.run()))
  process.stdout.write(`${JSON.stringify(results)}\n`)
}
