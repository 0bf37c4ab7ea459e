/** What a program told, in a form in which two of them can be held against each other. Pure. */

/** A request as the fake API server keeps it. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly verb: string
  readonly resource: string
  readonly code: number
  readonly body?: unknown
}

/** What was seen of a program. */
export interface Seen {
  /** Undefined: it ran until it was ended. */
  readonly exitCode: number | undefined
  /** After SIGTERM. */
  readonly endCode: number | undefined
  readonly requests: readonly Asked[]
  /** Text of /metrics; undefined: nobody answered. */
  readonly metrics: string | undefined
  /** JSON of /conditions. */
  readonly conditions: unknown
  readonly healthz: string | undefined
  /** Where its files stood, and when it ran. */
  readonly folder: string
  readonly fromMs: number
  readonly toMs: number
}

/** JSON, with keys in order. */
export type Canonical = Readonly<Record<string, unknown>>

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A time of its run is now; any other is as it was told. */
function timeOf(value: unknown, { fromMs, toMs }: Seen): string {
  const ms = Date.parse(textOf(value))
  if (Number.isNaN(ms)) return textOf(value)
  return ms >= fromMs - 1000 && ms <= toMs + 1000 ? 'now' : new Date(Math.floor(ms / 1000) * 1000).toISOString()
}

function plain(value: unknown, { folder }: Seen): string {
  return textOf(value).replaceAll(folder, '{folder}')
}

interface Condition {
  readonly type: string
  readonly [key: string]: string
}

function conditionOf(value: unknown, seen: Seen, transition: string): Condition {
  const fields = fieldsOf(value)
  return {
    type: textOf(fields['type']),
    status: textOf(fields['status']),
    reason: plain(fields['reason'], seen),
    message: plain(fields['message'], seen),
    transition: timeOf(fields[transition], seen),
  }
}

/** Each change of a type that was patched, in order; what was patched again and is the same is none. */
function historyOf(seen: Seen): Readonly<Record<string, readonly Condition[]>> {
  const history = new Map<string, Condition[]>()
  for (const { resource, verb, code, body } of seen.requests) {
    if (resource !== 'nodes/status' || verb !== 'patch' || code >= 300) continue
    const conditions = fieldsOf(fieldsOf(body)['status'])['conditions']
    for (const value of Array.isArray(conditions) ? (conditions as unknown[]) : []) {
      const condition = conditionOf(value, seen, 'lastTransitionTime')
      const known = history.get(condition.type) ?? []
      if (JSON.stringify(known.at(-1)) !== JSON.stringify(condition)) known.push(condition)
      history.set(condition.type, known)
    }
  }
  return Object.fromEntries([...history].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Events that were posted, with how often each was told in the end; in the order in which they came. */
function eventsOf(seen: Seen): readonly Fields[] {
  const events = new Map<string, Record<string, unknown>>()
  for (const { resource, verb, code, body, path } of seen.requests) {
    if (resource !== 'events' || code >= 300) continue
    const fields = fieldsOf(body)
    const source = fieldsOf(fields['source'])
    if (verb === 'create') {
      const involved = fieldsOf(fields['involvedObject'])
      events.set(textOf(fieldsOf(fields['metadata'])['name']), {
        namespace: textOf(fieldsOf(fields['metadata'])['namespace']),
        type: textOf(fields['type']),
        reason: plain(fields['reason'], seen),
        message: plain(fields['message'], seen),
        component: textOf(source['component']),
        host: textOf(source['host']),
        reportingComponent: textOf(fields['reportingComponent']),
        involved: `${textOf(involved['kind'])} ${textOf(involved['name'])}`,
        count: Number(fields['count'] ?? 1),
      })
      continue
    }
    const known = events.get(path.slice(path.lastIndexOf('/') + 1))
    if (known === undefined || verb !== 'patch') continue
    if (fields['count'] !== undefined) known['count'] = Number(fields['count'])
    if (fields['message'] !== undefined) known['message'] = plain(fields['message'], seen)
  }
  return [...events.values()]
}

/** Series with their values, and each name with its type and help. */
function metricsOf(seen: Seen): Fields {
  const series: Record<string, number> = {}
  const families: Record<string, { type?: string; help?: string }> = {}
  for (const line of (seen.metrics ?? '').split('\n')) {
    const about = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (about !== null) {
      const [, kind = '', name = '', text = ''] = about
      families[name] = { ...families[name], [kind.toLowerCase()]: text }
      continue
    }
    const sample = /^([A-Za-z_:][\w:]*)(\{.*\})? (\S+)$/.exec(line)
    if (sample !== null) series[plain(`${sample[1]}${sample[2] ?? ''}`, seen)] = Number(sample[3])
  }
  return { families, series }
}

/** What it told. */
export function canonicalOf(seen: Seen): Canonical {
  const shown = Array.isArray(seen.conditions)
    ? (seen.conditions as unknown[])
        .map((one) => conditionOf(one, seen, 'transition'))
        .sort((a, b) => (a.type < b.type ? -1 : 1))
    : seen.conditions
  return {
    exit: seen.exitCode ?? 'ran',
    end: seen.endCode ?? null,
    healthz: seen.healthz ?? null,
    conditions: historyOf(seen),
    events: eventsOf(seen),
    shown: shown ?? null,
    metrics: metricsOf(seen),
  }
}
