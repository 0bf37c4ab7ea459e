/** Names of things in links. */

/** One segment of a path; "/" and ":" stay readable where they can only belong to the last one. */
function segment(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/**
 * `<monitor>/<type>/<entity>`, as it stands behind `#/condition/`: "system/DiskFull/disk:/var"; without the last part
 * for a condition of the node itself. Reversible: monitor and type never contain a "/".
 */
export function conditionId(monitor: string, type: string, entity: string): string {
  const head = `${segment(monitor)}/${segment(type)}`
  return entity === '' ? head : `${head}/${segment(entity).replaceAll('%2F', '/').replaceAll('%3A', ':')}`
}

/** The monitor that a condition is listed under: its source, or the first by name of several, so that it stays put. */
export function homeOf(sources: readonly string[]): string {
  let home: string | undefined
  for (const source of sources) if (home === undefined || source < home) home = source
  return home ?? ''
}

/** Link of the page to a condition. */
export function conditionLink(id: string): string {
  return `#/condition/${id}`
}
