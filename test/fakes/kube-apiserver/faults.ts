/** What goes wrong on purpose: rules that are tried in order, the first that fits is used. */
import type { Ask } from './ask.ts'
import { Refusal } from './status.ts'

export interface FaultRule {
  /** "PATCH"; default any. */
  readonly method?: string
  /** Of the path with its query; a text is a regular expression. Default any. */
  readonly path?: RegExp | string
  /** "nodes/status"; default any. */
  readonly resource?: string
  /** As RBAC names it; default any. */
  readonly verb?: string
  /** The user's name; default anybody. */
  readonly user?: string
  /** Default until it is removed. */
  readonly times?: number
  /** Answers with this code and a fitting Status, and does nothing. */
  readonly status?: number
  /** Of that Status; default what the real server calls the code. */
  readonly reason?: string
  readonly message?: string
  /** Seconds, for the header and the details of that Status. */
  readonly retryAfter?: number
  /** Before whatever follows. */
  readonly latencyMs?: number
  /** Destroys the connection before the request is done. */
  readonly cut?: boolean
  /** Does what is asked, and destroys the connection instead of answering. */
  readonly cutAfter?: boolean
  /** Never answers. The request is not done. */
  readonly hang?: boolean
  /** A watch that is open and says nothing. */
  readonly silent?: boolean
}

export interface Faults {
  /** @returns takes the rule away */
  add(rule: FaultRule): () => void
  clear(): void
  /** Rules that still apply, with what is left of `times`. */
  list(): readonly FaultRule[]
  /** The rule that this request falls under; counts it as used. */
  take(ask: Ask, user: string): FaultRule | undefined
}

const REASONS: Readonly<Record<number, readonly [string, string]>> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden by a rule of this fake'],
  404: ['NotFound', 'the server could not find the requested resource'],
  409: ['Conflict', 'the server reported a conflict'],
  410: ['Expired', 'The resourceVersion for the provided watch is too old.'],
  413: ['RequestEntityTooLarge', 'Request entity too large: limit is 3145728'],
  415: ['UnsupportedMediaType', '415: Unsupported Media Type'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'Too many requests, please try again later.'],
  500: ['InternalError', 'an error on the server ("") has prevented the request from succeeding'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'Timeout: request did not complete within the allotted timeout'],
}

export function createFaults(): Faults {
  const rules: { readonly rule: FaultRule; left: number }[] = []
  return {
    add(rule) {
      const entry = { rule, left: rule.times ?? Number.POSITIVE_INFINITY }
      rules.push(entry)
      return () => {
        entry.left = 0
      }
    },
    clear: () => void rules.splice(0),
    list: () =>
      rules
        .filter(({ left }) => left > 0)
        .map(({ rule, left }) => (Number.isFinite(left) ? { ...rule, times: left } : rule)),
    take(ask, user) {
      const found = rules.find(({ rule, left }) => left > 0 && isFor(rule, ask, user))
      if (found === undefined) return undefined
      found.left -= 1
      return found.rule
    },
  }
}

function isFor({ method, path, resource, verb, user }: FaultRule, ask: Ask, name: string): boolean {
  const query = ask.query.toString()
  return (
    (method === undefined || method.toUpperCase() === ask.method) &&
    (resource === undefined || resource === ask.resource) &&
    (verb === undefined || verb === ask.verb) &&
    (user === undefined || user === name) &&
    (path === undefined || new RegExp(path).test(query === '' ? ask.path : `${ask.path}?${query}`))
  )
}

/** The answer of a rule with `status`. */
export function refusalOf({ status = 500, reason, message, retryAfter }: FaultRule): Refusal {
  const [name, text] = REASONS[status] ?? ['InternalError', `answered with ${status} by a rule of this fake`]
  return new Refusal(
    status,
    reason ?? name,
    message ?? text,
    retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter },
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  )
}
