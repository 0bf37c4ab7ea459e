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
import type { Question, Said } from '../gates/types.ts'
import { sightOf } from '../know/truth.ts'
import { countedOf } from '../state/counted.ts'
import { actKey } from '../state/types.ts'
import { isFor } from './ladder.ts'
import { questionOf } from './questions.ts'
import type { DeskOptions } from './types.ts'

const WORDS: Readonly<Record<Said['word'], GateWord>> = {
  allows: GateWord.ALLOWS,
  refuses: GateWord.REFUSES,
  'not-known': GateWord.NOT_KNOWN,
}

function gateOf({ gate, said }: GateSaid, nowMs: number): Proto {
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
  readonly gates: readonly GateSaid[]
}

function plannedOf({ question, rung, gates }: Judged): PlannedAct {
  const { ledger, limits, opening, mode, nowMs } = question
  return {
    act: toProtoAct(rung.act),
    id: approvalId(opening, rung.act),
    gates: gates.map((said) => gateOf(said, nowMs)),
    mode: toProtoMode(mode),
    attempts: countedOf(ledger, opening.fingerprint, actKey(rung.act), { nowMs, healthyResetMs: limits.healthyResetMs })
      .attempts,
    of: rung.maxAttempts,
  }
}

function verdictOf(judged: readonly Judged[]): string {
  if (judged.length === 0) return 'no strategy is configured for it'
  const turn = judged.find(({ gates }) => gates.find(({ gate }) => gate === 'attempts')?.said.word === 'allows')
  if (turn === undefined) return 'every strategy has used up its attempts: it is left to people'
  const { gates, rung, question } = turn
  const refusal = gates.find(({ said }) => said.word !== 'allows')
  const does = question.mode === 'act' ? 'would do' : 'would only tell'
  if (refusal === undefined) return `${does} now: ${rung.act.text}`
  return `holds back ${rung.act.text}: ${refusal.gate}: ${refusal.said.text}`
}

/** Asks everybody who is asked before an act; nothing is consumed by it. */
export async function planFor(options: DeskOptions, problem: Problem): Promise<ProblemPlan> {
  const rungs = options.ladderOf(problem).filter((rung) => isFor(rung, problem.type))
  const judged = await Promise.all(
    rungs.map(async (rung): Promise<Judged> => {
      const fit = { answer: await options.carrierOf(rung, rung.act).fit(rung.act) }
      const question = questionOf(options, problem, rung, { fit, lease: options.lease.peek() })
      return { question, rung, gates: judge(question).gates }
    }),
  )
  return { problem: toProtoSight(sightOf(problem)), acts: judged.map(plannedOf), verdict: verdictOf(judged) }
}
