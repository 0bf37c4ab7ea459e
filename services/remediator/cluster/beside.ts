/** Work through the API server beside the desk's turns: one that is slow holds up no repair of the machine itself. */
import { type Clock, within } from '#clock'
import type { TryingCarrier } from '../carry/types.ts'

/** A turn of the desk waits for it so long. */
const LID_MS = 1_000

/** Work that goes on beside. */
export interface Beside {
  /** Begins it where it is not under way, and waits for its end, but not for long. */
  turn(): Promise<void>
  /** The same carrier, that begins nothing while it is under way: a lease that was just taken would be given back by it. */
  after(carrier: TryingCarrier): TryingCarrier
}

/** @param work never rejects */
export function createBeside(clock: Clock, work: () => Promise<void>): Beside {
  let underWay: Promise<void> | undefined
  return {
    turn() {
      underWay ??= work().finally(() => {
        underWay = undefined
      })
      return within(clock, underWay, LID_MS, () => undefined)
    },
    after: (carrier) => ({
      ...carrier,
      fit: (act) =>
        underWay === undefined
          ? carrier.fit(act)
          : Promise.resolve({ refusal: 'what of ours stands on the node is looked after first' }),
    }),
  }
}
