/** What is built: found by folder, so that a new service or monitor is a folder and nothing else. */
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { plannedServices, SERVICES, type ServiceTable } from '../../libs/service-table/index.ts'

export interface Entry {
  /** "detector": the bundle is dist/detector.mjs. */
  readonly name: string
  /** Relative to the root: "services/detector/main.ts"; of a composition what it is called in messages. */
  readonly file: string
  /** The text of a composition: services of several folders as one process, which no file of ours may import together. */
  readonly contents?: string
  /** It is the only process of its node, and knows the checks of these monitors alone. Default: those of all. */
  readonly checksOf?: readonly string[]
  /** Several services in one process. */
  readonly isComposed?: boolean
  /** It is let go when it has done its work: a CommonJS module (`dist/<name>.cjs`), of which nothing stays. */
  readonly isOnce?: boolean
  /** What starts it, relative to the root, and is the bundle then: a script beside it that comes compiled. */
  readonly startedBy?: string
}

function folders(parent: string): string[] {
  if (!existsSync(parent)) return []
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

const BESIDE = /\.(?:late|once)\.ts$/

/**
 * Every `<name>.late.ts` of a lib or a monitor: what processes load when somebody asks for it (`dist/<name>.late.mjs`); and every
 * `<name>.once.ts`: what they load for one task (`dist/<name>.once.cjs`).
 */
function entriesBeside(root: string): Entry[] {
  return ['libs', 'services/monitors'].flatMap((parent) =>
    folders(join(root, parent)).flatMap((name) =>
      readdirSync(join(root, parent, name))
        .filter((file) => BESIDE.test(file))
        .sort()
        .map((file) => ({
          name: basename(file, '.ts'),
          file: `${parent}/${name}/${file}`,
          ...(file.endsWith('.once.ts') && { isOnce: true }),
        })),
    ),
  )
}

/**
 * Every `main.ts` of a service or a monitor, every `worker.ts` of a lib or a service (`dist/<folder>-worker.mjs`), and
 * every `*.late.ts` and `*.once.ts` of a lib or a monitor.
 */
export function findEntries(root: string): Entry[] {
  const mains = ['services', 'services/monitors'].flatMap((parent) =>
    folders(join(root, parent)).map((name) => ({ name, file: `${parent}/${name}/main.ts` })),
  )
  const workers = ['libs', 'services'].flatMap((parent) =>
    folders(join(root, parent)).map((name) => ({ name: `${name}-worker`, file: `${parent}/${name}/worker.ts` })),
  )
  const found = [...mains, ...workers].filter(({ file }) => existsSync(join(root, file)))
  return [...found, ...entriesBeside(root), ...compositions(root, found)]
}

/** "http-exporter" → "httpExporter", the name of the definition that its folder exports. */
function exportedName(folder: string): string {
  return folder.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** The two processes of the compact deployment, all exporters and all monitors; and that of `node-doctor npd`, which is all of them. */
function compositions(root: string, found: readonly Entry[]): Entry[] {
  const table: ServiceTable = SERVICES
  const exporters = found.filter(
    ({ name, file }) =>
      name.endsWith('-exporter') && file === `services/${name}/main.ts` && table[name]?.isOptional !== true,
  )
  // One that is begun is a bundle of its own, for whoever tries it; it runs beside others once it is deployed.
  const planned = plannedServices(SERVICES).map(({ name }) => name)
  const monitors = found.filter(
    ({ name, file }) =>
      file === `services/monitors/${name}/main.ts` &&
      existsSync(join(root, `services/monitors/${name}/monitor.ts`)) &&
      !planned.includes(name) &&
      table[name]?.isOptional !== true,
  )
  return [
    ...(exporters.length === 0 ? [] : [exportersEntry(exporters)]),
    ...(monitors.length === 0 ? [] : [monitorsEntry(monitors)]),
    ...(existsSync(join(root, NPD)) ? [npdEntry(exporters, monitors)] : []),
  ]
}

const NPD = 'services/npd/run.ts'
const NPD_START = 'services/npd/start.ts'
/** The monitors that serve files of node-problem-detector. */
const OF_NPD: readonly string[] = ['custom-plugin', 'log', 'system']

/** Each is loaded when it is to run. */
function npdEntry(exporters: readonly Entry[], monitors: readonly Entry[]): Entry {
  const plain = [{ name: 'detector' }, ...exporters].map(
    ({ name }) => `  '${name}': async () => (await import('./services/${name}/service.ts')).${exportedName(name)},\n`,
  )
  const kit = monitors
    .filter(({ name }) => OF_NPD.includes(name))
    .map(
      ({ name }) =>
        `  '${name}': async () => createMonitorService((await import('./services/monitors/${name}/monitor.ts')).${exportedName(name)}),\n`,
    )
  const contents = `import { createMonitorService } from '#monitor-kit'
import { runNpd } from './${NPD}'
void runNpd(process.argv.slice(2), {
${[...plain, ...kit].join('')}}, __uncompiled)
`
  return { name: 'npd', file: 'services/npd', contents, checksOf: OF_NPD, startedBy: NPD_START, isComposed: true }
}

function exportersEntry(of: readonly Entry[]): Entry {
  const names = of.map(({ name }) => exportedName(name))
  const imports = of.map(({ name }, i) => `import { ${names[i]} } from './services/${name}/service.ts'`)
  const contents = `import { runService } from '#service'\n${imports.join('\n')}\nawait runService(${names.join(', ')})\n`
  return { name: 'exporters', file: `services/{${of.map(({ name }) => name).join(',')}}`, contents, isComposed: true }
}

function monitorsEntry(of: readonly Entry[]): Entry {
  const names = of.map(({ name }) => exportedName(name))
  const imports = of.map(({ name }, i) => `import { ${names[i]} } from './services/monitors/${name}/monitor.ts'`)
  const contents = `import { runMonitor } from '#monitor-kit'\n${imports.join('\n')}\nawait runMonitor(${names.join(', ')})\n`
  return {
    name: 'monitors',
    file: `services/monitors/{${of.map(({ name }) => name).join(',')}}`,
    contents,
    isComposed: true,
  }
}
