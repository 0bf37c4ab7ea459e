import { chmod, rm, watch, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCommand } from '../testing.ts'
import { runDirOfTests } from '../testing-run-dir.ts'
import { type Script, startPlugin } from './testing-plugin.ts'
import type { RuleResult } from './types.ts'

const place = runDirOfTests()

async function start(script: Script): Promise<string> {
  const path = `${place.dir}/gpu.sock`
  const plugin = await startPlugin(path, script)
  onTestFinished(() => plugin.end())
  return path
}

/** Ids of the rules with that result. */
async function rulesOf(path: string, ...words: string[]) {
  const { code, out } = await runCommand('conformance', path, '--idle', '5ms', '-o', 'json', ...words)
  const report = JSON.parse(out) as { socket: string; rules: RuleResult[] }
  const idsOf = (result: RuleResult['result']) =>
    report.rules.flatMap((rule) => (rule.result === result ? rule.id : []))
  return { code, ...report, failed: report.rules.filter(({ result }) => result === 'fail'), skipped: idsOf('skip') }
}

const UNTIL_ASKED = ['stop', 'stop-twice', 'stop-cleans', 'restart']

describe('conformance', () => {
  it('of a plug-in that speaks both protocols and keeps all rules ends with 0', async () => {
    const path = await start({ external: {}, monitor: {} })
    const { code, socket, rules, failed, skipped } = await rulesOf(path)
    expect([code, socket, failed, skipped]).toEqual([0, path, [], UNTIL_ASKED])
    expect(Object.keys(rules[0] ?? {})).toEqual(['id', 'level', 'result', 'detail'])
  })

  it('says for people what was seen of each rule, and the verdict', async () => {
    const { code, out, err } = await runCommand('conformance', await start({ external: {} }), '--idle', '5ms')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(`The plug-in at ${place.dir}/gpu.sock\n\nRESULT   LEVEL   RULE`)
    expect(out).toContain('holds    must    socket-mode           0660\n')
    expect(out).toMatch(/\n\d+ rules skipped: it does not speak nodedoctor\.v1\n/)
    expect(out).toMatch(/\nIt conforms: \d+ rules hold, 0 musts and 0 shoulds broken, \d+ skipped\.\n$/)
  })
})

/** Checks are counted: of one, of none, of all, two at once, and the one that is called off. */
const SECOND_OF_TWO = 5
const CALLED_OFF = 6

describe('a plug-in that', () => {
  it('crashes and is started anew at once is seen to have crashed', async () => {
    const path = `${place.dir}/gpu.sock`
    let plugin = await startPlugin(path, {
      external: {
        answer: async (status, { parameters }) => {
          if (parameters['temperature_threshold'] !== 'NaN') return status
          await plugin.end(true)
          plugin = await startPlugin(path, { external: {} })
          return 'hang'
        },
      },
    })
    onTestFinished(() => plugin.end())
    const { code, failed } = await rulesOf(path)
    const detail = 'its process ended, and another one listens now; keep your own value where one cannot be read'
    expect([code, failed]).toEqual([1, [{ id: 'absurd-parameters', level: 'must', result: 'fail', detail }]])
  })

  it('has no check breaks nothing by that', async () => {
    const path = await start({
      monitor: {
        described: (described) => ({ ...described, checks: [] }),
        check: (name) => ({ code: 5, details: name }),
      },
    })
    const { code, failed } = await rulesOf(path)
    expect([code, failed]).toEqual([0, []])
  })

  it.each([
    [
      'answers what is no message',
      { external: { bytes: Buffer.from([0x0a, 0xff, 0xff]) } },
      'check-health: CheckHealth failed: INTERNAL: Response message parsing error: premature EOF; answer with the messages of proto/npd/external/v1, as generated code writes them',
    ],
    [
      'has no room for two Checks at once',
      {
        monitor: {
          check: (_name, { number }) => (number === SECOND_OF_TWO ? { code: 8, details: 'busy' } : undefined),
        },
      },
      'two-at-once: the call failed: RESOURCE_EXHAUSTED: busy; share nothing between calls without a lock, and wait for none',
    ],
    [
      'ends with a Check that is called off',
      {
        monitor: {
          check: (_name, { number, cancelled, die }) => {
            if (number !== CALLED_OFF) return undefined
            void cancelled.then(die)
            return 'hang'
          },
        },
      },
      'cancelled-call: it does not answer any more: UNAVAILABLE: nobody listens; end the call alone, not the process or a lock',
    ],
    [
      'ends its stream',
      { monitor: { without: ['more'] } },
      'watch: Watch: it ended the stream; let it go on until its client leaves it',
    ],
    [
      'does not have reflection',
      { monitor: {}, reflection: undefined },
      "reflection: grpc.reflection.v1 failed: UNIMPLEMENTED: The server does not implement the method /grpc.reflection.v1.ServerReflection/ServerReflectionInfo; register your library's reflection service",
    ],
  ] satisfies [string, Script, string][])('%s is said to', async (_, script, said) => {
    const { failed } = await rulesOf(await start(script), '--timeout', '400ms')
    expect(failed.map(({ id, detail }) => `${id}: ${detail}`)).toEqual([said])
  })

  it('answers nothing is said to, once for all', async () => {
    const path = await start({ external: { answer: () => 'hang' }, monitor: { described: () => 'hang' } })
    const { code, failed } = await rulesOf(path, '--timeout', '300ms')
    expect([code, failed.map(({ id, detail }) => `${id}: ${detail}`)]).toEqual([
      1,
      [
        'protocol: it speaks neither: it answers nothing within 0.3 s; serve npd.external.v1.ExternalMonitor or nodedoctor.v1.Monitor without TLS',
      ],
    ])
  })

  it('speaks no gRPC at all is said to', async () => {
    const path = `${place.dir}/web.sock`
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    await new Promise<void>((resolve) => void server.listen(path, resolve))
    onTestFinished(() => void server.close())
    await chmod(path, 0o660)
    const { code, failed } = await rulesOf(path, '--timeout', '300ms')
    expect([code, failed.map(({ id, detail }) => `${id}: ${detail}`)]).toEqual([
      1,
      [
        'protocol: it speaks neither: who listens there does not speak gRPC; serve npd.external.v1.ExternalMonitor or nodedoctor.v1.Monitor without TLS',
      ],
    ])
  })
})

