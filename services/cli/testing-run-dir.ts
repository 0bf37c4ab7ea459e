/** For tests of commands: a run directory of each test's own, with the detector that answers there. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, vi } from 'vitest'
import type { DetectorServer } from '#proto/nodedoctor/v1/detector.ts'
import type { RpcServer } from '#rpc'
import { serveDetector } from './testing.ts'

export interface RunDir {
  /** Another one in each test; this user's alone (mode 0700). */
  readonly dir: string
  /** A detector over its real socket, until the test's end. What is not given is answered with nothing. */
  serve(answers: Partial<DetectorServer>): Promise<void>
  /** Ends the detector at once, as one that was killed. */
  endDetector(): Promise<void>
}

/** Run directories of a test file, each removed after its test; no configuration of this machine is read meanwhile. */
export function runDirOfTests(): RunDir {
  let dir = ''
  let server: RpcServer | undefined
  async function endDetector(): Promise<void> {
    await server?.close(0)
    server = undefined
  }
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nd-cli-'))
    vi.stubEnv('NODE_DOCTOR_CONFIG', '')
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await endDetector()
    await rm(dir, { recursive: true, force: true })
  })
  return {
    get dir() {
      return dir
    },
    async serve(answers) {
      server = await serveDetector(dir, answers)
    },
    endDetector,
  }
}
