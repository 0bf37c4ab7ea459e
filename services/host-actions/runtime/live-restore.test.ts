import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createHost } from '#host'
import { tempFolder, writeTree } from '../../../libs/host/testing.ts'
import { whyContainersEnd } from './live-restore.ts'

const DOCKER = {
  id: 'docker.service',
  names: ['docker.service'],
  activeState: 'active',
  stopsWith: [] as readonly string[],
}

async function machine(files: Readonly<Record<string, string>> = {}) {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  await writeTree(folder.path, files)
  return { root: folder.path, host: createHost({ root: folder.path }) }
}

/** A Docker that says of itself what it is told to. */
async function serveDocker(root: string, info: unknown): Promise<void> {
  await mkdir(join(root, 'run'), { recursive: true })
  const server = createServer((_, response) => response.end(JSON.stringify(info)))
  await new Promise<void>((listening) => server.listen(join(root, 'run/docker.sock'), listening))
  onTestFinished(() => new Promise((closed) => server.close(() => closed())))
}

it('stops and restarts no Docker whose containers would end by it, by whatever name it is called', async () => {
  const { root, host } = await machine()
  await serveDocker(root, { LiveRestoreEnabled: false })
  const why = (verb: 'restart' | 'stop' | 'start' | 'reload', more = {}) =>
    whyContainersEnd(verb, { ...DOCKER, ...more }, host)
  expect(await why('restart')).toBe(
    'to restart docker.service would stop every container: live-restore of Docker is not on',
  )
  expect(await why('stop', { id: 'docker.socket', names: [] })).toMatch(/^to stop docker.socket would stop every/)
  expect(await why('restart', { id: 'moby.service', names: ['moby.service', 'docker.service'] })).toMatch(
    /every container/,
  )
  expect([await why('start'), await why('reload')]).toEqual(['', ''])
  expect(await why('restart', { activeState: 'failed' })).toBe('')
  expect(await why('restart', { id: 'nd.service', names: ['nd.service'] })).toBe('')
  const bound = { id: 'containerd.service', names: ['containerd.service'], stopsWith: ['docker.service'] }
  expect(await why('restart', bound)).toMatch(/^to restart containerd.service would stop every container/)
})

it('stops and restarts one whose containers go on, as it says, or is written where it says nothing', async () => {
  const living = await machine()
  await serveDocker(living.root, { LiveRestoreEnabled: true })
  expect(await whyContainersEnd('restart', DOCKER, living.host)).toBe('')
  const silent = await machine({ 'etc/docker/daemon.json': '{ "live-restore": true }' })
  expect(await whyContainersEnd('stop', DOCKER, silent.host)).toBe('')
  expect(await whyContainersEnd('stop', DOCKER, (await machine()).host)).toMatch(/every container/)
})
