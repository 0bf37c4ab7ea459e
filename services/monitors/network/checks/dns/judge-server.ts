/** One nameserver: whether it answers, over each protocol, how often and how fast. Pure. */
import { type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import { duration, type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { blameOf, type DnsProtocol, isJudged } from '#probe'
import {
  answeredOf,
  extendStanding,
  NO_STANDING,
  type RoundOutcome,
  type Stand,
  type Standing,
  standOf,
} from '../../probing/standing.ts'
import { pendingFinding, unjudged } from '../../probing/words.ts'
import type { Config } from './config.ts'
import { limitsOf } from './limits.ts'
import { type DnsMemory, serverEntity, wayKey } from './memory.ts'
import { hasSpoken, isLate, type Row, unaskedIn } from './questions.ts'

const TYPE = 'DNSServerUnhealthy'
const PROTOCOLS: readonly DnsProtocol[] = ['udp', 'tcp']

/** What is known beside its own answers. */
export interface Around {
  readonly config: Config
  /** All answers of the nameservers of the same side. */
  readonly sideRows: readonly Row[]
  /** No nameserver of the side has answered anything in this round. */
  readonly isWholeSilent: boolean
  /** For long enough: that is told as one. */
  readonly isWholeDown: boolean
  /** A nameserver of the cluster that has not answered in this boot. */
  readonly hasNeverAnswered: boolean
  /** It is silent, stands behind a stub, and listens where that may ask it by TLS. */
  readonly isByTls: boolean
}

interface Way {
  readonly protocol: DnsProtocol
  readonly rows: readonly Row[]
  readonly standing: Standing
  readonly stand: Stand
}

export interface ServerVerdict {
  readonly ways: readonly (readonly [key: string, standing: Standing])[]
  readonly slow: Standing
  readonly finding: Finding
  readonly metrics: readonly MetricSample[]
  /** How long the middle one of its answers over UDP took, but for what was this process's own doing; undefined: none that could be judged. */
  readonly ownMs: number | undefined
  /** Something is wrong with it, for however long. */
  readonly isIll: boolean
}

function isBlamed(rows: readonly Row[], by: readonly Row[]): boolean {
  const blame = blameOf(by)
  if (blame.kind !== 'parts') return false
  return blame.ways.some((way) => rows.some((row) => row.server === way.server && row.protocol === way.protocol))
}

/**
 * What failed counts against it where others answered that, or where nobody answers anything. Who knows of himself alone, and nothing
 * of the names that others know, is to blame too.
 */
function outcomeOf(rows: readonly Row[], { sideRows, isWholeSilent }: Around): RoundOutcome {
  const named = rows.filter(({ isAlive }) => !isAlive)
  const telling = named.length > 0 ? named : rows
  if (telling.some(({ outcome }) => outcome === 'answered')) return 'well'
  if (!rows.some(({ outcome }) => outcome === 'failed') || rows.some(isLate)) return 'unjudged'
  // Who refuses does not know it either.
  const knowing = sideRows.filter(({ isAlive, rcode }) => isAlive || rcode !== 'REFUSED')
  const knowingNames = knowing.filter(({ isAlive }) => !isAlive)
  if (isBlamed(rows, knowing) || isBlamed(rows, knowingNames) || isWholeSilent) return 'failed'
  // Of names that nobody answers it is not to blame; that it speaks is well then.
  return rows.some(hasSpoken) ? 'well' : 'unjudged'
}

/** Answers of questions that others answered, or it itself at the second time: a name that fails everywhere says nothing of it. */
function answersOf(rows: readonly Row[], { sideRows }: Around): readonly boolean[] {
  const knowing = sideRows.filter(({ outcome, rcode }) => outcome === 'answered' && rcode !== 'REFUSED')
  const answeredNames = new Set(knowing.map(({ name }) => name))
  const telling = rows.filter(({ outcome, name }) => outcome !== 'unjudged' && answeredNames.has(name))
  return telling.map(({ outcome }) => outcome === 'answered')
}

function wayOf(protocol: DnsProtocol, all: readonly Row[], before: Standing | undefined, around: Around): Way {
  const rows = all.filter((row) => row.protocol === protocol)
  const limits = limitsOf(around.config)
  const standing = extendStanding(before ?? NO_STANDING, outcomeOf(rows, around), answersOf(rows, around), limits)
  return { protocol, rows, standing, stand: standOf(standing, limits) }
}

function middleOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}

function isLateOverUdp(row: Row): boolean {
  return row.protocol === 'udp' && isLate(row)
}

/** Of names that are to be answered; of the question whether it speaks alone where there are none. */
function paceOf(rows: readonly Row[], limitMs: number) {
  const answered = rows.filter(({ protocol, outcome }) => protocol === 'udp' && outcome === 'answered')
  const named = answered.filter(({ isAlive }) => !isAlive)
  const telling = named.length > 0 ? named : answered
  const judged = telling.filter((row) => isJudged(row, limitMs))
  const middleMs = middleOf(judged.map(({ ms }) => ms))
  // Those for whom this process was late may have been fast.
  const kindest = middleOf([...judged.map(({ ms }) => ms), ...rows.filter(isLateOverUdp).map(() => 0)])
  const isOpen = (middleMs ?? 0) >= limitMs && (kindest ?? 0) < limitMs
  return {
    middleMs,
    ownMs: middleOf(judged.map(({ ms, lateMs }) => Math.max(0, ms - lateMs))),
    isUnjudged: isOpen || (telling.length > 0 && judged.length === 0),
  }
}

/** "10.0.0.53:53 over TCP" and the like stand in what was said. */
function lastSaid({ rows }: Way): string {
  return rows.findLast(({ outcome }) => outcome === 'failed')?.said ?? 'no answer'
}

function protocolName({ protocol }: Way): string {
  return protocol.toUpperCase()
}

function silentWords(server: string, silent: readonly Way[], all: readonly Way[], refuses: boolean) {
  const others = all.filter((way) => !silent.includes(way))
  const said = [...new Set(silent.map(lastSaid))].join('; ')
  if (others.length === 0) {
    const speaks = silent.some(({ rows }) => rows.some(hasSpoken))
    if (speaks)
      return {
        reason: 'ResolvesNothing',
        message: `${said}; others know what it does not find out; see what it forwards to`,
        summary: `nameserver ${server} resolves nothing`,
      }
    return { reason: 'NoAnswer', message: said, summary: `nameserver ${server} does not answer` }
  }
  const [missing, well] = [silent.map(protocolName).join(', '), others.map(protocolName).join(', ')]
  const what = `answers over ${well} and ${refuses ? 'refuses' : 'does not answer over'} ${missing}`
  const needed = silent.some(({ protocol }) => protocol === 'tcp')
    ? '; answers that do not fit a datagram are lost'
    : ''
  return {
    reason: `NoAnswerOver${missing}`,
    message: `${server} ${what}: ${said}${needed}`,
    summary: `${server} ${what}`,
  }
}

const NEVER = `a nameserver of the cluster that has never answered from the node's network: %. Where pods reach it, let them ask (network-cluster-dns-pod with the echo component), and set cluster: none in this check; else see kube-proxy and the CNI`

const BY_TLS =
  'it listens at port 853, and systemd-resolved may ask it by TLS (DNSOverTLS): then that is as it should be'

function silentFinding(server: string, silent: readonly Way[], ways: readonly Way[], around: Around): Finding {
  const refuses = silent.every(({ rows }) => rows.at(-1)?.said.startsWith('connection refused') === true)
  const words = silentWords(server, silent, ways, refuses)
  if (around.isByTls)
    return unknownFinding(
      TYPE,
      unobserved('MayAnswerByTLS', `${lastSaid(silent[0]!)}; ${BY_TLS}`),
      serverEntity(server),
    )
  const base = { type: TYPE, entity: serverEntity(server), health: 'problem', severity: 'warning' } as const
  if (!around.hasNeverAnswered) return { ...base, ...words }
  const summary = `cluster DNS at ${server} does not answer from the node`
  return { ...base, reason: 'NeverAnswered', message: NEVER.replace('%', lastSaid(silent[0]!)), summary }
}

function partlyFinding(server: string, way: Way): Finding {
  const { standing, rows } = way
  const { answered, asked } = answeredOf(standing)
  const message = `${server} answered ${answered} of the last ${asked} questions over ${protocolName(way)}${rows.some(({ outcome }) => outcome === 'failed') ? `: ${lastSaid(way)}` : ''}`
  const summary = `nameserver ${server} answers only partly`
  const entity = serverEntity(server)
  return { type: TYPE, entity, health: 'problem', severity: 'warning', reason: 'AnswersPartly', message, summary }
}

function slowMessage(server: string, middleMs: number, { config }: Around): string {
  return `${server} takes ${duration(middleMs)} to answer, limit ${duration(config.latencyWarningMs)}`
}

function slowFinding(server: string, middleMs: number, around: Around): Finding {
  return {
    type: TYPE,
    entity: serverEntity(server),
    health: 'problem',
    severity: 'warning',
    reason: 'AnswersSlowly',
    message: slowMessage(server, middleMs, around),
    summary: `nameserver ${server} answers slowly`,
    evidence: {
      value: Math.round(middleMs),
      unit: 'ms',
      warning: around.config.latencyWarningMs,
      lowIsBad: false,
      label: 'to answer',
      detail: '',
      metric: seriesKey('network_dns_answer_seconds', { server }),
    },
  }
}

const WHOLE_DOWN: Unobserved = unobserved('DNSDown', 'DNS as a whole does not answer, so nobody is accused by himself')

const ILL: readonly Stand[] = ['failed', 'lasting', 'partly']

function slowStandOf(slow: Standing, config: Config): Stand {
  return standOf(slow, { ...limitsOf(config), failureRatio: 2 })
}

/** Of what lasts the first that can be said, the worst first. */
function findingOf(
  server: string,
  ways: readonly Way[],
  slow: Standing,
  around: Around,
  pace: { middleMs: number | undefined },
): Finding {
  const about = { type: TYPE, entity: serverEntity(server) }
  const needed = around.config.sustainedChecks
  if (around.isWholeDown && !around.hasNeverAnswered) return unknownFinding(TYPE, WHOLE_DOWN, about.entity)
  const stands = (stand: Stand) => ways.filter((way) => way.stand === stand)
  const [partly] = stands('partly')
  const [lasting] = stands('lasting')
  const [waiting] = stands('waiting')
  const slowStand = slowStandOf(slow, around.config)
  if (stands('failed').length > 0) return silentFinding(server, stands('failed'), ways, around)
  if (stands('late').length > 0 || slowStand === 'late')
    return unknownFinding(TYPE, unjudged(unaskedIn(ways.flatMap(({ rows }) => rows))), about.entity)
  if (partly !== undefined) return partlyFinding(server, partly)
  if (slowStand === 'failed' && pace.middleMs !== undefined) return slowFinding(server, pace.middleMs, around)
  if (lasting !== undefined) {
    return pendingFinding({ ...about, message: lastSaid(lasting) }, lasting.standing, needed)
  }
  if (slowStand === 'lasting' && pace.middleMs !== undefined) {
    return pendingFinding({ ...about, message: slowMessage(server, pace.middleMs, around) }, slow, needed)
  }
  if (waiting !== undefined) return pendingFinding(about, waiting.standing)
  if (slowStand === 'waiting') return pendingFinding(about, slow)
  const message = `answers over ${ways.map(protocolName).join(' and ')}`
  return { ...about, health: 'healthy', reason: 'Answers', message }
}

function metricsOf(server: string, ways: readonly Way[], middleMs: number | undefined): readonly MetricSample[] {
  // Where nobody can say whether it answers there is no number.
  const judged = ways.filter(({ rows }) => rows.some(({ outcome }) => outcome !== 'unjudged'))
  const answered = judged.map(({ protocol, rows }) => ({
    name: 'network_dns_answered',
    labels: { server, protocol },
    value: rows.some(hasSpoken) ? 1 : 0,
  }))
  if (middleMs === undefined) return answered
  return [...answered, { name: 'network_dns_answer_seconds', labels: { server }, value: middleMs / 1000 }]
}

/** What one round says of a nameserver. @param rows its own */
export function judgeServer(server: string, rows: readonly Row[], memory: DnsMemory, around: Around): ServerVerdict {
  const { config } = around
  const asked = PROTOCOLS.filter((protocol) => rows.some((row) => row.protocol === protocol))
  const ways = asked.map((protocol) => wayOf(protocol, rows, memory.ways.get(wayKey({ protocol, server })), around))
  const pace = paceOf(rows, config.latencyWarningMs)
  const isSlow = pace.middleMs !== undefined && pace.middleMs >= config.latencyWarningMs
  const hasAnswered = rows.some(({ protocol, outcome }) => protocol === 'udp' && outcome === 'answered')
  const before = memory.slow.get(server) ?? NO_STANDING
  const slowOutcome: RoundOutcome = pace.isUnjudged ? 'unjudged' : isSlow ? 'failed' : 'well'
  // What says nothing is not slow, nor fast.
  const slow = hasAnswered ? extendStanding(before, slowOutcome, [], limitsOf(config)) : before
  const finding = findingOf(server, ways, slow, around, pace)
  return {
    ways: ways.map((way) => [wayKey({ protocol: way.protocol, server }), way.standing] as const),
    slow,
    finding,
    metrics: metricsOf(server, ways, pace.middleMs),
    ownMs: pace.ownMs,
    isIll: ways.some(({ stand }) => ILL.includes(stand)) || ILL.includes(slowStandOf(slow, config)),
  }
}
