/** Reads the one configuration: embedded default < file < environment < flags. */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { asWritten } from './as-written.ts'
import { type Assembled, assemble, configSchemaOf, DOCUMENT_SCHEMA } from './assemble.ts'
import { CATALOG, type Catalog } from './catalog.ts'
import type { GoReading } from './dialects/go/read.ts'
import { ConfigErrors, type ConfigProblem } from './errors.ts'
import { underlay } from './layers/default-checks.ts'
import { explain } from './layers/default-dependencies.ts'
import { DEFAULT_FILE, hostNameOf, type Surroundings, surroundings } from './layers/defaults.ts'
import { dollarFaults } from './layers/dollar.ts'
import { type Assignment, assignmentsOf, FILE_VARIABLE } from './layers/environment.ts'
import { hideGiven, isGivenToProgram } from './layers/hide.ts'
import { parseKeyPath } from './layers/key-path.ts'
import { overlay } from './layers/overlay.ts'
import { type Environment, substitute } from './layers/substitute.ts'
import { partAssignments } from './layers/whole-lists.ts'
import type { NpdReading } from './npd/kinds.ts'
import type { NpdSection } from './npd/read.ts'
import { rootSpot, spotOf } from './rules/spot.ts'
import { isSecretKey, withoutUserinfo } from './secrets.ts'
import { readConfigFile } from './tree/read-file.ts'
import { readYaml } from './tree/read-yaml.ts'
import { child, type MapNode, mapOf } from './tree/tree.ts'
import type { ConfigNote, NodeDoctorConfig } from './types.ts'
import type { JsonSchema } from './walk/json-schema.ts'
import { type PatternReader, Run } from './walk/run.ts'
import { walk } from './walk/walk.ts'
import { asksForPatterns } from './walk/walk-patterns.ts'

/** A value from the command line. */
export interface ConfigFlag {
  /** Dotted key: "exporters.http.hostPort", "monitors.disk-space.interval". */
  readonly key: string
  readonly value: string
  /** As it was written: "--set exporters.http.hostPort=8081", "--log-level=debug". */
  readonly flag: string
}

/** Where the configuration comes from. */
export interface LoadOptions {
  /** From a flag; goes before NODE_DOCTOR_CONFIG. */
  readonly file?: string | undefined
  readonly flags: readonly ConfigFlag[]
  readonly env: Environment
  /** Read where no file is named, if it exists. Default /etc/node-doctor/config.yaml. */
  readonly defaultFile?: string | undefined
  readonly catalog?: Catalog | undefined
  /** Of the document. Default that of this version. */
  readonly schema?: JsonSchema | undefined
  readonly surroundings?: Surroundings | undefined
  /** What regular expressions are held to. `loadConfig` loads it where a check may have some; else they are taken as they are. */
  readonly patterns?: PatternReader | undefined
  /**
   * What reads the Go Node Doctor's form. `loadConfig` loads it where a file is not ours as it stands, since nobody else is to
   * carry the table; else keys of that form are unknown.
   */
  readonly dialect?: DialectReader | undefined
  /**
   * Whether scripts and folders that files of `npd` name are to be where this process is: where it is not the one that runs
   * them, whoever does finds out. Default false.
   */
  readonly lookForPrograms?: boolean | undefined
}

/** A document of another form as ours. */
export type DialectReader = (tree: MapNode) => GoReading

const NOTHING = { where: 'embedded default', origin: { layer: 'default', text: 'default' } } as const

/** What a file must say and the embedded default says by itself. It is nobody's setting. */
const HEAD = { apiVersion: 'node-doctor.io/v1alpha1', kind: 'NodeDoctorConfig', metadata: { name: 'default' } }

/** @throws ConfigErrors with every fault of every layer */
export async function loadConfig(options: LoadOptions): Promise<NodeDoctorConfig> {
  const file = fileOf(options)
  const text = file === '' ? '' : await readConfigFile(file)
  const patterns = options.patterns ?? (await patternsFor(text, options))
  const own = { ...options, patterns }
  if (options.dialect !== undefined || file === '') return loadAs(text, file, own)
  try {
    const config = await loadAs(text, file, own)
    if (config.monitors.every(({ monitor }) => monitor !== '')) return config
  } catch (err) {
    if (!(err instanceof ConfigErrors)) throw err
  }
  return loadAs(text, file, { ...own, dialect: await loadGoDialect() })
}

