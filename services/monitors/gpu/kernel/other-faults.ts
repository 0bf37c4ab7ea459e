/** What the kernel says of GPUs beside XIDs, as faults. Pure. */
import type { KernelFact } from './facts.ts'
import type { NewFault } from './faults.ts'
import { saidOf } from './outcome.ts'
import { missing } from './rules.ts'
import type { Device } from './state.ts'

/** What is neither of the driver's numbers, nor says who is where. */
export type OtherFact = Exclude<KernelFact, { readonly kind: 'xid' | 'uuid' | 'driver-loaded' | 'sxid' | 'mismatch' }>

type FactOf<Kind extends OtherFact['kind']> = Extract<OtherFact, { readonly kind: Kind }>

/** What is of all GPUs together. */
export const NODE: Device = { kind: 'node', place: '' }

function initFailed({ place, text }: FactOf<'init-failed'>): NewFault {
  return {
    ...missing(place ?? '', text),
    device: place === undefined ? NODE : { kind: 'gpu', place },
    reason: 'GPUInitFailed',
    check: 'count',
    proof: 'reset',
    what: 'the driver could not make a GPU ready',
  }
}

function probeFailed({ count }: FactOf<'probe-failed'>): NewFault {
  const what = `the driver could not take ${count === 1 ? '1 GPU' : `${count} GPUs`}`
  return {
    ...missing('', ''),
    device: NODE,
    reason: 'GPUProbeFailed',
    check: 'count',
    // One that the driver does not support has it at each boot; what else is missing by that the probe says.
    severity: 'warning',
    action: 'contact-support',
    proof: 'reset',
    what,
  }
}

function aerFatal({ place, text }: FactOf<'aer-fatal'>): NewFault {
  return {
    type: 'GPUPCIeDegraded',
    device: { kind: 'gpu', place },
    reason: 'GPUPCIeFatalError',
    check: 'aer-fatal',
    severity: 'critical',
    action: 'reboot-node',
    proof: 'reset',
    what: 'PCIe tells a fatal error',
    said: text,
  }
}

function peermem({ text }: FactOf<'peermem'>): NewFault {
  return {
    type: 'GPUMisconfigured',
    device: NODE,
    reason: 'GPUPeerMemoryError',
    check: 'peermem',
    severity: 'warning',
    action: 'restart-service',
    proof: 'quiet',
    what: 'nvidia-peermem finds an invalid context',
    said: text,
  }
}

function nccl(fact: FactOf<'nccl'>): NewFault {
  return {
    type: 'GPUXidError',
    device: NODE,
    reason: 'NCCLCrashed',
    check: 'nccl',
    severity: 'warning',
    action: 'check-application',
    proof: 'quiet',
    what: 'a program crashed in NCCL',
    said: saidOf(fact, fact.library),
  }
}

function hung(fact: FactOf<'hung'>): NewFault {
  return {
    type: 'GPUHung',
    device: NODE,
    reason: 'GPUTaskHung',
    check: 'hung',
    // By its name alone: whether the driver hangs a probe of our own says, which waits for an answer.
    severity: 'warning',
    action: 'contact-support',
    proof: 'process',
    what: 'a program of the driver is stuck in the kernel',
    said: saidOf(fact, `for more than ${fact.seconds} s`),
    stuck: [{ pid: fact.pid, process: fact.process }],
  }
}

/** The fault of it; undefined: it is of a device that is none of ours. @param isGpu whether there is a GPU at a place */
export function otherFault(fact: OtherFact, isGpu: (place: string) => boolean): NewFault | undefined {
  switch (fact.kind) {
    case 'fallen':
      return missing(fact.place, '')
    case 'init-failed':
      return initFailed(fact)
    case 'probe-failed':
      return probeFailed(fact)
    case 'aer-fatal':
      return isGpu(fact.place) ? aerFatal(fact) : undefined
    case 'peermem':
      return peermem(fact)
    case 'nccl':
      return nccl(fact)
    case 'hung':
      return hung(fact)
  }
}
