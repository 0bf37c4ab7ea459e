/**
 * A strict stand-in for a Kubernetes 1.37 API server, for what a node agent needs of one: it takes what the real one
 * takes and refuses what that refuses, in its words (test/kube runs the same cases against both). Only node:* is used.
 */
import { rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { authorize, createAccess } from './access.ts'
import { type Ask, parseAsk } from './ask.ts'
import { createFaults, refusalOf } from './faults.ts'
import { handle, type World } from './handle.ts'
import { createListener } from './listener.ts'
import { createObjects } from './objects.ts'
import { readText, writeAnswer, writeRefusal } from './respond.ts'
import { internal, Refusal } from './status.ts'
import { createStore } from './store.ts'
import { makeTls, writeKubeconfigFile } from './tls.ts'
import type { FakeApiServer, FakeOptions, RequestEntry, TlsPair } from './types.ts'

export type { FaultRule, Faults } from './faults.ts'
export type * from './types.ts'

const ADMIN_TOKEN = 'admin'
const REQUESTS_MAX = 100_000
const EVENT_TTL_MS = 3_600_000
const HISTORY_MAX = 10_000

/** Listens once this resolves. @throws Error when it cannot, or when openssl cannot make a certificate */
export async function startFakeApiServer(options: FakeOptions = {}): Promise<FakeApiServer> {
  const { bind = '127.0.0.1', now = () => new Date(), latencyMs = 0 } = options
  const made = options.tls === true ? makeTls() : undefined
  const tls: TlsPair | undefined = made ?? (typeof options.tls === 'object' ? options.tls : undefined)
  const tokens = options.tokens ?? { [ADMIN_TOKEN]: { name: 'admin', rules: 'all' } }
  const adminToken = Object.entries(tokens).find(([, { rules }]) => rules === 'all')?.[0] ?? ''
  const access = createAccess(tokens)
  const faults = createFaults()
  const requests: RequestEntry[] = []
  const evictions = new Map<string, number>()
  const { eventTtlMs = EVENT_TTL_MS, historyMax = HISTORY_MAX } = options
  const store = createStore({ now, eventTtlMs, historyMax })
  const objects = createObjects(store, now)
  for (const name of options.nodes ?? []) objects.addNode(name)

  const world: World = {
    store,
    now,
    refusesEviction(namespace, pod) {
      const left = evictions.get(`${namespace}/${pod}`) ?? 0
      if (left > 0) evictions.set(`${namespace}/${pod}`, left - 1)
      return left > 0
    },
  }

  function log(request: IncomingMessage, ask: Ask, user: string, code: number, text: string): void {
    const { method, path, verb, resource, name, namespace } = ask
    const body = text === '' ? undefined : parsed(text)
    const userAgent = request.headers['user-agent'] ?? ''
    const entry = {
      at: now(),
      method,
      path: request.url ?? path,
      verb,
      resource,
      name,
      namespace,
      code,
      user,
      userAgent,
    }
    const whole = body === undefined ? entry : { ...entry, body }
    requests.push(whole)
    if (requests.length > REQUESTS_MAX) requests.splice(0, requests.length - REQUESTS_MAX)
    options.onRequest?.(whole)
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const ask = parseAsk(request.method ?? 'GET', request.url ?? '/')
    let user = ''
    let text = ''
    const refuse = (refusal: Refusal) => {
      if (response.headersSent) response.destroy()
      else writeRefusal(response, refusal)
      log(request, ask, user, refusal.code, text)
    }
    try {
      const identity = access.authenticate(request.headers.authorization)
      user = identity.name
      text = await readText(request)
      if (latencyMs > 0) await delay(latencyMs)
      const fault = faults.take(ask, user)
      if (fault?.latencyMs !== undefined) await delay(fault.latencyMs)
      if (fault?.cut === true || fault?.hang === true) {
        if (fault.cut === true) request.socket.destroy()
        log(request, ask, user, 0, text)
        return
      }
      if (fault?.status !== undefined) throw refusalOf(fault)
      authorize(identity, ask)
      if (fault?.silent === true && ask.verb === 'watch') {
        response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
        log(request, ask, user, 200, text)
        return
      }
      if (request.socket.destroyed) return
      const answer = handle(world, ask, request.headers, text, response)
      if (fault?.cutAfter === true) request.socket.destroy()
      else if (answer !== undefined) writeAnswer(response, answer)
      log(request, ask, user, fault?.cutAfter === true ? 0 : (answer?.code ?? 200), text)
    } catch (err) {
      if (err instanceof Refusal) refuse(err)
      // The client went away while it was sending.
      else if (!request.complete) request.socket.destroy()
      else refuse(internal(`the fake API server failed: ${err instanceof Error ? (err.stack ?? '') : String(err)}`))
    }
  }

  const listener = createListener({
    bind,
    port: options.port ?? 0,
    tls,
    onRequest: (request, response) => void serve(request, response),
  })
  await listener.up()
  const host = bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind
  const url = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${listener.port()}`
  const ca = tls?.ca ?? tls?.cert
  let users = 0

  return {
    url,
    port: listener.port(),
    ca,
    caFile: made?.certFile,
    adminToken,
    faults,
    requests,
    ...objects,
    async addUser(rules) {
      users += 1
      const [token, name] = [`token-${users}`, `user-${users}`]
      access.addToken(token, { name, rules })
      return { token, name }
    },
    writeKubeconfig: (path, token = adminToken) => writeKubeconfigFile(path, { server: url, ca, token }),
    refuseEvictions: (namespace, pod, times = Number.POSITIVE_INFINITY) =>
      void evictions.set(`${namespace}/${pod}`, times),
    refuseEviction: async (namespace, pod) => void evictions.set(`${namespace}/${pod}`, Number.POSITIVE_INFINITY),
    addToken: access.addToken,
    removeToken: access.removeToken,
    down: () => listener.down(),
    up: () => listener.up(),
    async close() {
      await listener.down()
      store.close()
      if (made !== undefined) rmSync(made.dir, { recursive: true, force: true })
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