/** Beside this module, as it is written or as it is built. */
async function loadGoDialect(): Promise<DialectReader> {
  const module = import.meta.url.endsWith('.ts') ? 'go-dialect.late.ts' : 'go-dialect.late.mjs'
  const { readGo } = (await import(new URL(module, import.meta.url).href)) as { readonly readGo: DialectReader }
  return readGo
}

async function loadAs(text: string, file: string, options: LoadOptions): Promise<NodeDoctorConfig> {
  const layers = layersOf(text, file, options)
  return configOf(layers, options, await npdOf(layers, options))
}

/** They are heavy: loaded only where a type of check is named whose keys may have some. */
async function patternsFor(
  text: string,
  { catalog = CATALOG, flags, env }: LoadOptions,
): Promise<PatternReader | undefined> {
  const types = catalog.checks
    .filter(({ schema }) => asksForPatterns(schema))
    .flatMap(({ type, aliases }) => [type, ...aliases])
  const texts = [text, ...flags.map(({ value }) => value), ...Object.values(env)]
  const isNamed = types.some((type) => texts.some((one) => one?.includes(type) === true))
  return isNamed ? import('#pattern') : undefined
}

/**
 * The configuration that a text gives. `file` is its name in errors and origins; "" for the embedded default, without a text.
 * No other file is read: what `npd` names is left out.
 */
export function parseConfig(text: string, file: string, options: LoadOptions): NodeDoctorConfig {
  return configOf(layersOf(text, file, options), options, undefined)
}

/** A text with the environment and the flags over it. */
function layersOf(text: string, file: string, options: LoadOptions) {
  const { env, catalog = CATALOG, schema = DOCUMENT_SCHEMA } = options
  const around = options.surroundings ?? surroundings()
  const written = treeOfFile(text, file)
  const go = options.dialect?.(written) ?? { tree: written, notes: [], problems: [], missing: [] }
  const base = go.tree
  const ofValues = [...go.problems, ...dollarFaults(base)]
  const flags = flagAssignments(options.flags)
  const assignments = [...assignmentsOf(env), ...flags.assignments]
  const hostName = hostNameOf(around, hostRootOf(base, assignments))
  const substituted = substitute(base, env, hostName)
  const { lists, rest } = partAssignments(assignments)
  const listed = overlay(substituted.tree, lists, schema, configSchemaOf(catalog))
  const { tree, problems } = overlay(underlay(listed.tree, catalog), rest, schema, configSchemaOf(catalog))
  const layered = { tree: hideGiven(explain(tree, catalog)), problems: [...listed.problems, ...problems] }
  const notes = [...go.notes, ...substituted.notes, ...overriddenName(substituted.tree, env)]
  return { file, around, hostName, flags, written, go, ofValues, substituted, layered, notes }
}

type Layers = ReturnType<typeof layersOf>

/** @param npd what the files that `npd` names say */
function configOf(layers: Layers, options: LoadOptions, npd: NpdReading | undefined): NodeDoctorConfig {
  const { file, flags, written, go, ofValues, substituted, layered } = layers
  const { env, catalog = CATALOG, schema = DOCUMENT_SCHEMA } = options
  const { around: surroundings, hostName, notes } = layers
  const assembled: Assembled = assemble(layered.tree, {
    file,
    env,
    surroundings,
    hostName,
    catalog,
    schema,
    patterns: options.patterns,
    notes,
    missing: go.missing,
    npd,
  })
  const rest = withoutUnset(assembled.problems, [...ofValues, ...substituted.problems])
  const problems = inOrder([
    ...ofValues,
    ...substituted.problems,
    ...flags.problems,
    ...layered.problems,
    ...(go.tree === written ? rest : asWritten(rest, written, layered.tree)),
  ])
  if (problems.length > 0 || assembled.config === undefined)
    throw new ConfigErrors(file === '' ? 'embedded default' : file, problems, {
      // Whoever only runs lets those files be, and tells of them.
      inFiles: options.lookForPrograms === true ? assembled.inFiles : [],
    })
  return assembled.config
}

