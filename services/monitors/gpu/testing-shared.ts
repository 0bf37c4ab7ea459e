/**
 * What the checks of this monitor have together where they run over a fixture: `programs/nvidia-smi` has a table of fields and values, as
 * `--format=csv,nounits` prints it, and is asked like a driver that knows those fields and no other. What is no table is printed as it
 * stands, whatever was asked. `programs/nvidia-smi.apps` is the answer to --query-compute-apps; where `programs/nvidia-smi.hangs` is, it hangs.
 * `programs/nvidia-smi.q`, `.links`, `.errors`, `.reach` are the answers to -q, nvlink -s, nvlink -e and topo -p2p n; with `.exit` behind it how it ends. `units` has a line
 * for each unit of systemd that there is: its name, its active state, and "ran" where it was active once.
 * `programs/nvidia-smi.lost` has a line for each that is lost: what it says, and fails, where that one is among those that it is asked for.
 */
import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createHost, HostExecError, type ProbeAnswer, type Programs, type RunResult, type Units } from '#host'
import type { HandClock } from '#monitor-kit/testing'
import { readDevices } from './driver/devices.ts'
import { readNodeLibrary } from './driver/node-library.ts'
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
  const only = args[args.indexOf('-i') + 1]?.split(',')
  const isMeant = (line: string, index: number) =>
    index === 0 || !args.includes('-i') || only?.some((bus) => line.includes(`0000${bus}`)) === true
  const picked = lines.filter(isMeant).map((line) => {
    const cells = line.split(',').map((one) => one.trim())
    return asked.map((name) => cells[columns.indexOf(name)] ?? '').join(', ')
  })
  const text = picked.join('\n')
  // What was cut in the table is cut in what is printed of it.
  return { text: table.endsWith('\n') ? `${text}\n` : text.slice(0, -8), exitCode: 0 }
}

/** Questions that a file of their own answers. */
const BESIDE = [
  { asked: '--query-compute-apps', file: 'apps' },
  { asked: '-q', file: 'q' },
  { asked: 'nvlink -s', file: 'links' },
  { asked: 'nvlink -e', file: 'errors' },
  { asked: 'topo -p2p n', file: 'reach' },
] as const

/** Units of a fixture; where it says nothing of them there is no systemd. */
function playedUnits(root: string): Units {
  const path = join(root, 'units')
  return {
    unit(asked) {
      if (!existsSync(path))
        return Promise.resolve({ kind: 'unknown', reason: 'no-bus', message: 'there is no system bus' })
      const states = new Map(
        readFileSync(path, 'utf8')
          .trim()
          .split('\n')
          .map((line) => [line.split(' ', 1)[0] ?? '', line.split(' ').slice(1)] as const),
      )
      const name = asked.replace(/\.service$/, '')
      const [state, ran] = states.get(name) ?? []
      const service = { result: 'success', mainPid: undefined, restarts: 0, exitStatus: 0 }
      const activeEnteredAt = ran === undefined ? undefined : new Date(0)
      const common = { name: asked, subState: '', activeEnteredAt, fileState: 'enabled', service }
      const unit = {
        ...common,
        loadState: state === undefined ? 'not-found' : 'loaded',
        activeState: state ?? 'inactive',
      }
      return Promise.resolve({ kind: 'known', unit })
    },
  }
}

/** What is said of the first that is lost of those that are asked for, who are all where none is named. */
function lostAmong(lost: string, args: readonly string[]): string | undefined {
  if (args[0]?.startsWith('--query-gpu') !== true) return undefined
  const only = args.includes('-i') ? args[args.indexOf('-i') + 1]?.split(',') : undefined
  const lines = lost.split('\n').filter((line) => line !== '')
  return lines.find((line) => only === undefined || only.some((bus) => line.includes(bus.replace(/\.0$/, ''))))
}

/** What a test does at each probe. */
export interface Slow {
  probe: () => void
  renew: () => void
}

function playedPrograms(root: string, programs: Programs, slow: Slow): Programs {
  const path = join(root, 'programs/nvidia-smi')
  const textOf = (name: string) => (existsSync(name) ? readFileSync(name, 'utf8') : undefined)
  return {
    ...programs,
    find: (file) => Promise.resolve(file === 'nvidia-smi' && existsSync(path) ? path : undefined),
    probe(file, args) {
      slow.probe()
      const table = textOf(path)
      if (table === undefined) return Promise.reject(new HostExecError({ file, code: 'ENOENT' }))
      if (existsSync(`${path}.hangs`)) {
        const program = { pid: 4242, isAlive: true, ended: new Promise<RunResult>(() => undefined) }
        return Promise.resolve({ kind: 'late', program })
      }
      const beside = BESIDE.find(({ asked }) => args.join(' ').startsWith(asked))
      if (beside !== undefined) {
        const file = `${path}.${beside.file}`
        return Promise.resolve(ended(textOf(file) ?? '', Number(textOf(`${file}.exit`) ?? 0)))
      }
      const lost = lostAmong(textOf(`${path}.lost`) ?? '', args)
      if (lost !== undefined) return Promise.resolve(ended(`${lost}\n`, 15))
      const { text, exitCode } = playTable(table, args)
      return Promise.resolve(ended(text, Number(textOf(`${path}.exit`) ?? exitCode)))
    },
  }
}

/** @param root of the captured machine */
export function sharedOver(root: string, clock: HandClock): GpuShared & { readonly slow: Slow } {
  const slow: Slow = { probe: () => undefined, renew: () => undefined }
  const host = createHost({ root })
  const played = { ...host, programs: playedPrograms(root, host.programs, slow) }
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
  return {
    ...shared,
    slow,
    units: playedUnits(root),
    library: () => readNodeLibrary(host, host),
    devices: () => readDevices(host),
    seesProcesses: () => Promise.resolve(true),
    renew: () => slow.renew(),
  }
}
