import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CATALOG, type Catalog } from '../catalog.ts'
import { loadConfig } from '../load.ts'
import { HEAD, ROOT_SERVER } from '../testing.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nd-give-way-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** A check that is added on some machines alone, with a type that is nobody else's. */
const catalog: Catalog = {
  ...CATALOG,
  checks: CATALOG.checks.map((check) =>
    check.type === 'system-gpu'
      ? { ...check, conditions: [{ type: 'GPUOwn', polarity: 'true-is-problem', description: '', shared: false }] }
      : check,
  ),
} as Catalog

async function load(text: string) {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, `${HEAD}${text.includes('defaultMonitors') ? '' : 'defaultMonitors: [system]\n'}${text}`)
  const config = await loadConfig({ file, flags: [], env: {}, surroundings: ROOT_SERVER, catalog })
  const enabled = config.monitors.find(({ type }) => type === 'system-gpu')?.enabled
  const notes = (config.notes ?? []).map(({ key, text: words }) => `${key}: ${words}`)
  return { config, enabled, notes }
}

const plugin = (condition: string) =>
  `plugins:\n  - { name: own-gpu, socketAddress: /run/own.sock, conditions: [{ ${condition} }] }\n`

describe('a check that nobody wrote and that is not for every machine', () => {
  it('gives way to a plug-in that has one of its types for itself', async () => {
    const { enabled, notes, config } = await load(plugin('type: GPUOwn'))
    expect(enabled).toBe(false)
    expect(notes).toEqual([
      'monitors.gpu-driver: is switched off: plug-in "own-gpu" speaks of "GPUOwn"; write the check under monitors where both are to run',
    ])
    expect(config.monitors.filter((one) => !one.enabled)).toHaveLength(1)
  })

  it('gives way to a file of an external monitor', async () => {
    const path = join(folder, 'x.json')
    const conditions = [{ type: 'GPUOwn', reason: 'Fine', message: 'fine' }]
    writeFileSync(path, JSON.stringify({ plugin: 'external', pluginConfig: { socketPath: '/run/x.sock' }, conditions }))
    const { enabled, notes, config } = await load(`npd: { externalMonitors: [${path}] }\n`)
    expect(enabled).toBe(false)
    expect(notes[0]).toContain(`is switched off: ${path} speaks of "GPUOwn"`)
    expect(config.npd.files.map(({ entry, faults }) => [entry, faults])).toEqual([['x', []]])
  })

  it('stays where the file of an external monitor cannot be used', async () => {
    const path = join(folder, 'x.json')
    const conditions = [{ type: 'GPUOwn', reason: 'Fine', message: 'fine' }]
    const pluginConfig = { socketPath: '/run/x.sock', timeout: '10x' }
    writeFileSync(path, JSON.stringify({ plugin: 'external', pluginConfig, conditions }))
    const { enabled, config } = await load(`npd: { externalMonitors: [${path}] }\n`)
    expect(config.npd.files[0]?.entry).toBe('')
    expect(enabled).toBe(true)
  })

  it('stays where the plug-in speaks of something else', async () => {
    expect(await load(plugin('type: Other'))).toMatchObject({ enabled: true, notes: [] })
  })

  it('does not give way where it is written, nor where it is for every machine', async () => {
    const written = 'monitors: [{ name: gpus, type: system-gpu, when: nvidia-gpu }]\n'
    await expect(load(written + plugin('type: GPUOwn'))).rejects.toThrow('belongs to check "gpus" (system-gpu), at ')
    await expect(load(plugin('type: DiskFull'))).rejects.toThrow('belongs to check "disk" (disk-health-check), which')
  })

  it('tells once of all checks of a monitor', async () => {
    const { notes, config } = await load(`${plugin('type: GPUHealthy')}`.replace(/^/, 'defaultMonitors: [gpu]\n'))
    expect(notes).toEqual([
      'monitors.gpu: is switched off, with "gpu-fabric", "gpu-kernel-log": plug-in "own-gpu" speaks of "GPUHealthy"; write the check under monitors where both are to run',
    ])
    expect(config.monitors.every((one) => !one.enabled)).toBe(true)
  })

  it('does not give way where its monitor is expected: of a file that speaks of the same that file alone is refused', async () => {
    const path = join(folder, 'x.json')
    const conditions = [{ type: 'GPUHealthy', reason: 'Fine', message: 'fine' }]
    writeFileSync(path, JSON.stringify({ plugin: 'external', pluginConfig: { socketPath: '/run/x.sock' }, conditions }))
    const text = `defaultMonitors: [gpu]\ndetector: { expect: [gpu] }\nnpd: { externalMonitors: [${path}] }\n`
    const { config, notes } = await load(text)
    expect(config.npd.files[0]?.faults.map(({ text: words }) => words)).toEqual([
      'condition type "GPUHealthy" belongs to check "gpu" (gpu-health-check), which runs by default; expected another name',
    ])
    expect(config.monitors.map(({ name, enabled: on }) => [name, on])).toEqual([
      ['gpu', true],
      ['gpu-fabric', true],
      ['gpu-kernel-log', true],
    ])
    expect(notes).toEqual([])
  })
})
