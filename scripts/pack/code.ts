/** The code of the package: modules that share what they have in common, with everything that they need in them. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { NODE_MAJOR } from '../build/bundle.ts'
import { leanBuiltIns, leanGrpc, leanManifest, leanPino, leanReflection } from '../build/lean.ts'

/** CommonJS packages inside an ES module ask for these. */
const BANNER =
  "import { createRequire as __kitRequire } from 'node:module';" +
  'const require = __kitRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;'

/** What is loaded when somebody first asks what a symbol is. */
const LATE = 'libs/rpc/reflection.late.ts'

interface Manifest {
  readonly version: string
  readonly license: string
}

/** "node_modules/@grpc/grpc-js/build/src/x.js" → "@grpc/grpc-js" */
function packageOf(input: string): string | undefined {
  return /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(input)?.[1]
}

/** What the entries import, and what that imports: where code is left out, what it alone imported is made all the same. */
function neededOf({ outputs }: Metafile): ReadonlySet<string> {
  const needed = new Set<string>()
  const visit = (file: string): void => {
    if (needed.has(file)) return
    needed.add(file)
    for (const { path, external } of outputs[file]?.imports ?? []) if (external !== true) visit(path)
  }
  const isOurs = (entry: string | undefined) => entry !== undefined && /^libs\/(?:monitor-kit|rpc)\//.test(entry)
  for (const [file, { entryPoint }] of Object.entries(outputs)) if (isOurs(entryPoint)) visit(file)
  return needed
}

/**
 * Makes the modules in a folder, readable: who debugs a plug-in reads them, too.
 * @param entries file in the folder, without its ending, and source relative to the root
 * @returns the packages whose code is in them, each with its files, relative to the root
 */
export async function makeCode(
  root: string,
  folder: string,
  entries: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { ...entries, 'reflection.late': LATE },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'shared-[hash]',
    splitting: true,
    bundle: true,
    platform: 'node',
    target: `node${NODE_MAJOR}`,
    format: 'esm',
    banner: { js: BANNER },
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    plugins: [leanManifest, leanReflection, leanGrpc, leanPino, leanBuiltIns],
  })
  const needed = neededOf(metafile)
  for (const file of Object.keys(metafile.outputs)) if (!needed.has(file)) rmSync(join(root, file))
  const used = new Set<string>()
  for (const file of needed)
    for (const [input, { bytesInOutput }] of Object.entries(metafile.outputs[file]?.inputs ?? {}))
      if (bytesInOutput > 0) used.add(input)
  const packages = Map.groupBy([...used].sort(), (input) => packageOf(input) ?? '')
  packages.delete('')
  return packages
}

/** What files say of their licence at their beginning, each text once. */
function headersOf(paths: readonly string[]): string {
  const headers = paths.map((path) => /^(?:\/\/[^\n]*\n)+/.exec(readFileSync(path, 'utf8'))?.[0] ?? '')
  return [...new Set(headers.filter((text) => /copyright/i.test(text)))].join('\n')
}

/** The licences of packages, each whole; of one that has no file of it what its files say. @throws Error where they say nothing */
export function licencesOf(root: string, packages: ReadonlyMap<string, readonly string[]>): string {
  const texts = [...packages]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, files]) => {
      const folder = join(root, 'node_modules', name)
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one))
      const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
      const text =
        file === undefined ? headersOf(files.map((one) => join(root, one))) : readFileSync(join(folder, file), 'utf8')
      if (text === '') throw new Error(`${name} has no licence in ${folder}`)
      return `${name} ${version}, ${license}\n\n${text.trim()}\n`
    })
  return `Code of these packages is part of this one.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}
