/** One question to the API server, by what RBAC calls it: told of when it has ended, and its refusals are errors of ours. */
import { type Clock, systemClock } from '#clock'
import type { KubeAccess } from './access.ts'
import { CAUSES_MAX, type KubeCause, KubeStatusError, KubeUnreachableError } from './errors.ts'
import { type ListOf, type ListPage, pagesOf } from './pages.ts'
import { type Answer, type Ask, type Call, createTransport, type Opened } from './request.ts'

/** How a request ended. `network`: no answer, it may have been done. */
export type RequestResult = 'ok' | 'retry' | 'refused' | 'forbidden' | 'notfound' | 'conflict' | 'network'

/** A request that has ended. */
export interface RequestRecord {
  /** As RBAC names it: get, list, watch, create, update, patch, delete. */
  readonly verb: string
  /** As RBAC names it: nodes, nodes/status, pods/eviction, events. */
  readonly resource: string
  readonly result: RequestResult
  /** Of a watch: until it stood. */
  readonly durationMs: number
}

/** How a client asks. */
export interface ClientOptions {
  readonly access: KubeAccess
  /** "node-doctor/0.1.0 (k8s-exporter; worker-1)" */
  readonly userAgent: string
  /** Of one request. Default 10 s. */
  readonly timeoutMs?: number
  /** Told of each request when it has ended. */
  readonly onRequest?: (record: RequestRecord) => void
  /** By which requests are measured. Default one of its own. */
  readonly clock?: Clock
}

/** Asks the API server. Every call has a deadline; none is repeated. */
export interface Caller {
  /** The answer's JSON. @throws KubeStatusError, KubeUnreachableError, KubeAccessError */
  call(of: Call): Promise<unknown>
  /** The answer, whatever it says. @throws KubeUnreachableError, KubeAccessError */
  ask(of: Call): Promise<Answer>
  /** An answer that is a refusal, as the error that {@link call} throws. */
  refused(of: Call, answer: Answer): KubeStatusError
  /** All pages of a list. @throws as {@link call} */
  listAll(of: ListOf): Promise<Record<string, unknown>[]>
  /** The same, page by page: what is not kept of one is gone before the next comes. @throws as {@link call} */
  pages(of: ListOf): AsyncGenerator<ListPage>
  /**
   * A watch that stands: what comes on its connection, which is closed by `close`, and by the end of the signal. Its deadline is for
   * standing; whoever reads sees to its silence. @throws as {@link call}
   */
  open(of: Call): Promise<Opened>
  /** By which everything here is measured. */
  readonly clock: Clock
  close(): void
}

/** The content type of a strategic-merge patch: lists are merged by the key of their items. */
export const STRATEGIC = 'application/strategic-merge-patch+json'

const TIMEOUT_MS = 10_000

/** A caller with connections of its own, until it is closed. */
export function createCaller({
  access,
  userAgent,
  timeoutMs = TIMEOUT_MS,
  onRequest,
  clock = systemClock(),
}: ClientOptions): Caller {
  const transport = createTransport(access, userAgent, clock)

  const ask = (of: Call): Promise<Answer> => tellingOf(of, transport.send)

  /** Asks by `send`, and tells of its end. */
  async function tellingOf<T extends { readonly status: number }>(
    of: Call,
    send: (ask: Ask) => Promise<T>,
  ): Promise<T> {
    const { verb, resource } = of
    const beganMs = clock.monotonicMs()
    const tell = (result: RequestResult) =>
      onRequest?.({ verb, resource, result, durationMs: clock.monotonicMs() - beganMs })
    let answer: T
    try {
      answer = await send({ ...of.ask, timeoutMs: of.timeoutMs ?? timeoutMs, signal: of.signal })
    } catch (err) {
      tell('network')
      if (of.signal?.aborted === true) throw of.signal.reason
      if (err instanceof Error && 'code' in err && err.code === 'KUBE_ACCESS') throw err
      const { server } = access
      // It may have moved.
      access.renew()
      throw new KubeUnreachableError(whatOf(of), server, err)
    }
    tell(resultOf(answer.status))
    if (answer.status === 401) access.renew()
    return answer
  }

  async function call(of: Call): Promise<unknown> {
    const answer = await ask(of)
    if (answer.status < 200 || answer.status > 299) throw refused(of, answer)
    return parsed(answer.text) ?? {}
  }

  const pages = (of: ListOf): AsyncGenerator<ListPage> => pagesOf(call, of)

  return {
    call,
    ask,
    refused,
    pages,
    clock,
    async listAll(of) {
      const items: Record<string, unknown>[] = []
      for await (const page of pages(of)) items.push(...(page.items ?? []))
      return items
    },
    async open(of) {
      const opened = await tellingOf(of, transport.open)
      if (opened.status >= 200 && opened.status <= 299) return opened
      throw refused(of, { ...opened, text: await opened.text() })
    },
    close: () => transport.close(),
  }
}

function whatOf({ verb, resource, of }: Call): string {
  return `${verb} ${resource}${of === '' ? '' : ` ${of}`}`
}

function refused(of: Call, answer: Answer): KubeStatusError {
  return new KubeStatusError({ what: whatOf(of), verb: of.verb, resource: of.resource, ...refusalOf(answer) })
}

function resultOf(status: number): RequestResult {
  if (status >= 200 && status <= 299) return 'ok'
  if (status === 401 || status === 403) return 'forbidden'
  if (status === 404) return 'notfound'
  if (status === 409) return 'conflict'
  return status === 429 || status >= 500 ? 'retry' : 'refused'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function causesOf(details: unknown): KubeCause[] | undefined {
  const { causes } = (details ?? {}) as { causes?: unknown }
  if (!Array.isArray(causes) || causes.length === 0) return undefined
  return causes.slice(0, CAUSES_MAX).map((cause: { reason?: unknown; message?: unknown } | null) => ({
    reason: typeof cause?.reason === 'string' ? cause.reason : '',
    message: typeof cause?.message === 'string' ? cause.message : '',
  }))
}

function refusalOf({ status, headers, text }: Answer) {
  const body = (parsed(text) ?? {}) as { reason?: unknown; message?: unknown; details?: unknown }
  const causes = causesOf(body.details)
  return {
    status,
    reason: typeof body.reason === 'string' ? body.reason : '',
    message: typeof body.message === 'string' ? body.message : text.slice(0, 500),
    retryAfterMs: retryAfterMs(headers['retry-after'], Date.now()),
    ...(causes === undefined ? {} : { causes }),
  }
}

/** The server's wish when to come again: seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
