/** What would be done about problems now, and what every gate says of it: the same questions as those before an act. */
import type { Problem } from '#model'
import {
  GateWord,
  type PlannedAct,
  type ProblemPlan,
  type GateSaid as Proto,
} from '#proto/nodedoctor/v1/remediation.ts'
import type { LadderRung } from '#remedies'
import { toProtoAct, toProtoMode, toProtoSight } from '#wire/remediation-parts'
import { approvalId } from '../gates/approval-id.ts'
import { type GateSaid, judge } from '../gates/judge.ts'
import { inWords } from '../gates/say.ts'
import type { Fit, Question, Said } from '../gates/types.ts'
import { sightOf } from '../know/truth.ts'
import { named } from '../state/named.ts'
import { actKey } from '../state/types.ts'
import { isFor, whyLeftOut } from './ladder.ts'
import { mayBeUnrecorded, questionOf } from './questions.ts'
import type { DeskOptions } from './types.ts'

/** What one gate says in a plan. */
interface PlannedGate {
  readonly gate: GateSaid['gate']
  readonly said: Said | { readonly word: 'not-asked'; readonly text: string }
}

const WORDS: Readonly<Record<PlannedGate['said']['word'], GateWord>> = {
  'not-asked': GateWord.NOT_ASKED,
  allows: GateWord.ALLOWS,
  refuses: GateWord.REFUSES,
  'not-known': GateWord.NOT_KNOWN,
}

function gateOf({ gate, said }: PlannedGate, nowMs: number): Proto {
  const untilMs = said.word === 'refuses' ? said.untilMs : undefined
  return {
    gate,
    word: WORDS[said.word],
    text: said.text,
    forMs: untilMs === undefined ? undefined : Math.max(0, Math.round(untilMs - nowMs)),
  }
}

/** One strategy, judged. */
interface Judged {
  readonly question: Question
  readonly rung: LadderRung
  readonly gates: readonly PlannedGate[]
}

function plannedOf({ question, rung, gates }: Judged): PlannedAct {
  const { ledger, opening, mode, nowMs } = question
  return {
    act: toProtoAct(rung.act),
    id: approvalId(opening, rung.act),
    gates: gates.map((said) => gateOf(said, nowMs)),
    mode: toProtoMode(mode),
    attempts: named(ledger.problems, opening.fingerprint)?.acts[actKey(rung.act)]?.attempts ?? 0,
    of: rung.maxAttempts,
  }
}

/** Its attempts are not used up: the first of which that is so has its turn. */
function hasTurn(gates: readonly PlannedGate[]): boolean {
  return gates.find(({ gate }) => gate === 'attempts')?.said.word === 'allows'
}

/** What is done about it at this moment, also by a strategy whose attempts are used up with it; undefined: nothing. */
function runsNow(judged: readonly Judged[]): string | undefined {
  for (const { question } of judged) {
    const { ledger, opening, mode, nowMs } = question
    if (mode !== 'act') continue
    const open = ledger.open.find(
      (one) => one.endedAtMs === undefined && one.opening.fingerprint === opening.fingerprint,
    )
    if (open === undefined) continue
    const act =
      judged.find(({ rung }) => actKey(rung.act) === actKey(open))?.rung.act.text ??
      `${open.strategy} ${open.target}`.trim()
    return `is being repaired: ${act}: attempt ${open.attempt} runs now, for ${inWords(Math.max(0, nowMs - open.startedAtMs))}`
  }
  return undefined
}

function verdictOf(judged: readonly Judged[], leftOut: ProblemPlan['leftOut']): string {
  if (judged.length === 0) {
    const [only] = leftOut
    if (only === undefined) return 'no strategy is configured for it'
    if (leftOut.length === 1) return `nothing is done for it: ${only.strategy} is left out: ${only.why}`
    return `nothing is done for it: all ${leftOut.length} strategies of its check are left out`
  }
  const runs = runsNow(judged)
  if (runs !== undefined) return runs
  const turn = judged.find(({ gates }) => hasTurn(gates))
  if (turn === undefined) return 'every strategy has used up its attempts: it is left to people'
  const { gates, rung, question } = turn
  const refusal = gates.find(({ said }) => said.word !== 'allows')
  const does = question.mode === 'act' ? 'would do' : 'would only tell'
  const behind = question.isUnrecorded ? ', and write it down as soon as the journal has room' : ''
  if (refusal === undefined) return `${does} now: ${rung.act.text}${behind}`
  return `holds back ${rung.act.text}: ${refusal.gate}: ${refusal.said.text}`
}

/** Answers of those who are asked about acts, each asked once. */
type Fits = Map<string, Promise<Fit>>

function fitOf({ carrierOf, safety }: DeskOptions, rung: LadderRung, fits: Fits): Promise<Fit> {
  const { strategy, target, parameters } = rung.act
  const key = JSON.stringify([rung.by, strategy, target, parameters])
  const fit = fits.get(key) ?? carrierOf(rung, rung.act).fit(rung.act, mayBeUnrecorded(safety, rung))
  fits.set(key, fit)
  return fit
}

/** Strategies behind the one whose turn it is are not asked for: it has to fail first. */
function inTurn(judged: readonly Judged[]): readonly Judged[] {
  const turn = judged.findIndex(({ gates }) => hasTurn(gates))
  const waits = (gates: readonly PlannedGate[]) =>
    gates.map(({ gate }): PlannedGate => ({ gate, said: { word: 'not-asked', text: 'it has not its turn yet' } }))
  return judged.map((one, index) => (turn === -1 || index <= turn ? one : { ...one, gates: waits(one.gates) }))
}

/** So many problems are asked about at a time. */
const AT_ONCE = 4

/** The plans for problems, in their order; who is asked about one act is asked once. */
export async function plansFor(options: DeskOptions, problems: readonly Problem[]): Promise<ProblemPlan[]> {
  const fits: Fits = new Map()
  const plans: ProblemPlan[] = []
  for (let from = 0; from < problems.length; from += AT_ONCE) {
    const some = problems.slice(from, from + AT_ONCE)
    plans.push(...(await Promise.all(some.map((problem) => planFor(options, problem, fits)))))
  }
  return plans
}

/** Asks everybody who is asked before an act; nothing is consumed by it. */
export async function planFor(options: DeskOptions, problem: Problem, fits: Fits = new Map()): Promise<ProblemPlan> {
  const ladder = options.ladderOf(problem)
  const rungs = ladder.filter((rung) => isFor(rung, problem.type))
  const leftOut = ladder.flatMap((rung) => {
    const why = whyLeftOut(rung, problem.type)
    return why === '' ? [] : [{ strategy: rung.strategy, why }]
  })
  const judged = await Promise.all(
    rungs.map(async (rung): Promise<Judged> => {
      const fit = { answer: await fitOf(options, rung, fits) }
      const question = questionOf(options, problem, rung, { fit, lease: options.lease.peek() })
      return { question, rung, gates: judge(question).gates }
    }),
  )
  const verdict = verdictOf(judged, leftOut)
  return { problem: toProtoSight(sightOf(problem)), acts: inTurn(judged).map(plannedOf), verdict, leftOut }
}
