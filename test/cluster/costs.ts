/** What each container costs, as the cgroup counts it. */
import { deployedServices, SERVICES } from '#service-table'
import { pause } from './drill.ts'
import { onNode } from './hooks.ts'

const PROCESSES = ['nats-server', ...deployedServices(SERVICES).map(({ name }) => name)]

/** Prints for a service "memory-bytes cpu-nanoseconds"; both versions of cgroups. */
function script(service: string): string {
  const pattern = service === 'nats-server' ? '[n]ats-server -c' : `[/]opt/node-doctor/${service}.mjs`
  // Not that of process 1, which waits for it.
  return `for each in $(pgrep -f "${pattern}"); do grep -qx tini /proc/$each/comm || pid=$each; done; [ -n "$pid" ] || exit 0
m=$(sed -n 's/^[0-9]*:memory://p' /proc/$pid/cgroup); c=$(sed -n 's/^[0-9]*:\\(cpu,cpuacct\\|cpuacct,cpu\\|cpuacct\\)://p' /proc/$pid/cgroup | head -1); u=$(sed -n 's/^0:://p' /proc/$pid/cgroup)
if [ -n "$m" ]; then cat /sys/fs/cgroup/memory$m/memory.usage_in_bytes /sys/fs/cgroup/cpuacct$c/cpuacct.usage | tr '\\n' ' '
else echo $(cat /sys/fs/cgroup$u/memory.current) $(( $(sed -n 's/usage_usec //p' /sys/fs/cgroup$u/cpu.stat) * 1000 )); fi
awk '/^Private_Dirty|^Private_Hugetlb/ { s += $2 } END { print s * 1024 }' /proc/$pid/smaps_rollup`
}

function read(node: string, service: string): { memory: number; cpuNs: number; own: number } | undefined {
  const [memory = Number.NaN, cpuNs = Number.NaN, own = 0] = onNode(node, script(service))
    .trim()
    .split(/\s+/)
    .map(Number)
  return Number.isNaN(memory) ? undefined : { memory, cpuNs, own }
}

/** One line for each service: memory of its cgroup, private memory of its process, CPU over a quiet while. */
export async function costs(node: string, quietMs: number): Promise<string[]> {
  const before = new Map(PROCESSES.map((service) => [service, read(node, service)]))
  await pause(quietMs)
  return PROCESSES.flatMap((service) => {
    const [first, last] = [before.get(service), read(node, service)]
    if (first === undefined || last === undefined) return []
    const millicores = ((last.cpuNs - first.cpuNs) / 1e6 / quietMs) * 1000
    const mib = (bytes: number) => (bytes / 1048576).toFixed(1)
    return [
      `${service.padEnd(14)} ${mib(last.memory).padStart(6)} MiB by its cgroup, ${mib(last.own).padStart(5)} MiB private, ${millicores.toFixed(1)} millicores`,
    ]
  })
}
