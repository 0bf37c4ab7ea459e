/**
 * A monitor that behaves as badly as it is told, as a process of its own: `node hostile-monitor.ts <socket> <behaviour> [<type>]`.
 * It speaks nodedoctor.v1, and honestly apart from the one thing that its behaviour names.
 */
import {
  ConditionType,
  type DescribeResponse,
  type MonitorServer,
  MonitorService,
  type WatchResponse,
} from '#proto/nodedoctor/v1/monitor.ts'
import { Event, Health, Observation, Polarity, Report, Severity } from '#proto/nodedoctor/v1/types.ts'
import { serveUnix } from '#rpc'

const [socket = '', behaviour = 'honest', type = ''] = process.argv.slice(2)
/** Each has a type of its own, so that one's word is not merged with another's, unless a test names one. */
const TYPE = type || `Hostile-${behaviour}`
const incarnation = Date.now()
let sequence = 0

function observation(more: Partial<Observation> = {}): Observation {
  return Observation.fromPartial({
    type: TYPE,
    health: Health.HEALTHY,
    reason: 'Fine',
    message: 'fine',
    check: 'hostile',
    ...more,
  })
}

function report(more: Partial<Report> = {}): WatchResponse {
  sequence++
  return {
    time: new Date(),
    dropped: 0,
    report: Report.fromPartial({ incarnation, sequence, time: new Date(), observations: [observation()], ...more }),
  }
}

/** An event that happened now. */
function happened(more: Partial<Event>): Event {
  const when = new Date()
  return Event.fromPartial({ firstSeen: when, lastSeen: when, count: 1, ...more })
}

/** Two bytes each on the wire, and all of them in less than 1 MiB. */
const EMPTY = 500_000

const describe: DescribeResponse = {
  name: 'hostile',
  version: '1.0.0',
  description: 'a monitor of a test',
  incarnation,
  heartbeatIntervalMs: 5000,
  conditionTypes: [
    TYPE,
    ...(behaviour === 'everything' ? Array.from({ length: 511 }, (_, i) => `${TYPE}-${i}`) : []),
    ...(behaviour === 'declares' ? Array.from({ length: EMPTY }, () => '') : []),
  ].map((type) =>
    ConditionType.fromPartial({ type, polarity: type === '' ? Polarity.UNSPECIFIED : Polarity.TRUE_IS_PROBLEM }),
  ),
  eventReasons: [],
  metrics: [],
  checks: [],
}

/** At every limit at once: more types, entities, events and samples than are taken, in messages of almost 1 MiB. */
function everything(turn: number): WatchResponse {
  const observations = Array.from({ length: 2048 }, (_, i) =>
    observation({
      type: i % 4 === 0 ? TYPE : `${TYPE}-${(i + turn) % 512}`,
      entity: `e${i}`,
      health: (i + turn) % 2 === 0 ? Health.PROBLEM : Health.HEALTHY,
      severity: Severity.CRITICAL,
      reason: `Reason${(i * 7 + turn) % 5000}`,
      message: 'w'.repeat(400),
    }),
  )
  const events = Array.from({ length: 1001 }, (_, i) =>
    happened({
      entity: `e${turn}-${i}`,
      severity: Severity.CRITICAL,
      reason: `Event${turn}x${i}`,
      message: 'w'.repeat(900),
    }),
  )
  const metrics = Array.from({ length: 2049 }, (_, i) => ({ name: 'm', labels: { i: `${turn}-${i}` }, value: i }))
  return report(turn % 3 === 0 ? { observations } : turn % 3 === 1 ? { events } : { metrics })
}

type Call = Parameters<MonitorServer['watch']>[0]

