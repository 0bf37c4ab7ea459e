/** A real containerd with pods, dead containers and images of which nobody has need; and Dockers of our own making. */
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import type { CriAnswer } from '#cri'
import { createCriPruner } from '#cri/prune'
import { createHostActs } from '#host/acts'
import { createContainerd, type TestContainerd, whyNoContainerd } from '../../libs/cri/testing-containerd.ts'
import { createHost } from '../../libs/host/host.ts'
import { tempFolder } from '../../libs/host/testing.ts'
import { SIGHT } from '../remediator/testing/questions.ts'
import { pruneRuntime } from './actions/prune-runtime.ts'
import type { Attempt, Tools } from './actions/types.ts'
import { createReport } from './cleanup/report.ts'
import { createWallClock } from './cleanup/wall-steps.ts'
import { pruneDocker } from './runtime/docker.ts'
import { act } from './testing-machine.ts'

const why = whyNoContainerd()
if (why !== '') console.log(`services/host-actions/prune-runtime.test.ts ${why}`)

const never = new AbortController().signal
const MIB = 1024 ** 2

function attempt(more: Partial<Attempt> = {}): Attempt {
  const signals = { signal: never, cancel: never }
  const note = () => Promise.resolve()
  return {
    id: '3f2a91c0-1',
    act: act('prune-runtime', 'runtime'),
    problem: SIGHT,
    deadlineMs: 60_000,
    recalled: undefined,
    note,
    ...signals,
    ...more,
  }
}

function tools(criSocket: string): Tools {
  const [host, clock] = [createHost({ root: '' }), systemClock()]
  return {
    host,
    clock,
    wallClock: createWallClock('/nowhere/clock.json', async () => ({
      wallMs: clock.now().getTime(),
      upMs: clock.monotonicMs(),
    })),
    acts: createHostActs({ host, clock, folder: '/nowhere' }),
    criSockets: [criSocket],
    ownDirs: [],
    journalDir: '/nowhere',
    minUptimeMs: 0,
    whyOpenUnknown: () => Promise.resolve(''),
    apiServers: () => Promise.resolve(undefined),
  }
}

describe.skipIf(why !== '')('prune-runtime', () => {
  let containerd: TestContainerd

  beforeAll(async () => {
    containerd = await createContainerd()
    await containerd.start()
  }, 30_000)
  afterAll(() => containerd?.[Symbol.asyncDispose](), 30_000)

  it('removes dead containers but the newest of a pod that lives, and images that nobody has, and says what that freed', async () => {
    const [used, unused, dead] = ['used', 'unused', 'dead'].map((name) => `docker.io/nd/${name}:1`) as [
      string,
      string,
      string,
    ]
    await using pod = await containerd.runPod('lives')
    await using gone = await containerd.runPod('gone')
    containerd.addImage(used, MIB)
    containerd.addImage(unused, 8 * MIB)
    containerd.addImage(dead, MIB)
    const first = await pod.runContainer('web', 0, used, true)
    const newest = await pod.runContainer('web', 1, used, true)
    const runs = await pod.runContainer('web', 2, used, false)
    const ended = await gone.runContainer('job', 0, dead, true)
    await gone.stop()
    const cri = createCriPruner(containerd.socket)
    const listed = async <Answer>(asked: Promise<CriAnswer<Answer>>): Promise<Answer> => {
      const came = await asked
      if (!came.ok) throw new Error(came.failure.message)
      return came.answer
    }
    expect((await listed(cri.containers())).map(({ id }) => id).toSorted()).toEqual(
      [first, newest, runs, ended].toSorted(),
    )
    expect(await pruneRuntime.refusal(act('prune-runtime', 'runtime'), tools(containerd.socket))).toBe('')
    const told = await pruneRuntime.run(attempt(), tools(containerd.socket))
    expect(told).toMatchObject({
      outcome: 'succeeded',
      message: expect.stringMatching(/^2 containers and 2 images removed, \d+\.\d MiB freed$/),
      figures: [{ what: expect.stringMatching(/^free on \/.*overlayfs$/), unit: 'bytes' }],
    })
    for (const line of [
      `removed container ${first.slice(0, 12)} (web)`,
      `removed container ${ended.slice(0, 12)} (job)`,
      `removed image ${unused}, `,
    ])
      expect(told.output).toContain(line)
    const left = (await listed(cri.containers())).map(({ id, state }) => `${id} ${state}`)
    expect(new Set(left)).toEqual(new Set([`${newest} exited`, `${runs} running`]))
    const names = (await listed(cri.images())).flatMap((image) => image.names).filter((name) => name.includes(':1'))
    expect(names.toSorted()).toEqual(['docker.io/nd/pause:1', used])
    expect(await pruneRuntime.run(attempt({ recalled: {} }), tools(containerd.socket))).toMatchObject({
      outcome: 'lost',
    })
    cri.close()
  }, 60_000)

  it('says why where the runtime does not answer, and does nothing', async () => {
    await containerd.signal('SIGTERM')
    const act_ = act('prune-runtime', 'runtime')
    expect(await pruneRuntime.refusal(act_, tools(containerd.socket))).toBe(`no socket at ${containerd.socket}`)
    expect(await pruneRuntime.run(attempt(), tools(containerd.socket))).toMatchObject({ outcome: 'declined' })
    await containerd.start()
  }, 30_000)
})

