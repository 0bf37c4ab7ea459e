/** What one look has read. */
import type { Reading } from '#monitor-kit/evaluate'
import type { DriverLook } from '../../driver/driver.ts'
import type { NodeLibrary } from '../../driver/node-library.ts'
import type { PciGpu } from '../../driver/pci-gpus.ts'
import type { Process } from '../../driver/processes.ts'
import type { QueryAnswer } from '../../smi/query-answer.ts'
import type { HeldMemory } from './judge/look.ts'

/** All that the verdicts are made of. */
export interface HealthReading {
  /** Id of this boot; undefined: nobody knows. */
  readonly boot?: string | undefined
  readonly driver: Reading<DriverLook>
  readonly pci: Reading<readonly PciGpu[]>
  readonly query: QueryAnswer
  /** Of the node itself; undefined: nobody has looked, since there was no reason to. */
  readonly library?: NodeLibrary | undefined
  /** Device files of GPUs that this process has. */
  readonly devices: number
  /** Whether it has /dev/nvidiactl, without which nobody reaches the driver; undefined: nobody has looked. */
  readonly hasControl?: boolean
  /** Processes of the driver in uninterruptible sleep. */
  readonly stuck: Reading<readonly Process[]>
  /** By UUID, of those GPUs whose memory was asked about. */
  readonly held: ReadonlyMap<string, HeldMemory>
  /** Lanes of PCIe that the slot of a GPU has, by place, of those that use fewer than they could. */
  readonly slots: ReadonlyMap<string, number>
  /** How long nvidia-smi took to answer all that it was asked; undefined: it did not. */
  readonly tookMs: number | undefined
}
