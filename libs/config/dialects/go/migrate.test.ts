import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { ConfigErrors } from '../../errors.ts'
import { parseConfig } from '../../load.ts'
import { HEAD, ROOT_SERVER } from '../../testing.ts'
import { migrateText } from './migrate.ts'
import { readGo } from './read.ts'
import { anyDocument } from './testing-documents.ts'

const HERE = import.meta.dirname
const FOLDERS = [join(HERE, 'fixtures'), join(HERE, '../../../../deploy/examples')]
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && !name.endsWith('.ours.yaml'))
    .map((name) => [name, join(folder, name)] as const),
)

function load(text: string) {
  return parseConfig(text, 'config.yaml', {
    flags: [],
    env: { NODE_NAME: 'worker-1', KUBELET_TOKEN: 'none' },
    surroundings: ROOT_SERVER,
    dialect: readGo,
  })
}

/** What takes effect: without where values come from, and without what is only told. */
function effectOf(text: string): unknown {
  const { notes: _, settingsInForce: __, missing, exporters, ...rest } = load(text)
  const { conditionPrefix: ___, conditionTypes: ____, ...kubernetes } = exporters.kubernetes
  const effect = {
    ...rest,
    missing: missing.map(({ key }) => key).filter((key) => !NOT_BUILT.test(key)),
    exporters: { ...exporters, kubernetes },
  }
  return JSON.parse(JSON.stringify(effect, (key, value) => (key === 'origin' ? undefined : value)))
}

function effectIfValid(text: string): unknown {
  try {
    return effectOf(text)
  } catch (err) {
    if (err instanceof ConfigErrors) return undefined
    throw err
  }
}

/** Asked for by keys that are not ours: told by `migrate`, and gone. */
const NOT_BUILT = /^exporters\./

describe('a file in our own form', () => {
  it.each(FILES)('has the same effect, and no note of another form: %s', (_, path) => {
    const text = readFileSync(path, 'utf8')
    const { text: ours } = migrateText(text, 'config.yaml')
    expect(effectOf(ours)).toEqual(effectOf(text))
    const { notes = [], missing } = load(ours)
    // What gives way to a plug-in is told of a file in every form.
    expect(notes.filter(({ text: words }) => !words.startsWith('is switched off'))).toEqual([])
    expect(missing.filter(({ key }) => NOT_BUILT.test(key))).toEqual([])
  })

  it.each(FILES)('is not changed by being written anew: %s', (_, path) => {
    const { text } = migrateText(readFileSync(path, 'utf8'), 'config.yaml')
    expect(migrateText(text, 'config.yaml')).toEqual({ text, notes: [] })
  })

  it('has the same effect whatever the table has, and is one that the table has nothing to say of', () => {
    let count = 0
    fc.assert(
      fc.property(anyDocument, (document) => {
        const text = HEAD + stringify(document)
        const before = effectIfValid(text)
        if (before === undefined) return
        count++
        const { text: ours } = migrateText(text, 'config.yaml')
        expect(effectOf(ours)).toEqual(before)
        const { notes = [] } = load(ours)
        expect(notes.filter(({ dialect, text: said }) => dialect !== undefined || said.includes('read as'))).toEqual([])
        expect(migrateText(ours, 'config.yaml').text).toBe(ours)
      }),
      { numRuns: 60 },
    )
    expect(count).toBeGreaterThan(30)
  })

  it('has the comments, the order and the quotes of the other', async () => {
    const text = readFileSync(join(HERE, 'fixtures/shipped.yaml'), 'utf8')
    await expect(migrateText(text, 'shipped.yaml').text).toMatchFileSnapshot(join(HERE, 'fixtures/shipped.ours.yaml'))
  })

  it('has no anchors: what they stand for is written out', () => {
    const text = `${HEAD}monitors:\n  - &cpu { name: a, type: system-cpu-check, interval: 1m }\n  - { <<: *cpu, name: b, type: system-memory }\n`
    const { text: ours } = migrateText(text, 'config.yaml')
    expect(ours).not.toMatch(/[&*]cpu|<</)
    expect(effectOf(ours)).toEqual(effectOf(text))
  })

  it('says in a comment what is asked for and missing', () => {
    const text = `${HEAD}exporters: { http: { webhooks: [{ name: slack, url: "http://a" }] } }\nremediation: { coordination: { enabled: true } }\n`
    expect(migrateText(text, 'config.yaml').text).toContain(
      [
        '#   config.yaml:6:16: remediation.coordination: has no effect: nodes ask no controller: those that are to be drained or rebooted wait for Leases of Kubernetes; write remediation.lease',
        '# Asked for there, and missing in this version of Node Doctor:',
        '#   exporters.http.webhooks: webhooks "slack": webhooks are not part of this version',
        '',
      ].join('\n'),
    )
  })

  it('keeps variables as they are', () => {
    const text = `${HEAD}settings: { nodeName: "\${NODE_NAME}", qps: "\${QPS:-7}" }\n`
    expect(migrateText(text, 'config.yaml').text).toBe(
      `${HEAD}settings: { nodeName: "\${NODE_NAME}" }\nexporters:\n  kubernetes:\n    qps: "\${QPS:-7}"\n`,
    )
  })
})

