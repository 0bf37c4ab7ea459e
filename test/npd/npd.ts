/** node-problem-detector v1.36.0, built into the cache. */
import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** NPD as it is built. */
export interface Npd {
  /** node-problem-detector, health-checker and log-counter stand in it. */
  readonly folder: string
  readonly binary: string
  /** Configuration that comes with its module. */
  readonly config: string
}

const FOLDER = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'node-doctor/npd/v1.36.0')

/** Builds it where it is not built yet. @returns undefined, after a line that says why, where it cannot be had */
export function findNpd(folder = FOLDER): Npd | undefined {
  const script = join(import.meta.dirname, 'build-npd.sh')
  const { status } = spawnSync(script, [folder], { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status === 3) return undefined
  if (status !== 0) throw new Error(`${script} ended with ${status}`)
  return { folder, binary: join(folder, 'node-problem-detector'), config: join(folder, 'config') }
}
