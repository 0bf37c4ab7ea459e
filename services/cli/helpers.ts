/** The helper programs of node-problem-detector, which have flags and texts of their own. */
import { uptime } from 'node:os'
import type { Clock } from '#clock'
import { createHost } from '#host'
import type { ToolName } from '#npd-tools'
import type { OwnWordsCommand } from './command.ts'

const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const

function helper(name: ToolName, summary: string): OwnWordsCommand {
  return { name, summary, runWords: (words, clock) => runHelper(name, words, clock) }
}

/** Each of them. */
export const HELPERS: readonly OwnWordsCommand[] = [
  helper('health-checker', 'is the kubelet, the container runtime or kube-proxy well'),
  helper('log-counter', 'is a line in the journal too often'),
]

/** Runs one and prints what it says, as it is. @returns its exit code, or that of the signal that ended it */
async function runHelper(name: ToolName, words: readonly string[], clock: Clock): Promise<number> {
  // Loaded here: no other command compiles expressions.
  const { TOOLS } = await import('#npd-tools')
  const stop = new AbortController()
  let code: number | undefined
  const offs = Object.entries(SIGNAL_CODES).map(([signal, itsCode]) => {
    const end = (): void => {
      code = itsCode
      stop.abort(new Error(`ended by ${signal}`))
    }
    process.once(signal, end)
    return () => process.off(signal, end)
  })
  try {
    const host = createHost({ root: '', clock })
    const around = { host, clock, env: process.env, uptimeSeconds: uptime, signal: stop.signal }
    const { exitCode, stdout, stderr } = await TOOLS[name](words, around)
    process.stderr.write(stderr)
    process.stdout.write(stdout)
    return exitCode
  } catch (err) {
    if (code === undefined) throw err
    return code
  } finally {
    for (const off of offs) off()
  }
}