describe('names of conditions on the node', () => {
  const on = 'exporters: { kubernetes: { enabled: true } }\n'
  const disk = 'monitors: [{ name: disk, type: system-disk }, { name: cpu, type: system-cpu }]\n'
  const kubernetesOf = (text: string) => load(migrateText(HEAD + text, 'config.yaml').text).exporters.kubernetes

  it('stay as they were, by the prefix and where that is not enough by their own', () => {
    expect(kubernetesOf(disk + on)).toMatchObject({
      conditionPrefix: 'NodeDoctor',
      conditionTypes: {
        DiskFull: 'NodeDoctorDiskPressure',
        InodesLow: 'NodeDoctorInodePressure',
        FilesystemReadOnly: 'NodeDoctorReadonlyFilesystem',
      },
    })
  })

  it('are those of the checks too that nobody writes and that are added', () => {
    const { conditionTypes } = kubernetesOf(`monitors: [{ name: cpu, type: system-cpu }]\n${on}`)
    expect(conditionTypes).toMatchObject({
      MemoryLow: 'NodeDoctorMemoryPressure',
      DiskFull: 'NodeDoctorDiskPressure',
      GatewayUnreachable: 'NodeDoctorNetworkUnreachable',
    })
    expect(
      kubernetesOf(`defaultMonitors: []\nmonitors: [{ name: cpu, type: system-cpu }]\n${on}`).conditionTypes,
    ).toEqual({})
  })

  it('are said in the comment at its head where they are added', () => {
    const { text } = migrateText(HEAD + disk + on, 'config.yaml')
    expect(text.split('\n').slice(0, 4)).toEqual([
      '# Added by node-doctor migrate, so that the node keeps the names that its conditions had:',
      '#   exporters.kubernetes.conditionPrefix: NodeDoctor',
      '#   exporters.kubernetes.conditionTypes',
      '',
    ])
    expect(migrateText(text, 'config.yaml').text).toBe(text)
  })

  it('are what the file says where it says so, and nothing is added where none is written', () => {
    const said = 'exporters: { kubernetes: { enabled: true, conditionPrefix: Doctor } }\n'
    expect(kubernetesOf(disk + said)).toMatchObject({ conditionPrefix: 'Doctor', conditionTypes: {} })
    expect(kubernetesOf(disk)).toMatchObject({ conditionPrefix: '', conditionTypes: {} })
  })
})

describe('a file that cannot be written anew', () => {
  it('is refused with every fault', () => {
    const text = `${HEAD}monitors: [{ name: c, type: system-cpu, config: { warningLoadFactor: 1, loadAverageThresholds: { warning: 80 } } }]\n`
    expect(() => migrateText(text, 'config.yaml')).toThrow(ConfigErrors)
    expect(() => migrateText('a: [', 'config.yaml')).toThrow(ConfigErrors)
  })
})
