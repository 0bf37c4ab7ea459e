/** On which mount a path lies: who may not pass a folder may ask the mount for its room all the same. */

/** The kernel writes space, tab, newline and "\" as `\040` (proc_pid_mountinfo(5)). */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
}

/**
 * The innermost mount of a list that holds a path; undefined: none of them does.
 * @param text /proc/<pid>/mountinfo (proc_pid_mountinfo(5))
 * @param path absolute, without links, as that process sees it
 */
export function mountPointOf(text: string, path: string): string | undefined {
  let innermost: string | undefined
  for (const line of text.split('\n')) {
    const point = unescaped(line.split(' ', 5)[4] ?? '')
    const holds = point === '/' || path === point || path.startsWith(`${point}/`)
    if (point.startsWith('/') && holds && point.length >= (innermost?.length ?? 0)) innermost = point
  }
  return innermost
}
