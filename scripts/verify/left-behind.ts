/** Stores of the bus that tests left in memory, where nothing but a reboot takes them away. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Counts } from './run-vitest.ts'

const MEMORY = '/dev/shm'

/**
 * Does what runs tests with a folder for their temporary files (`TMPDIR`) that no other run has, and removes it. Its name is
 * short, since paths of sockets are, and it is as open as /tmp: some tests work as another user.
 */
export async function inRunFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'nd-'))
  try {
    chmodSync(folder, 0o1777)
    return await work(folder)
  } finally {
    unmountBelow(folder)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** What a test that failed left mounted; said, and taken away, since nothing below a mount that takes no writes can be removed. */
function unmountBelow(folder: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
  const points = mounts.split('\n').map((line) => line.split(' ', 5)[4] ?? '')
  for (const point of points.filter((one) => one.startsWith(`${folder}/`)).toReversed()) {
    console.log(`tests left ${point} mounted`)
    spawnSync('umount', ['--lazy', point])
  }
}

/** Names of the stores of run directories below `folder`, as `node-doctor up` names them. */
export function storesOf(folder: string, memory = MEMORY): readonly string[] {
  const name = folder.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-/, '')
  const pattern = new RegExp(`^node-doctor-\\d+-${name}-`)
  return existsSync(memory) ? readdirSync(memory).filter((store) => pattern.test(store)) : []
}

/** One check: whether what the tests made there is gone again. */
export function countLeftBehind(left: readonly string[]): Counts {
  if (left.length === 0) return { passed: 1, failed: 0, skipped: 0 }
  console.log(`FAILED   tests left ${left.join(', ')} in ${MEMORY}`)
  return { passed: 0, failed: 1, skipped: 0 }
}
