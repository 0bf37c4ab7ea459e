/** Running a plug-in: a program, or one of our own helpers, which runs in this process and says the same. */
import { uptime } from 'node:os'
import { createHost, type Host, HostExecError, type PluginAnswer, type PluginOptions, pluginEnvironment } from '#host'
import { ownToolAt, type Tool } from '#npd-tools'
import type { Clock } from '#service'
import { runTool } from './run-tool.ts'

/** How one is run. */
export type ProgramOptions = Pick<PluginOptions, 'timeoutMs' | 'inherit' | 'env' | 'maxOutputBytes' | 'killsRest'> & {
  readonly signal: AbortSignal
}

/** Runs one, to its end or its deadline. Rejects with the signal's reason when aborted and nothing of it is left. */
export type RunProgram = (path: string, args: readonly string[], options: ProgramOptions) => Promise<PluginAnswer>

/** What plug-ins are run by. */
export interface ProgramsAround {
  readonly host: Host
  readonly clock: Clock
}

/** One for all checks of a process: how many of its threads calls that hang may hold is a matter of the whole. */
const ownHosts = new WeakMap<Clock, Host>()

/** Plug-ins stand in this process's own file system, wherever the node's is. */
function ownHostOf({ host, clock }: ProgramsAround): Host {
  if (host.root === '') return host
  const own = ownHosts.get(clock) ?? createHost({ root: '', clock })
  ownHosts.set(clock, own)
  return own
}

/** Runs where this process runs, and relative to its folder. One that has no time at all is not started. */
export function runProgramOf(around: ProgramsAround): RunProgram {
  const { host, clock } = around
  const own = ownHostOf(around)
  // A folder may be removed under a process that lives in it.
  const cwd = process.cwd()
  return async (path, args, options) => {
    if (options.timeoutMs <= 0) {
      const advice = 'its timeout leaves it no time at all'
      return { kind: 'not-started', why: 'other', error: new HostExecError({ file: path, code: 'TIMEOUT', advice }) }
    }
    let tool: Tool | undefined
    try {
      tool = await ownToolAt(path, own)
    } catch (error) {
      if (!(error instanceof HostExecError)) throw error
      return { kind: 'not-started', why: 'hung', error }
    }
    if (tool === undefined) return host.programs.runPlugin(path, args, { ...options, cwd })
    const env = pluginEnvironment(options)
    return runTool(tool, args, options, { host: own, clock, env, uptimeSeconds: uptime })
  }
}
