/** What has to be sent so that the node is as it should be. Pure: node and wish in, patch out. */
import type { ConditionPatch, KubeCondition, KubeNode, NodeStatusPatch } from '#kube'
import { ANNOTATIONS, type MarkKey, type OurMark, parseMark, renderMark } from '#kube'
import { KUBELET_CONDITIONS } from '#model'
import { kubeTime, wholeSecond } from '../text.ts'
import type { Desired } from './desired.ts'
import { planNotes } from './notes.ts'
import { NOT_KNOWN } from './rank.ts'

/** Why a patch is sent; the strongest cause counts. */
export type Cause = 'change' | 'message' | 'heartbeat' | 'drift' | 'clean'

export interface PlanInput {
  /** As the server last showed it. */
  readonly node: KubeNode
  readonly desired: ReadonlyMap<string, Desired>
  /** Names that this exporter has written, whatever became of the annotation. */
  readonly written: ReadonlySet<string>
  /** Those of Node Doctor itself, but for the marks. */
  readonly annotations: Readonly<Record<string, string>>
  /** Annotations that the configuration asks for. Default: none */
  readonly asked?: Readonly<Record<string, string>>
  /** Whose annotations of before are taken off by who writes none; undefined: nobody's. */
  readonly installation?: string | undefined
  /** Where on the node it stands what is ours. Default: as of an installation. */
  readonly markKey?: MarkKey
  /** Names that are ours whoever wrote them: of node-problem-detector's files, in whose place we are. */
  readonly claimed?: ReadonlySet<string>
  /** Names that nobody confirms: what of ours no file claims goes. Default: it waits for `removeOrphans`. */
  readonly unconfirmed?: ReadonlySet<string>
  /** Everything is confirmed: heartbeat times go out. */
  readonly heartbeat: boolean
  /** Whether a change of words alone may go out now, for this condition. */
  readonly mayReword: (desired: Desired) => boolean
  /** What is ours on the node and wished by nobody is taken away. */
  readonly removeOrphans: boolean
  /** Names that the detector has taken back by name, and those that have no place on the node: they go at once. */
  readonly withdrawn: ReadonlySet<string>
  /** When the machine was booted: what was well before may have been anything in between. */
  readonly booted: Date
}

export interface Plan {
  readonly patch: NodeStatusPatch | undefined
  readonly cause: Cause | undefined
  /** Conditions that the patch writes. */
  readonly types: readonly string[]
  /** Names that another writer holds, and that are therefore left alone. */
  readonly foreign: readonly string[]
  /** Keys of annotations that are asked for, that another writer holds, and that are therefore left alone. */
  readonly foreignAnnotations: readonly string[]
  /** Words that changed and wait for their turn. */
  readonly postponed: readonly string[]
}

function conditionsOf({ status }: KubeNode): Map<string, KubeCondition> {
  return new Map((status?.conditions ?? []).map((condition) => [condition.type, condition]))
}

function timeOf(text: string | null | undefined): number {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? 0 : time
}

/** A condition on the node that we never wrote is somebody's, however old it is: some are written once and for good. */
function isForeign(actual: KubeCondition | undefined, mark: OurMark, { written, claimed }: PlanInput): boolean {
  if (actual === undefined || claimed?.has(actual.type)) return false
  return !written.has(actual.type) && !mark.conditions.includes(actual.type)
}

/**
 * Since when it has its status: the condition's own word, as page and command line show it. Where that is only the best that
 * several entities say, what stands on the node is kept as long as the status does; what is no problem only within a boot.
 */
function transitionOf(desired: Desired, actual: KubeCondition | undefined, booted: Date): string {
  const before = timeOf(actual?.lastTransitionTime)
  const holds = desired.rank > NOT_KNOWN || before >= wholeSecond(booted).getTime()
  if (!desired.exact && actual?.status === desired.status && before > 0 && holds) return kubeTime(new Date(before))
  return kubeTime(desired.since)
}

/** What was seen to change was looked at then: the look is no older than the change. Unknown is what nobody saw. */
function timesOf(desired: Desired, actual: KubeCondition | undefined, booted: Date) {
  const lastTransitionTime = transitionOf(desired, actual, booted)
  // Of what is told word by word the change may lie ahead of the clock.
  const looked = desired.status === 'Unknown' || desired.verbatim ? 0 : desired.since.getTime()
  return { lastHeartbeatTime: kubeTime(new Date(Math.max(desired.observed.getTime(), looked))), lastTransitionTime }
}

function wordsDiffer(desired: Desired, actual: KubeCondition): boolean {
  return desired.message !== (actual.message ?? '')
}

const STRENGTH: Readonly<Record<Cause, number>> = { change: 4, drift: 3, clean: 2, message: 1, heartbeat: 0 }

