/**
 * Makes the package `@node-doctor/monitor-kit` for authors of plug-ins, and prints the path of its tarball. `node scripts/pack-kit.ts
 * [FOLDER]`: where it is put; default `.cache/monitor-kit`. Nothing is fetched, and nothing is published.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { NODE_MAJOR } from './build/bundle.ts'
import { licencesOf, makeCode } from './pack/code.ts'
import { declarationsOf } from './pack/declarations.ts'

const ROOT = join(import.meta.dirname, '..')
const KIT = 'libs/monitor-kit'

/** What is imported as "@node-doctor/monitor-kit/<name>", and as the package itself. */
const ENTRIES = {
  index: `${KIT}/package/index.ts`,
  source: `${KIT}/source/index.ts`,
  evaluate: `${KIT}/evaluate/index.ts`,
  testing: `${KIT}/package/testing.ts`,
} as const

/** What is run by its name: a script, in whatever language, as a plug-in. */
const SHELL = { shell: `${KIT}/package/shell/main.ts` } as const

interface Manifest {
  readonly version: string
  readonly license: string
  readonly imports: Readonly<Record<string, string>>
}

function exportsOf(): Record<string, unknown> {
  const entries = Object.keys(ENTRIES).map((name) => [
    name === 'index' ? '.' : `./${name}`,
    { types: `./${name}.d.mts`, default: `./${name}.mjs` },
  ])
  return Object.fromEntries([...entries, ['./package.json', './package.json']]) as Record<string, unknown>
}

function packageJson({ version, license }: Manifest): string {
  const manifest = {
    name: '@node-doctor/monitor-kit',
    version,
    description: 'Write a check, get a monitor: a plug-in of Node Doctor, over gRPC on a Unix socket',
    keywords: ['kubernetes', 'node-problem-detector', 'monitoring', 'plugin'],
    license,
    type: 'module',
    engines: { node: `>=${NODE_MAJOR}` },
    os: ['linux'],
    sideEffects: false,
    bin: { 'node-doctor-shell-plugin': './shell.mjs' },
    exports: exportsOf(),
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

function writeTypes(folder: string, { imports }: Manifest): void {
  const paths = Object.entries(ENTRIES).map(([name, file]) => [name, join(ROOT, file)] as const)
  const { types, entries } = declarationsOf(
    ROOT,
    imports,
    paths.map(([, path]) => path),
  )
  // What is needed of Node's own types is named, so that no setting of whoever uses it has to.
  writeFileSync(join(folder, 'types.d.mts'), `/// <reference types="node" />\n\n${types}`)
  for (const [name, path] of paths) {
    const names = [...(entries.get(path) ?? [])].map(([as, own]) => (as === own ? as : `${own} as ${as}`))
    writeFileSync(join(folder, `${name}.d.mts`), `export {\n  ${names.sort().join(',\n  ')},\n} from './types.mjs'\n`)
  }
}

/** @returns the tarball's path */
function pack(folder: string, destination: string): string {
  mkdirSync(destination, { recursive: true })
  const args = ['pack', '--ignore-scripts', '--offline', '--json', '--pack-destination', destination]
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm pack ended with ${status}: ${stderr.trim()}`)
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  return join(destination, filename)
}

async function main(destination = join(ROOT, '.cache/monitor-kit')): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest
  const folder = mkdtempSync(join(tmpdir(), 'nd-kit-package-'))
  try {
    const packages = await makeCode(ROOT, folder, { ...ENTRIES, ...SHELL })
    writeTypes(folder, manifest)
    copyFileSync(join(ROOT, 'libs/proto/descriptors.binpb'), join(folder, 'descriptors.binpb'))
    copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'))
    copyFileSync(join(ROOT, KIT, 'package/README.md'), join(folder, 'README.md'))
    writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licencesOf(ROOT, packages))
    writeFileSync(join(folder, 'package.json'), packageJson(manifest))
    console.log(pack(folder, resolve(destination)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [asked] = process.argv.slice(2)
if (asked?.startsWith('-') === true) console.log('node scripts/pack-kit.ts [FOLDER]   default .cache/monitor-kit')
else await main(asked)
