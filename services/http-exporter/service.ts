/** The http-exporter's composition: bus → state, history, metrics → ports. Wiring only. */

import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ConnectedBus, connectBus, createBusReader, readCredentials, watchCredentials } from '#bus'
import { every } from '#clock'
import { createHost, createPeerUid } from '#host'
import { cleanText } from '#model'
import { createExporterRpc } from '#rpc'
import {
  defineService,
  isProcessMetric,
  type MetricFamily,
  type Readiness,
  readFamilies,
  renderFamilies,
  type Service,
  type ServiceContext,
} from '#service'
import type { NodeView } from '#view'
import { type HttpExporterConfig, httpExporterConfig } from './config.ts'
import { type History, openHistory } from './history/history.ts'
import { openNoHistory } from './history/no-history.ts'
import type { Listener } from './http/listener.ts'
import { createListeners } from './http/listeners.ts'
import { loadPage } from './http/page-files.ts'
import { createDurations } from './metrics/durations.ts'
import { nodeFamilies } from './metrics/node-families.ts'
import { addOwnMetrics } from './metrics/own-metrics.ts'
import { createSampleTable, labelsOf } from './metrics/sample-table.ts'
import { awaitedWords, readinessOf } from './readiness.ts'
import { type FeedCounts, followBus } from './state/bus-feed.ts'
import { createEventLog, EVENTS_KEPT } from './state/event-log.ts'
import { readIdentity } from './state/identity.ts'
import { createNodeState, type NodeState } from './state/node-state.ts'
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

function settingsView({ set, defaults }: HttpExporterConfig['settings'], now: Date): NodeView['settings'] {
  return {
    set: set.map(({ key, value, origin }) => ({
      key: cleanText(key, 128),
      value: cleanText(value, 240),
      origin: cleanText(origin.text, 128),
    })),
    defaults,
    since: now.toISOString(),
  }
}

function createHttpExporter(context: ServiceContext<HttpExporterConfig>): Service {
  const { config, clock, log, version, nodeName, host } = context
  const { namespace } = config.prometheus
  const started = clock.now()
  const samples = createSampleTable()
  const durations = createDurations(context.metrics)
  const events = createEventLog()
  const ending = new AbortController()
  let bus: ConnectedBus | undefined
  let state: NodeState | undefined
  let hub: Hub | undefined
  let history: History | undefined
  let listeners: Listener[] = []
  let counts: () => FeedCounts = () => ({ missed: 0, samplesRefused: 0 })
  let endTelling = (): void => undefined
  let undecodable = 0

  function readiness(): Readiness {
    return readinessOf({ bus, state, listeners, now: clock.now() })
  }

  addOwnMetrics(
    context.metrics,
    () => hub && history && { hub: hub.stats(), history: history.stats(), undecodable, ...counts() },
  )

  /** This service's own metrics; what its process costs with its name, as others tell theirs. */
  async function ownFamilies(): Promise<MetricFamily[]> {
    return (await readFamilies(context.metrics)).map((family) =>
      isProcessMetric(family.name)
        ? {
            ...family,
            values: family.values.map((one) => ({
              ...one,
              labels: labelsOf(context.name, { ...one, name: family.name }),
            })),
          }
        : family,
    )
  }

  async function metrics(of: NodeState): Promise<string> {
    const view = of.view()
    const families = [...nodeFamilies(view, of.heartbeatAgeMs()), ...(await ownFamilies())]
    const reserved = new Set(families.map(({ name }) => name))
    // What monitors said last is no news once nobody vouches for it.
    const told = view.detector.state === 'stale' ? [] : samples.families(reserved, clock.monotonicMs(), of.described)
    return renderFamilies(namespace, [...families, ...told])
  }

  async function start(): Promise<void> {
    const node = await readIdentity(host, { name: nodeName, version, now: started })
    const readinessChanged = () => context.readinessChanged?.()
    const settings = settingsView(config.settings, started)
    const knownState = createNodeState({ clock, node, settings, onKnown: readinessChanged })
    const stream = createHub({
      epoch: randomUUID().slice(0, 8),
      view: () => knownState.view(),
      // What time alone changes is told while somebody hears it; who comes later sees it as it is then.
      onFollowed(isFollowed) {
        endTelling()
        if (isFollowed) endTelling = tellTime(knownState, stream)
      },
    })
    const { enabled, maxBytes, retentionMs } = config.http.history
    const past = enabled
      ? await openHistory({ dir: join(context.stateDir, 'history'), maxBytes, retentionMs, clock, log })
      : openNoHistory(clock)
    state = knownState
    hub = stream
    history = past
    for (const event of past.recentEvents(EVENTS_KEPT).reverse()) events.add(event)
    knownState.onMessage((message) => stream.publish(message))
    listeners = await createListeners({
      config,
      hub: stream,
      nodeName,
      clock,
      log,
      onState: readinessChanged,
      sources: {
        clock,
        view: () => knownState.view(),
        uses: () => usesOf(knownState),
        events: (limit) => events.last(limit),
        history: (range, uses) => past.query(range, uses),
        metrics: () => metrics(knownState),
        readiness,
        awaited: () => awaitedWords(knownState),
        page: await loadPage(pageFolder()),
      },
    })
    await Promise.all(listeners.map((listener) => listener.start(ending.signal)))
    const { files } = createHost({ root: '' })
    const connection = connectBus({
      name: context.name,
      credentials: readCredentials(context.runDir, context.name, config.busUrl, config.busTls),
      log,
      clock,
      peerUid: createPeerUid(files),
      watchCredentials: watchCredentials(files, context.runDir, context.name, config.busUrl),
    })
    bus = connection
    connection.onState(readinessChanged)
    const reader = createBusReader(connection, {
      signal: ending.signal,
      onPoison: () => {
        undecodable++
      },
    })
    const booted = node.booted === undefined ? undefined : new Date(node.booted)
    const targets = { state: knownState, history: past, events, hub: stream, samples, durations, clock, booted }
    counts = followBus(reader, targets, ending.signal)
    void past.run(ending.signal)
  }

  /** @returns its end */
  function tellTime(of: NodeState, stream: Hub): () => void {
    const ends = [every(clock, { ms: TICK_MS }, () => of.tick()), every(clock, { ms: BEAT_MS }, () => beat(of, stream))]
    return () => {
      for (const end of ends) end()
    }
  }

  function beat(of: NodeState, stream: Hub): void {
    const { at, detector } = of.view()
    stream.tell({ kind: 'beat', at, detector })
  }

  return {
    rpc: [
      createExporterRpc(() => {
        const { ready, reason } = readiness()
        const heard = state?.liveness().lastHeartbeat
        return {
          name: context.name,
          version,
          started,
          endpoints: listeners.flatMap(({ url }) => url ?? []),
          busConnected: bus?.state === 'connected',
          lastHeartbeat: heard,
          pending: 0,
          lastError: ready ? '' : reason,
        }
      }),
    ],
    start,
    readiness,
    async stop() {
      if (ending.signal.aborted) return
      ending.abort()
      hub?.close()
      await Promise.all(listeners.map((listener) => listener.close(CLOSE_GRACE_MS)))
      await bus?.close()
      state?.close()
      await history?.close()
    },
  }
}

export const httpExporter = defineService<HttpExporterConfig>({
  name: 'http-exporter',
  description: 'Shows the node over HTTP: the page, its data, probes, and metrics for Prometheus.',
  config: httpExporterConfig,
  create: createHttpExporter,
})
