/** What the exporter leaves on a real Node object: which conditions, whose they are, and how often it is written. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { someMonitor } from '../../../libs/view/testing.ts'
import { badCondition, nodeCondition } from '../../../services/k8s-exporter/testing-exporter.ts'
import { until } from '../../e2e/constellation.ts'
import { type RealApiServer, startRealApiServer } from '../real-server.ts'
import { makeNode, startWriter } from './nodes.ts'

const CLI = new URL('../../../dist/cli.mjs', import.meta.url).pathname
const LONG_AGO = '2020-01-01T00:00:00Z'
const THEIRS = { type: 'DiskFull', status: 'False', reason: 'Npd', message: 'theirs', lastHeartbeatTime: LONG_AGO }

let api: RealApiServer
const finished: (() => Promise<void>)[] = []

beforeAll(async () => {
  api = await startRealApiServer()
}, 120_000)

afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
})

afterAll(() => api?.close())

const plain = (type: string) => nodeCondition({ type, entity: '' })
const broken = (type: string, more: Parameters<typeof badCondition>[0] = {}) =>
  badCondition({ type, entity: '', ...more })

describe('which conditions stand on a node', () => {
  it('some always, never those that are kept off it, others while they are not well and for a while after', async () => {
    const node = await makeNode(api, 'chosen')
    const set = { 'exporters.kubernetes.conditions.never': '[Kept]', 'exporters.kubernetes.updateInterval': '10s' }
    const at = await startWriter(api, node, finished, set)
    for (const condition of [plain('DiskFull'), plain('Quirk'), broken('Odd'), broken('Kept')])
      await at.detector.condition(condition)
    await until('all that stand', async () => (await node.types()).length === 4, 30_000)
    expect((await node.types()).sort()).toEqual(['DiskFull', 'MemoryLow', 'NodeDoctorHealthy', 'Odd'])
    await at.detector.condition(plain('Odd'))
    await until('it is well', async () => (await node.condition('Odd'))?.status === 'False', 30_000)
    expect(await node.condition('NodeDoctorHealthy')).toMatchObject({
      status: 'False',
      reason: 'HasProblems',
      message: '2 of 5 conditions are problems: Kept (critical), MemoryLow (critical)',
    })
  })

  it('not what was only looked at for too short a time, at a start or after a reboot, and the summary stays calm', async () => {
    const node = await makeNode(api, 'watched')
    const at = await startWriter(api, node, finished)
    const watched = { status: 'Unknown', health: 'unknown', held: 'pending', reason: 'BeingWatched' } as const
    for (const condition of [plain('MemoryLow'), plain('Quirk')]) await at.detector.condition(condition)
    for (const type of ['CPUPressure', 'DiskSlow', 'DiskFull'])
      await at.detector.condition({ ...plain(type), ...watched })
    await until('all is told', async () => (await node.condition('DiskFull'))?.reason === 'BeingWatched', 30_000)
    await until('the summary', async () => (await node.condition('NodeDoctorHealthy'))?.status === 'True', 30_000)
    expect(await node.condition('NodeDoctorHealthy')).toMatchObject({
      reason: 'NoneUnhealthy',
      message:
        '2 of 5 conditions are well; 3 of 5 conditions were looked at for too short a time to say: CPUPressure, DiskFull, DiskSlow',
    })
    expect(await node.types()).not.toContain('CPUPressure')
    expect(await node.types()).not.toContain('DiskSlow')
  })

  it('64 at most and sixteen of a plug-in that nobody configured, the worst first, in an object that stays small', async () => {
    const node = await makeNode(api, 'crowded')
    const at = await startWriter(api, node, finished)
    await at.detector.monitor(someMonitor({ name: 'evil', origin: 'discovered' }))
    const long = { message: 'x'.repeat(4000) }
    for (let i = 0; i < 80; i++) await at.detector.condition(broken(`Mild${i}`, { ...long, severity: 'warning' }))
    for (let i = 0; i < 40; i++) await at.detector.condition(broken(`Evil${i}`, { ...long, sources: ['evil'] }))
    for (let i = 0; i < 9; i++) await at.detector.condition(broken(`Grave${i}`, long))
    const summary = async () => (await node.condition('NodeDoctorHealthy'))?.message ?? ''
    await until('the whole', async () => (await summary()).startsWith('130 of 130 conditions are problems'), 40_000)
    // 63 beside the summary.
    expect(await summary()).toMatch(/; 67 of them found no place on the node$/)
    const types = await node.types('NodeDoctorHealthy', 'MemoryLow')
    expect(types.filter((type) => type.startsWith('PluginEvil'))).toHaveLength(16)
    expect(types.filter((type) => type.startsWith('Grave'))).toHaveLength(9)
    expect(types.filter((type) => type.startsWith('Mild'))).toHaveLength(63 - 1 - 16 - 9)
    // With what the server itself notes of who wrote which field.
    expect(JSON.stringify(await node.read()).length).toBeLessThan(128 * 1024)
  })
})

describe('whose a condition is', () => {
  it('never takes over one that somebody else wrote, however long ago; it is ours once that one is gone', async () => {
    const node = await makeNode(api, 'shared')
    await node.patch({ status: { conditions: [THEIRS] } })
    const at = await startWriter(api, node, finished, { 'exporters.kubernetes.resyncInterval': '10s' })
    await at.detector.condition(badCondition())
    await at.detector.condition(broken('Other'))
    await until('ours', async () => (await node.condition('Other'))?.status === 'True', 30_000)
    expect(await node.condition('DiskFull')).toEqual({ ...THEIRS, lastTransitionTime: null })
    expect(await node.annotation('conditions')).toBe('MemoryLow,NodeDoctorHealthy,Other')
    expect(at.log.join('\n')).toContain('another writer holds a condition type of ours; it is left alone')
    await node.patch({ status: { conditions: [{ type: 'DiskFull', $patch: 'delete' }] } })
    await until('ours there, too', async () => (await node.condition('DiskFull'))?.status === 'True', 40_000)
    expect(await node.annotation('conditions')).toBe('DiskFull,MemoryLow,NodeDoctorHealthy,Other')
  })

  it('knows what it wrote after a kill, where somebody took its note off meanwhile', async () => {
    const node = await makeNode(api, 'noteless')
    const at = await startWriter(api, node, finished)
    await at.kill()
    await node.patch({ metadata: { annotations: { 'node-doctor.io/conditions': null } } })
    await at.detector.condition(plain('MemoryLow'))
    at.start()
    await until('it is well', async () => (await node.condition('MemoryLow'))?.status === 'False', 60_000)
    expect(await node.annotation('conditions')).toBe('MemoryLow,NodeDoctorHealthy')
  })

  it('of a plug-in that nobody configured has a prefix, and cannot take the name of another', async () => {
    const node = await makeNode(api, 'prefixed')
    const at = await startWriter(api, node, finished)
    await at.detector.monitor(someMonitor({ name: 'evil', origin: 'discovered' }))
    for (const type of ['Ready', 'EtcdIsVoter']) await at.detector.condition(broken(type, { sources: ['evil'] }))
    await until('both', async () => (await node.types()).length === 4, 30_000)
    expect((await node.types()).sort()).toEqual(['MemoryLow', 'NodeDoctorHealthy', 'PluginEtcdIsVoter', 'PluginReady'])
  })

  it('stands in a mark: clean-up takes what its own installation wrote, and nothing else', async () => {
    const node = await makeNode(api, 'marked')
    await node.patch({ status: { conditions: [{ ...THEIRS, type: 'Theirs' }] } })
    const at = await startWriter(api, node, finished, { 'exporters.kubernetes.installation': 'a/nd' })
    expect(await node.annotation('installation')).toBe('a/nd')
    await at.kill()
    const dir = mkdtempSync(join(tmpdir(), 'nd-cleanup-'))
    finished.push(async () => rmSync(dir, { recursive: true }))
    const kubeconfig = join(dir, 'kubeconfig')
    await api.writeKubeconfig(kubeconfig)
    const cleanup = (...more: string[]) => {
      const args = [CLI, 'cleanup', '--node', node.name, '--kubeconfig', kubeconfig, ...more]
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      return [status, stdout, stderr]
    }
    expect(cleanup('--installation', 'b/nd')).toEqual([
      0,
      'marked: left alone, it is of the installation a/nd; --installation a/nd takes that off\n',
      '',
    ])
    expect((await node.types()).sort()).toEqual(['MemoryLow', 'NodeDoctorHealthy', 'Theirs'])
    expect(cleanup('--installation', 'a/nd')).toEqual([
      0,
      'marked: removed 2 conditions (MemoryLow, NodeDoctorHealthy) and 5 annotations\n',
      '',
    ])
    expect(await node.types()).toEqual(['Theirs'])
    expect((await node.read()).metadata.annotations ?? {}).toEqual({})
  })
})

/** Much faster than the interval, and than the budget of what has become worse. */
const [BETWEEN_ROUNDS_MS, BETWEEN_WORSE_MS] = [200, 100]

