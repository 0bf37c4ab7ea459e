/** What we ask of the API server, by name. Every call has a deadline; none is repeated here. */

import type { KubeAccess } from './access.ts'
import { KubeStatusError, KubeUnreachableError } from './errors.ts'
import { type Answer, type Ask, createTransport } from './request.ts'
import type { EventPatch, KubeEvent, KubeNode, NodeStatusPatch } from './types.ts'

/** How a request ended. `network`: no answer, it may have been done. */
export type RequestResult = 'ok' | 'retry' | 'refused' | 'forbidden' | 'notfound' | 'conflict' | 'network'

export interface RequestRecord {
  readonly verb: string
  readonly resource: string
  readonly result: RequestResult
  readonly durationMs: number
}

export interface ClientOptions {
  readonly access: KubeAccess
  /** "node-doctor/0.1.0 (k8s-exporter; worker-1)" */
  readonly userAgent: string
  /** Of one request. Default 10 s. */
  readonly timeoutMs?: number
  /** Told of each request when it has ended. */
  readonly onRequest?: (record: RequestRecord) => void
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
}

/** @throws KubeStatusError when the server says no, KubeUnreachableError when there was no answer, KubeAccessError */
export interface KubeClient {
  readonly server: string
  readonly origin: string
  getNode(name: string, options?: CallOptions & { readonly cached?: boolean }): Promise<KubeNode>
  listNodes(options?: CallOptions): Promise<KubeNode[]>
  /** Strategic merge: our conditions by their type, everything else stays. */
  patchNodeStatus(name: string, patch: NodeStatusPatch, options?: CallOptions): Promise<KubeNode>
  createEvent(event: KubeEvent, options?: CallOptions): Promise<void>
  patchEvent(namespace: string, name: string, patch: EventPatch, options?: CallOptions): Promise<void>
  /** Label selector of its pods, as a query has it. */
  daemonSetSelector(namespace: string, name: string, options?: CallOptions): Promise<string>
  /** Lets its pods end with it. */
  deleteDaemonSet(namespace: string, name: string, options?: CallOptions): Promise<void>
  /** Names of the pods that a label selector finds. */
  listPods(namespace: string, selector: string, options?: CallOptions): Promise<string[]>
  close(): void
}

const TIMEOUT_MS = 10_000
const STRATEGIC = 'application/strategic-merge-patch+json'
const PAGE_SIZE = 500

interface Call extends CallOptions {
  readonly verb: string
  readonly resource: string
  /** "n1", "default/x", "" for a list. */
  readonly of: string
  readonly ask: Omit<Ask, 'timeoutMs' | 'signal'>
}

