/** Counts the pods of the node, and what is left of what it evicts for. */
import type { Clock } from '#clock'
import type { ImageFilesystem, Sandbox } from '#cri'
import type { FsStat, Host, UnitLook } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import { count, observe, understood } from '#monitor-kit/source'
import type { Ask, Stopwatch } from '#probe'
import { hasKubelet, kubeletFolder } from '../../here.ts'
import { askKubeletUnit, readKubeletFile, runOfUnit } from '../../node-kubelet/configuration.ts'
import { askedKubelet, credentialsOf } from '../../node-kubelet/credentials.ts'
import { findNodeRuntime, socketOf } from '../../node-kubelet/node-runtime.ts'
import { placeOf } from '../../node-kubelet/place.ts'
import type { Ways } from '../../ways.ts'
import type { Config } from './config.ts'
import { type KubeletLimits, limitsOf } from './limits.ts'
import { mountPointOf } from './mount-point.ts'

/** What there is of something, and what is left, in bytes or counts. */
export interface Room {
  readonly whole: number
  readonly left: number
}

/** One look at how full the node is. */
export interface CapacityReading {
  /** Pods that run, of the kubelet alone. */
  readonly pods: Reading<number>
  /** Who counted them: the container runtime just now, or the kubelet up to so many milliseconds ago. */
  readonly countedMs: number | undefined
  /** When the kubelet counted them, in monotonic milliseconds; undefined: it was not the kubelet. */
  readonly countedAtMs: number | undefined
  readonly limits: KubeletLimits
  /** Whether the limits are those in force, or of the file; `unknown`: nobody has said any, and nothing is judged by them. */
  readonly limitsFrom: 'configz' | 'file' | 'unknown'
  /** By signal; one that cannot be looked at here is absent, or says why. */
  readonly rooms: ReadonlyMap<string, Reading<Room>>
  /** Where images are; "": the container runtime has not said that yet. */
  readonly imageFolder: string
}

/** What the kubelet takes, and who says so. */
export type KnownLimits = Pick<CapacityReading, 'limits' | 'limitsFrom'>

/** How one look is made. */
export interface CapacityLook {
  readonly host: Host
  readonly ways: Ways
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly signal: AbortSignal
  readonly config: Config
  readonly nodeName: string
  /** Where images are, by what was said before; "": nothing was. */
  readonly imageFolder: string
}

const MEMINFO = '/proc/meminfo'
const KIB = 1024
/** Keys of the file, in lower case, that a flag may say otherwise. */
const LIMIT_KEYS = ['maxpods', 'evictionhard']

function kibibytes(text: string, name: string): number | undefined {
  const kib = count(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1])
  return kib === undefined ? undefined : kib * KIB
}

/**
 * As the kubelet counts: what is not free and not file that was not used lately is in use (its working set), whatever MemAvailable says
 * (k8s.io/kubernetes, pkg/kubelet/eviction/memory-available.sh).
 */
async function readMemory({ files }: Host): Promise<Reading<Room>> {
  return observe(async () => {
    const text = await files.readText(MEMINFO)
    const [whole, free, inactive] = ['MemTotal', 'MemFree', 'Inactive\\(file\\)'].map((name) => kibibytes(text, name))
    const isWhole = whole !== undefined && whole > 0 && free !== undefined && inactive !== undefined
    return understood(
      MEMINFO,
      text,
      isWhole ? { whole, left: Math.min(whole, free + inactive) } : undefined,
      'MemTotal: 8028268 kB',
    )
  })
}

/** As the first process sees them. */
const MOUNTS = '/proc/1/mountinfo'

/** A path without its links, as far as this user may follow it: behind a folder that is closed there may be none. */
async function followed({ files }: Host, path: string): Promise<string> {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const real = await observe(() => files.realPath(path.slice(0, end)))
    if (real.ok) return real.value + path.slice(end)
  }
  return path
}

/** Of a path that this user may not pass to, that of its mount: a runtime closes the folder of its images. */
async function roomAt({ ways, host }: CapacityLook, path: string): Promise<Reading<FsStat>> {
  const stat = await observe(() => ways.statfs(host, path))
  if (stat.ok || stat.reason !== 'ReadRefused') return stat
  const point = await observe(async () => mountPointOf(await host.files.readText(MOUNTS), await followed(host, path)))
  if (!point.ok || point.value === undefined || point.value === path) return stat
  const { value } = point
  const ofMount = await observe(() => ways.statfs(host, value))
  return ofMount.ok ? ofMount : stat
}

/** Space and inodes; file systems that make inodes as needed have none. */
async function readFilesystem(
  look: CapacityLook,
  path: string,
  prefix: string,
): Promise<readonly [string, Reading<Room>][]> {
  const stat = await roomAt(look, path)
  if (!stat.ok) return [[`${prefix}.available`, stat]]
  const { sizeBytes, availableBytes, files, filesFree } = stat.value
  const inodes: readonly [string, Reading<Room>][] =
    files > 0 ? [[`${prefix}.inodesFree`, observed({ whole: files, left: filesFree })]] : []
  return [[`${prefix}.available`, observed({ whole: sizeBytes, left: availableBytes })], ...inodes]
}

