/** Takes a request, logs it, and lets faults come between. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type Access, authorize } from './access.ts'
import { type Ask, parseAsk } from './ask.ts'
import { CONTROL_PREFIX } from './control.ts'
import { type FaultRule, type Faults, refusalOf } from './faults.ts'
import { handle, type World } from './handle.ts'
import type { Answer } from './respond.ts'
import { readText, writeAnswer, writeRefusal } from './respond.ts'
import { badRequest, internal, Refusal } from './status.ts'
import type { RequestEntry } from './types.ts'

export interface ServeOptions {
  readonly world: World
  readonly access: Access
  readonly faults: Faults
  readonly latencyMs: () => number
  readonly log: (entry: RequestEntry) => void
  /** Answers what is below /_fake/; undefined when nothing is there. */
  readonly control: ((method: string, url: URL, text: string) => Answer) | undefined
}

/** One request at a time of this. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly ask: Ask
  user: string
  text: string
}

const NOWHERE: Omit<Ask, 'method' | 'path'> = {
  query: new URLSearchParams(),
  verb: '',
  group: '',
  version: '',
  plural: '',
  subresource: '',
  resource: '',
  namespace: '',
  name: '',
}

export function createServe(
  options: ServeOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { world, access, faults, latencyMs, control } = options

  function log({ request, ask, user, text }: Exchange, code: number): void {
    const { method, path, verb, resource, name, namespace } = ask
    const body = parsed(text)
    options.log({
      at: world.now(),
      method,
      path: request.url ?? path,
      verb,
      resource,
      name,
      namespace,
      code,
      user,
      userAgent: request.headers['user-agent'] ?? '',
      ...(body === undefined ? {} : { body }),
    })
  }

  async function run(exchange: Exchange): Promise<void> {
    const { request, response, ask } = exchange
    if (control !== undefined && ask.path.startsWith(CONTROL_PREFIX)) {
      const text = await readText(request)
      return writeAnswer(response, control(ask.method, new URL(request.url ?? '', 'http://x'), text))
    }
    const user = access.authenticate(request.headers.authorization)
    exchange.user = user.name
    exchange.text = await readText(request)
    if (latencyMs() > 0) await delay(latencyMs())
    const fault = faults.take(ask, user.name)
    if (await stops(fault, exchange)) return
    authorize(user, ask)
    if (fault?.silent === true && ask.verb === 'watch') {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
      return log(exchange, 200)
    }
    // Who went away while this was slow may ask again: nothing has been done yet.
    if (request.socket.destroyed) return log(exchange, 0)
    const answer = handle(world, { ask, user, headers: request.headers, text: exchange.text }, response)
    if (fault?.cutAfter === true) request.socket.destroy()
    else if (answer !== undefined) writeAnswer(response, answer)
    log(exchange, fault?.cutAfter === true ? 0 : (answer?.code ?? 200))
  }

  /** @returns whether the request ends here @throws Refusal of a rule with a status */
  async function stops(fault: FaultRule | undefined, exchange: Exchange): Promise<boolean> {
    if (fault === undefined) return false
    if (fault.latencyMs !== undefined) await delay(fault.latencyMs)
    if (fault.cut === true || fault.hang === true) {
      if (fault.cut === true) exchange.request.socket.destroy()
      log(exchange, 0)
      return true
    }
    if (fault.status !== undefined) throw refusalOf(fault)
    return false
  }

  return async (request, response) => {
    const exchange = { request, response, ask: askOf(request), user: '', text: '' }
    try {
      if (exchange.ask.verb === '') throw badRequest('the path of the request cannot be read')
      await run(exchange)
    } catch (err) {
      // The client went away while it was sending.
      if (!(err instanceof Refusal) && !request.complete) return void request.socket.destroy()
      const refusal =
        err instanceof Refusal
          ? err
          : internal(`the fake API server failed: ${err instanceof Error ? (err.stack ?? err.message) : String(err)}`)
      if (response.headersSent) response.destroy()
      else writeRefusal(response, refusal)
      if (!exchange.ask.path.startsWith(CONTROL_PREFIX)) log(exchange, refusal.code)
    }
  }
}

function askOf({ method = 'GET', url = '/' }: IncomingMessage): Ask {
  try {
    return parseAsk(method, url)
  } catch {
    return { ...NOWHERE, method, path: url }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
