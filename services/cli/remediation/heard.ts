/** What the remediator says of itself and of problems, for whoever asks how the node is: the words are those of the page. */
import type { NodeDoctorConfig } from '#config'
import {
  type BreakersResponse,
  type HistoryResponse,
  type Paused,
  RemediatorService,
} from '#proto/nodedoctor/v1/remediation.ts'
import { connectUnix } from '#rpc'
import { createRepairs, NO_REMEDIATION, type NodeView, type RepairFacts, renderRemediation } from '#view'
import { fromProtoBreaker, fromProtoRemediation } from '#wire/remediation'
import { remediatorSocket } from './client.ts'

/** How the node is does not wait for it. */
const TIMEOUT_MS = 2_000
/** Of records, as many as it tells in one answer. */
const RECORDS = 1_000

/** As a view is made from it. */
export interface HeardRepairs {
  readonly remediation: NodeView['remediation']
  readonly repairs?: RepairFacts['problems']
}

function later(forMs: number | undefined, now: Date): { readonly until?: Date } {
  return forMs === undefined ? {} : { until: new Date(now.getTime() + forMs) }
}

function pauseOf(paused: Paused | undefined, now: Date): RepairFacts['paused'] {
  return paused && { by: paused.by, why: paused.why, since: now, ...later(paused.forMs, now) }
}

/** What holds everything back it is asked for itself: its records may begin behind that. */
function factsOf({ records }: HistoryResponse, held: BreakersResponse, now: Date): RepairFacts {
  const folded = createRepairs()
  for (const record of records.toReversed()) {
    const told = fromProtoRemediation(record, now)
    if (told !== undefined) folded.saw(told)
  }
  const { facts } = folded
  const breakers = held.breakers.flatMap(({ fingerprint, strategy, state: word, failures, forMs }) => {
    const state = fromProtoBreaker(word)
    return state === 'closed' ? [] : [{ fingerprint, strategy, state, failures, since: now, ...later(forMs, now) }]
  })
  const since = facts.paused?.since ?? now
  const paused = pauseOf(held.paused, now)
  return { ...facts, breakers, paused: paused && { ...paused, since } }
}

/** Asks it. Where it does not answer that is said if the configuration has repairs. Never rejects. */
export async function hearRepairs({ settings, remediation }: NodeDoctorConfig, now: Date): Promise<HeardRepairs> {
  const socket = remediatorSocket(settings.runDir)
  const client = connectUnix(socket)
  try {
    const limits = { timeoutMs: TIMEOUT_MS }
    const [history, held] = await Promise.all([
      client.call(RemediatorService.history, { limit: RECORDS, fingerprint: '', before: 0 }, limits),
      client.call(RemediatorService.breakers, {}, limits),
    ])
    const facts = factsOf(history, held, now)
    const { unusable, silent } = held
    const isDryRun = remediation.dryRun || settings.dryRunMode
    const standing = { isHeard: true, isJournalWell: unusable === '', silent, isDryRun }
    return { remediation: renderRemediation(facts, standing, now), repairs: facts.problems }
  } catch {
    // In a cluster another pod of the node has it, whose socket is not to be reached from here.
    const isElsewhere = process.env['KUBERNETES_SERVICE_HOST'] !== undefined
    if (!remediation.enabled || isElsewhere) return { remediation: NO_REMEDIATION }
    const text = `The remediator does not answer on ${socket}: whether anything is repaired is not known here.`
    return { remediation: { running: false, text, attention: [text] } }
  } finally {
    client.close()
  }
}
