/** The http-exporter's composition: bus → state, history, metrics → ports. Wiring only. */

import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bus } from '#bus'
import { every } from '#clock'
import { REFUSED_TOLD } from '#config'
import { cleanText } from '#model'
import { createExporterRpc } from '#rpc'
import { defineService, type Readiness, type Service, type ServiceContext } from '#service'
import { type NodeView, renderRepairHistory } from '#view'
import { type HttpExporterConfig, httpExporterConfig } from './config.ts'
import { type History, openHistory } from './history/history.ts'
import { openNoHistory } from './history/no-history.ts'
import type { Listener } from './http/listener.ts'
import { createListeners } from './http/listeners.ts'
import { loadPage } from './http/page-files.ts'
import { createDurations, type Durations } from './metrics/durations.ts'
import { addOwnMetrics } from './metrics/own-metrics.ts'
import type { Written } from './metrics/packing.ts'
import { createRepairCounts, type RepairCounts } from './metrics/repair-metrics.ts'
import { hasOurName } from './metrics/sample-place.ts'
import { createSampleTable, type SampleTable } from './metrics/sample-table.ts'
import { renderScrape } from './metrics/scrape.ts'
import { createNpdListeners } from './npd/listeners.ts'
import { npdAnswers, openNpdSeries } from './npd/open.ts'
import type { NpdSeries } from './npd/series.ts'
import { awaitedWords, readinessOf } from './readiness.ts'
import { type FeedCounts, followBus } from './state/bus-feed.ts'
import { openCountedMark } from './state/counted-mark.ts'
import { createEventLog, EVENTS_KEPT, type EventLog } from './state/event-log.ts'
import { readIdentity } from './state/identity.ts'
import { createNodeState, type NodeState } from './state/node-state.ts'
import { createRepairFeed, type KnownRepairs } from './state/repair-feed.ts'
import { usesOf } from './state/series-uses.ts'
import { createHub, type Hub } from './stream/hub.ts'

/** Readers are told this often that the stream lives, and since when the detector is silent. */
const BEAT_MS = 3000
const TICK_MS = 1000
/** Of the drain, for running requests. */
const CLOSE_GRACE_MS = 2000

/** The built page lies beside the bundle; from source it is where the build puts it. */
function pageFolder(): string {
  const set = process.env['NODE_DOCTOR_PAGE_DIR']
  if (set !== undefined && set !== '') return set
  const here = fileURLToPath(import.meta.url)
  return here.endsWith('.mjs') ? join(dirname(here), 'page') : join(dirname(here), '../../dist/page')
}

function settingsView({ settings, refused }: HttpExporterConfig, now: Date): NodeView['settings'] {
  const { set, defaults } = settings
  return {
    set: set.map(({ key, value, origin }) => ({
      key: cleanText(key, 128),
      value: cleanText(value, 240),
      origin: cleanText(origin.text, 128),
    })),
    defaults,
    since: now.toISOString(),
    refused: refused.slice(0, REFUSED_TOLD).map(({ key, text, origin }) => ({
      key: cleanText(key, 128),
      text: cleanText(text, 400),
      origin: cleanText(origin, 128),
    })),
    refusedCount: refused.length,
  }
}

type Context = ServiceContext<HttpExporterConfig>

/** What the exporter knows and shows, from its start on. */
interface Parts {
  readonly state: NodeState
  readonly hub: Hub
  readonly history: History
  readonly repairs: KnownRepairs
  readonly listeners: readonly Listener[]
  readonly bus: Bus
  readonly counts: () => FeedCounts
}

/** What it has of them: nothing before the start, and ports before the bus. */
interface Exporter {
  readonly context: Context
  readonly started: Date
  readonly samples: SampleTable
  readonly npd: NpdSeries
  readonly repairCounts: RepairCounts
  readonly ending: AbortController
  undecodable: number
  parts: Partial<Parts>
}

