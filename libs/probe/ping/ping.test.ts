import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { type PingHost, probePing } from '../index.ts'
import { createStopwatch } from '../stopwatch.ts'
import { type Asker, type Networks, startNetworks, whyNoNetworks } from './testing-networks.ts'

const FAR = '10.77.0.2'
const NOBODY = '10.77.0.9'

function opened(networks: Networks, isOpen: boolean): void {
  networks.near('sh', '-c', `echo '${isOpen ? '0 0' : '1 0'}' > /proc/sys/net/ipv4/ping_group_range`)
}

/** Until the end of the test. */
function filtered(networks: Networks, side: 'near' | 'far', ...rule: string[]): void {
  networks[side]('iptables', '-A', ...rule)
  onTestFinished(() => void networks[side]('iptables', '-D', ...rule))
}

describe.skipIf(whyNoNetworks() !== '')(`a neighbour ${whyNoNetworks()}`, () => {
  let networks: Networks
  let asker: Asker
  beforeAll(async () => {
    networks = await startNetworks()
    asker = await networks.asker('none')
  })
  afterAll(() => networks?.close())

  describe('where echo requests may be sent', () => {
    beforeAll(() => opened(networks, true))
    const ping = (address: string, more: object = {}) =>
      asker.ask({ kind: 'ping', timeoutMs: 10_000, question: { address, count: 3, intervalMs: 20, ...more } })

    it.each([FAR, 'fd77::2', 'fe80::2%wire'])('answers at %s', async (address) => {
      const probed = await ping(address)
      expect(probed).toMatchObject({
        ok: true,
        answer: { kind: 'echo', sent: 3, received: 3, duplicates: 0, errors: 0 },
      })
      const { roundTrip } = (probed as { answer: { roundTrip: { minMs: number; maxMs: number } } }).answer
      expect(roundTrip.minMs).toBeGreaterThan(0)
      expect(roundTrip.maxMs).toBeGreaterThanOrEqual(roundTrip.minMs)
    })

    it('loses one of three', async () => {
      filtered(
        networks,
        'far',
        'INPUT',
        '-p',
        'icmp',
        '-m',
        'statistic',
        '--mode',
        'nth',
        '--every',
        '3',
        '--packet',
        '1',
        '-j',
        'DROP',
      )
      expect(await ping(FAR, { waitMs: 300 })).toMatchObject({ ok: true, answer: { sent: 3, received: 2 } })
    })

    it('is slow, and the time there and back says so', async () => {
      networks.far(
        'tc',
        'qdisc',
        'add',
        'dev',
        'wire',
        'root',
        'tbf',
        'rate',
        '16kbit',
        'burst',
        '120',
        'limit',
        '10000',
      )
      onTestFinished(() => void networks.far('tc', 'qdisc', 'del', 'dev', 'wire', 'root'))
      // A second of traffic lies in the queue before the answer.
      networks.far('bash', '-c', 'for i in {1..30}; do printf %60s >/dev/udp/10.77.0.1/9; done; true')
      const probed = await ping(FAR, { count: 1, waitMs: 5000 })
      expect(probed).toMatchObject({ ok: true, answer: { received: 1 } })
      expect((probed as { answer: { roundTrip: { maxMs: number } } }).answer.roundTrip.maxMs).toBeGreaterThan(100)
    })

    it('is silent', async () => {
      filtered(networks, 'far', 'INPUT', '-p', 'icmp', '-j', 'DROP')
      expect(await ping(FAR, { waitMs: 100 })).toMatchObject({
        ok: false,
        failure: { kind: 'timeout', message: 'no answer from 10.77.0.2 to 3 echo requests' },
      })
    })

    it('answers no echo requests, and has confirmed its address, or says that nobody listens', async () => {
      filtered(networks, 'far', 'INPUT', '-p', 'icmp', '-j', 'DROP')
      const looks = (timeoutMs: number) =>
        asker.ask({ kind: 'ping', timeoutMs, question: { address: FAR, count: 1, waitMs: 50 }, looks: true })
      expect(await looks(10_000)).toMatchObject({ ok: true, answer: { kind: 'port-unreachable' } })
      filtered(networks, 'far', 'INPUT', '-p', 'udp', '-j', 'DROP')
      networks.near('ip', 'neighbour', 'flush', 'dev', 'wire')
      expect(await looks(10_000)).toMatchObject({ ok: true, answer: { kind: 'neighbour' } })
      networks.near('ip', 'neighbour', 'replace', FAR, 'dev', 'wire', 'lladdr', macOf(networks), 'nud', 'permanent')
      onTestFinished(() => void networks.near('ip', 'neighbour', 'delete', FAR, 'dev', 'wire'))
      expect(await looks(400)).toMatchObject({
        ok: false,
        failure: { kind: 'timeout', message: 'no answer from 10.77.0.2 to 1 echo requests' },
      })
    })

    it.each([
      ['itself, or a router', 'far', 'INPUT', 'icmp-host-prohibited'],
      ['a firewall of this machine', 'near', 'OUTPUT', 'icmp-port-unreachable'],
    ] as const)('lives, though echo requests are refused by %s in the words for nobody', async (_, side, chain, by) => {
      filtered(networks, side, chain, '-p', 'icmp', '--icmp-type', 'echo-request', '-j', 'REJECT', '--reject-with', by)
      const looks = (address: string) =>
        asker.ask({ kind: 'ping', timeoutMs: 10_000, question: { address, intervalMs: 20, waitMs: 500 }, looks: true })
      expect(await looks(FAR)).toMatchObject({ ok: true, answer: { kind: 'port-unreachable' } })
      expect(await looks(NOBODY)).toMatchObject({ ok: false, failure: { kind: 'unreachable' } })
      // Who is not on a link of ours is not in the table: then it is what was said.
      expect(await ping(FAR, { waitMs: 500 })).toMatchObject({ ok: false, failure: { kind: 'unreachable' } })
    })

    it('is not accused where this machine refuses all that is sent there, and the kernel does not know it', async () => {
      filtered(networks, 'near', 'OUTPUT', '-p', 'icmp', '--icmp-type', 'echo-request', '-j', 'REJECT')
      filtered(networks, 'near', 'OUTPUT', '-p', 'udp', '-j', 'REJECT')
      networks.near('ip', 'neighbour', 'replace', FAR, 'dev', 'wire', 'lladdr', macOf(networks), 'nud', 'permanent')
      onTestFinished(() => void networks.near('ip', 'neighbour', 'delete', FAR, 'dev', 'wire'))
      const question = { address: FAR, count: 1, waitMs: 100 }
      expect(await asker.ask({ kind: 'ping', timeoutMs: 600, question, looks: true })).toMatchObject({
        ok: false,
        failure: { kind: 'denied' },
      })
    })

    it('is not there', async () => {
      expect(await ping(NOBODY, { waitMs: 2000 })).toMatchObject({
        ok: false,
        failure: { kind: 'unreachable', message: 'host unreachable at 10.77.0.9' },
      })
    })

    it('is behind no route', async () => {
      expect(await ping('192.0.2.1')).toMatchObject({
        ok: false,
        failure: { kind: 'unreachable', message: 'ping cannot ask 192.0.2.1: connect: Network is unreachable' },
      })
      expect(await ping('fe80::2%eth9')).toMatchObject({ ok: false, failure: { kind: 'local' } })
    })

    it('is not waited for longer than asked', async () => {
      filtered(networks, 'far', 'INPUT', '-p', 'icmp', '-j', 'DROP')
      const probed = await asker.ask({ kind: 'ping', timeoutMs: 200, question: { address: FAR, waitMs: 60_000 } })
      expect(probed).toMatchObject({
        ok: false,
        failure: { kind: 'timeout', message: 'no answer from 10.77.0.2 within 200 ms' },
      })
    })
  })

  describe('where no echo request may be sent', () => {
    beforeAll(() => opened(networks, false))
    const ping = (address: string, timeoutMs = 10_000, looks = true) =>
      asker.ask({ kind: 'ping', timeoutMs, question: { address }, looks })

    it.each([FAR, 'fd77::2', 'fe80::2%wire'])('says at %s that nobody listens, and so lives', async (address) => {
      expect(await ping(address, 10_000, false)).toMatchObject({
        ok: true,
        answer: { kind: 'port-unreachable', ms: expect.any(Number) },
      })
    })

    it('says nothing, and has confirmed its address', async () => {
      filtered(networks, 'far', 'INPUT', '-p', 'udp', '-j', 'DROP')
      networks.near('ip', 'neighbour', 'flush', 'dev', 'wire')
      expect(await ping(FAR)).toMatchObject({ ok: true, answer: { kind: 'neighbour' } })
    })

    it('was known, is asked again, and has confirmed its address', async () => {
      filtered(networks, 'far', 'INPUT', '-p', 'udp', '-j', 'DROP')
      networks.near('ip', 'neighbour', 'replace', FAR, 'dev', 'wire', 'lladdr', macOf(networks), 'nud', 'stale')
      expect(await ping(FAR)).toMatchObject({ ok: true, answer: { kind: 'neighbour' } })
    })

    it.each([NOBODY, 'fd77::9'])('is not there: %s', async (address) => {
      expect(await ping(address)).toMatchObject({
        ok: false,
        failure: { kind: 'unreachable', code: 'FAILED', message: `nobody on the link answers for ${address}` },
      })
    })

    it('is not there, though this machine goes on sending to it', async () => {
      // As kernels have it by themselves: as quickly as elsewhere here, the moment in which it gives up would be seen.
      const asksEach = (ms: number) =>
        networks.near('sh', '-c', `echo ${ms} > /proc/sys/net/ipv4/neigh/wire/retrans_time_ms`)
      asksEach(1000)
      onTestFinished(() => void asksEach(100))
      const sends = 'while :; do echo x >/dev/udp/$0/53; sleep 0.01; done'
      const sending = spawn('env', [...networks.inNear, 'bash', '-c', sends, NOBODY], { stdio: 'ignore' })
      onTestFinished(() => void sending.kill('SIGKILL'))
      await expect.poll(() => networks.near('ip', 'neighbour', 'show', NOBODY)).toContain('INCOMPLETE')
      expect(await ping(NOBODY)).toMatchObject({ ok: false, failure: { kind: 'unreachable', code: 'FAILED' } })
    })

    it('is not known while the kernel does not know it', async () => {
      filtered(networks, 'far', 'INPUT', '-p', 'udp', '-j', 'DROP')
      networks.near('ip', 'neighbour', 'replace', FAR, 'dev', 'wire', 'lladdr', macOf(networks), 'nud', 'permanent')
      onTestFinished(() => void networks.near('ip', 'neighbour', 'delete', FAR, 'dev', 'wire'))
      expect(await ping(FAR, 400)).toMatchObject({ ok: true, answer: { kind: 'unknown', state: 'PERMANENT' } })
    })

    it('may not be asked, or cannot: then it is known by what others send', async () => {
      filtered(networks, 'near', 'OUTPUT', '-p', 'udp', '-j', 'DROP')
      const known = (state: string) =>
        networks.near('ip', 'neighbour', 'replace', FAR, 'dev', 'wire', 'lladdr', macOf(networks), 'nud', state)
      onTestFinished(() => void networks.near('ip', 'neighbour', 'delete', FAR, 'dev', 'wire'))
      known('reachable')
      expect(await ping(FAR)).toMatchObject({ ok: true, answer: { kind: 'neighbour' } })
      known('permanent')
      expect(await ping(FAR, 400)).toMatchObject({ ok: false, failure: { kind: 'denied' } })
      expect(await ping(FAR, 400, false)).toMatchObject({ ok: false, failure: { kind: 'denied' } })
      expect(await ping('192.0.2.1')).toMatchObject({
        ok: false,
        failure: { kind: 'unreachable', message: 'no route at 192.0.2.1' },
      })
    })
  })

  it('is asked by echo requests where the process has the capability, whatever the range is', async () => {
    opened(networks, false)
    const raw = await networks.asker('raw')
    expect(await raw.ask({ kind: 'ping', timeoutMs: 10_000, question: { address: FAR } })).toMatchObject({
      ok: true,
      answer: { kind: 'echo' },
    })
  })
})

