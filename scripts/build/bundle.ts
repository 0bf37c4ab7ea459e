/** One minified ES module per service: 53 MB instead of 68 for a process that loads its packages one by one. */
import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { CODE_PARAMETERS } from '../../services/npd/code.ts'
import { dropCode, makeCode } from './code.ts'
import type { Entry } from './entries.ts'
import {
  leanBuiltIns,
  leanCatalog,
  leanFastify,
  leanGrpc,
  leanKubeClient,
  leanManifest,
  leanPino,
  leanReflection,
} from './lean.ts'
import type { Ledger } from './made.ts'
import { replaceFile } from './replace-file.ts'

const KIB = 1024
/** docs/architecture.md, section 11: a bundle of a service, and one of several services. */
const LIMIT_BYTES = 2_048 * KIB
const COMPOSED_LIMIT_BYTES = 2_560 * KIB

export interface Bundle {
  readonly name: string
  readonly sizeBytes: number
  /** What it may be. */
  readonly limitBytes: number
  /** The file in dist is another than before. */
  readonly changed: boolean
}

/** What the bundles are written for. An older Node would print its way through a line of a megabyte. */
export const NODE_MAJOR = 24

// CommonJS packages inside an ES module ask for these three.
const BANNER =
  "import{createRequire as __nodeDoctorRequire}from'node:module';" +
  'if(Number(process.versions.node.split(".")[0])<' +
  `${NODE_MAJOR}){process.stderr.write("Node Doctor needs Node ${NODE_MAJOR} or newer and was started with "+process.version+` +
  '"; use the Node that comes with it: node_modules/.bin/node\\n");process.exit(2)}' +
  'const require=__nodeDoctorRequire(import.meta.url),' +
  '__filename=import.meta.filename,__dirname=import.meta.dirname;'

const OPTIONS = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: `node${NODE_MAJOR}`,
  format: 'esm',
  banner: { js: BANNER },
  define: { 'process.env.NODE_ENV': '"production"' },
  // Licences of what is bundled stand in <name>.mjs.LEGAL.txt.
  legalComments: 'external',
  logLevel: 'warning',
  write: false,
  plugins: [leanKubeClient, leanReflection, leanGrpc, leanFastify, leanPino, leanManifest, leanBuiltIns],
} as const satisfies BuildOptions

/** Of a script: it is one function, and what it knows of itself it is told. */
const AS_SCRIPT = {
  format: 'iife',
  banner: { js: `(function(${CODE_PARAMETERS.join(',')}){"use strict";` },
  footer: { js: '})' },
  define: {
    ...OPTIONS.define,
    'import.meta.url': '__bundleUrl',
    'import.meta.filename': '__filename',
    'import.meta.dirname': '__dirname',
  },
} as const satisfies BuildOptions

/** Of a module that is required and let go. */
const AS_COMMON = {
  format: 'cjs',
  banner: { js: `"use strict";const __bundleUrl=require("node:url").pathToFileURL(__filename).href;` },
  define: { ...OPTIONS.define, 'import.meta.url': '__bundleUrl' },
} as const satisfies BuildOptions

/**
 * @param ledger of the folder; what it knows as made is left as it is. Default: none, all is made
 * @throws esbuild's BuildFailure, already printed, when an entry does not compile.
 */
export async function bundle(root: string, outDir: string, entry: Entry, ledger?: Ledger): Promise<Bundle> {
  const { startedBy, name } = entry
  if (startedBy === undefined) return bundleOne({ root, outDir, ledger }, entry)
  const code = await bundleOne({ root, outDir, ledger }, entry)
  await bundleOne({ root, outDir, ledger }, { name, file: startedBy })
  makeCode(join(outDir, `${name}.mjs`))
  return code
}

interface Place {
  readonly root: string
  readonly outDir: string
  readonly ledger: Ledger | undefined
}

async function bundleOne({ root, outDir, ledger }: Place, entry: Entry): Promise<Bundle> {
  const extension = entry.startedBy === undefined && entry.isOnce !== true ? 'mjs' : 'cjs'
  const file = `${entry.name}.${extension}`
  const limitBytes = entry.isComposed === true ? COMPOSED_LIMIT_BYTES : LIMIT_BYTES
  const of = (changed: boolean): Bundle => {
    return { name: entry.name, sizeBytes: statSync(join(outDir, file)).size, limitBytes, changed }
  }
  if (ledger?.isMade(file, entry) === true) return of(false)
  const note = ledger?.begin(file, entry)
  const { outputFiles, metafile } = await build(optionsOf(root, outDir, entry, extension))
  let changed = false
  for (const { path, contents } of outputFiles) {
    const isCode = path.endsWith(`.${extension}`)
    const before = isCode && entry.startedBy !== undefined ? () => dropCode(outDir, entry.name) : undefined
    const replaced = await replaceFile(path, contents, before)
    if (isCode) changed = replaced
  }
  note?.({ inputs: Object.keys(metafile.inputs), outputs: outputFiles.map(({ path }) => relative(outDir, path)) })
  return of(changed)
}

function optionsOf(root: string, outDir: string, entry: Entry, extension: string) {
  return {
    ...OPTIONS,
    ...(entry.startedBy !== undefined && AS_SCRIPT),
    ...(entry.isOnce === true && AS_COMMON),
    metafile: true,
    plugins: [...OPTIONS.plugins, leanCatalog(entry.checksOf)],
    absWorkingDir: root,
    ...(entry.contents === undefined
      ? { entryPoints: [{ in: entry.file, out: entry.name }], outdir: outDir, outExtension: { '.js': `.${extension}` } }
      : {
          stdin: { contents: entry.contents, resolveDir: root, sourcefile: `${entry.name}.ts`, loader: 'ts' as const },
          outfile: `${outDir}/${entry.name}.${extension}`,
        }),
  } as const satisfies BuildOptions
}
