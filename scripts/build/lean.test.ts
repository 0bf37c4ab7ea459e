import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bundle } from './bundle.ts'
import { leanFastify, leanGrpc, leanKubeClient, leanManifest, leanPino } from './lean.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Packages whose text is in a bundle, each once. */
async function packagesOf(file: string): Promise<Set<string>> {
  const texts = await textsOf(file)
  return new Set(texts.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))
}

/** Files whose text is in a bundle. */
async function textsOf(file: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [file],
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['node:*'],
    write: false,
    metafile: true,
    logLevel: 'error',
    plugins: [leanKubeClient, leanGrpc, leanFastify, leanPino],
  })
  const [output] = Object.values(metafile.outputs)
  const texts = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return texts.map(([path]) => path)
}

describe('a bundle', () => {
  it.each([
    ['services/monitors/network/main.ts', /^(?:nats|nkeys|tweetnacl|re2js|yaml|thread-stream)/],
    ['services/detector/main.ts', /^yaml$/],
  ])(
    '%s reads no .proto files, no configuration after its start, and has no bus that it does not ask',
    async (file, unasked) => {
      const packages = await packagesOf(file)
      expect([...packages].filter((name) => unasked.test(name) || /proto-loader|protobufjs|^long$/.test(name))).toEqual(
        [],
      )
      expect(packages).toContain('@grpc/grpc-js')
    },
  )

  it('spreads no calls over many servers: behind a socket is one', async () => {
    const texts = await textsOf('services/detector/main.ts')
    const balancers = texts.filter((path) => /grpc-js\/.*\/load-balancer-[a-z-]+\.js$/.test(path))
    expect(balancers.map((path) => /load-balancer-([a-z-]+)\.js$/.exec(path)?.[1] ?? '').toSorted()).toEqual([
      'child-handler',
      'pick-first',
      'round-robin',
    ])
  })

  it('of the http-exporter has no compilers of schemas, no ranges of versions, and no requests of tests', async () => {
    const packages = await packagesOf('services/http-exporter/main.ts')
    const unused = [
      'ajv',
      '@fastify/ajv-compiler',
      '@fastify/fast-json-stringify-compiler',
      'semver',
      'light-my-request',
    ]
    expect(unused.filter((name) => packages.has(name))).toEqual([])
    expect(packages).toContain('fastify')
  })

  it('of a service has of our manifest the version alone', async () => {
    const { outputFiles } = await build({
      absWorkingDir: ROOT,
      entryPoints: ['libs/service/version.ts'],
      bundle: true,
      format: 'esm',
      write: false,
      plugins: [leanManifest],
    })
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    const [text = ''] = outputFiles.map((file) => file.text)
    expect([text.includes(`"${version}"`), text.includes('dependencies')]).toEqual([true, false])
  })

  it('that imports node:http, or a package that requires it, does not load what fetch is made of', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nd-bundle-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await writeFile(join(folder, 'package.cjs'), "exports.methods = require('http').METHODS.length")
    const contents = `import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import * as path from 'node:path'
import fs from 'node:fs'
import { methods } from './package.cjs'
const { platform } = await import('node:os')
await sleep(1)
const isLoaded = process.moduleLoadList.some((name) => name.includes('undici/undici'))
console.log(JSON.stringify([isLoaded, typeof createServer, methods > 9, path.basename('/a/b'), fs.existsSync('/'), platform()]))`
    await writeFile(join(folder, 'entry.ts'), contents)
    await bundle(folder, folder, { name: 'entry', file: 'entry.ts' })
    const told = execFileSync(process.execPath, [join(folder, 'entry.mjs')], { encoding: 'utf8' })
    expect(JSON.parse(told)).toEqual([false, 'function', true, 'b', true, process.platform])
  })

  it('that is loaded for one task is required, knows where it lies, and is gone once it is let go', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nd-bundle-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await writeFile(join(folder, 'x.once.ts'), 'export const url = import.meta.url\nexport const large = () => url')
    await bundle(folder, folder, { name: 'x.once', file: 'x.once.ts', isOnce: true })
    const holder = `import { createRequire } from 'node:module'
const load = () => {
  const require = createRequire(import.meta.url)
  const path = require.resolve('./x.once.cjs')
  const { url, large } = require(path)
  delete require.cache[path]
  console.log(url)
  return new WeakRef(large)
}
const ref = load()
await new Promise((resolve) => setTimeout(resolve, 1))
gc()
console.log(ref.deref() === undefined)`
    await writeFile(join(folder, 'holder.mjs'), holder)
    const told = execFileSync(process.execPath, ['--expose-gc', join(folder, 'holder.mjs')], { encoding: 'utf8' })
    expect(told).toBe(`${pathToFileURL(join(folder, 'x.once.cjs')).href}\ntrue\n`)
  })
})
