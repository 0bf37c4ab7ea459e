/** Whether what an earlier process has begun may be gone on with: it asks again what it asked before it began. */
import { aborted } from '#clock'
import type { Remediation } from '#model'
import { isRemedy, REMEDIES } from '#remedies'
import { dryRunReason } from '../gates/judge.ts'
import { enabled, mute, truth, vouched } from '../gates/outer.ts'
import type { Said } from '../gates/types.ts'
import { REBOOTS } from '../state/attempts.ts'
import { actKey, type OpenAttempt } from '../state/types.ts'
import { questionOf } from './questions.ts'
import type { DeskOptions } from './types.ts'

type Started = Extract<Remediation, { readonly kind: 'started' }>

/** A process that begins knows nothing for a moment: what is not known is asked again for so long. */
const KNOWN_WITHIN_MS = 30_000
const ASK_AGAIN_MS = 500
/** What is joined late still has so long: whoever runs it may have its end at hand. */
const LEAST_MS = 1_000

/**
 * Why an attempt of this process's own acts is over without a look at anything; "": it may not be. What had a step of it done in this boot
 * alone can be gone on with. A reboot is meant to end its boot: who carries it out knows by the boot id how it ended. Pure.
 */
export function whyOver({ strategy, bootId, steps }: OpenAttempt, bootIdNow: string): string {
  if (bootId !== bootIdNow)
    return REBOOTS.has(strategy) ? '' : 'it was begun in another boot, and nobody goes on with it in this one'
  return steps.length === 0 ? 'the process that began it has ended before it did anything of it' : ''
}

/** What is left of the time that an attempt had when it began, by the journal's clock, in whole milliseconds. Pure. */
export function leftMs({ strategy, startedAtMs }: OpenAttempt, started: Started, nowMs: number): number {
  const usual = isRemedy(strategy) ? REMEDIES[strategy].timeoutMs : LEAST_MS
  return Math.ceil(Math.max(LEAST_MS, (started.deadlineMs ?? usual) - Math.max(0, nowMs - startedAtMs)))
}

/** Parameters in any order. */
function sameParameters(one: Started['act'], other: Started['act']): boolean {
  const sorted = ({ parameters }: Started['act']) =>
    JSON.stringify(Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return sorted(one) === sorted(other)
}

function askAgain(options: DeskOptions, { opening, strategy, target }: OpenAttempt, started: Started): Said {
  const { known, ladderOf, limits, safety } = options
  const refuses = (text: string): Said => ({ word: 'refuses', text })
  if (!known.isKnown()) return { word: 'not-known', text: 'the bus was not read yet' }
  const problem = known.problem(opening.fingerprint)
  if (problem === undefined) {
    const said = vouched(known.detector(), safety.nowMs())
    return said.word === 'not-known' ? said : refuses('nobody tells of its problem any more')
  }
  const key = actKey({ strategy, target })
  const rung = ladderOf(problem).find(({ act }) => actKey(act) === key)
  if (rung === undefined) return refuses('the configuration names it for its problem no more')
  if (!sameParameters(rung.act, started.act)) return refuses('the configuration has other parameters for it now')
  if (started.approval === undefined && limits.approval.includes(strategy))
    return refuses('the configuration asks for an approval of it now, and it was begun without')
  const question = { ...questionOf(options, problem, rung), opening }
  const gates = [enabled, mute, truth].map((gate) => gate(question))
  const refused = gates.find(({ word }) => word === 'refuses') ?? gates.find(({ word }) => word === 'not-known')
  if (refused !== undefined) return refused
  const dry = dryRunReason({ limits, rung, mute: question.mute })
  return dry === undefined ? { word: 'allows', text: '' } : refuses(dry)
}

/**
 * Asks whether repairs are switched on and not paused, nobody wants the node left alone, it is no dry run, and this opening of the problem
 * stands, and the configuration says the same of it still. What is not known is waited for, and by a process that leaves nothing is judged.
 * @returns why it may not be gone on with; "" it may
 * @throws the signal's reason
 */
export async function mayGoOn(
  options: DeskOptions,
  open: OpenAttempt,
  started: Started,
  signal: AbortSignal,
): Promise<string> {
  const { clock, known } = options
  const untilMs = clock.monotonicMs() + KNOWN_WITHIN_MS
  for (;;) {
    signal.throwIfAborted()
    if (known.detector().isGoingDown) await aborted(signal)
    const { word, text } = askAgain(options, open, started)
    if (word === 'allows') return ''
    if (word === 'refuses' || clock.monotonicMs() >= untilMs) return text
    await clock.sleep(ASK_AGAIN_MS, signal)
  }
}
