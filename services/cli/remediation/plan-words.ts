/** What would be done for problems, as the remediator says it: for people, as JSON, and as an exit code. Pure. */
import type { Act, AttemptMode, ProblemSight } from '#model'
import { GateWord, type ProblemPlan } from '#proto/nodedoctor/v1/remediation.ts'
import { fromProtoAct, fromProtoMode, fromProtoSight } from '#wire/remediation'
import { EXIT_UNKNOWN } from '../ask.ts'
import { inLine } from '../print.ts'
import { renderTable } from '../table.ts'
import { actWords, problemWords, untilWords } from './words.ts'

/** What a gate says. */
export type SaidWord = 'allows' | 'refuses' | 'not known' | 'not asked'

/** One gate about one act. */
export interface GateView {
  readonly gate: string
  readonly word: SaidWord
  readonly text: string
  readonly forMs?: number
}

/** One act for a problem. */
export interface ActView {
  readonly id: string
  readonly act: Act
  readonly mode: AttemptMode
  readonly attempts: number
  readonly of: number
  /** Every gate allows it, and it is no dry run. */
  readonly wouldAct: boolean
  readonly gates: readonly GateView[]
}

/** What would be done for a problem. */
export interface PlanView {
  readonly problem: ProblemSight
  readonly verdict: string
  readonly acts: readonly ActView[]
  /** Strategies of its check that have no turn for it. */
  readonly leftOut: readonly { readonly strategy: string; readonly why: string }[]
}

const WORDS: Readonly<Record<number, SaidWord>> = {
  [GateWord.ALLOWS]: 'allows',
  [GateWord.REFUSES]: 'refuses',
  [GateWord.NOT_ASKED]: 'not asked',
}

/** The plans in words; what a later version calls otherwise is not known. */
export function planViews(plans: readonly ProblemPlan[], now: Date): PlanView[] {
  return plans.map(({ problem, acts, verdict, leftOut }) => ({
    problem: fromProtoSight(problem, now),
    verdict,
    leftOut: leftOut.map(({ strategy, why }) => ({ strategy, why })),
    acts: acts.map(({ act, id, gates: said, mode: told, attempts, of }) => {
      const gates = said.map(({ gate, word, text, forMs }) => ({
        gate,
        word: WORDS[word] ?? ('not known' as const),
        text,
        ...(forMs === undefined ? {} : { forMs }),
      }))
      const mode = fromProtoMode(told)
      const wouldAct = mode === 'act' && gates.length > 0 && gates.every(({ word }) => word === 'allows')
      return { id, act: fromProtoAct(act), mode, attempts, of, wouldAct, gates }
    }),
  }))
}

/** 0 something would be done, 1 everything is held back, or there is nothing to do; 3 what holds it back is that something is not known. */
export function planExit(plans: readonly PlanView[]): number {
  const acts = plans.flatMap((plan) => plan.acts)
  if (acts.some(({ wouldAct }) => wouldAct)) return 0
  const holding = acts.map(({ gates }) => gates.find(({ word }) => word !== 'allows')?.word)
  return holding.includes('not known') ? EXIT_UNKNOWN : 1
}

function actText({ id, act, mode, attempts, of, gates }: ActView, index: number, now: Date): string {
  const dry = mode === 'dry-run' ? ', dry run: told and not done' : ''
  const rows = gates.map(({ gate, word, text, forMs }) => [`    ${gate}`, word, untilWords(forMs, now), text])
  const head = `  ${index + 1}. ${inLine(actWords(act))}  [${act.strategy}, ${attempts} of ${of} attempts${dry}, id ${id}]`
  return rows.length === 0 ? head : `${head}\n${renderTable(['    GATE', 'SAYS', 'UNTIL', 'WHY'], rows)}`
}

/** For people. */
export function planText(plans: readonly PlanView[], now: Date): string {
  if (plans.length === 0) return 'No problem is open that a repair is named for.'
  return plans
    .map(({ problem, verdict, acts, leftOut }) =>
      [
        `${inLine(problemWords(problem))}  ${problem.severity}: ${inLine(verdict)}`,
        ...acts.map((act, index) => actText(act, index, now)),
        ...leftOut.map(({ strategy, why }) => `  -  ${inLine(strategy)} is left out: ${inLine(why)}`),
      ].join('\n'),
    )
    .join('\n\n')
}
