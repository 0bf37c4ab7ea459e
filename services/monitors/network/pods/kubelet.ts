/** Whether a kubelet runs pods here. */
import type { Host } from '#host'

/** Where the kubelet's pods have their control groups, of every version and driver. */
const POD_GROUPS = ['', '/systemd', '/memory', '/cpu'].flatMap((hierarchy) =>
  ['kubepods.slice', 'kubepods'].map((name) => `/sys/fs/cgroup${hierarchy}/${name}`),
)

/** There are control groups of a kubelet. @throws what the host says where they cannot be looked at */
export async function hasKubelet({ files }: Host): Promise<boolean> {
  for (const path of POD_GROUPS) if (await files.exists(path)) return true
  return false
}
