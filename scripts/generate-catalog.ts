/**
 * Makes what is derived from the schemas and from the checks' own descriptions:
 *   libs/config/document.json   JSON Schema of the document, which libs/config validates by
 *   libs/config/catalog.json    every check of our monitors: its keys, conditions, events, metrics
 *   docs/monitors.md            the same for people
 *   docs/events.md              every event that reaches the cluster
 *   docs/configuration.md       the table of keys between its markers
 *   docs/schema/node-doctor-config.schema.json   for editors
 *   deploy/helm/node-doctor/values.schema.json   its `config`, which is the same document
 *   services/http-exporter/metrics/owned-names.json   which service counts under which name
 * `node scripts/generate-catalog.ts` writes them; with `--check` it only tells what would change, and ends with 1.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { toJsonSchema, withoutWords } from './catalog/json-schema.ts'

const ROOT = join(import.meta.dirname, '..')

const OWNED_NAMES = 'services/http-exporter/metrics/owned-names.json'
const REFERENCE = 'docs/configuration.md'
const CHART_SCHEMA = 'deploy/helm/node-doctor/values.schema.json'
const EDITOR_SCHEMA = 'docs/schema/node-doctor-config.schema.json'

interface Output {
  readonly path: string
  readonly text: string
}

/** As the formatter of the project writes it, so that lint and generator agree. */
function json(path: string, value: unknown): Output {
  const biome = join(ROOT, 'node_modules/.bin/biome')
  const input = JSON.stringify(value, null, 2)
  return {
    path,
    text: execFileSync(biome, ['format', `--stdin-file-path=${path}`], { cwd: ROOT, input, encoding: 'utf8' }),
  }
}

/** The monitors' modules import libs/config, which imports what is made here: it must exist before. */
async function bootstrap(): Promise<void> {
  for (const [name, empty] of [
    ['libs/config/catalog.json', { monitors: [], checks: [] }],
    ['libs/config/document.json', {}],
    [OWNED_NAMES, {}],
  ] as const) {
    const path = join(ROOT, name)
    if (!existsSync(path)) await writeFile(path, JSON.stringify(empty))
  }
}

async function outputs(): Promise<Output[]> {
  const { document } = await import('../libs/config/schema/document.ts')
  const { readCatalog } = await import('./catalog/catalog.ts')
  const { keysTable } = await import('./catalog/keys-table.ts')
  const { eventsPage } = await import('./catalog/events-page.ts')
  const { monitorsPage } = await import('./catalog/monitors-page.ts')
  const { chartSchema } = await import('./catalog/chart-schema.ts')
  const { editorSchema } = await import('./catalog/editor-schema.ts')
  const { ownedNames } = await import('./catalog/owned-names.ts')
  const { variablesTable } = await import('./catalog/variables-table.ts')
  const documentSchema = toJsonSchema(document, 'document')
  const catalog = await readCatalog(join(ROOT, 'services/monitors'))
  const editor = editorSchema(documentSchema, catalog)
  const chart = JSON.parse(await readFile(join(ROOT, CHART_SCHEMA), 'utf8')) as Record<string, unknown>
  const reference = await readFile(join(ROOT, REFERENCE), 'utf8')
  const generated = { keys: keysTable(documentSchema), variables: variablesTable() }
  return [
    json('libs/config/document.json', withoutWords(documentSchema)),
    json('libs/config/catalog.json', catalog),
    json(OWNED_NAMES, ownedNames()),
    { path: 'docs/monitors.md', text: monitorsPage(catalog) },
    { path: 'docs/events.md', text: eventsPage(catalog) },
    { path: EDITOR_SCHEMA, text: `${JSON.stringify(editor, null, 2)}\n` },
    json(CHART_SCHEMA, chartSchema(chart, editor)),
    { path: REFERENCE, text: fill(reference, generated) },
  ]
}

/** Puts each text between its markers, `<!-- generated: keys -->` and `<!-- end -->`. */
function fill(page: string, texts: Readonly<Record<string, string>>): string {
  return page.replace(/(<!-- generated: (\w+) -->)[\s\S]*?(<!-- end -->)/g, (_, begin, name, end) => {
    return `${begin}\n\n${texts[String(name)] ?? ''}\n\n${end}`
  })
}

async function current(path: string): Promise<string | undefined> {
  return existsSync(path) ? await readFile(path, 'utf8') : undefined
}

async function main(check: boolean): Promise<number> {
  await bootstrap()
  let changed = 0
  for (const { path, text } of await outputs()) {
    const full = join(ROOT, path)
    if ((await current(full)) === text) continue
    changed++
    console.log(check ? `${relative(ROOT, full)} is out of date` : `wrote ${relative(ROOT, full)}`)
    if (check) continue
    await mkdir(dirname(full), { recursive: true })
    await writeFile(full, text)
  }
  if (check && changed > 0) console.error('run `make generate` and commit what it writes')
  return check && changed > 0 ? 1 : 0
}

process.exitCode = await main(process.argv.includes('--check'))
