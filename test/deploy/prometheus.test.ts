import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { systemClock } from '#clock'
import {
  addProcessMetrics,
  createMetrics,
  isProcessMetric,
  type MetricFamily,
  type Metrics,
  readFamilies,
} from '#service'
import { createRepairs, renderNodeView } from '#view'
import { NOW, someCondition, someFacts, someMonitor, someProblem, someRun } from '../../libs/view/testing.ts'
import { createStory, refused, started } from '../../libs/view/testing-repairs.ts'
import { createDetectorMetrics } from '../../services/detector/metrics.ts'
import { createOutbox } from '../../services/detector/outbox/outbox.ts'
import { createExporterMetrics as createExternalMetrics } from '../../services/external-exporter/metrics.ts'
import { createDurations } from '../../services/http-exporter/metrics/durations.ts'
import { nodeFamilies } from '../../services/http-exporter/metrics/node-families.ts'
import { addOwnMetrics } from '../../services/http-exporter/metrics/own-metrics.ts'
import { createRepairCounts } from '../../services/http-exporter/metrics/repair-metrics.ts'
import { createExporterMetrics } from '../../services/k8s-exporter/metrics.ts'
import { HEALTH_METRICS } from '../../services/monitors/gpu/checks/gpu-health-check/metrics.ts'
import { createRemediatorMetrics } from '../../services/remediator/metrics.ts'
import { ROOT } from './objects.ts'

const FOLDER = join(ROOT, 'deploy/prometheus')
const RULES = join(FOLDER, 'node-doctor.rules.yaml')

interface RuleFile {
  readonly groups: readonly {
    readonly name: string
    readonly rules: readonly {
      readonly alert?: string
      readonly record?: string
      readonly expr: string
      readonly labels?: { readonly severity: string }
      readonly annotations?: { readonly summary: string; readonly description: string }
    }[]
  }[]
}

