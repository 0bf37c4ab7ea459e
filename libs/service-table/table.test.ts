import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderOf, socketOf } from './places.ts'
import { builtServices, plannedServices, readersOf } from './rows.ts'
import { RESERVED_NAMES, SERVICES } from './table.ts'
import type { ServiceTable } from './types.ts'

const ROOT = join(import.meta.dirname, '../..')
const TABLE: ServiceTable = SERVICES
const BUILT = builtServices(TABLE)

/** Folders of services and monitors that are a process of a node: they have a `main.ts`, and are no part beside its set (cli, echo). */
function onDisk(): string[] {
  const of = (parent: string) =>
    readdirSync(join(ROOT, parent)).filter((name) => existsSync(join(ROOT, parent, name, 'main.ts')))
  return [
    ...of('services').filter((name) => !RESERVED_NAMES.some((reserved) => reserved === name)),
    ...of('services/monitors'),
  ]
}

describe('the table of services', () => {
  it('has what is on disk, and calls nothing built that is not', () => {
    const all = onDisk()
    // What is begun is on disk, and planned until it is deployed.
    const begun = plannedServices(TABLE).filter(({ name }) => all.includes(name))
    expect([...BUILT, ...begun].map(({ name }) => name).toSorted()).toEqual(all.toSorted())
  })

  it('gives each service a user of its own', () => {
    // Of root others can write nothing, so two may be root.
    const users = BUILT.flatMap(({ uid, plainUid = 0 }) => [uid, plainUid]).filter((uid) => uid !== 0)
    expect(new Set(users).size).toBe(users.length)
    const others = BUILT.filter(({ uid }) => uid < 65_101 || uid > 65_189)
    expect(others.map(({ name, uid, needs }) => [name, uid, needs])).toEqual([
      ['kubernetes', 65_534, ['host', 'own-token']],
      ['log', 0, ['logs']],
      ['gpu', 0, []],
      ['host-actions', 0, ['host']],
    ])
  })

  it('gives no folder of the host to two services', () => {
    for (const column of ['runFolders', 'stateFolders'] as const) {
      const folders = Object.values(TABLE).flatMap((row) => row[column])
      expect(new Set(folders).size).toBe(folders.length)
    }
  })

  it('gives each monitor a folder for what its checks keep over a reboot', () => {
    for (const { name, kind, stateFolders } of BUILT)
      expect([name, stateFolders.includes(`monitors/${name}`)]).toEqual([name, kind === 'monitor'])
  })

  it('has one owner of the bus, which stops last', () => {
    const rows = Object.entries(TABLE)
    const [owner, ...others] = rows.toSorted(([, a], [, b]) => b.stopOrder - a.stopOrder)
    expect(owner?.[1].bus.role).toBe('owner')
    expect(
      others.filter(([, { bus, stopOrder }]) => bus.role === 'owner' || stopOrder >= (owner?.[1].stopOrder ?? 0)),
    ).toEqual([])
  })

  it('lets no reader tell somebody who is none', () => {
    const readers = readersOf(TABLE)
    const told = readers.flatMap(({ bus }) => bus.tellsMetricsTo)
    expect(told.filter((name) => !readers.some((reader) => reader.name === name))).toEqual([])
  })

  it('names services of our protocol', () => {
    const folder = join(ROOT, 'proto/nodedoctor/v1')
    const protocols = readdirSync(folder)
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n')
    for (const { name, serves } of BUILT)
      expect([name, protocols.includes(`service ${serves.replace('nodedoctor.v1.', '')} {`)]).toEqual([name, true])
  })

  it('has no name that is reserved for something else', () => {
    expect(RESERVED_NAMES.filter((name) => name in TABLE)).toEqual([])
  })

  it('tells of what is planned alone that it is missing', () => {
    expect(plannedServices(TABLE).map(({ name }) => name)).toEqual(
      Object.keys(TABLE).filter((name) => !BUILT.some((service) => service.name === name)),
    )
    for (const { name, what, reason } of plannedServices(TABLE)) {
      expect([name, what !== '' && reason !== '']).toEqual([name, true])
    }
  })
})

describe('the place of a service', () => {
  it('is a folder of its own below the run directory, that of a monitor below `monitors`', () => {
    expect(folderOf({ name: 'system', kind: 'monitor' }, '/run/node-doctor')).toBe('/run/node-doctor/monitors/system')
    expect(socketOf({ name: 'system', kind: 'monitor' }, '/run/nd')).toBe('/run/nd/monitors/system/system.sock')
    expect(socketOf({ name: 'http-exporter', kind: 'exporter' }, '/run/nd')).toBe(
      '/run/nd/http-exporter/http-exporter.sock',
    )
    expect(socketOf({ name: 'detector', kind: 'core' }, '/run/nd')).toBe('/run/nd/detector/detector.sock')
  })
})
