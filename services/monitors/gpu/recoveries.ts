/** What follows from what the driver says is to be done with a GPU, whoever tells it: its log (XID 154), or `gpu_recovery_action`. */
import type { Action } from '#model'
import type { RecoveryAction } from './resets.ts'

/** What is told of it. */
export interface RecoveryWord {
  readonly severity: 'warning' | 'error' | 'critical'
  readonly action: Action
  /** What it asks for, in words. */
  readonly asks: string
}

/** By what is to be done. Drain P2P asks for an end of the work that peers do with it, by which no GPU is reset. */
export const RECOVERIES: Readonly<Record<Exclude<RecoveryAction, 'none'>, RecoveryWord>> = {
  'gpu-reset': { severity: 'critical', action: 'reset-device', asks: 'a reset' },
  'node-reboot': { severity: 'critical', action: 'reboot-node', asks: 'a reboot of the node' },
  'drain-p2p': { severity: 'error', action: 'check-application', asks: 'an end of the work with its peers' },
  'drain-and-reset': { severity: 'critical', action: 'reset-device', asks: 'an end of its work, and a reset' },
  'recover-imex': { severity: 'error', action: 'restart-service', asks: 'a repair of its IMEX domain' },
  unknown: { severity: 'warning', action: 'contact-support', asks: 'something that is not known here' },
}
