import { readFileSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHost, type PluginAnswer, type PluginResult } from '#host'
import { tempFolder } from '../../../../../libs/host/testing.ts'
import { runProgramOf } from '../../programs/run-program.ts'
import { outcomeOf } from './outcome.ts'

interface Run {
  readonly case: {
    readonly name: string
    readonly script: string
    readonly mode: number
    readonly timeout: '0s' | '300ms' | '1s' | '2s'
    readonly max: number
    readonly args: readonly string[]
  }
  /** 0 is OK, 1 NonOK, 2 Unknown; undefined: node-problem-detector said nothing, for ever. */
  readonly status?: number
  /** Base64. */
  readonly message?: string
}

const FILE = join(import.meta.dirname, '../../fixtures/npd/runs/table.json')
const runs = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Run[]
const STATUS = ['OK', 'NonOK', 'Unknown'] as const
const TIMEOUT_MS = { '0s': 0, '300ms': 300, '1s': 1_000, '2s': 2_000 } as const

const clock = systemClock()
const host = createHost({ root: '', clock })

/** The program of a case, run as its check runs it, but in the folder of the test. */
async function runCase({ case: { script, mode, timeout, args, max } }: Run) {
  await using folder = await tempFolder()
  const path = join(folder.path, 'p.sh')
  await writeFile(path, script)
  await chmod(path, mode)
  const inFolder = { ...host.programs, runPlugin: runIn(folder.path) }
  const run = runProgramOf({ host: { ...host, programs: inFolder }, clock })
  const answer = await run('./p.sh', args, { timeoutMs: TIMEOUT_MS[timeout], signal: new AbortController().signal })
  return { answer, ...outcomeOf(answer, './p.sh', max) }
}

function runIn(cwd: string): typeof host.programs.runPlugin {
  return (file, args, options) => host.programs.runPlugin(file, args, { ...options, cwd })
}

describe('what node-problem-detector says of a program, which', () => {
  it.concurrent.each(runs.filter(({ status }) => status !== undefined))('is "$case.name"', async (run) => {
    const { status, output } = await runCase(run)
    expect({ status, message: output.toString('base64') }).toEqual({
      status: STATUS[run.status ?? 2],
      message: run.message,
    })
  })
})

describe('where node-problem-detector says nothing for ever (B4)', () => {
  const held = runs.filter(({ status }) => status === undefined)

  it.each(held)('the deadline ends a run that is "$case.name"', async (run) => {
    const { answer, status, output } = await runCase(run)
    expect({ status, output: output.toString() }).toEqual({
      status: 'NonOK',
      output: 'Timeout when running plugin "./p.sh": state - exit status 1. output - "a"',
    })
    expect(answer).toMatchObject({ kind: 'abandoned', program: { why: 'stranger' } })
  })
})

function ended(result: Partial<PluginResult>): PluginAnswer {
  const nothing = Buffer.alloc(0)
  const usual = { exitCode: null, signal: null, coreDumped: false, truncated: false, timedOut: true }
  return { kind: 'ended', result: { ...usual, stdout: nothing, stderr: nothing, ...result } }
}

function textOf(result: Partial<PluginResult>): string {
  return outcomeOf(ended(result), '/x.sh', 200).output.toString()
}

describe('a run whose time is over', () => {
  it('says by which signal it ended, as Go calls it', () => {
    expect(textOf({ signal: 'SIGSEGV', coreDumped: true })).toContain(
      'state - signal: segmentation fault (core dumped).',
    )
    expect(textOf({ signal: 'SIGTRAP' })).toContain('state - signal: trace/breakpoint trap.')
    expect(textOf({ signal: 'SIGSYS' })).toContain('state - signal: signal 31.')
  })

  it('says that it still runs, where nothing ends it', () => {
    expect(textOf({})).toBe('Timeout when running plugin "/x.sh": state - still running. output - ""')
  })
})
