/** What a look at the kubelet's figures says, or that they were not told. Pure. */
import type { Finding } from '#monitor-kit'
import { NO_STREAK, type Streak, unknownFinding } from '#monitor-kit/evaluate'
import type { RuntimeAmiss } from '../../node-kubelet/told.ts'
import type { Config } from './config.ts'
import { judgeCutOff, judgeRefused } from './cut-off.ts'
import { type Figures, figuresOf, isSameRun } from './figures.ts'
import type { KubeletReading } from './reading.ts'
import { judgeSlow } from './slow.ts'
import { NOT_ANSWERED } from './source.ts'

/** What is kept of the figures from one look to the next. */
export interface FiguresMemory {
  /** Of the last look at them. */
  readonly figures: Figures | undefined
  /** At which its renewals had grown last, or the first of those that followed each other. */
  readonly renewed: Figures | undefined
  /** In the last look at them this node reached no API server. */
  readonly wasUnreached: boolean
  /** Looks in a row in which it was slow. */
  readonly slow: Streak
  /** Looks in a row in which it did not take a token that it took before, and that the API server knows, or waited for that one. */
  readonly refused: number
  /** The run that is there now has taken our token. */
  readonly isTaken: boolean
  /** They were not told, for a reason that may be over soon or that costs the API server nothing. */
  readonly isDoubtful: boolean
}

/** Before the first look. */
export const NO_FIGURES: FiguresMemory = {
  figures: undefined,
  renewed: undefined,
  wasUnreached: false,
  slow: NO_STREAK,
  refused: 0,
  isTaken: false,
  isDoubtful: false,
}

/** What else is known in a look. */
export interface FiguresAround {
  readonly config: Config
  readonly nowMs: number
  /** The same by the wall clock. */
  readonly wallMs: number
  /** Types of condition that are looked at. */
  readonly types: readonly string[]
  /** Counters that are older say only what was once. */
  readonly freshMs: number
  /** This node reaches no API server. */
  readonly isUnreached: boolean
  /** When the container runtime was not well last, which everything that the kubelet calls waits for. */
  readonly runtime: RuntimeAmiss
  /** How long its lease is good for. */
  readonly leaseMs: number
  /** It is another process than in the last look. */
  readonly isAnew: boolean
}

interface FiguresVerdict {
  readonly memory: FiguresMemory
  readonly findings: readonly Finding[]
}

function begun(type: string): Finding {
  const message = 'what the kubelet counts is compared with its last counts; it shows at the next check'
  return { type, health: 'healthy', pending: true, reason: 'FirstLook', message }
}

/** What took long while the container runtime hung is that one's, and ends in the looks behind it. */
function ofRuntime(type: string): Finding {
  const message = 'what the kubelet did since the last look waited for the container runtime, which was not well'
  return { type, health: 'healthy', pending: true, reason: 'RuntimeWasAmiss', message }
}

interface Slow {
  readonly streak: Streak
  readonly finding: Finding
}

/** Whether it takes long, and whether that is its own doing: a runtime that is slow by a warning is why of a warning at most. */
function judgeOwnSlow(
  last: Figures,
  now: Figures,
  before: Streak,
  { config, runtime: { amissMs, graveMs } }: Pick<FiguresAround, 'config' | 'runtime'>,
): Slow {
  const isSince = (atMs: number | undefined) => atMs !== undefined && atMs >= last.atMs
  if (isSince(graveMs)) return { streak: NO_STREAK, finding: ofRuntime('KubeletSlow') }
  const judged = judgeSlow(last, now, config, before)
  const isWarning = judged.streak.warning > 0 && judged.streak.critical === 0
  return isWarning && isSince(amissMs) ? { streak: NO_STREAK, finding: ofRuntime('KubeletSlow') } : judged
}

function untold(reading: KubeletReading, before: FiguresMemory, { types, isAnew }: FiguresAround): FiguresVerdict {
  const { figures, isKnown, asksWhose, isWaiting } = reading
  const why = figures?.ok === false ? figures : NOT_ANSWERED
  // One that was started anew may have another configuration, and take nobody's token: its file says whether it does.
  const isTaken = before.isTaken && !isAnew
  const refused = (isKnown === true && (isTaken || asksWhose)) || isWaiting ? before.refused + 1 : 0
  const findings = types.map((type) =>
    type === 'KubeletCutOff' && refused > 0
      ? judgeRefused(why.message, { times: refused, isTaken, isWaiting })
      : unknownFinding(type, why),
  )
  const isDoubtful =
    why.reason === 'CertificateUnverified' ||
    why.reason === 'NoCredentials' ||
    isKnown === 'not-answered' ||
    isKnown === true
  const { figures: last, renewed, wasUnreached } = before
  const kept = { figures: isAnew ? undefined : last, renewed, wasUnreached, slow: NO_STREAK }
  return { memory: { ...kept, refused, isTaken, isDoubtful }, findings }
}

/** Judges what the kubelet counts against its last counts, as long as those are of the same process, and not long ago. */
export function judgeFigures(reading: KubeletReading, before: FiguresMemory, around: FiguresAround): FiguresVerdict {
  if (reading.figures?.ok !== true) return untold(reading, before, around)
  const { config, nowMs, types, freshMs } = around
  const isUnreached = around.isUnreached || reading.isServed === false
  const now = figuresOf(reading.figures.value, nowMs, around.wallMs)
  const { figures } = before
  const last = figures !== undefined && isSameRun(figures, now) && nowMs - figures.atMs <= freshMs ? figures : undefined
  const renewed = last && before.renewed && isSameRun(before.renewed, now) ? before.renewed : undefined
  // Once the API server is back, silence is counted from the look that finds it so.
  const since = renewed && before.wasUnreached && !isUnreached ? { ...renewed, atMs: nowMs } : renewed
  let slow = NO_STREAK
  const findings = types.flatMap((type): Finding[] => {
    if (type === 'KubeletSlow') {
      if (last === undefined) return [begun(type)]
      const judged = judgeOwnSlow(last, now, before.slow, around)
      slow = judged.streak
      return [judged.finding]
    }
    // A kubelet of its own, without a cluster, asks nobody.
    if (now.requests === undefined) return []
    if (last === undefined || since === undefined) return [begun(type)]
    return [judgeCutOff(since, now, config, { isUnreached, leaseMs: around.leaseMs, lastMs: last.atMs })]
  })
  const isCountedAnew = since === undefined || now.renewals > since.renewals || isUnreached
  return {
    memory: {
      ...{ figures: now, renewed: isCountedAnew ? now : since, wasUnreached: isUnreached, slow },
      ...{ refused: 0, isTaken: true, isDoubtful: false },
    },
    findings,
  }
}
