/**
 * A plug-in that floods, as a process of its own: `node flooding.ts <socket>`. Small reports as fast as they are read, and in each of them
 * entities, events and series that nobody has heard of.
 */
import {
  ConditionType,
  DescribeResponse,
  type MonitorServer,
  MonitorService,
  type WatchResponse,
} from '#proto/nodedoctor/v1/monitor.ts'
import { Health, Polarity, Report, Severity } from '#proto/nodedoctor/v1/types.ts'
import { serveUnix } from '#rpc'

const [socket = ''] = process.argv.slice(2)
const incarnation = Date.now()
const TYPE = 'Flooded'
const OF_EACH = 10
let sequence = 0

function times<T>(make: (name: string) => T): T[] {
  return Array.from({ length: OF_EACH }, (_, i) => make(`flood:${incarnation}-${sequence * OF_EACH + i}`))
}

function next(): WatchResponse {
  sequence++
  const time = new Date()
  const report = Report.fromPartial({
    incarnation,
    sequence,
    time,
    observations: times((entity) => ({ type: TYPE, entity, health: Health.PROBLEM, reason: 'Flood', message: entity })),
    events: times((entity) => ({
      entity,
      severity: Severity.WARNING,
      reason: 'Flood',
      message: entity,
      firstSeen: time,
      lastSeen: time,
      count: 1,
    })),
    metrics: times((entity) => ({ name: 'flood', value: 1, labels: { entity } })),
  })
  return { time, dropped: 0, report }
}

const monitor: MonitorServer = {
  describe: (_call, callback) =>
    callback(
      null,
      DescribeResponse.fromPartial({
        name: 'flooding',
        incarnation,
        heartbeatIntervalMs: 1000,
        conditionTypes: [ConditionType.fromPartial({ type: TYPE, polarity: Polarity.TRUE_IS_PROBLEM })],
      }),
    ),
  check: (_call, callback) => callback(null, { report: undefined }),
  watch(call) {
    function pour(): void {
      if (call.destroyed) return
      let room = true
      for (let i = 0; i < 50 && room; i++) room = call.write(next())
      if (room) setImmediate(pour)
      else call.once('drain', pour)
    }
    call.on('data', () => undefined)
    call.on('error', () => undefined)
    pour()
  },
}

await serveUnix({
  path: socket,
  services: [{ definition: MonitorService, implementation: monitor }],
  serving: () => true,
})
process.on('SIGTERM', () => process.exit(0))
