/** What the contract looks at: a monitor with its README, and each check with its fixtures. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { declarationOf } from '../../declaration.ts'
import type { CheckDefinition, CheckResult, Declaration, MonitorDefinition } from '../../types.ts'
import { type FixtureCheck, startFixture } from '../fixtures.ts'
import { type CheckOnDisk, type MonitorOnDisk, readMonitorFolder, type SharedOver } from '../on-disk.ts'
import type { CheckUnderTest } from '../start-check.ts'

/** What the name of a fixture begins with. */
export type FixtureKind = 'well' | 'sick' | 'hostile'

/** A check as the contract sees it. */
export interface CheckRoom {
  /** Its folder's name: "disk". */
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: checks of every configuration type
  readonly definition: CheckDefinition<any>
  readonly schema: z.ZodObject
  /** Folders of its fixtures. */
  readonly fixtures: readonly string[]
  /** What it has together with its neighbours over the files below a root. */
  readonly sharedOver: SharedOver
  /** Names of its fixtures of these kinds. */
  named(...kinds: readonly FixtureKind[]): readonly string[]
  /** A configuration for where there is no fixture: the defaults; where keys are required, that of the first well fixture. */
  usualConfig(): Promise<unknown>
  /** What an instance with the keys of a fixture's config.json may say. Rejects with why it may not. */
  declaredOver(fixture: string): Promise<Required<Declaration>>
  /** The check over one fixture, with the keys of the fixture's config.json. */
  open(fixture: string): Promise<FixtureCheck>
  /** What its runs over one fixture say: enough runs for what must last, and for the difference between two. Run once. */
  resultsOver(fixture: string): Promise<readonly CheckResult[]>
}

/** A monitor as the contract sees it. */
export interface MonitorRoom {
  readonly definition: MonitorDefinition
  /** "" where there is none. */
  readonly readme: string
  readonly checks: readonly CheckRoom[]
}

const RUNS = 6

/** Enough runs of a check, one after another. */
export async function manyRuns(check: CheckUnderTest): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = []
  for (let i = 0; i < RUNS; i++) results.push(await check.run())
  return results
}

/** What a follower tells first, and for so long after what it told last nothing more is waited for, in milliseconds. */
const TELLS_MS = { first: 2000, more: 100 } as const

/** What a check tells at once that follows its source; nothing where it follows none. One that fails has told what it told. */
export async function toldAtOnce(check: CheckUnderTest): Promise<readonly CheckResult[]> {
  if (!check.follows) return []
  const following = check.follow()
  const told: CheckResult[] = []
  for (let isMore = true; isMore; ) {
    const waitMs = told.length === 0 ? TELLS_MS.first : TELLS_MS.more
    const next = await Promise.race([following.next(), sleep(waitMs, undefined)]).catch(() => undefined)
    if (next === undefined) isMore = false
    else told.push({ ...next, partial: true })
  }
  await following.stop().catch(() => undefined)
  return told
}

async function ownConfig(folder: string): Promise<unknown> {
  const path = join(folder, 'config.json')
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as unknown) : {}
}

/** A check with the folders of its fixtures. */
export function openCheckRoom(
  { folder, definition, schema }: CheckOnDisk,
  fixtures: readonly string[],
  sharedOver: SharedOver = () => undefined,
): CheckRoom {
  if (!(schema instanceof z.ZodObject)) throw new TypeError(`the schema of ${folder} is not an object of keys`)
  const known = new Map<string, Promise<readonly CheckResult[]>>()

  function pathOf(fixture: string): string {
    const path = fixtures.find((one) => basename(one) === fixture)
    if (path === undefined) throw new RangeError(`${folder} has no fixture ${fixture}`)
    return path
  }

  async function open(fixture: string) {
    const path = pathOf(fixture)
    return startFixture(definition, { folder: path, config: schema.parse(await ownConfig(path)), sharedOver })
  }

  async function run(fixture: string): Promise<readonly CheckResult[]> {
    await using check = await open(fixture)
    return [...(await manyRuns(check)), ...(await toldAtOnce(check))]
  }

  return {
    name: basename(folder),
    definition,
    schema,
    fixtures,
    sharedOver,
    named: (...kinds) =>
      fixtures.map((path) => basename(path)).filter((name) => kinds.some((kind) => name.startsWith(kind))),
    async usualConfig() {
      const defaults = schema.safeParse({})
      const [well] = fixtures.filter((path) => basename(path).startsWith('well'))
      return defaults.success || well === undefined ? schema.parse({}) : schema.parse(await ownConfig(well))
    },
    async declaredOver(fixture) {
      return declarationOf(definition, definition.type, schema.parse(await ownConfig(pathOf(fixture))))
    },
    open,
    resultsOver(fixture) {
      const results = known.get(fixture) ?? run(fixture)
      known.set(fixture, results)
      return results
    },
  }
}

async function fixturesOf(folder: string): Promise<readonly string[]> {
  const path = join(folder, 'fixtures')
  return existsSync(path) ? (await readdir(path)).sort().map((name) => join(path, name)) : []
}

/** A monitor read from its files, with its checks' fixtures. */
export async function openMonitorRoom({ folder, definition, checks, sharedOver }: MonitorOnDisk): Promise<MonitorRoom> {
  const readme = join(folder, 'README.md')
  const open = async (check: CheckOnDisk) => openCheckRoom(check, await fixturesOf(check.folder), sharedOver)
  return {
    definition,
    readme: existsSync(readme) ? await readFile(readme, 'utf8') : '',
    checks: await Promise.all(checks.map(open)),
  }
}

/** The monitor of a folder (services/monitors/system). @throws MonitorFolderError */
export async function readMonitorRoom(folder: string): Promise<MonitorRoom> {
  return openMonitorRoom(await readMonitorFolder(folder))
}
