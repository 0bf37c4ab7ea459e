/** The real glibc, asked what it makes of a resolv.conf. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Of the host that glibc believes to run on. */
export const HOST_DOMAIN = 'example.test'

/** A file, and a name that is looked up with it. */
export interface GlibcCase {
  readonly text: string
  readonly name?: string
}

/** What glibc made of it. */
export interface GlibcAnswer {
  /** Address and index of its zone. */
  readonly servers: readonly (readonly [string, number])[]
  readonly search: readonly string[]
  readonly timeout: number
  readonly attempts: number
  /** RES_* of resolv.h. */
  readonly options: number
  readonly ndots: number
  /** Names that its nameserver was asked for, in turn. */
  readonly asked: readonly string[]
}

/** In namespaces of its own: this machine's resolv.conf, network and name are not touched. */
const SCRIPT = `ip link set lo up && hostname node.${HOST_DOMAIN} && mount --bind "$1" /etc/resolv.conf && exec python3 "$2"`

/** Why glibc cannot be asked here; "" when it can. */
export function whyNoGlibc(): string {
  if (process.getuid?.() !== 0) return 'skipped: namespaces need root'
  try {
    execFileSync(
      'unshare',
      ['-m', '-n', '-u', 'sh', '-c', 'test -f /etc/resolv.conf && python3 -c "" && ldd --version'],
      {
        stdio: 'ignore',
      },
    )
    return ''
  } catch {
    return 'skipped: no namespaces, no python3, or another C library than glibc'
  }
}

/** @param cases texts are Latin-1 */
export function askGlibc(cases: readonly GlibcCase[]): readonly GlibcAnswer[] {
  const folder = mkdtempSync(join(tmpdir(), 'nd-p-dns-'))
  try {
    const file = join(folder, 'resolv.conf')
    writeFileSync(file, '')
    const script = new URL('testing-glibc.py', import.meta.url).pathname
    const output = execFileSync('unshare', ['-m', '-n', '-u', 'sh', '-c', SCRIPT, 'sh', file, script], {
      input: JSON.stringify(cases),
      encoding: 'utf8',
      timeout: 60_000,
      maxBuffer: 64 * 1_048_576,
    })
    return JSON.parse(output) as GlibcAnswer[]
  } finally {
    rmSync(folder, { recursive: true })
  }
}
