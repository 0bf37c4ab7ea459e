/** A name at nameservers, as glibc asks them: one after the other, all of them twice, over the search path; what fits no datagram over TCP. */
import { type Ask, type DnsProbed, dnsOutcome } from '#probe'
import type { Door } from '../probing/door.ts'

const PORT = 53
/** Datagrams may be lost (resolv.conf(5), attempts). */
const ATTEMPTS = 2

/**
 * Where a name is, or why that is not known:
 * - `absent`: nobody knows it, or those who should do not answer
 * - `late`: this process was late itself, so nobody can say
 * - `own`: this machine could not ask
 */
export type Found =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly why: 'absent' | 'late' | 'own' }

/** Who is asked, and how. */
export interface LookUp {
  readonly door: Door
  readonly ask: Ask
  readonly servers: readonly string[]
  /** Who was silent in this round: asked last. */
  readonly silent: Set<string>
  /** Of the clock: nobody is asked any more who might answer after it. */
  readonly endMs: number
}

/** What one nameserver says of one name: `silent` where nothing came in time, `fails` where it could not find out. */
type Said = { readonly kind: 'found'; readonly addresses: readonly string[] } | Unfound

interface Question {
  readonly name: string
  readonly type: 'A' | 'AAAA'
}

interface Unfound {
  readonly kind: 'absent' | 'fails' | 'silent' | 'late' | 'own'
  readonly message: string
}

function unfound(probed: DnsProbed, server: string, name: string, timeoutMs: number): Unfound {
  if (probed.ok) {
    const isNone = probed.answer.rcode === 'NXDOMAIN' || probed.answer.rcode === 'NOERROR'
    if (isNone) return { kind: 'absent', message: `${server} knows no address of ${name} (${probed.answer.rcode})` }
    return { kind: 'fails', message: `${probed.answer.rcode} from ${server} for ${name}` }
  }
  const { kind, message } = probed.failure
  if (dnsOutcome(probed, timeoutMs) === 'unjudged') return { kind: kind === 'timeout' ? 'late' : 'own', message }
  return { kind: kind === 'timeout' ? 'silent' : 'fails', message: `${name} could not be looked up: ${message}` }
}

const WEIGHT: readonly Unfound['kind'][] = ['own', 'absent', 'fails', 'silent', 'late']

/** Of two that know no address the one that leaves more open: an address of the other family may be there. */
function openest(all: readonly Unfound[]): Unfound {
  return all.toSorted((a, b) => WEIGHT.indexOf(b.kind) - WEIGHT.indexOf(a.kind))[0]!
}

/** Nothing of the answer has fitted a datagram: that says nothing of whether there are addresses. */
function isCutAway(probed: DnsProbed): boolean {
  return (
    probed.ok && probed.answer.truncated && probed.answer.addresses.length === 0 && probed.answer.rcode === 'NOERROR'
  )
}

/** Asks over TCP, once. */
async function askByTcp({ door, ask, endMs }: LookUp, server: string, question: Question): Promise<Said> {
  const { name } = question
  const cut = `the answer of ${server} for ${name} does not fit a datagram, and over TCP: `
  if (ask.clock.monotonicMs() + ask.timeoutMs > endMs) return { kind: 'fails', message: `${cut}there was no time` }
  const probed = await door.askNameserver(ask, { address: server, port: PORT }, 'tcp', question)
  if (isCutAway(probed)) return { kind: 'fails', message: `${cut}it is cut too` }
  const said = saidOf(probed, server, name, ask.timeoutMs)
  if (probed.ok || said.kind === 'found' || said.kind === 'late' || said.kind === 'own') return said
  return { kind: 'fails', message: `${cut}${probed.failure.message}` }
}

function saidOf(probed: DnsProbed, server: string, name: string, timeoutMs: number): Said {
  const addresses = probed.ok ? probed.answer.addresses : []
  return addresses.length > 0 ? { kind: 'found', addresses } : unfound(probed, server, name, timeoutMs)
}

async function askOne(around: LookUp, server: string, name: string): Promise<Said> {
  const { door, ask } = around
  const place = { address: server, port: PORT }
  const questions = (['A', 'AAAA'] as const).map((type): Question => ({ name, type }))
  const both = await Promise.all(questions.map((question) => door.askNameserver(ask, place, 'udp', question)))
  const none = both.find((probed) => probed.ok && probed.answer.rcode === 'NXDOMAIN')
  const said = await Promise.all(
    both.map(async (probed, at) => {
      return isCutAway(probed) ? askByTcp(around, server, questions[at]!) : saidOf(probed, server, name, ask.timeoutMs)
    }),
  )
  const addresses = said.flatMap((one) => (one.kind === 'found' ? one.addresses : []))
  if (addresses.length > 0) return { kind: 'found', addresses }
  if (none !== undefined) return unfound(none, server, name, ask.timeoutMs)
  return openest(said.filter((one) => one.kind !== 'found'))
}

/** One name: until one nameserver says something of it, or there is no time. */
async function askAll(around: LookUp, name: string): Promise<Said> {
  const { ask, endMs, silent } = around
  const servers = around.servers.toSorted((a, b) => Number(silent.has(a)) - Number(silent.has(b)))
  const said = new Map<string, Unfound>()
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    for (const server of servers) {
      const before = said.get(server)
      // Who said something says it again.
      if (before !== undefined && before.kind !== 'silent' && before.kind !== 'late') continue
      if (said.size > 0 && ask.clock.monotonicMs() + ask.timeoutMs > endMs) break
      const one = await askOne(around, server, name)
      if (one.kind === 'found' || one.kind === 'absent') return one
      said.set(server, one)
      if (one.kind === 'silent') silent.add(server)
    }
  }
  if (said.size === 0) return { kind: 'own', message: `no nameserver is named that could be asked for ${name}` }
  return openest([...said.values()])
}

const WHY = { absent: 'absent', fails: 'absent', silent: 'absent', late: 'late', own: 'own' } as const

/**
 * Looks a name up. Where nobody answers, the rest of the search path is not asked for either (glibc 2.36, resolv/res_query.c).
 * @param name as it is written
 * @param tried the absolute names that it may mean, in turn
 */
export async function lookUp(around: LookUp, name: string, tried: readonly string[]): Promise<Found> {
  let last: Unfound = { kind: 'own', message: `${name} is no name that can be asked for` }
  for (const absolute of tried) {
    const said = await askAll(around, absolute)
    if (said.kind === 'found') return { ok: true, addresses: said.addresses }
    last = said
    if (said.kind !== 'absent' && said.kind !== 'fails') break
  }
  return { ok: false, message: last.message, why: WHY[last.kind] }
}
