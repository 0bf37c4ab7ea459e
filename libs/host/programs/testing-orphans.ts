/**
 * Runs plug-ins whose grandchildren lose their parent, as the first process of a PID namespace or below it, and says how
 * many zombies are left when all have ended: `testing-orphans.ts RUNS`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHost } from '../host.ts'

const AT_ONCE = 8
const ORPHAN = 'sleep'
/** Ends after its parent has, in a session of its own, and holds nothing. */
const SCRIPT = 'setsid sleep 0.05 </dev/null >/dev/null 2>&1 & exit 0'

/** The states of all processes by that name. */
function statesOf(name: string): string[] {
  const pids = readdirSync('/proc').filter((each) => /^\d+$/.test(each))
  return pids.flatMap((pid) => {
    try {
      const [, comm, state] = /^\d+ \((.*)\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
      return comm === name && state !== undefined ? [state] : []
    } catch {
      return []
    }
  })
}

const { programs } = createHost({ root: '' })
let left = Number(process.argv[2])
async function runSome(): Promise<void> {
  while (left-- > 0) {
    const answer = await programs.runPlugin('/bin/sh', ['-c', SCRIPT], { timeoutMs: 30_000 })
    if (answer.kind !== 'ended' || answer.result.exitCode !== 0) throw new Error(JSON.stringify(answer))
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, runSome))
let states = statesOf(ORPHAN)
// Of an end note is taken a moment later: who is a zombie for two seconds stays one.
for (let looks = 0; looks < 100 && states.length > 0; states = statesOf(ORPHAN)) {
  if (states.every((state) => state === 'Z')) looks++
  await sleep(20)
}
process.stdout.write(`${JSON.stringify({ pid: process.pid, zombies: states.length })}\n`)
