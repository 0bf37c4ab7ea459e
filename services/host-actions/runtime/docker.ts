/** Docker by its own API, where no CRI is served: over its socket, version 1.24 and later. */
import { request } from 'node:http'
import { type Host, HostReadError } from '#host'
import { probeSocket } from '#rpc'
import { type Report, shownBytes } from '../cleanup/report.ts'
import { DockerError } from '../errors.ts'

const PLACES = ['/run/docker.sock', '/var/run/docker.sock'] as const
const API = '/v1.24'
const ASK_MS = 60_000
const MAX_BYTES = 16 * 1024 ** 2
/** A pod's container, where a kubelet has made it (dockershim, cri-dockerd). */
const POD_LABEL = 'io.kubernetes.pod.uid'

/** The path of Docker's socket, as this process has it; undefined: nobody listens. @throws HostReadError */
export async function dockerAt({ root, files }: Host): Promise<string | undefined> {
  for (const place of PLACES) {
    try {
      const path = root + (await files.realPath(place))
      if ((await probeSocket(path)) === 'answered') return path
    } catch (err) {
      if (!(err instanceof HostReadError && (err.code === 'ENOENT' || err.code === 'ENOTDIR'))) throw err
    }
  }
  return undefined
}

interface Answer {
  readonly status: number
  readonly body: string
}

function ask(socketPath: string, method: 'GET' | 'DELETE', path: string, stop: AbortSignal): Promise<Answer> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(ASK_MS)])
  return new Promise((resolve, reject) => {
    const failed = (err: unknown): void =>
      reject(stop.aborted ? stop.reason : new DockerError(`answer ${method} ${path}`, err))
    const asked = request({ socketPath, method, path: API + path, signal, headers: { Host: 'docker' } }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
        if (body.length > MAX_BYTES) response.destroy(new Error('its answer is too long'))
      })
      response.on('error', failed)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    asked.on('error', failed)
    asked.end()
  })
}

/** @throws DockerError, the stop signal's reason */
async function listed(socket: string, path: string, stop: AbortSignal): Promise<readonly Record<string, unknown>[]> {
  const { status, body } = await ask(socket, 'GET', path, stop)
  const list: unknown = status === 200 ? JSON.parse(body) : undefined
  if (!Array.isArray(list)) throw new DockerError(`answer GET ${path} (${status})`)
  return list.filter((each): each is Record<string, unknown> => typeof each === 'object' && each !== null)
}

/** Whether its containers go on while it is restarted; undefined: it does not answer. @throws the stop signal's reason */
export async function isLiveRestoring(socket: string, stop: AbortSignal): Promise<boolean | undefined> {
  try {
    const { status, body } = await ask(socket, 'GET', '/info', stop)
    const info: unknown = status === 200 ? JSON.parse(body) : undefined
    if (typeof info !== 'object' || info === null) return undefined
    return 'LiveRestoreEnabled' in info && info.LiveRestoreEnabled === true
  } catch (err) {
    stop.throwIfAborted()
    if (err instanceof DockerError || err instanceof SyntaxError) return undefined
    throw err
  }
}

/** Whether it is gone. Docker itself refuses what runs or is used: nothing is forced. */
async function removed(socket: string, path: string, what: string, { report, stop }: DockerPruning): Promise<boolean> {
  const { status, body } = await ask(socket, 'DELETE', path, stop)
  const isGone = status === 200 || status === 204 || status === 404
  report.line(isGone ? `removed ${what}` : `${what} stays: ${body.trim().slice(0, 200)}`)
  return isGone
}

interface DockerPruning {
  readonly report: Report
  readonly stop: AbortSignal
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A pod's containers are its kubelet's to remove. */
function isPods({ Labels: labels }: Record<string, unknown>): boolean {
  return typeof labels === 'object' && labels !== null && POD_LABEL in labels
}

/** Containers that have ended, then images that none has. @throws DockerError, the stop signal's reason */
export async function pruneDocker(socket: string, pruning: DockerPruning) {
  const { stop } = pruning
  const count = { containers: 0, images: 0 }
  const dead = (await listed(socket, '/containers/json?all=1', stop)).filter(
    (container) => ['exited', 'dead'].includes(text(container['State'])) && !isPods(container),
  )
  for (const { Id } of dead) {
    const id = text(Id)
    if (
      /^[0-9a-f]{64}$/.test(id) &&
      (await removed(socket, `/containers/${id}`, `container ${id.slice(0, 12)}`, pruning))
    )
      count.containers++
  }
  const used = new Set((await listed(socket, '/containers/json?all=1', stop)).map(({ ImageID }) => text(ImageID)))
  for (const { Id, RepoTags, Size } of await listed(socket, '/images/json', stop)) {
    const id = text(Id)
    if (!/^sha256:[0-9a-f]{64}$/.test(id) || used.has(id)) continue
    const names = Array.isArray(RepoTags)
      ? RepoTags.map(text).filter((name) => name !== '' && name !== '<none>:<none>')
      : []
    const what = `image ${names[0] ?? id.slice(0, 19)}, ${shownBytes(typeof Size === 'number' ? Size : 0)}`
    // One with several tags has to lose them one by one: all of them are unused.
    const paths = names.length > 1 ? names : [id]
    let isGone = true
    for (const each of paths)
      isGone = (await removed(socket, `/images/${encodeURIComponent(each)}`, what, pruning)) && isGone
    if (isGone) count.images++
  }
  return count
}
