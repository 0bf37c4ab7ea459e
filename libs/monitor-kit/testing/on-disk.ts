/** A monitor as it stands on disk: its registry, and the folder of each of its checks. */
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { z } from 'zod'
import type { CheckDefinition, MonitorDefinition } from '../types.ts'
import type { HandClock } from './hand-clock.ts'

/** What stands in a monitor's folder does not fit together. */
export class MonitorFolderError extends Error {
  override readonly name = 'MonitorFolderError'
  readonly code = 'MONITOR_FOLDER_INCONSISTENT'
}

/** A check's folder: check.ts, and config.ts with its schema. */
export interface CheckOnDisk {
  readonly folder: string
  // biome-ignore lint/suspicious/noExplicitAny: checks of every configuration type
  readonly definition: CheckDefinition<any>
  readonly schema: z.ZodType
}

/** A monitor's folder. */
export interface MonitorOnDisk {
  readonly folder: string
  readonly definition: MonitorDefinition
  /** In the order of their registry. */
  readonly checks: readonly CheckOnDisk[]
  /** What its checks have together over a fixture; the `sharedOver` of its `testing-shared.ts`, where it has one. */
  readonly sharedOver: SharedOver
}

/**
 * What all checks of a monitor have together over a captured machine, below `root`; "" is this machine. A monitor that asks others over
 * a socket or a network exports it as `sharedOver` of its testing-shared.ts: what was captured answers in their place, and lets as much
 * time pass by the check's clock as it took.
 */
export type SharedOver = (root: string, clock: HandClock) => unknown

/** The folders in a folder, by name; none where it is not there. */
export function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
    .sort()
}

async function load(folder: string, file: string): Promise<Record<string, unknown>> {
  const path = join(folder, file)
  if (!existsSync(path)) throw new MonitorFolderError(`${folder} has no ${file}`)
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>
}

/** The one exported value that has `key`. */
async function exported<T>(folder: string, file: string, key: string): Promise<T> {
  const values = Object.values(await load(folder, file))
  const found = values.find((value) => typeof value === 'object' && value !== null && key in value)
  if (found === undefined) throw new MonitorFolderError(`${join(folder, file)} exports nothing with "${key}"`)
  return found as T
}

async function readShared(folder: string): Promise<SharedOver> {
  if (!existsSync(join(folder, 'testing-shared.ts'))) return () => undefined
  const { sharedOver } = await load(folder, 'testing-shared.ts')
  if (typeof sharedOver !== 'function')
    throw new MonitorFolderError(`${folder}/testing-shared.ts exports no "sharedOver"`)
  return sharedOver as SharedOver
}

async function readCheck(folder: string): Promise<CheckOnDisk> {
  const definition = await exported<CheckOnDisk['definition']>(folder, 'check.ts', 'create')
  const { schema } = await load(folder, 'config.ts')
  if (schema === undefined) throw new MonitorFolderError(`${join(folder, 'config.ts')} exports no "schema"`)
  return { folder, definition, schema: schema as z.ZodType }
}

/**
 * Reads one monitor's folder.
 * @throws MonitorFolderError when a file is missing, or a check stands on disk and not in the registry, or the other way
 */
export async function readMonitorFolder(folder: string): Promise<MonitorOnDisk> {
  const definition = await exported<MonitorDefinition>(folder, 'monitor.ts', 'checks')
  if (definition.name !== basename(folder)) {
    throw new MonitorFolderError(`${folder}/monitor.ts is called "${definition.name}"; the folder's name is its name`)
  }
  const found = await Promise.all(foldersIn(join(folder, 'checks')).map(readCheck))
  for (const { definition: check } of found) {
    if (!definition.checks.some(({ type }) => type === check.type)) {
      throw new MonitorFolderError(
        `check "${check.type}" stands on disk and not in ${folder}/monitor.ts; register it there`,
      )
    }
  }
  const checks = definition.checks.map(({ type }) => {
    const check = found.find((one) => one.definition.type === type)
    if (check === undefined) {
      throw new MonitorFolderError(`check "${type}" of ${folder}/monitor.ts has no folder below checks/`)
    }
    return check
  })
  return { folder, definition, checks, sharedOver: await readShared(folder) }
}
