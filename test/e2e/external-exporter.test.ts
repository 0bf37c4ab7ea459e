/** Exporters of others beside the real set: one that hangs, and kills of detector and service in between. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { startPartner, type TestPartner, told } from '../../services/external-exporter/testing-partner.ts'
import { startBenchMonitor } from '../bench/bench-monitor.ts'
import { startConstellation, until } from './constellation.ts'

it('are told by durables of their own, lose nothing by kills, and stand in the metrics', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'nd-e2e-ext-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const names = ['quick', 'slow'] as const
  const socketOf = (name: string) => join(dir, `${name}.sock`)
  const retryPolicy = { initialBackoff: '200ms', maxBackoff: '400ms' }
  const external = names.map((name) => ({ name, socketAddress: socketOf(name), timeout: '1s', retryPolicy }))
  const quick: TestPartner = await startPartner(socketOf('quick'))
  const slow: TestPartner = await startPartner(socketOf('slow'), { answer: () => 'hang' })
  const set = await startConstellation({
    services: ['detector', 'http-exporter', 'external-exporter'],
    config: { exporters: { external } },
  })
  onTestFinished(async () => {
    await set.stop()
    await Promise.all([quick.close(), slow.close()])
  })
  const monitor = await startBenchMonitor(set.runDir)
  onTestFinished(() => monitor.close())
  const hasTold = (partner: TestPartner, type: string) =>
    told(partner.taken).some((words) => words.startsWith(`${type}: `))

  monitor.report(Health.PROBLEM, '', 'BenchState0')
  await until('the first problem', () => hasTold(quick, 'BenchState0'))
  set.kill('external-exporter')
  monitor.report(Health.PROBLEM, '', 'BenchState1')
  await until('the second, after a kill of the service', () => hasTold(quick, 'BenchState1'))
  set.kill('detector')
  await until('the detector is back', () => set.starts('detector') > 1)
  let looks = 0
  await until('the third, after a kill of the detector', () => {
    // What this monitor says while nobody watches it is lost.
    if (looks++ % 20 === 0) monitor.report(Health.PROBLEM, '', 'BenchState2')
    return hasTold(quick, 'BenchState2')
  })
  const opened = told(quick.taken).filter((words) => /^BenchState\d: /.test(words))
  expect(opened.map((words) => words.slice(0, 11))).toEqual(['BenchState0', 'BenchState1', 'BenchState2'])

  expect(told(slow.taken)).toEqual([])
  slow.answer = () => ({ success: true })
  await until('all of it, by the one that hung', () =>
    ['0', '1', '2'].every((digit) => hasTold(slow, `BenchState${digit}`)),
  )
  await until('its metrics', async () => {
    const text = await (await fetch(set.metricsUrl)).text()
    return /node_doctor_external_exporter_calls_total\{[^}]*exporter="quick"[^}]*result="taken"/.test(text)
  })
}, 60_000)
