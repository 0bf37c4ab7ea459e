/** The build before this one, for tests of processes of two versions together. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const ROOT = new URL('../..', import.meta.url).pathname
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'node-doctor')
/** The last commit before the one that began the version in work; moved at each release. */
export const PREVIOUS = '40aa685a0549'

export interface PreviousBuild {
  /** Folder of its bundles; undefined where there is none. */
  readonly dist: string | undefined
  readonly missing: string
}

/** Builds it from the repository's own history, once; kept in the cache. */
export function previousBuild(): PreviousBuild {
  const dir = join(CACHE, `previous-${PREVIOUS}`)
  if (existsSync(join(dir, 'dist/detector.mjs'))) return { dist: join(dir, 'dist'), missing: '' }
  const known = spawnSync('git', ['cat-file', '-e', `${PREVIOUS}^{commit}`], { cwd: ROOT })
  if (known.status !== 0)
    return { dist: undefined, missing: `skipped: the commit ${PREVIOUS} is not in this clone (a shallow one?)` }
  const work = `${dir}.${process.pid}`
  mkdirSync(work, { recursive: true })
  try {
    execFileSync('bash', ['-c', `git archive ${PREVIOUS} | tar -x -C ${work}`], { cwd: ROOT })
    symlinkSync(join(ROOT, 'node_modules'), join(work, 'node_modules'))
    execFileSync(process.execPath, ['scripts/build.ts', 'detector', 'system', 'http-exporter'], { cwd: work })
    rmSync(join(work, 'node_modules'))
    rmSync(dir, { recursive: true, force: true })
    renameSync(work, dir)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return { dist: join(dir, 'dist'), missing: '' }
}
