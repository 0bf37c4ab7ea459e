/** One listener of this exporter with its answers, for tests of what goes over the wire. */
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { systemClock } from '#service'
import { type HistoryView, type NodeView, renderNodeView } from '#view'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { NOW, someFacts } from '../../../libs/view/testing.ts'
import { NO_GRAPHS } from '../history/display.ts'
import { createHub } from '../stream/hub.ts'
import { recordingLog } from '../testing.ts'
import { createApp } from './app.ts'
import { httpRoutes } from './endpoints.ts'
import { createHandlers, type HandlerSources } from './handlers.ts'
import { createListener, type Listener, type ListenerOptions } from './listener.ts'
import { createPlaces } from './places.ts'
import { createStreamRoute } from './stream-route.ts'

const NO_HISTORY: HistoryView = { from: '', to: '', knownFrom: '', note: '', lanes: [], gaps: [], series: [] }

export interface Served {
  readonly url: string
  readonly listener: Listener
  readonly log: ReturnType<typeof recordingLog>
  readonly asked: string[]
}

export interface ServeOptions {
  readonly view?: NodeView
  readonly page?: HandlerSources['page']
  readonly endpoints?: readonly { readonly path: string; readonly handler: string }[]
  readonly tls?: ListenerOptions['tls']
  readonly history?: HandlerSources['history']
  readonly metrics?: HandlerSources['metrics']
  readonly readiness?: HandlerSources['readiness']
  readonly awaited?: HandlerSources['awaited']
  readonly clock?: ListenerOptions['clock']
}

/** The listener of the page over a view, on a free port. */
export async function served(options: ServeOptions = {}): Promise<Served> {
  const { clock = systemClock() } = options
  const log = recordingLog()
  const view = options.view ?? renderNodeView(someFacts(), NOW)
  const asked: string[] = []
  const sources: HandlerSources = {
    clock: fakeClock(NOW),
    view: () => view,
    uses: () => ({ evidence: new Map(), graphs: NO_GRAPHS }),
    repairs: (limit) => {
      asked.push(`repairs ${limit}`)
      return []
    },
    events: (limit) => {
      asked.push(`events ${limit}`)
      return []
    },
    history:
      options.history ??
      (async (range) => {
        asked.push(`history ${range}`)
        return NO_HISTORY
      }),
    metrics: options.metrics ?? (async () => ({ body: 'up 1\n' })),
    readiness: options.readiness ?? (() => ({ ready: false, reason: 'starting' })),
    awaited: options.awaited ?? (() => ''),
    page: options.page,
  }
  const hub = createHub({ epoch: 'e1', view: () => view })
  const config = { endpoints: options.endpoints ?? [] } as unknown as Parameters<typeof httpRoutes>[0]
  const { answers, streamPaths, probes } = httpRoutes(config, createHandlers(sources))
  const places = createPlaces()
  const app = await createApp({
    answers,
    probes,
    hosts: ['x'],
    streams: new Map(streamPaths.map((path) => [path, createStreamRoute(hub, places)])),
    assets: options.page?.assets ?? new Map(),
    clock,
    log,
  })
  const listener = createListener({
    host: '127.0.0.1',
    port: 0,
    setting: 'port',
    tls: options.tls,
    app,
    places,
    clock,
    log,
  })
  const ended = new AbortController()
  await listener.start(ended.signal)
  onTestFinished(async () => {
    ended.abort()
    hub.close()
    await listener.close(100)
  })
  return { url: listener.url?.slice(0, -1) ?? '', listener, log, asked }
}

/** Sends bytes as they are, from an address of this machine, and gives back what comes. */
export function raw(url: string, bytes: string, localAddress = '127.0.0.1'): { socket: Socket; all: Promise<string> } {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', localAddress })
  let text = ''
  const all = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(text))
    socket.on('error', () => undefined)
  })
  socket.write(bytes)
  return { socket, all }
}
