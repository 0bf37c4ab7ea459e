/**
 * Which files some process of the host has open. Whoever may look at processes of others is root of the node with every capability, which
 * we need not be: a program of the host looks, and writes down what it found.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { codeOf } from '../errors.ts'
import type { HostPrograms, ProgramOptions } from './program-types.ts'

/**
 * Its text is constant; its one parameter is where it writes. Open is what a descriptor or a map of memory leads to, what a loop device
 * stands on, and swap. What is gone when it is looked at is open no more; of everything else that it cannot look at it speaks.
 */
const LOOK = `LC_ALL=C; export LC_ALL
for p in /proc/[0-9]*; do [ -r "$p/fd" ] || [ ! -d "$p" ] || echo "cannot look into $p/fd"; done | head -n 3
{ printf '%s\\0' /proc/[0-9]*/fd/* /proc/[0-9]*/map_files/*
cat /sys/block/*/loop/backing_file | tr '\\n' '\\0'
sed -n '2,$s/[[:space:]].*//p' /proc/swaps | tr '\\n' '\\0'; } 2>/dev/null |
xargs -0 stat -L -c '%d %i' 2>&1 >"$1.open" |
grep -v -e 'No such file or directory$' -e 'No such process$' | head -n 3
exit 0`

/** Some tens of thousands of descriptors take it a second. */
const RUN_MS = 30_000

/** A file, as it is known among open ones. */
export interface FileId {
  readonly device: bigint
  readonly inode: bigint
}

/** What is open of what was asked for; or why nobody knows. */
export type OpenAmong =
  | { readonly kind: 'known'; isOpen(file: FileId): boolean }
  | { readonly kind: 'unknown'; readonly message: string }

function keyOf({ device, inode }: FileId): string {
  return `${device} ${inode}`
}

/** Of a list of any length only what is asked for is kept. @returns undefined where it is empty: whoever looked has itself files open */
async function among(path: string, wanted: ReadonlySet<string>): Promise<ReadonlySet<string> | undefined> {
  const found = new Set<string>()
  let lines = 0
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    lines++
    if (wanted.has(line)) found.add(line)
  }
  return lines === 0 ? undefined : found
}

/**
 * Looks which of some files are open now. @param name of the program ("3f2a91c0-17-open"): one at a time
 * @throws the signal's reason
 */
export async function openAmong(
  programs: HostPrograms,
  name: string,
  files: readonly FileId[],
  options: Pick<ProgramOptions, 'signal'>,
): Promise<OpenAmong> {
  const unknown = (message: string): OpenAmong => ({ kind: 'unknown', message })
  const prefix = programs.prefixOf(name)
  await programs.forget(name)
  try {
    const command = ['/bin/sh', '-c', LOOK, 'sh', prefix] as const
    const end = await programs.run(
      { name, description: 'Node Doctor: looks which files are open', command, runMs: RUN_MS },
      options,
    )
    if (end.kind !== 'ended') return unknown(end.message)
    const words = end.text.replace(/\s+/g, ' ').trim()
    if (words !== '') return unknown(`not every process of this machine may be looked into (${words.slice(0, 200)})`)
    if (!end.isSuccess) return unknown(`the look ${end.words}`)
    const open = await among(`${prefix}.open`, new Set(files.map(keyOf)))
    if (open === undefined) return unknown('the host has no stat, or no xargs -0')
    return { kind: 'known', isOpen: (file) => open.has(keyOf(file)) }
  } catch (err) {
    options.signal.throwIfAborted()
    return unknown(`the list of open files cannot be read: ${codeOf(err)}`)
  } finally {
    await programs.forget(name)
  }
}
