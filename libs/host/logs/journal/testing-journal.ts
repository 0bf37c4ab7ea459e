/** Real journals: written by a journald of a test's own, or from a list of entries. */
import { existsSync } from 'node:fs'
import { glob, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '#clock'
import { spawnChild } from '../../programs/child.ts'
import { run, tempFolder } from '../../testing.ts'

const JOURNALD = '/lib/systemd/systemd-journald'
const REMOTE = '/lib/systemd/systemd-journal-remote'

/** Why there are no real journals here; "" when there are. */
export function whyNoJournals(): string {
  if (process.getuid?.() !== 0) return 'skipped: journald needs root'
  const missing = [JOURNALD, REMOTE].filter((path) => !existsSync(path))
  return missing.length === 0
    ? ''
    : `skipped: ${missing.join(' and ')} missing (Debian: systemd, systemd-journal-remote)`
}

/** A field of an entry; bytes where it is no text of one line. */
export type Fields = Readonly<Record<string, string | Buffer>>

/** As journald's own socket and the export format take a field. */
function fieldBytes([name, value]: [string, string | Buffer]): Buffer {
  const bytes = Buffer.from(value)
  if (typeof value === 'string' && !value.includes('\n')) return Buffer.from(`${name}=${value}\n`)
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(bytes.length))
  return Buffer.concat([Buffer.from(`${name}\n`), size, bytes, Buffer.from('\n')])
}

/** An entry of a journal that is written from a list. */
export interface WrittenEntry {
  readonly realtimeUs: number
  readonly fields: Fields
}

/** Entries in the format of `journalctl -o export`, of one boot. */
export function exported(entries: readonly WrittenEntry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ realtimeUs, fields }) => [
      Buffer.from(`__REALTIME_TIMESTAMP=${realtimeUs}\n__MONOTONIC_TIMESTAMP=${realtimeUs % 1_000_000_000_000}\n`),
      Buffer.from('_BOOT_ID=0123456789abcdef0123456789abcdef\n'),
      ...Object.entries(fields).map(fieldBytes),
      Buffer.from('\n'),
    ]),
  )
}

/** Writes a file of a journal. @param kind compact: in the layout of systemd 252 and newer, where this one writes it */
export async function writeJournal(
  path: string,
  entries: readonly WrittenEntry[],
  kind: 'compact' | 'plain' = 'plain',
) {
  await using folder = await tempFolder()
  const [from, made] = [join(folder.path, 'export'), join(folder.path, 'made.journal')]
  await writeFile(from, exported(entries))
  const to = existsSync(path) ? path : made
  const compact = kind === 'compact' ? '1' : '0'
  await run('env', `SYSTEMD_JOURNAL_COMPACT=${compact}`, REMOTE, '-o', to, from)
  if (to === path) return
  await mkdir(dirname(path), { recursive: true })
  // Whoever follows finds it whole.
  await run('mv', made, path)
}

/** The files of a host's journals, from its root. */
export async function journalFiles(root: string): Promise<string[]> {
  const found: string[] = []
  for await (const path of glob('{run,var}/log/journal/*/*.journal', { cwd: root })) found.push(`/${path}`)
  return found.sort()
}

/** A journald that runs below a folder: its journals are those of a host that is rooted there. */
export interface TestJournald extends AsyncDisposable {
  readonly pid: number
  /** As a service does by the native protocol. */
  say(...entries: Fields[]): Promise<void>
  /** What is volatile is copied into /var/log/journal, and goes on there. */
  flush(): Promise<void>
  /** The files are renamed, and made anew. */
  rotate(): Promise<void>
}

/** Sends each line of its input, which is base64, as a datagram. */
const SENDER = `import base64,socket,sys
s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)
for line in sys.stdin:
    s.sendto(base64.b64decode(line),sys.argv[1])
`

const SCRIPT = `mount --bind "$0/run" /run && mkdir -p /run/systemd/journal /run/log && mount --bind "$0/var/log" /var/log &&
mount --bind "$0/journald.conf" /etc/systemd/journald.conf && exec ${JOURNALD}`

/** @param storage volatile: in /run/log/journal; persistent: in /var/log/journal; auto: there, once it is flushed */
export async function startJournald(root: string, storage: 'volatile' | 'persistent' | 'auto'): Promise<TestJournald> {
  await mkdir(join(root, 'run'), { recursive: true })
  await mkdir(join(root, 'var/log/journal'), { recursive: true })
  const settings = `[Journal]\nStorage=${storage}\nRateLimitBurst=0\nReadKMsg=no\nAudit=no\nForwardToSyslog=no\n`
  await writeFile(join(root, 'journald.conf'), settings)
  const child = await spawnChild(
    systemClock(),
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', SCRIPT, root],
    { dieWithParent: true, onLine: () => {} },
  )
  const socket = join(root, 'run/systemd/journal/socket')
  // The file is the last that it makes: before, a signal may still end it.
  while ((await journalFiles(root)).length === 0) await sleep(5)
  async function flush(): Promise<void> {
    child.kill('SIGUSR1')
    while (!existsSync(join(root, 'run/systemd/journal/flushed'))) await sleep(5)
  }
  if (storage === 'persistent') await flush()
  return {
    flush,
    pid: child.pid,
    async say(...entries) {
      const lines = entries.map((fields) => Buffer.concat(Object.entries(fields).map(fieldBytes)).toString('base64'))
      await writeFile(join(root, 'said'), `${lines.join('\n')}\n`)
      await run('sh', '-c', `python3 -c "$0" "$1" < "$2"`, SENDER, socket, join(root, 'said'))
    },
    async rotate() {
      const before = (await journalFiles(root)).length
      child.kill('SIGUSR2')
      while ((await journalFiles(root)).length <= before) await sleep(5)
    },
    async [Symbol.asyncDispose]() {
      await child.stop(5_000)
    },
  }
}
