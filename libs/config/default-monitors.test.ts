import { describe, expect, it } from 'vitest'
import { CATALOG, checkOf } from './catalog.ts'
import { DEFAULT_CHECKS, underlay } from './layers/default-checks.ts'
import { faultsOf, HEAD, parse, set } from './testing.ts'
import { readYaml } from './tree/read-yaml.ts'
import { plainOf } from './tree/tree.ts'

function checksOf(text: string, flags: readonly string[] = [], env: Record<string, string> = {}): string[] {
  return parse(HEAD + text, { flags: flags.map(set), env }).monitors.map(({ name, type }) => `${name}: ${type}`)
}

const SYSTEM = (DEFAULT_CHECKS['system'] ?? []).map(({ name, type }) => `${name}: ${type}`)
const KERNEL = 'kernel-log: log-kernel'
const NETWORK = (DEFAULT_CHECKS['network'] ?? []).map(({ name, type }) => `${name}: ${type}`)
const GPU = (DEFAULT_CHECKS['gpu'] ?? []).map(({ name, type }) => `${name}: ${type}`)

describe('checks that are added', () => {
  it('are those of the machine, of the kernel’s log, of its network and of its GPUs where nothing is written', () => {
    expect(checksOf('')).toEqual([...SYSTEM, KERNEL, ...NETWORK, ...GPU])
    expect(NETWORK).toEqual(expect.arrayContaining(['links: network-links', 'dns: network-dns-check']))
  })

  it('stand behind those that are written, one for each type that has none there', () => {
    const text = 'defaultMonitors: [system]\nmonitors: [{ name: mine, type: system-disk }]\n'
    expect(checksOf(text)).toEqual(['mine: disk-health-check', ...SYSTEM.filter((one) => !one.startsWith('disk'))])
  })

  it('are not added for a type that is switched off, or of another form', () => {
    const off = 'defaultMonitors: [log]\nmonitors: [{ name: k, type: log-kernel, enabled: false }]\n'
    expect(checksOf(off)).toEqual(['k: log-kernel'])
    const go = 'defaultMonitors: [system]\nmonitors: [{ name: c, type: system-cpu-check }]\n'
    expect(checksOf(go).filter((one) => one.endsWith('system-cpu'))).toEqual(['c: system-cpu'])
  })

  it('are none of a monitor that is not named, and none where none is', () => {
    expect(checksOf('defaultMonitors: [log]\n')).toEqual([KERNEL])
    expect(checksOf('defaultMonitors: []\n')).toEqual([])
    expect(checksOf('', ['defaultMonitors=[]'])).toEqual([])
    expect(checksOf('', [], { NODE_DOCTOR_SET__defaultmonitors: '[log]' })).toEqual([KERNEL])
  })

  it.each(['gpu-health-check', 'gpu-kernel-log', 'gpu-fabric-check', 'system-gpu'])(
    'of the type %s are for machines with a GPU of NVIDIA, written or not, but where somebody says that they are for all',
    (type) => {
      const whenOf = (text: string) => parse(HEAD + text).monitors.find((check) => check.type === type)?.when
      expect(whenOf('')).toBe('nvidia-gpu')
      expect(whenOf(`monitors: [{ name: mine, type: ${type} }]\n`)).toBe('nvidia-gpu')
      expect(whenOf(`monitors: [{ name: mine, type: ${type}, when: always }]\n`)).toBe('always')
    },
  )

  it('of every other type are for all machines, of one that nobody knows, too', () => {
    const own = new Set(CATALOG.checks.filter(({ when }) => when !== undefined).map(({ type }) => type))
    expect([...own].toSorted()).toEqual(['gpu-fabric-check', 'gpu-health-check', 'gpu-kernel-log', 'system-gpu'])
    const whenOf = (type: string) => parse(`${HEAD}monitors: [{ name: mine, type: ${type} }]\n`).monitors[0]?.when
    expect(whenOf('disk-health-check')).toBe('always')
  })

  it('of GPUs are for machines with one of NVIDIA, and for none where a plug-in is in the place of their monitor', () => {
    const ofGpus = (text: string, flags: readonly string[] = []) =>
      parse(HEAD + text, { flags: flags.map(set) }).monitors.filter(
        ({ monitor, enabled }) => monitor === 'gpu' && enabled,
      )
    const plugin = (rest: string) => `plugins: [{ socketAddress: /run/npd/gpu.sock, ${rest} }]\n`
    expect(ofGpus('').map(({ type, when }) => `${type}: ${when}`)).toEqual([
      'gpu-health-check: nvidia-gpu',
      'gpu-fabric-check: nvidia-gpu',
      'gpu-kernel-log: nvidia-gpu',
    ])
    expect(ofGpus(plugin('name: gpu'))).toEqual([])
    expect(ofGpus(plugin('enabled: false, name: gpu'))).toEqual(ofGpus(''))
    expect(ofGpus(plugin('enabled: false, name: x, conditions: [{ type: GPUHealthy }]'))).toEqual(ofGpus(''))
    expect(ofGpus('', ['plugins=[{name: gpu, socketAddress: /run/gpu.sock}]'])).toEqual([])
    expect(ofGpus(plugin('name: theirs, conditions: [{ type: GPUHealthy }]'))).toEqual([])
    expect(ofGpus(plugin('name: theirs, conditions: [{ type: GPUHealthy, shared: true }]'))).toHaveLength(3)
    expect(ofGpus(plugin('name: theirs, conditions: [{ type: Other }]'))).toHaveLength(3)
  })

  it('have another name where theirs is taken', () => {
    const named = 'monitors: [{ name: kernel-log, type: system-cpu }, { name: log-kernel, type: system-clock }]\n'
    expect(checksOf(`defaultMonitors: [log]\n${named}`).at(-1)).toBe('log-kernel-2: log-kernel')
  })

  it('are added to a list that a flag sets, and may be set by their names', () => {
    const list = 'monitors=[{ name: c, type: system-cpu }]'
    expect(checksOf('', ['monitors.cpu.interval=1m', list, 'defaultMonitors=[log]'])).toEqual(['c: system-cpu', KERNEL])
    const { monitors } = parse(HEAD, { flags: [set('monitors.cpu.interval=1m')] })
    expect(monitors.find(({ name }) => name === 'cpu')?.intervalMs).toBe(60_000)
  })

  it('may be waited for', () => {
    const text = 'defaultMonitors: [system]\nmonitors: [{ name: d, type: system-disk, dependsOn: [clock] }]\n'
    expect(faultsOf(HEAD + text)).toEqual([])
  })

  it('come of a monitor as soon as it has some', () => {
    const { tree } = readYaml('monitors: []\ndefaultMonitors: [network]\n', 'config.yaml', 'config.yaml')
    const table = { network: [{ name: 'links', type: 'network-links' }] }
    expect(plainOf(underlay(tree, CATALOG, table))).toMatchObject({ monitors: table.network })
    expect(checksOf('monitors: []\ndefaultMonitors: [kubernetes]\n')).toContain('kubelet: kubernetes-kubelet-check')
  })

  it('are all served, by the monitor that they stand under', () => {
    for (const [monitor, checks] of Object.entries(DEFAULT_CHECKS))
      expect(checks.map(({ type }) => checkOf(CATALOG, type)?.monitor)).toEqual(checks.map(() => monitor))
  })

  it('of a name that is none are a fault, as is what is no list', () => {
    expect(faultsOf(`${HEAD}defaultMonitors: [systm]\n`)).toEqual([
      'config.yaml:5:19: defaultMonitors[0]: "systm" is not valid; expected one of "system", "log", "network", "kubernetes", "gpu"; did you mean "system"?',
    ])
    expect(faultsOf(`${HEAD}defaultMonitors: system\n`)).toEqual([
      'config.yaml:5:1: defaultMonitors: "system" is not a list; expected a list, each item beginning with "- "',
    ])
  })
})
