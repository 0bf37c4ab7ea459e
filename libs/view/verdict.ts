/** The one evaluator of "is this node all right?". Page, CLI and API only show what it says. */
import { BEING_WATCHED, cleanText, STALE_AFTER_MS } from '#model'
import { renderClock, renderWindow } from './duration.ts'
import { conditionLink } from './ids.ts'
import { compareLevel } from './level.ts'
import { withoutSums } from './sums.ts'
import type { ConditionView, Level, MonitorView, NodeView, ProblemView, VerdictView } from './types.ts'
import type { Words } from './words.ts'
import { count, text } from './words.ts'

/** Problems and unknown conditions named in one sentence; the rest is counted. */
const NAMED = 3
/** Longest reason why something is unknown. */
const BECAUSE = 160

/** A node as {@link evaluateVerdict} judges it: views, no facts. */
export interface VerdictInput {
  readonly name: string
  readonly detector: NodeView['detector']
  /** When this reader began to listen, RFC 3339. */
  readonly listeningSince: string
  readonly conditions: readonly ConditionView[]
  /** Open ones, worst first. */
  readonly problems: readonly ProblemView[]
  /** Last resolved first. */
  readonly resolved: readonly ProblemView[]
  readonly monitors: readonly MonitorView[]
}

/**
 * A monitor's clause as it stands in a sentence of ours: not a word of it is changed, since none of ours would fit all
 * of theirs. Only its full stop goes, since the sentence goes on.
 */
function clause(summary: string): string {
  return summary.replace(/(?<!\.)\.$/, '')
}

/** What is wrong, as the sentence needs it. */
interface Trouble {
  readonly level: Level
  readonly words: readonly Words[]
}

function problemTrouble(problem: ProblemView): Trouble {
  const what = clause(problem.summary)
  const words: Words[] =
    problem.condition === ''
      ? [text(`${what}, last seen `), { since: problem.lastSeen }, text(' ago')]
      : [text(`${what}, for `), { since: problem.opened }]
  return { level: problem.level, words }
}

/** Open problems, and conditions that are a problem whose record has not arrived yet. */
function troubles(input: VerdictInput): Trouble[] {
  const recorded = new Set(input.problems.map(({ condition }) => condition))
  const unrecorded = input.conditions.filter(({ health, id }) => health === 'problem' && !recorded.has(id))
  return [
    ...withoutSums(input.problems).map(problemTrouble),
    ...unrecorded.map(({ level, label, type, since }) => ({
      level,
      words: [text(`${label || type}, for `), { since }],
    })),
  ]
}

/** "a, for 4 min; b, for 20 s; and 2 more." */
function enumerate<T>(items: readonly T[], words: (item: T) => readonly Words[]): Words[] {
  const named = items
    .slice(0, NAMED)
    .flatMap((item, index) => (index === 0 ? words(item) : [text('; '), ...words(item)]))
  const more = items.length - NAMED
  return more > 0 ? [...named, text(`; and ${more} more.`)] : [...named, text('.')]
}

/** How long ago the oldest proof may be, given that each check proves again at its interval. */
function proofAges(input: VerdictInput, healthy: readonly ConditionView[], now: Date): number[] {
  const intervals = new Map<string, number>()
  for (const monitor of input.monitors) {
    for (const run of monitor.checks) intervals.set(`${monitor.name}\n${run.check}`, run.intervalMs)
  }
  // A quarter more than the interval: the sentence stays the same between two runs.
  return healthy
    .map(({ proven, since, sources, check }) =>
      Math.max(now.getTime() - Date.parse(proven ?? since), (intervals.get(`${sources[0]}\n${check}`) ?? 0) * 1.25),
    )
    .sort((a, b) => a - b)
}

function awaitedWords(monitors: readonly MonitorView[]): Words[] {
  const awaited = monitors.filter(({ health }) => health === 'awaited').map(({ name }) => name)
  if (awaited.length === 0) return []
  const names = awaited.slice(0, NAMED).join(', ')
  const more = awaited.length > NAMED ? ` and ${awaited.length - NAMED} more` : ''
  return [text(` Not heard yet: ${count(awaited.length, 'monitor')}, ${names}${more}.`)]
}

/** A condition of which nobody knows whether it is so: a label says what would be wrong, and of which GPU is no part of it. */
function calledOf({ type, label, subject }: ConditionView): string {
  return subject === undefined ? label || type : `${type} of ${subject}`
}

function unknownWords(unknown: readonly ConditionView[]): Words[] {
  const [first] = unknown
  if (first === undefined) return []
  const because = first.message === '' ? '' : `, because ${cleanText(clause(first.message), BECAUSE)}`
  const rest = unknown.length > 1 ? `; and ${unknown.length - 1} more` : ''
  return [
    text(` ${unknown.length} `),
    { link: conditionLink(first.id), text: 'unknown' },
    text(`: ${calledOf(first)}${because}${rest}.`),
  ]
}

