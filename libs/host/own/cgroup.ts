/** Where a process's own cgroup has its files, and how long it was held back. */

/**
 * Where cpu.stat may be, the likeliest first, by /proc/self/cgroup ("4:cpu,cpuacct:/kubepods/pod1/c1", "0::/kubepods/pod1/c1"). The
 * hierarchy that has the controller is the one that counts. A container sees its own cgroup as the root of the mount, whatever path
 * it is told.
 */
export function cpuStatPlaces(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => /^\d+:([\w,=]*):(\/.*)$/.exec(line))
  const first = lines.find((line) => line?.[1]?.split(',').includes('cpu'))
  if (first?.[2] !== undefined) {
    const names = [...new Set([first[1] ?? '', 'cpu', 'cpu,cpuacct'])]
    return [...names.map((name) => `/${name}${inside(first[2])}/cpu.stat`), ...names.map((name) => `/${name}/cpu.stat`)]
  }
  const second = lines.find((line) => line?.[1] === '')
  return second?.[2] === undefined ? [] : [`${inside(second[2])}/cpu.stat`, '/cpu.stat']
}

/** A path in a hierarchy, without its end; "" for the root, and for what lies outside of what this process sees. */
function inside(path = '/'): string {
  return path === '/' || path.split('/').includes('..') ? '' : path
}

/** `throttled_usec` of the second version, `throttled_time` (nanoseconds) of the first; 0 where there is neither: no limit. */
export function throttledMsIn(text: string): number {
  const [, unit, digits] = /^throttled_(usec|time) (\d{1,18})$/m.exec(text) ?? []
  return digits === undefined ? 0 : Number(digits) / (unit === 'usec' ? 1e3 : 1e6)
}

/** The second number of schedstat, nanoseconds: "457448 685844 9" (time run, time waited, times run). undefined: no such line. */
export function waitedMsIn(text: string): number | undefined {
  const [, digits] = /^\d+ (\d{1,18}) \d+\s*$/.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) / 1e6
}
