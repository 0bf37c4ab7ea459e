/** Which library of the driver the node itself has: that of a program, and of this container, may be another. */
import { type Clock, within } from '#clock'
import type { Host } from '#host'
import { compareVersions } from './versions.ts'

/** What is known of it. */
export interface NodeLibrary {
  /** Versions that the node's own folders have; none: they are not seen. */
  readonly versions: readonly string[]
  /** The file that this container was started with is not on the node any more: its packages were changed since. */
  readonly isReplaced: boolean
}

/** Where its packages, the driver container of the GPU operator, and GKE put it. */
const FOLDERS = ['', '/run/nvidia/driver']
  .flatMap((root) =>
    ['x86_64-linux-gnu', 'aarch64-linux-gnu', 'x86_64-linux-gnu/nvidia/current', ''].map(
      (one) => `${root}/usr/lib/${one}`,
    ),
  )
  .concat('/usr/lib64', '/run/nvidia/driver/usr/lib64', '/home/kubernetes/bin/nvidia/lib64')

/** "libnvidia-ml.so.590.48.01"; "libnvidia-ml.so.1" is a link to it. */
const FILE = /^lib(?:nvidia-ml|cuda)\.so\.(\d{3}(?:\.\d{1,3}){1,2})$/
/** "… /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05//deleted /usr/lib/…": the kernel's word on a mounted file that was removed. */
const REPLACED = /^\d+ \d+ \S+ \S*\/lib(?:nvidia-ml|cuda)\.so\.\S+\/\/deleted /m

/**
 * Looks once: a few folders, so for who has a reason to. What cannot be read says nothing. Never rejects.
 * @param host files of the node, as far as they are mounted
 * @param own files as this process sees them
 */
export async function readNodeLibrary(host: Pick<Host, 'files'>, own: Pick<Host, 'files'>): Promise<NodeLibrary> {
  const [mounts, ...folders] = await Promise.all([
    own.files.readText('/proc/self/mountinfo').catch(() => ''),
    ...FOLDERS.map((folder) => host.files.list(folder).catch((): readonly string[] => [])),
  ])
  const versions = folders.flat().flatMap((name) => FILE.exec(name)?.[1] ?? [])
  return { versions: [...new Set(versions)], isReplaced: REPLACED.test(mounts) }
}

/** A mount that does not answer keeps nothing from being told. */
const WAIT_MS = 1_000
const UNSEEN: NodeLibrary = { versions: [], isReplaced: false }

/** Looks as {@link readNodeLibrary}, one look at a time, of which nobody waits for longer than a second: then nothing is seen. */
export function createNodeLibrary(
  host: Pick<Host, 'files'>,
  own: Pick<Host, 'files'>,
  clock: Clock,
): () => Promise<NodeLibrary> {
  let reading: Promise<NodeLibrary> | undefined
  return () => {
    reading ??= readNodeLibrary(host, own).finally(() => {
      reading = undefined
    })
    return within(clock, reading, WAIT_MS, () => UNSEEN)
  }
}

/** What a version is held against. */
export interface AskedOf {
  /** The module that is loaded; undefined: nobody knows. */
  readonly module: string | undefined
  /** What nvidia-smi here says of its own; undefined: it does not say. */
  readonly asked: string | undefined
}

/**
 * Whether a version is the node's own library's: one that it has now; where its folders are not seen, the one that nvidia-smi here has. Undefined:
 * nobody knows; which one came in place of the file that this container has cannot be seen from here, and where the node has that of its module as
 * well, the other may be left of another driver, as a host's own beside the driver container of the GPU operator.
 */
export function isNodes(
  { versions, isReplaced }: NodeLibrary,
  version: string,
  { module, asked }: AskedOf,
): boolean | undefined {
  const isIt = (one: string) => compareVersions(one, version) === 0
  const isOfModule = (one: string) => module !== undefined && compareVersions(one, module) === 0
  if (versions.some(isIt) && versions.some(isOfModule)) return undefined
  if (versions.length > 0) return versions.some(isIt)
  return asked !== undefined && !isReplaced && isIt(asked) ? true : undefined
}

/** Whether the library here is one that the node had before: it has the one of its module, or another in the place of this one. */
export function isOfBefore({ versions, isReplaced }: NodeLibrary, module: string): boolean {
  return isReplaced || versions.some((one) => compareVersions(one, module) === 0)
}
