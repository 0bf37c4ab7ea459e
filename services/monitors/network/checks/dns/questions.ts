/** Questions to nameservers, each with what came of it. */
import {
  type Ask,
  type DnsProbed,
  type DnsProtocol,
  type DnsType,
  type DnsWay,
  dnsOutcome,
  type ResolvConf,
  type Tried,
} from '#probe'
import type { Door } from '../../probing/door.ts'

const PORT = 53
/** Of one nameserver over one protocol so many are asked at once: no more than a busy program asks. */
const AT_ONCE = 8
/** A datagram may be lost: over UDP it is asked once more, as glibc does (resolv.conf(5), attempts). */
const TRIES = 2

/** What is asked for. */
export interface Question {
  /** Absolute. */
  readonly name: string
  readonly type: DnsType
  /** It is only to speak: whatever it says is an answer, also that it could not find out. */
  readonly isAlive: boolean
  /** That there is such a name is enough, whatever is known of it. Default: a record has to come. */
  readonly isNameEnough?: boolean
  readonly sameAnswers: boolean
}

/** Whose nameservers: the node's programs ask these, pods those. */
export type SideKind = 'node' | 'cluster'

/** Whom one side asks. */
export interface Side {
  readonly kind: SideKind
  readonly conf: ResolvConf
  /** Whom programs ask, in turn; none where nobody is named. */
  readonly servers: readonly string[]
  /** Whom a stub among them asks. */
  readonly behind: readonly string[]
  /** Why whom it asks could not be read. Default: it could. */
  readonly behindFault?: string
  readonly questions: readonly Question[]
}

/** Who is asked. */
export interface Asked extends DnsWay {
  readonly side: SideKind
}

/** One question to one nameserver, and what came of it. */
export interface Row extends Asked, Pick<Question, 'name' | 'type' | 'isAlive'> {
  readonly outcome: Tried['outcome']
  readonly ms: number
  readonly lateMs: number
  /** "NOERROR", "SERVFAIL"; "" where nothing came. */
  readonly rcode: string
  /** Records of the asked type, in an order of their own. */
  readonly found: readonly string[]
  /** There are more than fitted a datagram, or all of them did not. */
  readonly isCut: boolean
  /** Why there is no answer, or which it was: "connection refused at 10.0.0.53:53 over TCP", "SERVFAIL". */
  readonly said: string
  /** This machine could not ask: nobody is late. */
  readonly couldNotAsk: boolean
  /** No program of this machine can ask there: it has no addresses of that kind. */
  readonly isOutOfReach: boolean
  /** Nothing came in time, and nobody else is to blame for that. */
  readonly isSilent: boolean
}

/** Somebody is there, and speaks DNS: whatever it said. */
export function hasSpoken({ rcode }: Row): boolean {
  return rcode !== ''
}

/** Nobody can say what it would have answered: this process was late itself. */
export function isLate({ outcome, couldNotAsk }: Row): boolean {
  return outcome === 'unjudged' && !couldNotAsk
}

/** Why this machine could not ask. */
export function unaskedIn(rows: readonly Row[]): readonly string[] {
  return rows.filter(({ couldNotAsk }) => couldNotAsk).map(({ said }) => said)
}

function foundIn(probed: DnsProbed, type: DnsType): readonly string[] {
  if (!probed.ok) return []
  const { addresses, records } = probed.answer
  const found = addresses.length > 0 ? addresses : records.filter((one) => one.type === type).map(({ data }) => data)
  return found.toSorted()
}

function saidBy(probed: DnsProbed, { server }: Asked): string {
  return probed.ok ? `${probed.answer.rcode} from ${server}` : probed.failure.message
}

/** What connect(2) says of an IPv6 address where IPv6 is switched off, is not in the kernel, or the link of the zone is gone. */
const NO_IPV6: readonly string[] = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']

function isOutOfReach(probed: DnsProbed, { server }: Asked): boolean {
  return !probed.ok && probed.failure.kind === 'local' && server.includes(':') && NO_IPV6.includes(probed.failure.code)
}

/** Asks once. */
export async function askOnce(door: Door, ask: Ask, asked: Asked, { name, type, isAlive }: Question): Promise<Row> {
  const { server, protocol } = asked
  const probed = await door.askNameserver(ask, { address: server, port: PORT }, protocol, { name, type })
  const outcome = isAlive && probed.ok ? 'answered' : dnsOutcome(probed, ask.timeoutMs)
  return {
    ...asked,
    name,
    type,
    isAlive,
    outcome,
    ms: probed.sample.ms,
    lateMs: probed.sample.lateMs,
    rcode: probed.ok ? probed.answer.rcode : '',
    found: foundIn(probed, type),
    isCut: probed.ok && probed.answer.truncated,
    said: saidBy(probed, asked),
    isOutOfReach: isOutOfReach(probed, asked),
    couldNotAsk: !probed.ok && outcome === 'unjudged' && probed.failure.kind !== 'timeout',
    isSilent: !probed.ok && probed.failure.kind === 'timeout' && outcome === 'failed',
  }
}

async function askTwice(door: Door, ask: Ask, asked: Asked, question: Question): Promise<readonly Row[]> {
  const first = await askOnce(door, ask, asked, question)
  if (asked.protocol === 'tcp' || !first.isSilent) return [first]
  return [first, await askOnce(door, ask, asked, question)]
}

/** Who says nothing to the first question is not asked the others in this round. */
async function askWay(door: Door, ask: Ask, asked: Asked, questions: readonly Question[]): Promise<readonly Row[]> {
  const [first, ...others] = questions
  if (first === undefined) return []
  const rows = [...(await askTwice(door, ask, asked, first))]
  if (rows.at(-1)?.isSilent === true) return rows
  for (let at = 0; at < others.length; at += AT_ONCE) {
    const some = others.slice(at, at + AT_ONCE)
    rows.push(...(await Promise.all(some.map((question) => askTwice(door, ask, asked, question)))).flat())
  }
  return rows
}

/** So many time-outs one after the other are the most that {@link askAll} takes: each nameserver is silent to all but the first question. */
export function longestOf({ questions }: Side): number {
  return TRIES * (1 + Math.ceil(Math.max(0, questions.length - 1) / AT_ONCE))
}

/** Asks all nameservers of a side all of its questions. */
export async function askAll(door: Door, ask: Ask, side: Side, overTcp: boolean): Promise<readonly Row[]> {
  const protocols: readonly DnsProtocol[] = overTcp ? ['udp', 'tcp'] : ['udp']
  const ways = [...side.servers, ...side.behind].flatMap((server) =>
    protocols.map((protocol) => ({ side: side.kind, server, protocol })),
  )
  return (await Promise.all(ways.map((way) => askWay(door, ask, way, side.questions)))).flat()
}
