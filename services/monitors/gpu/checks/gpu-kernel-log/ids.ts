/** Numbered checks of which the kernel's log says something. */
import { NUMBERS, numbersOf } from '../../numbers.ts'

/** Those that other checks look at, too. */
const CONTRIBUTED: readonly string[] = ['driver-mismatch', 'count', 'lost', 'reset-required', 'hung']

/** Their ids: keys of `modes`. */
export const CHECK_IDS: readonly string[] = NUMBERS.filter(
  (one) => CONTRIBUTED.includes(one.id) || numbersOf('gpu-kernel-log').includes(one),
).map(({ id }) => id)
