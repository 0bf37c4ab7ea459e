/** DNS as a whole, of the node and of the cluster. Pure. */
import type { Severity } from '#model'
import type { Finding } from '#monitor-kit'
import { type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { blameOf } from '#probe'
import { extendStanding, NO_STANDING, type RoundOutcome, type Standing, standOf } from '../../probing/standing.ts'
import { pendingFinding, unjudged } from '../../probing/words.ts'
import type { Config } from './config.ts'
import { limitsOf } from './limits.ts'
import type { Side, SideKind } from './questions.ts'
import { hasSpoken, isLate, type Row, unaskedIn } from './questions.ts'

const TYPES = { node: 'NodeDNSDown', cluster: 'ClusterDNSDown' } as const
const OWNERS = { node: 'the node', cluster: 'the cluster' } as const

/**
 * How it is with DNS as a whole in one round: `silent-behind` where a stub speaks and nobody behind it; `by-tls` where those are silent to
 * us alone, perhaps, and the stub has shown no other answer; `resolves-nothing` where all that has to be answered fails.
 */
export type Wholeness = 'answers' | 'silent' | 'silent-behind' | 'by-tls' | 'resolves-nothing' | 'unjudged'

/** What others are told of it, so that one cause is one problem. */
export interface WholeStanding {
  /** For long enough. */
  readonly isDown: boolean
  /** In this round. */
  readonly isFailing: boolean
  /** Its nameservers speak, and know nothing. */
  readonly resolvesNothing: boolean
}

export interface SideVerdict {
  readonly standing: Standing
  readonly whole: WholeStanding
  readonly finding: Finding
}

/** Whether any of these answers. Whom no program of this machine can ask is not one of them, unless he is all there is. */
function areSpeaking(rows: readonly Row[]): 'answers' | 'silent' | 'unjudged' {
  if (rows.some(({ outcome }) => outcome === 'answered')) return 'answers'
  const blame = blameOf(rows.filter(({ isOutOfReach }) => !isOutOfReach))
  return blame.kind === 'whole' ? 'silent' : 'unjudged'
}

/** Names that have to be answered, and of which nobody says anything: with one alone it is the name's fault. */
function resolving(rows: readonly Row[]): 'answers' | 'resolves-nothing' | 'unjudged' {
  const asked = rows.filter(({ isAlive, couldNotAsk }) => !isAlive && !couldNotAsk)
  const names = new Set(asked.map(({ name, type }) => `${name} ${type}`))
  if (names.size < 2 || asked.some(isFoundOut)) return 'answers'
  return asked.some(isLate) ? 'unjudged' : 'resolves-nothing'
}

/** Of `localhost` a nameserver knows by itself. */
function isFoundOut({ isAlive, outcome, rcode }: Row): boolean {
  return !isAlive && outcome === 'answered' && rcode !== 'REFUSED'
}

/** Programs ask over UDP, unless the file has it otherwise (resolv.conf(5), use-vc). */
function programsAsk({ conf }: Side, rows: readonly Row[]): readonly Row[] {
  const protocol = conf.flags.includes('use-vc') && rows.some((row) => row.protocol === 'tcp') ? 'tcp' : 'udp'
  return rows.filter((row) => row.protocol === protocol)
}

/**
 * Programs ask the nameservers of resolv.conf; behind a stub, where all are silent, it can only say what it knows itself.
 * @param byTls who is silent to us behind a stub, and not to it perhaps
 */
export function wholenessOf(side: Side, rows: readonly Row[], byTls: ReadonlySet<string>): Wholeness {
  const asked = areSpeaking(programsAsk(side, rows).filter(({ server }) => side.servers.includes(server)))
  if (asked !== 'answers') return asked
  const behind = rows.filter(({ server }) => side.behind.includes(server))
  const found = resolving(rows)
  if (behind.length === 0 || areSpeaking(behind) !== 'silent') return found
  if (!behind.some(({ server }) => byTls.has(server))) return 'silent-behind'
  return found === 'answers' && !rows.some(isFoundOut) ? 'by-tls' : found
}

const OUTCOMES: Readonly<Record<Wholeness, RoundOutcome>> = {
  answers: 'well',
  silent: 'failed',
  'silent-behind': 'failed',
  'by-tls': 'unjudged',
  'resolves-nothing': 'failed',
  unjudged: 'unjudged',
}

/** What was said, each once, as much as people read. */
function saidIn(rows: readonly Row[]): string {
  const said = [...new Set(rows.filter(({ outcome }) => outcome === 'failed').map((row) => row.said))]
  return said.slice(0, 3).join('; ')
}

function downMessage(side: Side, wholeness: Wholeness, rows: readonly Row[]): string {
  const servers = side.servers.join(', ')
  const isOne = side.servers.length === 1
  const [answer, forward] = isOne ? ['answers', 'it forwards'] : ['answer', 'they forward']
  if (wholeness === 'resolves-nothing')
    return `${servers} ${answer}, and none of the names that are asked for has an answer: ${saidIn(rows) || 'REFUSED'}; see what ${forward} to`
  if (wholeness === 'silent-behind') {
    const behind = saidIn(rows.filter(({ server }) => side.behind.includes(server)))
    return `nobody behind ${servers} answers: ${behind}; see the way to them, and that they run`
  }
  const asked = programsAsk(side, rows)
  const said = saidIn(asked)
  if (asked.some(hasSpoken))
    return `${servers} ${answer} nothing but errors: ${said}; see what ${forward} to, and ${isOne ? 'its log' : 'their logs'}`
  if (rows.some(hasSpoken)) {
    const [ours, other] = asked[0]?.protocol === 'tcp' ? ['TCP', 'UDP'] : ['UDP', 'TCP']
    return `no nameserver of ${OWNERS[side.kind]} answers over ${ours}, as programs ask, though over ${other} there are answers: ${said}; see what drops ${ours} to port 53`
  }
  if (side.kind === 'cluster')
    return `no nameserver of the cluster answers: ${said}; see the pods of cluster DNS, and if they answer at their own addresses, kube-proxy or the CNI`
  return `no nameserver of the node answers: ${said}; see the way to them, and that they run`
}

/** Cluster DNS that has never answered from here is said of its nameserver, and it is not known whether it is down. */
function neverAnswered(side: Side, rows: readonly Row[], answered: ReadonlySet<string>): boolean {
  if (side.kind !== 'cluster' || side.servers.some((server) => answered.has(server))) return false
  return !rows.some(hasSpoken)
}

/** Whom one side may do without: nameservers that have answered before in this boot, and those that a stub may ask by TLS. */
export interface Known {
  readonly answered: ReadonlySet<string>
  readonly byTls: ReadonlySet<string>
}

/** What one round says of a side. */
export function judgeSide(
  side: Side,
  rows: readonly Row[],
  before: Standing = NO_STANDING,
  config: Config,
  { answered, byTls }: Known,
): SideVerdict {
  const limits = { ...limitsOf(config), failureRatio: 2 }
  const wholeness = wholenessOf(side, rows, byTls)
  const standing = extendStanding(before, OUTCOMES[wholeness], [], limits)
  const stand = standOf(standing, limits)
  const type = TYPES[side.kind]
  const isFailing = OUTCOMES[wholeness] === 'failed'
  const isDown = standing.failed >= limits.needed
  const whole = { isDown, isFailing, resolvesNothing: wholeness === 'resolves-nothing' }
  const done = (finding: Finding): SideVerdict => ({ standing, whole, finding })
  if (neverAnswered(side, rows, answered)) {
    const why = `no nameserver of the cluster has answered from the node's network in this boot; whether it is down is not known`
    return done(unknownFinding(type, unobserved('NeverAnswered', why)))
  }
  if (wholeness === 'by-tls') {
    const why = `${side.servers.join(', ')} ${side.servers.length === 1 ? 'speaks, and nobody behind it does' : 'speak, and nobody behind them does'} to us, though they listen at port 853, where systemd-resolved may ask them by TLS (DNSOverTLS); that it finds anything out is known where a name is named (names)`
    return done(unknownFinding(type, unobserved('MayAnswerByTLS', why)))
  }
  if (stand === 'late') return done(unknownFinding(type, unjudged(unaskedIn(rows))))
  if (stand === 'waiting') return done(pendingFinding({ type }, standing))
  if (stand === 'well') {
    const message = `${side.servers.join(', ')} ${side.servers.length === 1 ? 'answers' : 'answer'}`
    return done({ type, health: 'healthy', reason: HEALTHY[side.kind], message })
  }
  const message = downMessage(side, wholeness, rows)
  if (stand === 'lasting') return done(pendingFinding({ type, message }, standing, limits.needed))
  const reason = wholeness === 'resolves-nothing' ? 'ResolvesNothing' : 'NoAnswer'
  const summary = `DNS of ${OWNERS[side.kind]} is down`
  return done({ type, health: 'problem', severity: 'critical', reason, message, summary })
}

/** Reasons while it answers. */
export const HEALTHY: Readonly<Record<SideKind, string>> = { node: 'NodeDNSAnswers', cluster: 'ClusterDNSAnswers' }

/** What is said of a node none of whose programs is told whom to ask. */
export interface Nobody {
  readonly standing: Standing
  readonly finding: Finding
}

function judgeNobody(
  before: Standing,
  config: Config,
  words: { reason: string; severity: Severity; missing: string; advice: string },
): Nobody {
  const limits = { ...limitsOf(config), failureRatio: 2 }
  const standing = extendStanding(before, 'failed', [], limits)
  const { reason, severity, missing, advice } = words
  if (standOf(standing, limits) === 'lasting') {
    return { standing, finding: pendingFinding({ type: TYPES.node, message: missing }, standing, limits.needed) }
  }
  const message = `${missing}; ${advice}`
  const summary = 'the node has no nameserver'
  return { standing, finding: { type: TYPES.node, health: 'problem', severity, reason, message, summary } }
}

/** The resolv.conf of the node names nobody any more, and did in this boot: programs then ask 127.0.0.1 alone. */
export function nobodyNamed(before: Standing = NO_STANDING, config: Config): Nobody {
  const missing = `${config.resolvConfPath} names no nameserver any more`
  const advice = 'see who writes it (NetworkManager, systemd-resolved, DHCP)'
  return judgeNobody(before, config, { reason: 'NoNameserver', severity: 'critical', missing, advice })
}

/** The resolv.conf of the node is a link that leads nowhere. @param hadServers it named somebody in this boot; else nothing may need it */
export function leadsNowhere(
  before: Standing = NO_STANDING,
  { reason, message }: Unobserved,
  hadServers: boolean,
  config: Config,
): Nobody {
  const missing = `${message}: programs ask 127.0.0.1 alone`
  const isOfResolved = message.includes('systemd/resolve')
  const advice = isOfResolved ? 'see whether systemd-resolved runs' : 'see who writes that file'
  return judgeNobody(before, config, { reason, severity: hadServers ? 'critical' : 'warning', missing, advice })
}