it('sends its datagram where the program cannot be started', async () => {
  const clock = systemClock()
  const host = createHost({ root: '', clock })
  const without: PingHost = {
    files: { readText: async () => '0 2147483647' },
    programs: { run: (_, args, options) => host.programs.run('/no/such/ping', args, options) },
  }
  const ask = { clock, stopwatch: createStopwatch(clock), timeoutMs: 5000, signal: new AbortController().signal }
  expect(await probePing(ask, without, { address: '127.0.0.1' })).toMatchObject({
    ok: true,
    answer: { kind: 'port-unreachable' },
  })
  expect(() => probePing(ask, without, { address: 'gateway.test' })).toThrow('resolve the name before')
  expect(() => probePing(ask, without, { address: '127.0.0.1', count: 0 })).toThrow(
    '0 is no number of echo requests from 1 to 100',
  )
})

it('sends its datagram where the program gets no socket', async () => {
  const clock = systemClock()
  const complaint = { exitCode: 2, stdout: '', stderr: 'ping: socket: Operation not permitted\n' }
  const without = {
    files: { readText: async () => '0 2147483647' },
    programs: { run: async () => ({ ...complaint }) as never },
  }
  const ask = { clock, stopwatch: createStopwatch(clock), timeoutMs: 5000, signal: new AbortController().signal }
  expect(await probePing(ask, without, { address: '127.0.0.1' })).toMatchObject({
    ok: true,
    answer: { kind: 'port-unreachable' },
  })
})

function macOf(networks: Networks): string {
  return networks.far('cat', '/sys/class/net/wire/address').trim()
}
