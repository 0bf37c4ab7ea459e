/** Events of a `gpu-kernel-log` check. */
import type { EventSpec } from '#monitor-kit'
import { xidReason } from '../../kernel/outcome.ts'
import { XIDS } from '../../xid/catalogue.ts'

/** Those that are no XID. */
export const EVENTS: readonly EventSpec[] = [
  { reason: 'GPUXidUnknown', severity: 'warning', description: 'An XID that is in no catalogue' },
  { reason: 'GPUSXid', severity: 'warning', description: 'An error of an NVSwitch, by its number' },
  { reason: 'GPULost', severity: 'critical', description: 'A GPU has fallen off the bus' },
  { reason: 'GPUInitFailed', severity: 'critical', description: 'The driver could not make a GPU ready' },
  { reason: 'GPUProbeFailed', severity: 'warning', description: 'The driver could not take a GPU' },
  {
    reason: 'GPUDriverChanged',
    severity: 'error',
    description: 'The driver’s packages were changed, and the kernel module of before is loaded',
  },
  {
    reason: 'GPUDriverMismatch',
    severity: 'warning',
    description: 'A program’s library and the kernel module are of two versions',
  },
  { reason: 'GPUDriverLoaded', severity: 'info', description: 'The driver of the GPUs was loaded' },
  { reason: 'GPUPCIeFatalError', severity: 'critical', description: 'A fatal PCIe error of a GPU' },
  { reason: 'GPUPeerMemoryError', severity: 'warning', description: 'nvidia-peermem found an invalid context' },
  { reason: 'GPUTaskHung', severity: 'critical', description: 'A program of the driver is stuck in the kernel' },
  { reason: 'NCCLCrashed', severity: 'warning', description: 'A program crashed in NCCL' },
  {
    reason: 'GPULogLinesLost',
    severity: 'warning',
    description: 'Lines of the kernel’s log were gone before they were read: what stood in them is not known',
  },
]

/** One for each XID of the catalogue. */
export function xidEvents(): readonly EventSpec[] {
  return [...XIDS.values()].map((row) => ({
    reason: xidReason(row),
    severity: row.severity,
    description: row.meaning,
  }))
}
