/** What all checks of this monitor have together: one probe at a time, who is in which slot, and which resets are proven. */
import type { SharedContext } from '#monitor-kit'
import { type Cards, createCards } from './cards/cards.ts'
import { createDriver, type Driver } from './driver/driver.ts'
import { createResets, type Resets } from './resets.ts'
import { createSmi, type Smi } from './smi/smi.ts'

/** Made once for the monitor's process. */
export interface GpuShared {
  readonly smi: Smi
  readonly cards: Cards
  readonly driver: Driver
  readonly resets: Resets
}

/** Nothing of it holds a device: between two probes no program of ours is there. */
export function createGpuShared({ host, clock, signal }: Pick<SharedContext, 'host' | 'clock' | 'signal'>): GpuShared {
  const resets = createResets()
  return {
    smi: createSmi({ host, clock, signal }),
    cards: createCards(),
    driver: createDriver(host, clock, resets),
    resets,
  }
}
