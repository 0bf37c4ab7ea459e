/** Running a plug-in: a program, or one of our own helpers, which runs in this process and says the same. */
import { type Host, HostExecError, type PluginAnswer, type PluginOptions } from '#host'
import type { Clock } from '#service'

/** Runs one, to its end or its deadline. Rejects with the signal's reason when aborted. */
export type RunProgram = (
  path: string,
  args: readonly string[],
  options: Pick<PluginOptions, 'timeoutMs' | 'signal' | 'inherit' | 'env' | 'maxOutputBytes'>,
) => Promise<PluginAnswer>

/** What plug-ins are run by. */
export interface ProgramsAround {
  readonly host: Host
  readonly clock: Clock
}

/** Runs where this process runs, and relative to its folder. One that has no time at all is not started. */
export function runProgramOf({ host }: ProgramsAround): RunProgram {
  return (path, args, options) => {
    if (options.timeoutMs <= 0) {
      return Promise.resolve({
        kind: 'not-started',
        why: 'other',
        error: new HostExecError({ file: path, code: 'TIMEOUT' }),
      })
    }
    return host.programs.runPlugin(path, args, { ...options, cwd: process.cwd() })
  }
}
