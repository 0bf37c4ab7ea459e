/**
 * What the checks of this monitor have together where they run over a fixture: `programs/nvidia-smi` has a table of fields and values, as
 * `--format=csv,nounits` prints it, and is asked like a driver that knows those fields and no other. What is no table is printed as it
 * stands, whatever was asked. `programs/nvidia-smi.apps` is the answer to --query-compute-apps; where `programs/nvidia-smi.hangs` is, it hangs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createHost, HostExecError, type ProbeAnswer, type Programs, type RunResult } from '#host'
import type { HandClock } from '#monitor-kit/testing'
import { createGpuShared, type GpuShared } from './shared.ts'

const NO_LOG = { debug() {}, info() {}, warn() {}, error() {}, child: () => NO_LOG }

function ended(stdout: string, exitCode: number): ProbeAnswer {
  const result: RunResult = { exitCode, signal: null, stdout, stderr: '', timedOut: false, truncated: false }
  return { kind: 'ended', result }
}

/** A driver that knows the columns of a table. */
export function playTable(
  table: string,
  args: readonly string[],
): { readonly text: string; readonly exitCode: number } {
  const lines = table.trimEnd().split('\n')
  const columns = (lines[0] ?? '').split(',').map((one) => one.trim())
  if (!columns.includes('pci.bus_id')) return { text: table, exitCode: 0 }
  if (args[0] === '--help-query-gpu') {
    return { text: columns.map((name) => `"${name}"\nWhat it is.\n`).join('\n'), exitCode: 0 }
  }
  const asked = /^--query-gpu=(.*)$/.exec(args[0] ?? '')?.[1]?.split(',')
  if (asked === undefined) return { text: '', exitCode: 0 }
  const unknown = asked.find((name) => !columns.includes(name))
  if (unknown !== undefined) return { text: `Field "${unknown}" is not a valid field to query.\n`, exitCode: 2 }
  const picked = lines.map((line) => {
    const cells = line.split(',').map((one) => one.trim())
    return asked.map((name) => cells[columns.indexOf(name)] ?? '').join(', ')
  })
  return { text: `${picked.join('\n')}\n`, exitCode: 0 }
}

function playedPrograms(root: string, programs: Programs): Programs {
  const path = join(root, 'programs/nvidia-smi')
  const textOf = (name: string) => (existsSync(name) ? readFileSync(name, 'utf8') : undefined)
  return {
    ...programs,
    find: (file) => Promise.resolve(file === 'nvidia-smi' && existsSync(path) ? path : undefined),
    probe(file, args) {
      const table = textOf(path)
      if (table === undefined) return Promise.reject(new HostExecError({ file, code: 'ENOENT' }))
      if (existsSync(`${path}.hangs`)) {
        const program = { pid: 4242, isAlive: true, ended: new Promise<RunResult>(() => undefined) }
        return Promise.resolve({ kind: 'late', program })
      }
      if (args[0]?.startsWith('--query-compute-apps') === true)
        return Promise.resolve(ended(textOf(`${path}.apps`) ?? '', 0))
      const { text, exitCode } = playTable(table, args)
      return Promise.resolve(ended(text, Number(textOf(`${path}.exit`) ?? exitCode)))
    },
  }
}

/** @param root of the captured machine */
export function sharedOver(root: string, clock: HandClock): GpuShared {
  const host = createHost({ root })
  const played = { ...host, programs: playedPrograms(root, host.programs) }
  const folder = join(root, 'state')
  const shared = createGpuShared({
    host: played,
    clock,
    signal: new AbortController().signal,
    log: NO_LOG,
    stateFolder: async () => {
      if (!existsSync(root)) throw new Error('there is no such machine')
      await mkdir(folder, { recursive: true })
      return folder
    },
  })
  return { ...shared, seesProcesses: () => Promise.resolve(true) }
}
