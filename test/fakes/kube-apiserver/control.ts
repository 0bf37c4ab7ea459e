/** What breaks the fake from outside, while it runs: /_fake/. */
import type { FaultRule } from './faults.ts'
import { isObject, type JsonObject } from './json.ts'
import type { Answer } from './respond.ts'
import { badRequest, Refusal } from './status.ts'
import type { FakeApiServer } from './types.ts'

export const CONTROL_PREFIX = '/_fake/'

export const CONTROL_HELP = `GET    /_fake/state                 nodes, events, faults, latency
GET    /_fake/requests?limit=50     the last requests, oldest first
GET    /_fake/faults                rules in force
POST   /_fake/faults                one more: {"method":"PATCH","path":"status","resource":"nodes/status","verb":"patch",
                                    "user":"admin","times":3} say which requests (each may be left out), and
                                    {"status":429,"reason":"...","message":"...","retryAfter":5}, {"latencyMs":2000},
                                    {"cut":true}, {"cutAfter":true}, {"hang":true} or {"silent":true} (a watch) what then
DELETE /_fake/faults                none any more
POST   /_fake/latency               {"ms":500}
POST   /_fake/down                  {"seconds":60}
POST   /_fake/nodes                 {"name":"worker-2"}
POST   /_fake/nodes/NAME/recreate   the same name with another uid
DELETE /_fake/nodes/NAME
`

/** Fields of a rule, and their types. */
const FIELDS: Readonly<Record<keyof FaultRule, 'string' | 'number' | 'boolean'>> = {
  method: 'string',
  path: 'string',
  resource: 'string',
  verb: 'string',
  user: 'string',
  times: 'number',
  status: 'number',
  reason: 'string',
  message: 'string',
  retryAfter: 'number',
  latencyMs: 'number',
  cut: 'boolean',
  cutAfter: 'boolean',
  hang: 'boolean',
  silent: 'boolean',
}
const EFFECTS = ['status', 'latencyMs', 'cut', 'cutAfter', 'hang', 'silent'] as const
const DOWN_MAX_S = 86_400

export type Controlled = Pick<
  FakeApiServer,
  | 'faults'
  | 'requests'
  | 'nodes'
  | 'node'
  | 'events'
  | 'addNode'
  | 'deleteNode'
  | 'recreateNode'
  | 'latencyMs'
  | 'setLatency'
> & {
  /** Goes away once this has been answered, and comes back. */
  readonly downFor: (seconds: number) => void
}

/** @throws Refusal saying what is expected */
export function control(fake: Controlled, method: string, url: URL, text: string): Answer {
  const path = url.pathname.slice(CONTROL_PREFIX.length).replace(/\/$/, '')
  const [root, name = '', action] = path.split('/').map(decodeURIComponent)
  const route = `${method} ${[root, name === '' ? '' : 'NAME', action].filter(Boolean).join('/')}`
  switch (route) {
    case 'GET ':
      return { code: 200, body: CONTROL_HELP }
    case 'GET state':
      return answerOf({ latencyMs: fake.latencyMs(), faults: shown(fake), nodes: fake.nodes(), events: fake.events() })
    case 'GET requests': {
      const limit = Number(url.searchParams.get('limit') ?? 100)
      return answerOf({ requests: limit > 0 ? fake.requests.slice(-limit) : [] })
    }
    case 'GET faults':
      return answerOf({ faults: shown(fake) })
    case 'POST faults':
      fake.faults.add(parseRule(bodyOf(text)))
      return answerOf({ faults: shown(fake) })
    case 'DELETE faults':
      fake.faults.clear()
      return answerOf({ faults: [] })
    case 'POST latency':
      fake.setLatency(numberIn(bodyOf(text), 'ms', 600_000))
      return answerOf({ latencyMs: fake.latencyMs() })
    case 'POST down': {
      const seconds = numberIn(bodyOf(text), 'seconds', DOWN_MAX_S)
      fake.downFor(seconds)
      return answerOf({ downForSeconds: seconds })
    }
    case 'POST nodes':
      return answerOf(tried(() => fake.addNode(nameIn(bodyOf(text)))))
    case 'POST nodes/NAME/recreate':
      return answerOf(tried(() => fake.recreateNode(name)))
    case 'DELETE nodes/NAME':
      tried(() => fake.deleteNode(name))
      return answerOf({ deleted: name })
    default:
      throw new Refusal(404, 'NotFound', `there is no ${method} ${url.pathname}; there are:\n${CONTROL_HELP}`)
  }
}

function answerOf(body: object): Answer {
  return { code: 200, body: body as JsonObject }
}

function shown({ faults }: Controlled): object[] {
  return faults.list().map((rule) => (rule.path instanceof RegExp ? { ...rule, path: rule.path.source } : rule))
}

function bodyOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Refused like any other value that is no object.
  }
  throw badRequest(`the body is no JSON object; there are:\n${CONTROL_HELP}`)
}

function numberIn(body: JsonObject, key: string, max: number): number {
  const value = body[key]
  if (typeof value === 'number' && value >= 0 && value <= max) return value
  throw badRequest(`"${key}" is ${JSON.stringify(value)}; it is a number from 0 to ${max}`)
}

function nameIn(body: JsonObject): string {
  const { name } = body
  if (typeof name === 'string' && /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) return name
  throw badRequest(`"name" is ${JSON.stringify(name)}; it is the name of a node`)
}

function parseRule(body: JsonObject): FaultRule {
  for (const [key, value] of Object.entries(body)) {
    const type = FIELDS[key as keyof FaultRule]
    if (type === undefined) throw badRequest(`a fault has no "${key}"; it has ${Object.keys(FIELDS).join(', ')}`)
    if (typeof value !== type) throw badRequest(`"${key}" of a fault is ${JSON.stringify(value)}; it is a ${type}`)
  }
  const rule: FaultRule = body
  if (!EFFECTS.some((effect) => rule[effect] !== undefined))
    throw badRequest(`the fault does nothing; give one of ${EFFECTS.join(', ')}`)
  if (rule.status !== undefined && !(rule.status >= 400 && rule.status <= 599))
    throw badRequest(`"status" of a fault is ${rule.status}; it is from 400 to 599`)
  try {
    new RegExp(rule.path ?? '')
  } catch (err) {
    throw badRequest(`"path" of a fault is no regular expression: ${err instanceof Error ? err.message : String(err)}`)
  }
  return rule
}

function tried<T>(work: () => T): T {
  try {
    return work()
  } catch (err) {
    throw badRequest(err instanceof Error ? err.message : String(err))
  }
}