function lastKnown(all: readonly ProblemView[]): string {
  const problems = withoutSums(all)
  if (problems.length === 0) return 'No problem was known.'
  const named = problems.slice(0, NAMED).map(({ summary }) => clause(summary))
  const more = problems.length > NAMED ? `; and ${problems.length - NAMED} more` : ''
  return `Last known: ${count(problems.length, 'problem')}: ${named.join('; ')}${more}.`
}

function staleVerdict(input: VerdictInput, now: Date): VerdictView {
  const { lastHeartbeat } = input.detector
  const known = input.conditions.length > 0 || input.problems.length > 0
  const from = known
    ? text(`; all below is from ${renderClock(new Date(lastHeartbeat ?? input.listeningSince), now)}.`)
    : text('.')
  const last = known ? ` ${lastKnown(input.problems)}` : ''
  return {
    level: 'stale',
    sentence: [
      text('Not known. No report for '),
      { since: lastHeartbeat ?? input.listeningSince, precise: true },
      lastHeartbeat === undefined && known ? text('; all below is older than that.') : from,
    ],
    detail: [
      text(`Nothing arrives from the agent on ${input.name}: it, the node, or the way to it may be down.${last}`),
    ],
    title: `Not known: ${input.name}`,
  }
}

function awaitedVerdict(input: VerdictInput): VerdictView {
  const known = input.conditions.length > 0 || input.problems.length > 0
  return {
    level: 'unknown',
    sentence: [text('Not known yet. Waiting for the agent for '), { since: input.listeningSince }, text('.')],
    detail: [
      text(
        known
          ? `It says that it lives every 3 s. ${lastKnown(input.problems)}`
          : `The agent on ${input.name} has said nothing so far; it says that it lives every 3 s.`,
      ),
    ],
    title: `Not known yet: ${input.name}`,
  }
}

function emptyVerdict(input: VerdictInput): VerdictView {
  const awaited = awaitedWords(input.monitors)
  return {
    level: 'unknown',
    sentence: [text('Nothing known yet. The agent runs, and no monitor has reported.')],
    detail: awaited.length > 0 ? awaited.map(trimStart) : [text('No monitor is configured or found.')],
    title: `Nothing known yet: ${input.name}`,
  }
}

function trimStart(word: Words): Words {
  return 'text' in word ? { ...word, text: word.text.trimStart() } : word
}

function problemVerdict(input: VerdictInput, problems: readonly Trouble[], now: Date): VerdictView {
  const healthy = input.conditions.filter(({ level }) => level === 'healthy')
  const unknown = input.conditions.filter(({ level }) => level === 'unknown')
  const worst = problems.reduce((a, b) => (compareLevel(b.level, a.level) > 0 ? b : a))
  const oldest = proofAges(input, healthy, now).at(-1) ?? 0
  const others =
    healthy.length === 0
      ? 'No condition is known to be healthy.'
      : `${count(healthy.length, 'other condition')} proven healthy in the last ${renderWindow(oldest)}.`
  const what = count(problems.length, 'problem')
  return {
    level: worst.level,
    sentence: [text(`${what}: `), ...enumerate(problems, ({ words }) => words)],
    detail: [text(others), ...unknownWords(unknown), ...awaitedWords(input.monitors)],
    title: `${what} on ${input.name}`,
  }
}

function unknownVerdict(input: VerdictInput, unknown: readonly ConditionView[], now: Date): VerdictView {
  const healthy = input.conditions.filter(({ level }) => level === 'healthy')
  const oldest = proofAges(input, healthy, now).at(-1) ?? 0
  const words = (c: ConditionView): Words[] => [text(`${calledOf(c)}, for `), { since: c.since }]
  const proven =
    healthy.length === 0
      ? 'No condition is known to be healthy.'
      : `${count(healthy.length, 'condition')} proven healthy in the last ${renderWindow(oldest)}.`
  return {
    level: 'unknown',
    sentence: [
      text(`No problem known, but ${unknown.length} of ${count(input.conditions.length, 'condition')} not known: `),
      ...enumerate(unknown, words),
    ],
    detail: [text(proven), ...unknownWords(unknown), ...awaitedWords(input.monitors)],
    title: `${unknown.length} unknown on ${input.name}`,
  }
}

