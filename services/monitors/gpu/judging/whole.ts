/** Whether an answer has all of the GPUs that are known here: of who is not in it nothing is taken back. Pure. */

import { isGivenAway, type Reading } from '#monitor-kit/evaluate'
import type { Inventory } from '../cards/inventory.ts'
import { isLost } from '../checks/gpu-health-check/judge/missing-lost.ts'
import type { PciGpu } from '../driver/pci-gpus.ts'
import type { GpuRows } from '../smi/rows.ts'

/** Places of GPUs that were given to virtual machines. */
export function awayIn(pci: Reading<readonly PciGpu[]>): readonly string[] {
  return pci.ok ? pci.value.filter(isGivenAway).map(({ place }) => place) : []
}

/** @param away places of GPUs that were given to virtual machines, whom nobody shows here */
export function seesAll(
  { rows, isCut, malformed }: GpuRows,
  known: Inventory['known'],
  away: readonly string[],
): boolean {
  if (isCut || malformed > 0) return false
  const read = rows.filter((row) => !isLost(row))
  return Object.entries(known).every(
    ([uuid, { place }]) =>
      away.includes(place) || read.some((row) => row.uuid === uuid || (row.uuid === undefined && row.place === place)),
  )
}
