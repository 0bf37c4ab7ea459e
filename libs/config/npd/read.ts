/** Reads NPD's files. Whatever is wrong with one is its own fault, and keeps no other from being read. */
import { readdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatDuration } from '#golang'
import { decodeText } from '#pattern'
import type { ConfigProblem } from '../errors.ts'
import type { Document } from '../schema/document.ts'
import { withoutSecretArguments } from '../secret-arguments.ts'
import { BYTES_MAX, readBounded } from '../tree/read-file.ts'
import { patternFault } from './checks.ts'
import { shown } from './durations.ts'
import { externalConfig } from './external-file.ts'
import {
  type ExternalFile,
  externalFile,
  type LogFile,
  logFile,
  type PluginFile,
  pluginFile,
  type StatsFile,
  statsFile,
} from './files.ts'
import { hideGivenIn } from './hide.ts'
import { JsonError, type JsonNode, parseJson } from './json.ts'
import { kindOf } from './kind-of.ts'
import {
  NPD_KINDS,
  NPD_LISTS,
  type NpdConfig,
  type NpdKind,
  type NpdRead,
  type NpdReading,
  OWN_PROGRAMS,
} from './kinds.ts'
import { isOtherKind, logConfig, type Recover } from './log-file.ts'
import { createPatternRoom } from './pattern-size.ts'
import { createPlaces } from './places.ts'
import { pluginConfig } from './plugin-file.ts'
import { createReading, type Reading } from './reading.ts'
import { itemsOf } from './shapes.ts'
import { statsConfig } from './stats-file.ts'

/** More files of one folder are not looked at. */
const DIR_FILES_MAX = 500

export type NpdSection = Document['npd']

export interface ReadNpdOptions {
  /** Whether scripts and folders that files name are where this process is, and are to be there. */
  readonly lookForPrograms: boolean
}

/** A file to be read. */
interface Named {
  readonly path: string
  readonly kind: NpdKind | undefined
  /** The key of `npd` that names it. */
  readonly named: string
}

/** What a file needs on the machine: a rule's script, the folder of the kernel's facts. */
interface Need {
  readonly key: string
  readonly path: string
}

/** @param section as the document's schema makes it */
export async function readNpd(section: NpdSection, options: ReadNpdOptions): Promise<NpdReading> {
  const files: NpdRead[] = []
  const first = new Map<string, number>()
  for (const one of [...listedFiles(section), ...(await folderFiles(section.dir))]) {
    const before = first.get(one.path)
    const earlier = before === undefined ? undefined : files[before]
    if (before === undefined || earlier === undefined) {
      first.set(one.path, files.length)
      files.push(isRead(one) ? one : await readNpdFile(one, section, options))
      continue
    }
    const text = `${shown(one.path)} is named by ${earlier.named} too; it is read once`
    files[before] = { ...earlier, warnings: [...earlier.warnings, { where: one.path, path: one.named, text }] }
  }
  return { files, badMatches: badMatchesOf(section) }
}

function badMatchesOf({ recover }: NpdSection): ReadonlyMap<string, string> {
  const room = createPatternRoom()
  return new Map(
    Object.entries(recover).flatMap(([type, { match }]) => {
      const why = match === undefined ? undefined : patternFault(match, room)
      return why === undefined ? [] : [[type, why] as const]
    }),
  )
}

function listedFiles(section: NpdSection): readonly Named[] {
  return NPD_KINDS.flatMap((kind) => {
    const list = NPD_LISTS[kind]
    return section[list].map((path, index) => ({ path: resolve(path), kind, named: `npd.${list}[${index}]` }))
  })
}

function isRead(one: Named | NpdRead): one is NpdRead {
  return 'faults' in one
}

/** A folder that cannot be read is a file that cannot. */
async function folderFiles(dir: string | undefined): Promise<readonly (Named | NpdRead)[]> {
  if (dir === undefined) return []
  const own = { kind: undefined, named: 'npd.dir' }
  const path = resolve(dir)
  const refused = (text: string) => [{ ...nothingOf({ path, ...own }), faults: [{ where: path, path: '', text }] }]
  let names: readonly string[]
  try {
    names = (await readdir(dir)).filter((name) => name.endsWith('.json') && !name.startsWith('.')).toSorted()
  } catch (err) {
    return refused(`cannot be read: ${causeOf(err)}; expected a folder of NPD's files`)
  }
  if (names.length > DIR_FILES_MAX)
    return refused(`has ${names.length} files that end in .json; expected at most ${DIR_FILES_MAX}`)
  return names.map((name) => ({ path: resolve(dir, name), ...own }))
}

function causeOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  return 'code' in err ? String(err.code) : err.message
}

function nothingOf(named: Named): NpdRead {
  return {
    ...named,
    config: undefined,
    types: [],
    whereOf: () => named.path,
    writtenAs: (key) => key,
    faults: [],
    warnings: [],
  }
}

/** One file, to the end: all that is wrong with it. */
export async function readNpdFile(named: Named, section: NpdSection, options: ReadNpdOptions): Promise<NpdRead> {
  const { path } = named
  const refused = (text: string): NpdRead => ({ ...nothingOf(named), faults: [{ where: path, path: '', text }] })
  let bytes: Buffer | undefined
  try {
    bytes = await readBounded(path)
  } catch (err) {
    return refused(`cannot be read: ${causeOf(err)}; expected a file of NPD's`)
  }
  if (bytes === undefined) return refused("is no regular file; expected a file of NPD's")
  if (bytes.length > BYTES_MAX) return refused(`is larger than ${BYTES_MAX} bytes; expected a file of NPD's`)
  const read = parseNpdFile(decodeText(bytes), named, section)
  if (!options.lookForPrograms || read.needs.length === 0) return read.file
  return { ...read.file, ...(await withNeeds(read)) }
}