export function createKubeClient(options: ClientOptions): KubeClient {
  const { access, onRequest } = options
  const transport = createTransport(access, options.userAgent)

  async function call(of: Call): Promise<unknown> {
    const { verb, resource } = of
    const what = `${verb} ${resource}${of.of === '' ? '' : ` ${of.of}`}`
    const beganMs = performance.now()
    const tell = (result: RequestResult) =>
      onRequest?.({ verb, resource, result, durationMs: performance.now() - beganMs })
    let answer: Answer
    try {
      answer = await transport.send({
        ...of.ask,
        timeoutMs: of.timeoutMs ?? options.timeoutMs ?? TIMEOUT_MS,
        signal: of.signal,
      })
    } catch (err) {
      tell('network')
      if (of.signal?.aborted === true) throw of.signal.reason
      if (err instanceof Error && 'code' in err && err.code === 'KUBE_ACCESS') throw err
      const { server } = access
      // It may have moved.
      access.renew()
      throw new KubeUnreachableError(what, server, err)
    }
    tell(resultOf(answer.status))
    if (answer.status === 401) access.renew()
    if (answer.status < 200 || answer.status > 299)
      throw new KubeStatusError({ what, verb, resource, ...refusalOf(answer) })
    return parsed(answer.text) ?? {}
  }

  async function listAll(
    of: Omit<Call, 'ask' | 'verb' | 'of'> & { readonly path: string },
  ): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = []
    let next = ''
    do {
      const query = `${of.path.includes('?') ? '&' : '?'}limit=${PAGE_SIZE}${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`
      const page = await call({ ...of, verb: 'list', of: '', ask: { method: 'GET', path: of.path + query } })
      items.push(...((page as { items?: Record<string, unknown>[] }).items ?? []))
      next = (page as { metadata?: { continue?: string } }).metadata?.continue ?? ''
    } while (next !== '')
    return items
  }

  const nodePath = (name: string) => `/api/v1/nodes/${encodeURIComponent(name)}`
  const daemonSetPath = (namespace: string, name: string) =>
    `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets/${encodeURIComponent(name)}`
  const eventsPath = (namespace: string) => `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`

  return {
    get server() {
      return access.server
    },
    origin: access.origin,
    async getNode(name, { cached = false, ...more } = {}) {
      // Version 0: whatever the server has in memory; it need not ask its store.
      const path = `${nodePath(name)}${cached ? '?resourceVersion=0' : ''}`
      return nodeOf(await call({ ...more, verb: 'get', resource: 'nodes', of: name, ask: { method: 'GET', path } }))
    },
    async listNodes(more = {}) {
      return (await listAll({ ...more, resource: 'nodes', path: '/api/v1/nodes' })).map(nodeOf)
    },
    async patchNodeStatus(name, patch, more = {}) {
      const ask = {
        method: 'PATCH',
        path: `${nodePath(name)}/status`,
        contentType: STRATEGIC,
        body: JSON.stringify(patch),
      } as const
      return nodeOf(await call({ ...more, verb: 'patch', resource: 'nodes/status', of: name, ask }))
    },
    async createEvent(event, more = {}) {
      const namespace = event.metadata.namespace ?? 'default'
      const ask = { method: 'POST', path: eventsPath(namespace), body: JSON.stringify(event) } as const
      await call({ ...more, verb: 'create', resource: 'events', of: `${namespace}/${event.metadata.name}`, ask })
    },
    async patchEvent(namespace, name, patch, more = {}) {
      const path = `${eventsPath(namespace)}/${encodeURIComponent(name)}`
      const ask = { method: 'PATCH', path, contentType: STRATEGIC, body: JSON.stringify(patch) } as const
      await call({ ...more, verb: 'patch', resource: 'events', of: `${namespace}/${name}`, ask })
    },
    async daemonSetSelector(namespace, name, more = {}) {
      const ask = { method: 'GET', path: daemonSetPath(namespace, name) } as const
      const set = await call({ ...more, verb: 'get', resource: 'daemonsets', of: `${namespace}/${name}`, ask })
      const labels = (set as { spec?: { selector?: { matchLabels?: Record<string, string> } } }).spec?.selector
        ?.matchLabels
      return Object.entries(labels ?? {})
        .map(([label, value]) => `${label}=${value}`)
        .join(',')
    },
    async deleteDaemonSet(namespace, name, more = {}) {
      const path = daemonSetPath(namespace, name)
      const ask = { method: 'DELETE', path: `${path}?propagationPolicy=Background` } as const
      await call({ ...more, verb: 'delete', resource: 'daemonsets', of: `${namespace}/${name}`, ask })
    },
    async listPods(namespace, selector, more = {}) {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?labelSelector=${encodeURIComponent(selector)}`
      const pods = await listAll({ ...more, resource: 'pods', path })
      return pods.map((pod) => (pod as unknown as KubeNode).metadata.name)
    },
    close: () => transport.close(),
  }
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

function refusalOf({ status, headers, text }: Answer) {
  const body = (parsed(text) ?? {}) as { reason?: unknown; message?: unknown }
  return {
    status,
    reason: typeof body.reason === 'string' ? body.reason : '',
    message: typeof body.message === 'string' ? body.message : text.slice(0, 500),
    retryAfterMs: retryAfterMs(headers['retry-after'], Date.now()),
  }
}

/** RFC 9110, 10.2.3: seconds or a date. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}

/** @throws KubeStatusError when something that is no API server answers 200 with a page of its own */
function nodeOf(value: unknown): KubeNode {
  const node = value as { metadata?: { name?: unknown }; status?: unknown }
  if (typeof node.metadata?.name !== 'string')
    throw new KubeStatusError({
      what: 'reading a node',
      verb: 'get',
      resource: 'nodes',
      status: 200,
      reason: 'NotANode',
      message: 'the answer is no node; does something else answer at this address?',
    })
  return value as KubeNode
}
