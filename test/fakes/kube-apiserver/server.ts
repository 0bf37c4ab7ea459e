/**
 * A strict stand-in for a Kubernetes 1.37 API server, for what a node agent needs of one: it takes what the real one
 * takes and refuses what that refuses, in its words (test/kube runs the same cases against both). Only node:* is used.
 */
import { rmSync } from 'node:fs'
import { createAccess } from './access.ts'
import { type Controlled, control } from './control.ts'
import { createFaults } from './faults.ts'
import type { World } from './handle.ts'
import { createListener } from './listener.ts'
import { createObjects } from './objects.ts'
import { createServe } from './serve.ts'
import { createStore } from './store.ts'
import { makeTls, writeKubeconfigFile } from './tls.ts'
import type { FakeApiServer, FakeOptions, RequestEntry, TlsPair } from './types.ts'

export type { FaultRule, Faults } from './faults.ts'
export type * from './types.ts'

const ADMIN_TOKEN = 'admin'
const REQUESTS_MAX = 100_000
const EVENT_TTL_MS = 3_600_000
const HISTORY_MAX = 10_000
/** Checks of /readyz that fail without etcd. */
const STORE_CHECKS = ['etcd', 'etcd-readiness'] as const

/** Listens once this resolves. @throws Error when it cannot, or when openssl cannot make a certificate */
export async function startFakeApiServer(options: FakeOptions = {}): Promise<FakeApiServer> {
  const { bind = '127.0.0.1', now = () => new Date(), requestsMax = REQUESTS_MAX } = options
  const { eventTtlMs = EVENT_TTL_MS, historyMax = HISTORY_MAX } = options
  const made = options.tls === true ? makeTls() : undefined
  const tls: TlsPair | undefined = made ?? (typeof options.tls === 'object' ? options.tls : undefined)
  const tokens = options.tokens ?? { [ADMIN_TOKEN]: { name: 'admin', rules: 'all' } }
  const adminToken = Object.entries(tokens).find(([, { rules }]) => rules === 'all')?.[0] ?? ''
  const access = createAccess(tokens, options.anonymous ?? [])
  const faults = createFaults()
  const requests: RequestEntry[] = []
  const store = createStore({ now, eventTtlMs, historyMax })
  const objects = createObjects(store, now)
  const budgets = createBudgets()
  let latencyMs = options.latencyMs ?? 0
  let users = 0
  let returning: NodeJS.Timeout | undefined
  for (const name of options.nodes ?? []) objects.addNode(name)

  let failing: readonly string[] = []
  const world: World = { store, now, budgetsOver: budgets.take, failingChecks: () => failing }
  const controlled = {
    faults,
    requests,
    ...objects,
    latencyMs: () => latencyMs,
    setLatency(ms: number) {
      latencyMs = ms
    },
    downFor(seconds: number) {
      clearTimeout(returning)
      // The answer goes out before.
      setImmediate(() => void listener.down())
      returning = setTimeout(() => void listener.up(), seconds * 1000)
    },
  } satisfies Controlled
  const serve = createServe({
    world,
    access,
    faults,
    latencyMs: () => latencyMs,
    control: options.hasControl === true ? (method, at, text) => control(controlled, method, at, text) : undefined,
    log(entry) {
      requests.push(entry)
      if (requests.length > requestsMax) requests.splice(0, requests.length - requestsMax)
      options.onRequest?.(entry)
    },
  })
  const listener = createListener({
    bind,
    port: options.port ?? 0,
    tls,
    onRequest: (request, response) => void serve(request, response),
  })
  try {
    await listener.up()
  } catch (err) {
    store.close()
    throw err
  }
  const host = bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind
  const url = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${listener.port()}`
  const ca = tls?.ca ?? tls?.cert

  return {
    ...controlled,
    url,
    port: listener.port(),
    ca,
    caFile: made?.certFile,
    adminToken,
    async addUser(rules) {
      users += 1
      const [token, name] = [`token-${users}`, `user-${users}`]
      access.addToken(token, { name, rules })
      return { token, name }
    },
    writeKubeconfig: (path, token = adminToken) => writeKubeconfigFile(path, { server: url, ca, token }),
    failChecks(names) {
      failing = names
    },
    async stopStore() {
      failing = STORE_CHECKS
    },
    async goOnWithStore() {
      failing = []
    },
    refuseEvictions(namespace, pod, times) {
      objects.setRunning(namespace, pod)
      budgets.set(namespace, pod, pod, times)
    },
    async refuseEviction(namespace, pod, budget = pod) {
      objects.setRunning(namespace, pod)
      budgets.set(namespace, pod, budget)
    },
    addToken: access.addToken,
    removeToken: access.removeToken,
    down: () => listener.down(),
    up: () => listener.up(),
    async close() {
      clearTimeout(returning)
      await listener.down()
      store.close()
      if (made !== undefined) rmSync(made.dir, { recursive: true, force: true })
    },
  }
}

/** How often evictions are refused, and by what. */
function createBudgets() {
  const left = new Map<string, Map<string, number>>()
  return {
    set(namespace: string, pod: string, budget: string, times = Number.POSITIVE_INFINITY) {
      const key = `${namespace}/${pod}`
      left.set(key, (left.get(key) ?? new Map<string, number>()).set(budget, times))
    },
    take(namespace: string, pod: string): readonly string[] {
      const over = left.get(`${namespace}/${pod}`) ?? new Map<string, number>()
      const standing = [...over].filter(([, count]) => count > 0)
      for (const [budget, count] of standing) over.set(budget, count - 1)
      return standing.map(([budget]) => budget)
    },
  }
}
