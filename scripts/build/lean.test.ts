import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { leanFastify, leanGrpc, leanKubeClient } from './lean.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Packages whose text is in a bundle, each once. */
async function packagesOf(file: string): Promise<Set<string>> {
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
    plugins: [leanKubeClient, leanGrpc, leanFastify],
  })
  const [output] = Object.values(metafile.outputs)
  const texts = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return new Set(texts.flatMap(([path]) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))
}

describe('a bundle', () => {
  it.each(['services/monitors/system/main.ts', 'services/detector/main.ts'])(
    '%s reads no .proto files',
    async (file) => {
      const packages = await packagesOf(file)
      expect([...packages].filter((name) => /proto-loader|protobufjs|^long$/.test(name))).toEqual([])
      expect(packages).toContain('@grpc/grpc-js')
    },
  )

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
})
