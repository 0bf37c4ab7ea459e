import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { run, writeTree } from '../../../../../libs/host/testing.ts'
import { placeOf } from '../../cards/pci.ts'
import { createGpuShared } from '../../shared.ts'
import { gpuHealth } from './check.ts'
import { schema } from './config.ts'

const MAKE = join(import.meta.dirname, '../../../../../test/fakes/nvidia-smi/make.sh')
const NO_LOG = { debug() {}, info() {}, warn() {}, error() {}, child: () => NO_LOG }

/** The check over a program that plays a capture, and a PCI bus with its GPUs. */
async function played(capture: string, state: string) {
  const folder = await mkdtemp(join(tmpdir(), 'nd-played-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await run('sh', MAKE, folder, capture, state)
  // What it is called on PCI says the program itself, in a state in which it answers.
  await writeFile(join(folder, 'state'), 'idle')
  const bus = await run(join(folder, 'nvidia-smi'), '--query-gpu=pci.bus_id', '--format=csv,noheader')
  await writeFile(join(folder, 'state'), state)
  const device = `sys/bus/pci/devices/${placeOf(bus)}.0`
  await writeTree(folder, { [`${device}/vendor`]: '0x10de\n', [`${device}/class`]: '0x030200\n' })
  await rm(join(folder, 'asked'))
  await writeTree(folder, { 'proc/loadavg': '0.1 0.1 0.1 1/400 2000\n', 'sys/module/nvidia/version': '590.48.01\n' })
  const clock = handClock()
  const host = createHost({ root: folder })
  const signal = new AbortController().signal
  const made = createGpuShared({ host, clock, signal, log: NO_LOG, stateFolder: () => Promise.resolve(folder) })
  const shared = { ...made, devices: () => Promise.resolve({ gpus: 1, hasControl: true }) }
  const config = schema.parse({ nvidiaSmi: join(folder, 'nvidia-smi') })
  const check = startCheck(gpuHealth, { root: folder, config, clock, host, shared, memory: heldMemory() })
  return {
    folder,
    become: (next: string) => writeFile(join(folder, 'state'), next),
    /** Problems of the last of so many looks, by type and reason. */
    async problems(looks: number): Promise<readonly string[]> {
      let found: readonly string[] = []
      for (let look = 0; look < looks; look++) {
        const { findings } = await check.run()
        found = findings.filter(({ health }) => health === 'problem').map(({ type, reason }) => `${type} ${reason}`)
      }
      return found
    },
    run: () => check.run(),
  }
}

const CAPTURES = [
  'h100',
  'h100-mig',
  'h200',
  'h200-mig',
  'l40s',
  'rtx-2080-super',
  'rtx-2080-super-610',
  'rtx-4080-super',
]

test.each(CAPTURES)('nothing is wrong with a %s that was captured, idle or at work', async (capture) => {
  const machine = await played(capture, 'idle')
  const ill = async () => (await machine.run()).findings.filter(({ health }) => health !== 'healthy')
  expect(await ill()).toEqual([])
  // One call for what its driver knows, one for all fields of all GPUs.
  expect((await readFile(join(machine.folder, 'asked'), 'utf8')).trim().split('\n')).toHaveLength(2)
  await machine.become('load')
  expect(await ill()).toEqual([])
})

/** What is found in a state, and in how many looks. */
const STATES: readonly { readonly state: string; readonly looks: number; readonly problems: readonly string[] }[] = [
  { state: 'hot', looks: 3, problems: ['GPUTemperatureHigh AtHeatLimit', 'GPUThrottled ClocksSlowedDown'] },
  { state: 'ecc', looks: 1, problems: ['GPUResetRequired DriverAsks', 'GPUMemoryErrors UncorrectableErrors'] },
  { state: 'ecc-threshold', looks: 1, problems: ['GPUMemoryErrors SramThresholdExceeded'] },
  { state: 'remap-pending', looks: 1, problems: ['GPURowRemap RowRemapPending'] },
  { state: 'remap-failure', looks: 1, problems: ['GPURowRemap RowRemapFailed'] },
  { state: 'reset-required', looks: 1, problems: ['GPUResetRequired DriverAsks'] },
  { state: 'pcie-width', looks: 2, problems: ['GPUPCIeDegraded FewerLanes'] },
  { state: 'power-limited', looks: 2, problems: ['GPUThrottled ClocksSlowedDown', 'GPUPowerLimited PowerLimited'] },
  { state: 'mig-pending', looks: 1, problems: ['GPUMisconfigured MigModePending'] },
  { state: 'prohibited', looks: 1, problems: ['GPUMisconfigured ComputeProhibited'] },
  { state: 'full', looks: 1, problems: ['GPUMemoryPressure MemoryNearlyFull'] },
  { state: 'lost', looks: 1, problems: ['GPUMissing GPULost'] },
  { state: 'unknown-error', looks: 1, problems: ['GPUMissing GPULost'] },
  { state: 'mismatch', looks: 1, problems: ['GPUDriverFailed DriverMismatch'] },
  { state: 'no-driver', looks: 1, problems: ['GPUDriverFailed DriverNotReached'] },
  { state: 'no-devices', looks: 2, problems: ['GPUMissing GPUGone'] },
  { state: 'garbage', looks: 1, problems: [] },
  { state: 'huge', looks: 1, problems: [] },
]

test.each(STATES)('in the state $state after $looks looks there is $problems', async ({ state, looks, problems }) => {
  const machine = await played('h200', state)
  const found = await machine.problems(looks)
  expect(found.filter((one) => !one.startsWith('GPUHealthy'))).toEqual(problems)
})
