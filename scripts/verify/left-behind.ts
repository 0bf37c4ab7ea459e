/** Stores of the bus that tests left in memory, where nothing but a reboot takes them away. */
import { existsSync, readdirSync } from 'node:fs'
import type { Counts } from './run-vitest.ts'

const MEMORY = '/dev/shm'
/** As `node-doctor up` names them, of folders that tests make below the system's folder for temporary files. */
const OF_TESTS = /^node-doctor-\d+-.*\bnd-/

export function storesOfTests(memory = MEMORY): readonly string[] {
  return existsSync(memory) ? readdirSync(memory).filter((name) => OF_TESTS.test(name)) : []
}

/** One check: whether what the tests made there is gone again. `before` is what stood there before them. */
export function countLeftBehind(before: readonly string[], after: readonly string[]): Counts {
  const left = after.filter((name) => !before.includes(name))
  if (left.length === 0) return { passed: 1, failed: 0, skipped: 0 }
  console.log(`FAILED   tests left ${left.join(', ')} in ${MEMORY}`)
  return { passed: 0, failed: 1, skipped: 0 }
}