function readiness({ context, parts }: Exporter): Readiness {
  const { bus, state, listeners = [] } = parts
  return readinessOf({ bus, state, listeners, now: context.clock.now() })
}

function renderMetrics({ context, samples }: Exporter, state: NodeState): Promise<Written> {
  const { name, config, metrics, clock } = context
  return renderScrape({
    namespace: config.prometheus.namespace,
    labels: config.prometheus.labels,
    service: name,
    metrics,
    view: state.view(),
    heartbeatAgeMs: state.heartbeatAgeMs(),
    samples,
    described: state.described,
    monotonicMs: clock.monotonicMs(),
  })
}

function openPast({ config, stateDir, clock, log }: Context): Promise<History> | History {
  const { enabled, maxBytes, retentionMs } = config.http.history
  if (!enabled) return openNoHistory(clock)
  return openHistory({ dir: join(stateDir, 'history'), maxBytes, retentionMs, clock, log })
}

async function openPorts(
  exporter: Exporter,
  events: EventLog,
  of: Pick<Parts, 'state' | 'hub' | 'history' | 'repairs'>,
) {
  const { context, ending } = exporter
  const { config, clock, log, nodeName } = context
  const { state, hub, history } = of
  const listeners = await createListeners({
    config,
    hub,
    nodeName,
    clock,
    log,
    onState: () => context.readinessChanged?.(),
    sources: {
      clock,
      view: () => state.view(),
      uses: () => usesOf(state),
      events: (limit) => events.last(limit),
      repairs: (limit) => renderRepairHistory(of.repairs.facts, limit, clock.now()),
      history: (range, uses) => history.query(range, uses),
      metrics: () => renderMetrics(exporter, state),
      readiness: () => readiness(exporter),
      awaited: () => awaitedWords(state),
      page: await loadPage(pageFolder()),
    },
  })
  listeners.push(
    ...createNpdListeners({
      npd: config.npd,
      settings: config.settings,
      answers: npdAnswers(config, { state, series: exporter.npd, clock }),
      clock,
      log,
      onState: () => context.readinessChanged?.(),
    }),
  )
  exporter.parts = { ...exporter.parts, listeners }
  await Promise.all(listeners.map((listener) => listener.start(ending.signal)))
}

/** A hub that tells what time alone changes while somebody hears it; who comes later sees it as it is then. */
function openHub({ clock }: Context, state: NodeState): Hub {
  let ends: (() => void)[] = []
  function beat(): void {
    const { at, detector } = state.view()
    hub.tell({ kind: 'beat', at, detector })
  }
  const hub = createHub({
    epoch: randomUUID().slice(0, 8),
    view: () => state.view(),
    onFollowed(isFollowed) {
      for (const end of ends) end()
      ends = isFollowed ? [every(clock, { ms: TICK_MS }, () => state.tick()), every(clock, { ms: BEAT_MS }, beat)] : []
    },
  })
  return hub
}

function shownRepairs(repairs: KnownRepairs) {
  return { remediation: repairs.view(), repairs: repairs.facts.problems }
}

/** What is counted is kept beside the history, whether or not there is one. */
async function openRepairs({ context, repairCounts }: Exporter, bootId: string, onChange: () => void) {
  const { clock, log, config, stateDir } = context
  const mark = await openCountedMark(join(stateDir, 'history', 'counted-repairs.json'), clock, log)
  const { repairs, isDryRun } = config
  return createRepairFeed({
    clock,
    log,
    isEnabled: repairs !== undefined,
    isDryRun,
    bootId,
    mark,
    counts: repairCounts,
    onChange,
  })
}