/** What was only looked at for too short a time worries nobody, and is not called all right either. */
function watchedVerdict(input: VerdictInput, watched: readonly ConditionView[], now: Date): VerdictView {
  const known = input.conditions.filter(({ level }) => level === 'healthy')
  const { detail, level } = healthyVerdict({ ...input, conditions: known }, now)
  const window = renderWindow(proofAges(input, known, now).at(-1) ?? 0)
  const number = count(input.conditions.length, 'condition')
  // A label says what is wrong; of these nobody knows that.
  const names = watched
    .slice(0, NAMED)
    .map(({ type, entity, subject = entity }) => (subject === '' ? type : `${type} of ${subject}`))
  const more = watched.length > NAMED ? `; and ${watched.length - NAMED} more` : ''
  const isShort = watched.every(({ reason }) => reason === BEING_WATCHED)
  return {
    level,
    sentence: [
      text(`No problem known. ${known.length} of ${number} proven in the last ${window}, `),
      text(`${watched.length} ${isShort ? 'looked at for too short a time to say' : 'without proof either way'}.`),
    ],
    detail: [...detail, text(` Not known${isShort ? ' yet' : ''}: ${names.join('; ')}${more}.`)],
    title: `No problem known: ${input.name}`,
  }
}

function healthyVerdict(input: VerdictInput, now: Date): VerdictView {
  const number = input.conditions.length
  const ages = proofAges(input, input.conditions, now)
  const window = renderWindow(ages.at(-1) ?? 0)
  const usual = ages[Math.floor((ages.length - 1) / 2)] ?? 0
  const soon = renderWindow(usual)
  const within = ages.filter((age) => renderWindow(age) === soon || age <= usual).length
  const [last] = input.resolved
  const calm: Words[] =
    last?.resolved === undefined
      ? [text('No problem is on record.')]
      : [text('No problem for '), { since: last.resolved }, text('.')]
  const mostly =
    soon === window ? [] : [text(` ${within} of the ${count(number, 'condition')} were proven in the last ${soon}.`)]
  return {
    level: 'healthy',
    sentence: [text(`All right. ${count(number, 'condition')} proven in the last ${window}.`)],
    detail: [...calm, ...mostly, ...awaitedWords(input.monitors)],
    title: `All right: ${input.name}`,
  }
}

/** What is not brought through to readers: of this one, or, where the detector itself was asked, of all the others. */
function notThrough({ behindSince, readersSince, readersRefused }: NodeView['detector'], now: Date): Words[] {
  const silent = 'the agent’s changes do not get through. '
  const from = (what: string, since: string) => text(`${what} is from ${renderClock(new Date(since), now)}: ${silent}`)
  const words: Words[] = []
  if (behindSince !== undefined) words.push(from('What stands here', behindSince))
  if (readersSince !== undefined) {
    const isUnknown = now.getTime() - Date.parse(readersSince) >= STALE_AFTER_MS
    const since = renderClock(new Date(readersSince), now)
    words.push(
      isUnknown
        ? text(`Readers show Unknown (DetectorUnreachable): since ${since} ${silent}`)
        : from('What readers show', readersSince),
    )
  }
  if (readersRefused !== undefined) {
    const isOne = readersRefused === 1
    const were = isOne ? 'it was' : 'they were'
    const values = count(readersRefused, 'value')
    words.push(text(`Readers show ${values} as ${were}: the bus refuses what is new of ${isOne ? 'it' : 'them'}. `))
  }
  return words
}

/** Never throws. The counts it names are those of the lists it was given. */
export function evaluateVerdict(input: VerdictInput, now: Date): VerdictView {
  if (input.detector.state === 'stale') return staleVerdict(input, now)
  if (input.detector.state === 'awaited') return awaitedVerdict(input)
  const words = notThrough(input.detector, now)
  const verdict = liveVerdict(input, now)
  if (words.length === 0) return verdict
  // It stands first: whoever reads on knows from when it is.
  const level = verdict.level === 'healthy' ? 'unknown' : verdict.level
  const { behindSince } = input.detector
  if (behindSince === undefined) return { ...verdict, level, sentence: [...words, ...verdict.sentence] }
  const from = renderClock(new Date(behindSince), now)
  return {
    ...verdict,
    level,
    sentence: [...words, text('Then it was: '), ...verdict.sentence],
    title: `At ${from}: ${verdict.title}`,
  }
}

function liveVerdict(input: VerdictInput, now: Date): VerdictView {
  const problems = troubles(input)
  if (problems.length > 0) return problemVerdict(input, problems, now)
  if (input.conditions.length === 0) return emptyVerdict(input)
  const unknown = input.conditions.filter(({ level }) => level !== 'healthy')
  if (unknown.length === 0) return healthyVerdict(input, now)
  const isWatched = unknown.length < input.conditions.length && unknown.every(({ held }) => held === 'pending')
  return isWatched ? watchedVerdict(input, unknown, now) : unknownVerdict(input, unknown, now)
}
