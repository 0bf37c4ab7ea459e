/**
 * A plug-in that stands at every limit at once, as a process of its own: `node plug-in.ts <socket>`. As many conditions,
 * events, runs and samples in a report as there may be, every text as long as it may be, as many declared checks as there
 * may be with far too many dependencies, all of it important, as fast as it is read, and heartbeats between.
 */
import {
  ConditionType,
  type DescribeResponse,
  type MonitorServer,
  MonitorService,
  type WatchResponse,
} from '#proto/nodedoctor/v1/monitor.ts'
import { Health, Polarity, Report, Severity } from '#proto/nodedoctor/v1/types.ts'
import { serveUnix } from '#rpc'

const [socket = ''] = process.argv.slice(2)
const incarnation = Date.now()
/** The largest that the detector takes; each of the four parts of a report is as large, or has as many things as it may. */
const MESSAGE_BYTES = 1024 * 1024
const TYPES = 512
const HEARTBEATS = 20
let sequence = 0

function long(length: number, index: number): string {
  return `${'Long'.repeat(length)}`.slice(0, length - 6) + String(index).padStart(6, '0')
}

function conditions(turn: number) {
  return Array.from({ length: 600 }, (_, i) => ({
    type: long(63, i % TYPES),
    entity: long(128, i + (turn % 4) * 600),
    health: (i + turn) % 2 === 0 ? Health.PROBLEM : Health.UNKNOWN,
    severity: Severity.CRITICAL,
    reason: long(128, turn),
    message: long(1024, turn),
    check: long(128, i % 256),
    observed: new Date(),
  }))
}

function events(turn: number) {
  const when = new Date()
  return Array.from({ length: 650 }, (_, i) => ({
    entity: long(128, i),
    check: long(128, i % 256),
    severity: Severity.CRITICAL,
    reason: long(128, i),
    message: long(1024, turn),
    firstSeen: when,
    lastSeen: when,
    count: 1,
  }))
}

function report(more: object): WatchResponse {
  sequence++
  return {
    time: new Date(),
    dropped: sequence,
    report: Report.fromPartial({ incarnation, sequence, time: new Date(), ...more }),
  }
}

function samples(turn: number) {
  return Array.from({ length: 2048 }, (_, i) => ({
    name: `hostile_${i}`,
    value: turn,
    labels: { [long(40, i)]: long(128, turn) },
  }))
}

function runs() {
  return Array.from({ length: 256 }, (_, i) => ({
    check: long(128, sequence * 256 + i),
    checkType: long(128, i),
    started: new Date(),
    error: long(1024, i),
    durationUs: 1,
    intervalMs: 1,
  }))
}

const description: DescribeResponse = {
  name: 'hostile',
  version: '1',
  description: long(1024, 0),
  incarnation,
  heartbeatIntervalMs: 2 ** 40,
  conditionTypes: Array.from({ length: TYPES }, (_, i) =>
    ConditionType.fromPartial({
      type: long(63, i),
      polarity: Polarity.TRUE_IS_PROBLEM,
      description: long(240, i),
      recovery: { rule: { $case: 'healthyChecks', value: 1 } },
      label: long(40, i),
    }),
  ),
  eventReasons: [],
  metrics: [],
  checks: Array.from({ length: 256 }, (_, i) => ({
    check: long(128, i),
    checkType: '',
    intervalMs: 1,
    timeoutMs: 1,
    conditionTypes: [],
    dependsOn: Array.from({ length: 400 }, (_unused, k) => `d${k}`),
    explainedBy: [],
  })),
}

const monitor: MonitorServer = {
  describe: (_call, callback) => callback(null, description),
  check: (_call, callback) => callback(null, { report: undefined }),
  watch(call) {
    let turn = 0
    const parts = [
      () => report({ observations: conditions(turn) }),
      () => report({ events: events(turn) }),
      () => report({ metrics: samples(turn) }),
      () => report({ runs: runs() }),
    ]
    function pour(): void {
      if (call.destroyed) return
      turn++
      let room = true
      for (const part of parts) room = call.write(part()) && room
      for (let i = 0; i < HEARTBEATS; i++)
        room = call.write({ report: undefined, time: new Date(), dropped: 0 }) && room
      if (room) setTimeout(pour, 5)
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
  maxMessageBytes: MESSAGE_BYTES,
})
process.on('SIGTERM', () => process.exit(0))
