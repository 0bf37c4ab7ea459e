/** Steps of a reboot, as they are journalled: each before and after it is done. */

/**
 * In their order. `asking` has the boot id that is to end; `not-asked`: whoever asks logind did not; `other-boot` is told by the next
 * process. What is behind it follows from what is seen: a cordon of ours comes off when its problem is proven healthy, and the lease is
 * given back then.
 */
export const REBOOT_STEPS = [
  'cordoning',
  'cordoned',
  'evicting',
  'drained',
  'looking',
  'looked',
  'asking',
  'not-asked',
  'asked',
  'other-boot',
  'uncordoning',
  'uncordoned',
  'lease-back',
] as const
/** One of {@link REBOOT_STEPS}. */
export type RebootStep = (typeof REBOOT_STEPS)[number]

/** Behind the first `asking` another boot id has to come within this. */
export const BOOT_MS = 600_000

/** Whether these steps have come to one, from where it stands last. */
export function stepOf<T extends { readonly step: string }>(steps: readonly T[] = [], step: RebootStep): T | undefined {
  return steps.findLast((one) => one.step === step)
}

/** Whether a reboot may have been asked for: whatever else is known, it may come. Pure. */
export function mayCome(steps: readonly { readonly step: string }[]): boolean {
  const last = steps.findLast(({ step }) => step === 'asking' || step === 'not-asked')
  return last?.step === 'asking'
}
