/** What may be done at all: by the configuration alone, whoever asks. Pure. */
import type { Act } from '#model'
import { type PermitsConfig, type PermittedAct, permitFor, permittedActs } from '#remedies'

/** The permit that an act is within, and the act in our own words; or why there is none. */
export type Permits = (
  act: Act,
) => { readonly permit: Pick<PermittedAct, 'timeoutMs' | 'mayRun'>; readonly act: Act } | { readonly refusal: string }

/** Of what a configuration speaks of, and nothing else: strategy, target and parameters have to be what is written there. */
export function permitsOf(config: PermitsConfig): Permits {
  const permitted = permittedActs(config)
  return (act) => permitFor(act, permitted)
}
