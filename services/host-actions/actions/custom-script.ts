import { endedOf, runProgram } from '../program/ended.ts'
import { scriptEnvironment } from '../script/environment.ts'
import { nameOf } from './target.ts'
import type { Action } from './types.ts'

/** The words of the configuration, which the permit has held against it. */
function argsOf(text = '[]'): readonly string[] {
  const args: unknown = JSON.parse(text)
  return Array.isArray(args) ? args.map(String) : []
}

export const customScript: Action = {
  strategy: 'custom-script',
  description: 'Runs a program of yours, with the problem in its environment',
  refusal: ({ target }, { acts }) => acts.whyNotRoots(nameOf(target)),
  async run(attempt, tools) {
    const { id, act, problem } = attempt
    const path = nameOf(act.target)
    const command = [path, ...argsOf(act.parameters['args'])] as const
    const end = await runProgram(attempt, tools, { command, env: scriptEnvironment(id, act, problem) })
    return endedOf(end, path)
  },
}
