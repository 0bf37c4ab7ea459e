import { type Host, HostReadError } from '#host'

/** Units of systemd that this process is part of, by its cgroup; none where that cannot be read. */
export async function ownUnits({ files }: Host): Promise<readonly string[]> {
  try {
    const text = await files.readText('/proc/self/cgroup')
    return [...text.matchAll(/[^/\s:]+\.service/g)].map(([name]) => name)
  } catch (err) {
    if (err instanceof HostReadError) return []
    throw err
  }
}
