/** Keys as flags and the environment name them: `exporters.http.hostPort`, `monitors.disk-space.config.paths[0].path`. */

const STEP = /(?:^|\.)([^.[\]"]+)|\[(\d+)\]|\["([^"\]]*)"\]/gy

/** The steps of a dotted key; undefined when it is none. */
export function parseKeyPath(text: string): readonly string[] | undefined {
  const steps: string[] = []
  STEP.lastIndex = 0
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text)
    if (match === null || (steps.length === 0 && match[1] === undefined)) return undefined
    steps.push(match[1] ?? match[2] ?? match[3] ?? '')
  }
  return steps.length === 0 ? undefined : steps
}