interface Board {
  readonly uid: string
  readonly panels: readonly {
    readonly id: number
    readonly type: string
    readonly title: string
    readonly description?: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
  }[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
}

function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', cwd: FOLDER, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** One of each that only a gate or a dry run tells; the others are there from the start. */
function countRepairs(metrics: Metrics): void {
  const repairs = createRepairs()
  const counts = createRepairCounts(metrics, ['disk-cleanup'], () => ({
    facts: repairs.facts,
    isHeard: true,
    now: NOW,
  }))
  const story = createStory()
  for (const what of [refused(), started({ mode: 'dry-run' })]) {
    const record = story(what)
    repairs.saw(record)
    counts.count(record, repairs.facts)
  }
}

/** What the exporters and the detector count in their registries, each with a word in it. */
async function counted(): Promise<
  Readonly<Record<'own' | 'detector' | 'kube' | 'external' | 'repairs', MetricFamily[]>>
> {
  const [own, detector, kube] = [createMetrics(), createMetrics(), createMetrics()]
  const [external, repairs] = [createMetrics(), createMetrics()]
  addProcessMetrics(own)
  createDurations(own).saw(someMonitor({ runs: [someRun({ costUs: 1, lateUs: 1 })] }))
  countRepairs(own)
  addOwnMetrics(own, () => ({
    hub: { clients: 0, dropped: 0, refused: 0 },
    history: { onDisk: true, bytes: 0, dropped: 0 },
    samplesRefused: 0,
    undecodable: 0,
    missed: 0,
  }))
  createDetectorMetrics(detector, {
    state: { monitors: new Map([['system', someMonitor()]]) },
    outbox: createOutbox({ clock: systemClock() }),
    serverRestarts: () => 0,
  })
  createExporterMetrics(kube).request({ verb: 'patch', resource: 'nodes/status', result: 'ok', durationMs: 1 })
  const state = {
    doing: 'paused',
    pending: 1,
    lastSuccess: NOW,
    waitingMs: 1,
    failures: 1,
    nextTryMs: 1,
    lastError: '',
  } as const
  createExternalMetrics(external, ['tickets']).read(new Map([['tickets', () => state]]))
  createRemediatorMetrics(repairs).read({
    isWaiting: () => false,
    refused: () => 0,
    isJournalWell: () => true,
    isPaused: () => false,
    openBreakers: () => 0,
    runnersUp: () => new Map([['host-actions', true]]),
    isRunning: () => false,
  })
  return {
    own: await readFamilies(own),
    detector: await readFamilies(detector),
    kube: await readFamilies(kube),
    external: await readFamilies(external),
    repairs: await readFamilies(repairs),
  }
}

/** Every metric that the product has and that holds something on some node, from the code that writes it. */
function knownMetrics({
  own,
  detector,
  kube,
  external,
  repairs,
}: Awaited<ReturnType<typeof counted>>): Map<string, Set<string>> {
  const facts = someFacts({
    conditions: [someCondition({ health: 'problem', severity: 'critical' })],
    problems: [someProblem()],
    monitors: [someMonitor()],
  })
  const known = new Map<string, Set<string>>()
  function add(name: string, labels: Iterable<string>): void {
    known.set(name, new Set([...(known.get(name) ?? []), ...labels, 'job', 'instance']))
  }
  for (const { name, values } of [...nodeFamilies(renderNodeView(facts, NOW), 0), ...own]) {
    const more = isProcessMetric(name) ? ['service'] : []
    for (const { labels, metricName = name } of values)
      add(`node_doctor_${metricName}`, [...Object.keys(labels), ...more])
  }
  for (const { name } of HEALTH_METRICS) add(`node_doctor_${name}`, ['monitor', 'gpu'])
  const DETECTORS = ['monitor', 'check', 'result', 'type', 'severity']
  for (const { name } of detector) add(`node_doctor_${name}`, DETECTORS)
  for (const { name, values } of [...kube, ...external, ...repairs])
    add(`node_doctor_${name}`, ['monitor', ...values.flatMap(({ labels }) => Object.keys(labels))])
  return known
}

const rules = parse(readFileSync(RULES, 'utf8')) as RuleFile
const board = JSON.parse(readFileSync(join(ROOT, 'deploy/grafana/node-doctor.json'), 'utf8')) as Board
const all = rules.groups.flatMap((group) => group.rules)
const alerts = all.filter(({ alert }) => alert !== undefined)
const counts = await counted()
const known = knownMetrics(counts)
const recorded = new Set(all.flatMap(({ record }) => (record === undefined ? [] : [record])))

/** Counters of what is lost that nobody has to be woken for, and why. */
const WITHOUT_ALERT: Readonly<Record<string, string>> = {
  node_doctor_bus_refusals_total:
    'a value that is refused for 10 s is the problem BusDegraded, which NodeProblem tells',
  node_doctor_bus_undecodable_total: 'it stays 0 unless versions are mixed, and NodeDoctorVersionsDiffer tells that',
  node_doctor_external_exporter_undecodable_total:
    'it stays 0 unless versions are mixed, and NodeDoctorVersionsDiffer tells that',
  node_doctor_kube_undecodable_total: 'it stays 0 unless versions are mixed, and NodeDoctorVersionsDiffer tells that',
  node_doctor_monitor_violations_total:
    'a monitor that misbehaves is the problem MonitorMisbehaves, which NodeProblem tells',
  node_doctor_remediations_refused_total:
    'a gate that does what it is for: what it holds back stands at its problem, and NodeProblem tells that it is not gone',
  node_doctor_history_dropped_total: 'the graphs of the page alone have a hole; nothing else depends on them',
  node_doctor_remediator_undecodable_total:
    'it stays 0 unless versions are mixed, and NodeDoctorVersionsDiffer tells that',
  node_doctor_samples_refused_total:
    'series beyond what one monitor, or all plug-ins, may have; those that stand go on, and the log names whose',
  node_doctor_stream_clients_dropped_total: 'a reader that was too slow connects again and is told the whole state',
  node_doctor_stream_clients_refused_total: 'a limit that does what it is for; a reader is told and tries again',
}

/** Names of metrics in an expression, each with the labels that it is selected by. */
function selectors(expr: string): { readonly name: string; readonly labels: readonly string[] }[] {
  return [...expr.matchAll(/(?<![:\w])(node_doctor_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', text = '']) => ({
    name,
    labels: [...text.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }))
}

function unknownIn(expr: string): string[] {
  return selectors(expr).flatMap(({ name, labels }) => {
    const has = known.get(name)
    if (has === undefined) return [`${name}: there is no such metric`]
    return labels.filter((label) => !has.has(label)).map((label) => `${name}: it has no label ${label}`)
  })
}

describe('the rules', () => {
  it('are taken by Prometheus, and do what their own tests say', () => {
    expect(promtool('check', 'rules', RULES)).toContain('SUCCESS')
    expect(promtool('test', 'rules', join(FOLDER, 'node-doctor.rules.test.yaml'))).toContain('SUCCESS')
  })

  it('name only metrics and labels that exist', () => {
    expect(
      all.flatMap(({ alert, record, expr }) => unknownIn(expr).map((fault) => `${alert ?? record}: ${fault}`)),
    ).toEqual([])
    const derived = all.flatMap(({ expr }) => expr.match(/\b\w+:node_doctor_[\w:]+/g) ?? [])
    expect(derived.filter((name) => !recorded.has(name))).toEqual([])
  })

  it('each have a test that sees them fire', () => {
    const { tests } = parse(readFileSync(join(FOLDER, 'node-doctor.rules.test.yaml'), 'utf8')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[]
    }
    const fired = tests
      .flatMap((one) => one.alert_rule_test)
      .filter(({ exp_alerts }) => exp_alerts.length > 0)
      .map(({ alertname }) => alertname)
    expect(alerts.map(({ alert }) => alert).filter((alert) => !fired.includes(alert ?? ''))).toEqual([])
  })

  it('say how bad it is, what it is and what to do', () => {
    for (const { alert, labels, annotations } of alerts) {
      expect([alert, labels?.severity]).toEqual([alert, expect.stringMatching(/^(info|warning|critical)$/)])
      expect([alert, annotations?.summary]).toEqual([alert, expect.stringMatching(/.{10}/)])
      expect([alert, annotations?.description]).toEqual([alert, expect.stringMatching(/\.$/)])
    }
  })

  it('are the same for the operator', () => {
    const resource = parse(readFileSync(join(FOLDER, 'prometheus-rule.yaml'), 'utf8')) as { spec: RuleFile }
    expect(resource.spec).toEqual(rules)
  })

  it('look at every counter of what is lost, but those that say why they need not', () => {
    const lost = [...known.keys()].filter((name) =>
      /_(dropped|missed|shed|refused|refusals|undecodable|violations)_total$/.test(name),
    )
    const seen = selectors(alerts.map(({ expr }) => expr).join('\n')).map(({ name }) => name)
    const unseen = lost.filter((name) => !seen.includes(name))
    expect(unseen.toSorted()).toEqual(Object.keys(WITHOUT_ALERT).toSorted())
    const facts = alerts.find(({ alert }) => alert === 'NodeDoctorFactsLost')?.expr ?? ''
    for (const name of ['facts_dropped', 'bus_missed', 'kube_missed'])
      expect(facts).toContain(`node_doctor_${name}_total`)
  })
})

describe('the board', () => {
  const panels = board.panels.filter(({ type }) => type !== 'row')

  it('names only metrics and labels that exist', () => {
    const expressions = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const))
    expect(expressions.flatMap(([title, expr]) => unknownIn(expr).map((fault) => `${title}: ${fault}`))).toEqual([])
    const queries = board.templating.list.flatMap(({ definition }) => (definition === undefined ? [] : [definition]))
    expect(queries.flatMap(unknownIn)).toEqual([])
  })

  it('has expressions that Prometheus understands', () => {
    for (const { targets = [] } of panels) {
      for (const { expr } of targets) {
        const filled = expr.replaceAll('$__rate_interval', '5m')
        expect(() => promtool('query', 'instant', 'http://127.0.0.1:1', filled)).toThrow(/connection refused|connect:/)
      }
    }
  })

  it('shows what every counter of the k8s-exporter counts, but those that are always 0 in a release without mistakes', () => {
    const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n')
    const counters = counts.kube.filter(({ type }) => type === 'counter').map(({ name }) => name)
    expect(counters.length).toBeGreaterThan(5)
    const hidden = counters.filter((name) => !shown.includes(`node_doctor_${name}`))
    expect(hidden).toEqual(['kube_undecodable_total'])
  })

  it('has a description in each panel, and no two panels in one place', () => {
    expect(panels.filter(({ description = '' }) => !description.endsWith('.')).map(({ title }) => title)).toEqual([])
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length)
    for (const [index, a] of board.panels.entries()) {
      for (const b of board.panels.slice(index + 1)) {
        const apart =
          a.gridPos.x + a.gridPos.w <= b.gridPos.x ||
          b.gridPos.x + b.gridPos.w <= a.gridPos.x ||
          a.gridPos.y + a.gridPos.h <= b.gridPos.y ||
          b.gridPos.y + b.gridPos.h <= a.gridPos.y
        expect([a.title, b.title, apart]).toEqual([a.title, b.title, true])
      }
    }
    expect(board.uid).toBe('node-doctor')
  })
})
