/**
 * For tests that kill processes: what has this in the place of `silent.ts` (`node --conditions=kill-steps`) writes down each step that it
 * reaches, and ends by SIGKILL at the one that its test has chosen. Both in a folder that NODE_DOCTOR_STEPS names; without it, nothing.
 */
import { appendFileSync, readFileSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { recordStep, type Side, type Step, type SteppedRecord } from './steps.ts'

export { recordStep, STEPS, type Step } from './steps.ts'

const folder = process.env['NODE_DOCTOR_STEPS']

/** What is chosen: a step, and whose process ends there ("": the one that reaches it); undefined: nothing is. */
function chosen(path: string): { readonly step: string; readonly pid: string } | undefined {
  try {
    const [step = '', pid = ''] = readFileSync(path, 'utf8').split('\n')
    return { step, pid }
  } catch {
    return undefined
  }
}

function reached(step: string): void {
  if (folder === undefined) return
  try {
    appendFileSync(join(folder, 'reached'), `${step}\n`)
  } catch {
    // A disk that takes nothing is what some tests are about.
  }
  const path = join(folder, 'chosen')
  const of = chosen(path)
  if (of?.step !== step) return
  // Once: whoever comes after it passes.
  unlinkSync(path)
  appendFileSync(join(folder, 'killed'), `${step}\n`)
  process.kill(of.pid === '' ? process.pid : Number(of.pid), 'SIGKILL')
}

/** A step is reached at which this process may end. */
export function passes(step: Step): void {
  reached(step)
}

/** A record is about to be written, or was. */
export function passesRecord(side: Side, record: SteppedRecord): void {
  reached(recordStep(side, record))
}
