/** The ports of this exporter. */
import type { Clock, Logger } from '#service'
import type { HttpExporterConfig } from '../config.ts'
import type { Hub } from '../stream/hub.ts'
import { httpRoutes, prometheusRoutes, type Routes } from './endpoints.ts'
import { createHandlers, type HandlerSources } from './handlers.ts'
import { createListener, type Listener } from './listener.ts'
import { createPlaces, type Places } from './places.ts'
import { createStreamRoute } from './stream-route.ts'

export interface ListenersOptions {
  readonly config: HttpExporterConfig
  readonly sources: HandlerSources
  readonly hub: Hub
  /** What the node is called; requests may call this server so. */
  readonly nodeName: string
  readonly clock: Clock
  readonly log: Logger
  /** Called when a port is listened on, or is not. */
  readonly onState?: () => void
}

export async function createListeners(options: ListenersOptions): Promise<Listener[]> {
  const { config, sources, hub, clock, log, onState } = options
  const { http, prometheus } = config
  if (!http.enabled && !prometheus.enabled) return []
  // Who listens at neither has no need of it.
  const { createApp } = await import('./app.ts')
  const handlers = createHandlers(sources)

  function appOf(
    { answers, streamPaths, probes }: Routes,
    withPage: boolean,
    places: Places,
  ): ReturnType<typeof createApp> {
    return createApp({
      answers,
      probes,
      hosts: [options.nodeName, ...http.hosts],
      streams: new Map(streamPaths.map((path) => [path, createStreamRoute(hub, places)])),
      assets: withPage ? (sources.page?.assets ?? new Map()) : new Map(),
      clock,
      log,
    })
  }

  const listeners: Listener[] = []
  if (http.enabled) {
    const routes = httpRoutes(http, handlers)
    for (const { path, handler } of routes.unknown) log.error('endpoint has no such handler', { path, handler })
    const places = createPlaces()
    listeners.push(
      createListener({
        host: http.bindAddress,
        port: http.hostPort,
        setting: 'exporters.http.hostPort',
        tls: http.tlsEnabled ? { certFile: http.tlsCertFile, keyFile: http.tlsKeyFile } : undefined,
        app: await appOf(routes, true, places),
        places,
        clock,
        log,
        ...(onState && { onState }),
      }),
    )
  }
  if (prometheus.enabled) {
    const places = createPlaces()
    listeners.push(
      createListener({
        host: prometheus.bindAddress,
        port: prometheus.port,
        setting: 'exporters.prometheus.port',
        app: await appOf(prometheusRoutes(prometheus, handlers), false, places),
        places,
        clock,
        log,
        ...(onState && { onState }),
      }),
    )
  }
  return listeners
}
