/**
 * What is proven elsewhere than in the kernel's log: by probes, and by a person's word. What was kept, and what was said before and is read
 * only now, have not heard of it: they hear of it in their order.
 */
import type { CheckContext, ClearedWord } from '#monitor-kit'
import type { Moment } from '../../kernel/faults.ts'
import { cleared, driverLoaded, type Over, recovered, unneeded } from '../../kernel/proofs.ts'
import { NOTHING_TO_DO } from '../../kernel/recovery.ts'
import type { Fault, LogState } from '../../kernel/state.ts'
import type { GpuShared } from '../../shared.ts'
import { entityOfDevice } from './findings.ts'

/** So many are remembered; of each kind the last of a place, or of what a person named. */
const PROOFS_MAX = 256

/** What it works with. */
export interface ElsewhereOptions extends Pick<CheckContext<unknown>, 'clock'> {
  readonly shared: Pick<GpuShared, 'cards' | 'resets'>
}

/** Proofs of others. Whatever gives what is over has ended it in the state. */
export interface Elsewhere {
  /** @param proven is given what is over by each as it comes @param isOwn whether the log itself has just said so */
  hear(proven: (over: readonly Over[]) => void, isOwn: () => boolean): void
  clear(word: ClearedWord): readonly Over[]
  /**
   * A reader begins.
   * @param isKept the state is what an earlier process kept, and knows of none of them
   * @param isKnown what was kept, if anything was, is in the state; else it comes later
   */
  begin(isKept: boolean, isKnown: boolean): readonly Over[]
  /** What is told next was said then: those that were proven before count first. */
  before(now: Moment): readonly Over[]
  /** All that was said is in the state; or not any more, since nobody reads. */
  caughtUp(isSo: boolean): readonly Over[]
}

type Judge = (state: LogState) => readonly Over[]

/** One proof. */
interface Proof {
  readonly key: string
  /** Milliseconds since the boot. */
  readonly atMs: number
  readonly judge: Judge
  /** All that was said before it was in the state when it was judged. */
  isHeard: boolean
}

/** What a probe proved: what was said later than that stands. */
function provenBy(place: string | undefined, atMs: number | undefined): Judge {
  // That of no place is the driver's.
  if (place === undefined) return (state) => driverLoaded(state, { by: 'the driver was loaded', atMs })
  return (state) => recovered(state, place, { by: NOTHING_TO_DO, atMs })
}

/** A person's word: that no XID stands is known from then on. */
function clearedBy(state: LogState, { type, entity, by }: ClearedWord, { cards }: Pick<GpuShared, 'cards'>) {
  const places = cards.all().filter(({ place }) => entityOfDevice({ kind: 'gpu', place }, cards) === entity)
  const known = type === 'GPUXidError' ? places.map(({ place }) => place) : []
  state.known = [...new Set([...state.known, ...known])]
  // Fewer GPUs than there were are accepted without a name, too.
  const isOfAll = type === 'GPUMissing' && entity === ''
  const isMeant = (fault: Fault) =>
    fault.type === type && (isOfAll || entityOfDevice(fault.device, cards, fault.uuid) === entity)
  return cleared(state, isMeant).map((one) => ({ ...one, by: `${by} says so` }))
}

/** @param state as it is now */
export function createElsewhere({ shared, clock }: ElsewhereOptions, state: () => LogState): Elsewhere {
  const { resets } = shared
  let proofs: readonly Proof[] = []
  let isKnown = false
  let isCaughtUp = false

  function take(key: string, atMs: number, judge: Judge): readonly Over[] {
    const others = proofs.filter((one) => one.key !== key)
    const proof = { key, atMs, judge, isHeard: isCaughtUp }
    if (!isKnown || !isCaughtUp) proofs = [...others, proof].toSorted((a, b) => a.atMs - b.atMs).slice(-PROOFS_MAX)
    return judge(state())
  }

  function hearNow(isMeant: (proof: Proof) => boolean): readonly Over[] {
    const meant = proofs.filter((one) => !one.isHeard && isMeant(one))
    for (const one of meant) one.isHeard = true
    return meant.flatMap(({ judge }) => judge(state()))
  }

  return {
    hear(proven, isOwn) {
      resets.onProven((place) => {
        const atMs = resets.provenAt(place ?? '')
        if (!isOwn()) proven(take(`proven ${place ?? ''}`, atMs ?? clock.monotonicMs(), provenBy(place, atMs)))
      })
      resets.onUnneeded((place, atMs) => {
        const judge: Judge = (now) => unneeded(now, place, { by: NOTHING_TO_DO, atMs })
        if (!isOwn()) proven(take(`unneeded ${place}`, atMs, judge))
      })
    },
    clear: (word) =>
      take(`cleared ${word.type} ${word.entity}`, clock.monotonicMs(), (now) => clearedBy(now, word, shared)),
    begin(isKept, isKnownNow) {
      isKnown = isKnownNow
      if (!isKept) return []
      // What was said before them and is not in there yet has not heard them then.
      for (const one of proofs) one.isHeard = false
      return proofs.flatMap(({ judge }) => judge(state()))
    },
    before: ({ bootMs }) => hearNow(({ atMs }) => atMs < bootMs),
    caughtUp(isSo) {
      isCaughtUp = isSo
      const over = isSo ? hearNow(() => true) : []
      if (isSo && isKnown) proofs = []
      return over
    },
  }
}