describe('how often a node is written', () => {
  it('no faster than the interval lets it where conditions flap, and the last state wins', async () => {
    const node = await makeNode(api, 'flapping')
    const at = await startWriter(api, node, finished, { 'exporters.kubernetes.updateInterval': '5s' })
    const before = await node.patches()
    const began = performance.now()
    for (let round = 0; performance.now() - began < 12_000; round++) {
      for (let i = 0; i < 20; i++) await at.detector.condition(round % 2 === 0 ? broken(`Type${i}`) : plain(`Type${i}`))
      await delay(BETWEEN_ROUNDS_MS)
    }
    for (let i = 0; i < 20; i++) await at.detector.condition(broken(`Type${i}`, { message: 'the last word' }))
    const last = async () =>
      ((await node.read()).status?.conditions ?? []).filter(({ message }) => message === 'the last word').length === 20
    await until('the last state', last, 20_000)
    // One for each interval, and within its own budget the first that has become worse.
    const intervals = Math.ceil((performance.now() - began) / 5000)
    expect((await node.patches()) - before).toBeGreaterThanOrEqual(2)
    expect((await node.patches()) - before).toBeLessThanOrEqual(intervals + 2)
  })

  it('at once where something becomes worse, six times a minute at most; what is over the budget goes together', async () => {
    const node = await makeNode(api, 'worse')
    const at = await startWriter(api, node, finished, { 'exporters.kubernetes.updateInterval': '20s' })
    const before = await node.patches()
    const beganMs = performance.now()
    for (let i = 0; i < 6; i++) {
      await at.detector.condition(broken(`Worse${i}`))
      await until('it at once', async () => (await node.condition(`Worse${i}`))?.status === 'True', 5000)
    }
    for (let i = 0; i < 12; i++) {
      await at.detector.condition(broken(`More${i}`))
      await delay(BETWEEN_WORSE_MS)
    }
    const types = async () => (await node.types()).filter((type) => type.startsWith('More')).length
    await until('all of them', async () => (await types()) === 12, 40_000)
    // Six that were at once, what the budget gained meanwhile, and one for each interval.
    const seconds = (performance.now() - beganMs) / 1000
    expect((await node.patches()) - before).toBeLessThanOrEqual(6 + Math.ceil(seconds / 10) + Math.ceil(seconds / 20))
  })
})
