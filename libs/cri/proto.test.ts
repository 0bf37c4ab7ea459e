/** Who may ask a container runtime is root on the node: there are no calls but those that read. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { ImageServiceService, RuntimeServiceService } from '#proto/runtime/v1/api.ts'

const ROOT = join(import.meta.dirname, '../..')
const READING = ['ImageFsInfo', 'ListContainers', 'ListPodSandbox', 'Status', 'Version']

it('the proto has the five calls that read, and no other', () => {
  const proto = readFileSync(join(ROOT, 'proto/runtime/v1/api.proto'), 'utf8')
  expect([...proto.matchAll(/\brpc\s+(\w+)/g)].map(([, name]) => name ?? '').sort()).toEqual(READING)
  const paths = [...Object.values(RuntimeServiceService), ...Object.values(ImageServiceService)].map(({ path }) => path)
  expect(paths.toSorted()).toEqual([
    '/runtime.v1.ImageService/ImageFsInfo',
    '/runtime.v1.RuntimeService/ListContainers',
    '/runtime.v1.RuntimeService/ListPodSandbox',
    '/runtime.v1.RuntimeService/Status',
    '/runtime.v1.RuntimeService/Version',
  ])
})

async function bundleOf(entry: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

const WRITING =
  /RunPodSandbox|CreateContainer|StartContainer|StopContainer|StopPodSandbox|RemovePodSandbox|ExecSync|PullImage|PortForward/

it('a bundle of the client has their names alone', async () => {
  const text = await bundleOf('libs/cri/index.ts')
  const named = [...text.matchAll(/runtime\.v1(?:alpha\d)?\.\w+Service\/(\w+)/g)].map(([, name]) => name ?? '')
  expect([...new Set(named)].sort()).toEqual(READING)
  expect(WRITING.exec(text)).toBeNull()
  expect(/RemoveContainer|RemoveImage/.exec(text)).toBeNull()
})

it('a bundle of what removes has the names of the two that do, and of no other that changes anything', async () => {
  const text = await bundleOf('libs/cri/prune/index.ts')
  expect(WRITING.exec(text)).toBeNull()
  expect([...new Set(text.match(/\bRemove(?:Container|Image|\w*Sandbox)\b/g))].sort()).toEqual([
    'RemoveContainer',
    'RemoveImage',
  ])
})
