/** An act that goes through the API: what whoever decides calls, whichever act it is. */
import type { Clock } from '#clock'
import type { KubeClient, KubeNode } from '#kube'
import type { Act, ActFigure, AttemptMode, AttemptOutcome, ProblemSight } from '#model'
import type { Fit } from '../gates/types.ts'
import type { ToldStep } from '../state/types.ts'

/** One attempt. */
export interface Attempt {
  /** "3f2a91c0-17": the same again where it was called off and goes on. */
  readonly attempt: string
  readonly act: Act
  readonly problem: ProblemSight
  /** `dry-run`: the server is asked whether it would, and nothing is changed. */
  readonly mode: AttemptMode
  /** How long it may take. */
  readonly timeoutMs: number
  /** Its steps, where it was begun before: what stands as it was to be is its own doing then. undefined: it begins. */
  readonly before: readonly ToldStep[] | undefined
  /** Ends it where it is; it can be run again. */
  readonly signal: AbortSignal
  /** Told before and after each step; what it returns is waited for, so that a journal has it. */
  readonly onStep: (step: string, detail: string) => Promise<void>
  /** Asked before each single thing that disturbs within a step: what it throws ends the act. Absent: nobody is asked. */
  readonly mayDisturb?: (() => Promise<void>) | undefined
}

/** How it ended. `declined`: nothing was changed, since there was nothing to do or it must not be. */
export interface ActEnd {
  readonly outcome: Exclude<AttemptOutcome, 'lost'>
  readonly message: string
  /** Line by line what happened, at most 64 KiB. */
  readonly output: string
  readonly isOutputCut: boolean
  readonly figures: readonly ActFigure[]
}

/** One strategy. */
export interface RemediatorAct {
  /** Of the configuration: "drain". */
  readonly strategy: string
  /** Whether it disturbs workloads: it wants a lease then. */
  isDisruptive(act: Act): boolean
  /** Whether it could be done now, without doing any of it. undefined: no answer came. Never throws. */
  canRun(act: Act, signal: AbortSignal): Promise<Fit>
  /** Does it. Never throws but the signal's reason. */
  run(attempt: Attempt): Promise<ActEnd>
}

/** What they act with. */
export interface ActsOptions {
  readonly client: Pick<
    KubeClient,
    'getNode' | 'patchNode' | 'getPod' | 'listPodsOfNode' | 'followPodsOfNode' | 'evict'
  >
  /** This node's name: there is no act on another one. */
  readonly node: string
  /** The remediator's own pod, which it does not end. undefined: it is none. */
  readonly ownPod: { readonly namespace: string; readonly name: string } | undefined
  readonly clock: Clock
  /** The node as it was heard of, so that it need not be asked for; undefined: it was not. Default: it is asked for. */
  readonly seen?: (() => KubeNode | undefined) | undefined
}
