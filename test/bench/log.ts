/**
 * What a log costs that is followed: at full speed from a file that stands there, and while it is written; how long a line
 * holds the process; how soon a line of the kernel is on the bus.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHost } from '../../libs/host/index.ts'
import { reportFigure } from './figure.ts'
import { reportHeld } from './log/held.ts'
import { reportKernelToBus } from './log/kernel-to-bus.ts'

const FULL_SPEED_LINES = 1_000_000
const ROUNDS = 7
const PER_SECOND = 1_000
const SECONDS = 20
const SETTLE_MS = 500
const LINE = `${'x'.repeat(99)}\n`

/** Follows a log until so many lines were told. @param caughtUp called once what stood there was told */
async function follow(path: string, lines: number, caughtUp?: () => void): Promise<void> {
  const stop = new AbortController()
  let told = 0
  for await (const event of createHost({ root: '' }).logs.tail(path, { from: 'start', signal: stop.signal })) {
    if (event.kind === 'lines') told += event.lines.length
    if (event.kind === 'caught-up') caughtUp?.()
    if (told >= lines) stop.abort()
  }
}

/** Microseconds a line: by the wall, since the thread pool's part of it is waited for. */
async function atFullSpeed(path: string): Promise<number> {
  const began = performance.now()
  await follow(path, FULL_SPEED_LINES)
  return ((performance.now() - began) * 1000) / FULL_SPEED_LINES
}

/** The same of a program that counts lines and nothing else. */
function bare(path: string): number {
  const began = performance.now()
  let count = 0
  const bytes = readFileSync(path)
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++
  return ((performance.now() - began) * 1000) / count
}

/** Millicores of this process while a log is written. */
async function whileWritten(path: string): Promise<number> {
  const { promise: caughtUp, resolve } = Promise.withResolvers<void>()
  const reading = follow(path, PER_SECOND * SECONDS, resolve)
  await caughtUp
  await new Promise((settled) => setTimeout(settled, SETTLE_MS))
  const began = performance.now()
  const before = process.cpuUsage()
  const helper = join(import.meta.dirname, 'log', 'write-lines.ts')
  spawn(process.execPath, [helper, path, String(PER_SECOND), String(SECONDS)], { stdio: 'inherit' })
  await reading
  const { user, system } = process.cpuUsage(before)
  return (user + system) / (performance.now() - began)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

const folder = mkdtempSync(join(tmpdir(), 'nd-bench-log-'))
try {
  const written = join(folder, 'written.log')
  writeFileSync(written, '')
  reportFigure({
    name: `CPU of a log with ${PER_SECOND} lines a second`,
    value: await whileWritten(written),
    unit: 'millicores',
    budget: { max: 20 },
  })
  const full = join(folder, 'full.log')
  writeFileSync(full, LINE.repeat(FULL_SPEED_LINES))
  const took = { tail: [] as number[], bare: [] as number[] }
  await atFullSpeed(full)
  for (let round = 0; round < ROUNDS; round++) {
    took.bare.push(bare(full))
    took.tail.push(await atFullSpeed(full))
  }
  reportFigure({
    name: 'a line of 100 bytes from a file to who follows it',
    value: median(took.tail),
    unit: 'µs',
    budget: { max: 4 },
    comparedWith: { name: 'lines counted in memory', value: median(took.bare) },
  })
} finally {
  rmSync(folder, { recursive: true })
}
reportHeld()
await reportKernelToBus()