it('removes from Docker what has ended and what nobody has, one by one and unforced, and leaves a kubelet’s containers', async () => {
  await using folder = await tempFolder()
  const socket = join(folder.path, 'docker.sock')
  const id = (digit: string): string => digit.repeat(64)
  const [dead, runs, pods, busy] = ['a', 'b', 'c', 'd'].map(id)
  const containers = [
    { Id: dead, State: 'exited', ImageID: `sha256:${id('1')}`, Labels: {} },
    { Id: runs, State: 'running', ImageID: `sha256:${id('2')}`, Labels: {} },
    { Id: pods, State: 'exited', ImageID: `sha256:${id('3')}`, Labels: { 'io.kubernetes.pod.uid': 'u' } },
    { Id: busy, State: 'dead', ImageID: `sha256:${id('4')}`, Labels: null },
    { Id: '../images/x', State: 'exited', ImageID: '', Labels: {} },
  ]
  const images = ['1', '2', '3', '4', '5'].map((digit) => ({
    Id: `sha256:${id(digit)}`,
    RepoTags: [`x/${digit}:1`],
    Size: MIB,
  }))
  const asked: string[] = []
  // As strict as Docker: what runs or is used is not removed unless it is forced to.
  const server: Server = createServer((request, response) => {
    const { method = '', url = '' } = request
    asked.push(`${method} ${url}`)
    const path = decodeURIComponent(url.replace('/v1.24', ''))
    const remove = (kind: string): number => {
      const name = path.slice(kind.length)
      if (name === busy) return 409
      const at = containers.findIndex((one) => one.Id === name && one.State !== 'running')
      if (kind === '/containers/' && at !== -1) containers.splice(at, 1)
      return kind === '/containers/' ? (at === -1 ? 404 : 204) : 200
    }
    const kind = ['/containers/', '/images/'].find((each) => path.startsWith(each)) ?? ''
    const status = method === 'DELETE' ? remove(kind) : 200
    const body = method === 'DELETE' ? '' : JSON.stringify(kind === '/images/' ? images : containers)
    response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? undefined : body)
  })
  await new Promise<void>((listening) => server.listen(socket, listening))
  const report = createReport()
  expect(await pruneDocker(socket, { report, stop: never })).toEqual({ containers: 1, images: 2 })
  expect(asked.filter((each) => each.startsWith('DELETE'))).toEqual([
    `DELETE /v1.24/containers/${dead}`,
    `DELETE /v1.24/containers/${busy}`,
    `DELETE /v1.24/images/sha256%3A${id('1')}`,
    `DELETE /v1.24/images/sha256%3A${id('5')}`,
  ])
  expect(report.output().output).toContain(`container ${'d'.repeat(12)} stays`)
  await new Promise((closed) => server.close(closed))
})
