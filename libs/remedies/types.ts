/** What a row of the table of actions says. */

/** Who carries an action out. `external`: a plug-in that `remediation.actions` names. */
export type Doer = 'host' | 'remediator' | 'external'

/**
 * What an action cannot do without: the host's system bus, the runtime's socket, folders of the host that may be cleaned up,
 * the token of the API server, a plug-in's socket.
 */
export type RemedyNeed = 'system-bus' | 'cri' | 'roots' | 'token' | 'plug-in'

/** What an action is done to: the word before the first ":" of a target ("unit:kubelet.service"). */
export type TargetKind =
  | 'unit'
  | 'runtime'
  | 'disk'
  | 'dns'
  | 'routing'
  | 'interface'
  | 'script'
  | 'pod'
  | 'node'
  | 'external'

/** A key of a block `remediation` that an action reads, beside those that every strategy has. */
export interface RemedyKey {
  readonly key:
    | 'service'
    | 'scriptPath'
    | 'args'
    | 'interface'
    | 'path'
    | 'taint'
    | 'drain'
    | 'plugin'
    | 'pluginAction'
    | 'parameters'
  /** Without it there is nothing to do. */
  readonly isNeeded: boolean
}

/** An action that may be a strategy. */
export interface Remedy {
  /** In one line, as people read it: "restarts a unit of systemd". */
  readonly does: string
  /** How the action itself knows that it succeeded; whether the problem is gone says the problem alone. */
  readonly verifiedBy: string
  /** What it does not do, whoever asks. */
  readonly refuses: string
  readonly by: Doer
  /** It disturbs workloads: it waits for windows and for the fleet's lease. */
  readonly isDisruptive: boolean
  /** Least time between two attempts where nobody says another. */
  readonly cooldownMs: number
  /** How long one attempt may take where nobody says it. */
  readonly timeoutMs: number
  /** A configuration may give it no less. Default: any. */
  readonly minTimeoutMs?: number
  readonly needs: readonly RemedyNeed[]
  readonly keys: readonly RemedyKey[]
  /** Condition types that it is never done for. */
  readonly neverFor: readonly string[]
  readonly target: TargetKind
  /** Whether this version carries it out; where not, a configuration that asks for it is told so (`MonitorMissing`). */
  readonly built: boolean
}
