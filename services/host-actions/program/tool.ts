/** An action that is one tool of the host, by the first of several ways that the host has. */
import { HostReadError } from '#host'
import type { Action, Tools } from '../actions/types.ts'
import { endedOf, runProgram } from './ended.ts'

/** A tool's name and its words. */
export type ToolCommand = readonly [string, ...string[]]

async function commandOf({ acts }: Tools, commands: readonly ToolCommand[]): Promise<ToolCommand | undefined> {
  for (const [tool, ...words] of commands) {
    const place = await acts.programs.find(tool)
    if (place !== undefined) return [place, ...words]
  }
  return undefined
}

/** @param commands the first whose tool is there is run */
export function toolAction(strategy: string, description: string, commands: readonly ToolCommand[]): Action {
  const missing = `the host has no ${commands.map(([tool]) => tool).join(' and no ')}`

  async function unavailable(tools: Tools): Promise<string> {
    try {
      return (await commandOf(tools, commands)) === undefined ? missing : ''
    } catch (err) {
      if (err instanceof HostReadError) return err.message
      throw err
    }
  }
  return {
    strategy,
    description,
    unavailable,
    refusal: () => Promise.resolve(''),
    async run(attempt, tools) {
      const command = await commandOf(tools, commands)
      if (command === undefined) return { outcome: 'declined', message: missing }
      return endedOf(await runProgram(attempt, tools, { command }), command.join(' '))
    },
  }
}
