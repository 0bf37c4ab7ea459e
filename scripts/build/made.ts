/** What a bundle was made from, kept beside it: one that would come out the same is not made again. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashTree } from './hash.ts'

/** How bundles are made: what their inputs do not show. */
const MAKERS = [
  'scripts/build',
  'scripts/catalog',
  'services/npd/code.ts',
  'services/cli/up/node-flags.ts',
  'libs/service-table',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
]

/** The kernel writes the time of a change by a clock that it reads each tick, at most so long ago. */
const COARSE_MS = 20

/** By the path of a file. */
type Hashes = Readonly<Record<string, string>>

/** What stands in `<name>.made.json`. */
interface Made {
  /** Of how it was made, and by which Node. */
  readonly how: string
  /** Relative to the root. */
  readonly inputs: Hashes
  /** Relative to where it was put. */
  readonly outputs: Hashes
}

export interface Ledger {
  /** Whether all that a bundle is made from is as it was, and so is what was made of it. */
  isMade(name: string, how: unknown): boolean
  /** Before it is made. @returns what notes it, to be called once it is there */
  begin(name: string, how: unknown): (files: Files) => void
}

interface Files {
  /** Relative to the root; what is no file there is of the makers. */
  readonly inputs: readonly string[]
  /** Relative to where they were put. */
  readonly outputs: readonly string[]
}

/** For one build: what it reads of a file is what that file holds till its end. */
export function openLedger(root: string, outDir: string): Ledger {
  const makers = hashTree(root, MAKERS)
  const known = new Map<string, string>()

  function hashOf(path: string): string {
    const hash = known.get(path) ?? readHash(path)
    known.set(path, hash)
    return hash
  }
  function hashesOf(folder: string, names: readonly string[]): Hashes {
    return Object.fromEntries(names.map((name) => [name, hashOf(join(folder, name))]))
  }
  function isAsItWas(folder: string, hashes: Hashes): boolean {
    return Object.entries(hashes).every(([name, hash]) => hashOf(join(folder, name)) === hash)
  }
  const fileOf = (name: string): string => join(outDir, `${name}.made.json`)
  const textOf = (how: unknown): string => `${process.version} ${makers} ${JSON.stringify(how)}`

  function read(name: string): Made | undefined {
    try {
      return JSON.parse(readFileSync(fileOf(name), 'utf8')) as Made
    } catch {
      // It was never made, or somebody cut the file.
      return undefined
    }
  }

  return {
    isMade(name, how) {
      const made = read(name)
      return made?.how === textOf(how) && isAsItWas(root, made.inputs) && isAsItWas(outDir, made.outputs)
    },
    begin(name, how) {
      const before = new Map(Object.keys(read(name)?.inputs ?? {}).map((path) => [path, hashOf(join(root, path))]))
      // Whoever is killed on the way leaves nothing that looks whole.
      rmSync(fileOf(name), { force: true })
      const startedMs = Date.now()
      function wasEdited(path: string): boolean {
        const hash = before.get(path)
        // Of one that was no input before, what it held is not known, and when it was changed is.
        return hash === undefined
          ? changedMs(join(root, path)) >= startedMs - COARSE_MS
          : readHash(join(root, path)) !== hash
      }
      return ({ inputs, outputs }) => {
        // It may have been read before it was edited: the next build looks at it anew.
        if (inputs.some(wasEdited)) return
        for (const output of outputs) known.delete(join(outDir, output))
        const made: Made = { how: textOf(how), inputs: hashesOf(root, inputs), outputs: hashesOf(outDir, outputs) }
        writeFileSync(fileOf(name), JSON.stringify(made))
      }
    },
  }
}

/** "" where there is no such file. */
function readHash(path: string): string {
  return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
}

/** When its content or its name last changed: unlike the time of its content nobody can set that, as who copies a file with its times does. */
function changedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0
}