describe('its end', () => {
  /** Starts the plug-in again when the command that is given to --restart has said so. */
  async function supervised(script: Script, isTaken: boolean): Promise<string> {
    const path = await start(script)
    const starting = watch(place.dir)[Symbol.asyncIterator]()
    async function startAgain(): Promise<void> {
      for (;;) {
        const { value, done } = await starting.next()
        if (done) return
        if (value.filename !== 'again') continue
        if (!isTaken) return
        const again = await startPlugin(path, { external: {} })
        onTestFinished(() => again.end())
        return
      }
    }
    const again = startAgain()
    onTestFinished(async () => {
      await again
      await starting.return?.()
    })
    return path
  }

  it('is asked for: two calls of Stop, and the command that starts it anew over a socket that was left', async () => {
    const path = await supervised({ external: {} }, true)
    const { code, rules } = await rulesOf(path, '--stop', '--restart', `touch ${place.dir}/again`)
    const details = rules.slice(-4).map(({ id, detail }) => `${id}: ${detail.replace(/\d+ ms/, 'N ms')}`)
    expect([code, details]).toEqual([
      0,
      [
        'stop: it ended',
        'stop-twice: both were answered',
        'stop-cleans: removed',
        'restart: back after N ms, over the socket that was left',
      ],
    ])
  })

  it('may be a restart alone', async () => {
    const path = await supervised({ external: {} }, true)
    const { code, rules, skipped } = await rulesOf(path, '--restart', `touch ${place.dir}/again`)
    expect([code, rules.at(-1)?.detail]).toEqual([0, expect.stringMatching(/^back after \d+ ms$/)])
    expect(skipped.slice(-3)).toEqual(['stop', 'stop-twice', 'stop-cleans'])
  })

  it('is not asked for by itself: what would end it is skipped, with what to say', async () => {
    const { rules } = await rulesOf(await start({ external: {} }))
    expect(rules.slice(-4).map(({ detail }) => detail)).toEqual([
      ...Array.from({ length: 3 }, () => 'Stop ends the plug-in: ask for it with --stop'),
      'give the command that starts it anew with --restart COMMAND',
    ])
  })
})

describe('without a connection', () => {
  it('says why, and ends with 2', async () => {
    const path = `${place.dir}/gpu.sock`
    expect(await runCommand('conformance', path)).toEqual({
      code: 2,
      out: '',
      err: `there is no socket ${path}\nStart the plug-in, or name its socket.\n`,
    })
    await writeFile(path, '')
    expect((await runCommand('conformance', path)).err).toBe(
      `${path} is no socket\nName the socket that the plug-in listens on.\n`,
    )
    await rm(path)
    const plugin = await startPlugin(path, {})
    await plugin.end(true)
    const { code, out } = await runCommand('conformance', path, '-o', 'json')
    const error = {
      code: 'NO_ANSWER',
      message: `nobody listens on ${path}`,
      advice: 'It was left there: start the plug-in.',
      socket: path,
    }
    expect([code, JSON.parse(out)]).toEqual([2, { error }])
  })

  it.each([
    [[], 'conformance: expected the path of a socket, such as /var/run/npd/gpu-monitor.sock'],
    [['a.sock', '--timeout', 'soon'], 'conformance: --timeout soon: expected a duration, such as 10s or 500ms'],
    [['a.sock', '--idle=-1s'], 'conformance: --idle -1s: expected a duration, such as 10s or 500ms'],
    [
      ['a.sock', '--parameters', 'hot'],
      'conformance: --parameters hot: expected NAME=VALUE, for example --parameters temperature_threshold=85',
    ],
    [['a.sock', '--paramters', 'a=b'], 'conformance: unknown option --paramters; did you mean --parameters?'],
    [['a.sock', 'b.sock'], 'conformance: "b.sock" is one argument too many'],
  ])('says what is wrong of %j', async (words, message) => {
    const { code, err } = await runCommand('conformance', ...words)
    expect([code, err]).toEqual([2, `node-doctor: ${message}\nnode-doctor --help lists what there is.\n`])
  })
})
