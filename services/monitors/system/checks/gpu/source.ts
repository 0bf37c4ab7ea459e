/** Which GPUs of NVIDIA there are and whether their driver is loaded, without any software of NVIDIA. */
import type { Host } from '#host'
import type { PciGpu } from '#monitor-kit/evaluate'
import { readNvidiaGpus } from '#monitor-kit/source'

const MODULES = '/sys/module'
const VERSION = '/proc/driver/nvidia/version'

/** What one look found. */
export interface DriverState {
  readonly gpus: readonly PciGpu[]
  /** "590.48.01", "" where it does not say; undefined: not loaded. */
  readonly version: string | undefined
  readonly isNouveauLoaded: boolean
}

/** Of the first line of /proc/driver/nvidia/version; "" where it is another. */
export function versionOf(text: string): string {
  // NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.48.01  Release Build …
  // NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  590.48.01  Release Build …
  return /^NVRM version: .*?\s(\d+(?:\.\d+)+)\s/m.exec(text)?.[1] ?? ''
}

/** @throws HostReadError */
export async function readDriverState(host: Pick<Host, 'files'>): Promise<DriverState> {
  const { files } = host
  const [gpus, isLoaded, isThere, isNouveauLoaded] = await Promise.all([
    readNvidiaGpus(host),
    files.exists(`${MODULES}/nvidia`),
    files.exists(VERSION),
    files.exists(`${MODULES}/nouveau`),
  ])
  // The module is there before its driver is: one that fails as it starts leaves no version.
  const version = isThere && isLoaded ? versionOf(await files.readText(VERSION)) : undefined
  return { gpus, version, isNouveauLoaded }
}
