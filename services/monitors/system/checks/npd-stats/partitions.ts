/** File systems that lie on a device, as node-problem-detector finds them (gopsutil v4, disk.Partitions). Pure. */
import type { Mount } from '../disk/mounts.ts'

/** A mounted file system. */
export interface Partition {
  /** As it was mounted: "/dev/vda", "/dev/mapper/root", "/dev/root". */
  readonly source: string
  /** "254:0" */
  readonly device: string
  readonly mountPoint: string
  readonly type: string
  readonly options: readonly string[]
}

/** Of each device number the first mount whose source is a path: what follows is bound from it. */
export function partitionsOf(mounts: readonly Mount[]): readonly Partition[] {
  const first = new Map<string, Partition>()
  for (const { source, device, mountPoint, type, options } of mounts) {
    if (!source.startsWith('/') || first.has(device)) continue
    first.set(device, { source, device, mountPoint, type, options })
  }
  return [...first.values()]
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
