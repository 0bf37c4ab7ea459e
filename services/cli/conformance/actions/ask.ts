/** What a plug-in is asked by nodedoctor.v1.ActionRunner: nothing is done but what a person names, and that once. */
import { ActionRunnerService } from '#proto/nodedoctor/v1/action.ts'
import type { Line } from '../line.ts'
import type { Asked } from '../types.ts'
import { askLate } from './ask-late.ts'
import { actOf, newAttempt, run } from './run.ts'
import type { ActionFacts, ActionRuns } from './types.ts'

const STRANGE = 'node-doctor-conformance'
/** The first of two is called off so long after it began. */
const CALLED_OFF_MS = 100

async function runsOf(line: Line, { socket }: Asked, name: string): Promise<ActionRuns> {
  const { clock } = line
  const can = await line.ask(ActionRunnerService.canRun, { act: actOf(name), unrecorded: false })
  const attempt = newAttempt()
  const off = new AbortController()
  const first = run(line, { attempt, name, callOff: off.signal })
  await clock.sleep(CALLED_OFF_MS)
  const beside = run(line, { attempt, name })
  await clock.sleep(CALLED_OFF_MS)
  off.abort()
  const both = { first: await first, beside: await beside }
  const later = await run(line, { attempt, name })
  const joined = await run(line, { attempt, name, join: true })
  return { can, ...both, later, joined, late: await askLate(line, socket, name) }
}

/** Everything; undefined where it does not speak that. */
export async function askActions(line: Line, asked: Asked): Promise<ActionFacts | undefined> {
  const { runs: name } = asked
  const describe = await line.ask(ActionRunnerService.describe, {})
  if (describe.kind === 'failed' && ['UNIMPLEMENTED', 'UNAVAILABLE'].includes(describe.code)) return undefined
  const stranger = await line.ask(ActionRunnerService.canRun, { act: actOf(STRANGE), unrecorded: false })
  const attempt = newAttempt()
  const unknown = await run(line, { attempt, name: name ?? STRANGE, join: true })
  const cancelled = await line.ask(ActionRunnerService.cancel, { attempt })
  return {
    describe,
    stranger,
    unknown,
    cancelled,
    runs: name === undefined ? undefined : await runsOf(line, asked, name),
  }
}
