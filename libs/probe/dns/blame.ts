/** Who is to blame for questions that failed: a nameserver, a name, or DNS as a whole. Arithmetic alone. */
import type { DnsProtocol } from './types.ts'

/** One way to a nameserver. */
export interface DnsWay {
  readonly server: string
  readonly protocol: DnsProtocol
}

/** What came of one question; of a way that was asked for a name more than once there are several. */
export interface Tried extends DnsWay {
  readonly name: string
  /**
   * - `answered`: it said what it had to say; that there is no such name, or that it does not want to, is an answer
   * - `failed`: nothing came, or that it could not find out (SERVFAIL)
   * - `unjudged`: nobody can say (the prober was late, this machine could not ask)
   */
  readonly outcome: 'answered' | 'failed' | 'unjudged'
}

/**
 * - `nothing`: nothing failed, or what failed once was answered elsewhere in the same way and by the same server: no pattern yet
 * - `whole`: each nameserver was asked, and none has answered anything
 * - `parts`: ways that answered nothing, of names that others answered; names that no way answered, of nameservers that answer
 */
export type Blame =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'whole' }
  | { readonly kind: 'parts'; readonly ways: readonly DnsWay[]; readonly names: readonly string[] }

function wayKey({ server, protocol }: DnsWay): string {
  return `${protocol} ${server}`
}

function keysOf<Row>(rows: readonly Row[], key: (row: Row) => string): ReadonlySet<string> {
  return new Set(rows.map(key))
}

function isSubset(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return [...some].every((key) => all.has(key))
}

/** Ways that answered nothing, and failed for a name that was answered elsewhere. */
function waysToBlame(failed: readonly Tried[], answered: readonly Tried[]): readonly DnsWay[] {
  const answering = keysOf(answered, wayKey)
  const answeredNames = keysOf(answered, ({ name }) => name)
  const silent = failed.filter((row) => !answering.has(wayKey(row)) && answeredNames.has(row.name))
  const ways = new Map(silent.map((row) => [wayKey(row), { server: row.server, protocol: row.protocol }]))
  return [...ways.entries()].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, way]) => way)
}

/** Names that failed at each nameserver that answers others, by ways that answer, and were answered nowhere. */
function namesToBlame(failed: readonly Tried[], answered: readonly Tried[]): readonly string[] {
  const answering = keysOf(answered, wayKey)
  const answeringServers = keysOf(answered, ({ server }) => server)
  const answeredNames = keysOf(answered, ({ name }) => name)
  const told = failed.filter((row) => answering.has(wayKey(row)) && !answeredNames.has(row.name))
  const failedAt = Map.groupBy(told, ({ name }) => name)
  const names = [...failedAt].filter(([, rows]) =>
    isSubset(
      answeringServers,
      keysOf(rows, ({ server }) => server),
    ),
  )
  return names.map(([name]) => name).toSorted()
}

/**
 * Decides who is to blame. The order of the rows does not matter; what is `unjudged` accuses nobody, and keeps DNS as a whole from
 * being accused where it is all that is known of a nameserver.
 */
export function blameOf(rows: readonly Tried[]): Blame {
  const failed = rows.filter(({ outcome }) => outcome === 'failed')
  const answered = rows.filter(({ outcome }) => outcome === 'answered')
  if (failed.length === 0) return { kind: 'nothing' }
  if (answered.length === 0) {
    const isEach = isSubset(
      keysOf(rows, ({ server }) => server),
      keysOf(failed, ({ server }) => server),
    )
    return { kind: isEach ? 'whole' : 'nothing' }
  }
  const ways = waysToBlame(failed, answered)
  const names = namesToBlame(failed, answered)
  return ways.length + names.length === 0 ? { kind: 'nothing' } : { kind: 'parts', ways, names }
}
