/** Services of the host as the kernel shows them: by their cgroups, which need no bus. */
import type { Host } from '#host'

/** Where systemd keeps those of services: version 2, version 1, both. No pod can make one there. */
const SLICES = [
  '/sys/fs/cgroup/system.slice',
  '/sys/fs/cgroup/systemd/system.slice',
  '/sys/fs/cgroup/unified/system.slice',
] as const

/** Whether a process of a service is there; undefined: its slice is not seen. */
export async function runsAsService({ files }: Pick<Host, 'files'>, name: string): Promise<boolean | undefined> {
  const found = await Promise.all(SLICES.map((slice) => files.exists(slice).catch(() => false)))
  const slices = SLICES.filter((_, at) => found[at])
  if (slices.length === 0) return undefined
  const texts = await files.readEach(slices.map((slice) => `${slice}/${name}.service/cgroup.procs`))
  return texts.some((text) => text !== undefined && text.trim() !== '')
}
