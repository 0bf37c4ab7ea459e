/** Acts that go through the API. A new one is a file and a line here. */
import { createCordonActs } from './cordon.ts'
import { createDrainAct } from './drain.ts'
import { createPodDeleteAct } from './pod-delete.ts'
import { createTaintAct } from './taint.ts'
import type { ActsOptions, RemediatorAct } from './types.ts'

export type { ActEnd, ActsOptions, Attempt, RemediatorAct } from './types.ts'

/** All of them. */
export function createRemediatorActs(options: ActsOptions): readonly RemediatorAct[] {
  return [...createCordonActs(options), createDrainAct(options), createPodDeleteAct(options), createTaintAct(options)]
}
