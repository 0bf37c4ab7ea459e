/** Who carries out what nobody here can: it says so, and does nothing. */
import { type Carrier, endedAs } from './types.ts'

/** @param why in one line */
export function absentCarrier(why: string): Carrier {
  return {
    fit: () => Promise.resolve({ refusal: why }),
    run: () => Promise.resolve(endedAs('declined', why)),
    join: () => Promise.resolve(undefined),
  }
}