interface Listed extends Pick<CapacityReading, 'pods' | 'countedMs' | 'countedAtMs'> {
  /** Where images are; "": not said. */
  readonly imageFolder: string
}

function runningOf(sandboxes: readonly Sandbox[]): number {
  return sandboxes.filter(({ state, source }) => state === 'ready' && source !== '').length
}

function imagesAt(filesystems: readonly ImageFilesystem[]): string {
  return filesystems.find(({ of, mountpoint }) => of === 'images' && mountpoint.startsWith('/'))?.mountpoint ?? ''
}

/** So much later than it should be the kubelet may be asked again: turns are stretched where a monitor is short of processor. */
const LATE_MS = 300_000
const NOT_COUNTED = { countedMs: undefined, countedAtMs: undefined, imageFolder: '' }

/** What the kubelet has said to the check of it, where the container runtime may not be asked. */
function countedByKubelet({ ways, config, clock }: CapacityLook, message: string): Listed {
  const { runningPods } = ways.told
  const ageMs = runningPods === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() - runningPods.atMs
  if (runningPods === undefined || runningPods.url !== config.metricsURL || ageMs > runningPods.everyMs + LATE_MS)
    return { ...NOT_COUNTED, pods: unobserved('RuntimeNotAsked', message) }
  return { ...NOT_COUNTED, pods: observed(runningPods.count), countedMs: ageMs, countedAtMs: runningPods.atMs }
}

async function listPods(look: CapacityLook): Promise<Listed> {
  const { ways, host, config, clock, signal } = look
  const node = await findNodeRuntime({ ways, host, clock, signal }, config.criSocket)
  const socket = socketOf(node)
  if (!socket.ok && (node.found.kind === 'denied' || node.doubt !== '')) return countedByKubelet(look, socket.message)
  if (!socket.ok) return { ...NOT_COUNTED, pods: socket }
  const { path, place } = socket.value
  const cri = ways.openRuntime(path, { clock, timeoutMs: config.callTimeout, place })
  try {
    const listed = await cri.sandboxes({ signal })
    if (!listed.ok) return { ...NOT_COUNTED, pods: unobserved('RuntimeNotAsked', listed.failure.message) }
    const images = config.checkEviction ? await cri.imageFs({ signal }) : undefined
    return {
      ...NOT_COUNTED,
      pods: observed(runningOf(listed.answer)),
      imageFolder: images?.ok === true ? imagesAt(images.answer) : '',
    }
  } finally {
    cri.close()
  }
}

/** What the kubelet says is in force; undefined: it is not asked, or does not say. */
async function inForceOf(look: CapacityLook, unit: UnitLook): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { ways, host, config, nodeName, clock, stopwatch, signal } = look
  if (config.auth.type === 'none' || (await ways.hostNetwork(host)).kind !== 'same') return undefined
  const place = placeOf(new URL(config.metricsURL))
  const kubelet = ways.kubelet({ host, place, nodeName, credentials: () => credentialsOf(look, config.auth) })
  const ask: Ask = { clock, stopwatch, signal, timeoutMs: config.callTimeout }
  const of = { url: config.metricsURL, run: runOfUnit(unit), nowMs: clock.monotonicMs() }
  const said = await ways.told.inForce(of, () => askedKubelet(() => kubelet.configz(ask)))
  return said.ok ? said.value : undefined
}

async function readLimits(look: CapacityLook): Promise<KnownLimits> {
  const unit = await askKubeletUnit(look)
  const inForce = await inForceOf(look, unit)
  if (inForce !== undefined) return { limits: limitsOf(inForce), limitsFrom: 'configz' }
  const file = await readKubeletFile(look.host, unit)
  const isOverruled = LIMIT_KEYS.some((key) => file?.overruled.has(key))
  if (file?.inFile.ok !== true || isOverruled) return { limits: limitsOf({}), limitsFrom: 'unknown' }
  return { limits: limitsOf(file.inFile.value), limitsFrom: 'file' }
}

async function readRooms(look: CapacityLook, imageFolder: string): Promise<ReadonlyMap<string, Reading<Room>>> {
  const node = await readFilesystem(look, await kubeletFolder(look.host), 'nodefs')
  const images = imageFolder === '' ? [] : await readFilesystem(look, imageFolder, 'imagefs')
  return new Map([['memory.available', await readMemory(look.host)], ...node, ...images])
}

/** Looks once; undefined on a machine that is no node. */
export async function readCapacity(look: CapacityLook): Promise<CapacityReading | undefined> {
  const { host, config } = look
  if (config.criSocket === '' && !(await hasKubelet(host))) return undefined
  const { imageFolder: said, ...counted } = await listPods(look)
  const imageFolder = said === '' ? look.imageFolder : said
  const rooms = config.checkEviction ? await readRooms(look, imageFolder) : new Map()
  return { ...counted, ...(await readLimits(look)), rooms, imageFolder }
}
