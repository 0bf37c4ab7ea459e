import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SKIPPED, type Step } from './steps.ts'

export type Outcome = 'passed' | 'failed' | 'skipped'

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

/** Runs a step quietly; its output is shown when it fails, and its last line when it is skipped. */
export function runStep(root: string, step: Step): Outcome {
  const startMs = performance.now()
  const say = (outcome: string, more = '') =>
    console.log(`${outcome.padEnd(8)} ${step.name} (${((performance.now() - startMs) / 1000).toFixed(1)} s)${more}`)
  if (step.needs !== undefined && !isInstalled(step.needs)) {
    say('skipped', `: ${step.needs} is not installed`)
    return 'skipped'
  }
  const [program = '', ...args] = step.command
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env,
  })
  if (status === 0) {
    say('passed')
    return 'passed'
  }
  const output = `${stdout ?? ''}${stderr ?? ''}`.trimEnd()
  if (step.maySkip && status === SKIPPED) {
    say('skipped', `: ${output.split('\n').at(-1)}`)
    return 'skipped'
  }
  console.log(output)
  say('FAILED', `: ${step.command.join(' ').slice(0, 200)}${error ? ` (${error.message})` : ''}`)
  return 'failed'
}
