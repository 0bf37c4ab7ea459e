/** Why a check has nothing to judge on this machine: it is for machines of a kind, and this one is of another. */
import type { MonitorEntry } from '#config'
import { createHost } from '#host'
import { standingAt } from '#monitor-kit/when'

/** "this machine has no GPU of NVIDIA: …", with what was looked for; undefined: it is meant for this machine, or nobody can tell. Never rejects. */
export async function whyNotHere({ when }: Pick<MonitorEntry, 'when'>, hostRoot: string): Promise<string | undefined> {
  if (when === 'always') return undefined
  const standing = await standingAt(when, createHost({ root: hostRoot })).catch(() => undefined)
  if (standing === undefined || standing === 'here') return undefined
  const what =
    standing === 'not'
      ? 'this machine has no GPU of NVIDIA'
      : 'every GPU of NVIDIA of this machine is given to virtual machines (vfio-pci)'
  return `${what}: looked for vendor 10de, class 0300 or 0302, in ${hostRoot}/sys/bus/pci/devices. Nothing was asked; "when: always" of that check asks all the same.`
}
