/** A program's library and the kernel module are of two versions: a matter of that program, or of the node. Pure. */
import { compareVersions } from '../driver/versions.ts'
import type { KernelFact } from './facts.ts'
import type { NewFault } from './faults.ts'
import { NODE } from './other-faults.ts'
import { saidOf } from './outcome.ts'

/** What the kernel says of it. */
export type MismatchFact = Extract<KernelFact, { readonly kind: 'mismatch' }>

/**
 * Whether the packages of the node were changed while the module of before is loaded: a program of the node itself has a newer library, or one
 * that has ended had the node's own. Pods never say so, however many: an image that brings its own library does it in each of its replicas,
 * and at each of its tries.
 */
export function isOfNode({ client, module, pod, isOfNode: isOwn, isNodesLibrary }: MismatchFact): boolean {
  if (client === undefined || module === undefined || compareVersions(client, module) <= 0) return false
  return isOwn ?? (pod === undefined && isNodesLibrary === true)
}

/** Of who has ended nobody knows any more whether he was a program of the node. */
function isInDoubt({ client, module, pod, isOfNode: isOwn, isNodesLibrary }: MismatchFact): boolean {
  if (client === undefined || module === undefined || compareVersions(client, module) <= 0) return false
  return isOwn === undefined && pod === undefined && isNodesLibrary === undefined
}

const DOUBT =
  '; the program is not there any more: if nvidia-smi says the same on the node itself, its packages were changed, and it waits for a reboot'

/** The fault of it. @param isNodes it is a matter of the node */
export function mismatchFault(fact: MismatchFact, isNodes: boolean): NewFault {
  const { client, module = 'unknown' } = fact
  const common = { type: 'GPUDriverFailed', device: NODE, check: 'driver-mismatch' } as const
  const versions = client === undefined ? '' : `library ${client}, kernel module ${module}`
  const said = saidOf(fact, isInDoubt(fact) ? `${versions}${DOUBT}` : versions)
  if (isNodes) {
    const what =
      'the driver’s packages were changed, and the kernel module of before is loaded: no new program reaches the GPUs'
    const rest = { severity: 'error', action: 'reboot-node', proof: 'reset' } as const
    return { ...common, reason: 'GPUDriverChanged', ...rest, what, said }
  }
  return {
    ...common,
    reason: 'GPUDriverMismatch',
    // Any image with a library of its own does that to itself.
    severity: 'warning',
    action: 'check-application',
    // Each program of another version says it anew when it starts.
    proof: 'quiet',
    what: 'the library of a program and the kernel module are of two versions',
    said,
  }
}
