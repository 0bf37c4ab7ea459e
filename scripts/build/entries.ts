/** What is built: found by folder, so that a new service or monitor is a folder and nothing else. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface Entry {
  /** "detector": the bundle is dist/detector.mjs. */
  readonly name: string
  /** Relative to the root: "services/detector/main.ts". */
  readonly file: string
}

function folders(parent: string): string[] {
  if (!existsSync(parent)) return []
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

/** Every `main.ts` of a service or a monitor, and every `worker.ts` of a lib or a service (`dist/<folder>-worker.mjs`). */
export function findEntries(root: string): Entry[] {
  const mains = ['services', 'services/monitors'].flatMap((parent) =>
    folders(join(root, parent)).map((name) => ({ name, file: `${parent}/${name}/main.ts` })),
  )
  const workers = ['libs', 'services'].flatMap((parent) =>
    folders(join(root, parent)).map((name) => ({ name: `${name}-worker`, file: `${parent}/${name}/worker.ts` })),
  )
  return [...mains, ...workers].filter(({ file }) => existsSync(join(root, file)))
}
