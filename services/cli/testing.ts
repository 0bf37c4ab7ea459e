/** For tests: commands run in this process, and a detector's socket that answers as it is told. */
import { join } from 'node:path'
import { vi } from 'vitest'
import { type Clock, systemClock } from '#clock'
import { type DetectorServer, DetectorService, Node } from '#proto/nodedoctor/v1/detector.ts'
import { type RpcServer, serveUnix } from '#rpc'
import { runCli } from './cli.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** By the machine's clock. */
export function runCommand(...argv: string[]): Promise<Ran> {
  return runCommandBy(systemClock(), ...argv)
}

/** By a clock that the test moves. */
export function runCommandBy(clock: Clock, ...argv: string[]): Promise<Ran> {
  return spoken(() => runCli(argv, clock))
}

/** What is printed meanwhile, and the exit code. */
export async function spoken(run: () => Promise<number>): Promise<Ran> {
  let [out, err] = ['', '']
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text)
      return true
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err += String(text)
      return true
    }),
  ]
  try {
    return { code: await run(), out, err }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

/** Over a real socket below `dir`. What is not given is answered with nothing. */
export function serveDetector(dir: string, answers: Partial<DetectorServer>): Promise<RpcServer> {
  const implementation: DetectorServer = {
    getNode: (_call, callback) => callback(null, { node: Node.fromPartial({}) }),
    listMonitors: (_call, callback) => callback(null, { monitors: [] }),
    check: (_call, callback) => callback(null, { report: undefined }),
    clear: (_call, callback) => callback(null, { cleared: [] }),
    forget: (_call, callback) => callback(null, { ended: [] }),
    watchNode: (call) => call.end(),
    ...answers,
  }
  return serveUnix({
    path: join(dir, 'detector', 'detector.sock'),
    services: [{ definition: DetectorService, implementation }],
    serving: () => true,
  })
}