function stronger(a: Cause | undefined, b: Cause): Cause {
  return a === undefined || STRENGTH[b] > STRENGTH[a] ? b : a
}

/** What of one condition differs from the wish. */
function differenceOf(
  desired: Desired,
  actual: KubeCondition | undefined,
  input: PlanInput,
): Cause | 'postponed' | undefined {
  if (actual === undefined) return input.written.has(desired.type) ? 'drift' : 'change'
  if (actual.status !== desired.status || (actual.reason ?? '') !== desired.reason) return 'change'
  // The status went and came back between two patches.
  const movedMs = timeOf(transitionOf(desired, actual, input.booted)) - timeOf(actual.lastTransitionTime)
  if (movedMs > 0 || (desired.verbatim && (movedMs < 0 || wordsDiffer(desired, actual)))) return 'change'
  if (wordsDiffer(desired, actual) || movedMs < 0) return input.mayReword(desired) ? 'message' : 'postponed'
  return input.heartbeat && isConfirmed(desired, actual) ? 'heartbeat' : undefined
}

/** It was looked at since it was written. */
function isConfirmed(desired: Desired, actual: KubeCondition | undefined): boolean {
  return wholeSecond(desired.observed).getTime() > timeOf(actual?.lastHeartbeatTime)
}

/** What is empty is left out, unless there is something to be emptied: a patch leaves what it does not name. */
function wordsOf({ reason, message }: Desired, actual: KubeCondition | undefined) {
  const hasReason = reason !== '' || (actual?.reason ?? '') !== ''
  const hasMessage = message !== '' || (actual?.message ?? '') !== ''
  return { ...(hasReason ? { reason } : {}), ...(hasMessage ? { message } : {}) }
}

export function planPatch(input: PlanInput): Plan {
  const { node, desired, markKey = ANNOTATIONS.conditions } = input
  const actual = conditionsOf(node)
  const mark = parseMark(node, markKey)
  const foreign: string[] = []
  const postponed: string[] = []
  const changing = new Map<string, Cause>()
  const wished: Desired[] = []
  for (const wish of desired.values()) {
    if (KUBELET_CONDITIONS.has(wish.type)) continue
    if (isForeign(actual.get(wish.type), mark, input)) {
      foreign.push(wish.type)
      continue
    }
    wished.push(wish)
    const cause = differenceOf(wish, actual.get(wish.type), input)
    if (cause === 'postponed') postponed.push(wish.type)
    else if (cause !== undefined) changing.set(wish.type, cause)
  }
  const isStale = (type: string) => input.unconfirmed?.has(type) === true && !input.claimed?.has(type)
  const isOver = (type: string) => input.removeOrphans || input.withdrawn.has(type) || isStale(type)
  const orphans = [...new Set([...mark.conditions, ...input.written])].filter(
    (type) => !desired.has(type) && isOver(type) && !KUBELET_CONDITIONS.has(type) && actual.has(type),
  )
  let cause: Cause | undefined
  for (const one of changing.values()) cause = stronger(cause, one)
  if (orphans.length > 0) cause = stronger(cause, 'clean')
  // Whatever goes out takes new words of the others along: they cost no request then.
  const isRiding = (wish: Desired) =>
    postponed.includes(wish.type) || (wish.verbatim === true && isConfirmed(wish, actual.get(wish.type)))
  const riding = cause === undefined ? [] : wished.filter((wish) => !changing.has(wish.type) && isRiding(wish))
  const written = [...wished.filter(({ type }) => changing.has(type)), ...riding]
  const ours = new Set([...wished.map(({ type }) => type), ...mark.conditions.filter((type) => !isOver(type))])
  const wanted = { ...input.annotations, [markKey]: renderMark(ours) }
  const isInstallation = markKey === ANNOTATIONS.conditions
  const notes = planNotes({ node, wanted, asked: input.asked ?? {}, isInstallation, installation: input.installation })
  const { changes: annotations, foreign: foreignAnnotations } = notes
  if (cause === undefined && Object.keys(annotations).length > 0) cause = 'change'
  if (cause === undefined) return { patch: undefined, cause, types: [], foreign, foreignAnnotations, postponed }
  const conditions: ConditionPatch[] = [
    ...written.map((wish) => ({
      type: wish.type,
      status: wish.status,
      ...wordsOf(wish, actual.get(wish.type)),
      ...timesOf(wish, actual.get(wish.type), input.booted),
    })),
    ...orphans.map((type) => ({ type, $patch: 'delete' as const })),
  ]
  return {
    patch: {
      ...(Object.keys(annotations).length > 0 ? { metadata: { annotations } } : {}),
      ...(conditions.length > 0 ? { status: { conditions } } : {}),
    },
    cause,
    types: conditions.map(({ type }) => type),
    foreign,
    foreignAnnotations,
    postponed: postponed.filter((type) => !riding.some((wish) => wish.type === type)),
  }
}