async function start(exporter: Exporter, durations: Durations): Promise<void> {
  const { context, started, samples, npd, ending } = exporter
  const { clock, config, host, nodeName, version } = context
  const node = await readIdentity(host, { name: nodeName, version, now: started })
  const onKnown = () => context.readinessChanged?.()
  const settings = settingsView(config, started)
  const repairs = await openRepairs(exporter, node.bootId, () => state.repairsChanged())
  const state: NodeState = createNodeState({ clock, node, settings, onKnown, repairs: () => shownRepairs(repairs) })
  const hub = openHub(context, state)
  const history = await openPast(context)
  const known = { state, hub, history, repairs }
  exporter.parts = known
  const events = createEventLog()
  for (const event of history.recentEvents(EVENTS_KEPT).reverse()) events.add(event)
  state.onMessage((message) => hub.publish(message))
  await openPorts(exporter, events, known)
  const { bus, reader: openReader } = await context.bus.open()
  bus.onState(() => context.readinessChanged?.())
  exporter.parts = { ...exporter.parts, bus }
  const { signal } = ending
  const onPoison = () => {
    exporter.undecodable++
  }
  const reader = openReader({ signal, onPoison })
  const booted = node.booted === undefined ? undefined : new Date(node.booted)
  const counts = followBus(reader, { ...known, events, samples, npd, durations, clock, booted }, signal)
  exporter.parts = { ...exporter.parts, counts }
  void history.run(signal)
}

async function stop(exporter: Exporter): Promise<void> {
  const { ending } = exporter
  if (ending.signal.aborted) return
  ending.abort()
  exporter.parts.hub?.close()
  await Promise.all((exporter.parts.listeners ?? []).map((listener) => listener.close(CLOSE_GRACE_MS)))
  await exporter.parts.bus?.close()
  exporter.parts.state?.close()
  await exporter.parts.history?.close()
}

function statusOf(exporter: Exporter) {
  const { context, started, parts } = exporter
  const { bus, state, listeners = [] } = parts
  const { ready, reason } = readiness(exporter)
  return {
    name: context.name,
    version: context.version,
    started,
    endpoints: listeners.flatMap(({ url }) => url ?? []),
    busConnected: bus?.state === 'connected',
    lastHeartbeat: state?.liveness().lastHeartbeat,
    pending: 0,
    lastError: ready ? '' : reason,
  }
}

/** By its name, unless a plug-in has it here: that of a monitor that is not on every machine. */
function isOurs({ parts }: Exporter, name: string): boolean {
  if (!hasOurName(name)) return false
  const known = [...(parts.state?.monitors.values.values() ?? [])].find((monitor) => monitor.name === name)
  return known === undefined || known.origin === 'built-in'
}

function createHttpExporter(context: Context): Service {
  const started = context.clock.now()
  const ending = new AbortController()
  const samples = createSampleTable(
    (monitor, room) =>
      context.log.warn('samples of a monitor are left out of /metrics', { monitor: cleanText(monitor, 128), room }),
    (monitor) => isOurs(exporter, monitor),
  )
  const exporter: Exporter = {
    context,
    started,
    samples,
    npd: openNpdSeries(context.config),
    repairCounts: createRepairCounts(context.metrics, context.config.repairs ?? [], () => {
      const { repairs } = exporter.parts
      return repairs?.isOn ? { facts: repairs.facts, isHeard: repairs.isHeard, now: context.clock.now() } : undefined
    }),
    ending,
    undecodable: 0,
    parts: {},
  }
  const durations = createDurations(context.metrics)
  addOwnMetrics(context.metrics, () => {
    const { hub, history, counts = () => ({ missed: 0, samplesRefused: 0 }) } = exporter.parts
    return (
      hub && history && { hub: hub.stats(), history: history.stats(), undecodable: exporter.undecodable, ...counts() }
    )
  })
  return {
    rpc: [createExporterRpc(() => statusOf(exporter))],
    start: () => start(exporter, durations),
    readiness: () => readiness(exporter),
    stop: () => stop(exporter),
  }
}

export const httpExporter = defineService<HttpExporterConfig>({
  name: 'http-exporter',
  description: 'Shows the node over HTTP: the page, its data, probes, and metrics for Prometheus.',
  config: httpExporterConfig,
  create: createHttpExporter,
})
