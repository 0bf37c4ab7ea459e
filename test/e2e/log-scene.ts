/** Logs that go on being written while who reads them is killed, stopped, rotated away from: each tagged line is told once. */
import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs'
import { copyFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventView } from '#view'
import {
  type Constellation,
  type ConstellationOptions,
  readStream,
  type StreamReader,
  startConstellation,
  until,
} from './constellation.ts'

/** So often something is written: 1,000 lines a second, 20 of them tagged. */
const WRITES_MS = 20
const LINES_EACH = 20
const TAGGED_EACH = 50

/** Whether this process may write to the kernel's log. */
export const CAN_WRITE_KMSG: boolean = canWriteKmsg()

function canWriteKmsg(): boolean {
  try {
    closeSync(openSync('/dev/kmsg', 'w'))
    return process.getuid?.() === 0
  } catch {
    return false
  }
}

/** A log that is written all the time. */
export interface BusyLog {
  readonly path: string
  /** How many tagged lines were written up to now. */
  readonly tagged: number
  rotate(how: 'rename' | 'copytruncate'): Promise<void>
  stop(): void
}

/** How a line says its time: as Go's layout, and as text. */
export interface Stamp {
  readonly regexp: string
  readonly layout: string
  readonly text: (at: Date) => string
}

export const ISO: Stamp = {
  regexp: '^\\S+',
  layout: '2006-01-02T15:04:05Z07:00',
  text: (at) => at.toISOString(),
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Without a year, in local time. */
export const SYSLOG: Stamp = {
  regexp: '^.{15}',
  layout: 'Jan _2 15:04:05',
  text: (at) => `${MONTHS[at.getMonth()]} ${String(at.getDate()).padStart(2)} ${at.toTimeString().slice(0, 8)}`,
}

/** @param tag stands in each line that is to be told, before its number */
export function startBusyLog(path: string, tag: string, { now = () => new Date(), stamp = ISO } = {}): BusyLog {
  let [lines, tagged, rotations, isCopying] = [0, 0, 0, false]
  function write(): void {
    if (isCopying) return
    let text = ''
    for (let i = 0; i < LINES_EACH; i++) {
      const isTagged = ++lines % TAGGED_EACH === 0
      text += `${stamp.text(now())} app: ${isTagged ? `${tag} ${++tagged}` : `all is well with ${lines}`}\n`
    }
    appendFileSync(path, text)
  }
  write()
  const timer = setInterval(write, WRITES_MS)
  return {
    path,
    get tagged() {
      return tagged
    },
    async rotate(how) {
      const old = `${path}.${++rotations}`
      if (how === 'rename') return rename(path, old)
      // What is written between the copy and the emptying is lost to whoever reads: logrotate warns of that.
      isCopying = true
      try {
        await copyFile(path, old)
        await truncate(path, 0)
      } finally {
        isCopying = false
      }
    },
    stop: () => clearInterval(timer),
  }
}

/** Writes tagged lines to the kernel's log, ten a second; each open may write a few lines only. */
export function startKmsg(tag: string): { readonly tagged: number; stop(): void } {
  let tagged = 0
  const timer = setInterval(() => {
    const fd = openSync('/dev/kmsg', 'w')
    writeSync(fd, `<4>${tag} ${++tagged}\n`)
    closeSync(fd)
  }, 100)
  return {
    get tagged() {
      return tagged
    },
    stop: () => clearInterval(timer),
  }
}

/** A file of node-problem-detector's that tells an event for each line with a tag. */
function fileOf(source: string, tag: string, reason: string, more: object): string {
  const rules = [{ type: 'temporary', reason, pattern: `.*${tag} \\d+` }]
  return JSON.stringify({ source, metricsReporting: true, conditions: [], rules, lookback: '10m', ...more })
}

/** A node whose logs are watched. */
export interface LogScene {
  readonly c: Constellation
  readonly dir: string
  readonly log: string
  readonly tags: { readonly file: string; readonly kmsg: string }
  /** Under how many ids each number of a tag was told, from 1 on. */
  told(tag: string): readonly number[]
  events(reason: string): readonly EventView[]
  /** What else was told: of lines that are missing it may say why. */
  others(): readonly string[]
  close(): Promise<void>
}

/** Under which ids each number of a tag was told, its index one less. What was looked at once is not looked at again. */
function countNumbers({ messages }: StreamReader, tags: readonly string[]) {
  const ids = new Map<string, Set<string>[]>(tags.map((tag) => [tag, []]))
  let looked = 0
  return (tag: string): readonly (Set<string> | undefined)[] => {
    for (; looked < messages.length; looked++) {
      const { message } = messages[looked] ?? {}
      for (const { id, message: text } of message?.kind === 'change' ? message.events : []) {
        const [, its = '', number = ''] = /^(\S+) (\d+)$/.exec(text) ?? []
        const numbers = ids.get(its)
        if (numbers !== undefined) numbers[Number(number) - 1] = (numbers[Number(number) - 1] ?? new Set()).add(id)
      }
    }
    return ids.get(tag) ?? []
  }
}

/** The detector, the log monitor and an exporter, over a log file and the kernel's log. */
export async function startLogScene(options: ConstellationOptions = {}, stamp = ISO): Promise<LogScene> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-log-scene-'))
  const log = join(dir, 'app.log')
  const id = `${process.pid}-${Date.now()}`
  const tags = { file: `nd-file-${id}`, kmsg: `nd-kmsg-${id}` }
  await writeFile(log, '')
  const timestamps = { timestamp: stamp.regexp, message: 'app: (.*)', timestampFormat: stamp.layout }
  const files = {
    'app.json': fileOf('app-monitor', tags.file, 'AppSaid', {
      ...{ plugin: 'filelog', logPath: log, pluginConfig: timestamps },
    }),
    'kernel.json': fileOf('kernel-monitor', tags.kmsg, 'KernelSaid', { plugin: 'kmsg' }),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  const c = await startConstellation({
    dir,
    services: ['detector', 'log', 'http-exporter'],
    ...options,
    config: {
      monitors: [],
      npd: { systemLogMonitors: Object.keys(files).map((name) => join(dir, name)) },
      ...options.config,
    },
  })
  await c.ready()
  const stream = readStream(c.url)
  const events = () => stream.messages.flatMap(({ message }) => (message.kind === 'change' ? message.events : []))
  const counts = countNumbers(stream, Object.values(tags))
  return {
    c,
    dir,
    log,
    tags,
    told(tag) {
      const ids = counts(tag)
      return Array.from({ length: ids.length }, (_, index) => ids[index]?.size ?? 0)
    },
    events: (reason) => events().filter((event) => event.reason === reason),
    others: () =>
      events()
        .filter(({ reason }) => reason !== 'AppSaid' && reason !== 'KernelSaid')
        .map(({ reason, message }) => `${reason}: ${message}`),
    async close() {
      stream.close()
      await c.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Waits for what is told one by one, as long as more of it comes: how fast is the machine's affair. */
export async function untilAtLeast(what: string, now: () => number, least: number, stillMs = 60_000): Promise<void> {
  let most = -1
  while (most < least) {
    const before = most
    await until(`${what} (${before} of ${least})`, () => now() > before, stillMs)
    most = now()
  }
}

/** Numbers that are not told once, those beside one another together: `3-7: 0 times`. */
function notOnce(told: readonly number[]): readonly string[] {
  const found: { from: number; to: number; times: number }[] = []
  for (const [index, times] of told.entries()) {
    const last = found.at(-1)
    if (last?.to === index && last.times === times) last.to++
    else if (times !== 1) found.push({ from: index + 1, to: index + 1, times })
  }
  return found.map(({ from, to, times }) => `${from}-${to}: ${times} times`)
}

/** Waits until the last line of a tag was told; says which were not, or more than once. */
export async function untilTold(scene: LogScene, tag: string, count: number): Promise<void> {
  await untilAtLeast(`lines of ${tag} are told`, () => scene.told(tag).length, count)
  await until(
    'each is told once',
    () => {
      const wrong = notOnce(scene.told(tag))
      if (wrong.length > 0) throw new Error(`of ${count} ${[...wrong, ...scene.others()].slice(0, 40).join(', ')}`)
      return true
    },
    5_000,
  )
}
