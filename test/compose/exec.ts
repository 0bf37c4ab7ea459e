/** Programs of this test, run to their end. */
import { spawnSync } from 'node:child_process'

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export function tryRun(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Ran {
  const [program = '', ...args] = argv
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 28,
    timeout: 600_000,
  })
  return { status, stdout: stdout ?? '', stderr: `${stderr ?? ''}${error?.message ?? ''}` }
}

/** @throws with what the program said, when it does not end with 0. */
export function run(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const { status, stdout, stderr } = tryRun(argv, env)
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** Waits until `probe` returns something. @throws after `ms`, with the last error. */
export async function until<T>(what: string, ms: number, probe: () => T | undefined | false): Promise<T> {
  const deadline = performance.now() + ms
  let last = ''
  for (;;) {
    try {
      const value = probe()
      if (value !== undefined && value !== false) return value
    } catch (err) {
      last = err instanceof Error ? err.message : String(err)
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${ms / 1000} s. ${last}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
