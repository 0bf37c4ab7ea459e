import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { createMonitorService } from '#monitor-kit'
import { ConditionStatus, ExternalMonitorService, type Status } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix } from '#rpc'
import { closedDoor, createHostedService, systemClock } from '#service'
import { run, writeTree } from '../../../libs/host/testing.ts'
import { configOf } from '../../../libs/monitor-kit/testing/stage.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import { schema } from './checks/gpu-health-check/config.ts'
import { GPU_FLAGS } from './flags.ts'
import { gpu } from './monitor.ts'

const MAKE = join(import.meta.dirname, '../../../test/fakes/nvidia-smi/make.sh')

/** The monitor of a machine with an L40S, started as npd-ext starts its gpu-monitor. */
async function started() {
  const folder = await mkdtemp(join(tmpdir(), 'nd-npd-ext-'))
  await run('sh', MAKE, folder, 'l40s')
  await writeTree(folder, {
    'proc/loadavg': '0.1 0.1 0.1 1/400 2000\n',
    'sys/module/nvidia/version': '595.80\n',
    'sys/bus/pci/devices/0000:01:00.0/vendor': '0x10de\n',
    'sys/bus/pci/devices/0000:01:00.0/class': '0x030200\n',
  })
  const socket = join(folder, 'npd', 'npd-gpu-monitor.sock')
  const config = schema.parse({ compatibility: 'npd-ext', nvidiaSmi: join(folder, 'nvidia-smi') })
  const entry = { type: 'gpu-health-check', monitor: 'gpu', config }
  const flag = (name: string, text: string) => GPU_FLAGS.find((one) => one.name === name)?.parse(text)
  const kept = keepLog('gpu')
  const stop = new AbortController()
  const ended = createHostedService(createMonitorService(gpu), {
    version: '1.2.3',
    config: configOf(folder, [entry]),
    flags: { socket, 'temp-threshold': flag('temp-threshold', '70'), version: flag('version', '1.0.0') },
    host: createHost({ root: folder }),
    clock: systemClock(),
    log: kept.log,
    alone: true,
    bus: closedDoor,
  }).run(stop.signal)
  const client = connectUnix(socket)
  onTestFinished(async () => {
    stop.abort()
    client.close()
    await ended
    await rm(folder, { recursive: true, force: true })
  })
  await client.connected(AbortSignal.timeout(10_000))
  return { client, messages: kept.messages }
}

const STATUS = { [ConditionStatus.TRUE]: 'True', [ConditionStatus.FALSE]: 'False' } as Readonly<Record<number, string>>

/** The four of npd-ext, as NPD writes them on the node, by name. */
function lines({ conditions }: Status): readonly string[] {
  const own = ['GPUHealthy', 'GPUHung', 'GPUMemoryPressure', 'GPUTemperatureHigh']
  return conditions
    .filter(({ type }) => own.includes(type))
    .map(({ type, status, reason, message }) => `${type} ${STATUS[status] ?? 'Unknown'} ${reason} ${message}`)
    .toSorted()
}

test('a client of npd-ext is told the lines of its gpu-monitor, with its version and its caller’s limits', async () => {
  const { client, messages } = await started()
  const ask = (parameters: Record<string, string>) =>
    client.call(ExternalMonitorService.checkHealth, { parameters, sequence: 1 })
  expect(await client.call(ExternalMonitorService.getMetadata, {})).toMatchObject({ name: 'gpu', version: '1.0.0' })
  const answer = await ask({})
  expect(lines(answer)).toEqual([
    'GPUHealthy False GPUIsHealthy GPU is healthy: temp=63°C, memory=0.0%, power=128W',
    'GPUHung False GPUHung GPU is hung and not responding',
    'GPUMemoryPressure False GPUMemoryPressure GPU memory usage is too high',
    'GPUTemperatureHigh False GPUTemperatureHigh GPU temperature is too high',
  ])
  const hot = lines(await ask({ temperature_threshold: '60' }))
  expect([hot[0], hot[3]]).toEqual([
    'GPUHealthy True GPUOverheating GPU temperature 63°C exceeds threshold 60°C',
    'GPUTemperatureHigh True GPUTemperatureHigh GPU temperature: 63°C (threshold: 60°C)',
  ])
  expect(lines(await ask({}))[0]).toMatch(/^GPUHealthy False/)
  expect(messages()).toEqual(
    expect.arrayContaining(['GPU Monitor listening', 'GPU stats: temp=63°C, memory=0/46068MB (0.0%), power=128W']),
  )
})
