import { describe, expect, it } from 'vitest'
import { ConfigErrors } from '../errors.ts'
import { parseConfig } from '../load.ts'
import { HEAD, ROOT_SERVER } from '../testing.ts'

const DISK = 'monitors:\n  - { name: disk, type: disk-health-check }\n'

function plugin(name: string, ...conditions: readonly string[]): string {
  return `  - name: ${name}\n    socketAddress: /run/x/${name}.sock\n    conditions:\n${conditions.map((one) => `      - { ${one} }\n`).join('')}`
}

function faultsOf(text: string): readonly string[] {
  try {
    parseConfig(HEAD + text, 'config.yaml', { env: {}, flags: [], surroundings: ROOT_SERVER })
  } catch (err) {
    if (err instanceof ConfigErrors)
      return err.problems.map(({ where, path, text: words }) => `${where}: ${path}: ${words}`)
    throw err
  }
  return []
}

const line = (number: number): string => `config.yaml:${HEAD.split('\n').length - 1 + number}`

describe('a condition type that a plug-in lists', () => {
  it('belongs to the first that does', () => {
    expect(faultsOf(`plugins:\n${plugin('a', 'type: Foo')}${plugin('b', 'type: Bar', 'type: Foo')}`)).toEqual([
      `${line(10)}:9: plugins[1].conditions[1]: condition type "Foo" of plug-in "b" belongs to plug-in "a", at ${line(5)}:9; expected another name, or shared: true`,
    ])
  })

  it('may be of several where it is shared, and twice of one', () => {
    expect(faultsOf(`plugins:\n${plugin('a', 'type: Foo, shared: true')}${plugin('b', 'type: Foo')}`)).toEqual([])
    expect(faultsOf(`plugins:\n${plugin('a', 'type: Foo', 'type: Foo')}`)).toEqual([])
  })

  it.each(['type: DiskFull', 'type: DiskFull, shared: true'])('is a configured check’s: %s', (condition) => {
    expect(faultsOf(`${DISK}plugins:\n${plugin('a', condition)}`)).toEqual([
      `${line(7)}:9: plugins[0].conditions[0]: condition type "DiskFull" of plug-in "a" belongs to check "disk" (disk-health-check), at ${line(2)}:5; expected another name, or that check with enabled: false`,
    ])
  })

  it('is free where its check is not configured, or switched off', () => {
    const cpu = 'defaultMonitors: []\nmonitors:\n  - { name: cpu, type: system-cpu }\n'
    expect(faultsOf(`${cpu}plugins:\n${plugin('a', 'type: DiskFull')}`)).toEqual([])
    expect(faultsOf(`${DISK.replace(' }', ', enabled: false }')}plugins:\n${plugin('a', 'type: DiskFull')}`)).toEqual(
      [],
    )
  })

  it('is a check’s that is there by default, for whose monitor the configuration asks', () => {
    const expected = 'defaultMonitors: [gpu]\ndetector: { expect: [gpu] }\n'
    expect(faultsOf(`${expected}plugins:\n${plugin('a', 'type: GPUHealthy')}`)).toEqual([
      `${line(7)}:9: plugins[0].conditions[0]: condition type "GPUHealthy" of plug-in "a" belongs to check "gpu" (gpu-health-check), which runs by default; expected another name, shared: true, or defaultMonitors and detector.expect without "gpu"`,
    ])
    expect(faultsOf(`${expected}plugins:\n${plugin('a', 'type: GPUHealthy, shared: true')}`)).toEqual([])
  })

  it('is of checks that are written, and share it', () => {
    const gpu = 'monitors:\n  - { name: mine, type: gpu-health-check }\n'
    expect(faultsOf(`${gpu}plugins:\n${plugin('a', 'type: GPUHealthy')}`)).toEqual([
      `${line(7)}:9: plugins[0].conditions[0]: condition type "GPUHealthy" of plug-in "a" belongs to check "mine" (gpu-health-check), at ${line(2)}:5; expected another name, shared: true, or that check with enabled: false`,
    ])
  })

  it('is the detector’s', () => {
    expect(faultsOf(`plugins:\n${plugin('a', 'type: MonitorUnreachable')}`)).toEqual([
      `${line(5)}:9: plugins[0].conditions[0]: condition type "MonitorUnreachable" of plug-in "a" belongs to the detector; expected another name`,
    ])
  })
})
