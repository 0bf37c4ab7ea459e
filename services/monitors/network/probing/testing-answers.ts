/** A check whose questions the test itself answers, over a machine of the test's own making. */
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { createHost } from '#host'
import type { CheckDefinition } from '#monitor-kit'
import { type CheckUnderTest, handClock, startCheck } from '#monitor-kit/testing'
import type { DnsAnswer, DnsProbed, FailureKind } from '#probe'
import { tempFolder, writeTree } from '../../../../libs/host/testing.ts'
import type { Door } from './door.ts'

/** A question to a nameserver. */
export interface Asked {
  readonly server: string
  readonly protocol: 'udp' | 'tcp'
  readonly name: string
  readonly type: string
  readonly timeoutMs: number
}

const FIXED = { records: [], addresses: [], aliases: [], truncated: false, authoritative: false }
const MORE = { recursionAvailable: true, sizeBytes: 60, protocol: 'udp', edns: true } as const

/** A nameserver says something. @param more of its answer, and how long it took */
export function said(
  rcode: string,
  { ms = 1, lateMs = 0, ...more }: Partial<DnsAnswer> & { ms?: number; lateMs?: number } = {},
): DnsProbed {
  return { ok: true, sample: { ms, lateMs }, answer: { rcode, ...FIXED, ...MORE, ...more }, strangers: 0 }
}

/** It has these addresses. */
export function found(...addresses: readonly string[]): DnsProbed {
  return said('NOERROR', { addresses })
}

/** Nothing comes. @param lateMs of the two seconds this process was late itself */
export function failed(kind: FailureKind, { lateMs = 0, code = '', message = kind as string } = {}): DnsProbed {
  return { ok: false, sample: { ms: 2000, lateMs }, failure: { kind, code, message }, strangers: 0 }
}

/** What a test makes of a machine. */
export interface Machine<Config> {
  /** Texts by their paths, from the host's root; `own/etc/resolv.conf` is the process's own. */
  readonly files: Readonly<Record<string, string>>
  readonly config: Config
  /** What a nameserver answers. Default: it is not asked. */
  readonly dns?: (asked: Asked) => DnsProbed
  /** What others answer. Default: they are not asked. */
  readonly door?: Partial<Door>
  readonly timeoutMs?: number
}

/** A check under test, whose folder goes with `await using`. */
export interface AnsweredCheck extends CheckUnderTest, AsyncDisposable {
  /** Runs so often, and what the last run found: "problem NodeDNSDown critical NoAnswer". */
  rounds(times: number): Promise<readonly string[]>
  /** Takes a file of the machine away. */
  hide(path: string): Promise<void>
  /** Makes a symbolic link of the machine. */
  link(path: string, target: string): Promise<void>
  /** Of that the problems. */
  problems(times?: number): Promise<readonly string[]>
}

const unasked = (what: string) => () => Promise.reject(new Error(`${what}, which this test does not expect`))

function strictDoor(root: string, { dns, door }: Machine<unknown>): Door {
  return {
    askNameserver: (ask, { address }, protocol, { name, type }) =>
      dns === undefined
        ? unasked('a nameserver was asked')()
        : Promise.resolve(dns({ server: address, protocol, name, type, timeoutMs: ask.timeoutMs })),
    probeTcp: unasked('a connection was made'),
    probeTls: unasked('a handshake was made'),
    probeHttp: unasked('a request was made'),
    probePing: unasked('an echo was asked for'),
    probeNtp: unasked('the time was asked for'),
    ownFiles: createHost({ root: join(root, 'own') }).files,
    ...door,
  }
}

/** Makes it; who sleeps wakes at once, and so much time has passed. */
export async function startAnswered<Config>(
  check: CheckDefinition<Config>,
  machine: Machine<Config>,
): Promise<AnsweredCheck> {
  const temp = await tempFolder()
  await writeTree(temp.path, machine.files)
  const clock = handClock()
  const sleepless = { ...clock, sleep: async (ms: number) => clock.pass(ms) }
  const { config, timeoutMs = check.timeoutMs } = machine
  const shared = { hostNetwork: () => Promise.resolve({ kind: 'same' }), door: strictDoor(temp.path, machine) }
  const started = startCheck(check, { root: temp.path, config, timeoutMs, clock: sleepless, shared })
  const rounds = async (times: number): Promise<readonly string[]> => {
    for (let round = 1; round < times; round++) await started.run()
    const { findings } = await started.run()
    return findings.map(({ health, pending, severity, type, entity, reason }) =>
      [`${health}${pending === true ? '?' : ''}`, type, entity ?? '', severity ?? '', reason].filter(Boolean).join(' '),
    )
  }
  const problems = async (times = 1) =>
    (await rounds(times)).filter((one) => one.startsWith('problem ')).map((one) => one.slice('problem '.length))
  const hide = (path: string) => rm(join(temp.path, path))
  const link = (path: string, target: string) => symlink(target, join(temp.path, path))
  return Object.assign(started, {
    rounds,
    problems,
    hide,
    link,
    [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
  })
}