interface Parsed {
  readonly file: NpdRead
  readonly needs: readonly Need[]
  readonly reading: Reading
}

/** What stands in a file; nothing else is looked at. */
export function parseNpdFile(text: string, named: Named, section: NpdSection): Parsed {
  const reading = createReading(named.path, text)
  let root: JsonNode
  try {
    root = hideGivenIn(parseJson(text))
  } catch (err) {
    if (!(err instanceof JsonError)) throw err
    const { line, column } = createPlaces(text)(err.at)
    const where = `${named.path}:${line}:${column}`
    return {
      file: { ...nothingOf(named), faults: [{ where, path: '', text: `not valid JSON: ${err.message}` }] },
      needs: [],
      reading,
    }
  }
  const kind = named.kind ?? kindOf(root)
  if (kind === undefined) {
    // The list of known modules stands beside the files that name it.
    if (root.kind === 'array') reading.warn('', "is a list and no file of NPD's; it is left out")
    else
      reading.fault(
        '',
        'no key of it says what kind of file of NPD\'s it is; expected one such as "plugin" or "invokeInterval"',
      )
    return { file: { ...nothingOf(named), faults: reading.faults, warnings: reading.warnings }, needs: [], reading }
  }
  const { config, types, needs, writtenAs = (key) => key } = READERS[kind](root, reading, section)
  const declared = types.map((type, index) => {
    const key = `conditions[${index}].type`
    return { type, key, where: reading.whereOf(key) }
  })
  const { faults, warnings } = reading
  const whole = kind === 'external' ? config : { path: named.path, ...config, compat: section.compat }
  return {
    file: {
      ...{ ...named, kind, config: faults.length > 0 ? undefined : whole, types: declared, faults, warnings },
      whereOf: reading.whereOf,
      writtenAs,
    },
    needs,
    reading,
  }
}

interface Made {
  readonly config: NpdConfig
  readonly types: readonly string[]
  readonly needs: readonly Need[]
  /** Where keys of the configuration are not those of the file. */
  readonly writtenAs?: (key: string) => string
}

const READERS: Readonly<Record<NpdKind, (root: JsonNode, reading: Reading, section: NpdSection) => Made>> = {
  log(root, reading, section) {
    const file: LogFile = logFile.decode(root, logFile.zero(), '', reading)
    if (isOtherKind(file, reading)) return { config: {}, types: [], needs: [] }
    return { config: logConfig(file, reading, recoverOf(section)), types: typesOf(file), needs: [] }
  },
  plugin(root, reading) {
    const file: PluginFile = pluginFile.decode(root, pluginFile.zero(), '', reading)
    const needs = itemsOf(file.rules).flatMap((rule, index) =>
      rule === undefined || OWN_PROGRAMS.includes(rule.path) ? [] : [{ key: `rules[${index}].path`, path: rule.path }],
    )
    return { config: pluginConfig(file, reading), types: typesOf(file), needs }
  },
  stats(root, reading) {
    const file: StatsFile = statsFile.decode(root, statsFile.zero(), '', reading)
    const config = statsConfig(file, reading)
    return { config, types: [], needs: [{ key: 'procPath', path: String(config['procPath']) }] }
  },
  external(root, reading) {
    const file: ExternalFile = externalFile.decode(root, externalFile.zero(), '', reading)
    return { ...externalConfig(file, reading), types: typesOf(file), needs: [] }
  },
}

function typesOf({ conditions }: LogFile | PluginFile | ExternalFile): readonly string[] {
  return itemsOf(conditions).map(({ type }) => type)
}

function recoverOf({ recover }: NpdSection): Recover {
  return Object.fromEntries(
    Object.entries(recover).map(([type, { absentFor, ...rest }]) => [
      type,
      absentFor === undefined ? rest : { ...rest, absentFor: formatDuration(BigInt(absentFor) * 1_000_000n) },
    ]),
  )
}

/** As NPD looks: only what is not there is a fault, whatever else is wrong with it. */
async function withNeeds({ file, needs, reading }: Parsed): Promise<Pick<NpdRead, 'faults' | 'config'>> {
  const known = new Map<string, boolean>()
  const faults: ConfigProblem[] = []
  for (const need of needs) {
    const isThere = known.get(need.path) ?? (await isThereAt(need.path))
    known.set(need.path, isThere)
    if (isThere) continue
    const from = need.path.startsWith('/') ? '' : ` (looked for in ${process.cwd()})`
    const what = need.key === 'procPath' ? 'the folder that the kernel tells its facts in' : 'the path of a program'
    const text = `${shown(withoutSecretArguments([need.path]).join())} does not exist${from}; expected ${what}`
    faults.push({ where: reading.whereOf(need.key), path: need.key, text })
  }
  return { faults: [...file.faults, ...faults], config: faults.length > 0 ? undefined : file.config }
}

async function isThereAt(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (err) {
    return !(err instanceof Error && 'code' in err && err.code === 'ENOENT')
  }
}