/** Reads the files that `npd` names. What reads them is loaded only where there are some: it brings regular expressions. */
async function npdOf({ layered }: Layers, options: LoadOptions): Promise<NpdReading | undefined> {
  const node = child(layered.tree, 'npd')
  const schema = (options.schema ?? DOCUMENT_SCHEMA).properties?.['npd']
  if (node === undefined || schema === undefined) return undefined
  const spot = spotOf(rootSpot(layered.tree), layered.tree, 'npd')
  const run = new Run()
  let section = walk(schema, node, spot, run) as NpdSection
  // What is wrong with the section is told when the whole document is looked at; the files that the rest of it names are read.
  if (run.problems.length > 0) {
    const bad = new Set(run.problems.map(({ path }) => /^npd\.([^.[]+)/.exec(path)?.[1]))
    if (node.kind !== 'map' || bad.has(undefined)) return undefined
    const entries = new Map([...node.entries].filter(([key]) => !bad.has(key)))
    section = walk(schema, { ...node, entries }, spot, new Run()) as NpdSection
  }
  const { readNpd } = await import('./npd/read.ts')
  return readNpd(section, { lookForPrograms: options.lookForPrograms ?? false })
}

/** What is wrong with a value only because its variable is not set, or none, goes without saying. */
function withoutUnset(problems: readonly ConfigProblem[], unset: readonly ConfigProblem[]): ConfigProblem[] {
  const spots = new Set(unset.map(({ where, path }) => `${where}\0${path}`))
  return problems.filter(({ where, path }) => !spots.has(`${where}\0${path}`))
}

/** By line where they stand in the file; the others after them. */
function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const position = ({ where }: ConfigProblem): number => {
    const [, line, column] = /:(\d+):(\d+)$/.exec(where) ?? []
    return line === undefined ? Number.POSITIVE_INFINITY : Number(line) * 10_000 + Math.min(Number(column), 9999)
  }
  return problems.toSorted((a, b) => (position(a) === position(b) ? 0 : position(a) - position(b)))
}

/** The variable is the node's own name, told by the cluster; a name in the file that it overrides is worth a note. */
function overriddenName(tree: MapNode, env: Environment): ConfigNote[] {
  const written = child(child(tree, 'settings'), 'nodeName')
  const name = env['NODE_NAME'] ?? ''
  if (written?.kind !== 'scalar' || name === '' || written.text === name) return []
  const text = `"${written.text}" (${written.place.origin.text}) is overridden by NODE_NAME`
  return [{ key: 'settings.nodeName', text, origin: { layer: 'environment', text: 'environment, NODE_NAME' } }]
}

function fileOf({ file, env, defaultFile = DEFAULT_FILE }: LoadOptions): string {
  const named = file ?? env[FILE_VARIABLE] ?? ''
  if (named !== '') return named
  return defaultFile !== '' && existsSync(defaultFile) ? defaultFile : ''
}

function treeOfFile(text: string, file: string): MapNode {
  if (file === '') return mapOf(HEAD, NOTHING)
  const { tree, problems } = readYaml(text, file, basename(file))
  if (problems.length > 0) throw new ConfigErrors(file, problems)
  return tree
}

/** Where its key ends cannot be said of one that is none; of what may be given to a program only the words before are shown. */
function noKey(key: string, flag: string): ConfigProblem {
  const steps = key.split(/[^A-Za-z0-9_-]+/)
  const isShown = !isSecretKey(steps.join('.')) && !isGivenToProgram(steps)
  const [where, written] = isShown ? [withoutUserinfo(flag), key] : [`--set ${steps[0]}…`, `${steps[0]}…`]
  return { where, path: '', text: `"${written}" is no key; expected one such as exporters.http.hostPort` }
}

function flagAssignments(flags: readonly ConfigFlag[]): { assignments: Assignment[]; problems: ConfigProblem[] } {
  const assignments: Assignment[] = []
  const problems: ConfigProblem[] = []
  for (const { key, value, flag } of flags) {
    const steps = parseKeyPath(key)
    if (steps !== undefined) assignments.push({ steps, value, name: flag, layer: 'flag', folded: false })
    else problems.push(noKey(key, flag))
  }
  return { assignments, problems }
}

/** Needed before everything is checked: the host's name stands below the host's root. */
function hostRootOf(tree: MapNode, assignments: readonly Assignment[]): string {
  const assigned = assignments.filter(({ steps }) => steps.join('.') === 'settings.hostRoot').at(-1)?.value
  const written = child(child(tree, 'settings'), 'hostRoot')
  const root = assigned ?? (written?.kind === 'scalar' ? written.text : '')
  return root.startsWith('/') ? root : ''
}
