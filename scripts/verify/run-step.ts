import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SKIPPED, type Step } from './steps.ts'

export type Outcome = 'passed' | 'failed' | 'skipped'

interface Ended {
  readonly status: number | null
  readonly output: string
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function runToEnd(root: string, [program = '', ...args]: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.once('error', (err) => resolve({ status: null, output: `${output}${err.message}` }))
    child.once('close', (status) => resolve({ status, output: output.trimEnd() }))
  })
}

/** Runs a step quietly; its output is shown when it fails, and its last line when it is skipped. */
export async function runStep(root: string, step: Step): Promise<Outcome> {
  const startMs = performance.now()
  const say = (outcome: string, more = '') =>
    console.log(`${outcome.padEnd(8)} ${step.name} (${((performance.now() - startMs) / 1000).toFixed(1)} s)${more}`)
  if (step.needs !== undefined && !isInstalled(step.needs)) {
    say('skipped', `: ${step.needs} is not installed`)
    return 'skipped'
  }
  const { status, output } = await runToEnd(root, step.command)
  if (status === 0) {
    say('passed')
    return 'passed'
  }
  if (step.maySkip && status === SKIPPED) {
    say('skipped', `: ${output.split('\n').at(-1)}`)
    return 'skipped'
  }
  console.log(output)
  say('FAILED', `: ${step.command.join(' ').slice(0, 200)}`)
  return 'failed'
}

/** Runs steps, at most `atOnce` of them at a time. */
export async function runSteps(root: string, steps: readonly Step[], atOnce: number): Promise<readonly Outcome[]> {
  const waiting = [...steps]
  const outcomes: Outcome[] = []
  async function work(): Promise<void> {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift())
      outcomes.push(await runStep(root, step))
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return outcomes
}
