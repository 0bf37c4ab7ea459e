/** What the remediator of this machine says of repairs as a whole, for who asks how the node is. */
import { access } from 'node:fs/promises'
import { type BreakersResponse, RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { connectUnix } from '#rpc'
import { NO_REMEDIATION, type NodeView, repairsNote } from '#view'
import { fromProtoBreaker } from '#wire/remediation'
import { remediatorSocket } from './client.ts'

/** Nobody waits long for what stands beside the answer. */
const TIMEOUT_MS = 2_000

function later(now: Date, forMs: number | undefined): Date | undefined {
  return forMs === undefined ? undefined : new Date(now.getTime() + forMs)
}

/** Why not everything is repaired by itself, by what it says of breakers; undefined: it is. */
function noteOf({ breakers, paused, unusable }: BreakersResponse, now: Date): string | undefined {
  const holds = {
    breakers: breakers.flatMap(({ fingerprint, strategy, state, failures, forMs }) => {
      const word = fromProtoBreaker(state)
      return word === 'closed'
        ? []
        : [{ fingerprint, strategy, state: word, failures, since: now, until: later(now, forMs) }]
    }),
    paused: paused && { by: paused.by, why: paused.why, until: later(now, paused.forMs) },
  }
  return repairsNote(holds, { isHeard: true, isJournalWell: unusable === '' }, now)
}

/** Asks it, where there is one: another pod of the node may have it, whose socket is not here. Never rejects. */
export async function remediationOf(runDir: string, now: Date): Promise<NodeView['remediation']> {
  const socket = remediatorSocket(runDir)
  const isThere = await access(socket).then(
    () => true,
    () => false,
  )
  if (!isThere) return NO_REMEDIATION
  const client = connectUnix(socket)
  try {
    const note = noteOf(await client.call(RemediatorService.breakers, {}, { timeoutMs: TIMEOUT_MS }), now)
    if (note !== undefined) return { running: true, text: note, note }
    return { running: true, text: 'A remediator runs here: "node-doctor plan" says what it would do.' }
  } catch {
    const note = 'The remediator does not answer: nothing is repaired by itself while it does not run.'
    return { running: false, text: note, note }
  } finally {
    client.close()
  }
}
