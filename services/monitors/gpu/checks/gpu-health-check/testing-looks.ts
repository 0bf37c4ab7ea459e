/** A machine whose GPUs a test changes between two looks. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createHost } from '#host'
import type { CheckResult, Finding } from '#monitor-kit'
import { handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import type { Logger } from '#service'
import { FIELDS } from '../../smi/fields.ts'
import { sharedOver } from '../../testing-shared.ts'
import { gpuHealth } from './check.ts'
import { schema } from './config.ts'

/** Values of a GPU that is well; what is not named is not supported. */
const WELL: Readonly<Record<string, string>> = {
  gpu_recovery_action: 'None',
  'ecc.mode.current': 'Enabled',
  'ecc.mode.pending': 'Enabled',
  'ecc.errors.corrected.volatile.total': '0',
  'ecc.errors.uncorrected.volatile.total': '0',
  'remapped_rows.pending': 'No',
  'remapped_rows.failure': 'No',
  'temperature.gpu': '40',
  'memory.total': '143771',
  'memory.used': '0',
  'power.draw.instant': '77.71',
  name: 'NVIDIA H200',
}

export type Gpu = Readonly<Record<string, string>>

/** A GPU at a bus, with what is otherwise than well. */
export function gpuAt(bus: string, uuid: string, change: Gpu = {}): Gpu {
  return { ...WELL, index: '0', uuid, 'pci.bus_id': `00000000:${bus}:00.0`, ...change }
}

/** What nvidia-smi prints of them. */
export function tableOf(gpus: readonly Gpu[]): string {
  const keys = [...FIELDS.keys()]
  const rows = gpus.map((gpu) => keys.map((key) => gpu[key] ?? '[N/A]').join(', '))
  return `${[keys.join(', '), ...rows].join('\n')}\n`
}

/** The check over such a machine; removed with `await using`. */
export async function machineWith(config: unknown = {}) {
  const root = await mkdtemp(join(tmpdir(), 'nd-gpu-'))
  const clock = handClock()
  const around = { memory: heldMemory(), clock, config: schema.parse(config), root, host: createHost({ root }) }
  const shared = sharedOver(root, clock)
  const logged: string[] = []
  const log: Logger = { debug() {}, info: (text) => void logged.push(text), warn() {}, error() {}, child: () => log }
  const logging = {
    ...gpuHealth,
    create: (context) => gpuHealth.create({ ...context, log }),
  } satisfies typeof gpuHealth
  let check = startCheck(logging, { ...around, shared })

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }

  async function onPci(bus: string, driver: string, pciClass = '0x030200'): Promise<void> {
    const device = `sys/bus/pci/devices/0000:${bus}:00.0`
    await write(`${device}/vendor`, '0x10de\n')
    await write(`${device}/class`, `${pciClass}\n`)
    await rm(join(root, device, 'driver'), { force: true })
    if (driver === '') return
    await symlink(`../../../drivers/${driver}`, join(root, device, 'driver'))
  }

  await write('sys/module/nvidia/version', '590.48.01\n')
  await write('proc/loadavg', '0.08 0.12 0.10 1/412 20011\n')

  return {
    clock,
    shared,
    logged,
    write,
    onPci,
    offPci: (bus: string) => rm(join(root, `sys/bus/pci/devices/0000:${bus}:00.0`), { recursive: true }),
    remove: (path: string) => rm(join(root, path), { recursive: true }),
    /** One look at these GPUs. */
    async look(gpus: readonly Gpu[] | string, afterMs?: number): Promise<CheckResult> {
      await write('programs/nvidia-smi', typeof gpus === 'string' ? gpus : tableOf(gpus))
      return check.run(afterMs)
    },
    /** Two looks at these GPUs, for who has to be missing that long. */
    async lasts(gpus: readonly Gpu[] | string): Promise<CheckResult> {
      await this.look(gpus)
      return this.look(gpus)
    },
    /** One look at whatever stands there. */
    run: () => check.run(),
    answer: (parameters: Readonly<Record<string, string>>) => check.answer(parameters),
    clear: (type: string, entity?: string) => check.clear(type, entity),
    /** As after kill -9: another process, of the same boot, which knows what was remembered. */
    restart() {
      check = startCheck(logging, { ...around, shared: sharedOver(root, clock) })
    },
    /** As after a reboot: nothing is remembered but what stands in the state folder. */
    reboot() {
      check = startCheck(logging, { ...around, memory: heldMemory(), shared: sharedOver(root, clock) })
    },
    async [Symbol.asyncDispose]() {
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** "problem", "healthy", "pending" or "unknown"; undefined: nothing is said of it. */
export function stateOf(
  { findings }: { readonly findings: readonly Finding[] },
  type: string,
  entity = '',
): string | undefined {
  const found = findings.find((one) => one.type === type && (one.entity ?? '') === entity)
  return found?.pending === true ? 'pending' : found?.health
}
