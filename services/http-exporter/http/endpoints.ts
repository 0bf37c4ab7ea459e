/** Which handler answers at which path of which port. */
import type { HttpExporterConfig } from '../config.ts'
import type { Handler } from './answer.ts'
import { type AnswerName, DEFAULT_PATHS, STREAM_PATH } from './handlers.ts'

export interface Routes {
  readonly answers: ReadonlyMap<string, Handler>
  readonly streamPaths: readonly string[]
  /** Paths of probes. */
  readonly probes: ReadonlySet<string>
  /** Endpoints of the configuration that name no handler there is. */
  readonly unknown: readonly { readonly path: string; readonly handler: string }[]
}

const PROBES: readonly string[] = ['overall-health', 'liveness', 'readiness']

function isAnswer(name: string): name is AnswerName {
  return Object.hasOwn(DEFAULT_PATHS, name)
}

/** What the page asks for, at these paths and no others: they stay, whatever else is served where. */
const PAGE_NEEDS: readonly string[] = ['detailed-status', 'history', 'stream']

/**
 * What `endpoints[]` names is served there; a handler that it does not name stays at its own path, if that is free.
 */
export function httpRoutes(config: HttpExporterConfig['http'], handlers: Record<AnswerName, Handler>): Routes {
  const names = new Map<string, string>()
  const unknown: { path: string; handler: string }[] = []
  for (const { path, handler } of config.endpoints) {
    if (isAnswer(handler) || handler === 'stream') names.set(path, handler)
    else unknown.push({ path, handler })
  }
  const named = new Set(names.values())
  for (const [name, path] of Object.entries({ ...DEFAULT_PATHS, stream: STREAM_PATH })) {
    if (!names.has(path) && (!named.has(name) || PAGE_NEEDS.includes(name))) names.set(path, name)
  }
  const answers = new Map<string, Handler>()
  const streamPaths: string[] = []
  const probes = new Set<string>()
  for (const [path, name] of names) {
    if (isAnswer(name)) answers.set(path, handlers[name])
    else streamPaths.push(path)
    if (PROBES.includes(name)) probes.add(path)
  }
  return { answers, streamPaths, probes, unknown }
}

/** The scrapers' port: metrics, and probes for those who look there. */
export function prometheusRoutes(
  config: HttpExporterConfig['prometheus'],
  handlers: Record<AnswerName, Handler>,
): Routes {
  const answers = new Map<string, Handler>([
    [DEFAULT_PATHS.liveness, handlers.liveness],
    [DEFAULT_PATHS.readiness, handlers.readiness],
    [config.path, handlers['prometheus-metrics']],
  ])
  const probes = new Set<string>([DEFAULT_PATHS.liveness, DEFAULT_PATHS.readiness])
  return { answers, streamPaths: [], probes, unknown: [] }
}
