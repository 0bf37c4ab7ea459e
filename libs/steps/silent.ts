/** What a release has in the place of `killing.ts`: nothing. Of a bundle its calls are gone, too. */
import type { Side, Step, SteppedRecord } from './steps.ts'

export { recordStep, STEPS, type Step } from './steps.ts'

/** A step is reached at which this process may end. */
export function passes(_step: Step): void {}

/** A record is about to be written, or was. */
export function passesRecord(_side: Side, _record: SteppedRecord): void {}
