/** The two ports of node-problem-detector: whoever asked those asks these. Without the machinery of the other ports. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Logger } from '#service'
import type { HttpExporterConfig } from '../config.ts'
import type { Answer } from '../http/answer.ts'
import { createListener, type Listener } from '../http/listener.ts'
import { createPlaces } from '../http/places.ts'

/** What is answered at each path. */
export interface NpdAnswers {
  readonly healthz: () => Answer
  readonly conditions: () => Answer
  readonly metrics: () => Answer
}

export interface NpdListenersOptions {
  readonly npd: HttpExporterConfig['npd']
  /** Says by which flag of `node-doctor npd` a port was given. */
  readonly settings: HttpExporterConfig['settings']
  readonly answers: NpdAnswers
  readonly clock: Clock
  readonly log: Logger
  /** Called when a port is listened on, or is not. */
  readonly onState?: () => void
}

const NOT_FOUND: Answer = { status: 404, type: 'text/plain; charset=utf-8', body: '404 page not found\n' }

/** As Go's: any method, the path alone. */
function createRouting(answers: ReadonlyMap<string, () => Answer>) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const [path = ''] = (request.url ?? '').split('?')
    const { status, type, body } = answers.get(path)?.() ?? NOT_FOUND
    const bytes = Buffer.from(body)
    response.writeHead(status, {
      'content-type': type,
      'content-length': bytes.byteLength,
      'x-content-type-options': 'nosniff',
    })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  }
}

/** What to set for another port: the flag that is its own where one was, else the key. */
function settingOf({ set }: HttpExporterConfig['settings'], key: string): string {
  const origin = set.find((one) => one.key === key)?.origin
  return /^flag, (--[a-z-]+)$/.exec(origin?.text ?? '')?.[1] ?? key
}

/** Those that are switched on. */
export function createNpdListeners({ npd, settings, answers, clock, log, onState }: NpdListenersOptions): Listener[] {
  if (!npd.enabled) return []
  const { healthz, conditions, metrics } = answers
  function listener(key: 'port' | 'prometheusPort', host: string, paths: Readonly<Record<string, () => Answer>>) {
    const common = { clock, log, ...(onState && { onState }) }
    const app = { routing: createRouting(new Map(Object.entries(paths))) }
    return createListener({
      ...common,
      host,
      port: npd[key],
      setting: settingOf(settings, `exporters.npd.${key}`),
      app,
      places: createPlaces(),
    })
  }
  return [
    ...(npd.port === 0 ? [] : [listener('port', npd.address, { '/healthz': healthz, '/conditions': conditions })]),
    ...(npd.prometheusPort === 0 ? [] : [listener('prometheusPort', npd.prometheusAddress, { '/metrics': metrics })]),
  ]
}
