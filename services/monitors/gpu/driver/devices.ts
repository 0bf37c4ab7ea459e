/** Device files of the driver that this process itself has: a container has those that its runtime gave it. */
import type { Host } from '#host'

/** What there is. */
export interface OwnDevices {
  /** /dev/nvidia0, /dev/nvidia1 … */
  readonly gpus: number
  /** /dev/nvidiactl, without which nobody reaches the driver. */
  readonly hasControl: boolean
}

/** @param own files as this process sees them, not the host's */
export async function readDevices(own: Pick<Host, 'files'>): Promise<OwnDevices> {
  const names = await own.files.list('/dev').catch((): readonly string[] => [])
  return { gpus: names.filter((name) => /^nvidia\d+$/.test(name)).length, hasControl: names.includes('nvidiactl') }
}
