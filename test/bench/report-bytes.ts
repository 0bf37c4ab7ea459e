/** CPU of a report on its way out of a monitor: encoded once and handed on in bytes, beside encoded at each stop. */
import { randomInt } from 'node:crypto'
import type { Report } from '../../libs/model/index.ts'
import { observationOf } from '../../libs/monitor-kit/findings.ts'
import { bytesOfReport, bytesOfResponse, bytesOfSamples, encodeSaid } from '../../libs/monitor-kit/report-bytes.ts'
import { WatchResponse } from '../../libs/proto/nodedoctor/v1/monitor.ts'
import { Report as ProtoReport } from '../../libs/proto/nodedoctor/v1/types.ts'
import { toProtoReport } from '../../libs/wire/index.ts'
import { reportFigure } from './figure.ts'

const WARM_UP = 5000
const ROUNDS = 9
const REPORTS = 5000

/** Of a check of eight places, two samples of each. */
function reportOf(sequence: number): Report {
  const now = new Date(1_700_000_000_000 + sequence)
  const places = Array.from({ length: 8 }, (_, index) => `disk:/var/lib/place-${index}`)
  const finding = {
    type: 'DiskFull',
    health: 'healthy',
    reason: 'DiskHasRoom',
    message: '41 % of 98 GiB used',
  } as const
  return {
    incarnation: 77,
    sequence,
    time: now,
    observations: places.map((entity) => observationOf({ ...finding, entity }, 'disk', now)),
    events: [],
    metrics: places.flatMap((mount) =>
      ['used', 'inodes'].map((name) => ({ name: `node_doctor_disk_${name}_ratio`, labels: { mount }, value: 0.41 })),
    ),
    runs: [
      {
        check: 'disk',
        checkType: 'disk',
        started: now,
        durationUs: 812,
        error: '',
        next: undefined,
        intervalMs: 10_000,
      },
    ],
    withdrawn: [],
    complete: ['disk'],
  }
}

/** As generated code alone has it: proven tellable, kept, measured, sent. */
function atEachStop(report: Report): number {
  ProtoReport.encode(toProtoReport(report)).finish()
  const kept = ProtoReport.encode(toProtoReport({ ...report, metrics: [] })).finish()
  const said = toProtoReport(report)
  WatchResponse.encode({ report: said, time: undefined, dropped: 0 }).finish()
  const sent = Buffer.from(WatchResponse.encode({ report: said, time: report.time, dropped: 0 }).finish())
  return kept.length + sent.length
}

/** As the kit has it. */
function once(report: Report): number {
  const kept = bytesOfReport(report, encodeSaid(report))
  const sent = bytesOfResponse([kept, bytesOfSamples(report.metrics)], { time: report.time, dropped: 0 })
  return kept.length + sent.length
}

/** Microseconds of CPU for each report. */
function costOfEach(way: (report: Report) => number, count: number): number {
  const reports = Array.from({ length: count }, (_, index) => reportOf(index + 1))
  const before = process.cpuUsage()
  for (const report of reports) way(report)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

const ways = { once, atEachStop }
const took = { once: [] as number[], atEachStop: [] as number[] }
for (const way of Object.values(ways)) costOfEach(way, WARM_UP)
for (let round = 0; round < ROUNDS; round++) {
  // In turns, in an order of chance: what the machine does meanwhile falls on both.
  const order = randomInt(2) === 0 ? (['once', 'atEachStop'] as const) : (['atEachStop', 'once'] as const)
  for (const name of order) took[name].push(costOfEach(ways[name], REPORTS))
}
reportFigure({
  name: 'CPU of a report out of its monitor, 8 conditions and 16 samples',
  value: median(took.once),
  unit: 'µs',
  budget: { maxRatio: 0.7 },
  comparedWith: { name: 'encoded at each stop', value: median(took.atEachStop) },
})
