/** Whether a kubelet runs pods here. */
import type { Host } from '#host'
import { observe } from '#monitor-kit/source'

/** Where the kubelet's pods have their control groups, of every version and driver. */
const POD_GROUPS = ['', '/systemd', '/memory', '/cpu'].flatMap((hierarchy) =>
  ['kubepods.slice', 'kubepods'].map((name) => `/sys/fs/cgroup${hierarchy}/${name}`),
)

/** There are control groups of a kubelet. False where that cannot be told. */
export async function hasKubelet(host: Host): Promise<boolean> {
  for (const path of POD_GROUPS) {
    const found = await observe(() => host.files.exists(path))
    if (found.ok && found.value) return true
  }
  return false
}
