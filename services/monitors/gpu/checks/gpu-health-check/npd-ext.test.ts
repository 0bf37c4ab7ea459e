import { expect, test } from 'vitest'
import { statusOf } from '#model'
import type { CheckResult } from '#monitor-kit'
import { startCheck } from '#monitor-kit/testing'
import { GPU_FLAGS } from '../../flags.ts'
import { gpuHealth } from './check.ts'
import { schema } from './config.ts'
import { type Gpu, gpuAt, machineWith } from './testing-looks.ts'

const UUID = 'GPU-3f2504e0-4f89-11d3-9a0c-0305e82c3301'
const L40S: Gpu = { 'memory.total': '46068', 'memory.used': '0', 'temperature.gpu': '25', 'power.draw.instant': '21.4' }

/** As kubectl describe has them: type, status, reason, message. */
function describeLines({ findings }: CheckResult): readonly string[] {
  const { declared } = startCheck(gpuHealth, { root: '', config: schema.parse({ compatibility: 'npd-ext' }) })
  return findings
    .filter(({ entity = '' }) => entity === '')
    .flatMap(({ type, health, reason, message }) => {
      const spec = declared.conditions.find((one) => one.type === type)
      const isTheirs = spec?.verbatim === true
      return isTheirs ? [`${type} ${statusOf(health, spec.polarity ?? 'true-is-problem')} ${reason} ${message}`] : []
    })
}

async function lines(change: Gpu, config: object = {}) {
  await using machine = await machineWith({ compatibility: 'npd-ext', ...config })
  await machine.onPci('83', 'nvidia')
  return describeLines(await machine.look([gpuAt('83', UUID, { ...L40S, ...change })]))
}

test('a GPU that is well has the four lines of npd-ext', async () => {
  expect(await lines({})).toEqual([
    'GPUHealthy False GPUIsHealthy GPU is healthy: temp=25°C, memory=0.0%, power=21W',
    'GPUHung False GPUHung GPU is hung and not responding',
    'GPUMemoryPressure False GPUMemoryPressure GPU memory usage is too high',
    'GPUTemperatureHigh False GPUTemperatureHigh GPU temperature is too high',
  ])
})

test('heat and memory above their limits are told at once, in its words', async () => {
  expect(await lines({ 'temperature.gpu': '87' })).toEqual([
    'GPUHealthy True GPUOverheating GPU temperature 87°C exceeds threshold 85°C',
    'GPUHung False GPUHung GPU is hung and not responding',
    'GPUMemoryPressure False GPUMemoryPressure GPU memory usage is too high',
    'GPUTemperatureHigh True GPUTemperatureHigh GPU temperature: 87°C (threshold: 85°C)',
  ])
  const [memory, , pressure] = await lines({ 'memory.used': '44225' })
  expect([memory, pressure]).toEqual([
    'GPUHealthy True GPUMemoryHigh GPU memory usage 96.0% exceeds threshold 95.0%',
    'GPUMemoryPressure True GPUMemoryPressure GPU memory usage: 96% (threshold: 95%)',
  ])
  const [both] = await lines({ 'temperature.gpu': '87', 'memory.used': '44225' })
  expect(both).toBe('GPUHealthy True GPUMultipleIssues GPU has multiple issues: temperature=87°C, memory=96.0%')
  // At its limit it is not above it.
  expect((await lines({ 'temperature.gpu': '85' }))[0]).toMatch(/^GPUHealthy False/)
})

test('heat and full memory hide no error of another kind, and what heat slows down stays in its words', async () => {
  const [lost] = await lines({ 'temperature.gpu': '87', 'memory.used': '44225', 'remapped_rows.failure': 'Yes' })
  expect(lost).toBe('GPUHealthy True GPURowRemap GPU 0, H200: a row of memory could not be remapped')
  await using machine = await machineWith({ compatibility: 'npd-ext' })
  await machine.onPci('83', 'nvidia')
  const hot = { ...L40S, 'temperature.gpu': '87', 'clocks_event_reasons.hw_thermal_slowdown': 'Active' }
  await machine.look([gpuAt('83', UUID, hot)])
  const [slowed] = describeLines(await machine.look([gpuAt('83', UUID, hot)]))
  expect(slowed).toBe('GPUHealthy True GPUOverheating GPU temperature 87°C exceeds threshold 85°C')
})

test('what npd-ext does not look at is told in our words, and what cannot be seen is unknown', async () => {
  const [ill] = await lines({ 'remapped_rows.failure': 'Yes' })
  expect(ill).toBe('GPUHealthy True GPURowRemap GPU 0, H200: a row of memory could not be remapped')
  await using machine = await machineWith({ compatibility: 'npd-ext' })
  await machine.onPci('83', 'nvidia')
  const unseen = describeLines(await machine.look('garbage'))
  const why = 'Failed to monitor GPU: nvidia-smi says "garbage", which is no answer to what it was asked'
  expect(unseen).toEqual([
    `GPUHealthy Unknown GPUMonitoringError ${why}`,
    'GPUHung Unknown SourceMalformed nvidia-smi says "garbage", which is no answer to what it was asked',
    `GPUMemoryPressure Unknown GPUMonitoringError ${why}`,
    `GPUTemperatureHigh Unknown GPUMonitoringError ${why}`,
  ])
  await machine.remove('programs/nvidia-smi')
  const [away] = describeLines(await machine.run())
  expect(away).toBe('GPUHealthy Unknown GPUNotAvailable GPU not available for monitoring')
})

test('a caller’s limit that is no number is passed over', async () => {
  await using machine = await machineWith({ compatibility: 'npd-ext' })
  await machine.onPci('83', 'nvidia')
  await machine.look([gpuAt('83', UUID, L40S)])
  expect(describeLines(await machine.answer({ temperature_threshold: 'hot' }))[0]).toMatch(/^GPUHealthy False/)
  expect(describeLines(await machine.answer({ temperature_threshold: '20' }))[0]).toBe(
    'GPUHealthy True GPUOverheating GPU temperature 25°C exceeds threshold 20°C',
  )
})

test('without the setting they are ours', () => {
  const { declared } = startCheck(gpuHealth, { root: '', config: schema.parse({}) })
  expect(declared.conditions.find(({ type }) => type === 'GPUHealthy')?.polarity).toBe('true-is-healthy')
})

test('its flags set the keys of the check, and say what they expect', () => {
  const parse = (name: string, text: string) => GPU_FLAGS.find((flag) => flag.name === name)?.parse(text)
  expect(parse('temp-threshold', '80')).toEqual({ checks: { 'gpu-health-check': { temperature_threshold: 80 } } })
  expect(parse('memory-threshold', '90.5')).toEqual({ checks: { 'gpu-health-check': { memory_threshold: 90.5 } } })
  expect(parse('version', '1.0.0')).toEqual({ version: '1.0.0' })
  expect(() => parse('temp-threshold', '200')).toThrow('expected a number of °C from 1 to 150')
  expect(() => parse('memory-threshold', 'full')).toThrow('expected a number of percent from 1 to 100')
  expect(() => parse('version', 'a b')).toThrow('expected a version, for example 1.0.0')
})