const behaviours: Readonly<Record<string, (call: Call) => void>> = {
  honest: (call) => {
    call.write(report())
    setInterval(() => call.write(report()), 1000)
  },
  /** Honest and busy: 200 reports a second, every tenth with an event. */
  load: (call) => {
    let turn = 0
    setInterval(() => {
      for (let i = 0; i < 10; i++) {
        turn++
        const event = happened({ severity: Severity.INFO, reason: 'Tick', message: 'tick' })
        if (!call.destroyed) call.write(report(turn % 10 === 0 ? { events: [event] } : {}))
      }
    }, 50)
  },
  /** Honest, and speaks only when told: a problem at first and at SIGUSR1, well at SIGUSR2. */
  told: (call) => {
    const say = (health: Health) => {
      const words = health === Health.PROBLEM ? { severity: Severity.ERROR, reason: 'Sick', message: 'it is sick' } : {}
      if (!call.destroyed) call.write(report({ observations: [observation({ health, ...words })] }))
    }
    say(Health.PROBLEM)
    process.on('SIGUSR1', () => say(Health.PROBLEM))
    process.on('SIGUSR2', () => say(Health.HEALTHY))
    setInterval(() => !call.destroyed && call.write({ time: new Date(), dropped: 0, report: undefined }), 1000)
  },
  /** Heard once, then connected and silent: no report, no heartbeat, whoever comes. */
  hang: (call) => {
    if (sequence === 0) call.write(report())
  },
  flood: (call) => {
    function burst(): void {
      let room = true
      for (let i = 0; i < 200 && room; i++) room = call.write(report())
      if (room) setTimeout(burst, 20)
      else call.once('drain', burst)
    }
    // Reports that are new to a detector cost it more: of those that flood from the first on so few are read that none is shed.
    let calm = 300
    const begin = setInterval(() => {
      call.write(report())
      if (--calm > 0 && !call.destroyed) return
      clearInterval(begin)
      burst()
    }, 10)
  },
  everything: (call) => {
    let turn = 0
    function more(): void {
      let room = true
      while (room && !call.destroyed) room = call.write(everything(turn++))
      if (!call.destroyed) call.once('drain', more)
    }
    more()
  },
  empty: (call) => {
    call.write(report())
    call.write(report({ observations: Array.from({ length: EMPTY }, () => Observation.fromPartial({})) }))
  },
  huge: (call) => {
    call.write(report())
    call.write(report({ observations: [observation({ message: 'x'.repeat(5 * 1024 * 1024) })] }))
  },
  times: (call) => {
    for (const year of [1970, 2100]) {
      const when = new Date(Date.UTC(year, 0, 1))
      const said = { reason: `Year${year}`, message: `it is ${year}` }
      const event = happened({ severity: Severity.WARNING, ...said, firstSeen: when, lastSeen: when })
      call.write(
        report({
          time: when,
          events: [event],
          observations: [
            observation({ health: Health.PROBLEM, severity: Severity.WARNING, reason: 'Old', since: when }),
          ],
        }),
      )
    }
  },
  thief: (call) =>
    void call.write(
      report({
        observations: [observation(), observation({ type: 'MemoryLow', health: Health.PROBLEM, reason: 'Stolen' })],
      }),
    ),
  reason: (call) => {
    const reason = `Line\r\nPUB nd.problem.opened.Forged 0\r\n\u0000\u202e${'y'.repeat(65_536)}`
    const event = happened({ entity: reason, severity: Severity.ERROR, reason, message: reason })
    call.write(
      report({
        events: [event],
        observations: [observation({ health: Health.PROBLEM, severity: Severity.ERROR, reason, message: reason })],
      }),
    )
  },
}

const monitor: MonitorServer = {
  describe: (_call, callback) => callback(null, describe),
  check: (_call, callback) => callback(null, { report: undefined }),
  watch(call) {
    call.on('data', () => undefined)
    call.on('error', () => undefined)
    behaviours[behaviour]?.(call)
  },
}

await serveUnix({
  path: socket,
  services: [{ definition: MonitorService, implementation: monitor }],
  serving: () => true,
  maxMessageBytes: 16 * 1024 * 1024,
})
process.on('SIGTERM', () => process.exit(0))
